package sqlite

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// Error is why a file cannot be written: it may be once an operator has done something about the disk. So it is
// [directory.ErrReadOnly], and for requests [directory.ErrBusy].
type Error struct {
	// Path is the file.
	Path string
	// Hint is what to do about it.
	Hint string
	// Err is the cause.
	Err error

	why string
}

// Error implements error.
func (e *Error) Error() string { return "sqlite: " + e.Path + " cannot be written: " + e.why }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is implements the interface of errors.Is.
func (e *Error) Is(target error) bool {
	return target == directory.ErrBusy || target == directory.ErrReadOnly
}

const hintReadOnly = "see that the file, those beside it and their folder belong to the user who runs usher, and that the disk is not mounted read-only; then start it again"

// unwritable makes an [*Error] of an error that says that the file cannot be written. Others stay as they are.
func unwritable(path string, err error) error {
	if _, done := errors.AsType[*Error](err); done || err == nil {
		return err
	}
	code := codeOf(err)
	switch {
	case code == sqlite3.SQLITE_FULL, errors.Is(err, syscall.ENOSPC):
		return &Error{path, "make room on that disk", err, "there is no room left on its disk"}
	case code == sqlite3.SQLITE_READONLY_DBMOVED:
		return &Error{path, "put it back, or end the process: it goes on with the file that has the name when it starts", err, "it was moved away or deleted"}
	case code&0xff == sqlite3.SQLITE_READONLY:
		return &Error{path, hintReadOnly, err, "it, its folder or its disk is read-only"}
	case failsToWrite(code):
		return &Error{path, "look at that disk and at the system's log, and whether there is room", err, fmt.Sprintf("its disk fails (code %d of SQLite)", code)}
	}
	return err
}

// failsToWrite reports an error of the disk, and none of reading, memory or locks.
func failsToWrite(code int) bool {
	switch code {
	case sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA,
		sqlite3.SQLITE_IOERR_NOMEM, sqlite3.SQLITE_IOERR_LOCK:
		return false
	}
	return code&0xff == sqlite3.SQLITE_IOERR
}

// isUnwritable reports an error of which [unwritable] makes another.
func isUnwritable(err error) bool {
	_, ok := errors.AsType[*Error](unwritable("", err))
	return ok
}

// judge keeps in mind that a write was refused because the file cannot be written.
func (w *writer) judge(err error) error {
	err = unwritable(w.path, err)
	if e, ok := errors.AsType[*Error](err); ok {
		w.refusal.Store(e)
	}
	return err
}

// writable reports why the file cannot be written. It asks nothing as long as writes pass. Once one was refused, only a
// write that passes shows that there is room again.
func (w *writer) writable(ctx context.Context) error {
	refusal := w.refusal.Load()
	if refusal == nil {
		return nil
	}
	if err := w.do(ctx, 1, takeRoom); err != nil {
		return err
	}
	w.refusal.CompareAndSwap(refusal, nil)
	return nil
}

// giveRoom deletes what takeRoom writes. No root has the number 0.
const giveRoom = `DELETE FROM secret WHERE root = 0 AND name = 'room'`

// takeRoom takes more room than a change of a hundred resources needs, and gives it back. What is deleted is overwritten
// (secure_delete), so each page goes to the log, and to the disk.
func takeRoom(tx *sqlstore.Tx) error {
	if err := tx.Exec(`INSERT INTO secret(root, name, sealed) VALUES(0, 'room', zeroblob(1 << 20))`); err != nil {
		return err
	}
	return tx.Exec(giveRoom)
}

// lookWritable finds out whether the file was opened to be read only. It writes nothing, and waits for no other process.
// Who only reads may go on.
func (w *writer) lookWritable(ctx context.Context, opt Options) error {
	if err := setBusyTimeout(ctx, w.conn, 0); err != nil {
		return err
	}
	_, err := w.conn.ExecContext(ctx, giveRoom)
	if err = w.judge(err); isUnwritable(err) {
		opt.Log.ErrorContext(ctx, "writes are refused", "error", err)
	} else if err != nil && !isBusy(err) {
		return err
	}
	return setBusyTimeout(ctx, w.conn, opt.BusyTimeout)
}
