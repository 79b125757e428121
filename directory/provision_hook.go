package directory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/usher-scim/usher/mapping"
)

// maxAsked is how often a hook is asked about one change, which is planned again when it conflicts.
const maxAsked = 3

// ask lets the connection's hook change what the mapping grants, or refuse it (X8). Nothing is open meanwhile: what the
// plan has read is checked again at the commit.
func (v *provision) ask(ctx context.Context, op HookOperation, grants []mapping.Grant) ([]mapping.Grant, error) {
	if !v.d.hooked(v.pol.connection) {
		return grants, nil
	}
	if v.attempt >= maxAsked {
		return nil, ErrBusy
	}
	wanted := make([]HookMembership, len(grants))
	for i, g := range grants {
		wanted[i] = v.wantedByHook(g)
	}
	answer, err := v.d.askHook(ctx, v.pol.connection, v.question(op, wanted))
	if err != nil {
		return nil, err
	}
	made, err := answer.apply(wanted, v.pol.grantable)
	if err != nil {
		return nil, err
	}
	return hookedGrants(grants, wanted, made), nil
}

func (v *provision) question(op HookOperation, wanted []HookMembership) HookQuestion {
	q := HookQuestion{
		IdempotencyKey: v.idempotencyKey(op), Operation: op, Workspace: v.pol.home.Key,
		Document: v.user.Body, Wanted: wanted, Current: []HookMembership{},
	}
	if !v.who.isNew {
		q.Subject = v.who.ID
	}
	for _, m := range v.who.memberships {
		if b := v.pol.workspaces[m.Workspace]; b != nil && m.Connection == v.pol.connection.ID {
			q.Current = append(q.Current, HookMembership{Workspace: b.Key, Role: m.Role, Teams: m.Teams, Status: m.Status})
		}
	}
	return q
}

// idempotencyKey is the same for all plans of one request about one person.
func (v *provision) idempotencyKey(op HookOperation) string {
	h := sha256.New()
	for _, part := range []string{v.by.RequestID, string(op), v.pol.connection.ID, v.user.UserNameKey, string(v.user.Body)} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// wantedByHook is a grant as the membership that it would make.
func (v *provision) wantedByHook(g mapping.Grant) HookMembership {
	b := v.pol.keys[g.Workspace]
	m := v.joining(g, b)
	if current := v.current(b.ID); current != nil {
		m = v.changed(*current, g, b)
	}
	if v.login != nil && g.Role != "" {
		m.Role = g.Role // be it for the session alone (J4)
	}
	return HookMembership{
		Workspace: b.Key, Role: m.Role, Teams: m.Teams, Status: statusOf(g.Active),
		Why: &HookReasons{Membership: g.Why, Role: g.RoleReason, Teams: g.TeamsReason, Status: g.WhyInactive},
	}
}

// hookedGrants are the grants with what the hook changed of them.
func hookedGrants(grants []mapping.Grant, wanted, made []HookMembership) []mapping.Grant {
	var list []mapping.Grant
	for _, m := range made {
		i := slices.IndexFunc(wanted, func(w HookMembership) bool { return w.Workspace == m.Workspace })
		if i < 0 {
			list = append(list, mapping.Grant{
				Workspace: m.Workspace, Role: m.Role, Teams: m.Teams, Active: m.Status == StatusActive,
				Why: m.Why.Membership, RoleReason: m.Why.Role, TeamsReason: m.Why.Teams, WhyInactive: m.Why.Status,
			})
			continue
		}
		g := grants[i]
		if m.Role != wanted[i].Role {
			g.Role, g.RoleReason = m.Role, m.Why.Role
		}
		if !slices.Equal(m.Teams, wanted[i].Teams) {
			g.Teams, g.TeamsReason = append([]string{}, m.Teams...), m.Why.Teams
		}
		if m.Status != wanted[i].Status {
			g.Active, g.WhyInactive = m.Status == StatusActive, m.Why.Status
		}
		list = append(list, g)
	}
	return list
}
