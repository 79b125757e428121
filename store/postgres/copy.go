package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// Source is the database that is copied; sqlite.OpenSource opens one.
type Source = sqlstore.Source

// Copied is a table that has been copied: its rows, and a digest that both sides agree on.
type Copied = sqlstore.Copied

// Why nothing was copied. Compare with errors.Is.
var (
	// ErrNotEmpty: there is something in the database already.
	ErrNotEmpty = errors.New("the database is not empty")
	// ErrInUse: others are at work in the database, maybe another copy.
	ErrInUse = errors.New("the database is in use")
	// ErrDiffers: what was read again is not what was written.
	ErrDiffers = sqlstore.ErrDiffers
)

// copyMark is the table that is there while a copy has not ended: with it no Usher opens the database.
const copyMark = "schema_copy"

// copyLockWait bounds the wait for others who use the tables.
const copyLockWait = "5s"

// Copy fills the database of the URL with all that is in the source: in one transaction, which ends only after every
// row has been read again and is as it was. Rows keep their numbers, and new ones come behind them. It refuses a database
// that is not empty. When it fails the tables are empty, and the database is refused by [Open] until a copy has ended;
// it may then be run again. progress, when not nil, is told of rows.
func Copy(ctx context.Context, url string, source *Source, progress func(step string, done, total int64)) (_ []Copied, err error) {
	a, err := parseAddress(url)
	if err != nil {
		return nil, err
	}
	defer func() { err = a.failed(err) }()
	db := sql.OpenDB(a.unbounded())
	defer db.Close()
	if err := migrate(ctx, db); err != nil {
		return nil, err
	}
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	c := copying{conn: conn, source: source, progress: progress}
	if err := c.transaction(ctx, c.mark); err != nil {
		return nil, err
	}
	err = c.transaction(ctx, c.fill)
	return c.copied, err
}

// copying is a copy under way.
type copying struct {
	conn     *sql.Conn
	source   *Source
	target   *sqlstore.Target
	progress func(step string, done, total int64)
	copied   []Copied
}

// transaction runs fn in a transaction that keeps others out of the tables, and that no setting of the server bounds.
func (c *copying) transaction(ctx context.Context, fn func(context.Context) error) (err error) {
	if _, err := c.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = c.conn.ExecContext(context.WithoutCancel(ctx), `ROLLBACK`) // when it fails the connection is gone
		}
	}()
	if err := c.begin(ctx); err != nil {
		return err
	}
	if err := fn(ctx); err != nil {
		return err
	}
	_, err = c.conn.ExecContext(ctx, `COMMIT`)
	return err
}

// targetColumns is the catalogue. A partition belongs to its table.
const targetColumns = `SELECT c.relname, a.attname, format_type(a.atttypid, NULL)
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_version'))
		AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped`

// begin locks the tables, and makes sure that they are empty.
func (c *copying) begin(ctx context.Context) error {
	side, err := sqlstore.NewSide(ctx, c.conn, targetColumns, nil)
	if err != nil {
		return err
	}
	c.target = &sqlstore.Target{Side: side, Load: c.load}
	for _, statement := range []string{
		`SET LOCAL statement_timeout = 0`, `SET LOCAL idle_in_transaction_session_timeout = 0`, `SET LOCAL synchronous_commit = on`,
		`SET LOCAL lock_timeout = '` + copyLockWait + `'`, `LOCK TABLE ` + c.tables() + ` IN EXCLUSIVE MODE`,
		`SET LOCAL lock_timeout = 0`,
	} {
		if _, err := c.conn.ExecContext(ctx, statement); codeOf(err) == lockNotAvailable {
			return ErrInUse
		} else if err != nil {
			return err
		}
	}
	filled, err := side.Filled(ctx)
	if err == nil && len(filled) > 0 {
		err = fmt.Errorf("%w: there are rows in %s", ErrNotEmpty, strings.Join(filled, ", "))
	}
	return err
}

// tables lists those of the target.
func (c *copying) tables() string { return strings.Join(c.target.Tables(), ", ") }

// mark keeps everybody out until a copy has ended.
func (c *copying) mark(ctx context.Context) error {
	_, err := c.conn.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS `+copyMark+` (begun TIMESTAMPTZ NOT NULL DEFAULT now())`)
	return err
}

// fill copies, and takes the mark away.
func (c *copying) fill(ctx context.Context) (err error) {
	if c.copied, err = sqlstore.CopyRows(ctx, c.source, c.target, c.progress); err != nil {
		return err
	}
	if err := c.target.PlaceLogs(ctx, c.source.Given); err != nil {
		return fmt.Errorf("place the logs: %w", err)
	}
	if err := c.number(ctx); err != nil {
		return fmt.Errorf("set the sequences: %w", err)
	}
	// Without statistics the first queries would be planned for empty tables.
	for _, statement := range []string{`ANALYZE ` + c.tables(), `DROP TABLE ` + copyMark} {
		if _, err := c.conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

// load is sqlstore.Target's Load: COPY, with texts as they stand in columns.
func (c *copying) load(ctx context.Context, table string, columns []string, next func() ([]any, error)) error {
	return c.conn.Raw(func(raw any) error {
		_, err := raw.(*conn).Conn.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
			row, err := next()
			for i, v := range row {
				if s, ok := v.(string); ok {
					row[i] = encode(s)
				}
			}
			return row, err
		}))
		return err
	})
}

// identities are the columns that number their rows.
const identities = `SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('schema_version'))
		AND a.attidentity <> '' AND NOT c.relispartition AND c.relname NOT LIKE 'schema\_%'`

// number lets every table number its rows behind all numbers that it has ever given.
func (c *copying) number(ctx context.Context) error {
	rows, err := c.conn.QueryContext(ctx, identities)
	if err != nil {
		return err
	}
	defer rows.Close()
	var numbered [][2]string
	for rows.Next() {
		var table, name string
		if err := rows.Scan(&table, &name); err != nil {
			return err
		}
		numbered = append(numbered, [2]string{table, name})
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, n := range numbered {
		query := `SELECT setval(pg_get_serial_sequence($1, $2), greatest((SELECT max(` + n[1] + `) FROM ` + n[0] + `), $3) + 1, false)`
		if _, err := c.conn.ExecContext(ctx, query, n[0], n[1], c.source.Given[n[0]]); err != nil {
			return err
		}
	}
	return nil
}
