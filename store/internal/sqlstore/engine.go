package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Engine is what a driver's room hands over: where to read, how to write.
type Engine struct {
	Dialect Dialect
	// Read sees every committed change. Its driver makes each []byte that it hands out anew: documents are kept.
	Read *sql.DB
	// Lookup runs a query for a few rows by key, with arguments that are int64, string or []byte, and sees every committed
	// change as Read does. nil: Keyed does, or else Read.
	Lookup func(query string, args []any) ([]Row, error)
	// Keyed lends connections of Read for such queries. nil: Read answers them too.
	Keyed *Lender
	// Write runs fn in one durable transaction and returns after it is committed. About rows rows will be written.
	// fn may run on another goroutine and more than once, each time from a clean state. Write returns
	// directory.ErrBusy when fn could not be run in time, and then nothing was written.
	Write func(ctx context.Context, rows int, fn func(*Tx) error) error
	// Scrub overwrites what was deleted in the engine's files. nil: nothing is left there anyhow.
	Scrub func(ctx context.Context) error
	// Stats is what the engine itself has counted. nil: nothing.
	Stats func() directory.StoreStats
}

// Dialect is what differs between engines.
type Dialect struct {
	// Unique reports that err is a violated unique constraint.
	Unique func(err error) bool
	// Busy reports that err is a lock or serialisation failure, or that the engine cannot be used until an operator has done
	// something: whoever asks may try again later.
	Busy func(err error) bool
	// Concurrent tells that transactions of several writers are open at once: rows that a check rests on are locked,
	// counters are spread, and entries of a log get their places after the commit.
	Concurrent bool
	// Prepares tells that the driver keeps prepared statements itself.
	Prepares bool
	// Snapshot is the isolation level at which all reads of a transaction see one state.
	Snapshot sql.IsolationLevel
	// Like is the LIKE that takes upper and lower case of ASCII as the same. Defaults to LIKE.
	Like string
	// Patience bounds each read, the wait for a connection included. 0: no read can hang.
	Patience time.Duration
}

// beside names a column of a key whose other column finds the few rows: SQLite, which knows nothing of how many there are,
// would take the index of the first one and read a whole root.
func (d Dialect) beside(column string) string {
	if d.Concurrent {
		return column
	}
	return "+" + column
}

// The locks that a check takes where there are several writers: until the commit what was read stays as it is.
const (
	forShare    = ` FOR SHARE`              // against any change
	forKeyShare = ` FOR KEY SHARE`          // against deletion
	forUpdate   = ` FOR UPDATE`             // against other locks as well
	skipLocked  = ` FOR UPDATE SKIP LOCKED` // what another transaction has locked is passed over
)

// locked is the query with its lock, where there are several writers.
func (d Dialect) locked(query, lock string) string {
	if !d.Concurrent {
		return query
	}
	return query + lock
}

// preparer is the common part of *sql.DB and *sql.Conn.
type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// maxStatements bounds a cache of prepared statements, each of which is kept once per connection: filters have
// unboundedly many shapes.
const maxStatements = 256

// Statements prepares each query once per database or connection.
type Statements struct {
	on preparer

	mu    sync.RWMutex
	cache map[string]*sql.Stmt
}

// NewStatements returns an empty cache over a *sql.DB or a *sql.Conn.
func NewStatements(on preparer) *Statements {
	return &Statements{on: on, cache: map[string]*sql.Stmt{}}
}

// get returns the query's statement; once tells that the caller must close it after use.
func (s *Statements) get(ctx context.Context, query string) (st *sql.Stmt, once bool, err error) {
	s.mu.RLock()
	st, full := s.cache[query], len(s.cache) >= maxStatements
	s.mu.RUnlock()
	if st != nil {
		return st, false, nil
	}
	if st, err = s.on.PrepareContext(ctx, query); err != nil || full {
		return st, true, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if other := s.cache[query]; other != nil {
		st.Close()
		return other, false, nil
	}
	s.cache[query] = st
	return st, false, nil
}

// known returns the query's statement if it is prepared already, else nil.
func (s *Statements) known(query string) *sql.Stmt {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.cache[query]
}

// learn prepares queries for the next time, as far as there is room. It is no fault when that fails.
func (s *Statements) learn(ctx context.Context, queries []string) {
	for _, q := range queries {
		if st, once, err := s.get(ctx, q); err == nil && once {
			st.Close()
			return // full
		}
	}
}

// Close closes all statements.
func (s *Statements) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for q, st := range s.cache {
		errs = append(errs, st.Close())
		delete(s.cache, q)
	}
	return errors.Join(errs...)
}

