package directory

import (
	"slices"
	"strings"
)

// tell adds one event for each membership that changes, with all of its state, and one more in the connection's
// workspace for attributes that changed where none of those can carry them. changed are the names of the document's
// attributes; of a document that is new to a known person those of the profile count.
func (v *provision) tell(changed []string) error {
	pending := slices.DeleteFunc(slices.Clone(changed), func(name string) bool {
		// What accounts mean, the memberships tell; white space in them means nothing (C3).
		return name == "active" || len(v.altered) == 0 && strings.EqualFold(name, v.pol.mapping.AccountsAttribute())
	})
	if changed == nil && !v.who.isNew {
		pending = v.altered
	}
	home := v.current(v.workspace)
	told := len(pending) == 0
	var events []func() error
	for _, e := range v.edits {
		id := workspaceOf(e)
		if id == v.workspace {
			home = e.After
		}
		typ := memberEventOf(e)
		if typ == "" {
			continue
		}
		data := v.eventData(e.After)
		switch typ {
		case EventMemberUpdated:
			data.Changed = changedOf(e)
			if id == v.workspace && !told {
				data.Changed, told = append(slices.Clone(pending), data.Changed...), true
				data.Profile = v.newProfile()
			}
		case EventMemberJoined:
			data.Profile = v.profile
			told = told || id == v.workspace
		}
		events = append(events, func() error { return v.eventIn(id, typ, v.who.ID, data) })
	}
	if !told {
		data := v.eventData(home)
		data.Changed, data.Profile = pending, v.newProfile()
		if err := v.event(EventMemberUpdated, v.who.ID, data); err != nil {
			return err
		}
	}
	for _, add := range events {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// newProfile is the profile if it has changed.
func (v *provision) newProfile() []byte {
	if len(v.altered) == 0 {
		return nil
	}
	return v.profile
}

func (v *provision) eventData(m *Membership) memberEvent {
	e := memberEvent{User: v.user.ID, UserName: v.user.UserName}
	if m != nil {
		e.setMembership(*m)
	}
	return e
}
