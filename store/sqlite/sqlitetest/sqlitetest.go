// Package sqlitetest gives tests databases that need no migrations any more: those take most of a short test's time,
// under the race detector above all.
//
// It owns: one database per test binary, which is migrated once and copied for each test. It refuses: to open stores, which
// is the test's to do, as it wants them. The tests of package sqlite do without it, since they are about how a file is made.
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/usher-scim/usher/store/sqlite"
)

// Folder returns a folder of the test's own with an empty database in it, of the newest schema.
func Folder(t testing.TB) string {
	t.Helper()
	database, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, sqlite.FileName), database, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// migrated is the content of the file.
var migrated = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "usher-sqlitetest-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	store, err := sqlite.Open(context.Background(), folder, sqlite.Options{DangerSynchronousOff: true})
	if err != nil {
		return nil, err
	}
	if err := store.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(folder, sqlite.FileName)) // a store that is closed leaves no log beside it
})