// querier is the common part of *sql.DB, *sql.Conn and *sql.Tx.
type querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx runs queries: inside a transaction when the engine began one around it, else each for itself.
type Tx struct {
	ctx   context.Context
	stmts *Statements
	in    *sql.Tx // nil: there is no transaction, or it is conn's
	// unknown are the queries that in had to prepare for itself.
	unknown []string
	// direct takes queries as texts, where the driver prepares them.
	direct querier
	bound  time.Duration                                 // of each query; 0: none
	pipe   *Pipeline                                     // nil: each statement is waited for
	conn   *Conn                                         // of the only writer, on which the engine has begun a transaction
	lookup func(query string, args []any) ([]Row, error) // Engine.Lookup; nil: the rest of this answers queries
	lent   *Lender                                       // Engine.Keyed; nil: the rest of this answers queries
	times  *directory.Histogram                          // of queries; nil: they are a part of something that is timed
}

// NewConnTx returns a Tx over a connection on which the engine begins and ends transactions.
func NewConnTx(conn *Conn) *Tx { return &Tx{ctx: context.Background(), conn: conn} }

// NewTx returns a Tx inside a transaction of the statements' database; nil: each statement is one of its own.
func NewTx(ctx context.Context, stmts *Statements, in *sql.Tx) *Tx {
	return &Tx{ctx: ctx, stmts: stmts, in: in}
}

// NewPipelinedTx returns a Tx inside a transaction of a connection whose driver prepares statements itself. Who ends the
// transaction flushes the pipeline.
func NewPipelinedTx(ctx context.Context, in *sql.Conn, pipe *Pipeline) *Tx {
	return &Tx{ctx: ctx, direct: in, pipe: pipe}
}

// context is that of one query.
func (tx *Tx) context() (context.Context, context.CancelFunc) {
	if tx.bound == 0 {
		return tx.ctx, func() {}
	}
	return context.WithTimeout(tx.ctx, tx.bound)
}

// begins is when a query does that is timed.
func (tx *Tx) begins() (now time.Time) {
	if tx.times != nil {
		now = time.Now()
	}
	return now
}

// ended counts the time of a query.
func (tx *Tx) ended(began time.Time) {
	if tx.times != nil {
		tx.times.Observe(time.Since(began).Seconds())
	}
}

