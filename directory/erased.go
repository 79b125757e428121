package directory

import (
	"context"
	"encoding/hex"
	"errors"

	"github.com/usher-scim/usher/scim"
)

// A hard deletion leaves nothing of the person (X3), and yet no login makes anew whom SCIM has deleted (J2). So it
// leaves keyed hashes that lead to nobody: one of the userName, and those of the principal and of the identities, which count
// as long as the first one is there. A user that is posted under the userName takes it away, and with it all of them. People
// may begin to sign in by the connection later on.

// tombstoneErased marks a key of somebody of whom nothing else is left.
const tombstoneErased = "erased"

// The keys that are marked.
const (
	erasedName      = "userName\x00"
	erasedPrincipal = "principal\x00"
	erasedIdentity  = "identity\x00"
)

// planErased plans the marks of a user who is deleted hard.
func (c *Client) planErased(ctx context.Context, p *plan, u User, r *scim.Resource) error {
	links, err := c.directory.store.LinksOf(ctx, u.Root, u.Subject)
	if err != nil {
		return err
	}
	name, err := c.directory.tombstone(ctx, u.Root, u.Connection, tombstoneErased, erasedName+u.UserNameKey, "")
	if err != nil {
		return err
	}
	name.Created = p.now
	p.Tombstones = append(p.Tombstones, insert(name))
	var keys []string
	if principal := c.principalOf(r); principal != "" {
		keys = append(keys, erasedPrincipal+principal)
	}
	for _, k := range links {
		if k.Kind == LinkIdentity && k.Connection == u.Connection {
			keys = append(keys, erasedIdentity+identityText(k.Protocol, k.Key))
		}
	}
	for _, key := range keys {
		t, err := c.directory.tombstone(ctx, u.Root, u.Connection, tombstoneErased, key, hex.EncodeToString(name.Hash[:]))
		if err != nil {
			return err
		}
		t.Created = p.now
		p.Tombstones = append(p.Tombstones, insert(t))
	}
	return nil
}

// planGivenBack takes the mark of a userName away, whose user is posted again. A plan that presumes the person to be new
// presumes that there is none either: the commit looks.
func (c *Client) planGivenBack(ctx context.Context, p *plan, u User) error {
	if len(p.Absent) > 0 {
		t, err := c.directory.tombstone(ctx, u.Root, u.Connection, tombstoneErased, erasedName+u.UserNameKey, "")
		p.Absent = append(p.Absent, t)
		return err
	}
	gone, err := c.directory.buried(ctx, u.Root, u.Connection, tombstoneErased, erasedName+u.UserNameKey)
	if gone != nil {
		p.Tombstones = append(p.Tombstones, remove(*gone))
	}
	return err
}

// checkErased refuses whom SCIM has deleted hard.
func (l *login) checkErased(ctx context.Context) error {
	keys := []string{erasedIdentity + l.identityText()}
	if principal := l.r.Identity.Principal; principal != "" {
		keys = append(keys, erasedPrincipal+principal)
	}
	if l.method.TakesSCIM() {
		for _, name := range l.names() {
			keys = append(keys, erasedName+scim.FoldName(name))
		}
	}
	for _, key := range keys {
		gone, err := l.d.buried(ctx, l.Root, l.pol.connection.ID, tombstoneErased, key)
		if err != nil {
			return err
		}
		if gone == nil {
			continue
		}
		if stands, err := l.d.stands(ctx, *gone); err != nil {
			return err
		} else if stands {
			return &LoginError{LoginDeleted, errors.New("SCIM has deleted and erased the user; SCIM brings the person back, or an invitation")}
		}
	}
	return nil
}

// stands reports that the mark of the userName is there, to which the mark of another key leads.
func (d *Directory) stands(ctx context.Context, t Tombstone) (bool, error) {
	if t.Subject == "" {
		return true, nil
	}
	name := t
	if n, err := hex.Decode(name.Hash[:], []byte(t.Subject)); err != nil || n != len(name.Hash) {
		return false, err
	}
	_, err := d.store.Tombstone(ctx, name.Root, name.Connection, tombstoneErased, name.Hash)
	return found(err)
}
