package postgres_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/usher-scim/usher/store/postgres"
)

// To take what was deleted out of a large table takes longer than a request may.
func TestScrub_IsNotBoundAsRequestsAre(t *testing.T) {
	t.Parallel()
	url := database(t)
	s, err := postgres.Open(t.Context(), url, postgres.Options{StatementTimeout: time.Second, LockTimeout: time.Second})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	tx, err := db.Begin()
	must(t, err)
	_, err = tx.Exec(`LOCK TABLE resource IN SHARE UPDATE EXCLUSIVE MODE`)
	must(t, err)
	ended := make(chan error, 1)
	go func() { ended <- s.Scrub(t.Context()) }()
	await(t, func() bool {
		return count(t, url, `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query = 'VACUUM resource'
			AND wait_event_type = 'Lock' AND clock_timestamp() > query_start + interval '1500 ms'`) == 1 || len(ended) > 0
	})
	must(t, tx.Rollback())
	must(t, <-ended)
}