// exec runs a statement and returns the number of rows that it changed.
func (tx *Tx) exec(query string, args ...any) (int64, error) {
	res, err := tx.run(query, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (tx *Tx) run(query string, args []any) (sql.Result, error) {
	st, err := tx.stmt(query)
	if err != nil {
		return nil, err
	}
	defer st.close()
	ctx, cancel := tx.context()
	defer cancel()
	res, err := st.exec(ctx, args)
	if err != nil {
		return nil, fmt.Errorf("%w (in %q)", err, head(query))
	}
	return res, nil
}

// put runs a statement whose outcome nobody asks for, at the latest before the next query of the transaction.
func (tx *Tx) put(query string, args ...any) error {
	if tx.pipe == nil {
		_, err := tx.exec(query, args...)
		return err
	}
	tx.pipe.Put(Queued{Query: query, Args: args})
	return nil
}

// made runs an INSERT of one row and sets the number that it got, seq; no row is a conflict.
func (tx *Tx) made(seq *int64, query string, args ...any) error {
	if tx.conn == nil {
		return conflictIfNone(tx.row([]any{seq}, query+` RETURNING seq`, args...))
	}
	res, err := tx.run(query, args)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return cmp.Or(err, directory.ErrConflict)
	}
	*seq, err = res.LastInsertId()
	return err
}

// once is must for a check that holds until the commit, because it locks what it looks at: it is made once in a transaction.
func (tx *Tx) once(query string, args ...any) error {
	if tx.pipe == nil {
		return tx.must(query, args...)
	}
	tx.pipe.PutOnce(Queued{Query: query, Args: args, Must: true})
	return nil
}

// forget has what was checked once checked again, behind a change of it.
func (tx *Tx) forget() {
	if tx.pipe != nil {
		tx.pipe.Forget()
	}
}

// insert adds a row, at the latest before the next query that names its table or has an answer.
func (tx *Tx) insert(into *insert, row ...any) error {
	if tx.pipe == nil {
		_, err := tx.exec(into.one, row...)
		return err
	}
	return tx.add(into, row...)
}

// add is for statements that are sent together: it keeps a row of one.
func (tx *Tx) add(into together, row ...any) error {
	tx.pipe.add(into, row)
	return nil
}

// must is put for a statement that has to change a row: no row is a conflict.
func (tx *Tx) must(query string, args ...any) error {
	if tx.pipe != nil {
		tx.pipe.Put(Queued{Query: query, Args: args, Must: true})
		return nil
	}
	n, err := tx.exec(query, args...)
	if err == nil && n == 0 {
		return directory.ErrConflict
	}
	return err
}

// holds runs a query that finds a number where something is as it has to be; no row is a conflict.
func (tx *Tx) holds(query string, args ...any) error {
	if tx.pipe != nil {
		return tx.must(query, args...)
	}
	return conflictIfNone(tx.row([]any{new(int64)}, query, args...))
}

// mustRow runs a statement that begins with WITH, changes a row and answers with one; no row is a conflict. Where
// statements are sent together dest is filled by the next answer.
func (tx *Tx) mustRow(dest []any, query string, args ...any) error {
	if tx.pipe.takes(dest) {
		tx.pipe.Put(Queued{Query: query, Args: args, Must: true, Into: dest})
		return nil
	}
	return conflictIfNone(tx.row(dest, query, args...))
}

// row runs a query for one row and scans it into dest.
func (tx *Tx) row(dest []any, query string, args ...any) error {
	if tx.pipe.takes(dest) {
		tx.pipe.Put(Queued{Query: query, Args: args, Into: dest})
		return tx.pipe.Flush(tx.ctx)
	}
	defer tx.ended(tx.begins())
	st, err := tx.stmt(query)
	if err != nil {
		return err
	}
	defer st.close()
	ctx, cancel := tx.context()
	defer cancel()
	err = st.row(ctx, args).Scan(dest...)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%w (in %q)", err, head(query))
	}
	return err
}

// scanner is the common part of *sql.Row, *sql.Rows and Row.
type scanner interface{ Scan(dest ...any) error }

