package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// lookups answers queries of a few rows by key, which are most of what clients ask. What such a query costs is the way to
// the server and back, more than the server's work. So those that come while others are on their way wait for each
// other, and go together:
//
//	caller ──lookup──▶ queue ◀──takes── leader: all of them, there and back ──▶ answers each
//
// Who finds a leader's place free leads, with its own look-up among those that it takes: a lone one waits for nobody. Each
// query is a statement of its own at the server, begun after it was asked for here, and sees what was committed by then.
type lookups struct {
	read  *sql.DB
	opt   Options
	queue chan *lookup
	lead  chan struct{} // holds a token for each that leads
}

// The bounds of what goes together.
const (
	lookupQueue = 1024
	lookupItems = 32
)

// leaders is how many ways to the server are under way at once: more would leave less to go together, fewer would leave
// the server's processors idle, of which nothing is known here.
func leaders(connections int) int { return min(max(runtime.GOMAXPROCS(0), 2), max(connections/2, 1)) }

func newLookups(read *sql.DB, opt Options) *lookups {
	return &lookups{
		read: read, opt: opt, queue: make(chan *lookup, lookupQueue), lead: make(chan struct{}, leaders(opt.Connections/2)),
	}
}

// lookup is one query and its answer.
type lookup struct {
	query string
	args  []any
	came  time.Time
	done  chan struct{} // closed when it is answered
	rows  []sqlstore.Row
	err   error
}

// rows is sqlstore.Engine's Lookup.
func (l *lookups) rows(query string, args []any) ([]sqlstore.Row, error) {
	it := &lookup{query: query, args: make([]any, len(args)), came: time.Now(), done: make(chan struct{})}
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, fmt.Errorf("argument %d: %w", i+1, err)
		}
		it.args[i] = v
	}
	encodeArgs(it.args)
	l.queue <- it
	select {
	case <-it.done:
	case l.lead <- struct{}{}:
		l.drain(it)
		<-l.lead
	}
	return it.rows, it.err
}

// drain leads until own is answered, or is with another leader.
func (l *lookups) drain(own *lookup) {
	for {
		items := l.next()
		if len(items) == 0 {
			<-own.done
			return
		}
		l.answer(items)
		select {
		case <-own.done:
			return
		default:
		}
	}
}

// next takes what waits, within the bounds. What has waited for too long is answered so.
func (l *lookups) next() (items []*lookup) {
	for len(items) < lookupItems {
		select {
		case it := <-l.queue:
			if time.Since(it.came) > l.opt.Timeout {
				it.end(fmt.Errorf("%w: a look-up waited too long", directory.ErrBusy))
				continue
			}
			items = append(items, it)
		default:
			return items
		}
	}
	return items
}

func (it *lookup) end(err error) {
	it.err = err
	close(it.done)
}

// answer asks the server, and asks it for each alone when one of them is at fault: one that is refused ends those behind it.
func (l *lookups) answer(items []*lookup) {
	err := l.ask(items)
	alone := err != nil && len(items) > 1 && !isBusy(err)
	for _, it := range items {
		if alone {
			err = l.ask([]*lookup{it})
		}
		it.end(err)
	}
}

// askTries is how many connections that turn out to be gone are passed over, as database/sql does.
const askTries = 3

// ask sends the queries together. A connection that was gone before anything was sent is passed over.
func (l *lookups) ask(items []*lookup) (err error) {
	for range askTries {
		if err = l.askOnce(items); !pgconn.SafeToRetry(err) && !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return err
}

// askOnce has a bound on its wait for a connection. From then on the server's bounds hold, and that on its silence.
func (l *lookups) askOnce(items []*lookup) error {
	ctx, cancel := context.WithTimeout(context.Background(), l.opt.Timeout)
	defer cancel()
	c, err := l.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	return c.Raw(func(driver any) error { return askOn(driver.(*conn).Conn.Conn(), items) })
}

func askOn(on *pgx.Conn, items []*lookup) (err error) {
	var batch pgx.Batch
	for _, it := range items {
		batch.Queue(it.query, it.args...)
	}
	results := on.SendBatch(context.Background(), &batch)
	defer func() {
		if e := results.Close(); err == nil {
			err = e
		}
	}()
	for _, it := range items {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		if it.rows, err = collect(rows, on.TypeMap()); err != nil {
			return fmt.Errorf("%w (in %q)", err, it.query[:min(len(it.query), 60)])
		}
	}
	return nil
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
