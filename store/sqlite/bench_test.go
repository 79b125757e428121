package sqlite_test

import (
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/storetest"
)

// BenchmarkStore measures durable writes (synchronous=FULL) and reads.
func BenchmarkStore(b *testing.B) { storetest.Bench(b, benchStore) }

// BenchmarkRows measures what each kind of row adds to a create.
func BenchmarkRows(b *testing.B) { storetest.BenchRows(b, benchStore) }

// BenchmarkPeople measures questions about 100,000 people.
func BenchmarkPeople(b *testing.B) { storetest.BenchPeople(b, benchStore) }

// BenchmarkFilters measures filters for a part of a text among 20,000 and 100,000 users.
func BenchmarkFilters(b *testing.B) { storetest.BenchFilters(b, benchStore) }

func benchStore(b *testing.B) directory.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}