// each runs a query and calls fn for every row.
func (tx *Tx) each(fn func(scanner) error, query string, args ...any) error {
	defer tx.ended(tx.begins())
	st, err := tx.stmt(query)
	if err != nil {
		return err
	}
	defer st.close()
	ctx, cancel := tx.context()
	defer cancel()
	rows, err := st.rows(ctx, args)
	if err != nil {
		return fmt.Errorf("%w (in %q)", err, head(query))
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// cursor is the common part of *sql.Rows, *connRows and *readRows.
type cursor interface {
	scanner
	Next() bool
	Err() error
	Close() error
}

// statement is a query that is ready to run: prepared, or a text for a driver that prepares it.
type statement struct {
	prepared *sql.Stmt
	once     bool // prepared for one use
	direct   querier
	query    string
	conn     *Conn
	on       *prepared // of conn
	lender   *Lender   // gets conn back; nil: nobody
	lookup   func(query string, args []any) ([]Row, error)
}

func (st *statement) exec(ctx context.Context, args []any) (sql.Result, error) {
	if st.conn != nil {
		return st.conn.exec(st.on, args)
	}
	if st.prepared == nil {
		return st.direct.ExecContext(ctx, st.query, args...)
	}
	return st.prepared.ExecContext(ctx, args...)
}

func (st *statement) rows(ctx context.Context, args []any) (cursor, error) {
	if st.lookup != nil {
		rows, err := st.lookup(st.query, args)
		return &readRows{left: rows}, err
	}
	if st.conn != nil {
		return st.conn.query(st.on, args)
	}
	if st.prepared == nil {
		return st.direct.QueryContext(ctx, st.query, args...)
	}
	return st.prepared.QueryContext(ctx, args...)
}

func (st *statement) row(ctx context.Context, args []any) scanner {
	if st.lookup != nil || st.conn != nil {
		rows, err := st.rows(ctx, args)
		return &firstRow{rows, err}
	}
	if st.prepared == nil {
		return st.direct.QueryRowContext(ctx, st.query, args...)
	}
	return st.prepared.QueryRowContext(ctx, args...)
}

func (st *statement) close() {
	switch {
	case st.conn != nil:
		st.on.release()
		if st.lender != nil {
			st.lender.takeBack(st.conn)
		}
	case st.once:
		st.prepared.Close()
	}
}

// stmt makes a query ready. A transaction that has a connection never waits for a second one to prepare on: as many
// such as there are connections would wait for each other for ever.
func (tx *Tx) stmt(query string) (st statement, err error) {
	switch {
	case tx.lookup != nil:
		return statement{lookup: tx.lookup, query: query}, nil
	case tx.lent != nil:
		return borrow(tx.lent, query)
	case tx.conn != nil:
		st.conn = tx.conn
		st.on, err = tx.conn.get(query)
	case tx.pipe != nil:
		return statement{direct: tx.direct, query: query}, tx.pipe.Flush(tx.ctx)
	case tx.direct != nil:
		return statement{direct: tx.direct, query: query}, nil
	case tx.in == nil:
		st.prepared, st.once, err = tx.stmts.get(tx.ctx, query)
	default:
		if known := tx.stmts.known(query); known != nil {
			return statement{prepared: tx.in.StmtContext(tx.ctx, known)}, nil
		}
		tx.unknown = append(tx.unknown, query)
		st.prepared, err = tx.in.PrepareContext(tx.ctx, query)
		st.once = true
	}
	if err != nil {
		return statement{}, fmt.Errorf("%w (in %q)", err, head(query))
	}
	return st, nil
}

// borrow makes a query ready on a connection that is lent until the statement is closed.
func borrow(lender *Lender, query string) (statement, error) {
	conn, err := lender.lend()
	if err != nil {
		return statement{}, err
	}
	on, err := conn.get(query)
	if err != nil {
		lender.takeBack(conn)
		return statement{}, fmt.Errorf("%w (in %q)", err, head(query))
	}
	return statement{conn: conn, on: on, lender: lender}, nil
}

// head is enough of a query to find it by, for an error's text.
func head(query string) string { return query[:min(len(query), 60)] }

// all collects the rows of a query.
func all[T any](tx *Tx, scan func(scanner) (T, error), query string, args ...any) ([]T, error) {
	var list []T
	err := tx.each(func(r scanner) error {
		v, err := scan(r)
		list = append(list, v)
		return err
	}, query, args...)
	return list, err
}

// one returns the single row of a query, or directory.ErrNotFound.
func one[T any](tx *Tx, scan func(scanner) (T, error), query string, args ...any) (v T, err error) {
	defer tx.ended(tx.begins())
	st, err := tx.stmt(query)
	if err != nil {
		return v, err
	}
	defer st.close()
	ctx, cancel := tx.context()
	defer cancel()
	v, err = scan(st.row(ctx, args))
	if errors.Is(err, sql.ErrNoRows) {
		return v, directory.ErrNotFound
	}
	return v, err
}

// scanText reads a column of text.
func scanText(r scanner) (string, error) {
	var text string
	err := r.Scan(&text)
	return text, err
}

// Exec runs one of the engine's own statements: BEGIN, COMMIT, SAVEPOINT.
func (tx *Tx) Exec(query string) error {
	_, err := tx.exec(query)
	return err
}
