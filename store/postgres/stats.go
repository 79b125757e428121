package postgres

import (
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// stats is sqlstore.Engine's Stats.
func (s *Store) stats() directory.StoreStats {
	return directory.StoreStats{Connections: map[string]directory.ConnectionStats{"write": sqlstore.PoolStats(s.write)}}
}
