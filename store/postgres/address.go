package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
)

// address is a database and how to reach it.
type address struct {
	config      pgx.ConnConfig
	connections int  // of pool_max_conns; 0: not said
	chosen      bool // default_query_exec_mode was said
	pooled      bool // a pooler stands before the server, which takes no settings of a session
}

// connectTimeout bounds the way to a connection; connect_timeout in the URL does instead.
const connectTimeout = 5 * time.Second

// CheckURL reports what is wrong with the URL of a database, as an [*Error], without asking the server. The error does
// not repeat the URL, in which there may be a password.
func CheckURL(text string) error {
	_, err := parseAddress(text)
	return err
}

func parseAddress(text string) (address, error) {
	if !strings.HasPrefix(text, "postgres://") && !strings.HasPrefix(text, "postgresql://") {
		return address{}, &Error{Err: errors.New("this is not the URL of a PostgreSQL database"), Hint: hintURL}
	}
	if endsEarly(text) {
		return address{}, &Error{Err: errors.New("the URL of the database: there is an @ behind the host"), Hint: hintParts}
	}
	c, err := pgx.ParseConfig(text)
	if err != nil {
		return address{}, &Error{Err: errors.New("the URL of the database: " + withoutURL(err)), Hint: hintParts}
	}
	if c.Database == "" {
		return address{}, &Error{Err: errors.New("the URL names no database"), Hint: "write its name behind the host: postgres://usher@db.example.com/usher"}
	}
	a := address{config: *c}
	if n, ok := c.RuntimeParams["pool_max_conns"]; ok {
		if a.connections, err = strconv.Atoi(n); err != nil || a.connections < 2 {
			return address{}, &Error{
				Err:  fmt.Errorf("pool_max_conns=%s: a number of connections from 2 on is wanted", n),
				Hint: "half of them read and half write: 16 to 32 are enough for a replica; without it there are 16 for each processor",
			}
		}
		delete(c.RuntimeParams, "pool_max_conns")
	}
	if _, ok := c.RuntimeParams["application_name"]; !ok {
		c.RuntimeParams["application_name"] = "usher"
	}
	a.chosen = strings.Contains(text, "default_query_exec_mode=")
	if c.ConnectTimeout == 0 || !strings.Contains(text, "connect_timeout=") {
		a.config.ConnectTimeout = connectTimeout
	}
	a.config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		// Who gives up a query keeps the connection: the server is asked to stop, and only if it does not the line is cut.
		return &pgconn.CancelRequestContextWatcherHandler{Conn: conn, DeadlineDelay: time.Second}
	}
	return a, nil
}

// What to do about a URL.
const (
	hintURL   = "give one such as postgres://usher@db.example.com/usher"
	hintParts = "write it as postgres://usher@db.example.com:5432/usher?sslmode=verify-full; in a password / is %2F, ? is %3F, @ is %40 and % is %25"
)

// endsEarly reports a URL whose host may be the user, its port the begin of a password, and its database the rest of it, such
// as postgres://usher:123/rest@db.example.com/usher: what is told of it would tell the password.
func endsEarly(text string) bool {
	_, behind, _ := strings.Cut(text, "://")
	_, path, _ := strings.Cut(behind, "/")
	database, query, _ := strings.Cut(path, "?")
	parameter, _, _ := strings.Cut(query, "=")
	return strings.Contains(database+parameter, "@")
}

// withoutURL is what the driver says of a URL that it cannot read. It knows a password in one only if the rest is right.
func withoutURL(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		text = text[i+len("`: "):]
	}
	if strings.Contains(text, "@") {
		return "it cannot be read"
	}
	return text
}

// String implements fmt.Stringer.
func (a address) String() string {
	u := url.URL{Scheme: "postgres", Path: "/" + a.config.Database}
	if a.config.User != "" {
		u.User = url.User(a.config.User)
	}
	u.Host = a.config.Host + ":" + strconv.Itoa(int(a.config.Port))
	if strings.HasPrefix(a.config.Host, "/") { // the folder of a socket
		u.Host, u.RawQuery = "", url.Values{"host": {a.config.Host}}.Encode()
	}
	return u.String()
}

// unbounded is how migrations connect: without a bound on time, and also through a pooler.
func (a address) unbounded() connector {
	c := *a.config.Copy()
	if !a.chosen {
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	return newConnector(c)
}

// bounded is how requests connect: statements, waits for rows and idle transactions have bounds at the server, which
// hold when this process is gone, and waits for the server have one here. silent is called when it says nothing.
func (a address) bounded(opt Options, silent func()) connector {
	c := *a.config.Copy()
	if bound := answerBound(c.RuntimeParams["statement_timeout"], opt); bound > 0 {
		c.DialFunc = listening(c.DialFunc, bound, silent)
	}
	c.OnNotice = onNotice
	c.OnPgError = leaving(c.OnPgError)
	if a.pooled && !a.chosen {
		c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	}
	if !a.pooled {
		for name, d := range timeouts(opt) {
			if _, set := c.RuntimeParams[name]; !set {
				c.RuntimeParams[name] = strconv.FormatInt(d.Milliseconds(), 10)
			}
		}
	}
	return newConnector(c)
}

func timeouts(opt Options) map[string]time.Duration {
	return map[string]time.Duration{
		"statement_timeout": opt.StatementTimeout, "lock_timeout": opt.LockTimeout,
		"idle_in_transaction_session_timeout": opt.IdleTimeout,
	}
}

// refusesParameters reports that settings of a session are refused, as PgBouncer does: its sessions are not ours.
func (a address) refusesParameters(ctx context.Context, opt Options) (bool, error) {
	conn, err := a.bounded(opt, func() {}).Connect(ctx)
	if err == nil {
		return false, conn.Close()
	}
	if codeOf(err) == "08P01" && strings.Contains(err.Error(), "unsupported startup parameter") {
		return true, nil
	}
	return false, err
}
