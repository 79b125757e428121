package sqlstore

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

var attempts = kept[directory.Attempt]{
	table: "attempt", key: []string{"hash"}, columns: []string{"connection", "expires"},
	values: func(a *directory.Attempt) (key, columns []any) {
		return []any{a.Hash[:]}, []any{a.Connection, nanos(a.Expires)}
	},
}

// Attempt implements directory.Store.
func (s *Store) Attempt(_ context.Context, root string, hash [32]byte) (directory.Attempt, error) {
	return attempts.one(s, root, hash[:])
}

// Replayed implements directory.Store.
func (s *Store) Replayed(_ context.Context, root, connection string, hash [32]byte) (bool, error) {
	var until int64
	tx := s.point()
	no, err := s.number(tx, root)
	if err == nil {
		err = tx.row([]any{&until}, `SELECT until FROM replay WHERE root = $1 AND connection = $2 AND hash = $3`, no, connection, hash[:])
	}
	if err = s.fault("replay", err); errors.Is(err, directory.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (w *writer) replay(r *directory.Replay) error {
	return w.tx.put(`INSERT INTO replay(root, connection, hash, until) VALUES($1, $2, $3, $4)`,
		w.root, r.Connection, r.Hash[:], nanos(r.Until))
}

var links = kept[directory.Link]{
	table: "link", key: []string{"connection", "kind", "key"}, columns: []string{"subject"},
	values: func(l *directory.Link) (key, columns []any) {
		return []any{l.Connection, string(l.Kind), l.Key[:]}, []any{l.Subject}
	},
	version: func(l *directory.Link) int64 { return l.Version },
}

// Link implements directory.Store.
func (s *Store) Link(_ context.Context, root, connection string, kind directory.LinkKind, key [32]byte) (directory.Link, error) {
	return links.one(s, root, connection, string(kind), key[:])
}

// LinksOf implements directory.Store: by connection.
func (s *Store) LinksOf(_ context.Context, root, subject string) ([]directory.Link, error) {
	return inRoot(s, s.point(), "links of", root, func(tx *Tx, no int64) ([]directory.Link, error) {
		return all(tx, scanKept[directory.Link], `SELECT body FROM link WHERE `+s.engine.Dialect.beside("root")+` = $1
			AND subject = $2 ORDER BY connection, kind, key`, no, subject)
	})
}

// AnyIdentity implements directory.Store.
func (s *Store) AnyIdentity(_ context.Context, root, connection string) (directory.Link, error) {
	return oneInRoot(s, "any identity", root, func(tx *Tx, no int64) (directory.Link, error) {
		return one(tx, scanKept[directory.Link], `SELECT body FROM link WHERE root = $1 AND connection = $2 AND kind = $3 LIMIT 1`,
			no, connection, string(directory.LinkIdentity))
	})
}

var factors = kept[directory.Factor]{
	table: "factor", key: []string{"subject"},
	values:  func(f *directory.Factor) (key, columns []any) { return []any{f.Subject}, nil },
	version: func(f *directory.Factor) int64 { return f.Version },
}

// Factor implements directory.Store.
func (s *Store) Factor(_ context.Context, root, subject string) (directory.Factor, error) {
	return factors.one(s, root, subject)
}

// Throttle implements directory.Store.
func (s *Store) Throttle(_ context.Context, root, key string) (directory.Throttle, error) {
	return oneInRoot(s, "throttle", root, func(tx *Tx, no int64) (directory.Throttle, error) {
		t := directory.Throttle{Root: root, Key: key}
		var until int64
		err := tx.row([]any{&t.Failures, &until, &t.Version},
			`SELECT failures, until, version FROM throttle WHERE root = $1 AND key = $2`, no, key)
		t.Until = timeOf(until)
		return t, err
	})
}

func (w *writer) throttle(e *directory.Edit[directory.Throttle]) error {
	return edit(e,
		func(a *directory.Throttle) error {
			return w.tx.put(`INSERT INTO throttle(root, key, failures, until, version) VALUES($1, $2, $3, $4, $5)`,
				w.root, a.Key, a.Failures, nanos(a.Until), a.Version)
		},
		func(b *directory.Throttle) error {
			return w.tx.must(`DELETE FROM throttle WHERE root = $1 AND key = $2 AND version = $3`, w.root, b.Key, b.Version)
		},
		func(b, a *directory.Throttle) error {
			return w.tx.must(`UPDATE throttle SET failures = $4, until = $5, version = $6 WHERE root = $1 AND key = $2 AND version = $3`,
				w.root, b.Key, b.Version, a.Failures, nanos(a.Until), a.Version)
		})
}

// hold checks that a membership on which the change rests is still as it was.
func (w *writer) hold(m *directory.Membership) error {
	const query = `SELECT 1 FROM membership WHERE root = $1 AND workspace = $2 AND subject = $3 AND version = $4`
	if w.s.engine.Dialect.Concurrent {
		return w.tx.must(query+forShare, w.root, m.Workspace, m.Subject, m.Version)
	}
	var is int
	return conflictIfNone(w.tx.row([]any{&is}, query, w.root, m.Workspace, m.Subject, m.Version))
}

// PruneExpired implements directory.Store.
func (s *Store) PruneExpired(ctx context.Context, root string, now, abandoned time.Time) (int, error) {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, s.fault("prune expired", err)
	}
	total := 0
	for _, p := range []struct {
		table, key, where string
		until             time.Time
	}{
		{"attempt", "root, hash", "expires <= $2", now},
		{"replay", "root, connection, hash", "until <= $2", now},
		{"authz", "root, hash", "expires <= $2", now},
		{"app_grant", "root, hash", "expires <= $2", now},
		{"throttle", "root, key", "until <= $2", now},
		{"session", "root, id", "ends <= $2 AND closing = 0", now},
		{"message", "root, id", "abandoned <> 0 AND abandoned <= $2", abandoned},
	} {
		n, err := s.pruneSlice(ctx, p.table, p.key, p.where, no, p.until)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

// pruneSlice deletes a slice of rows. While there is none to delete it only reads.
func (s *Store) pruneSlice(ctx context.Context, table, key, where string, root int64, until time.Time) (int, error) {
	var n int64
	err := s.scan(ctx).row([]any{&n}, `SELECT 1 FROM `+table+` WHERE root = $1 AND `+where+` LIMIT 1`, root, nanos(until))
	if err = s.fault("prune expired", err); errors.Is(err, directory.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	err = s.write(ctx, "prune expired", sweepRows, func(tx *Tx) (err error) {
		n, err = tx.exec(`DELETE FROM `+table+` WHERE (`+key+`) IN (SELECT `+key+` FROM `+table+` WHERE root = $1 AND `+where+
			` LIMIT $3)`, root, nanos(until), sweepRows)
		return err
	})
	return int(n), err
}
