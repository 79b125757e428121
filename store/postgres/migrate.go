package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewerSchema says that a newer Usher has changed the schema in a way that this one cannot work with.
var ErrNewerSchema = errors.New("the database was made by a newer Usher; use that version or a later one")

// ErrUnfinished says that the database is to hold the copy of another one, and does not yet.
var ErrUnfinished = errors.New("a copy into this database was begun and has not ended")

// Who migrates holds a lease in a row, and renews it. Others wait for it, or for its end if the holder has died.
const (
	leaseTime  = 30 * time.Second
	leaseRenew = 5 * time.Second
	leasePoll  = 100 * time.Millisecond
	leasePolls = 3000 // 5 minutes
)

// Tries are for the tables that goose keeps, which several may be creating at once.
var migrations = sqlstore.Migrations{
	Files: migrationFiles, Dialect: goose.DialectPostgres, Lock: newLock, Exists: countTables, Newer: ErrNewerSchema,
	Tries: 20, Pause: leasePoll, Final: lost,
}

func newLock() (lock.Locker, error) {
	return lock.NewPostgresTableLocker(lock.WithTableName("schema_lock"), lock.WithTableLeaseDuration(leaseTime),
		lock.WithTableHeartbeatInterval(leaseRenew), lock.WithTableLockTimeout(leasePoll, leasePolls))
}

// finished refuses a database into which another one is being copied, or was in vain.
func finished(ctx context.Context, db *sql.DB) error {
	var marks int
	err := db.QueryRowContext(ctx, countTables, copyMark).Scan(&marks)
	if err == nil && marks > 0 {
		return ErrUnfinished
	}
	return err
}

// countTables finds the table that a query without a schema's name means.
const countTables = `SELECT count(to_regclass($1))`

func readSchema(ctx context.Context, db *sql.DB) (Schema, error) {
	s, err := migrations.Schema(ctx, db)
	if err != nil {
		return s, err
	}
	err = finished(ctx, db)
	s.Unfinished = errors.Is(err, ErrUnfinished)
	if s.Unfinished {
		err = nil
	}
	return s, err
}

// Schema says how the tables of a database and this binary go together.
type Schema = sqlstore.Schema

// ReadSchema reads what the database of the URL says of its tables. It changes nothing, and migrates nothing.
func ReadSchema(ctx context.Context, url string) (Schema, error) {
	a, err := parseAddress(url)
	if err != nil {
		return Schema{}, err
	}
	db := sql.OpenDB(a.unbounded())
	defer db.Close()
	s, err := readSchema(ctx, db)
	if err != nil {
		err = fmt.Errorf("postgres: %s: %w", a, err)
	}
	return s, err
}
