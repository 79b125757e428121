package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
)

func reopen(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path, Options{DangerSynchronousOff: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestOpen_TakesFoldersFilesAndAnyName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"", "plain.db", "white space.db", "a%20b?c#d&e.db", "ü.db"} {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		s := reopen(t, path)
		if err := connect(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		if err := s.Commit(t.Context(), childUser("ada")); err != nil {
			t.Fatal(err)
		}
		if name == "" {
			path = filepath.Join(dir, FileName)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if s.Path() != path || info.Mode().Perm() != 0o600 {
			t.Errorf("%q: file %s with mode %v, want %s with 0600", name, s.Path(), info.Mode(), path)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := reopen(t, path).User(t.Context(), childRoot, childConn, "ada"); err != nil {
			t.Errorf("%q: after reopening: %v", name, err)
		}
	}
}

func TestOpen_MissingFolderSaysSo(t *testing.T) {
	t.Parallel()
	_, err := Open(t.Context(), filepath.Join(t.TempDir(), "no", "usher.db"), Options{})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v, want %v", err, os.ErrNotExist)
	}
}

func TestOpen_ManyAtOnceMigrateOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			s, err := Open(context.Background(), dir, Options{DangerSynchronousOff: true})
			if errs[i] = err; err == nil {
				errs[i] = errors.Join(s.Check(context.Background()), s.Close())
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reopen(t, dir).read.QueryRow(`SELECT count(*) FROM schema_version WHERE version_id = 1`).Scan(&n); err != nil || n != 1 {
		t.Errorf("migration 1 is recorded %d times (%v), want once", n, err)
	}
}

// A newer release has migrated: this binary goes on if that release says so, else it refuses.
func TestOpen_NewerSchema(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		oldest int
		want   error
	}{
		{"expanded only, version 1 still works", 1, nil},
		{"contracted, needs version 99", 99, ErrNewerSchema},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			s := reopen(t, dir)
			for _, q := range []string{
				`INSERT INTO schema_version(version_id, is_applied) VALUES(99, 1)`,
				`INSERT INTO schema_floor(version, oldest) VALUES(99, ` + map[int]string{1: "1", 99: "99"}[test.oldest] + `)`,
			} {
				if err := s.writer.do(t.Context(), 1, statement(q)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Check(t.Context()); !errors.Is(err, test.want) {
				t.Errorf("check: %v, want %v", err, test.want)
			}
			other, err := Open(t.Context(), dir, Options{DangerSynchronousOff: true})
			if !errors.Is(err, test.want) {
				t.Errorf("open: %v, want %v", err, test.want)
			}
			if err == nil {
				other.Close()
			}
		})
	}
}

func TestCheck_FindsDamage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := reopen(t, dir)
	if err := connect(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ada", "bob"} {
		if err := s.Commit(t.Context(), childUser(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Check(t.Context()); err != nil {
		t.Fatalf("a sound file: %v", err)
	}
	if err := s.Close(); err != nil { // writes the log back into the file
		t.Fatal(err)
	}
	content, err := os.ReadFile(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	for i := 12 * 4096; i < len(content); i++ {
		content[i] ^= 0x55
	}
	if err := os.WriteFile(s.Path(), content, 0o600); err != nil {
		t.Fatal(err)
	}
	damaged, err := Open(t.Context(), dir, Options{})
	if err != nil {
		return // noticed even sooner
	}
	defer damaged.Close()
	if err := damaged.Check(t.Context()); err == nil {
		t.Error("a damaged file passes the check")
	}
}

// The server and the command line open one file; what only one of them has cached must not matter.
func TestStore_SymbolsOfAnotherProcessAreFound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	a, b := reopen(t, dir), reopen(t, dir)
	if _, err := a.User(t.Context(), childRoot, childConn, "ada"); !errors.Is(err, directory.ErrNotFound) {
		t.Fatalf("error %v, want %v", err, directory.ErrNotFound)
	}
	if err := errors.Join(connect(t.Context(), b), b.Commit(t.Context(), childUser("ada"))); err != nil {
		t.Fatal(err)
	}
	if _, err := a.User(t.Context(), childRoot, childConn, "ada"); err != nil {
		t.Errorf("what b has stored under new symbols a does not find: %v", err)
	}
}
