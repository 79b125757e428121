package directory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/input"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// Hook is custom provisioning logic (X8): it is asked about a change before the change is committed, while no
// transaction is open, and says what it makes of it. A change may be asked about again under the same idempotency key,
// and one that was answered may still not happen, so a hook decides and writes nothing. Calls are bounded, see
// hook_call.go.
type Hook func(ctx context.Context, q HookQuestion) (HookAnswer, error)

// HookOperation is what the identity provider wants with a person.
type HookOperation string

// The operations. An update may also stem from a group or from the rules of the connection.
const (
	HookCreate HookOperation = "create"
	HookUpdate HookOperation = "update"
	HookDelete HookOperation = "delete"
)

// HookQuestion is a change of one person that is about to be made.
type HookQuestion struct {
	// Connection is the one that the change comes by. Its settings are no part of the JSON text.
	Connection Connection `json:"-"`
	// Secret signs the question, when the connection has an address to ask.
	Secret []byte `json:"-"`
	// IdempotencyKey is the same when the same change is asked about again.
	IdempotencyKey string        `json:"idempotency_key"`
	Operation      HookOperation `json:"operation"`
	Workspace      string        `json:"workspace"` // key of the connection's
	// Subject is the person; empty for somebody who is not known yet.
	Subject string `json:"subject,omitempty"`
	// Document is the User as the identity provider wants it; of one that is deleted, as it was.
	Document json.RawMessage `json:"document,omitempty"`
	// Wanted are the memberships that the rules of the connection give, Current those that it gave before.
	Wanted  []HookMembership `json:"wanted"`
	Current []HookMembership `json:"current"`
}

// HookMembership is one membership of the person.
type HookMembership struct {
	Workspace string       `json:"workspace"` // key
	Role      string       `json:"role"`
	Teams     []string     `json:"teams,omitempty"`
	Status    MemberStatus `json:"status"`
	// Why says where the values came from. Only wanted memberships have it.
	Why *HookReasons `json:"why,omitempty"`
}

// HookReasons say which rule made each value of a membership.
type HookReasons struct {
	Membership mapping.Reason `json:"membership,omitzero"`
	Role       mapping.Reason `json:"role,omitzero"`
	Teams      mapping.Reason `json:"teams,omitzero"`
	Status     mapping.Reason `json:"status,omitzero"`
}

// HookAnswer is what a hook makes of a change. The zero value lets it pass as it is.
type HookAnswer struct {
	// Refused, unless empty, refuses the whole change. It is told to the identity provider's admin.
	Refused string `json:"refused,omitempty"`
	// Memberships are changes of the wanted ones. Those that no change names stay as they are.
	Memberships []HookChange `json:"memberships,omitempty"`
}

// HookChange changes one wanted membership, or adds one. Fields that are nil leave the value as it is; of one that is
// added they are the default role, no teams, and active.
type HookChange struct {
	Workspace string        `json:"workspace"` // key
	Drop      bool          `json:"drop,omitempty"`
	Role      *string       `json:"role,omitempty"`
	Teams     *[]string     `json:"teams,omitempty"`
	Status    *MemberStatus `json:"status,omitempty"` // active or deactivated
}

// apply returns what the answer makes of the wanted memberships. It refuses what the tree does not hold, and roles that
// the connection may not grant: a hook stands under the same guard as every other rule (B11).
func (a HookAnswer) apply(wanted []HookMembership, t mapping.Tree) ([]HookMembership, error) {
	made := slices.Clone(wanted)
	seen := map[string]bool{}
	for _, c := range a.Memberships {
		w, known := t.Workspaces[c.Workspace]
		switch {
		case !known:
			return nil, hookFailed(fmt.Errorf("the answer names workspace %q, which is none that the connection may give access to", c.Workspace))
		case seen[c.Workspace]:
			return nil, hookFailed(fmt.Errorf("the answer names workspace %q twice", c.Workspace))
		}
		seen[c.Workspace] = true
		if err := c.check(w); err != nil {
			return nil, hookFailed(fmt.Errorf("the answer for workspace %q: %w", c.Workspace, err))
		}
		made = c.change(made, w)
	}
	return made, nil
}

