package scimserver

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/scim"
)

// This file keeps the members of the groups of a [Memory]. Lists are never changed in place, so that a record that
// was handed out stays as it was.

// edit returns the group's list after the delta: reset, then remove, then add. A group may have every resource for a
// member but itself.
func (m *Memory) edit(group *entry, d scim.MemberDelta) ([]scim.MemberRef, error) {
	var next []scim.MemberRef
	if !d.Reset {
		next = slices.DeleteFunc(slices.Clone(group.rec.Members), func(ref scim.MemberRef) bool { return m.removes(d, ref) })
	}
	there := make(map[string]bool, len(next)+len(d.Add))
	for _, ref := range next {
		there[ref.Value] = true
	}
	for _, ref := range d.Add {
		known := m.resolve(ref.Value)
		switch known {
		case nil:
			return nil, scim.NewError(scim.KindUnknownMember, "members", ref.Value, "")
		case group:
			return nil, scim.NewError(scim.KindOwnMember, "members", ref.Value, "")
		}
		ref.Value, ref.Type = known.rec.ID, known.rec.Type.ID
		if !there[ref.Value] {
			there[ref.Value] = true
			next = append(next, ref)
		}
	}
	return next, nil
}

func (m *Memory) removes(d scim.MemberDelta, ref scim.MemberRef) bool {
	for _, id := range d.Remove {
		if known := m.resolve(id); known != nil {
			id = known.rec.ID
		}
		if id == ref.Value {
			return true
		}
	}
	return slices.ContainsFunc(d.Select, func(n scim.Node) bool { return scim.MatchMember(n, ref) })
}

// resolve finds who a member's value means: a resource's id or, where the profile has it, a user's externalId
// (D-26).
func (m *Memory) resolve(value string) *entry {
	if e := m.byID[value]; e != nil || !m.profile.Has(scim.QuirkMemberByExternalID) || value == "" {
		return e
	}
	for _, e := range m.order {
		if e.rec.Type.ID == "User" && e.rec.ExternalID == value {
			return e
		}
	}
	return nil
}

// groupsOf lists the groups that have the id as a member: directly, or as a member of a member. Each is there once, the
// direct ones first, in the order of their creation. Groups may be members of each other: every group is visited once.
func (m *Memory) groupsOf(id string) []scim.GroupRef {
	direct := m.groupsWith([]string{id})
	seen := map[string]bool{}
	for level := direct; len(level) > 0; {
		var ids []string
		for _, e := range level {
			if !seen[e.rec.ID] {
				seen[e.rec.ID] = true
				ids = append(ids, e.rec.ID)
			}
		}
		level = m.groupsWith(ids)
	}
	var groups []scim.GroupRef
	for _, e := range direct {
		groups = append(groups, scim.GroupRef{Value: e.rec.ID, Display: e.name, Type: "direct"})
		delete(seen, e.rec.ID)
	}
	for _, e := range m.order {
		if seen[e.rec.ID] {
			groups = append(groups, scim.GroupRef{Value: e.rec.ID, Display: e.name, Type: "indirect"})
		}
	}
	return groups
}

// groupsWith lists the groups that have one of the ids as a direct member, in the order of their creation.
func (m *Memory) groupsWith(ids []string) []*entry {
	var groups []*entry
	for _, e := range m.order {
		if slices.ContainsFunc(ids, func(id string) bool { return hasMember(e.rec.Members, id) }) {
			groups = append(groups, e)
		}
	}
	return groups
}

// leave takes the id out of every group; each of these groups has changed (D-29).
func (m *Memory) leave(id string, now time.Time) {
	for _, e := range m.order {
		if !hasMember(e.rec.Members, id) {
			continue
		}
		e.rec.Members = slices.DeleteFunc(slices.Clone(e.rec.Members), func(ref scim.MemberRef) bool { return ref.Value == id })
		e.rec.Version++
		e.rec.LastModified = now
	}
}

func hasMember(list []scim.MemberRef, id string) bool {
	return slices.ContainsFunc(list, func(ref scim.MemberRef) bool { return ref.Value == id })
}

// sameMembers compares as sets: the order of members has no meaning.
func sameMembers(a, b []scim.MemberRef) bool {
	if len(a) != len(b) {
		return false
	}
	set := make(map[scim.MemberRef]bool, len(b))
	for _, ref := range b {
		set[ref] = true
	}
	for _, ref := range a {
		if !set[ref] {
			return false
		}
	}
	return true
}
