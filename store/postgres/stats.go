package postgres

import (
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// stats is sqlstore.Engine's Stats. The queue has no Room: what bounds it is how long a write waits, Options.Timeout.
func (s *Store) stats() directory.StoreStats {
	return directory.StoreStats{
		Waits: s.writes.waits.Distribution(), Commits: s.writes.commits.Distribution(),
		Batches: s.writes.batches.Distribution(),
		Retries: s.writes.retries.Load(), Waiting: s.writes.queued(),
		Connections: map[string]directory.ConnectionStats{"write": sqlstore.PoolStats(s.write)},
	}
}
