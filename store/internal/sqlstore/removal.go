package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

const selectRemoval = `SELECT removed, body FROM removal `

func scanRemoval(r scanner) (directory.Removal, error) {
	var rem directory.Removal
	var removed int64
	var body []byte
	if err := r.Scan(&removed, &body); err != nil {
		return rem, err
	}
	err := json.Unmarshal(body, &rem.Membership)
	rem.Removed = timeOf(removed)
	return rem, err
}

// Removals implements directory.Store: a workspace's, by subject id.
func (s *Store) Removals(ctx context.Context, root, workspace string, limit int) ([]directory.Removal, error) {
	return inRoot(s, s.scan(ctx), "removals", root, func(tx *Tx, no int64) ([]directory.Removal, error) {
		return all(tx, scanRemoval, selectRemoval+`WHERE root = $1 AND workspace = $2 ORDER BY subject LIMIT $3`,
			no, workspace, atMost(limit))
	})
}

// RemovalsOf implements directory.Store: a subject's, by workspace id.
func (s *Store) RemovalsOf(_ context.Context, root, subject string) ([]directory.Removal, error) {
	return inRoot(s, s.point(), "removals of", root, func(tx *Tx, no int64) ([]directory.Removal, error) {
		return all(tx, scanRemoval, `SELECT m.removed, m.body`+ofSubject("removal"), no, subject)
	})
}

// PruneRemovals implements directory.Store. It looks through the root's removals: who asks, asks seldom.
func (s *Store) PruneRemovals(ctx context.Context, root string, until time.Time) (int, error) {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, s.fault("prune removals", err)
	}
	var n int64
	err = s.write(ctx, "prune removals", sweepRows, func(tx *Tx) (err error) {
		n, err = tx.exec(`DELETE FROM removal WHERE (root, workspace, subject) IN (SELECT root, workspace, subject
			FROM removal WHERE root = $1 AND removed <= $2 LIMIT $3)`, no, nanos(until), sweepRows)
		return err
	})
	return int(n), err
}

// removal writes an edit of a removal. Of two removals of one membership the later counts, so an insert replaces what
// is there. One that is taken back has to be there: of two who restore one membership only the first may.
func (w *writer) removal(e *directory.Edit[directory.Removal]) error {
	set := func(a *directory.Removal) error {
		body, err := object(a.Membership)
		if err != nil {
			return err
		}
		err = w.tx.put(`INSERT INTO removal(root, workspace, subject, removed, body) VALUES($1, $2, $3, $4, $5)
			ON CONFLICT(root, workspace, subject) DO UPDATE SET removed = excluded.removed, body = excluded.body`,
			w.root, a.Workspace, a.Subject, nanos(a.Removed), body)
		return err
	}
	return edit(e, set,
		func(b *directory.Removal) error {
			return w.tx.must(`DELETE FROM removal WHERE root = $1 AND workspace = $2 AND subject = $3 AND removed = $4`,
				w.root, b.Workspace, b.Subject, nanos(b.Removed))
		},
		func(_, a *directory.Removal) error { return set(a) })
}

// Leavers implements directory.Store. An index knows those who are deactivated, another when a membership was removed.
func (s *Store) Leavers(ctx context.Context, root, connection string, since time.Time) ([]directory.Membership, error) {
	return inRoot(s, s.scan(ctx), "leavers", root, func(tx *Tx, no int64) ([]directory.Membership, error) {
		left, err := all(tx, membershipScanner(root), selectMembership+`WHERE root = $1 AND connection = $2
			AND status = 'deactivated' AND modified >= $3 ORDER BY modified`, no, connection, nanos(since))
		if err != nil {
			return nil, err
		}
		removed, err := all(tx, scanRemoval, selectRemoval+`WHERE root = $1 AND removed >= $2`, no, nanos(since))
		for _, r := range removed {
			if r.Connection == connection && r.Status != directory.StatusDeactivated {
				r.Modified = r.Removed
				left = append(left, r.Membership)
			}
		}
		slices.SortStableFunc(left, func(a, b directory.Membership) int { return a.Modified.Compare(b.Modified) })
		return left, err
	})
}
