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
	return openWith(t, dir, sqlite.Options{})
}

func openWith(t testing.TB, dir string, opt sqlite.Options) *sqlite.Store {
	t.Helper()
	opt.DangerSynchronousOff, opt.ScanTime = true, time.Minute
	s, err := sqlite.Open(t.Context(), dir, opt)
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

// texts opens two stores on one file: one that keeps texts in memory, and one that does not.
func texts(opt sqlite.Options) func(t *testing.T) (memory, engine directory.Store) {
	return func(t *testing.T) (memory, engine directory.Store) {
		opt.TextsFrom = 1
		dir := sqlitetest.Folder(t)
		return openWith(t, dir, opt), openWith(t, dir, sqlite.Options{TextsFrom: -1})
	}
}

func TestConformance_TextsInMemory(t *testing.T) {
	t.Parallel()
	storetest.RunTexts(t, texts(sqlite.Options{TextsAtOnce: true}))
}

func TestConformance_TextsReadBeside(t *testing.T) {
	t.Parallel()
	storetest.RunTexts(t, texts(sqlite.Options{}))
}

func TestConformance_TextsPruned(t *testing.T) {
	t.Parallel()
	storetest.RunTextsPruned(t, texts(sqlite.Options{TextsAtOnce: true}))
}

// TestConformance_PartsFromMemory: the promises of lists hold for whoever is answered from memory too.
func TestConformance_PartsFromMemory(t *testing.T) {
	storetest.SkipUnderRace(t)
	t.Parallel()
	storetest.RunParts(t, func(t *testing.T) directory.Store {
		return openWith(t, sqlitetest.Folder(t), sqlite.Options{TextsFrom: 1, TextsAtOnce: true})
	})
}
