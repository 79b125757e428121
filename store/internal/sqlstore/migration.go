package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migration is one step of the schema.
type Migration struct {
	Version int64
	Name    string
}

// Schema says how the tables of a database and this binary go together.
type Schema struct {
	// Version is the last migration that was applied. 0: there are no tables yet.
	Version int64
	// Oldest is the version that a binary has to know to work on them.
	Oldest int64
	// Known are the migrations of this binary, in order.
	Known []Migration
	// Unfinished tells that a copy into the database was begun and has not ended.
	Unfinished bool
}

// Newest is the version up to which this binary migrates.
func (s Schema) Newest() int64 { return s.Known[len(s.Known)-1].Version }

// Compatible reports whether this binary can work on the tables, once what is pending is applied.
func (s Schema) Compatible() bool { return s.Oldest <= s.Newest() }

// Pending are the migrations that are not applied yet.
func (s Schema) Pending() []Migration {
	for i, m := range s.Known {
		if m.Version > s.Version {
			return s.Known[i:]
		}
	}
	return nil
}

// Migrations are those of an engine, with what is its own in applying them.
type Migrations struct {
	// Files has the migrations, migrations/NNNNN_name.sql, in the language of Dialect.
	Files   fs.FS
	Dialect goose.Dialect
	// Lock keeps others from applying them meanwhile. nil: the engine does.
	Lock func() (lock.Locker, error)
	// Exists is the query that counts the tables called $1.
	Exists string
	// Newer is the error for a schema that a newer binary made and that this one cannot work with.
	Newer error
	// Tries is how often they are tried, Pause apart: another process may be doing the same.
	Tries int
	Pause time.Duration
	// Final reports an error after which trying again is in vain. nil: there is none.
	Final func(error) bool
}

// Provider is the library's view of them.
func (m Migrations) Provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(m.Files, "migrations")
	if err != nil {
		return nil, err
	}
	opts := []goose.ProviderOption{goose.WithTableName("schema_version")}
	if m.Lock != nil {
		locker, err := m.Lock()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithLocker(locker))
	}
	return goose.NewProvider(m.Dialect, db, files, opts...)
}

// Apply brings the schema up to date, forward only. Any number of processes may do so at once.
func (m Migrations) Apply(ctx context.Context, db *sql.DB) error {
	p, err := m.Provider(db)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		if err = m.step(ctx, p, db); err == nil || errors.Is(err, m.Newer) || m.Final != nil && m.Final(err) || try == m.Tries {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(m.Pause):
		}
	}
}

func (m Migrations) step(ctx context.Context, p *goose.Provider, db *sql.DB) error {
	if err := m.Check(ctx, db); err != nil {
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

// Check refuses a schema that a newer binary made and that this one cannot work with: each migration records the oldest
// schema version whose binary still can.
func (m Migrations) Check(ctx context.Context, db *sql.DB) error {
	s, err := m.Schema(ctx, db)
	if err != nil {
		return err
	}
	return m.CheckOldest(s.Oldest)
}

// CheckOldest is what Check makes of the version that the schema needs.
func (m Migrations) CheckOldest(version int64) error {
	known, err := m.known()
	if s := (Schema{Known: known, Oldest: version}); err == nil && !s.Compatible() {
		return fmt.Errorf("%w (schema needs version %d, this Usher knows %d)", m.Newer, s.Oldest, s.Newest())
	}
	return err
}

// Schema reads what a database says of its tables, and changes nothing.
func (m Migrations) Schema(ctx context.Context, db *sql.DB) (s Schema, err error) {
	if s.Known, err = m.known(); err != nil {
		return s, err
	}
	for _, number := range []struct {
		to           *int64
		table, query string
	}{
		{&s.Version, "schema_version", `SELECT coalesce(max(version_id), 0) FROM schema_version`},
		{&s.Oldest, "schema_floor", `SELECT coalesce(max(oldest), 0) FROM schema_floor`},
	} {
		var tables int
		if err := db.QueryRowContext(ctx, m.Exists, number.table).Scan(&tables); err != nil {
			return s, err
		}
		if tables == 0 {
			continue
		}
		if err := db.QueryRowContext(ctx, number.query).Scan(number.to); err != nil {
			return s, err
		}
	}
	return s, nil
}

// known lists the migrations in the order of their numbers, which is that of the files' names.
func (m Migrations) known() ([]Migration, error) {
	names, err := fs.Glob(m.Files, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	known := make([]Migration, len(names))
	for i, file := range names {
		version, err := goose.NumericComponent(file)
		if err != nil {
			return nil, err
		}
		_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".sql"), "_")
		known[i] = Migration{Version: version, Name: name}
	}
	return known, nil
}
