package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	engine "modernc.org/sqlite"

	"github.com/usher-scim/usher/internal/newfile"
)

// What keeps a file from being a backup, or a folder from being restored. Compare with errors.Is.
var (
	// ErrNotUsher: the file is no SQLite database, or none of Usher's.
	ErrNotUsher = errors.New("the file is not an Usher database")
	// ErrInUse: somebody has the database open.
	ErrInUse = errors.New("the database is in use")
)

// backupPages is how much is copied between two looks at the clock: 8 MB.
const backupPages = 2048

// Backup copies the database at path into a new file at to: as it is at one moment, while others read and write. What
// they write meanwhile is not in it, and stays in the log beside the database until the copy is done. The new file
// needs no other beside it, is examined, and is durable; until then it has another name. A file that is there is replaced
// only if replace is set, else the error is [fs.ErrExist]; an [*Error] says that there is no room for it. progress, when not
// nil, is told of pages.
func Backup(ctx context.Context, path, to string, replace bool, progress func(done, total int)) (err error) {
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	part, err := makePart(to)
	if err != nil {
		return unwritable(to, err)
	}
	defer func() {
		if err != nil {
			removePart(part)
		}
	}()
	if err := copyDatabase(ctx, path, part, progress); err != nil {
		if e, ok := errors.AsType[*Error](err); ok {
			e.Path = to // the part has another name
			return e
		}
		return fmt.Errorf("sqlite: copy %s: %w", path, err)
	}
	if err := Examine(ctx, part); err != nil {
		return err
	}
	return unwritable(to, publish(part, to, replace))
}

// removePart removes a file that has not become a database, and what SQLite has left beside it.
func removePart(part string) {
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		_ = os.Remove(part + suffix)
	}
}

// makePart makes an empty file for what is to become the other.
func makePart(to string) (string, error) {
	f, err := newfile.Create(to)
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// publish gives the finished file its name, so that power loss leaves it whole or not there.
func publish(part, to string, replace bool) error {
	f, err := os.OpenFile(part, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := newfile.Publish(part, to, replace); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(to))
}

// copyDatabase copies page by page. The open read transaction keeps the moment: without it SQLite would begin again
// after each write of another process, and never end under a steady load.
func copyDatabase(ctx context.Context, from, to string, progress func(done, total int)) error {
	db, err := sql.Open("sqlite", plainDSN(from, "busy_timeout(10000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	var tables int
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return notUsher(err)
	}
	if err := conn.Raw(func(raw any) error { return copyPages(ctx, raw, to, progress) }); err != nil {
		return err
	}
	return standAlone(ctx, to)
}

func copyPages(ctx context.Context, raw any, to string, progress func(done, total int)) (err error) {
	source, ok := raw.(interface {
		NewBackup(uri string) (*engine.Backup, error)
	})
	if !ok {
		return fmt.Errorf("the driver %T makes no backups", raw)
	}
	b, err := source.NewBackup(plainDSN(to))
	if err != nil {
		return unwritable(to, err)
	}
	defer func() {
		if e := b.Finish(); err == nil { // else it says the same once more
			err = unwritable(to, e)
		}
	}()
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if more, err = b.Step(backupPages); err != nil {
			return unwritable(to, err)
		}
		if progress != nil {
			progress(b.PageCount()-b.Remaining(), b.PageCount())
		}
	}
	return nil
}

// standAlone makes the file one that can be read where nothing can be written beside it. Opened by [Open] it has a log
// again.
func standAlone(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", plainDSN(path, "journal_mode(DELETE)"))
	if err != nil {
		return err
	}
	return unwritable(path, errors.Join(db.PingContext(ctx), db.Close()))
}

// Examine checks a database file that nobody serves: that it is one of Usher's, that this version works with its
// schema, and that it is whole. It changes nothing and migrates nothing.
func Examine(ctx context.Context, path string) error {
	if err := isFile(path); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", plainDSN(path, "query_only(1)", "busy_timeout(10000)"))
	if err != nil {
		return err
	}
	defer db.Close()
	var tables int
	const ours = `SELECT count(*) FROM sqlite_schema WHERE name IN ('schema_version', 'schema_floor', 'workspace')`
	if err := db.QueryRowContext(ctx, ours).Scan(&tables); err != nil {
		return fmt.Errorf("sqlite: %s: %w", path, notUsher(err))
	}
	if tables < 3 {
		return fmt.Errorf("sqlite: %s: %w", path, ErrNotUsher)
	}
	return examine(ctx, db, path)
}

// isFile keeps SQLite from making the file that it is to read.
func isFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	if info.IsDir() {
		return fmt.Errorf("sqlite: %s is a folder: %w", path, ErrNotUsher)
	}
	return nil
}

// notUsher tells a file of another kind from one that cannot be read now.
func notUsher(err error) error {
	const notADatabase = 26 // SQLITE_NOTADB
	if codeOf(err) == notADatabase {
		return fmt.Errorf("%w: %w", ErrNotUsher, err)
	}
	return err
}

// CheckUnused returns ErrInUse when another process, or another store of this one, has the database open. A database
// that is not there is unused.
func CheckUnused(ctx context.Context, path string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	db, err := sql.Open("sqlite", plainDSN(path, "busy_timeout(0)", "locking_mode(EXCLUSIVE)"))
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	_, err = db.ExecContext(ctx, `BEGIN EXCLUSIVE; ROLLBACK`)
	if err != nil && isBusy(err) {
		return fmt.Errorf("sqlite: %s: %w", path, ErrInUse)
	}
	return err
}

// plainDSN opens a file as it is, without the settings of a store. An error of a copy is told by its code: the connection
// knows of none (_error_rc).
func plainDSN(path string, pragmas ...string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	q := url.Values{"_pragma": pragmas, "_error_rc": {"1"}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}
