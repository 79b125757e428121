package directory

import (
	"cmp"
	"context"
	"slices"

	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/scim"
)

// Manager is the reporting manager of a person (E3). An identity provider sends an id of its own, and often before it
// sends the manager; so who that is is looked up whenever the person is read, and never stored.
type Manager struct {
	Value   string // as sent
	Subject string // empty: nobody who is known
	Name    string // of the subject; else as sent
	Email   string // of the subject
}

// managerOf finds the manager that a person's profile names; nil when it names none.
func (d *Directory) managerOf(ctx context.Context, p Person) (*Manager, error) {
	value, name := profile.Profile(p.Who.Profile).Manager()
	if value == "" && name == "" {
		return nil, nil
	}
	m := &Manager{Value: value, Name: name}
	var err error
	if m.Subject, err = d.managerSubject(ctx, p, m.Value); err != nil || m.Subject == "" {
		return m, err
	}
	who, err := d.store.Subject(ctx, p.Root, m.Subject)
	if there, err := found(err); err != nil || !there {
		m.Subject = ""
		return m, err
	}
	m.Name, m.Email = cmp.Or(who.Name, m.Name), who.Email
	return m, nil
}

// managerSubject looks for the value in the connections that know the person, first in that of the membership: as SCIM
// id, as externalId, as userName; and at last among the members of the same workspace as the e-mail address of only one.
func (d *Directory) managerSubject(ctx context.Context, p Person, value string) (string, error) {
	if value == "" {
		return "", nil
	}
	users, err := d.store.UsersOf(ctx, p.Root, p.Subject)
	if err != nil {
		return "", err
	}
	slices.SortStableFunc(users, func(a, b User) int {
		return cmp.Compare(rank(b.Connection == p.Connection), rank(a.Connection == p.Connection))
	})
	for _, u := range users {
		for _, look := range []func() (User, error){
			func() (User, error) { return d.store.User(ctx, u.Root, u.Connection, value) },
			func() (User, error) { return d.store.UserByExternalID(ctx, u.Root, u.Connection, value) },
			func() (User, error) { return d.store.UserByName(ctx, u.Root, u.Connection, scim.FoldName(value)) },
		} {
			manager, err := look()
			if there, err := found(err); err != nil || there {
				return manager.Subject, err
			}
		}
	}
	all, err := d.store.SubjectsByEmail(ctx, p.Root, value, 2)
	if err != nil || len(all) != 1 {
		return "", err
	}
	// Only of the same workspace: who runs an identity provider below learns nothing of the rest of the tenant.
	_, err = d.store.Membership(ctx, p.Root, p.Workspace, all[0].ID)
	if there, err := found(err); err != nil || !there {
		return "", err
	}
	return all[0].ID, nil
}

func rank(first bool) int {
	if first {
		return 1
	}
	return 0
}
