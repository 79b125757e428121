package sqlstore

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Conn runs statements on a driver's connection for one goroutine at a time. It leaves out what database/sql does for many
// goroutines and many drivers with each of them, which was a fifth of the allocations of a create.
type Conn struct {
	on    driver.Conn
	cache map[string]*prepared
	args  []driver.NamedValue // of the statement that is run; kept for the next one
}

// NewConn returns one over a connection whose driver takes contexts and has SQLite's placeholders.
func NewConn(on driver.Conn) *Conn { return &Conn{on: on, cache: map[string]*prepared{}} }

// prepared is a statement and the arguments of its placeholders, by place from 0. Its text has ? for $1, $2: those are
// names to SQLite, which the driver asks for each time.
type prepared struct {
	driver.Stmt
	args []int
	once bool // not in the cache
}

// get returns the query's statement, which the caller releases.
func (c *Conn) get(query string) (*prepared, error) {
	if st := c.cache[query]; st != nil {
		return st, nil
	}
	text, args := unnamed(query)
	on, err := c.on.Prepare(text)
	if err != nil {
		return nil, err
	}
	st := &prepared{Stmt: on, args: args, once: len(c.cache) >= maxStatements}
	if !st.once {
		c.cache[query] = st
	}
	return st, nil
}

// release closes a statement that nobody uses again.
func (st *prepared) release() {
	if st.once {
		_ = st.Close()
	}
}

// Close closes all statements, not the connection.
func (c *Conn) Close() error {
	var errs []error
	for query, st := range c.cache {
		errs = append(errs, st.Close())
		delete(c.cache, query)
	}
	return errors.Join(errs...)
}

// unnamed replaces each $1, $2 of a query by ? and tells the place of its argument.
func unnamed(query string) (text string, args []int) {
	b := make([]byte, 0, len(query))
	for i := 0; i < len(query); i++ {
		end := i + 1
		for query[i] == '$' && end < len(query) && '0' <= query[end] && query[end] <= '9' {
			end++
		}
		if end == i+1 {
			b = append(b, query[i])
			continue
		}
		n, _ := strconv.Atoi(query[i+1 : end])
		b, args = append(b, '?'), append(args, n-1)
		i = end - 1
	}
	return string(b), args
}

// values are the arguments as the driver takes them, until the next statement.
func (c *Conn) values(st *prepared, args []any) ([]driver.NamedValue, error) {
	c.args = c.args[:0]
	for i, from := range st.args {
		if from >= len(args) {
			return nil, fmt.Errorf("sqlstore: %d arguments, and none for $%d", len(args), from+1)
		}
		v, err := valueOf(args[from])
		if err != nil {
			return nil, fmt.Errorf("sqlstore: argument $%d: %w", from+1, err)
		}
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args, nil
}

func valueOf(v any) (driver.Value, error) {
	switch v := v.(type) {
	case int64, string, []byte, nil:
		return v, nil
	case int:
		return int64(v), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

// forget drops what the last statement was called with: a document is not to be kept by a buffer.
func (c *Conn) forget() { clear(c.args) }

func (c *Conn) exec(st *prepared, args []any) (driver.Result, error) {
	values, err := c.values(st, args)
	if err != nil {
		return nil, err
	}
	defer c.forget()
	return st.Stmt.(driver.StmtExecContext).ExecContext(context.Background(), values)
}

func (c *Conn) query(st *prepared, args []any) (*connRows, error) {
	values, err := c.values(st, args)
	if err != nil {
		return nil, err
	}
	defer c.forget()
	on, err := st.Stmt.(driver.StmtQueryContext).QueryContext(context.Background(), values)
	if err != nil {
		return nil, err
	}
	return &connRows{on: on, values: make(Row, len(on.Columns()))}, nil
}

// connRows are the rows of a query, read as sql.Rows are.
type connRows struct {
	on     driver.Rows
	values Row
	err    error
}

// Next reads the next row.
func (r *connRows) Next() bool {
	if r.err == nil {
		r.err = r.on.Next(r.values)
	}
	return r.err == nil
}

// Err is why there is no next row; nil: there is none.
func (r *connRows) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// Close ends the query.
func (r *connRows) Close() error { return r.on.Close() }

// Scan takes the columns of the row.
func (r *connRows) Scan(dest ...any) error { return r.values.Scan(dest...) }
