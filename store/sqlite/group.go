package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/internal/sqlstore"
)

// The bounds of a batch.
const (
	batchItems = 64
	batchTime  = 5 * time.Millisecond
	aloneRows  = 1000 // an item that writes more runs alone
)

// errClosed: the store is closed.
var errClosed = errors.New("sqlite: store is closed")

// writer runs writes on the one connection that writes, many in a transaction: leader and followers, see doc.go.
type writer struct {
	conn  *sql.Conn
	stmts *sqlstore.Conn // of the same, for whom conn.Raw lets in
	tx    *sqlstore.Tx   // over stmts

	queue  chan *item
	lead   chan struct{} // holds a token while somebody leads
	wrote  chan struct{} // holds a token when something was committed; see checkpointer
	closed chan struct{}
	once   sync.Once

	patience time.Duration // batchTime, but for tests
	counted  writes

	path    string
	refusal atomic.Pointer[Error] // of a write, because the file cannot be written; nil: none since the last look. See writable

	held *item // taken from the queue but left for the next batch; the leader's alone
}

// item is one write and its answer.
type item struct {
	rows  int
	fn    func(*sqlstore.Tx) error
	state atomic.Int32
	came  time.Time
	done  chan error
}

// The states of an item: its caller may take back what nobody has started.
const (
	queued int32 = iota
	started
	withdrawn
)

func newWriter(ctx context.Context, db *sql.DB, path string, opt Options) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		conn:  conn,
		queue: make(chan *item, opt.Queue), lead: make(chan struct{}, 1), wrote: make(chan struct{}, 1), closed: make(chan struct{}),
		patience: batchTime, counted: newWrites(), path: path,
	}
	err = conn.Raw(func(on any) error {
		w.stmts = sqlstore.NewConn(on.(driver.Conn))
		return nil
	})
	// No request's context reaches the connection: its end would interrupt the batch of others.
	w.tx = sqlstore.NewConnTx(w.stmts)
	if err == nil {
		err = w.lookWritable(ctx, opt)
	}
	return w, err
}

// do runs fn in a transaction and returns when it is durable. It is sqlstore.Engine's Write.
func (w *writer) do(ctx context.Context, rows int, fn func(*sqlstore.Tx) error) error {
	it := &item{rows: rows, fn: fn, came: time.Now(), done: make(chan error, 1)}
	if err := w.enter(ctx, it); err != nil {
		return err
	}
	ended, closed := ctx.Done(), (<-chan struct{})(w.closed)
	for {
		select {
		case err := <-it.done:
			return w.judge(err)
		case w.lead <- struct{}{}:
			runtime.Gosched() // who is about to come, as the others of a bulk request are, comes into the same transaction
			w.drain(it)
			<-w.lead
		case <-ended:
			if it.state.CompareAndSwap(queued, withdrawn) {
				return fmt.Errorf("%w: the write waited too long: %w", directory.ErrBusy, context.Cause(ctx))
			}
			ended = nil // under way: its answer comes soon
		case <-closed:
			if it.state.CompareAndSwap(queued, withdrawn) {
				return errClosed
			}
			closed = nil
		}
	}
}

// enter puts an item into the queue. Who finds it full of items whose callers have left, so that nobody leads,
// empties it.
func (w *writer) enter(ctx context.Context, it *item) error {
	select {
	case <-w.closed:
		return errClosed
	default:
	}
	for {
		select {
		case w.queue <- it:
			return nil
		default:
		}
		select {
		case w.queue <- it:
			return nil
		case w.lead <- struct{}{}:
			w.batch()
			<-w.lead
		case <-ctx.Done():
			return fmt.Errorf("%w: the write queue is full: %w", directory.ErrBusy, context.Cause(ctx))
		case <-w.closed:
			return errClosed
		}
	}
}

// drain leads until own is answered.
func (w *writer) drain(own *item) {
	for len(own.done) == 0 {
		w.batch()
	}
}

// next takes an item from the queue without waiting; nil when there is none.
func (w *writer) next() *item {
	if it := w.held; it != nil {
		w.held = nil
		return it
	}
	for {
		select {
		case it := <-w.queue:
			if it.state.CompareAndSwap(queued, started) {
				w.counted.waits.Observe(time.Since(it.came).Seconds())
				return it
			}
		default:
			return nil
		}
	}
}

// batch runs what is queued in one transaction, within its bounds, and answers it.
func (w *writer) batch() {
	first := w.next()
	if first == nil {
		return
	}
	err := w.conn.Raw(func(any) error {
		w.batchOf(first)
		return nil
	})
	if err != nil { // the connection is closed
		first.done <- err
	}
}