func (c HookChange) check(w mapping.Workspace) error {
	switch {
	case c.Drop && (c.Role != nil || c.Teams != nil || c.Status != nil):
		return errors.New("a membership that is dropped has no other values")
	case c.Role != nil && !slices.Contains(w.Roles, *c.Role):
		return fmt.Errorf("there is no role %q", *c.Role)
	case c.Role != nil && !slices.Contains(w.Granted, *c.Role):
		return fmt.Errorf("the connection may not grant the role %q", *c.Role)
	case c.Status != nil && *c.Status != StatusActive && *c.Status != StatusDeactivated:
		return fmt.Errorf("the status is %q: it must be %q or %q", *c.Status, StatusActive, StatusDeactivated)
	case c.Teams == nil:
		return nil
	}
	for _, name := range *c.Teams {
		if err := input.Name("name of a team", name); err != nil {
			return err
		}
	}
	return nil
}

// change applies a change that was checked.
func (c HookChange) change(made []HookMembership, w mapping.Workspace) []HookMembership {
	i := slices.IndexFunc(made, func(m HookMembership) bool { return m.Workspace == c.Workspace })
	byHook := mapping.Reason{Rule: "hook"}
	switch {
	case c.Drop && i < 0:
		return made
	case c.Drop:
		return slices.Delete(made, i, i+1)
	case i < 0:
		i = len(made)
		made = append(made, HookMembership{
			Workspace: c.Workspace, Role: w.DefaultRole, Status: StatusActive,
			Why: &HookReasons{Membership: byHook, Role: mapping.Reason{Rule: "default"}},
		})
	}
	m := &made[i]
	var why HookReasons
	if m.Why != nil {
		why = *m.Why // the caller's stays as it is
	}
	if c.Role != nil {
		m.Role, why.Role = *c.Role, byHook
	}
	if c.Teams != nil {
		m.Teams, why.Teams = slices.Compact(slices.Sorted(slices.Values(*c.Teams))), byHook
	}
	if c.Status != nil {
		m.Status, why.Status = *c.Status, byHook
	}
	m.Why = &why
	return made
}

// hookFailed is the refusal of a change about which the hook gave no useful answer.
func hookFailed(cause error) *scim.Error {
	return &scim.Error{Kind: scim.KindHookFailed, Cause: fmt.Errorf("hook: %w", cause)}
}

const maxHookReason = 300 // runes

// hookRefused is the refusal that a hook asks for. The reason goes to admin consoles that show one line of plain text.
func hookRefused(reason string) *scim.Error {
	reason = strings.Join(strings.FieldsFunc(strings.ToValidUTF8(reason, "\uFFFD"), func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r)
	}), " ")
	if utf8.RuneCountInString(reason) > maxHookReason {
		reason = string([]rune(reason)[:maxHookReason-1]) + "…"
	}
	if reason == "" {
		reason = "no reason was given"
	}
	return &scim.Error{Kind: scim.KindHookRefused, Value: reason}
}

// ActionConnectionSecret is the audit entry of a new secret for the hook of a connection.
const ActionConnectionSecret = "connection.hook_secret"

func hookSecretName(connection string) string { return "hook/" + connection }

// RotateHookSecret makes the secret that signs the questions to the connection's hook, in place of the one that there
// was. It is shown this once. It holds from the next question on.
func (d *Directory) RotateHookSecret(ctx context.Context, by Actor, c Connection) (string, error) {
	text := credential.NewSigningSecret()
	return text, d.SetHookSecret(ctx, by, c, text)
}

// SetHookSecret takes a secret that was chosen elsewhere, such as at deploy time (X9). The one that is there already
// changes nothing.
func (d *Directory) SetHookSecret(ctx context.Context, by Actor, c Connection, text string) error {
	key, err := credential.ParseSigningSecret(text)
	if err != nil {
		return err
	}
	return d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, _ Connection) error {
		switch now, err := d.signingKey(ctx, c.Root, hookSecretName(c.ID)); {
		case err == nil && slices.Equal(now, key):
			return nil
		case err != nil && !errors.Is(err, ErrNotFound):
			return err
		}
		p.Secrets = append(p.Secrets, d.seal(c.Root, hookSecretName(c.ID), key))
		return p.audit(ActionConnectionSecret, targetConnection, c.ID, "", struct{}{})
	})
}
