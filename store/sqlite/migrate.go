package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewerSchema says that a newer Usher has changed the schema in a way that this one cannot work with.
var ErrNewerSchema = errors.New("the database was made by a newer Usher; use that version or a later one")

// Migrating is tried again this often: another process may be doing the same.
const (
	migrateTries = 40
	migratePause = 50 * time.Millisecond
)

// migrate brings the schema up to date, forward only.
func migrate(ctx context.Context, db *sql.DB) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		if err = step(ctx, p, db); err == nil || errors.Is(err, ErrNewerSchema) || try == migrateTries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(migratePause):
		}
	}
}

func step(ctx context.Context, p *goose.Provider, db *sql.DB) error {
	if err := compatible(ctx, p, db); err != nil {
		return err
	}
	if current, target, err := p.GetVersions(ctx); err == nil && current >= target {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithTableName("schema_version"))
}

// compatible refuses a schema that a newer binary made and that this one cannot work with: each migration records
// the oldest schema version whose binary still can.
func compatible(ctx context.Context, p *goose.Provider, db *sql.DB) error {
	s, err := readSchema(ctx, p, db)
	if err == nil && !s.Compatible() {
		return fmt.Errorf("%w (schema needs version %d, this Usher knows %d)", ErrNewerSchema, s.Oldest, s.Newest())
	}
	return err
}

func readSchema(ctx context.Context, p *goose.Provider, db *sql.DB) (Schema, error) {
	return sqlstore.ReadSchema(ctx, db, `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1`, p.ListSources())
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
	p, err := provider(db)
	if err != nil {
		return Schema{}, err
	}
	s, err := readSchema(ctx, p, db)
	if err != nil {
		err = fmt.Errorf("sqlite: %s: %w", path, notUsher(err))
	}
	return s, err
}
