package sqlite_test

import (
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/storetest"
)

// BenchmarkStore measures durable writes (synchronous=FULL) and reads.
func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) directory.Store {
		s, err := sqlite.Open(b.Context(), b.TempDir(), sqlite.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { s.Close() })
		return s
	})
}
