package postgres

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"time"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// Options configure a [Store]. The zero value is for production.
type Options struct {
	// Connections is how many connections this process has at most: half of them read, half of them write. Defaults to
	// pool_max_conns of the address, else to 16 for each processor, at most 64.
	Connections int
	// Timeout bounds a write, and with pool waits a look-up. Defaults to 10 s.
	Timeout time.Duration
	// StatementTimeout bounds one statement of a request. Defaults to 8 s.
	StatementTimeout time.Duration
	// LockTimeout bounds how long a statement waits for a row. Defaults to 4 s.
	LockTimeout time.Duration
	// IdleTimeout bounds how long a transaction may be open with nothing going on. Defaults to 10 s.
	IdleTimeout time.Duration
	// Now is the clock. Defaults to time.Now.
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
	// TextsAtOnce reads them before the search that misses them is answered, and not beside it, as a test wants it.
	TextsAtOnce bool
	// ScanPeople bounds how many memberships one page of people looks at. Defaults to 5,000.
	ScanPeople int
}

func (o Options) withDefaults(connections int) Options {
	if o.Connections <= 0 {
		o.Connections = connections
	}
	if o.Connections <= 0 {
		o.Connections = min(16*runtime.GOMAXPROCS(0), 64)
	}
	o.Connections = max(o.Connections, 2)
	for _, d := range []struct {
		set   *time.Duration
		usual time.Duration
	}{
		{&o.Timeout, 10 * time.Second},
		{&o.StatementTimeout, 8 * time.Second},
		{&o.LockTimeout, 4 * time.Second},
		{&o.IdleTimeout, 10 * time.Second},
	} {
		if *d.set <= 0 {
			*d.set = d.usual
		}
	}
	return o
}

// Store is a directory.Store in a PostgreSQL database.
type Store struct {
	*sqlstore.Store
	address address
	opt     Options
	read    *sql.DB
	write   *sql.DB
	tables  *statistics
	writes  *gatherer
	lookups *lookups
}

// Open connects to the database of the URL and applies the migrations that are due. Close the store after use.
func Open(ctx context.Context, url string, opt Options) (_ *Store, err error) {
	a, err := parseAddress(url)
	if err != nil {
		return nil, err
	}
	s := &Store{address: a, opt: opt.withDefaults(a.connections)}
	defer func() {
		if err != nil {
			err = errors.Join(s.address.failed(err), s.Close())
		}
	}()
	if err = s.migrate(ctx); err != nil {
		return nil, err
	}
	config := s.address.bounded(s.opt, s.dropIdle)
	s.read, s.write = s.pool(config), s.pool(config)
	if s.tables, err = newStatistics(ctx, s.read); err != nil {
		return nil, err
	}
	s.writes, s.lookups = newGatherer(s), newLookups(s.read, s.opt)
	s.Store = sqlstore.New(sqlstore.Engine{
		Dialect: sqlstore.Dialect{
			Unique: isUnique, Busy: isBusy, Concurrent: true, Prepares: true, Snapshot: sql.LevelRepeatableRead,
			Like: "ILIKE", Patience: s.opt.Timeout,
		},
		Read:   s.read,
		Lookup: s.lookups.rows,
		Write:  s.writes.do,
		Scrub:  s.scrub,
		Stats:  s.stats,
	}, sqlstore.Options{Now: opt.Now, Scan: opt.Scan, ScanTime: opt.ScanTime, ScanKeys: opt.ScanKeys, TextsFrom: opt.TextsFrom, TextsAtOnce: opt.TextsAtOnce, ScanPeople: opt.ScanPeople})
	return s, nil
}

// migrate runs on connections of its own, which no statement_timeout bounds: an index of a large table takes its time.
func (s *Store) migrate(ctx context.Context) error {
	db := sql.OpenDB(s.address.unbounded())
	defer db.Close()
	if err := db.PingContext(ctx); err != nil {
		return err
	}
	pooled, err := s.address.refusesParameters(ctx, s.opt)
	if err != nil {
		return err
	}
	s.address.pooled = pooled
	if err := migrate(ctx, db); err != nil {
		return err
	}
	return finished(ctx, db)
}

// Connections that are never renewed would stay with a server that is to be emptied, and idle ones are closed.
const (
	connectionLife = 30 * time.Minute
	connectionIdle = 5 * time.Minute
)

func (s *Store) pool(c connector) *sql.DB {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(s.opt.Connections / 2)
	db.SetMaxIdleConns(s.opt.Connections / 2)
	db.SetConnMaxLifetime(connectionLife)
	db.SetConnMaxIdleTime(connectionIdle)
	return db
}

// Address is where the database is, without its password.
func (s *Store) Address() string { return s.address.String() }

// Close closes the connections.
func (s *Store) Close() error {
	var errs []error
	if s.tables != nil {
		s.tables.close()
	}
	if s.Store != nil {
		errs = append(errs, s.Store.Close())
	}
	for _, db := range []*sql.DB{s.read, s.write} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}
