package directory

import (
	"context"
	"fmt"
)

// nearest finds the membership that counts in a workspace: its own, else that of the nearest one above. nil: none.
func (d *Directory) nearest(ctx context.Context, b *branch, subject string) (*branch, *Membership, error) {
	all, err := d.store.MembershipsOf(ctx, b.Root, subject)
	if err != nil {
		return nil, nil, err
	}
	at, m := nearestIn(all, b)
	return at, m, nil
}

func nearestIn(all []Membership, b *branch) (*branch, *Membership) {
	for ; b != nil; b = b.above {
		if m := membershipIn(all, b.ID); m != nil {
			return b, m
		}
	}
	return nil, nil
}

// accessIn is the membership by which a session that was begun at home opens the workspace that is entered; nil: none does.
func accessIn(all []Membership, entered, home *branch) (*branch, *Membership) {
	at, m := nearestIn(all, entered)
	if m == nil || m.Status != StatusActive || blocked(all, entered, home) != nil {
		return nil, nil
	}
	return at, m
}

// blocked finds a membership that keeps somebody out of signing in to a workspace: a block holds for what is below as well,
// and in the connection's own workspace for all that is entered from there. nil: none.
func blocked(all []Membership, branches ...*branch) *Membership {
	for _, b := range branches {
		for i := range all {
			if all[i].Blocked && b.within(all[i].Workspace) {
				return &all[i]
			}
		}
	}
	return nil
}

// Access is what somebody may do in a workspace, and why.
type Access struct {
	Subject   string
	Workspace string // key
	Role      string
	// Permissions are those of the role; none unless the person is active and not blocked.
	Permissions []string
	Teams       []string
	Status      MemberStatus // empty: not a member
	Blocked     bool
	// From is the key of the workspace whose membership counts, and Connection the id of what grants it.
	From, Connection                      string
	RoleSource, TeamsSource, StatusSource Source
	Why                                   string // in one sentence
}

// AccessOf says what a person may do in the workspace. The nearest membership counts: that of the workspace itself,
// else that of the one above, and so on. The role is that of the workspace asked about when it has one of that name,
// else that of the workspace in which the membership stands.
func (d *Directory) AccessOf(ctx context.Context, w Workspace, subject string) (Access, error) {
	_, b, err := d.standing(ctx, w)
	if err != nil {
		return Access{}, err
	}
	from, m, err := d.nearest(ctx, b, subject)
	if err != nil {
		return Access{}, err
	}
	a := Access{Subject: subject, Workspace: b.Key}
	if m == nil {
		_, err := d.store.Subject(ctx, w.Root, subject)
		if there, err := found(err); err != nil {
			return a, err
		} else if !there {
			return a, refuse(RefusedNotFound, "list the people of the workspace to see who is there", "there is no person %q", subject)
		}
		a.Why = "no member of " + b.Key + " or of a workspace above it"
		return a, nil
	}
	a.From, a.Connection, a.Role, a.Teams, a.Status, a.Blocked = from.Key, m.Connection, m.Role, m.Teams, m.Status, m.Blocked
	a.RoleSource, a.TeamsSource, a.StatusSource = m.RoleSource, m.TeamsSource, m.StatusSource
	role, ok := b.role(m.Role)
	if !ok {
		role, _ = from.role(m.Role)
	}
	if m.Status == StatusActive && !m.Blocked {
		a.Permissions = role.Permissions
	}
	a.Why, err = d.whyAccess(ctx, b, from, m)
	return a, err
}

func (d *Directory) whyAccess(ctx context.Context, b, from *branch, m *Membership) (string, error) {
	why := "member of " + from.Key
	if from != b {
		why += ", a workspace above"
	}
	why += fmt.Sprintf("; role %s by %s", m.Role, m.RoleSource)
	name, err := d.liveConnection(ctx, m)
	if err != nil {
		return "", err
	}
	if name != "" {
		why += fmt.Sprintf("; granted by connection %q", name)
	}
	switch {
	case m.Blocked:
		why += "; blocked by hand"
	case m.Status != StatusActive:
		why += fmt.Sprintf("; %s by %s", m.Status, m.StatusSource)
	}
	return why, nil
}
