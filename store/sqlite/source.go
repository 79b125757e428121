package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// Source is a database that is copied as a whole into another engine's.
type Source = sqlstore.Source

// sourceColumns is the catalogue. numbers are the largest that were given to rows; symbols are never deleted.
const (
	sourceColumns = `SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c
		WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'`
	sourceNumbers = `SELECT name, seq FROM sqlite_sequence WHERE name NOT LIKE 'schema%'
		UNION ALL SELECT 'symbol', coalesce(max(no), 0) FROM symbol`
)

// OpenSource opens the database at path to be copied, and changes nothing in it. Nobody else may have it open, nor can
// open it until the source is closed: ErrInUse. With served others may, and the source is the database as it is at this
// moment.
func OpenSource(ctx context.Context, path string, served bool) (_ *Source, err error) {
	if err := isFile(path); err != nil {
		return nil, err
	}
	pragmas, begin := []string{"busy_timeout(0)", "locking_mode(EXCLUSIVE)"}, `BEGIN EXCLUSIVE`
	if served {
		pragmas, begin = []string{"busy_timeout(10000)", "query_only(1)"}, `BEGIN`
	}
	db, err := sql.Open("sqlite", plainDSN(path, pragmas...))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("sqlite: %s: %w", path, notUsher(err)), db.Close())
		}
	}()
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, inUse(err)
	}
	if _, err := conn.ExecContext(ctx, begin); err != nil {
		return nil, inUse(err)
	}
	side, err := sqlstore.NewSide(ctx, conn, sourceColumns, func() error { return errors.Join(conn.Close(), db.Close()) })
	if err != nil {
		return nil, err
	}
	given, err := readNumbers(ctx, conn)
	return &Source{Side: side, Given: given}, err
}

// inUse says so when others are in the way.
func inUse(err error) error {
	if isBusy(err) {
		return ErrInUse
	}
	return err
}

func readNumbers(ctx context.Context, conn *sql.Conn) (map[string]int64, error) {
	rows, err := conn.QueryContext(ctx, sourceNumbers)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	given := map[string]int64{}
	for rows.Next() {
		var table string
		var n int64
		if err := rows.Scan(&table, &n); err != nil {
			return nil, err
		}
		given[table] = n
	}
	return given, rows.Err()
}
