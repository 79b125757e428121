package directory

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/scim"
)

// match finds the person whom a new document is about: who was deleted here, whom the predecessor has left, or who has
// the e-mail address in a domain that the tenant has proved. Else it is somebody new.
func (c *Client) match(ctx context.Context, p *plan, pol *policy, u User, r *scim.Resource) (person, error) {
	for _, look := range []func() (string, error){
		func() (string, error) {
			if p.presumes && !c.directory.hooked(pol.connection) {
				return "", c.presume(ctx, p, u)
			}
			return c.returning(ctx, p, u)
		},
		func() (string, error) { return c.inherited(ctx, p, pol, u) },
		func() (string, error) { return c.byEmail(ctx, pol, u.Root, r) },
	} {
		subject, err := look()
		if err != nil {
			return person{}, err
		}
		if subject != "" {
			return c.directory.person(ctx, u.Root, subject)
		}
	}
	if c.shares() {
		who, err := c.takeOver(ctx, pol, r)
		if !errors.Is(err, ErrNotFound) {
			return who, err
		}
	}
	return person{isNew: true, Subject: Subject{Root: u.Root, ID: ident.NewRow(p.now), Created: p.now}}, nil
}

// byEmail finds the one person who has the primary e-mail address of the document, if nobody's document is that
// person's yet, and no privileged role (B11: such an account is linked by its holder alone).
func (c *Client) byEmail(ctx context.Context, pol *policy, root string, r *scim.Resource) (string, error) {
	address := r.Email()
	if !pol.proves(address) {
		return "", nil
	}
	all, err := c.directory.store.SubjectsByEmail(ctx, root, address, 2)
	if err != nil || len(all) != 1 {
		return "", err
	}
	documents, err := c.directory.store.UsersOf(ctx, root, all[0].ID)
	if err != nil || len(documents) > 0 {
		return "", err
	}
	memberships, err := c.directory.store.MembershipsOf(ctx, root, all[0].ID)
	if err != nil || slices.ContainsFunc(memberships, pol.isPrivileged) {
		return "", err
	}
	return all[0].ID, nil
}

// proves reports whether the address is in a domain that the tenant has proved to be its own.
func (t *tree) proves(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return domain != "" && slices.ContainsFunc(t.domains, func(d Domain) bool {
		return !d.Verified.IsZero() && strings.EqualFold(d.Name, domain)
	})
}

func (t *tree) isPrivileged(m Membership) bool {
	b := t.workspaces[m.Workspace]
	if b == nil {
		return false
	}
	r, _ := b.role(m.Role)
	return r.Privileged()
}
