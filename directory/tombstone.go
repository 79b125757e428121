package directory

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync"

	"github.com/usher-scim/usher/scim"
)

// A deleted user leaves tombstones and nothing else of the document: keyed hashes under which the same person is
// found when it is posted again. One per key that the person was known by, which may be stale when the person came
// back under another, and one that stands as long as the subject is gone. Only a subject with that one is taken.
//
// A userName is given again to somebody else sooner or later, an externalId is not. So a userName finds only a person
// of whom no other principal is known: either the deleted user had none, or the posted one has none.
//
// A deleted connection leaves the same keys of its people, with the mark that they are nobody's. A connection that
// names it as its predecessor takes them over (E1).
const (
	tombstonePrincipal = "principal"               // the externalId
	tombstoneUserName  = "userName"                // of a user without a principal
	tombstoneNamed     = "userName of a principal" // of a user with one
	tombstoneSubject   = "subject"
	tombstoneOrphan    = "orphan" // instead of subject: of a deleted connection
	tombstoneMerged    = "merged" // of no connection: a subject that was merged into the one that is hashed
)

const tombstoneKeyName = "tombstone-key"

func newTombstoneKey() []byte {
	key := make([]byte, sha256.Size)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process instead
	return key
}

// tombstoneKey returns the root's key for keyed hashes. It never changes, so it is opened once.
func (d *Directory) tombstoneKey(ctx context.Context, root string) ([]byte, error) {
	h, err := d.tombstoneHash(ctx, root)
	if err != nil {
		return nil, err
	}
	return h.key, nil
}

// tombstoneHash is a root's keyed hash.
type tombstoneHash struct {
	key  []byte
	idle sync.Pool // of *hashing
}

// hashing is a hash that is under way, with room for what is hashed.
type hashing struct {
	hash.Hash
	text []byte
}

// maxHashed bounds the room that is kept, in bytes.
const maxHashed = 4 << 10

func (d *Directory) tombstoneHash(ctx context.Context, root string) (*tombstoneHash, error) {
	if known, ok := d.tombstoneKeys.Load(root); ok {
		return known.(*tombstoneHash), nil
	}
	secret, err := d.store.Secret(ctx, root, tombstoneKeyName)
	if errors.Is(err, ErrNotFound) {
		return nil, fmt.Errorf("directory: workspace %s has lost its secret %q", root, tombstoneKeyName)
	}
	if err != nil {
		return nil, err
	}
	key, err := d.open(secret)
	if err != nil {
		return nil, err
	}
	h := &tombstoneHash{key: key}
	h.idle.New = func() any { return &hashing{Hash: hmac.New(sha256.New, key)} }
	d.tombstoneKeys.Store(root, h)
	return h, nil
}

// sum is the hash of texts, each with a zero behind it.
func (h *tombstoneHash) sum(texts ...string) (sum [sha256.Size]byte) {
	w := h.idle.Get().(*hashing)
	defer h.done(w)
	w.text = w.text[:0]
	for _, text := range texts {
		w.text = append(append(w.text, text...), 0)
	}
	w.Reset()
	_, _ = w.Write(w.text)
	w.text = w.Sum(w.text[:0])
	return [sha256.Size]byte(w.text)
}

// done keeps it for the next time, without what was hashed.
func (h *tombstoneHash) done(w *hashing) {
	clear(w.text[:cap(w.text)])
	if cap(w.text) <= maxHashed {
		h.idle.Put(w)
	}
}

// tombstone makes the row for a value of the kind, of a connection's user.
func (d *Directory) tombstone(ctx context.Context, root, connection, kind, value, subject string) (Tombstone, error) {
	h, err := d.tombstoneHash(ctx, root)
	if err != nil {
		return Tombstone{}, err
	}
	return Tombstone{Root: root, Connection: connection, Kind: kind, Subject: subject, Hash: h.sum(connection, kind, value)}, nil
}

// grave is a key of a person, as a kind of tombstone and the value that is hashed.
type grave struct{ kind, value string }

