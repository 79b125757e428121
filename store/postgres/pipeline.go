package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// newPipeline returns one on a connection. Of the statements of a change few need an answer, so they go in one or two
// ways to the server and back, BEGIN and COMMIT and all.
func newPipeline(c *sql.Conn) *sqlstore.Pipeline {
	return &sqlstore.Pipeline{Send: func(ctx context.Context, batch []sqlstore.Queued) error {
		return c.Raw(func(driver any) error { return send(ctx, driver.(*conn).Conn.Conn(), batch) })
	}}
}

func send(ctx context.Context, on *pgx.Conn, queued []sqlstore.Queued) (err error) {
	var batch pgx.Batch
	last := queued[len(queued)-1].Query == commit
	for _, q := range queued {
		encodeArgs(q.Args)
		if q.Must && last {
			q.Query = insist(q.Query)
		}
		batch.Queue(q.Query, q.Args...)
	}
	results := on.SendBatch(ctx, &batch)
	defer func() {
		if e := results.Close(); err == nil {
			err = e
		}
	}()
	for _, q := range queued {
		if err := receive(results, q); err != nil {
			return err
		}
	}
	return checkReplicated(on.PgConn())
}

// errRolledBack is a COMMIT of a transaction that had failed.
var errRolledBack = errors.New("postgres: the transaction was not committed")

// insist makes a statement fail when it finds no row. In front of COMMIT it has to: when its answer is here the
// transaction is committed.
func insist(query string) string {
	switch {
	case strings.HasPrefix(query, "WITH"):
		return query // it does by itself
	case !strings.HasPrefix(query, "SELECT"):
		query += " RETURNING 1"
	}
	return "WITH found AS (" + query + ") SELECT 1 / count(*) FROM found"
}

func encodeArgs(args []any) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = encode(a)
		case []string:
			for j := range a {
				a[j] = encode(a[j])
			}
		case []*string:
			for _, s := range a {
				if s != nil && !plain(*s) {
					*s = encode(*s)
				}
			}
		}
	}
}

// receive takes the answer to one statement.
func receive(results pgx.BatchResults, q sqlstore.Queued) error {
	if q.Into != nil {
		if err := receiveRow(results, q); !q.Must || codeOf(err) != divisionByZero {
			return err
		}
		return directory.ErrConflict
	}
	tag, err := results.Exec()
	switch {
	case q.Must && codeOf(err) == divisionByZero:
		return directory.ErrConflict
	case err != nil:
		return in(q, err)
	case q.Must && tag.RowsAffected() == 0:
		return directory.ErrConflict
	case q.Query == commit && tag.String() != commit:
		return fmt.Errorf("%w: it ended with %s", errRolledBack, tag)
	}
	return nil
}

func receiveRow(results pgx.BatchResults, q sqlstore.Queued) error {
	err := results.QueryRow().Scan(q.Into...)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return sql.ErrNoRows
	case err != nil:
		return in(q, err)
	}
	for _, v := range q.Into {
		if text, ok := v.(*string); ok {
			*text = decode(*text)
		}
	}
	if q.Then != nil {
		q.Then()
	}
	return nil
}

// in is the error with enough of the statement to find it by.
func in(q sqlstore.Queued, err error) error {
	return fmt.Errorf("%w (in %q)", err, q.Query[:min(len(q.Query), 60)])
}
