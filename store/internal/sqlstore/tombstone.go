package sqlstore

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Tombstone implements directory.Store.
func (s *Store) Tombstone(ctx context.Context, root, connection, kind string, hash [32]byte) (directory.Tombstone, error) {
	t := directory.Tombstone{Root: root, Connection: connection, Kind: kind, Hash: hash}
	var created int64
	tx := s.keyed
	no, err := s.number(tx, root)
	if err == nil {
		err = tx.row([]any{&t.Subject, &created}, `SELECT subject, created FROM tombstone
			WHERE root = $1 AND connection = $2 AND kind = $3 AND hash = $4`, no, connection, kind, hash[:])
	}
	t.Created = timeOf(created)
	return t, s.fault("tombstone", err)
}

// GoneBefore implements directory.Store. The kinds stand in the text, and not as parameters, for the index.
func (s *Store) GoneBefore(ctx context.Context, root string, before time.Time, limit int) ([]directory.Tombstone, error) {
	return inRoot(s, s.scan(ctx), "gone before", root, func(tx *Tx, no int64) ([]directory.Tombstone, error) {
		return all(tx, func(r scanner) (directory.Tombstone, error) {
			t := directory.Tombstone{Root: root}
			var hash []byte
			var created int64
			err := r.Scan(&t.Connection, &t.Kind, &hash, &t.Subject, &created)
			copy(t.Hash[:], hash)
			t.Created = timeOf(created)
			return t, err
		}, `SELECT connection, kind, hash, subject, created FROM tombstone
			WHERE root = $1 AND kind IN ('ephemeral', 'vanished') AND created < $2 ORDER BY created LIMIT $3`, no, nanos(before), atMost(limit))
	})
}

// absent makes sure that nobody is buried under these keys.
func (w *writer) absent(keys []directory.Tombstone) error {
	if w.tx.pipe != nil {
		return every(keys, func(t *directory.Tombstone) error {
			return w.tx.add(nobodyBuried, w.root, t.Connection, t.Kind, t.Hash[:])
		})
	}
	if len(keys) == 0 {
		return nil
	}
	args := append(make([]any, 0, 1+3*len(keys)), w.root)
	for i := range keys {
		t := &keys[i]
		args = append(args, t.Connection, t.Kind, t.Hash[:])
	}
	return w.tx.holds(absentQuery(len(keys)), args...)
}

// nobodyBuried makes sure of it for many writers' keys at once.
var nobodyBuried = newAbsence("tombstone", "root BIGINT, connection, kind, hash BYTEA")

// absentQuery finds a number when none of so many keys is there.
func absentQuery(keys int) string {
	if known, ok := absentQueries.Load(keys); ok {
		return known.(string)
	}
	query := `SELECT 1 WHERE true`
	for i := range keys {
		query += fmt.Sprintf(` AND NOT EXISTS (SELECT 1 FROM tombstone
			WHERE root = $1 AND connection = $%d AND kind = $%d AND hash = $%d)`, 3*i+2, 3*i+3, 3*i+4)
	}
	absentQueries.Store(keys, query)
	return query
}

// absentQueries are the texts by the number of keys, of which each create has the same.
var absentQueries sync.Map

// tombstone writes an edit of a tombstone. Of two users who were deleted under one key the later one counts, so an
// insert replaces what is there. One that is lifted has to be there: of two requests that revive one person only the
// first may.
func (w *writer) tombstone(e *directory.Edit[directory.Tombstone]) error {
	set := func(a *directory.Tombstone) error {
		err := w.tx.put(`INSERT INTO tombstone(root, connection, kind, hash, subject, created)
			VALUES($1, $2, $3, $4, $5, $6) ON CONFLICT(root, connection, kind, hash)
			DO UPDATE SET subject = excluded.subject, created = excluded.created`,
			w.root, a.Connection, a.Kind, a.Hash[:], a.Subject, nanos(a.Created))
		return err
	}
	return edit(e, set,
		func(b *directory.Tombstone) error {
			return w.tx.must(`DELETE FROM tombstone WHERE root = $1 AND connection = $2 AND kind = $3 AND hash = $4`,
				w.root, b.Connection, b.Kind, b.Hash[:])
		},
		func(_, a *directory.Tombstone) error { return set(a) })
}
