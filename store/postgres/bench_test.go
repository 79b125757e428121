package postgres_test

import (
	"os"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
	"github.com/usher-scim/usher/store/storetest"
)

// execMode is a further part of the address, to compare the ways to run a statement, such as
// "&default_query_exec_mode=cache_describe".
var execMode = os.Getenv("USHER_BENCH_POSTGRES")

// BenchmarkStore measures durable writes (fsync and synchronous_commit on) and reads.
func BenchmarkStore(b *testing.B) { storetest.Bench(b, benchStore(b)) }

// BenchmarkPeople measures questions about 100,000 people.
func BenchmarkPeople(b *testing.B) { storetest.BenchPeople(b, benchStore(b)) }

// BenchmarkFilters measures filters for a part of a text among 20,000 and 100,000 users.
func BenchmarkFilters(b *testing.B) { storetest.BenchFilters(b, benchStore(b)) }

// benchStore starts a server as it is run in production.
func benchStore(b *testing.B) func(*testing.B) directory.Store {
	b.Helper()
	durable, err := postgrestest.Start("fsync=on", "full_page_writes=on", "autovacuum_naptime=1min", "shared_buffers=512MB")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := durable.Stop(); err != nil {
			b.Error(err)
		}
	})
	return func(b *testing.B) directory.Store {
		b.Helper()
		s, err := postgres.Open(b.Context(), durable.Database(b, "")+execMode, postgres.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	}
}
