package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/internal/sqlstore"
	"github.com/usher-scim/usher/store/postgres"
)

// gathered has writes wait, in their order, so that the first to be let go runs them all, and returns their answers.
func gathered(t *testing.T, s *postgres.Store, writes ...func() error) []error {
	t.Helper()
	release := s.HoldWrites()
	errs := make([]error, len(writes))
	var wg sync.WaitGroup
	for i, write := range writes {
		wg.Go(func() { errs[i] = write() })
		await(t, func() bool { return s.WaitingWrites() == i+1 })
	}
	release()
	wg.Wait()
	return errs
}

// noted opens a store that knows the root, with a table of its own, where each row has the number of its transaction.
func noted(t *testing.T) (*postgres.Store, *sql.DB) {
	t.Helper()
	url := server.Database(t, "") // for this test alone
	s := open(t, url)
	must(t, s.Commit(t.Context(), logged("first")))
	db, err := sql.Open("pgx", url)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Exec(`CREATE TABLE note (i INT PRIMARY KEY, xid BIGINT NOT NULL DEFAULT txid_current())`)
	must(t, err)
	return s, db
}

// notes lists what is in the table, and counts its transactions.
func notes(t *testing.T, db *sql.DB) (list string, transactions int) {
	t.Helper()
	must(t, db.QueryRow(`SELECT coalesce(string_agg(i::TEXT, ',' ORDER BY i), ''), count(DISTINCT xid) FROM note`).Scan(&list, &transactions))
	return list, transactions
}

func note(i int) func(*sqlstore.Tx) error {
	return func(tx *sqlstore.Tx) error { return tx.Exec(fmt.Sprintf(`INSERT INTO note(i) VALUES(%d)`, i)) }
}

