package directory

import (
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/scim"
)

func (m Member) ref() scim.MemberRef {
	return scim.MemberRef{Value: m.ID, Type: m.Type, Display: m.Display}
}

// The types of an entry of a User's groups (RFC 7643 §4.1.2).
const (
	groupDirect   = "direct"
	groupIndirect = "indirect"
)

// Ref is the entry of a User's groups.
func (g GroupOf) Ref() scim.GroupRef {
	ref := scim.GroupRef{Value: g.ID, Display: g.DisplayName, Type: groupIndirect}
	if g.Direct {
		ref.Type = groupDirect
	}
	return ref
}

// planMembers plans the rows that a delta really changes and returns what it comes to. It reads the rows that the
// delta names and no list, but for two deltas that are about the list: a selector, and a new list in place of the
// present one.
func (c *Client) planMembers(
	ctx context.Context, p *plan, g Group, delta scim.MemberDelta,
) (memberChange, error) {
	if err := c.takeExternalIDs(ctx, &delta); err != nil {
		return memberChange{}, err
	}
	asked, list := len(delta.Add)+len(delta.Remove), delta.Reset || len(delta.Select) > 0
	present, err := c.presentMembers(ctx, g, &delta)
	if err != nil {
		return memberChange{}, err
	}
	rows := MembersEdit{Group: g.ID, Reset: delta.Reset, Modified: p.now}
	rows.Remove = effectiveRemoves(delta, present)
	if rows.Add, err = c.effectiveAdds(ctx, g, delta, present); err != nil {
		return memberChange{}, err
	}
	n := len(rows.Remove) + len(rows.Add)
	if list || n > maxMemberRows || n < asked { // it rests on who is there, or not
		if err := c.checkSettled(ctx, g); err != nil {
			return memberChange{}, err
		}
	}
	switch {
	case !rows.Reset && n == 0:
		return memberChange{}, nil
	case n > maxMemberRows:
		return rows.change(), p.memberJobs(c, rows)
	}
	p.Members = append(p.Members, rows)
	return rows.change(), nil
}

// change says what the rows come to.
func (e *MembersEdit) change() memberChange {
	change := memberChange{Removed: e.Remove, RemovedAll: e.Reset}
	for _, m := range e.Add {
		change.Added = append(change.Added, m.ID)
	}
	return change
}

// takeExternalIDs replaces values that are no id here but a user's externalId by that user's id, for the clients
// that send those (D-26).
func (c *Client) takeExternalIDs(ctx context.Context, delta *scim.MemberDelta) error {
	if !c.Profile.Has(scim.QuirkMemberByExternalID) || len(delta.Add)+len(delta.Remove) == 0 {
		return nil
	}
	values := slices.Concat(memberValues(delta.Add), delta.Remove)
	known, err := c.directory.store.Resolve(ctx, c.Connection.Root, c.Connection.ID, values)
	if err != nil {
		return err
	}
	ids := make(map[string]string)
	for _, v := range values {
		if known[v] != "" || v == "" {
			continue
		}
		u, err := c.directory.store.UserByExternalID(ctx, c.Connection.Root, c.Connection.ID, v)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err == nil {
			ids[v] = u.ID
		}
	}
	delta.Add, delta.Remove = slices.Clone(delta.Add), slices.Clone(delta.Remove)
	for i, m := range delta.Add {
		if id := ids[m.Value]; id != "" {
			delta.Add[i].Value = id
		}
	}
	for i, v := range delta.Remove {
		if id := ids[v]; id != "" {
			delta.Remove[i] = id
		}
	}
	return nil
}

// presentMembers says which members of the delta are there now, from their rows alone where that is enough.
func (c *Client) presentMembers(ctx context.Context, g Group, delta *scim.MemberDelta) (map[string]bool, error) {
	switch {
	case g.Members == 0:
		delta.Reset, delta.Select = false, nil
		return nil, nil
	case delta.Reset && len(delta.Add) == 0 && g.Members <= maxMemberRows: // everybody goes, whoever it is
		return nil, nil
	case delta.Reset, len(delta.Select) > 0:
		return c.takeList(ctx, g, delta)
	}
	ids := slices.Concat(memberValues(delta.Add), delta.Remove)
	if len(ids) == 0 {
		return nil, nil
	}
	return c.directory.store.HasMembers(ctx, g.Root, g.ID, ids)
}

// takeList reads the present list and turns what is about it into removals by id.
func (c *Client) takeList(ctx context.Context, g Group, delta *scim.MemberDelta) (map[string]bool, error) {
	members, err := c.directory.store.Members(ctx, g.Root, g.ID, "", 0)
	if err != nil {
		return nil, err
	}
	present := make(map[string]bool, len(members))
	drop := slices.Clone(delta.Remove)
	for _, m := range members {
		present[m.ID] = true
		selected := func(n scim.Node) bool { return scim.MatchMember(n, m.ref()) }
		if delta.Reset || slices.ContainsFunc(delta.Select, selected) {
			drop = append(drop, m.ID)
		}
	}
	delta.Reset, delta.Remove, delta.Select = false, drop, nil
	return present, nil
}

// effectiveRemoves are the removed ids that are members and are not added again. Removing who is not there is a
// success (T-094, T-121).
func effectiveRemoves(delta scim.MemberDelta, present map[string]bool) []string {
	stays := make(map[string]bool, len(delta.Add))
	for _, m := range delta.Add {
		stays[m.Value] = true
	}
	var ids []string
	for _, id := range delta.Remove {
		if present[id] && !stays[id] {
			stays[id] = true // once
			ids = append(ids, id)
		}
	}
	return ids
}

// effectiveAdds are the rows of the added members that are not there yet (T-093). Each must be a user or group of
// this connection (D-26), and none the group itself.
func (c *Client) effectiveAdds(
	ctx context.Context, g Group, delta scim.MemberDelta, present map[string]bool,
) ([]Member, error) {
	var missing []scim.MemberRef
	seen := make(map[string]bool, len(delta.Add))
	for _, m := range delta.Add {
		if !present[m.Value] && !seen[m.Value] {
			seen[m.Value] = true
			missing = append(missing, m)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	types, err := c.directory.store.Resolve(ctx, g.Root, g.Connection, memberValues(missing))
	if err != nil {
		return nil, err
	}
	for _, m := range missing {
		if m.Value == g.ID || types[m.Value] == "" {
			return nil, unknownMember(g, m.Value)
		}
	}
	return newMembers(g, missing, present, types), nil
}

// unknownMember names the id and the group (D-26).
func unknownMember(g Group, id string) error {
	where := "members of group " + g.DisplayName + " (" + g.ID + ")"
	if id == g.ID {
		return scim.NewError(scim.KindOwnMember, where, id, "users, and other groups")
	}
	return scim.NewError(scim.KindUnknownMember, where, id, "the id of a user or group of this connection")
}

func memberValues(members []scim.MemberRef) []string {
	values := make([]string, len(members))
	for i, m := range members {
		values[i] = m.Value
	}
	return values
}
