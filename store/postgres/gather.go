package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// The bounds of a batch.
const (
	batchItems = 32
	batchLock  = 100 * time.Millisecond // how long it waits for a row; others wait for it
	aloneRows  = 200                    // an item that writes more runs alone

	// How long it waits for as many as are under way. Without that every other batch is of the one who came first.
	batchAssembly = 5 * time.Millisecond

	leastLeads, mostLeads = 2, 4 // batches of a process at one time
)

// gatherer runs writes that wait at the same time in one transaction; see doc.go.
type gatherer struct {
	*gathering[item]
	store *Store

	waits, commits, batches *directory.Histogram
	retries                 atomic.Int64
}

// item is one write.
type item struct {
	rows int
	fn   func(*sqlstore.Tx) error
}

// errApart is the answer to the items of a batch that failed: nothing of it was written, and each runs alone.
var errApart = errors.New("postgres: the batch failed")

// newGatherer returns one that has a batch under way for every two processors. Fewer and larger ones cost less; but with one
// alone each waits for the other where there is much to do: the server for what comes next, and what comes next for it.
func newGatherer(s *Store) *gatherer {
	leads := min(max(runtime.GOMAXPROCS(0)/2, leastLeads), mostLeads, s.opt.Connections/2)
	return &gatherer{
		gathering: newGathering[item](leads, batchItems, s.opt.Timeout, batchAssembly), store: s,
		waits: sqlstore.NewSeconds(), commits: sqlstore.NewSeconds(), batches: directory.NewHistogram(1, 2, 4, 8, 16, batchItems),
	}
}

// do runs fn in a transaction and returns when it is durable. It is sqlstore.Engine's Write.
func (g *gatherer) do(ctx context.Context, rows int, fn func(*sqlstore.Tx) error) error {
	ends := time.Now().Add(g.store.opt.Timeout)
	if rows > aloneRows {
		return g.store.alone(ctx, ends, rows, fn)
	}
	err := g.await(ctx, item{rows, fn}, func(own *waiter[item]) { g.batch(ctx, own) })
	switch {
	case !errors.Is(err, errApart):
		return err
	case time.Now().After(ends):
		return fmt.Errorf("%w: the write waited too long", directory.ErrBusy)
	}
	g.retries.Add(1)
	return g.store.alone(ctx, ends, rows, fn)
}

// batch runs what waits, as soon as a connection is free, and answers it. own is the item of who leads; if there is no
// connection for him the others try for themselves.
func (g *gatherer) batch(ctx context.Context, own *waiter[item]) {
	conn, err := g.store.connection(ctx)
	if err != nil {
		if g.withdraw(own) {
			own.done <- apartUnless(errors.Is(err, directory.ErrBusy), err)
		}
		return
	}
	defer conn.Close()
	items := g.take()
	defer g.back(len(items))
	if len(items) == 0 {
		return
	}
	for _, it := range items {
		g.waits.Observe(time.Since(it.came).Seconds())
	}
	err = g.run(conn, items)
	for _, it := range items {
		it.done <- err
	}
}

// run runs items in one transaction. What may pass alone is to run so: the whole batch where one of several has failed,
// and who would have had to wait.
func (g *gatherer) run(conn *sql.Conn, items []*waiter[item]) error {
	committing, err := g.store.transaction(context.Background(), conn, min(batchLock, g.store.opt.LockTimeout), func(tx *sqlstore.Tx) error {
		for _, it := range items {
			if err := it.value.fn(tx); err != nil {
				return err
			}
		}
		return nil
	})
	switch {
	case err == nil:
		g.store.wrote(len(items), rowsOf(items))
		return nil
	case errors.Is(err, errNotReplicated):
		return err
	case committing && !refused(err):
		return nobodyKnows(err)
	}
	hindered := conflicting(err) || lost(err) || codeOf(err) == lockNotAvailable
	return apartUnless(len(items) == 1 && !hindered, err)
}

// apartUnless is the error if it is the last word, else errApart.
func apartUnless(last bool, err error) error {
	if last {
		return err
	}
	return errApart
}

func rowsOf(items []*waiter[item]) (n int) {
	for _, it := range items {
		n += it.value.rows
	}
	return n
}