// bury plans the tombstones of a user that is deleted, or whose connection is: mark is the kind of the one that stands
// for the subject.
func (d *Directory) bury(ctx context.Context, p *plan, u User, mark string) error {
	values := []grave{{mark, u.Subject}, {tombstoneUserName, u.UserNameKey}}
	if u.ExternalID != "" {
		values[1].kind = tombstoneNamed
		values = append(values, grave{tombstonePrincipal, u.ExternalID})
	}
	for _, v := range values {
		t, err := d.tombstone(ctx, u.Root, u.Connection, v.kind, v.value, u.Subject)
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
	return c.directory.exhume(ctx, p, u, c.Connection.ID, tombstoneSubject)
}

// presume takes the person for somebody who was never deleted in this connection, as most are who are posted. The commit
// looks, and then there is another attempt.
func (c *Client) presume(ctx context.Context, p *plan, u User) error {
	for _, g := range gravesOf(u) {
		t, err := c.directory.tombstone(ctx, u.Root, c.Connection.ID, g.kind, g.value, "")
		if err != nil {
			return err
		}
		p.Absent = append(p.Absent, t)
	}
	return nil
}

// unlessReturning is the refusal of a plan that presumes the person to be new, or a conflict when that is not so: other
// rules hold for who comes back.
func (c *Client) unlessReturning(ctx context.Context, p *plan, u User, refused error) error {
	if len(p.Absent) == 0 {
		return refused
	}
	switch subject, err := c.returning(ctx, p, u); {
	case err != nil:
		return err
	case subject != "":
		return ErrConflict
	}
	return refused
}

// inherited finds the person whom the connection's predecessor has left, likewise (E1). No connection takes over who was
// left in another part of the tenant.
func (c *Client) inherited(ctx context.Context, p *plan, pol *policy, u User) (string, error) {
	predecessor := pol.connection.Settings.Predecessor
	if predecessor == "" {
		return "", nil
	}
	lifted := len(p.Tombstones)
	subject, err := c.directory.exhume(ctx, p, u, predecessor, tombstoneOrphan)
	if err != nil || subject == "" {
		return "", err
	}
	memberships, err := c.directory.store.MembershipsOf(ctx, u.Root, subject)
	if err != nil || pol.covers(memberships, predecessor) {
		return subject, err
	}
	p.Tombstones = p.Tombstones[:lifted]
	return "", nil
}

// covers reports whether the connection can grant wherever its predecessor has left the person a membership; wherever
// there is one at all, when it has left none.
func (pol *policy) covers(memberships []Membership, predecessor string) bool {
	var left []Membership
	for _, m := range memberships {
		if m.Connection == predecessor {
			left = append(left, m)
		}
	}
	if len(left) == 0 {
		left = memberships
	}
	return !slices.ContainsFunc(left, func(m Membership) bool { return !pol.workspaces[m.Workspace].within(pol.home.ID) })
}

// exhume finds whose keys a posted user has among the tombstones of a connection with that mark, and lifts them.
func (d *Directory) exhume(ctx context.Context, p *plan, u User, connection, mark string) (string, error) {
	keys, err := d.keysOf(ctx, u, connection)
	if err != nil {
		return "", err
	}
	for _, key := range keys {
		gone, err := d.buried(ctx, u.Root, connection, mark, key.Subject)
		if err != nil {
			return "", err
		}
		if gone == nil {
			continue
		}
		absent, err := d.isAbsent(ctx, u, gone.Subject)
		if err != nil {
			return "", err
		}
		if absent {
			lift(p, *gone, keys)
			return gone.Subject, d.liftMerged(ctx, p, *gone, key.Subject)
		}
	}
	return "", nil
}

// liftMerged plans the removal of the mark of the subject into which the one that was buried has been merged.
func (d *Directory) liftMerged(ctx context.Context, p *plan, gone Tombstone, buried string) error {
	if buried == gone.Subject {
		return nil
	}
	kept, err := d.buried(ctx, gone.Root, gone.Connection, gone.Kind, gone.Subject)
	if kept != nil {
		p.Tombstones = append(p.Tombstones, remove(*kept))
	}
	return err
}

// isAbsent reports that a subject is there and has no user in the connection: who was merged meanwhile may have one
// under other keys.
func (d *Directory) isAbsent(ctx context.Context, u User, subject string) (bool, error) {
	_, err := d.store.Subject(ctx, u.Root, subject)
	if there, err := found(err); err != nil || !there {
		return false, err
	}
	users, err := d.store.UsersOf(ctx, u.Root, subject)
	return !slices.ContainsFunc(users, func(o User) bool { return o.Connection == u.Connection }), err
}

// gravesOf lists the keys under which the posted user may have been buried, the surest first.
func gravesOf(u User) []grave {
	if u.ExternalID == "" {
		return []grave{{tombstoneNamed, u.UserNameKey}, {tombstoneUserName, u.UserNameKey}}
	}
	return []grave{{tombstonePrincipal, u.ExternalID}, {tombstoneUserName, u.UserNameKey}}
}

// keysOf lists the tombstones under which the posted user may have been buried, the surest first.
func (d *Directory) keysOf(ctx context.Context, u User, connection string) ([]Tombstone, error) {
	var keys []Tombstone
	for _, k := range gravesOf(u) {
		t, err := d.buried(ctx, u.Root, connection, k.kind, k.value)
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
func (d *Directory) buried(ctx context.Context, root, connection, kind, value string) (*Tombstone, error) {
	t, err := d.tombstone(ctx, root, connection, kind, value, "")
	if err != nil {
		return nil, err
	}
	row, err := d.store.Tombstone(ctx, t.Root, t.Connection, t.Kind, t.Hash)
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

// orphanSlice is how many people of a connection one commit marks.
const orphanSlice = 200

// orphan marks the people of a connection that is about to be deleted as nobody's, so that a successor can take them
// over. What is marked of a connection that is then not deleted means nothing.
func (d *Directory) orphan(ctx context.Context, by Actor, w Workspace, c Connection) error {
	for docs, err := range d.documentPages(ctx, c, typeUser, -1, orphanSlice) {
		if err != nil {
			return err
		}
		p := d.newPlan(by, w, c.ID)
		for _, doc := range docs {
			u := User{
				Root: c.Root, Connection: c.ID, Subject: doc.Subject, UserNameKey: scim.FoldName(doc.Name), ExternalID: doc.ExternalID,
			}
			if err := d.bury(ctx, p, u, tombstoneOrphan); err != nil {
				return err
			}
		}
		if err := d.store.Commit(ctx, &p.Change); err != nil {
			return err
		}
	}
	return nil
}
