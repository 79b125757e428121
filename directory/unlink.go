package directory

import "context"

// Unlink drops what a connection's identity provider calls a person of the workspace, and ends the sessions of it: the
// identity was somebody else's, or is to become so. The next login with it is matched anew.
func (d *Directory) Unlink(ctx context.Context, by Actor, w Workspace, subject string, c Connection, issuer, name string) error {
	return d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, _ *tree, _ *branch) error {
		if _, err := d.membership(ctx, w, subject); err != nil {
			return err
		}
		k, err := d.store.Link(ctx, w.Root, c.ID, LinkIdentity, IdentityKey(issuer, name))
		if there, err := found(err); err != nil {
			return err
		} else if !there || k.Subject != subject {
			return refuse(RefusedNotFound, "inspect the logins of the person to see by which identities there were some",
				"connection %q knows the person by no identity %q of %q", c.Name, name, issuer)
		}
		p.Links = append(p.Links, remove(k))
		if err := d.planUnlinkPrincipals(ctx, p, c, subject); err != nil {
			return err
		}
		p.Ends = append(p.Ends, SessionEnd{Subject: subject, Connection: c.ID, Identity: k.Key, Reason: ReasonAdmin, At: p.now})
		return p.audit(ActionLoginUnlink, targetSubject, subject, subject, unlinkDetail{c.ID, issuer, name})
	})
}

// planUnlinkPrincipals plans that a login finds the person by no principal of the connection either, but by that of the
// person's user there, which SCIM says.
func (d *Directory) planUnlinkPrincipals(ctx context.Context, p *plan, c Connection, subject string) error {
	client, err := d.freshClient(ctx, c, p.by)
	if err != nil {
		return err
	}
	documents, err := d.store.UsersOf(ctx, c.Root, subject)
	if err != nil {
		return err
	}
	said := map[[32]byte]bool{}
	for _, u := range documents {
		if u.Connection != c.ID {
			continue
		}
		r, err := client.userType().Load(client.bareUserRecord(u))
		if err != nil {
			return err
		}
		said[principalKey(client.principalOf(r))] = true
	}
	links, err := d.store.LinksOf(ctx, c.Root, subject)
	for _, k := range links {
		if k.Kind == LinkPrincipal && k.Connection == c.ID && !said[k.Key] {
			p.Links = append(p.Links, remove(k))
		}
	}
	return err
}

type unlinkDetail struct {
	Connection string `json:"connection"` // id
	Issuer     string `json:"issuer"`
	Name       string `json:"name"`
}
