package sqlstore

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Side is one of the two databases of a copy: a connection on which a transaction is open.
type Side struct {
	conn   *sql.Conn
	tables catalogue
	close  func() error
}

// NewSide takes over a connection, whose transaction the engine has begun. catalogue is the engine's query for table,
// column and type; finish, which may be nil, is called by Close.
func NewSide(ctx context.Context, conn *sql.Conn, catalogue string, finish func() error) (*Side, error) {
	tables, err := readCatalogue(ctx, conn, catalogue)
	if err != nil {
		return nil, err
	}
	return &Side{conn: conn, tables: tables, close: finish}, nil
}

// Close gives up the database.
func (s *Side) Close() error { return s.close() }

// Source is a database to be copied.
type Source struct {
	*Side
	// Given is the largest number that each table has ever given to a row, also to one that is gone.
	Given map[string]int64
}

// Target is an empty database with the present tables, to be filled.
type Target struct {
	*Side
	// Load fills a table with the rows that next returns; nil is their end.
	Load func(ctx context.Context, table string, columns []string, next func() ([]any, error)) error
}

// Sum is what was copied of a table: how many rows, and a digest of them that does not depend on their order.
type Sum struct {
	Rows   int64
	digest [4]uint64
}

// Digest is the digest as a text.
func (s Sum) Digest() string {
	var b []byte
	for _, n := range s.digest {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	return hex.EncodeToString(b)
}

// Copied is a table of both databases.
type Copied struct {
	Table string
	Sum
}

// ErrDiffers says that a table did not arrive as it was.
var ErrDiffers = errors.New("the copy differs")

// CopyRows brings all rows over, in bounded memory, reads them again from the target, and compares. progress, when not
// nil, is told how many rows were "copied", and then "verified". The caller commits.
func CopyRows(ctx context.Context, from *Source, to *Target, progress func(step string, done, total int64)) ([]Copied, error) {
	transfers, err := match(from.tables, to.tables)
	if err != nil {
		return nil, fmt.Errorf("the two databases are not made alike: %w", err)
	}
	w := walk{progress: progress}
	if w.total, err = from.count(ctx, transfers); err != nil {
		return nil, err
	}
	w.step = "copied"
	copied := make([]Copied, len(transfers))
	for i, t := range transfers {
		sum, err := w.load(ctx, from, to, t)
		if err != nil {
			return nil, fmt.Errorf("copy the table %s: %w", t.table, err)
		}
		copied[i] = Copied{t.table, sum}
	}
	w.step, w.done = "verified", 0
	for i, t := range transfers {
		if err := w.verify(ctx, to, t, copied[i].Sum); err != nil {
			return nil, err
		}
	}
	return copied, nil
}

// verify compares a table with what was read of it in the source.
func (w *walk) verify(ctx context.Context, to *Target, t transfer, want Sum) error {
	sum, err := w.sum(ctx, to, t)
	if err != nil {
		return fmt.Errorf("read the table %s again: %w", t.table, err)
	}
	if sum != want {
		return fmt.Errorf("%w: table %s has %d rows with the digest %s, and the copy %d with %s",
			ErrDiffers, t.table, want.Rows, want.Digest(), sum.Rows, sum.Digest())
	}
	return nil
}

// count is the number of all rows.
func (s *Side) count(ctx context.Context, transfers []transfer) (total int64, err error) {
	for _, t := range transfers {
		var n int64
		if err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM `+t.table).Scan(&n); err != nil {
			return 0, fmt.Errorf("count the rows of %s: %w", t.table, err)
		}
		total += n
	}
	return total, nil
}

// Tables are the names of the tables, in their order.
func (s *Side) Tables() []string { return slices.Sorted(maps.Keys(s.tables)) }

// Filled names the tables that have a row.
func (s *Side) Filled(ctx context.Context) (tables []string, err error) {
	for _, table := range s.Tables() {
		var n int
		if err := s.conn.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM `+table+` LIMIT 1) one`).Scan(&n); err != nil {
			return nil, err
		}
		if n > 0 {
			tables = append(tables, table)
		}
	}
	return tables, nil
}

// walk goes through the rows of all tables.
type walk struct {
	progress    func(step string, done, total int64)
	step        string
	done, total int64
}

