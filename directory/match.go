package directory

import (
	"cmp"
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
		func() (string, error) { return c.signedIn(ctx, pol, r) },
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

// principalOf is what SCIM and login both call the person of a document; empty: nothing.
func (c *Client) principalOf(r *scim.Resource) string {
	return r.Text(c.Connection.principalPath())
}

// principalPath is the attribute that is the principal.
func (c Connection) principalPath() string { return cmp.Or(c.Settings.Principal, "externalId") }

// signedIn finds who has signed in by the connection under the principal of the document (X12), but for who has only linked
// an account of it and belongs to another part of the tenant.
func (c *Client) signedIn(ctx context.Context, pol *policy, r *scim.Resource) (string, error) {
	principal := c.principalOf(r)
	if c.Connection.Settings.SignIn == nil || principal == "" {
		return "", nil
	}
	k, err := c.directory.store.Link(ctx, c.Connection.Root, c.Connection.ID, LinkPrincipal, principalKey(principal))
	if there, err := found(err); err != nil || !there {
		return "", err
	}
	documents, err := c.directory.store.UsersOf(ctx, c.Connection.Root, k.Subject)
	if err != nil || slices.ContainsFunc(documents, func(u User) bool { return u.Connection == c.Connection.ID }) {
		return "", err // another user of the connection has the person, which checkKeyFree or the app decides about
	}
	if own, err := c.directory.isOfHome(ctx, pol, k.Subject); err != nil || !own {
		return "", err
	}
	return k.Subject, nil
}

// planPrincipal plans the link by which a login finds the person of a document, where people sign in by the connection:
// of a login and a request that make the same person at once, only one does. Of two users with one principal the first
// keeps it. before and after are nil for who has none.
func (c *Client) planPrincipal(ctx context.Context, p *plan, subject string, before, after *scim.Resource) error {
	if c.Connection.Settings.SignIn == nil {
		return nil
	}
	was, is := "", ""
	if before != nil {
		was = c.principalOf(before)
	}
	if after != nil {
		is = c.principalOf(after)
	}
	for _, principal := range []string{was, is} {
		if principal == "" || was == is && before != nil && after != nil {
			continue
		}
		k, err := c.directory.store.Link(ctx, p.Root, c.Connection.ID, LinkPrincipal, principalKey(principal))
		there, err := found(err)
		switch {
		case err != nil:
			return err
		case principal == is && !there:
			p.Links = append(p.Links, insert(c.Connection.principalLink(is, subject, p.now)))
		case principal == was && there && k.Subject == subject:
			p.Links = append(p.Links, remove(k))
		}
	}
	return nil
}

// byEmail finds the one person who has the primary e-mail address of the document, if nobody's document is that
// person's yet, and no privileged role (B11: such an account is linked by its holder alone). Who signs in is found only by an
// address that the identity provider has verified: whoever writes that of a colleague who is yet to come into the own
// account would receive the colleague's.
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
	links, err := c.directory.store.LinksOf(ctx, root, all[0].ID)
	if err != nil || slices.ContainsFunc(links, func(k Link) bool { return !c.ownJIT(k, r) }) {
		return "", err
	}
	if vouched, err := isVouchedFor(links, address); err != nil || !vouched {
		return "", err
	}
	memberships, err := c.directory.store.MembershipsOf(ctx, root, all[0].ID)
	if err != nil || slices.ContainsFunc(memberships, pol.isPrivileged) {
		return "", err
	}
	if own, err := c.directory.isOfHome(ctx, pol, all[0].ID); err != nil || !own {
		return "", err
	}
	return all[0].ID, nil
}

// isOfHome reports that somebody is a member, and can be restored as one, in the connection's workspace and below alone. No
// connection takes over, links or erases who belongs to another part of the tenant: whoever runs its identity provider would
// be that person there, or could remove the person from there.
func (d *Directory) isOfHome(ctx context.Context, pol *policy, subject string) (bool, error) {
	memberships, err := d.store.MembershipsOf(ctx, pol.home.Root, subject)
	if err != nil {
		return false, err
	}
	removals, err := d.store.RemovalsOf(ctx, pol.home.Root, subject)
	for _, r := range removals {
		memberships = append(memberships, r.Membership)
	}
	return !slices.ContainsFunc(memberships, func(m Membership) bool { return !pol.workspaces[m.Workspace].within(pol.home.ID) }), err
}

// ownJIT reports a link that does not speak against taking the person over: one of this connection's own logins, by no
// other principal.
func (c *Client) ownJIT(k Link, r *scim.Resource) bool {
	return k.Connection == c.Connection.ID && (k.Kind == LinkIdentity || c.principalOf(r) == "")
}

// proves reports whether the address is in a domain that the tenant has proved to be its own.
func (t *tree) proves(address string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return domain != "" && slices.ContainsFunc(t.domains, func(d Domain) bool {
		return !d.Verified.IsZero() && isSameASCII(d.Name, domain)
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
