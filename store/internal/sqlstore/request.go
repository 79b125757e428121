package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Requests implements directory.Store.
func (s *Store) Requests(ctx context.Context, q directory.RequestQuery) ([]directory.Request, error) {
	return inRoot(s, s.scan(ctx), "requests", q.Root, func(tx *Tx, no int64) ([]directory.Request, error) {
		query, args := requestQuery(no, q, cmp.Or(s.engine.Dialect.Like, "LIKE"))
		return all(tx, requestScanner(q.Root), query, args...)
	})
}

func requestQuery(root int64, q directory.RequestQuery, like string) (string, []any) {
	query := `SELECT seq, connection, time, request_id, actor, address, method, path, status, scim_type, subject, target,
		asked, did, cause, fix, body FROM request WHERE root = ?`
	args := []any{root}
	add := func(condition string, values ...any) {
		query, args = query+condition, append(args, values...)
	}
	if q.Connection != "" {
		add(` AND connection = ?`, q.Connection)
	}
	if q.Subject != "" {
		add(` AND subject = ? AND subject <> ''`, q.Subject)
	}
	if q.Failed {
		add(` AND status >= 400`)
	}
	if q.Text != "" {
		part := "%" + escapeLike(q.Text) + "%"
		contains := ` ` + like + ` ? ESCAPE '\'`
		add(` AND (path`+contains+` OR target`+contains+` OR asked`+contains+` OR cause`+contains+`)`, part, part, part, part)
	}
	if q.Before > 0 {
		add(` AND seq < ?`, q.Before)
	}
	return number(query + ` ORDER BY seq DESC LIMIT ?`), append(args, atMost(q.Limit))
}

func requestScanner(root string) func(scanner) (directory.Request, error) {
	return func(r scanner) (directory.Request, error) {
		q := directory.Request{Root: root}
		var at int64
		err := r.Scan(&q.Seq, &q.Connection, &at, &q.RequestID, &q.Actor, &q.Address, &q.Method, &q.Path, &q.Status,
			&q.ScimType, &q.Subject, &q.Target, &q.Asked, &q.Did, &q.Cause, &q.Fix, &q.Body)
		q.Time = timeOf(at)
		return q, err
	}
}

var insertRequest = newInsert("request", `root BIGINT, connection, time BIGINT, request_id, actor, address, method, path,
	status BIGINT, scim_type, subject, target, asked, did, cause, fix, body`)

func (w *writer) request(q *directory.Request) error {
	return w.tx.insert(insertRequest, w.root, q.Connection, nanos(q.Time), q.RequestID, q.Actor, q.Address, q.Method, q.Path, q.Status,
		q.ScimType, q.Subject, q.Target, q.Asked, q.Did, q.Cause, q.Fix, q.Body)
}

// PruneRequests implements directory.Store. Records are as old as their places in the log tell, so only the oldest
// slice is looked at.
func (s *Store) PruneRequests(ctx context.Context, root string, olderThan time.Time, keep int) (int, error) {
	no, err := s.number(s.point(), root)
	if errors.Is(err, directory.ErrNotFound) {
		return 0, nil
	}
	var last int64 // what is up to here goes, whatever its age
	if err == nil && keep > 0 {
		err = s.scan(ctx).row([]any{&last}, `SELECT coalesce((SELECT seq FROM request WHERE root = $1
			ORDER BY seq DESC LIMIT 1 OFFSET $2), 0)`, no, keep)
	}
	if err != nil {
		return 0, s.fault("prune requests", err)
	}
	var n int64
	err = s.write(ctx, "prune requests", sweepRows, func(tx *Tx) (err error) {
		n, err = tx.exec(`DELETE FROM request WHERE root = $1 AND seq IN (SELECT seq FROM (
				SELECT seq, time FROM request WHERE root = $1 ORDER BY seq LIMIT $2
			) AS oldest WHERE time < $3 OR seq <= $4)`, no, sweepRows, nanos(olderThan), last)
		return err
	})
	return int(n), err
}
