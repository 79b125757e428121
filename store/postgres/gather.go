package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
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

	leastLeads, mostLeads = 2, 4 // batches of a process at one time
)

// gatherer runs writes that wait at the same time in one transaction: leaders and followers, see doc.go.
type gatherer struct {
	store *Store
	lead  chan struct{} // holds a token for each who leads

	waits, batches *directory.Histogram
	retries        atomic.Int64

	mu      sync.Mutex
	waiting []*item
}

// item is one write and its answer.
type item struct {
	rows  int
	fn    func(*sqlstore.Tx) error
	came  time.Time
	taken bool // by a batch or, before one came, by its caller; the gatherer's mutex guards it
	done  chan error
}

// errApart is the answer to the items of a batch that failed: nothing of it was written, and each runs alone.
var errApart = errors.New("postgres: the batch failed")

// newGatherer returns one that has a batch under way for every two processors. Fewer and larger ones cost less; but with one
// alone each waits for the other where there is much to do: the server for what comes next, and what comes next for it.
func newGatherer(s *Store) *gatherer {
	leads := min(max(runtime.GOMAXPROCS(0)/2, leastLeads), mostLeads, s.opt.Connections/2)
	return &gatherer{
		store: s, lead: make(chan struct{}, leads),
		waits: sqlstore.NewSeconds(), batches: directory.NewHistogram(1, 2, 4, 8, 16, batchItems),
	}
}

// do runs fn in a transaction and returns when it is durable. It is sqlstore.Engine's Write.
func (g *gatherer) do(ctx context.Context, rows int, fn func(*sqlstore.Tx) error) error {
	if rows > aloneRows {
		return g.store.alone(ctx, rows, fn)
	}
	it := &item{rows: rows, fn: fn, came: time.Now(), done: make(chan error, 1)}
	g.put(it)
	err := g.await(ctx, it)
	if errors.Is(err, errApart) {
		g.retries.Add(1)
		return g.store.alone(ctx, rows, fn)
	}
	return err
}

// await returns the answer to an item. It leads as long as nobody has taken the item.
func (g *gatherer) await(ctx context.Context, it *item) error {
	lead, ended, late := g.lead, ctx.Done(), time.After(g.store.opt.Timeout)
	for {
		var cause error
		select {
		case err := <-it.done:
			return err
		case lead <- struct{}{}:
			for g.untaken(it) {
				g.batch(ctx, it)
			}
			<-lead
			lead = nil
			continue
		case <-ended:
			cause = context.Cause(ctx)
		case <-late:
			cause = context.DeadlineExceeded
		}
		if g.withdraw(it) {
			return fmt.Errorf("%w: the write waited too long: %w", directory.ErrBusy, cause)
		}
		lead, ended, late = nil, nil, nil // under way: its answer comes soon
	}
}

func (g *gatherer) put(it *item) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, it)
}

// take takes the items of the next batch, those first that came first.
func (g *gatherer) take() []*item {
	g.mu.Lock()
	defer g.mu.Unlock()
	items := slices.Clone(g.waiting[:min(len(g.waiting), batchItems)])
	g.waiting = slices.Delete(g.waiting, 0, len(items))
	for _, it := range items {
		it.taken = true
		g.waits.Observe(time.Since(it.came).Seconds())
	}
	return items
}

// untaken reports that nobody has taken the item.
func (g *gatherer) untaken(it *item) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !it.taken
}

// withdraw takes an item back, unless a batch has it.
func (g *gatherer) withdraw(it *item) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if it.taken {
		return false
	}
	it.taken = true
	g.waiting = slices.DeleteFunc(g.waiting, func(other *item) bool { return other == it })
	return true
}

// batch runs what waits, as soon as a connection is free, and answers it. own is the item of who leads; if there is no
// connection for him the others try for themselves.
func (g *gatherer) batch(ctx context.Context, own *item) {
	conn, err := g.store.connection(ctx)
	if err != nil {
		if g.withdraw(own) {
			own.done <- apartUnless(errors.Is(err, directory.ErrBusy), err)
		}
		return
	}
	defer conn.Close()
	items := g.take()
	if len(items) == 0 {
		return
	}
	err = g.run(conn, items)
	for _, it := range items {
		it.done <- err
	}
}

// run runs items in one transaction. What may pass alone is to run so: the whole batch where one of several has failed,
// and who would have had to wait.
func (g *gatherer) run(conn *sql.Conn, items []*item) error {
	committing, err := g.store.transaction(context.Background(), conn, min(batchLock, g.store.opt.LockTimeout), func(tx *sqlstore.Tx) error {
		for _, it := range items {
			if err := it.fn(tx); err != nil {
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

// queued is how many writes wait.
func (g *gatherer) queued() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

func rowsOf(items []*item) (n int) {
	for _, it := range items {
		n += it.rows
	}
	return n
}
