package sqlstore

import (
	"context"
	"database/sql"
	"path"
	"strings"

	"github.com/pressly/goose/v3"
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

// ReadSchema reads what a database says of its tables, and changes nothing. exists is the query that counts the tables
// called $1.
func ReadSchema(ctx context.Context, db *sql.DB, exists string, known []*goose.Source) (Schema, error) {
	var s Schema
	for _, source := range known {
		_, name, _ := strings.Cut(strings.TrimSuffix(path.Base(source.Path), ".sql"), "_")
		s.Known = append(s.Known, Migration{Version: source.Version, Name: name})
	}
	for _, number := range []struct {
		to           *int64
		table, query string
	}{
		{&s.Version, "schema_version", `SELECT coalesce(max(version_id), 0) FROM schema_version`},
		{&s.Oldest, "schema_floor", `SELECT coalesce(max(oldest), 0) FROM schema_floor`},
	} {
		var tables int
		if err := db.QueryRowContext(ctx, exists, number.table).Scan(&tables); err != nil {
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
