package sqlstore

import (
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Lender lends connections to look-ups by key, each to one at a time.
type Lender struct {
	free          chan *Conn // closed with the lender
	size          int
	waits, waited atomic.Int64
}

// NewLender returns one over the connections, which it closes.
func NewLender(conns []*Conn) *Lender {
	l := &Lender{free: make(chan *Conn, len(conns)), size: len(conns)}
	for _, c := range conns {
		l.free <- c
	}
	return l
}

// Close waits for the connections that are lent. Who comes later gets none. It is called once.
func (l *Lender) Close() error {
	var errs []error
	for range l.size {
		errs = append(errs, (<-l.free).Close())
	}
	close(l.free)
	return errors.Join(errs...)
}

// lend waits for a free connection.
func (l *Lender) lend() (*Conn, error) {
	select {
	case conn, open := <-l.free:
		return lent(conn, open)
	default:
	}
	began := time.Now()
	conn, open := <-l.free
	l.waits.Add(1)
	l.waited.Add(int64(time.Since(began)))
	return lent(conn, open)
}

func lent(conn *Conn, open bool) (*Conn, error) {
	if !open {
		return nil, sql.ErrConnDone
	}
	return conn, nil
}

func (l *Lender) takeBack(conn *Conn) { l.free <- conn }

func (l *Lender) stats() directory.ConnectionStats {
	return directory.ConnectionStats{
		Max: l.size, Open: l.size, Busy: l.size - len(l.free), Waits: l.waits.Load(), Waited: time.Duration(l.waited.Load()),
	}
}
