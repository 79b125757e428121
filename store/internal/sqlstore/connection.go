package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

const selectConnection = `SELECT id, workspace, name, profile, state, state_by, state_at, first_contact, last_contact,
	schemas, announced, settled, settings, origin, created, version FROM connection `

func connectionScanner(root string) func(scanner) (directory.Connection, error) {
	return func(r scanner) (directory.Connection, error) {
		c := directory.Connection{Root: root}
		var stateAt, first, last, created int64
		var schemas, settings []byte
		err := r.Scan(&c.ID, &c.Workspace, &c.Name, &c.Profile, &c.State, &c.StateBy, &stateAt, &first, &last,
			&schemas, &c.Announced, &c.Settled, &settings, &c.Origin, &created, &c.Version)
		c.StateAt, c.FirstContact, c.LastContact, c.Created = timeOf(stateAt), timeOf(first), timeOf(last), timeOf(created)
		if err == nil {
			err = errors.Join(fromArray(schemas, &c.Schemas), fromObject(settings, &c.Settings))
		}
		return c, err
	}
}

// RootOf implements directory.Store.
func (s *Store) RootOf(_ context.Context, connection string) (root string, err error) {
	err = s.point().row([]any{&root}, `SELECT s.text FROM connection c JOIN symbol s ON s.no = c.root WHERE c.id = $1`, connection)
	return root, s.fault("root of connection", err)
}

// Connections implements directory.Store: a workspace's connections, or a root's, by name.
func (s *Store) Connections(ctx context.Context, root, workspace string) ([]directory.Connection, error) {
	return inRoot(s, s.point(), "connections", root, func(tx *Tx, no int64) ([]directory.Connection, error) {
		if workspace == "" {
			return all(tx, connectionScanner(root), selectConnection+`WHERE root = $1 ORDER BY name, id`, no)
		}
		return all(tx, connectionScanner(root),
			selectConnection+`WHERE root = $1 AND workspace = $2 ORDER BY name`, no, workspace)
	})
}

// Connection implements directory.Store.
func (s *Store) Connection(ctx context.Context, root, id string) (directory.Connection, error) {
	tx := s.keyed
	no, err := s.number(tx, root)
	if err != nil {
		return directory.Connection{}, s.fault("connection", err)
	}
	c, err := one(tx, connectionScanner(root), selectConnection+`WHERE root = $1 AND id = $2`, no, id)
	return c, s.fault("connection", err)
}

// connection writes an edit of a connection. An update leaves the contact marks to Touch, which moves no version.
func (w *writer) connection(e *directory.Edit[directory.Connection]) error {
	return edit(e,
		func(a *directory.Connection) error {
			schemas, settings, err := connectionJSON(a)
			if err != nil {
				return err
			}
			err = w.tx.put(`INSERT INTO connection(root, id, workspace, name, profile, state, state_by, state_at,
				first_contact, last_contact, created, version, schemas, announced, settled, settings, origin)
				VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
				w.root, a.ID, a.Workspace, a.Name, a.Profile, string(a.State), a.StateBy, nanos(a.StateAt),
				nanos(a.FirstContact), nanos(a.LastContact), nanos(a.Created), a.Version,
				schemas, a.Announced, a.Settled, settings, a.Origin)
			return err
		},
		func(b *directory.Connection) error {
			return w.tx.must(`DELETE FROM connection WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.Connection) error {
			schemas, settings, err := connectionJSON(a)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE connection SET name = $4, profile = $5, state = $6, state_by = $7, state_at = $8,
				version = $9, schemas = $10, announced = $11, settled = $12, settings = $13, origin = $14
				WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, a.Name, a.Profile, string(a.State), a.StateBy, nanos(a.StateAt), a.Version,
				schemas, a.Announced, a.Settled, settings, a.Origin)
		})
}

// connectionJSON are the columns of a connection that hold JSON.
func connectionJSON(c *directory.Connection) (schemas, settings string, err error) {
	if schemas, err = array(c.Schemas); err == nil {
		settings, err = object(c.Settings)
	}
	return schemas, settings, err
}

