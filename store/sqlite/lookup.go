package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"sync"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// lookups are the readers that look-ups by key have for themselves: no long read is in their way, and they spend nothing on
// what database/sql does for each query.
type lookups struct {
	conns []*sql.Conn
	free  chan *sqlstore.Conn // closed when the store is
	once  sync.Once
}

// newLookups takes n connections of the database.
func newLookups(ctx context.Context, db *sql.DB, n int) (*lookups, error) {
	l := &lookups{free: make(chan *sqlstore.Conn, n)}
	for range n {
		conn, err := db.Conn(ctx)
		if err != nil {
			return l, err
		}
		err = conn.Raw(func(on any) error {
			l.free <- sqlstore.NewConn(on.(driver.Conn))
			return nil
		})
		if err != nil {
			return l, errors.Join(err, conn.Close())
		}
		l.conns = append(l.conns, conn)
	}
	return l, nil
}

// close waits for the look-ups under way. Those that come later are refused.
func (l *lookups) close() error {
	var errs []error
	l.once.Do(func() {
		for range l.conns {
			errs = append(errs, (<-l.free).Close())
		}
		close(l.free)
		for _, conn := range l.conns {
			errs = append(errs, conn.Close())
		}
	})
	return errors.Join(errs...)
}
