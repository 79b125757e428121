package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	driver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// FileName is the database's name in a data folder.
const FileName = "usher.db"

// Options configure a [Store]. The zero value is for production.
type Options struct {
	// BusyTimeout bounds how long a write waits for another process's. Defaults to 10 s.
	BusyTimeout time.Duration
	// DangerSynchronousOff leaves out every sync: a power cut may lose acknowledged writes or the whole file. It is
	// there to prove that the durability tests can fail, and for throw-away data. Defaults to false.
	DangerSynchronousOff bool
	// Log receives what happens in the background. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Queue is how many writes may wait. Defaults to 1,024.
	Queue int
	// Readers is the number of connections that read, half of them for look-ups by key alone. Defaults to twice the
	// processors, at least 4.
	Readers int
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

	checkpoint int // pages of log after which it is copied into the database
}

func (o Options) withDefaults() Options {
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Queue <= 0 {
		o.Queue = 1024
	}
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.checkpoint <= 0 {
		o.checkpoint = checkpointPages
	}
	return o
}

// Store is a directory.Store in one SQLite file.
type Store struct {
	*sqlstore.Store
	path   string
	opt    Options
	read   *sql.DB
	write  *sql.DB
	writer *writer
	lookup *lookups
	log    *checkpointer
}

// Open opens the database at path, or in the folder path, and makes it when there is none. It applies the
// migrations that are due. Close the store after use.
func Open(ctx context.Context, path string, opt Options) (_ *Store, err error) {
	opt = opt.withDefaults()
	if path, err = create(path); err != nil {
		return nil, err
	}
	s := &Store{path: path, opt: opt}
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.write, err = sql.Open("sqlite", dsn(path, opt, "immediate", writerCache)+undoInMemory+secureDelete); err != nil {
		return nil, err
	}
	s.write.SetMaxOpenConns(1)
	if err = migrations.Apply(ctx, s.write); err != nil {
		return nil, told(path, err)
	}
	if s.writer, err = newWriter(ctx, s.write, path, opt); err != nil {
		return nil, told(path, err)
	}
	if s.log, err = newCheckpointer(path, opt, s.writer); err != nil {
		return nil, told(path, err)
	}
	if s.read, err = sql.Open("sqlite", dsn(path, opt, "deferred", min(readerCache, allReaderCaches/opt.Readers))+"&_pragma=query_only(1)"); err != nil {
		return nil, err
	}
	s.read.SetMaxOpenConns(opt.Readers)
	s.read.SetMaxIdleConns(opt.Readers)
	if s.lookup, err = newLookups(ctx, s.read, opt.Readers/2); err != nil {
		return nil, told(path, err)
	}
	s.Store = sqlstore.New(sqlstore.Engine{
		Dialect: sqlstore.Dialect{Unique: isUnique, Busy: func(err error) bool { return isBusy(err) || isDisk(err) }},
		Read:    s.read,
		Keyed:   s.lookup.lender,
		Write:   s.writer.do,
		Scrub:   s.scrub,
		Stats:   s.writer.stats,
	}, sqlstore.Options{Now: opt.Now, Scan: opt.Scan, ScanTime: opt.ScanTime, ScanKeys: opt.ScanKeys, TextsFrom: opt.TextsFrom, TextsAtOnce: opt.TextsAtOnce, ScanPeople: opt.ScanPeople})
	return s, nil
}

// Path is the database file.
func (s *Store) Path() string { return s.path }

// Close ends the writes under way and closes the file. Writes that come later are refused.
func (s *Store) Close() error {
	var errs []error
	if s.log != nil {
		errs = append(errs, s.log.close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.lookup != nil {
		errs = append(errs, s.lookup.close())
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

// create makes the file, readable by its owner only, and syncs its folder, so that a power cut does not take the
// name away.
func create(path string) (string, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, FileName)
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", unwritable(path, fmt.Errorf("sqlite: %w", err))
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return path, syncFolder(filepath.Dir(path))
}

func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && runtime.GOOS != "windows" {
		return err
	}
	return nil
}

// The settings. A long log saves copies of pages that change again and again; a larger cache of the writer hardly
// anything. But a log of 64 MB takes 30 to 40 ms to be cut to nothing, while nobody writes; see scrub.
// A cache takes twice its size: a page has a header, and the driver's allocator knows powers of two only. So caches are
// small, and many readers have smaller ones: the operating system keeps the pages too.
const (
	writerCache     = 8 << 10 // KiB
	readerCache     = 2 << 10
	allReaderCaches = 32 << 10
	checkpointPages = 8_000 // 32 MB of log
)

// undoInMemory keeps in memory what a savepoint or statement would be rolled back by. In a temporary file it takes a
// fifth of the time of a create in a batch. It is bounded by what one item of a batch, or one statement, touches.
const undoInMemory = "&_pragma=temp_store(memory)"

// secureDelete overwrites what is deleted with zeros, so that an erased value is in no free page or gap of one.
const secureDelete = "&_pragma=secure_delete(on)"

func dsn(path string, opt Options, lock string, cacheKiB int) string {
	sync := "FULL"
	if opt.DangerSynchronousOff {
		sync = "OFF"
	}
	q := url.Values{"_txlock": {lock}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", opt.BusyTimeout.Milliseconds()),
		"journal_mode(WAL)",
		"synchronous(" + sync + ")",
		fmt.Sprintf("cache_size(-%d)", cacheKiB),
		fmt.Sprintf("wal_autocheckpoint(%d)", checkpointSpare*opt.checkpoint),
		"foreign_keys(0)",
	}}
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

func isUnique(err error) bool {
	code := codeOf(err)
	return code == sqlite3.SQLITE_CONSTRAINT_UNIQUE || code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

func isBusy(err error) bool {
	code := codeOf(err) & 0xff
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

// isDisk reports that the disk is full or fails.
func isDisk(err error) bool {
	code := codeOf(err) & 0xff
	return code == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR
}

// told says which file an error is about.
func told(path string, err error) error {
	if isUnwritable(err) {
		return unwritable(path, err)
	}
	return fmt.Errorf("sqlite: %s: %w", path, err)
}

func codeOf(err error) int {
	var e *driver.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}
