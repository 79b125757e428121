package sqlstore

import (
	"context"

	"github.com/usher-scim/usher/directory"
)

// Segments implements directory.Store.
func (s *Store) Segments(ctx context.Context, root string, after int64, limit int) ([]directory.Segment, error) {
	return inRoot(s, s.scan(ctx), "segments", root, func(tx *Tx, no int64) ([]directory.Segment, error) {
		return all(tx, func(r scanner) (directory.Segment, error) {
			g := directory.Segment{Root: root}
			var prev, hash []byte
			var sealed int64
			err := r.Scan(&g.No, &g.First, &g.Last, &g.Entries, &prev, &hash, &sealed, &g.Signature)
			copy(g.Prev[:], prev)
			copy(g.Hash[:], hash)
			g.Sealed = timeOf(sealed)
			return g, err
		}, `SELECT no, first, last, entries, prev, hash, sealed, signature FROM audit_segment
			WHERE root = $1 AND no > $2 ORDER BY no LIMIT $3`, no, after, atMost(limit))
	})
}

// segment adds a segment. Of two sealers of one number the key lets one win.
func (w *writer) segment(g *directory.Segment) error {
	err := w.tx.put(`INSERT INTO audit_segment(root, no, first, last, entries, prev, hash, sealed, signature)
		VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		w.root, g.No, g.First, g.Last, g.Entries, g.Prev[:], g.Hash[:], nanos(g.Sealed), document(g.Signature).value())
	return err
}
