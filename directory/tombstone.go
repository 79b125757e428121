package directory

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
)

// A deleted user leaves tombstones and nothing else of the document: keyed hashes under which the same person is
// found when it is posted again. One per key that the person was known by, which may be stale when the person came
// back under another, and one that stands as long as the subject is gone. Only a subject with that one is taken.
//
// A userName is given again to somebody else sooner or later, an externalId is not. So a userName finds only a person
// of whom no other principal is known: either the deleted user had none, or the posted one has none.
const (
	tombstonePrincipal = "principal"               // the externalId
	tombstoneUserName  = "userName"                // of a user without a principal
	tombstoneNamed     = "userName of a principal" // of a user with one
	tombstoneSubject   = "subject"
)

const tombstoneKeyName = "tombstone-key"

func newTombstoneKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process instead
	return key
}

// tombstoneKey returns the root's key for keyed hashes. It never changes, so it is opened once.
func (d *Directory) tombstoneKey(ctx context.Context, root string) ([]byte, error) {
	if key, ok := d.tombstoneKeys.Load(root); ok {
		return key.([]byte), nil
	}
	secret, err := d.store.Secret(ctx, root, tombstoneKeyName)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("directory: workspace %s has lost its secret %q", root, tombstoneKeyName)
	}
	if err != nil {
		return nil, err
	}
	key, err := d.key.open(secret)
	if err != nil {
		return nil, err
	}
	d.tombstoneKeys.Store(root, key)
	return key, nil
}

// tombstone makes the row for a value of the kind.
func (c *Client) tombstone(ctx context.Context, kind, value, subject string) (Tombstone, error) {
	key, err := c.directory.tombstoneKey(ctx, c.Connection.Root)
	if err != nil {
		return Tombstone{}, err
	}
	t := Tombstone{Root: c.Connection.Root, Connection: c.Connection.ID, Kind: kind, Subject: subject}
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{t.Connection, kind, value} {
		_, _ = mac.Write([]byte(part))
		_, _ = mac.Write([]byte{0})
	}
	mac.Sum(t.Hash[:0])
	return t, nil
}

// grave is a key of a person, as a kind of tombstone and the value that is hashed.
type grave struct{ kind, value string }

// bury plans the tombstones of a user that is deleted.
func (c *Client) bury(ctx context.Context, p *plan, u User) error {
	values := []grave{{tombstoneSubject, u.Subject}, {tombstoneUserName, u.UserNameKey}}
	if u.ExternalID != "" {
		values[1].kind = tombstoneNamed
		values = append(values, grave{tombstonePrincipal, u.ExternalID})
	}
	for _, v := range values {
		t, err := c.tombstone(ctx, v.kind, v.value, u.Subject)
		if err != nil {
			return err
		}
		t.Created = p.now
		p.Tombstones = append(p.Tombstones, insert(t))
	}
	return nil
}

// returning finds the subject of a person who was deleted in this connection and is posted again, by principal, else
// by userName, and lifts its tombstones. It returns "" when there is none.
func (c *Client) returning(ctx context.Context, p *plan, u User) (string, error) {
	keys, err := c.keysOf(ctx, u)
	if err != nil {
		return "", err
	}
	for _, found := range keys {
		gone, err := c.buried(ctx, tombstoneSubject, found.Subject)
		if err != nil {
			return "", err
		}
		if gone != nil {
			lift(p, *gone, keys)
			return gone.Subject, nil
		}
	}
	return "", nil
}

// keysOf lists the tombstones under which the posted user may have been buried, the surest first.
func (c *Client) keysOf(ctx context.Context, u User) ([]Tombstone, error) {
	kinds := []grave{{tombstonePrincipal, u.ExternalID}, {tombstoneUserName, u.UserNameKey}}
	if u.ExternalID == "" {
		kinds[0] = grave{tombstoneNamed, u.UserNameKey}
	}
	var keys []Tombstone
	for _, k := range kinds {
		t, err := c.buried(ctx, k.kind, k.value)
		if err != nil {
			return nil, err
		}
		if t != nil {
			keys = append(keys, *t)
		}
	}
	return keys, nil
}

// buried returns the tombstone of the value, or nil.
func (c *Client) buried(ctx context.Context, kind, value string) (*Tombstone, error) {
	t, err := c.tombstone(ctx, kind, value, "")
	if err != nil {
		return nil, err
	}
	row, err := c.directory.store.Tombstone(ctx, t.Root, t.Connection, t.Kind, t.Hash)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &row, nil
}

// lift plans the removal of a subject's tombstones. Those of a key that is not at hand stay and are stale.
func lift(p *plan, gone Tombstone, keys []Tombstone) {
	p.Tombstones = append(p.Tombstones, remove(gone))
	for _, k := range keys {
		if k.Subject == gone.Subject {
			p.Tombstones = append(p.Tombstones, remove(k))
		}
	}
}
