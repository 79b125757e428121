package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Emptying the log waits for readers, and while it does it keeps writers out: each try is short, and there are several.
const (
	scrubTries = 200
	scrubWait  = 20 * time.Millisecond // holding the write lock
	scrubPause = 50 * time.Millisecond
)

// scrub leaves nothing in the file, or in its log, of what was deleted. The writer overwrites what it deletes
// (secure_delete), so what is left of old pages is in the log: it is copied into the file and cut to nothing.
func (s *Store) scrub(ctx context.Context) error {
	db, err := sql.Open("sqlite", dsn(s.path, s.opt, "deferred", readerCache))
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout = %d`, scrubWait.Milliseconds())); err != nil {
		return err
	}
	for range scrubTries {
		// The bulk of the log goes first: that keeps nobody out.
		if _, err := checkpoint(ctx, conn, "PASSIVE"); err != nil {
			return err
		}
		done, err := checkpoint(ctx, conn, "TRUNCATE")
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(scrubPause):
		}
	}
	return fmt.Errorf("%w: somebody keeps reading an old state of the database, or another process empties its log", directory.ErrBusy)
}

// checkpoint reports whether all was done: readers and writers may stand in its way.
func checkpoint(ctx context.Context, conn *sql.Conn, mode string) (done bool, err error) {
	var busy, pages, copied int
	err = conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(`+mode+`)`).Scan(&busy, &pages, &copied)
	if err != nil && isBusy(err) {
		return false, nil
	}
	return busy == 0, err
}