func TestGather_WhatWaitsSharesATransaction(t *testing.T) {
	t.Parallel()
	s, db := noted(t)
	var writes []func() error
	for i := range 5 {
		writes = append(writes, func() error { return s.Write(t.Context(), 1, note(i)) })
	}
	for i, err := range gathered(t, s, writes...) {
		if err != nil {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if list, n := notes(t, db); list != "0,1,2,3,4" || n != 1 {
		t.Errorf("%s in %d transactions", list, n)
	}
	if n := s.Stats(); n.Batches.Count != 2+1 || n.Batches.Sum != 2+5 || n.Waits.Count != 2+5 || n.Retries != 0 || n.Waiting != 0 { // two were noted's
		t.Errorf("%+v", n)
	}
}

func TestGather_AFailureUndoesOnlyItself(t *testing.T) {
	t.Parallel()
	s, db := noted(t)
	then := func(i int, end func() error) func() error {
		return func() error {
			return s.Write(t.Context(), 1, func(tx *sqlstore.Tx) error {
				if err := note(i)(tx); err != nil {
					return err
				}
				return end()
			})
		}
	}
	passes := func() error { return nil }
	errs := gathered(t, s, then(1, passes), then(2, func() error { return errors.New("failed") }), then(3, passes),
		then(4, func() error { panic("of its own") }), func() error { return s.Commit(t.Context(), logged("x")) },
		func() error { return s.Commit(t.Context(), stale()) }, then(5, passes))
	for i, want := range []string{"", "failed", "", "of its own", "", directory.ErrConflict.Error(), ""} {
		if (errs[i] == nil) != (want == "") || errs[i] != nil && !strings.Contains(errs[i].Error(), want) {
			t.Errorf("write %d: %v, want %q", i, errs[i], want)
		}
	}
	if list, _ := notes(t, db); list != "1,3,5" {
		t.Errorf("there are %s", list)
	}
	if n := s.Stats(); n.Retries != 7 || n.Batches.Count != 2+4 || n.Batches.Sum != 2+4 { // each alone, and three failed
		t.Errorf("%+v", n)
	}
	if page, err := s.Events(t.Context(), root, 0, 0); err != nil || len(page) != 2 {
		t.Errorf("%d events, %v", len(page), err)
	}
}

// Rows of several writes are one statement, and each as if it were alone.
func TestGather_RowsOfSeveralWrites(t *testing.T) {
	t.Parallel()
	s, _ := noted(t)
	entry := func(id string, detail []byte) func() error {
		c := logged(id)
		c.Audit[0].Actor, c.Audit[0].Detail, c.Audit[0].Salt[0] = "who\x00is\x01"+id, detail, id[0]
		return func() error { return s.Commit(t.Context(), c) }
	}
	must(t, errors.Join(gathered(t, s, entry("a", nil), entry("b", []byte(`{"x":"y"}`)), entry("c", nil))...))
	list, err := s.Audit(t.Context(), root, "", 1, 0)
	must(t, err)
	var got []string
	for _, a := range list {
		got = append(got, fmt.Sprintf("%q %s %c", a.Actor, a.Detail, a.Salt[0]))
	}
	if want := []string{`"who\x00is\x01a"  a`, `"who\x00is\x01b" {"x":"y"} b`, `"who\x00is\x01c"  c`}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// New resources of several writes are one statement: each has its own keys and number, and is counted where it is.
func TestGather_UsersOfSeveralWrites(t *testing.T) {
	t.Parallel()
	url, stores := three(t)
	db, err := sql.Open("pgx", url)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	_, err = db.Exec(`SELECT setval('resource_seq_seq', 1015)`) // some are in the next block
	must(t, err)
	const writes = 20
	var list [writes]directory.User
	var commits []func() error
	for i := range list {
		list[i] = newUser(fmt.Sprint(i))
		c := create(&list[i])
		if i > 0 { // nor has each a key
			c.Users[0].AfterKeys = []scim.Key{{Attr: "title", Value: list[i].ID}, {Attr: "title", Value: list[i].ID}, {Attr: "city", Value: list[i].ID, Element: 1}}
		}
		commits = append(commits, func() error { return stores[0].Commit(t.Context(), c) })
	}
	must(t, stores[0].Commit(t.Context(), create(new(newUser("first"))))) // whoever comes knows the numbers of the attributes
	must(t, errors.Join(gathered(t, stores[0], commits...)...))
	for _, u := range list {
		found, err := stores[1].User(t.Context(), root, "c", u.ID)
		if err != nil || found.Seq != u.Seq || u.Seq < 1016 {
			t.Errorf("%s: number %d, told %d, %v", u.ID, found.Seq, u.Seq, err)
		}
	}
	var keys, miscounted int
	must(t, db.QueryRow(`SELECT count(*) FROM attribute a JOIN resource r ON r.root = a.root AND r.scope = a.scope AND r.seq = a.seq
		AND r.id = a.value`).Scan(&keys))
	must(t, db.QueryRow(`SELECT count(*) FROM (SELECT seq / 1024 AS block, count(*) AS n FROM resource GROUP BY 1) r
		FULL JOIN (SELECT block, sum(n) AS n FROM counter GROUP BY 1) c USING (block) WHERE r.n IS DISTINCT FROM c.n`).Scan(&miscounted))
	if keys != 2*(writes-1) || miscounted != 0 {
		t.Errorf("%d keys, %d blocks miscounted", keys, miscounted)
	}
}

// stale is a change of a subject whom nobody knows.
func stale() *directory.Change {
	who := directory.Subject{Root: root, ID: "s", Created: time.Unix(1, 0), Modified: time.Unix(1, 0), Version: 1}
	return &directory.Change{Root: root, Subjects: []directory.Edit[directory.Subject]{{Before: &who, After: &who}}}
}

func TestGather_ALargeWriteRunsAlone(t *testing.T) {
	t.Parallel()
	s, db := noted(t)
	defer s.HoldWrites()()
	must(t, s.Write(t.Context(), postgres.AloneRows+1, note(1)))
	if list, _ := notes(t, db); list != "1" {
		t.Errorf("there are %q", list)
	}
}

// Who leaves before a batch has come has written nothing. Who leaves afterwards hears how it went.
func TestGather_ACallerLeaves(t *testing.T) {
	t.Parallel()
	s, db := noted(t)
	early, leaveEarly := context.WithCancel(t.Context())
	late, leaveLate := context.WithCancel(t.Context())
	release := s.HoldWrites()
	left, stayed := make(chan error), make(chan error)
	go func() { left <- s.Write(early, 1, note(1)) }()
	await(t, func() bool { return s.WaitingWrites() == 1 })
	leaveEarly()
	if err := <-left; !errors.Is(err, directory.ErrBusy) {
		t.Errorf("left early: %v", err)
	}
	go func() {
		stayed <- s.Write(late, 1, func(tx *sqlstore.Tx) error {
			leaveLate()
			return note(2)(tx)
		})
	}()
	await(t, func() bool { return s.WaitingWrites() == 1 })
	release()
	must(t, <-stayed)
	if list, _ := notes(t, db); list != "2" {
		t.Errorf("there are %s", list)
	}
}

// A write that waits for nobody to lead gives up in time.
func TestGather_WaitsNoLongerThanItsTime(t *testing.T) {
	t.Parallel()
	s, err := postgres.Open(t.Context(), database(t), postgres.Options{Timeout: 50 * time.Millisecond})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	defer s.HoldWrites()()
	if err := s.Commit(t.Context(), logged("x")); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("committed: %v", err)
	}
}

// Who has to wait for a row does so alone: the others go on.
func TestGather_OneThatWaitsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	url, stores := three(t)
	release := lockRows(t, url, `UPDATE workspace SET name = name`)
	waits := logged("waits")
	waits.Config = 1
	passed := make(chan error, 1)
	done := make(chan []error)
	go func() {
		done <- gathered(t, stores[0], func() error { return stores[0].Commit(t.Context(), waits) }, func() error {
			err := stores[0].Commit(t.Context(), logged("passes"))
			passed <- err
			return err
		})
	}()
	must(t, <-passed)
	await(t, func() bool { return waiting(t, url) == 1 })
	must(t, stores[0].Commit(t.Context(), logged("next")))
	release()
	must(t, errors.Join(<-done...))
}

// When a connection breaks at the COMMIT of a batch nobody of it hears that it was done, and none runs again.
func TestGather_ALostCommitIsAcknowledgedToNobody(t *testing.T) {
	t.Parallel()
	s, db := noted(t)
	_, err := db.Exec(`CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
		CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON event DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION die()`)
	must(t, err)
	runs := 0
	counted := func() error {
		return s.Write(t.Context(), 1, func(tx *sqlstore.Tx) error {
			runs++
			return note(1)(tx)
		})
	}
	for i, err := range gathered(t, s, counted, func() error { return s.Commit(t.Context(), logged("x")) }) {
		if !errors.Is(err, directory.ErrBusy) || !strings.Contains(err.Error(), "nobody knows") {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if list, _ := notes(t, db); list != "" || runs != 1 {
		t.Errorf("there are %q after %d runs", list, runs)
	}
}

// The same holds for a commit that is done, and not on the standby.
func TestGather_ACommitThatIsNotOnTheStandbyIsAcknowledgedToNobody(t *testing.T) {
	t.Parallel()
	own, _ := alone(t, postgres.Options{}, "synchronous_standby_names=nobody", "synchronous_commit=local")
	s, err := postgres.Open(t.Context(), own.URL("postgres")+"&synchronous_commit=on", postgres.Options{Timeout: time.Second})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	_, err = s.Subject(t.Context(), root, "s") // so that the root is known
	if !errors.Is(err, directory.ErrNotFound) {
		t.Fatal(err)
	}
	for i, err := range gathered(t, s, func() error { return s.Commit(t.Context(), logged("a")) },
		func() error { return s.Commit(t.Context(), logged("b")) }) {
		if !errors.Is(err, directory.ErrBusy) {
			t.Errorf("write %d: %v", i, err)
		}
	}
	local, err := postgres.Open(t.Context(), own.URL("postgres"), postgres.Options{})
	must(t, err)
	t.Cleanup(func() { local.Close() })
	if page, err := local.Events(t.Context(), root, 0, 0); err != nil || len(page) != 3 {
		t.Errorf("%d events, want each once: %v", len(page), err)
	}
}
