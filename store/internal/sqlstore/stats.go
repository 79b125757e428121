package sqlstore

import (
	"database/sql"

	"github.com/usher-scim/usher/directory"
)

// secondBuckets are the bounds of times: from a commit to memory up to a wait that a caller gives up.
var secondBuckets = []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5}

// readBuckets are those of reads, which a warm SQLite answers in some tens of microseconds.
var readBuckets = []float64{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.25, 1, 5}

// NewSeconds returns a histogram for the times of an engine.
func NewSeconds() *directory.Histogram { return directory.NewHistogram(secondBuckets...) }

// Stats implements directory.Store.
func (s *Store) Stats() directory.StoreStats {
	var all directory.StoreStats
	if s.engine.Stats != nil {
		all = s.engine.Stats()
	}
	all.Lookups, all.Lists = s.lookups.Distribution(), s.lists.Distribution()
	all.Texts = s.texts.size()
	all.Writes, all.Busy = s.writes.Distribution(), s.busy.Load()
	if all.Connections == nil {
		all.Connections = map[string]directory.ConnectionStats{}
	}
	read := PoolStats(s.engine.Read)
	if s.engine.Keyed != nil { // whose connections are busy to the pool, always
		keyed := s.engine.Keyed.stats()
		read.Max, read.Open, read.Busy = read.Max-keyed.Max, max(0, read.Open-keyed.Open), max(0, read.Busy-keyed.Open)
		all.Connections["lookup"] = keyed
	}
	all.Connections["read"] = read
	return all
}

// PoolStats is how busy the connections to a database are.
func PoolStats(db *sql.DB) directory.ConnectionStats {
	p := db.Stats()
	return directory.ConnectionStats{Max: p.MaxOpenConnections, Open: p.OpenConnections, Busy: p.InUse, Waits: p.WaitCount, Waited: p.WaitDuration}
}
