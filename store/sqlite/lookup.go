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
	conns  []*sql.Conn
	lender *sqlstore.Lender // nil: there are none
	once   sync.Once
}

// newLookups takes n connections of the database.
func newLookups(ctx context.Context, db *sql.DB, n int) (*lookups, error) {
	l := &lookups{}
	var lent []*sqlstore.Conn
	for range n {
		conn, err := db.Conn(ctx)
		if err != nil {
			return l, errors.Join(err, l.close())
		}
		l.conns = append(l.conns, conn)
		err = conn.Raw(func(on any) error {
			lent = append(lent, sqlstore.NewConn(on.(driver.Conn)))
			return nil
		})
		if err != nil {
			return l, errors.Join(err, l.close())
		}
	}
	if n > 0 {
		l.lender = sqlstore.NewLender(lent)
	}
	return l, nil
}

// close waits for the look-ups under way. Those that come later are refused.
func (l *lookups) close() error {
	var errs []error
	l.once.Do(func() {
		if l.lender != nil {
			errs = append(errs, l.lender.Close())
		}
		for _, conn := range l.conns {
			errs = append(errs, conn.Close())
		}
	})
	return errors.Join(errs...)
}
