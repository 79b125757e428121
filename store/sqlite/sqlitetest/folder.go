package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

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

// Options are those of a store that a test opens: without syncs, which are for a power cut. A benchmark has them.
func Options(t testing.TB, now func() time.Time) sqlite.Options {
	_, isMeasured := t.(*testing.B)
	return sqlite.Options{Now: now, DangerSynchronousOff: !isMeasured}
}
