package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/usher-scim/usher/store/sqlite"
)

// made is a fresh database that nobody has open.
func made(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), sqlite.FileName)
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBackup_StandsAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), sqlite.FileName)
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	dir := t.TempDir()
	to, last := filepath.Join(dir, "saved.db"), 0
	err = sqlite.Backup(t.Context(), path, to, false, func(done, total int) {
		if done < last || done > total {
			t.Errorf("%d of %d pages after %d", done, total, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil || len(names) != 1 || last == 0 {
		t.Errorf("files %v, %d pages, %v", names, last, err)
	}
	if info, err := os.Stat(to); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	again, err := sqlite.Open(t.Context(), to, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(again.Check(t.Context()), again.Close()); err != nil {
		t.Error(err)
	}
}

func TestBackup_LeavesNothingWhenItFails(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, make([]byte, 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, "saved.db")
	ended, end := context.WithCancel(t.Context())
	end()
	for name, err := range map[string]error{
		"missing":  sqlite.Backup(t.Context(), filepath.Join(dir, "none"), to, false, nil),
		"no Usher": sqlite.Backup(t.Context(), text, to, false, nil),
		"stopped":  sqlite.Backup(ended, made(t), to, false, nil),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestBackup_TouchesNoOtherFile(t *testing.T) {
	t.Parallel()
	path, to := made(t), filepath.Join(t.TempDir(), "saved.db")
	for _, name := range []string{to, to + ".part"} {
		if err := os.WriteFile(name, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := sqlite.Backup(t.Context(), path, to, false, nil); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v, want %v", err, fs.ErrExist)
	}
	for _, name := range []string{to, to + ".part"} {
		if text, err := os.ReadFile(name); err != nil || string(text) != "precious" {
			t.Errorf("%s: %q %v", name, text, err)
		}
	}
	if err := sqlite.Backup(t.Context(), path, to, true, nil); err != nil {
		t.Error(err)
	}
	if left, err := filepath.Glob(to + "*"); err != nil || len(left) != 2 {
		t.Errorf("files: %v %v", left, err)
	}
}

func TestExamine_RefusesWhatCannotBeServed(t *testing.T) {
	t.Parallel()
	change := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, path string) {
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Exec(statement)
			if err = errors.Join(err, db.Close()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, test := range map[string]struct {
		spoil func(*testing.T, string)
		want  error
	}{
		"whole":                   {func(*testing.T, string) {}, nil},
		"a newer schema":          {change(`INSERT INTO schema_floor (version, oldest) VALUES (99999, 99999)`), sqlite.ErrNewerSchema},
		"somebody else's tables":  {change(`DROP TABLE workspace`), sqlite.ErrNotUsher},
		"an empty file":           {func(t *testing.T, path string) { truncate(t, path, 0) }, sqlite.ErrNotUsher},
		"a file that was cut off": {func(t *testing.T, path string) { truncate(t, path, 40_000) }, errAny},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := made(t)
			test.spoil(t, path)
			err := sqlite.Examine(t.Context(), path)
			if test.want == errAny && err != nil {
				return
			}
			if !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

var errAny = errors.New("any error")

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func TestCheckUnused_SeesAnotherStore(t *testing.T) {
	t.Parallel()
	path := made(t)
	if err := sqlite.CheckUnused(t.Context(), path); err != nil {
		t.Errorf("closed: %v", err)
	}
	if err := sqlite.CheckUnused(t.Context(), path+".none"); err != nil {
		t.Errorf("not there: %v", err)
	}
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlite.CheckUnused(t.Context(), path); !errors.Is(err, sqlite.ErrInUse) {
		t.Errorf("open: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := sqlite.CheckUnused(t.Context(), path); err != nil {
		t.Errorf("closed again: %v", err)
	}
}
