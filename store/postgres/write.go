package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// A transaction that did not pass because of others is tried again this often, after a pause that grows.
const (
	writeTries = 6
	writePause = 5 * time.Millisecond
)

// alone runs fn in a transaction of its own, again if others were in its way and it has not ended, and returns when it is durable.
func (s *Store) alone(ctx context.Context, ends time.Time, rows int, fn func(*sqlstore.Tx) error) error {
	for try := 1; ; try++ {
		committing, err := s.once(ctx, fn)
		again := conflicting(err) || lost(err) && (!committing || pgconn.SafeToRetry(err))
		if try == 1 && IsReadOnly(err) { // behind a name that moves the next connection may go to the primary
			s.dropIdle()
			again = true
		}
		switch {
		case err == nil:
			s.wrote(1, rows)
			return nil
		case !again && !lost(err):
			return err
		case !again:
			return nobodyKnows(err)
		case try == writeTries, time.Now().After(ends):
			return err
		}
		s.writes.retries.Add(1)
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: the write waited too long: %w", directory.ErrBusy, context.Cause(ctx))
		case <-time.After(rand.N(writePause << try)):
		}
	}
}

// wrote counts a transaction that is durable.
func (s *Store) wrote(writes, rows int) {
	s.writes.batches.Observe(float64(writes))
	s.tables.wrote(rows)
}

// nobodyKnows is the answer when the outcome of a COMMIT is not known.
func nobodyKnows(err error) error {
	return fmt.Errorf("%w: nobody knows whether the change was committed: %w", directory.ErrBusy, err)
}

// refused reports that an error leaves no doubt that the transaction is not committed: nothing was sent, or the server says so.
// One that is more than an ERROR ends the server's process, which may have written the commit before.
func refused(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized == "ERROR" && !lost(err)
	}
	return errors.Is(err, directory.ErrConflict) || errors.Is(err, errRolledBack) || pgconn.SafeToRetry(err)
}

// once waits for a connection and runs fn. A caller who leaves is heard as long as it waits.
func (s *Store) once(ctx context.Context, fn func(*sqlstore.Tx) error) (committing bool, err error) {
	conn, err := s.connection(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Close()
	return s.transaction(ctx, conn, s.opt.LockTimeout, fn)
}

// transaction runs fn, waiting for each row as long as lock tells. committing tells that an error is one of the COMMIT. What
// has begun goes on without its caller, within the bounds that the server has for it and those of Timeout.
func (s *Store) transaction(ctx context.Context, conn *sql.Conn, lock time.Duration, fn func(*sqlstore.Tx) error) (committing bool, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opt.Timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // nobody knows what state it is in
			err = panicked(p)
		}
	}()
	pipe := newPipeline(conn)
	pipe.Put(sqlstore.Queued{Query: begin})
	for name, d := range s.bounds(lock) {
		pipe.Put(sqlstore.Queued{Query: fmt.Sprintf("SET LOCAL %s = %d", name, d.Milliseconds())})
	}
	if err = run(sqlstore.NewPipelinedTx(ctx, conn, pipe), fn); err == nil {
		pipe.PutLast(sqlstore.Queued{Query: commit})
		committing = true
		began := time.Now()
		if err = pipe.Flush(ctx); err == nil {
			s.writes.commits.Observe(time.Since(began).Seconds())
			return true, nil
		}
	}
	// When it fails the connection is gone, or is closed when it is given back, and the transaction with it.
	_, _ = conn.ExecContext(ctx, rollback)
	return committing, err
}

// bounds are what a transaction has to set by itself: what its session lacks, or has otherwise.
func (s *Store) bounds(lock time.Duration) map[string]time.Duration {
	switch {
	case s.address.pooled:
		opt := s.opt
		opt.LockTimeout = lock
		return timeouts(opt)
	case lock != s.opt.LockTimeout:
		return map[string]time.Duration{"lock_timeout": lock}
	}
	return nil
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
			err = panicked(p)
		}
	}()
	return fn(tx)
}

func panicked(p any) error { return fmt.Errorf("postgres: panic: %v\n%s", p, debug.Stack()) }
