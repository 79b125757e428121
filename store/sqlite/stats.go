package sqlite

import (
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// writes is what the writer counts of itself.
type writes struct {
	waits, commits, batches *directory.Histogram
}

func newWrites() writes {
	return writes{
		waits: sqlstore.NewSeconds(), commits: sqlstore.NewSeconds(),
		batches: directory.NewHistogram(1, 2, 4, 8, 16, 32, batchItems),
	}
}

// committed counts a transaction that has become durable.
func (s *writes) committed(items int, began time.Time) {
	s.commits.Observe(time.Since(began).Seconds())
	s.batches.Observe(float64(items))
}

// stats is sqlstore.Engine's Stats.
func (w *writer) stats() directory.StoreStats {
	return directory.StoreStats{
		Waits: w.counted.waits.Distribution(), Commits: w.counted.commits.Distribution(), Batches: w.counted.batches.Distribution(),
		Waiting: len(w.queue), Room: cap(w.queue),
	}
}
