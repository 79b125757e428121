package sqlite_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
	"github.com/usher-scim/usher/store/storetest"
)

// open opens a store of its own for a test. Without syncs: what they are for is tested in durability_test.go. A machine
// that is busy has the time for scans.
func open(t testing.TB, dir string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), dir, sqlite.Options{DangerSynchronousOff: true, ScanTime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) directory.Store { return open(t, sqlitetest.Folder(t)) })
}

func TestConformance_TwoStoresOnOneFile(t *testing.T) {
	t.Parallel()
	storetest.RunShared(t, func(t *testing.T) (a, b directory.Store) {
		dir := sqlitetest.Folder(t)
		return open(t, dir), open(t, dir)
	})
}
