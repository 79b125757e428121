package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
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

// ErrForeign says that another program's tables stand where ours would be.
var ErrForeign = errors.New("another program has tables of the same names in the database")

// migrate brings the tables up to date, where they are ours or nobody's.
func migrate(ctx context.Context, db *sql.DB) error {
	if err := ours(ctx, db); err != nil {
		return err
	}
	if err := mayCreate(ctx, db); err != nil {
		return err
	}
	return migrations.Apply(ctx, db)
}

// ours refuses a database in which a migration would meet tables that no migration has made. The names are read before
// the version: who migrates meanwhile commits both at once.
func ours(ctx context.Context, db *sql.DB) error {
	var names string
	err := db.QueryRowContext(ctx, `SELECT coalesce(string_agg(relname, ', ' ORDER BY relname), '') FROM pg_class
		WHERE relnamespace = to_regnamespace(current_schema()) AND relname = ANY($1)`, relations()).Scan(&names)
	if err != nil {
		return err
	}
	s, err := migrations.Schema(ctx, db)
	switch {
	case codeOf(err) == undefinedColumn: // a table of this name, which other tools keep too
		return foreign("schema_version")
	case err == nil && s.Version == 0 && names != "":
		return foreign(names)
	}
	return err
}

func foreign(names string) error {
	return &Error{
		Err:  fmt.Errorf("%w: %s", ErrForeign, names),
		Hint: "give Usher a database of its own (createdb usher), or a schema of its own: CREATE SCHEMA usher, and search_path=usher in the URL",
	}
}

// relation finds the names that migrations give to tables and indexes.
var relation = regexp.MustCompile(`(?m)^CREATE (?:TABLE|(?:UNIQUE )?INDEX)(?: CONCURRENTLY)?(?: IF NOT EXISTS)? (\w+)`)

// relations are the names of our tables and indexes.
func relations() (names []string) {
	files, _ := fs.Glob(migrationFiles, "migrations/*.sql")
	for _, file := range files {
		text, _ := migrationFiles.ReadFile(file) // which is in this binary
		for _, match := range relation.FindAllSubmatch(text, -1) {
			names = append(names, string(match[1]))
		}
	}
	return names
}

// mayCreate refuses, before a migration fails in its midst, where the first tables cannot be made: since release 15
// nobody but the owner of a database may create in its schema public.
func mayCreate(ctx context.Context, db *sql.DB) error {
	var there, may bool
	var schema, role string
	err := db.QueryRowContext(ctx, `SELECT to_regclass('schema_version') IS NOT NULL, coalesce(quote_ident(current_schema()), ''),
		quote_ident(current_user), coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).Scan(&there, &schema, &role, &may)
	switch {
	case err != nil || there || may:
		return err
	case schema == "":
		return noSchema(ctx, db, role)
	}
	return &Error{
		Err:  fmt.Errorf("%s may not make tables in the schema %s", role, schema),
		Hint: fmt.Sprintf("as its owner or a superuser, in this database: GRANT CREATE ON SCHEMA %s TO %s; or let %s own the database", schema, role, role),
	}
}

// firstSchema finds the first name of a search_path, in quotes or not.
var firstSchema = regexp.MustCompile(`"(?:[^"]|"")+"|[^\s,"]+`)

// noSchema is the refusal where tables would have no schema: none of search_path is there, or the role may not look into it.
func noSchema(ctx context.Context, db *sql.DB, role string) error {
	var path string
	if err := db.QueryRowContext(ctx, `SELECT current_setting('search_path')`).Scan(&path); err != nil {
		return err
	}
	name := firstSchema.FindString(path)
	switch name {
	case "":
		return &Error{Err: errors.New("search_path names no schema"), Hint: "name one in the URL, search_path=usher, or leave search_path out"}
	case `"$user"`:
		name = role
	}
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regnamespace($1) IS NOT NULL`, name).Scan(&there); err != nil {
		return err
	}
	if there {
		return &Error{
			Err:  fmt.Errorf("%s may not use the schema %s, which search_path names", role, name),
			Hint: fmt.Sprintf("as its owner or a superuser, in this database: GRANT USAGE, CREATE ON SCHEMA %s TO %s", name, role),
		}
	}
	return &Error{
		Err:  fmt.Errorf("there is no schema %s, which search_path names", name),
		Hint: fmt.Sprintf("make it in this database: CREATE SCHEMA %s AUTHORIZATION %s; or name another one in the URL", name, role),
	}
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
	if err := ours(ctx, db); err != nil {
		return Schema{}, a.failed(err)
	}
	s, err := readSchema(ctx, db)
	return s, a.failed(err)
}
