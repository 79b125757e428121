package sqlstore

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory"
)

var apps = kept[directory.App]{
	table: "app", key: []string{"id"},
	values:  func(a *directory.App) (key, columns []any) { return []any{a.ID}, nil },
	version: func(a *directory.App) int64 { return a.Version },
}

// App implements directory.Store.
func (s *Store) App(_ context.Context, root, id string) (directory.App, error) {
	return apps.one(s, root, id)
}

// Apps implements directory.Store: by id.
func (s *Store) Apps(ctx context.Context, root string) ([]directory.App, error) {
	return inRoot(s, s.scan(ctx), "apps", root, func(tx *Tx, no int64) ([]directory.App, error) {
		return all(tx, scanKept[directory.App], `SELECT body FROM app WHERE root = $1 ORDER BY id`, no)
	})
}

var authorizations = kept[directory.Authorization]{
	table: "authz", key: []string{"hash"}, columns: []string{"expires"},
	values: func(a *directory.Authorization) (key, columns []any) {
		return []any{a.Hash[:]}, []any{nanos(a.Expires)}
	},
}

// Authorization implements directory.Store.
func (s *Store) Authorization(_ context.Context, root string, hash [32]byte) (directory.Authorization, error) {
	return authorizations.one(s, root, hash[:])
}

var grants = kept[directory.Grant]{
	table: "app_grant", key: []string{"hash"}, columns: []string{"family", "session", "app", "expires"},
	values: func(g *directory.Grant) (key, columns []any) {
		return []any{g.Hash[:]}, []any{g.Family, g.Session, g.App, nanos(g.Expires)}
	},
	version: func(g *directory.Grant) int64 { return g.Version },
}

// Grant implements directory.Store.
func (s *Store) Grant(_ context.Context, root string, hash [32]byte) (directory.Grant, error) {
	return grants.one(s, root, hash[:])
}

// AppsOf implements directory.Store.
func (s *Store) AppsOf(ctx context.Context, root, session string) ([]string, error) {
	return inRoot(s, s.scan(ctx), "apps of", root, func(tx *Tx, no int64) ([]string, error) {
		return all(tx, scanText, `SELECT DISTINCT app FROM app_grant WHERE `+s.engine.Dialect.beside("root")+` = $1
			AND session = $2 ORDER BY app`, no, session)
	})
}

// HasFamily implements directory.Store.
func (s *Store) HasFamily(_ context.Context, root, family string) (bool, error) {
	list, err := inRoot(s, s.point(), "family", root, func(tx *Tx, no int64) ([]string, error) {
		return all(tx, scanText, `SELECT family FROM app_grant WHERE `+s.engine.Dialect.beside("root")+` = $1 AND family = $2 LIMIT 1`, no, family)
	})
	return len(list) > 0, err
}

// revoke deletes a family. Where there are several writers it waits for a refresh under way first: the second statement sees
// what that one has made. Should that be used before the second has it, the third sees what comes of it.
func (w *writer) revoke(family *string) error {
	where := ` FROM app_grant WHERE ` + w.s.engine.Dialect.beside("root") + ` = $1 AND family = $2`
	if w.s.engine.Dialect.Concurrent {
		for _, statement := range []string{`SELECT 1` + where + ` ORDER BY hash` + forUpdate, `DELETE` + where} {
			if err := w.tx.put(statement, w.root, *family); err != nil {
				return err
			}
		}
	}
	return w.tx.put(`DELETE`+where, w.root, *family)
}

var signingKeys = kept[directory.SigningKey]{
	table: "signing_key", key: []string{"id"},
	values:  func(k *directory.SigningKey) (key, columns []any) { return []any{k.ID}, nil },
	version: func(k *directory.SigningKey) int64 { return k.Version },
}

// SigningKeys implements directory.Store: by id.
func (s *Store) SigningKeys(ctx context.Context) ([]directory.SigningKey, error) {
	return inRoot(s, s.scan(ctx), "signing keys", "", func(tx *Tx, no int64) ([]directory.SigningKey, error) {
		return all(tx, scanKept[directory.SigningKey], `SELECT body FROM signing_key WHERE root = $1 ORDER BY id`, no)
	})
}

var messages = kept[directory.Message]{
	table: "message", key: []string{"id"}, columns: []string{"kind", "receiver", "subject", "next_at", "abandoned"},
	values: func(m *directory.Message) (key, columns []any) {
		return []any{m.ID}, []any{string(m.Kind), m.To, m.Subject, nanos(m.NextAt), nanos(m.Abandoned)}
	},
	version: func(m *directory.Message) int64 { return m.Version },
}

// DueMessages implements directory.Store.
func (s *Store) DueMessages(ctx context.Context, kind directory.MessageKind, now time.Time, limit int) ([]directory.Message, error) {
	list, err := all(s.scan(ctx), scanKept[directory.Message], `SELECT m.body FROM message m
		WHERE m.kind = $1 AND m.abandoned = 0 AND m.next_at <= $2 AND (m.kind = 'mail' OR NOT EXISTS (SELECT 1 FROM message o
			WHERE `+s.engine.Dialect.beside("o.root")+` = m.root AND o.receiver = m.receiver AND o.kind = m.kind AND o.id < m.id AND o.abandoned = 0))
		ORDER BY m.next_at, m.id LIMIT $3`, string(kind), nanos(now), atMost(limit))
	return list, s.fault("due messages", err)
}

// MessagesTo implements directory.Store.
func (s *Store) MessagesTo(ctx context.Context, root string, kind directory.MessageKind, to string, limit int) ([]directory.Message, error) {
	return inRoot(s, s.scan(ctx), "messages to", root, func(tx *Tx, no int64) ([]directory.Message, error) {
		return all(tx, scanKept[directory.Message], `SELECT body FROM message WHERE `+s.engine.Dialect.beside("root")+` = $1 AND receiver = $2
			AND kind = $3 AND abandoned = 0 ORDER BY id LIMIT $4`, no, to, string(kind), atMost(limit))
	})
}
