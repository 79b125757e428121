package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"
)

// fill writes rows, a page each.
func fill(t *testing.T, s *Store, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		query := fmt.Sprintf(`INSERT INTO page VALUES(%d, zeroblob(4000))`, i)
		if err := s.writer.do(t.Context(), 1, statement(query)); err != nil {
			t.Fatal(err)
		}
	}
}

// openPages returns a store with a table for fill, whose commits never copy the log themselves.
func openPages(t *testing.T, opt Options) *Store {
	t.Helper()
	s := openWriter(t, opt)
	for _, query := range []string{`CREATE TABLE page (i INTEGER PRIMARY KEY, b BLOB)`, `PRAGMA wal_autocheckpoint = 0`} {
		if err := s.writer.do(t.Context(), 1, statement(query)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func (s *Store) logPages(t *testing.T) int {
	t.Helper()
	log, err := checkpoint(t.Context(), s.log.db, "NOOP")
	if err != nil {
		t.Fatal(err)
	}
	return log.pages
}

func (s *Store) wantCopy(t *testing.T, want bool) {
	t.Helper()
	if done, err := s.log.copyLog(t.Context(), "RESTART"); err != nil || done != want {
		t.Fatalf("copied: %t (%v), want %t", done, err, want)
	}
}

func TestCheckpoint_TheNextWriteBeginsTheLogAnew(t *testing.T) {
	t.Parallel()
	s := openPages(t, Options{})
	fill(t, s, 0, 300)
	long := s.logPages(t)
	s.wantCopy(t, true)
	fill(t, s, 300, 301)
	if got := s.logPages(t); got >= long/2 {
		t.Errorf("%d pages of log after %d were copied", got, long)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// A reader of an old state keeps the log as it is. Nobody waits for it: neither the copy nor who writes.
func TestCheckpoint_AReaderKeepsTheLogAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := openPages(t, Options{})
	fill(t, s, 0, 10)
	reader, err := s.read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Rollback()
	count := func() (n int) {
		if err := reader.QueryRow(`SELECT count(*) FROM page`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := count()
	fill(t, s, 10, 20)
	s.wantCopy(t, false)
	fill(t, s, 20, 30)
	if got := count(); got != before {
		t.Errorf("the reader sees %d rows, and saw %d", got, before)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	s.wantCopy(t, true)
}

// While there are writes the log is looked at, and copied when it is long.
func TestCheckpoint_TheLogStaysShort(t *testing.T) {
	t.Parallel()
	s := openPages(t, Options{checkpoint: 50})
	deadline := time.Now().Add(time.Minute)
	for i := 0; ; i += 100 {
		before := s.logPages(t)
		fill(t, s, i, i+100)
		if s.logPages(t) < before {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d pages of log", before)
		}
	}
}

func TestCheckpoint_NobodyWritesWhileTheWriterIsPaused(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	err := s.writer.pause(t.Context(), func(*sql.Conn) error {
		cancel()
		if err := s.writer.do(ctx, 1, insert(1)); err == nil {
			t.Error("a write was done meanwhile")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := stored(t, s); got != "" {
		t.Errorf("stored %s, want nothing", got)
	}
	if err := s.writer.do(t.Context(), 1, insert(2)); err != nil {
		t.Error(err)
	}
}
