package postgres

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// newPipeline returns one on a connection. Of the twenty statements of a create most need no answer, so they go in three
// ways to the server and back, COMMIT and all.
func newPipeline(c *sql.Conn) *sqlstore.Pipeline {
	return &sqlstore.Pipeline{Send: func(ctx context.Context, batch []sqlstore.Queued) error {
		return c.Raw(func(driver any) error { return send(ctx, driver.(*conn).Conn.Conn(), batch) })
	}}
}

func send(ctx context.Context, on *pgx.Conn, queued []sqlstore.Queued) (err error) {
	var batch pgx.Batch
	for _, q := range queued {
		for i, a := range q.Args {
			if s, ok := a.(string); ok {
				q.Args[i] = encode(s)
			}
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
		tag, err := results.Exec()
		switch {
		case err != nil:
			return fmt.Errorf("%w (in %q)", err, q.Query[:min(len(q.Query), 60)])
		case q.Must && tag.RowsAffected() == 0:
			return directory.ErrConflict
		case q.Query == commit && tag.String() != commit:
			return fmt.Errorf("postgres: the transaction ended with %s", tag)
		}
	}
	return checkReplicated(on.PgConn())
}
