package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewerSchema says that a newer Usher has changed the schema in a way that this one cannot work with.
var ErrNewerSchema = errors.New("the database was made by a newer Usher; use that version or a later one")

var migrations = sqlstore.Migrations{
	Files: migrationFiles, Dialect: goose.DialectSQLite3, Newer: ErrNewerSchema, Tries: 40, Pause: 50 * time.Millisecond, Final: isUnwritable,
	Exists: `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1`,
}

// Schema says how the tables of a database and this binary go together.
type Schema = sqlstore.Schema

// ReadSchema reads what the database at path says of its tables. It changes nothing, and migrates nothing.
func ReadSchema(ctx context.Context, path string) (Schema, error) {
	if err := isFile(path); err != nil {
		return Schema{}, err
	}
	db, err := sql.Open("sqlite", plainDSN(path, "query_only(1)", "busy_timeout(10000)"))
	if err != nil {
		return Schema{}, err
	}
	defer db.Close()
	s, err := migrations.Schema(ctx, db)
	if err != nil {
		err = fmt.Errorf("sqlite: %s: %w", path, notUsher(err))
	}
	return s, err
}