// progressRows is how many rows go by between two reports.
const progressRows = 1000

func (w *walk) count() {
	w.done++
	if w.progress != nil && (w.done%progressRows == 0 || w.done == w.total) {
		w.progress(w.step, w.done, w.total)
	}
}

// load copies a table, and sums up what it has read.
func (w *walk) load(ctx context.Context, from *Source, to *Target, t transfer) (sum Sum, err error) {
	r, err := from.read(ctx, t, t.from)
	if err != nil {
		return sum, err
	}
	defer r.rows.Close()
	err = to.Load(ctx, t.table, t.names(), func() ([]any, error) {
		values, err := r.next()
		if values != nil {
			sum.add(r.hash(values))
			w.count()
		}
		return values, err
	})
	return sum, err
}

// sum sums up a table.
func (w *walk) sum(ctx context.Context, to *Target, t transfer) (sum Sum, err error) {
	r, err := to.read(ctx, t, t.names())
	if err != nil {
		return sum, err
	}
	defer r.rows.Close()
	for {
		values, err := r.next()
		if values == nil {
			return sum, err
		}
		sum.add(r.hash(values))
		w.count()
	}
}

// reader reads the rows of a table.
type reader struct {
	transfer transfer
	rows     *sql.Rows
	values   []any
	dest     []any // pointers to values
	buffer   []byte
}

func (s *Side) read(ctx context.Context, t transfer, columns []string) (*reader, error) {
	rows, err := s.conn.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+t.table)
	if err != nil {
		return nil, err
	}
	r := &reader{transfer: t, rows: rows, values: make([]any, len(columns)), dest: make([]any, len(columns))}
	for i := range r.values {
		r.dest[i] = &r.values[i]
	}
	return r, nil
}

// next returns the next row, which holds until the one after; nil after the last.
func (r *reader) next() ([]any, error) {
	if !r.rows.Next() {
		return nil, r.rows.Err()
	}
	if err := r.rows.Scan(r.dest...); err != nil {
		return nil, err
	}
	for i, c := range r.transfer.columns {
		v, ok := c.kind.of(r.values[i])
		if !ok {
			return nil, fmt.Errorf("a value of the column %s is a %T", c.name, v)
		}
		r.values[i] = v
	}
	return r.values, nil
}

// of is the value as one of the kind: SQLite keeps what it was given, a text also in a column of bytes.
func (k kind) of(v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case int64:
		return v, k == integers
	case string:
		if k == binaries {
			return []byte(v), true
		}
		return v, k == texts
	case []byte:
		switch {
		case k == texts:
			return string(v), true
		case v == nil:
			v = []byte{} // SQLite has no other word for no bytes, and NULL is another thing
		}
		return v, k == binaries
	}
	return v, false
}

// hash is the digest of a row, whose values have their kinds.
func (r *reader) hash(values []any) [sha256.Size]byte {
	b := r.buffer[:0]
	for _, v := range values {
		switch v := v.(type) {
		case nil:
			b = append(b, 0)
		case int64:
			b = binary.BigEndian.AppendUint64(append(b, byte(integers)), uint64(v))
		case string:
			b = append(binary.BigEndian.AppendUint64(append(b, byte(texts)), uint64(len(v))), v...)
		case []byte:
			b = append(binary.BigEndian.AppendUint64(append(b, byte(binaries)), uint64(len(v))), v...)
		}
	}
	r.buffer = b
	return sha256.Sum256(b)
}

// add takes one more row: sums do not depend on the order, and the engines do not give rows in the same.
func (s *Sum) add(row [sha256.Size]byte) {
	s.Rows++
	for i := range s.digest {
		s.digest[i] += binary.BigEndian.Uint64(row[8*i:])
	}
}

// PlaceLogs sets where the places in the logs of each root go on: behind every number that a reader of the source may have
// seen.
func (t *Target) PlaceLogs(ctx context.Context, given map[string]int64) error {
	for _, log := range []string{"audit", "event"} {
		if _, err := t.conn.ExecContext(ctx, `INSERT INTO `+heads+`(root, log, position)
			SELECT root, $1, $2 FROM (SELECT root FROM workspace UNION SELECT root FROM `+log+`) AS roots`, log, given[log]); err != nil {
			return err
		}
	}
	return nil
}
