package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/usher-scim/usher/directory"
)

// A server that hangs, and a firewall that has lost its state, answer nothing: not even that the time of a statement is
// over. Whoever has waited for longer than that gives up the connection.

// answerDelay is how much later than the end of a statement's time the answer may come.
const answerDelay = time.Second

// answerBound is how long to wait for the server. 0 is for ever: the address gives statements no end, or one in a unit
// that only the server knows.
func answerBound(statementTimeout string, opt Options) time.Duration {
	if statementTimeout == "" {
		return opt.StatementTimeout + answerDelay
	}
	d, err := time.ParseDuration(statementTimeout)
	if ms, no := strconv.Atoi(statementTimeout); no == nil {
		d, err = time.Duration(ms)*time.Millisecond, nil
	}
	if err != nil || d <= 0 {
		return 0
	}
	return d + answerDelay
}

// listening makes connections on which every wait for the server has a bound. silent is called when it was too long.
func listening(dial pgconn.DialFunc, bound time.Duration, silent func()) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &listener{Conn: c, bound: bound, silent: silent}, nil
	}
}

// listener is such a connection.
type listener struct {
	net.Conn
	bound  time.Duration
	silent func()

	mu    sync.Mutex
	until time.Time // that was set by the driver; zero: none
}

// SetDeadline implements net.Conn.
func (l *listener) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.until = t
	return l.Conn.SetDeadline(t)
}

// Read implements net.Conn.
func (l *listener) Read(p []byte) (int, error) {
	ours, err := l.setReadDeadline()
	if err != nil {
		return 0, err
	}
	n, err := l.Conn.Read(p)
	if ours && errors.Is(err, os.ErrDeadlineExceeded) && !l.interrupted() {
		l.silent()
	}
	return n, err
}

// interrupted reports that the driver has ended the wait, as it does for a caller who leaves.
func (l *listener) interrupted() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.until.IsZero() && !l.until.After(time.Now())
}

// setReadDeadline reports whether it is the bound's, and not a nearer one of the driver.
func (l *listener) setReadDeadline() (ours bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := time.Now().Add(l.bound); l.until.IsZero() || d.Before(l.until) {
		return true, l.SetReadDeadline(d)
	}
	return false, nil
}

// dropIdle closes the connections that nobody uses now: one that has fallen silent was not alone, and those who took
// another one would wait as long.
func (s *Store) dropIdle() {
	for _, db := range []*sql.DB{s.read, s.write} {
		db.SetMaxIdleConns(0)
		db.SetMaxIdleConns(s.opt.Connections / 2)
	}
}

// notReplicated is the mark on a connection whose commit the server did not wait for until it was on the standby
// (synchronous_standby_names), because its time was over. It says so in a notice, and that the commit is done.
const notReplicated = "usher: not replicated"

func onNotice(c *pgconn.PgConn, n *pgconn.Notice) {
	if n.Routine == "SyncRepWaitForLSN" {
		c.CustomData()[notReplicated] = true
	}
}

// errNotReplicated is the end of such a commit: it must not be acknowledged, as the next primary may not have it.
var errNotReplicated = fmt.Errorf("%w: the change is not on the standby; nobody knows whether it will be", directory.ErrBusy)

// checkReplicated takes the mark off the connection.
func checkReplicated(c *pgconn.PgConn) error {
	data := c.CustomData()
	if data[notReplicated] == nil {
		return nil
	}
	delete(data, notReplicated)
	return errNotReplicated
}
