package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Whoever commits when the log is long would copy all of it into the database, 64 MB and a sync, while the others
// queue. So it is copied beside the writer, and the writer stops only for what came meanwhile.
const (
	// checkpointLook is how often the length of the log is looked at while there are writes.
	checkpointLook = 100 * time.Millisecond
	// checkpointRounds is how often the log is copied beside the writer before it stops: each round leaves less.
	checkpointRounds = 2
	// checkpointWait is how long, while nobody writes, the last step waits for who reads the old log.
	checkpointWait = 5 * time.Millisecond
	// checkpointSpare is how many times longer the log becomes before a commit copies it after all: readers of an old
	// state, or another process, were in the way for long.
	checkpointSpare = 4
)

// checkpointer copies the log into the database, the bulk of it on a connection of its own. The last step, which begins
// the log anew, is the writer's: by another connection's it would lose its cache.
type checkpointer struct {
	db     *sql.DB
	writer *writer
	opt    Options
	mu     sync.Mutex // one copy at a time: who makes the writer wait must not wait for another

	stop    context.CancelFunc
	stopped chan struct{}
}

func newCheckpointer(path string, opt Options, w *writer) (*checkpointer, error) {
	db, err := sql.Open("sqlite", dsn(path, opt, "deferred", readerCache))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	ctx, stop := context.WithCancel(context.Background())
	c := &checkpointer{db: db, writer: w, opt: opt, stop: stop, stopped: make(chan struct{})}
	go c.run(ctx)
	return c, nil
}

// tell logs an error, unless it is the one that was told last. It returns what was told.
func (c *checkpointer) tell(ctx context.Context, err error, last string) string {
	if err == nil {
		return ""
	}
	if err.Error() != last && ctx.Err() == nil {
		c.opt.Log.WarnContext(ctx, "the database's log was not copied; trying again", "error", err)
	}
	return err.Error()
}

// run looks at the log after writes, until ctx ends.
func (c *checkpointer) run(ctx context.Context) {
	defer close(c.stopped)
	told := "" // on a disk that is full it goes on until there is room
	for {
		select {
		case <-c.writer.wrote:
		case <-ctx.Done():
			return
		}
		told = c.tell(ctx, unwritable(c.writer.path, c.look(ctx)), told)
		select {
		case <-time.After(checkpointLook):
		case <-ctx.Done():
			return
		}
	}
}

// look copies the log if it is long. The next write then begins it anew.
func (c *checkpointer) look(ctx context.Context) error {
	log, err := checkpoint(ctx, c.db, "NOOP")
	if err == nil && log.pages >= c.opt.checkpoint {
		_, err = c.copyLog(ctx, "RESTART")
	}
	return err
}

// copyLog copies the log; mode says what becomes of it. It reports whether all was done: readers of an old state, and
// other processes, may stand in its way.
func (c *checkpointer) copyLog(ctx context.Context, mode string) (done bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range checkpointRounds {
		log, err := checkpoint(ctx, c.db, "PASSIVE")
		if err != nil || log.pages-log.copied > c.opt.checkpoint/4 { // for a reader of an old state the writer would stop in vain
			return false, err
		}
	}
	err = c.writer.pause(ctx, func(conn *sql.Conn) error {
		ctx := context.WithoutCancel(ctx)
		if err := setBusyTimeout(ctx, conn, checkpointWait); err != nil {
			return err
		}
		log, err := checkpoint(ctx, conn, mode)
		done = !log.busy
		return errors.Join(err, setBusyTimeout(ctx, conn, c.opt.BusyTimeout))
	})
	return done, err
}

func setBusyTimeout(ctx context.Context, conn *sql.Conn, d time.Duration) error {
	_, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, d.Milliseconds()))
	return err
}

// logState is what a checkpoint tells of the log.
type logState struct {
	pages, copied int
	busy          bool // something stood in its way
}

// rower is the common part of *sql.DB and *sql.Conn.
type rower interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func checkpoint(ctx context.Context, on rower, mode string) (s logState, err error) {
	err = on.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&s.busy, &s.pages, &s.copied)
	if err != nil && isBusy(err) {
		return logState{busy: true}, nil
	}
	return s, err
}

// close ends the copying.
func (c *checkpointer) close() error {
	c.stop()
	<-c.stopped
	return c.db.Close()
}
