package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// openWriter returns a store with a table of its own for the writer's tests.
func openWriter(t *testing.T, opt Options) *Store {
	t.Helper()
	opt.DangerSynchronousOff = true
	s, err := Open(t.Context(), t.TempDir(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.writer.do(t.Context(), 1, statement(`CREATE TABLE n (i INTEGER PRIMARY KEY)`)); err != nil {
		t.Fatal(err)
	}
	return s
}

func statement(query string) func(*sqlstore.Tx) error {
	return func(tx *sqlstore.Tx) error { return tx.Exec(query) }
}

func insert(i int) func(*sqlstore.Tx) error {
	return statement(fmt.Sprintf(`INSERT INTO n VALUES(%d)`, i))
}

// stored lists what is in the table.
func stored(t *testing.T, s *Store) string {
	t.Helper()
	var list sql.NullString
	if err := s.read.QueryRow(`SELECT group_concat(i) FROM (SELECT i FROM n ORDER BY i)`).Scan(&list); err != nil {
		t.Fatal(err)
	}
	return list.String
}

// inOneBatch queues items while nobody leads, so that the first to be let go runs them all, and returns their
// answers.
func inOneBatch(t *testing.T, s *Store, items ...*item) []error {
	t.Helper()
	s.writer.lead <- struct{}{}
	for _, it := range items {
		it.done = make(chan error, 1)
		s.writer.queue <- it
	}
	s.writer.drain(items[len(items)-1])
	<-s.writer.lead
	errs := make([]error, len(items))
	for i, it := range items {
		select {
		case errs[i] = <-it.done:
		default:
			t.Fatalf("item %d was not answered", i)
		}
	}
	return errs
}

func TestWriter_AFailureUndoesOnlyItself(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	failed := errors.New("failed")
	halfDone := func(i int) func(*sqlstore.Tx) error {
		return func(tx *sqlstore.Tx) error {
			if err := insert(i)(tx); err != nil {
				return err
			}
			return failed
		}
	}
	panics := func(tx *sqlstore.Tx) error {
		if err := insert(99)(tx); err != nil {
			return err
		}
		panic("at the disco")
	}
	errs := inOneBatch(t, s, &item{fn: halfDone(1)}, &item{fn: insert(2)}, &item{fn: halfDone(3)}, &item{fn: panics},
		&item{fn: insert(2)}, &item{fn: insert(4)})
	for i, want := range []string{"failed", "", "failed", "at the disco", "UNIQUE", ""} {
		if (errs[i] == nil) != (want == "") || errs[i] != nil && !strings.Contains(errs[i].Error(), want) {
			t.Errorf("item %d: %v, want %q", i, errs[i], want)
		}
	}
	if got := stored(t, s); got != "2,4" {
		t.Errorf("stored %s, want 2,4", got)
	}
}

func TestWriter_WhenTheWholeTransactionFailsEachRunsAlone(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	s.writer.patience = time.Hour // on a slow machine time would end the batch before the item that spoils it
	runs := 0
	// A failure that ends the transaction under the writer's feet takes the others with it, also when each has a savepoint.
	spoil := func(tx *sqlstore.Tx) error {
		if runs++; runs > 2 {
			return insert(3)(tx)
		}
		return errors.Join(tx.Exec(`ROLLBACK`), errors.New("the disk is full"))
	}
	errs := inOneBatch(t, s, &item{fn: insert(1)}, &item{fn: insert(2)}, &item{fn: spoil}, &item{fn: insert(4)})
	for i, err := range errs {
		if err != nil {
			t.Errorf("item %d: %v", i, err)
		}
	}
	if got := stored(t, s); got != "1,2,3,4" || runs != 3 {
		t.Errorf("stored %s after %d runs, want 1,2,3,4 after 3", got, runs)
	}
}

// A change that is run again starts from nothing: what its first run learned went with the transaction.
func TestWriter_AChangeThatRunsAgainIsTheSameChange(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	group := directory.Group{Root: childRoot, Connection: childConn, ID: "g", DisplayNameKey: "g", Version: 1}
	change := childUser("ada")
	change.Groups = []directory.GroupEdit{{Edit: directory.Edit[directory.Group]{After: &group}}}
	if err := errors.Join(connect(t.Context(), s), s.Commit(t.Context(), change)); err != nil {
		t.Fatal(err)
	}
	s.writer.lead <- struct{}{}
	answer := make(chan error, 1)
	go func() {
		answer <- s.Commit(t.Context(), &directory.Change{Root: childRoot, Members: []directory.MembersEdit{{
			Group: "g", Add: []directory.Member{{ID: "ada", Type: "User"}},
		}}})
	}()
	for len(s.writer.queue) == 0 {
		runtime.Gosched()
	}
	s.writer.queue <- &item{fn: statement(`ROLLBACK`), done: make(chan error, 1)} // takes the batch with it
	<-s.writer.lead
	if err := <-answer; err != nil {
		t.Fatal(err)
	}
	got, err := s.Group(t.Context(), childRoot, childConn, "g")
	if err != nil || got.Version != 2 || got.Members != 1 {
		t.Errorf("version %d, %d members (%v), want 2 and 1", got.Version, got.Members, err)
	}
}

func TestWriter_LargeItemsRunAlone(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	// alone sees what is committed, not what merely shares its transaction.
	committed := ""
	alone := func(tx *sqlstore.Tx) error {
		committed = stored(t, s)
		return insert(2)(tx)
	}
	small := ""
	last := func(tx *sqlstore.Tx) error {
		small = stored(t, s)
		return insert(3)(tx)
	}
	for i, err := range inOneBatch(t, s, &item{fn: insert(1)}, &item{fn: alone, rows: aloneRows + 1}, &item{fn: last}) {
		if err != nil {
			t.Errorf("item %d: %v", i, err)
		}
	}
	if committed != "1" || small != "1,2" {
		t.Errorf("the large item saw %q, the next %q; want 1 and 1,2", committed, small)
	}
}

func TestWriter_ABatchEnds(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	s.writer.patience = time.Hour // a slow machine would end it by time
	var items []*item
	seen := -1
	for i := range batchItems + 1 {
		items = append(items, &item{fn: insert(i)})
	}
	items[batchItems].fn = func(tx *sqlstore.Tx) error {
		seen = len(strings.Split(stored(t, s), ","))
		return nil
	}
	inOneBatch(t, s, items...)
	if seen != batchItems {
		t.Errorf("item %d saw %d rows, want %d: the batch before it has to be committed", batchItems+1, seen, batchItems)
	}
}

func TestWriter_AWriteThatCannotGetInIsBusyAndNeverRuns(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{Queue: 1})
	s.writer.lead <- struct{}{} // somebody leads, and takes long
	ctx, cancel := context.WithCancel(t.Context())
	answers := make(chan error, 2)
	for i := range 2 { // one gets into the queue, one waits before it
		go func() { answers <- s.writer.do(ctx, 1, insert(i)) }()
	}
	for len(s.writer.queue) == 0 {
		runtime.Gosched()
	}
	cancel()
	for range 2 {
		if err := <-answers; !errors.Is(err, directory.ErrBusy) {
			t.Errorf("error %v, want %v", err, directory.ErrBusy)
		}
	}
	<-s.writer.lead
	if err := s.writer.do(t.Context(), 1, insert(7)); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, s); got != "7" {
		t.Errorf("stored %s, want 7: a withdrawn write was run", got)
	}
}

