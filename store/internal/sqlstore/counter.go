package sqlstore

import (
	"database/sql"
	"errors"

	"github.com/usher-scim/usher/directory"
)

// blockSize is how many sequence numbers share a counter: few enough to walk inside a block, enough that a sum over
// the blocks is short.
const blockSize = 1024

// count moves the number of resources in the block of seq by one.
func (w *writer) count(scope, seq, by int64) error {
	block, slot := seq/blockSize, seq%w.s.slots()
	if by > 0 {
		_, err := w.tx.exec(`INSERT INTO counter(root, scope, block, slot, n) VALUES($1, $2, $3, $4, 1)
			ON CONFLICT(root, scope, block, slot) DO UPDATE SET n = counter.n + 1`, w.root, scope, block, slot)
		return err
	}
	var n int64
	err := w.tx.row([]any{&n}, `UPDATE counter SET n = n - 1
		WHERE root = $1 AND scope = $2 AND block = $3 AND slot = $4 RETURNING n`, w.root, scope, block, slot)
	if err == nil && n == 0 {
		_, err = w.tx.exec(`DELETE FROM counter WHERE root = $1 AND scope = $2 AND block = $3 AND slot = $4 AND n = 0`,
			w.root, scope, block, slot)
	}
	return err
}

func (s *Store) slots() int64 { return max(s.engine.Dialect.Slots, 1) }

// total is the number of resources in a scope.
func (s *Store) total(tx *Tx, root, scope int64) (int, error) {
	var n int
	err := tx.row([]any{&n}, `SELECT coalesce(sum(n), 0) FROM counter WHERE root = $1 AND scope = $2`, root, scope)
	return n, err
}

// seqAt returns the sequence number of the resource at a 0-based place of a scope: it sums up blocks to find the
// one, and walks the index only inside it.
func (s *Store) seqAt(tx *Tx, root, scope int64, place int) (int64, error) {
	var block int64
	var before int
	err := tx.row([]any{&block, &before}, `SELECT block, upto - n FROM (
			SELECT block, sum(n) AS n, sum(sum(n)) OVER (ORDER BY block) AS upto
			FROM counter WHERE root = $1 AND scope = $2 GROUP BY block
		) AS b WHERE upto > $3 ORDER BY block LIMIT 1`, root, scope, place)
	if err != nil {
		return 0, noneIsNotFound(err)
	}
	var seq int64
	err = tx.row([]any{&seq}, `SELECT seq FROM resource WHERE root = $1 AND scope = $2 AND seq >= $3
		ORDER BY seq LIMIT 1 OFFSET $4`, root, scope, block*blockSize, place-before)
	return seq, noneIsNotFound(err)
}

func noneIsNotFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return directory.ErrNotFound
	}
	return err
}
