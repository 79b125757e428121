package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// set runs a PRAGMA on the connection that writes.
func (s *Store) set(t *testing.T, pragma string) {
	t.Helper()
	if err := s.writer.pause(t.Context(), func(c *sql.Conn) error {
		_, err := c.ExecContext(t.Context(), `PRAGMA `+pragma)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// pages is how many the database has.
func (s *Store) pages(t *testing.T) (n int) {
	t.Helper()
	if err := s.read.QueryRow(`PRAGMA page_count`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// wantRefused asserts that a write, and the probe behind it, say that the file cannot be written.
func (s *Store) wantRefused(t *testing.T, err error, text string) {
	t.Helper()
	for what, err := range map[string]error{"write": err, "probe": s.Ping(t.Context())} {
		var told *Error
		if !errors.As(err, &told) || !errors.Is(err, directory.ErrBusy) || !errors.Is(err, directory.ErrReadOnly) ||
			told.Path != s.path || told.Hint == "" || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "INSERT") {
			t.Errorf("%s: %v, want %q", what, err, text)
		}
	}
}

// Without room a write is refused and the probe says so; with room both pass again by themselves.
func TestUnwritable_AFullDisk(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	if err := errors.Join(connect(t.Context(), s), s.Commit(t.Context(), childUser("ada"))); err != nil {
		t.Fatal(err)
	}
	s.set(t, fmt.Sprintf(`max_page_count = %d`, s.pages(t)))
	var err error
	for i := 0; err == nil && i < 1000; i++ {
		err = s.Commit(t.Context(), childUser(fmt.Sprintf("u%d", i)))
	}
	s.wantRefused(t, err, "there is no room left on its disk")
	if _, err := s.User(t.Context(), childRoot, childConn, "ada"); err != nil {
		t.Errorf("a read: %v", err)
	}
	s.set(t, `max_page_count = 1000000`)
	if err := errors.Join(s.Ping(t.Context()), s.Commit(t.Context(), childUser("bob")), s.Check(t.Context())); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// Of writes that share a transaction those fail that find no room.
func TestUnwritable_InABatch(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	s.set(t, fmt.Sprintf(`max_page_count = %d`, s.pages(t)))
	large := statement(`INSERT INTO secret(root, name, sealed) VALUES(0, 'x', zeroblob(1000000))`)
	errs := inOneBatch(t, s, &item{rows: 1, fn: insert(1)}, &item{rows: 1, fn: large}, &item{rows: 1, fn: insert(3)})
	if errs[0] != nil || !isUnwritable(errs[1]) || errs[2] != nil {
		t.Errorf("got %v", errs)
	}
	if got := stored(t, s); got != "1,3" {
		t.Errorf("stored %s", got)
	}
}

func TestUnwritable_ReadOnly(t *testing.T) {
	t.Parallel()
	s := reopen(t, t.TempDir())
	s.set(t, `query_only = 1`)
	s.wantRefused(t, connect(t.Context(), s), "read-only")
	s.set(t, `query_only = 0`)
	if err := errors.Join(s.Ping(t.Context()), connect(t.Context(), s)); err != nil {
		t.Errorf("writable again: %v", err)
	}
}

// A probe writes as long as writes are refused, and leaves nothing; as long as they pass it writes nothing.
func TestUnwritable_ProbesWriteOnlyWhenTheyHaveTo(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	probe := func() (written int) {
		before := s.logPages(t)
		if err := s.Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		return s.logPages(t) - before
	}
	if n := probe(); n != 0 {
		t.Errorf("a probe has written %d pages", n)
	}
	s.writer.refusal.Store(&Error{})
	if n := probe(); n < 200 {
		t.Errorf("the probe after a refusal has written %d pages", n)
	}
	if n := probe(); n != 0 {
		t.Errorf("the probe after one that passed has written %d pages", n)
	}
	var left int
	if err := s.read.QueryRow(`SELECT count(*) FROM secret`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}

// A file that can only be read is opened for who reads, and says so.
func TestUnwritable_OpenTellsOfAFileThatIsReadOnly(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 {
		t.Skip("no file is read-only to the superuser")
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := reopen(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	s, err := Open(t.Context(), path, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if !strings.Contains(log.String(), "read-only") {
		t.Errorf("log: %s", log.String())
	}
	s.wantRefused(t, connect(context.Background(), s), "read-only")
	if _, err := s.Workspaces(t.Context()); err != nil {
		t.Errorf("a read: %v", err)
	}
}