const selectToken = `SELECT id, connection, kind, user_id, replaces, hash, created, expires, revoked, last_used, version
	FROM token `

func tokenScanner(root string) func(scanner) (directory.Token, error) {
	return func(r scanner) (directory.Token, error) {
		t := directory.Token{Root: root}
		var hash []byte
		var created, expires, revoked, used int64
		err := r.Scan(&t.ID, &t.Connection, &t.Kind, &t.User, &t.Replaces, &hash, &created, &expires, &revoked, &used,
			&t.Version)
		copy(t.Hash[:], hash)
		t.Created, t.Expires, t.Revoked, t.LastUsed = timeOf(created), timeOf(expires), timeOf(revoked), timeOf(used)
		return t, err
	}
}

// Tokens implements directory.Store: a connection's tokens, oldest first.
func (s *Store) Tokens(ctx context.Context, root, connection string) ([]directory.Token, error) {
	return inRoot(s, s.point(), "tokens", root, func(tx *Tx, no int64) ([]directory.Token, error) {
		return all(tx, tokenScanner(root),
			selectToken+`WHERE root = $1 AND connection = $2 ORDER BY created, id`, no, connection)
	})
}

// Token implements directory.Store.
func (s *Store) Token(ctx context.Context, root, id string) (directory.Token, error) {
	return s.oneToken(root, selectToken+`WHERE root = $1 AND id = $2`, id)
}

// TokenByHash implements directory.Store.
func (s *Store) TokenByHash(ctx context.Context, root string, hash [32]byte) (directory.Token, error) {
	return s.oneToken(root, selectToken+`WHERE root = $1 AND hash = $2`, hash[:])
}

func (s *Store) oneToken(root, query string, key any) (directory.Token, error) {
	tx := s.keyed
	no, err := s.number(tx, root)
	if err != nil {
		return directory.Token{}, s.fault("token", err)
	}
	t, err := one(tx, tokenScanner(root), query, no, key)
	return t, s.fault("token", err)
}

// token writes an edit of a token. Its kind and its user never change; an update leaves the mark of its last use to
// Touch.
func (w *writer) token(e *directory.Edit[directory.Token]) error {
	return edit(e,
		func(a *directory.Token) error {
			err := w.tx.put(`INSERT INTO token(root, id, connection, kind, user_id, replaces, hash, created, expires,
				revoked, last_used, version) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
				w.root, a.ID, a.Connection, string(a.Kind), a.User, a.Replaces, a.Hash[:],
				nanos(a.Created), nanos(a.Expires), nanos(a.Revoked), nanos(a.LastUsed), a.Version)
			return err
		},
		func(b *directory.Token) error {
			return w.tx.must(`DELETE FROM token WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.Token) error {
			return w.tx.must(`UPDATE token SET replaces = $4, expires = $5, revoked = $6, version = $7
				WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, a.Replaces, nanos(a.Expires), nanos(a.Revoked), a.Version)
		})
}

// Touch implements directory.Store. A connection or token that is gone is no error: there is nothing to mark.
func (s *Store) Touch(ctx context.Context, root, connection, token string, at time.Time) (first bool, err error) {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, s.fault("touch", err)
	}
	err = s.write(ctx, "touch", 2, func(tx *Tx) error {
		n, err := tx.exec(`UPDATE connection SET first_contact = $3, last_contact = $3
			WHERE root = $1 AND id = $2 AND first_contact = 0`, no, connection, nanos(at))
		if err != nil {
			return err
		}
		first = n > 0
		if err = tx.put(`UPDATE connection SET last_contact = $3
			WHERE root = $1 AND id = $2 AND last_contact < $3`, no, connection, nanos(at)); err != nil {
			return err
		}
		err = tx.put(`UPDATE token SET last_used = $3 WHERE root = $1 AND id = $2 AND last_used < $3`,
			no, token, nanos(at))
		return err
	})
	return first && err == nil, err
}
