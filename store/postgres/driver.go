package postgres

import (
	"context"
	"database/sql/driver"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// connector opens connections whose texts go through [encode] and [decode].
type connector struct{ driver.Connector }

// newConnector returns one for the configuration.
func newConnector(config pgx.ConnConfig) connector { return connector{stdlib.GetConnector(config)} }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{inner.(*stdlib.Conn)}, nil
}

// conn is a connection of pgx.
type conn struct{ *stdlib.Conn }

// CheckNamedValue implements driver.NamedValueChecker: it sees every argument.
func (c *conn) CheckNamedValue(v *driver.NamedValue) error {
	if s, ok := v.Value.(string); ok {
		v.Value = encode(s)
	}
	return c.Conn.CheckNamedValue(v)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.Conn.QueryContext(ctx, query, args)
	if err != nil {
		return nil, err
	}
	return &rows{r.(*stdlib.Rows)}, nil
}

// rows are the rows of a query.
type rows struct{ *stdlib.Rows }

// Next implements driver.Rows.
func (r *rows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	for i, v := range dest {
		if s, ok := v.(string); ok {
			dest[i] = decode(s)
		}
	}
	return err
}
