package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

const selectAPIKey = `SELECT id, workspace, name, hash, scopes, created, expires, revoked, last_used, version FROM api_key `

func apiKeyScanner(root string) func(scanner) (directory.APIKey, error) {
	return func(r scanner) (directory.APIKey, error) {
		k := directory.APIKey{Root: root}
		var hash, scopes []byte
		var created, expires, revoked, used int64
		err := r.Scan(&k.ID, &k.Workspace, &k.Name, &hash, &scopes, &created, &expires, &revoked, &used, &k.Version)
		if err != nil {
			return k, err
		}
		copy(k.Hash[:], hash)
		k.Created, k.Expires, k.Revoked, k.LastUsed = timeOf(created), timeOf(expires), timeOf(revoked), timeOf(used)
		return k, fromArray(scopes, &k.Scopes)
	}
}

// APIKeys implements directory.Store: oldest first.
func (s *Store) APIKeys(ctx context.Context, root string) ([]directory.APIKey, error) {
	return inRoot(s, s.scan(ctx), "api keys", root, func(tx *Tx, no int64) ([]directory.APIKey, error) {
		return all(tx, apiKeyScanner(root), selectAPIKey+`WHERE root = $1 ORDER BY created, id`, no)
	})
}

// APIKey implements directory.Store.
func (s *Store) APIKey(_ context.Context, root, id string) (directory.APIKey, error) {
	return oneInRoot(s, "api key", root, func(tx *Tx, no int64) (directory.APIKey, error) {
		return one(tx, apiKeyScanner(root), selectAPIKey+`WHERE root = $1 AND id = $2`, no, id)
	})
}

// APIKeyByHash implements directory.Store.
func (s *Store) APIKeyByHash(_ context.Context, root string, hash [32]byte) (directory.APIKey, error) {
	return oneInRoot(s, "api key", root, func(tx *Tx, no int64) (directory.APIKey, error) {
		return one(tx, apiKeyScanner(root), selectAPIKey+`WHERE root = $1 AND hash = $2`, no, hash[:])
	})
}

// TouchAPIKey implements directory.Store.
func (s *Store) TouchAPIKey(ctx context.Context, root, id string, at time.Time) error {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	if err != nil {
		return s.fault("touch api key", err)
	}
	return s.write(ctx, "touch api key", 1, func(tx *Tx) error {
		err := tx.put(`UPDATE api_key SET last_used = $3 WHERE root = $1 AND id = $2 AND last_used < $3`, no, id, nanos(at))
		return err
	})
}

// apiKey writes an edit of a key. An update leaves the mark of its last use to TouchAPIKey, which moves no version.
func (w *writer) apiKey(e *directory.Edit[directory.APIKey]) error {
	return edit(e,
		func(a *directory.APIKey) error {
			scopes, err := array(a.Scopes)
			if err != nil {
				return err
			}
			err = w.tx.put(`INSERT INTO api_key(root, id, workspace, name, hash, scopes, created, expires, revoked,
				last_used, version) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
				w.root, a.ID, a.Workspace, a.Name, a.Hash[:], scopes, nanos(a.Created), nanos(a.Expires), nanos(a.Revoked),
				nanos(a.LastUsed), a.Version)
			return err
		},
		func(b *directory.APIKey) error {
			return w.tx.must(`DELETE FROM api_key WHERE root = $1 AND id = $2 AND version = $3`, w.root, b.ID, b.Version)
		},
		func(b, a *directory.APIKey) error {
			scopes, err := array(a.Scopes)
			if err != nil {
				return err
			}
			return w.tx.must(`UPDATE api_key SET workspace = $4, name = $5, scopes = $6, expires = $7, revoked = $8,
				version = $9 WHERE root = $1 AND id = $2 AND version = $3`,
				w.root, b.ID, b.Version, a.Workspace, a.Name, scopes, nanos(a.Expires), nanos(a.Revoked), a.Version)
		})
}
