package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// A transaction that did not pass because of others is tried again this often, after a pause that grows.
const (
	writeTries = 6
	writePause = 5 * time.Millisecond
)

// do runs fn in a transaction and returns when it is durable. It is sqlstore.Engine's Write.
func (s *Store) do(ctx context.Context, rows int, fn func(*sqlstore.Tx) error) error {
	ends := time.Now().Add(s.opt.Timeout)
	for try := 1; ; try++ {
		committing, err := s.transaction(ctx, fn)
		again := conflicting(err) || !committing && lost(err)
		switch {
		case err == nil:
			s.tables.wrote(rows)
			return nil
		case !again && !lost(err):
			return err
		case !again:
			return fmt.Errorf("%w: nobody knows whether the change was committed: %w", directory.ErrBusy, err)
		case try == writeTries, time.Now().After(ends):
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the write waited too long: %w", directory.ErrBusy, context.Cause(ctx))
		case <-time.After(rand.N(writePause << try)):
		}
	}
}

// transaction runs fn once. committing tells that an error is one of the COMMIT. A caller who leaves is heard as long as
// it waits for a connection; what has begun goes on, within the bounds that the server has for it and those of Timeout.
func (s *Store) transaction(ctx context.Context, fn func(*sqlstore.Tx) error) (committing bool, err error) {
	conn, err := s.connection(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opt.Timeout)
	defer cancel()
	pipe := newPipeline(conn)
	pipe.Put(sqlstore.Queued{Query: begin})
	if s.address.pooled {
		for name, d := range timeouts(s.opt) {
			pipe.Put(sqlstore.Queued{Query: fmt.Sprintf("SET LOCAL %s = %d", name, d.Milliseconds())})
		}
	}
	if err = run(sqlstore.NewPipelinedTx(ctx, conn, pipe), fn); err == nil {
		pipe.Put(sqlstore.Queued{Query: commit})
		if err = pipe.Flush(ctx); err == nil {
			return true, nil
		}
		committing = true
	}
	// When it fails the connection is gone, or is closed when it is given back, and the transaction with it.
	_, _ = conn.ExecContext(ctx, rollback)
	return committing, err
}

// connection waits for a connection that is free.
func (s *Store) connection(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	conn, err := s.write.Conn(ctx)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("%w: no connection was free: %w", directory.ErrBusy, context.Cause(ctx))
	}
	return conn, err
}

// The statements around a transaction.
const (
	begin    = "BEGIN ISOLATION LEVEL READ COMMITTED"
	commit   = "COMMIT"
	rollback = "ROLLBACK"
)

// run calls fn; a panic there is its error and not the end of everybody's writes.
func run(tx *sqlstore.Tx, fn func(*sqlstore.Tx) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("postgres: panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}
