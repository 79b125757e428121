package postgres_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
	"github.com/usher-scim/usher/store/postgres"
)

type lookups = func(query string, args []any) ([]sqlstore.Row, error)

// occupy takes every leader's place for a while, so that what is asked meanwhile goes together. It returns when the server
// is at it, and the returned function when it is over.
func occupy(t *testing.T, url string, s *postgres.Store, ask lookups, seconds string) (wait func()) {
	t.Helper()
	var sleepers sync.WaitGroup
	for range s.Leaders() {
		sleepers.Go(func() {
			if _, err := ask(`SELECT pg_sleep($1::text::float)::text`, []any{seconds}); err != nil {
				t.Error(err)
			}
		})
		await(t, func() bool { return asleep(t, url) > 0 })
	}
	await(t, func() bool { return asleep(t, url) == s.Leaders() })
	return sleepers.Wait
}

func asleep(t *testing.T, url string) (n int) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	must(t, db.QueryRow(`SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`).Scan(&n))
	return n
}

// Look-ups that go together are answered each with its own rows, and the error of one is not that of the others.
func TestLookups_TogetherAndEachForItself(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	ask := s.Lookups()
	wait := occupy(t, url, s, ask, "0.5")
	var all sync.WaitGroup
	for i := range int64(100) { // more than go together at once
		all.Go(func() {
			query, want := `SELECT $1::bigint, $2::text, $3::bytea, NULL::text`, i != 7
			if !want {
				query = `SELECT 1 / ($1::bigint - 7), $2::text, $3::bytea, NULL::text`
			}
			rows, err := ask(query, []any{i, "nul \x00", []byte{0, 1}})
			if !want {
				if err == nil || !strings.Contains(err.Error(), "division by zero") || errors.Is(err, directory.ErrBusy) {
					t.Errorf("a query at fault: %v", err)
				}
				return
			}
			if err != nil || len(rows) != 1 {
				t.Errorf("%d: %v, %v", i, rows, err)
				return
			}
			var n int64
			var text string
			var bytes, none []byte
			if err := rows[0].Scan(&n, &text, &bytes, &none); err != nil || n != i || text != "nul \x00" || string(bytes) != "\x00\x01" || none != nil {
				t.Errorf("%d: %v, %v", i, rows, err)
			}
		})
	}
	all.Wait()
	wait()
}

// A look-up is not sent any more when it has waited for longer than a client would.
func TestLookups_WaitHasABound(t *testing.T) {
	t.Parallel()
	url := database(t)
	s, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 4, Timeout: 100 * time.Millisecond})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	ask := s.Lookups()
	wait := occupy(t, url, s, ask, "1")
	if rows, err := ask(`SELECT 1::bigint`, nil); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("%v, %v", rows, err)
	}
	wait()
	if rows, err := ask(`SELECT 1::bigint`, nil); err != nil || len(rows) != 1 {
		t.Errorf("afterwards: %v, %v", rows, err)
	}
}

// Connections that the server ends are replaced: a user who is there is found, or the store is busy, and never "not found".
func TestLookups_ConnectionsEnd(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	must(t, s.Commit(t.Context(), &directory.Change{
		Root:        "r",
		Connections: []directory.Edit[directory.Connection]{{After: &directory.Connection{Root: "r", ID: "c", Workspace: "r", Version: 1}}},
		Users: []directory.UserEdit{{Edit: directory.Edit[directory.User]{After: &directory.User{
			Root: "r", Connection: "c", ID: "u", UserName: "ada", UserNameKey: "ada", Version: 1, Body: []byte(`{}`),
		}}}},
	}))
	db, err := sql.Open("pgx", url)
	must(t, err)
	defer db.Close()
	var clients sync.WaitGroup
	stop := make(chan struct{})
	for range 8 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if u, err := s.User(t.Context(), "r", "c", "u"); err == nil && u.ID != "u" || err != nil && !errors.Is(err, directory.ErrBusy) {
					t.Errorf("%q, %v", u.ID, err)
					return
				}
			}
		})
	}
	for range 20 {
		_, err := db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		must(t, err)
	}
	close(stop)
	clients.Wait()
	if u, err := s.User(t.Context(), "r", "c", "u"); err != nil || u.ID != "u" {
		t.Errorf("afterwards: %q, %v", u.ID, err)
	}
}
