package postgres_test

import (
	"database/sql"
	"testing"
	"time"
)

// lockRows runs a statement in a transaction that stays open until it is released.
func lockRows(t *testing.T, url, statement string) (release func()) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	tx, err := db.Begin()
	must(t, err)
	_, err = tx.Exec(statement)
	must(t, err)
	return func() { must(t, tx.Commit()) }
}

// waiting is how many sessions of the database wait for a lock.
func waiting(t *testing.T, url string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	must(t, db.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n))
	return n
}

// await waits until the server has come so far.
func await(t *testing.T, so func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}
