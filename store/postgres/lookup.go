package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// lookups answers queries of a few rows by key, which are most of what clients ask. What such a query costs is the way to
// the server and back, more than the server's work. So those that come while others are on their way wait for each
// other, and go together in one pipeline. Each is a statement of its own at the server, begun after it was asked for here, and
// sees what was committed by then.
type lookups struct {
	*gathering[*lookup]
	read *sql.DB
	opt  Options
}

// The bounds of what goes together.
const (
	lookupItems = 32
	leastWays   = 2 // to the server at one time: one for each processor, at least so many
)

func newLookups(read *sql.DB, opt Options) *lookups {
	ways := min(max(runtime.GOMAXPROCS(0), leastWays), opt.Connections/2)
	return &lookups{newGathering[*lookup](ways, lookupItems, opt.Timeout, 0), read, opt}
}

// lookup is one query and its rows.
type lookup struct {
	query string
	args  []any
	rows  []sqlstore.Row
}

// rows is sqlstore.Engine's Lookup.
func (l *lookups) rows(query string, args []any) ([]sqlstore.Row, error) {
	it := &lookup{query: query, args: make([]any, len(args))}
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		it.args[i] = v
	}
	encodeArgs(it.args)
	err := l.await(context.Background(), it, func(*waiter[*lookup]) {
		items := l.take()
		defer l.back(len(items))
		l.answer(items)
	})
	return it.rows, err
}

// askTries is how many connections that turn out to be gone are passed over, as database/sql does.
const askTries = 3

// answer asks the server and answers each, within the time that one may take.
func (l *lookups) answer(items []*waiter[*lookup]) {
	ctx, cancel := context.WithTimeout(context.Background(), l.opt.Timeout)
	defer cancel()
	together := len(items)
	for tries := askTries; len(items) > 0; {
		asked := items[:min(together, len(items))]
		n, err := l.ask(ctx, asked)
		end(asked[:n], nil)
		together = len(items)
		switch gone := pgconn.SafeToRetry(err) || errors.Is(err, driver.ErrBadConn); {
		case err == nil:
		case gone && tries > 1:
			tries--
		case codeOf(err) == "" || unconnected(err) || lost(err): // nobody is there to answer
			end(items[n:], err)
			return
		case n == 0 && len(asked) > 1: // the driver prepares them all first: the error may be that of any
			together = 1
		default:
			end(asked[n:n+1], err)
			n++
		}
		items = items[n:]
	}
}

func end(items []*waiter[*lookup], err error) {
	for _, it := range items {
		it.done <- err
	}
}

// ask sends queries together, and returns how many of them are answered before the error, which ends those behind it.
func (l *lookups) ask(ctx context.Context, items []*waiter[*lookup]) (n int, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	c, err := l.read.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	err = c.Raw(func(driver any) error {
		n, err = askOn(ctx, driver.(*conn).Conn.Conn(), items)
		return err
	})
	return n, err
}

func askOn(ctx context.Context, on *pgx.Conn, items []*waiter[*lookup]) (n int, err error) {
	var batch pgx.Batch
	for _, it := range items {
		batch.Queue(it.value.query, it.value.args...)
	}
	results := on.SendBatch(ctx, &batch)
	defer func() {
		if e := results.Close(); err == nil {
			err = e
		}
	}()
	for _, it := range items {
		rows, err := results.Query()
		if err != nil {
			return n, err
		}
		if it.value.rows, err = collect(rows, on.TypeMap()); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func collect(rows pgx.Rows, types *pgtype.Map) (list []sqlstore.Row, err error) {
	defer rows.Close()
	for rows.Next() {
		fields, values := rows.FieldDescriptions(), rows.RawValues()
		row := make(sqlstore.Row, len(values))
		for i, v := range values {
			if row[i], err = column(types, &fields[i], v); err != nil {
				return nil, err
			}
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// column is a value of one of the types that our tables have.
func column(types *pgtype.Map, f *pgconn.FieldDescription, raw []byte) (driver.Value, error) {
	if raw == nil {
		return nil, nil
	}
	switch f.DataTypeOID {
	case pgtype.Int8OID, pgtype.Int4OID:
		var n int64
		err := types.Scan(f.DataTypeOID, f.Format, raw, &n)
		return n, err
	case pgtype.ByteaOID:
		var b []byte
		err := types.Scan(f.DataTypeOID, f.Format, raw, &b)
		return b, err
	case pgtype.TextOID:
		return decode(string(raw)), nil
	}
	return nil, fmt.Errorf("a column of type %d", f.DataTypeOID)
}
