package postgres_test

import (
	"database/sql"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
)

const asleep = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`

// Look-ups that go together are answered each with its own rows, and the error of one is not that of the others.
func TestLookups_TogetherAndEachForItself(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	release := s.HoldLookups()
	var all sync.WaitGroup
	for i := range int64(100) { // more than go together at once
		all.Go(func() {
			query, want := `SELECT $1::bigint, $2::text, $3::bytea, NULL::text`, i != 7
			if !want {
				query = `SELECT 1 / ($1::bigint - 7), $2::text, $3::bytea, NULL::text`
			}
			rows, err := s.Lookup(query, []any{i, "nul \x00", []byte{0, 1}})
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
	await(t, func() bool { return s.WaitingLookups() == 100 })
	release()
	all.Wait()
}

// One that takes longer than a statement may is refused, and not those that went with it.
func TestLookups_OnlyTheSlowOneIsRefused(t *testing.T) {
	t.Parallel()
	url := database(t)
	s, err := postgres.Open(t.Context(), url, postgres.Options{Connections: 8, StatementTimeout: time.Second})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	release := s.HoldLookups()
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			seconds := "0"
			if i == 3 {
				seconds = "60"
			}
			_, err := s.Lookup(`SELECT pg_sleep($1::text::float)::text`, []any{seconds})
			if (err != nil) != (i == 3) {
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	await(t, func() bool { return s.WaitingLookups() == 6 })
	release()
	all.Wait()
}

// Who goes with a slow one waits for it. Who comes later takes the other way to the server.
func TestLookups_TheOtherWayIsFree(t *testing.T) {
	t.Parallel()
	url := database(t)
	s := open(t, url)
	release := s.HoldLookups()
	var together sync.WaitGroup
	var slow atomic.Bool
	for range 4 {
		together.Go(func() {
			_, err := s.Lookup(`SELECT pg_sleep(1)::text`, nil)
			slow.Store(true)
			if err != nil {
				t.Error(err)
			}
		})
	}
	await(t, func() bool { return s.WaitingLookups() == 4 })
	release()
	await(t, func() bool { return count(t, url, asleep) > 0 })
	if _, err := s.Lookup(`SELECT 1::bigint`, nil); err != nil || slow.Load() {
		t.Errorf("%v; behind the slow ones: %t", err, slow.Load())
	}
	together.Wait()
}

// A look-up is not sent any more when it has waited for longer than it may, and ends when it takes for so long.
func TestLookups_TimeHasABound(t *testing.T) {
	t.Parallel()
	s, err := postgres.Open(t.Context(), database(t), postgres.Options{Connections: 4, Timeout: 500 * time.Millisecond})
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	release := s.HoldLookups()
	if rows, err := s.Lookup(`SELECT 1::bigint`, nil); !errors.Is(err, directory.ErrBusy) || s.WaitingLookups() != 0 {
		t.Errorf("%v, %v", rows, err)
	}
	release()
	if rows, err := s.Lookup(`SELECT pg_sleep(60)::text`, nil); err == nil {
		t.Errorf("%v", rows)
	}
	if rows, err := s.Lookup(`SELECT 1::bigint`, nil); err != nil || len(rows) != 1 {
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
	var found atomic.Int64
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
				} else if err == nil {
					found.Add(1)
				}
			}
		})
	}
	for range 20 {
		before := found.Load()
		await(t, func() bool { return found.Load() > before })
		_, err := db.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`)
		must(t, err)
	}
	close(stop)
	clients.Wait()
	if u, err := s.User(t.Context(), "r", "c", "u"); err != nil || u.ID != "u" {
		t.Errorf("afterwards: %q, %v", u.ID, err)
	}
}