// batchOf is batch, with the connection at hand.
func (w *writer) batchOf(first *item) {
	if err := w.begin(); err != nil {
		first.done <- err
		return
	}
	// When the first one fails there is nothing else to keep.
	if err := w.run(first); err != nil {
		w.rollback()
		first.done <- err
		return
	}
	ran, failed := w.followers(first)
	var err error
	if failed {
		w.rollback()
		ran, err = w.apart(ran)
	}
	if err == nil {
		err = w.commit(len(ran))
	}
	if err == nil {
		answer(ran, nil)
		return
	}
	w.rollback()
	if len(ran) == 1 {
		ran[0].done <- err
		return
	}
	for _, it := range ran {
		it.done <- w.alone(it)
	}
}

// followers runs further items in first's transaction. It returns all that ran, first among them, and whether the last of
// them failed. Failures are rare, and SQLite keeps a copy of each page that is changed under a savepoint: so there is none
// before one is needed.
func (w *writer) followers(first *item) (ran []*item, failed bool) {
	ran = []*item{first}
	began := time.Now()
	for first.rows <= aloneRows && len(ran) < batchItems && time.Since(began) < w.patience {
		it := w.next()
		if it == nil {
			break
		}
		if it.rows > aloneRows {
			w.held = it
			break
		}
		ran = append(ran, it)
		if w.run(it) != nil {
			return ran, true
		}
	}
	return ran, false
}

// apart runs items once more, each under a savepoint, so that the failure of one undoes only itself. It answers those that
// fail and returns those that hold. An error means that the whole transaction is lost.
func (w *writer) apart(items []*item) (held []*item, err error) {
	if err := w.begin(); err != nil {
		return items, err
	}
	for i, it := range items {
		failed, err := w.savepoint(it)
		if err != nil {
			return append(held, items[i:]...), err
		}
		if failed != nil {
			it.done <- failed
			continue
		}
		held = append(held, it)
	}
	return held, nil
}

// savepoint runs an item under one.
func (w *writer) savepoint(it *item) (failed, err error) {
	if err := w.tx.Exec(`SAVEPOINT item`); err != nil {
		return nil, err
	}
	if failed = w.run(it); failed != nil {
		if err := w.tx.Exec(`ROLLBACK TO item`); err != nil {
			return nil, err
		}
	}
	return failed, w.tx.Exec(`RELEASE item`)
}

// alone runs an item in a transaction of its own.
func (w *writer) alone(it *item) error {
	if err := w.begin(); err != nil {
		return err
	}
	err := w.run(it)
	if err == nil {
		err = w.commit(1)
	}
	if err != nil {
		w.rollback()
	}
	return err
}

// run calls the item's function; a panic there is its error and not the end of everybody's writes.
func (w *writer) run(it *item) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("sqlite: panic in a write: %v\n%s", p, debug.Stack())
		}
	}()
	return it.fn(w.tx)
}

// begin takes the write lock. While another process holds it SQLite waits, at most Options.BusyTimeout.
func (w *writer) begin() error {
	err := w.tx.Exec(`BEGIN IMMEDIATE`)
	if err != nil && isBusy(err) {
		return fmt.Errorf("%w: another process is writing: %w", directory.ErrBusy, err)
	}
	return err
}

// commit makes what so many items have written durable.
func (w *writer) commit(items int) error {
	began := time.Now()
	err := w.tx.Exec(`COMMIT`)
	if err == nil {
		w.counted.committed(items, began)
	}
	select {
	case w.wrote <- struct{}{}:
	default:
	}
	return err
}

// rollback ends the transaction if SQLite has not already done so by itself.
func (w *writer) rollback() { _ = w.tx.Exec(`ROLLBACK`) }

func answer(items []*item, err error) {
	for _, it := range items {
		it.done <- err
	}
}

// pause runs fn on the writer's connection, between two transactions.
func (w *writer) pause(ctx context.Context, fn func(*sql.Conn) error) error {
	select {
	case w.lead <- struct{}{}:
		defer func() { <-w.lead }()
		return fn(w.conn)
	case <-w.closed:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// close waits for the batch under way. What is queued, and what comes later, is refused.
func (w *writer) close() error {
	var err error
	w.once.Do(func() {
		close(w.closed)
		w.lead <- struct{}{} // never given back
		err = errors.Join(w.conn.Raw(func(any) error { return w.stmts.Close() }), w.conn.Close())
	})
	return err
}