func TestWriter_ACallerThatLeavesDoesNotDisturbTheBatch(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%5)*100*time.Microsecond)
			if i%2 == 0 {
				ctx, cancel = context.WithCancel(t.Context())
			}
			defer cancel()
			err := s.writer.do(ctx, 1, insert(i))
			if i%2 == 0 && err != nil || err != nil && !errors.Is(err, directory.ErrBusy) {
				t.Errorf("item %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

func TestWriter_AnotherProcessIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{BusyTimeout: 200 * time.Millisecond})
	other, err := sql.Open("sqlite", "file:"+filepath.ToSlash(s.Path())+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.writer.do(t.Context(), 1, insert(1)); !errors.Is(err, directory.ErrBusy) {
		t.Errorf("error %v while another holds the lock, want %v", err, directory.ErrBusy)
	}
	time.AfterFunc(20*time.Millisecond, func() { tx.Rollback() })
	if err := s.writer.do(t.Context(), 1, insert(2)); err != nil {
		t.Errorf("the lock was given back in time, but: %v", err)
	}
	if got := stored(t, s); got != "2" {
		t.Errorf("stored %s, want 2", got)
	}
}

func TestWriter_ClosedStoreRefuses(t *testing.T) {
	t.Parallel()
	s := openWriter(t, Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.writer.do(t.Context(), 1, insert(1)); !errors.Is(err, errClosed) {
		t.Errorf("error %v, want %v", err, errClosed)
	}
}
