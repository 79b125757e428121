package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Options configure a [Store].
type Options struct {
	// Now is the clock for what a change does not date itself: a group that loses a member because its user was
	// deleted. Defaults to time.Now.
	Now func() time.Time
	// Scan bounds how many documents a filter that no index serves may stream. Defaults to 10,000.
	Scan int
	// ScanTime bounds how long it may take. Defaults to 2 s.
	ScanTime time.Duration
	// ScanKeys bounds the resources of a connection that has its index read for a part of a text. Defaults to 2,000,000.
	ScanKeys int
	// TextsFrom is how many resources a connection has whose texts are kept in memory when parts of them are looked for.
	// Defaults to 5,000; a negative number stands for none.
	TextsFrom int
	// TextsAtOnce reads them before the search that misses them is answered, and not beside it.
	TextsAtOnce bool
	// ScanPeople bounds how many memberships one page of people looks at. Defaults to 5,000.
	ScanPeople int
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Scan <= 0 {
		o.Scan = 10_000
	}
	if o.ScanTime <= 0 {
		o.ScanTime = 2 * time.Second
	}
	if o.ScanKeys <= 0 {
		o.ScanKeys = 2_000_000
	}
	switch {
	case o.TextsFrom == 0:
		o.TextsFrom = 5_000
	case o.TextsFrom < 0:
		o.TextsFrom = math.MaxInt
	}
	if o.ScanPeople <= 0 {
		o.ScanPeople = 5_000
	}
	return o
}

// Store is directory.Store over an [Engine].
type Store struct {
	engine  Engine
	opt     Options
	stmts   *Statements // of engine.Read
	symbols *symbols
	points  *Tx
	keyed   *Tx    // points for what Engine.Lookup is for
	order   string // the column of a log's order; see settleLog
	lookups *directory.Histogram
	lists   *directory.Histogram
	writes  *directory.Histogram
	busy    atomic.Int64
	texts   *shelf
}

var _ directory.Store = (*Store)(nil)

// New returns a store over the engine.
func New(e Engine, opt Options) *Store {
	stmts := NewStatements(e.Read)
	s := &Store{engine: e, opt: opt.withDefaults(), stmts: stmts, symbols: newSymbols(), writes: NewSeconds(), texts: newShelf()}
	s.lookups, s.lists = directory.NewHistogram(readBuckets...), directory.NewHistogram(readBuckets...)
	s.order = "seq"
	if e.Dialect.Concurrent {
		s.order = "position"
	}
	s.points, s.keyed = s.scan(context.Background()), s.scan(context.Background())
	s.points.times, s.keyed.times = s.lookups, s.lookups
	s.keyed.lookup, s.keyed.lent = e.Lookup, e.Keyed
	return s
}

// Close closes the statements of the engine's Read database, not the database.
func (s *Store) Close() error {
	s.texts.close()
	return s.stmts.Close()
}

// Ping implements directory.Store.
func (s *Store) Ping(ctx context.Context) error {
	var n int
	tx := s.scan(ctx)
	tx.times = nil // it reads nothing
	return s.fault("ping", tx.row([]any{&n}, `SELECT 1`))
}

// point returns the Tx for look-ups of a few rows by key. They have no context: they end sooner than their
// cancellation could be heard, and database/sql spends a goroutine on each query that can be cancelled.
func (s *Store) point() *Tx { return s.points }

// scan returns a Tx for queries that may take long.
func (s *Store) scan(ctx context.Context) *Tx {
	tx := &Tx{ctx: ctx, stmts: s.stmts, bound: s.engine.Dialect.Patience, times: s.lists}
	if s.engine.Dialect.Prepares {
		tx.direct = s.engine.Read
	}
	return tx
}

// view runs fn on one snapshot, so that a total and its page agree.
func (s *Store) view(ctx context.Context, fn func(*Tx) error) error {
	began := time.Now()
	defer func() { s.lists.Observe(time.Since(began).Seconds()) }()
	dialect := s.engine.Dialect
	if dialect.Patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, dialect.Patience)
		defer cancel()
	}
	in, err := s.engine.Read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: dialect.Snapshot})
	if err != nil {
		return err
	}
	tx := NewTx(ctx, s.stmts, in)
	if dialect.Prepares {
		tx.direct = in
	}
	defer func() {
		_ = in.Rollback()
		s.stmts.learn(ctx, tx.unknown)
	}()
	return fn(tx)
}

// glance is view for what reads no more than the rows of a page. It ends sooner than its cancellation could be heard; see
// point.
func (s *Store) glance(ctx context.Context, fn func(*Tx) error) error {
	if s.keyed.lent == nil {
		return s.view(context.WithoutCancel(ctx), fn)
	}
	began := time.Now()
	defer func() { s.lists.Observe(time.Since(began).Seconds()) }()
	conn, err := s.keyed.lent.lend()
	if err != nil {
		return err
	}
	defer s.keyed.lent.takeBack(conn)
	tx := NewConnTx(conn)
	if err := tx.Exec(`BEGIN`); err != nil {
		return err
	}
	defer func() { _ = tx.Exec(`ROLLBACK`) }()
	return fn(tx)
}

func (s *Store) write(ctx context.Context, what string, rows int, fn func(*Tx) error) error {
	began := time.Now()
	err := s.engine.Write(ctx, rows, fn)
	if err == nil {
		s.writes.Observe(time.Since(began).Seconds())
		return nil
	}
	err = s.fault(what, err)
	if errors.Is(err, directory.ErrBusy) {
		s.busy.Add(1)
	}
	return err
}

// fault turns an engine's error into one that the directory can tell apart.
func (s *Store) fault(what string, err error) error {
	switch {
	case err == nil, errors.Is(err, directory.ErrNotFound), errors.Is(err, directory.ErrConflict),
		errors.Is(err, directory.ErrStale), errors.Is(err, directory.ErrBusy), errors.Is(err, directory.ErrTooMany):
		return err
	case errors.Is(err, sql.ErrNoRows):
		return directory.ErrNotFound
	case s.engine.Dialect.Unique(err):
		return directory.ErrConflict
	case s.engine.Dialect.Busy(err):
		return fmt.Errorf("%w: %s: %w", directory.ErrBusy, what, err)
	}
	return fmt.Errorf("store: %s: %w", what, err)
}
