package sqlstore

import (
	"context"
	"database/sql"
	"errors"
)

// The order of a log. Who reads it goes on behind the last entry that it saw, so no entry may ever appear before one that
// was shown. Where one writes at a time the sequence number is that order. Where several do it is not: the number is
// given before the commit, and who took the smaller one may commit last.
//
// There an entry gets its position after its commit, by whoever reads the log next: under the lock of the root's row in
// log_head, whatever is committed and has no position yet gets the next ones. So positions are given in an order in
// which they also become visible. Nothing waits for a transaction that is still open: its entries get positions when it
// has committed, behind those that were shown meanwhile. It needs no clock, no transaction number and no advisory lock,
// so it outlives a failover and holds behind a pooler.

// settleLots is how many entries get their positions in one transaction.
const settleLots = 1000

// settleLog gives positions to all entries that are committed and have none.
func (s *Store) settleLog(ctx context.Context, log string, root int64) error {
	if !s.engine.Dialect.Concurrent {
		return nil
	}
	for {
		var some int
		err := s.scan(ctx).row([]any{&some}, `SELECT 1 FROM `+log+` WHERE root = $1 AND position IS NULL LIMIT 1`, root)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		var n int64
		err = s.engine.Write(ctx, settleLots, func(tx *Tx) (err error) {
			n, err = givePositions(tx, log, root)
			return err
		})
		if err != nil || n < settleLots {
			return err
		}
	}
}

func givePositions(tx *Tx, log string, root int64) (n int64, err error) {
	var head int64
	if err := tx.row([]any{&head}, `INSERT INTO log_head(root, log, position) VALUES($1, $2, 0)
		ON CONFLICT(root, log) DO UPDATE SET position = log_head.position RETURNING position`, root, log); err != nil {
		return 0, err
	}
	n, err = tx.exec(`UPDATE `+log+` SET position = $2 + u.n FROM (
			SELECT seq, row_number() OVER (ORDER BY seq) AS n FROM `+log+` WHERE root = $1 AND position IS NULL ORDER BY seq LIMIT $3
		) AS u WHERE `+log+`.root = $1 AND `+log+`.seq = u.seq`, root, head, settleLots)
	if err != nil || n == 0 {
		return n, err
	}
	_, err = tx.exec(`UPDATE log_head SET position = position + $3 WHERE root = $1 AND log = $2`, root, log, n)
	return n, err
}

// behind selects columns of a log's entries behind a place, those that have no position yet among them, in no order.
func (s *Store) behind(columns, log, root, place string) string {
	query := `SELECT ` + columns + ` FROM ` + log + ` l WHERE l.root = ` + root + ` AND l.` + s.order + ` > ` + place
	if s.engine.Dialect.Concurrent {
		query += ` UNION ALL SELECT ` + columns + ` FROM ` + log + ` l WHERE l.root = ` + root + ` AND l.position IS NULL`
	}
	return query
}

// oldest is the time of the first entry behind a place; 0: there is none.
func (s *Store) oldest(log, root, place string) string {
	first := `(SELECT l.time FROM ` + log + ` l WHERE l.root = ` + root + ` AND l.` + s.order + ` > ` + place + ` ORDER BY l.` + s.order + ` LIMIT 1)`
	if s.engine.Dialect.Concurrent {
		first += `, (SELECT l.time FROM ` + log + ` l WHERE l.root = ` + root + ` AND l.position IS NULL ORDER BY l.seq LIMIT 1)`
	}
	return `coalesce(` + first + `, 0)`
}
