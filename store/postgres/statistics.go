package postgres

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// PostgreSQL plans for tables without statistics as if their indexes were all the same, and each connection keeps such a
// plan until there are some: a minute and more of slow look-ups, while a new directory is filled. Autovacuum comes too
// late for that. So who fills it has the tables analysed when there is something in them.

// analysedAt are the numbers of rows that this process has written, after which tables that were small are analysed.
// Behind the last one they are left to autovacuum.
var analysedAt = [...]int64{1_000, 10_000, 100_000}

// small is how many resources a table has for which this is worth while. analyzeTime bounds one run.
const (
	small       = 10_000
	analyzeTime = time.Minute
)

// analyzed are the tables that are looked up in by more than one index.
const analyzed = `ANALYZE resource, attribute, member, subject, membership, connection, audit, event, request, session, link`

// statistics has new tables analysed.
type statistics struct {
	db    *sql.DB
	end   context.CancelFunc
	ended context.Context
	runs  sync.WaitGroup

	mu   sync.Mutex
	rows int64 // written
	step int   // of analysedAt, that is next
}

// newStatistics returns one that has nothing to do if the tables are not small any more.
func newStatistics(ctx context.Context, db *sql.DB) (*statistics, error) {
	s := &statistics{db: db}
	s.ended, s.end = context.WithCancel(context.Background())
	var resources float64 // as of the last time; -1: never
	err := db.QueryRowContext(ctx, `SELECT coalesce((SELECT reltuples FROM pg_class WHERE oid = to_regclass('resource')), 0)`).Scan(&resources)
	if resources >= small {
		s.step = len(analysedAt)
	}
	return s, err
}

// wrote counts rows that are committed.
func (s *statistics) wrote(rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows += int64(rows)
	if s.step == len(analysedAt) || s.rows < analysedAt[s.step] {
		return
	}
	s.step++
	s.runs.Go(s.analyze)
}

func (s *statistics) analyze() {
	ctx, cancel := context.WithTimeout(s.ended, analyzeTime)
	defer cancel()
	_, _ = s.db.ExecContext(ctx, analyzed) // when it fails it is autovacuum's again
}

// close stops a run under way. Nothing is analysed any more.
func (s *statistics) close() {
	s.end()
	s.mu.Lock()
	s.step = len(analysedAt)
	s.mu.Unlock()
	s.runs.Wait()
}
