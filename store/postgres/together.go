package postgres

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// gathering lets what waits at one time go to the server together. Who finds a leader's place free leads: it takes what waits,
// its own among it, there and back, and answers each. One that is alone waits for nobody.
type gathering[T any] struct {
	most     int           // that go together
	patience time.Duration // of one that waits to be taken
	assembly time.Duration // how long a batch waits at most until it is as large as what is under way
	lead     chan struct{} // holds a token for each who leads

	mu      sync.Mutex
	waiting []*waiter[T]
	away    int        // are under way
	moved   *sync.Cond // one came, or some are back
}

// waiter is one of them and its answer.
type waiter[T any] struct {
	value T
	came  time.Time
	taken bool // by a leader or, before one came, by its caller; the gathering's mutex guards it
	done  chan error
}

func newGathering[T any](leaders, most int, patience, assembly time.Duration) *gathering[T] {
	g := &gathering[T]{most: most, patience: patience, assembly: assembly, lead: make(chan struct{}, leaders)}
	g.moved = sync.NewCond(&g.mu)
	return g
}

// await returns the answer to a value. It leads as long as nobody has taken its own, by calling batch, which takes and
// answers.
func (g *gathering[T]) await(ctx context.Context, value T, batch func(own *waiter[T])) error {
	own := &waiter[T]{value: value, came: time.Now(), done: make(chan error, 1)}
	g.put(own)
	late := time.NewTimer(g.patience)
	defer late.Stop()
	lead, ended, over := g.lead, ctx.Done(), late.C
	for {
		var cause error
		select {
		case err := <-own.done:
			return err
		case lead <- struct{}{}:
			g.leadFor(own, batch)
			lead = nil
			continue
		case <-ended:
			cause = context.Cause(ctx)
		case <-over:
			cause = context.DeadlineExceeded
		}
		if g.withdraw(own) {
			return fmt.Errorf("%w: nobody took it to the database in time: %w", directory.ErrBusy, cause)
		}
		lead, ended, over = nil, nil, nil // under way: its answer comes soon
	}
}

// leadFor leads until own is taken, and gives the leader's place back whatever happens.
func (g *gathering[T]) leadFor(own *waiter[T], batch func(own *waiter[T])) {
	defer func() { <-g.lead }()
	for g.untaken(own) {
		batch(own)
	}
}

func (g *gathering[T]) put(w *waiter[T]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, w)
	g.moved.Broadcast()
}

// take takes the next that go together, those first that came first. Who takes tells when they are back.
func (g *gathering[T]) take() []*waiter[T] {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.assemble()
	taken := slices.Clone(g.waiting[:min(len(g.waiting), g.most)])
	g.waiting = slices.Delete(g.waiting, 0, len(taken))
	for _, w := range taken {
		w.taken = true
	}
	g.away += len(taken)
	return taken
}

// assemble waits until as many wait as are under way, or those are back: few large batches cost less than many small ones.
func (g *gathering[T]) assemble() {
	late := g.assembly == 0
	few := func() bool { return !late && len(g.waiting) > 0 && len(g.waiting) < min(g.away, g.most) }
	if !few() {
		return
	}
	timer := time.AfterFunc(g.assembly, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		late = true
		g.moved.Broadcast()
	})
	defer timer.Stop()
	for few() {
		g.moved.Wait()
	}
}

// back ends so many of those that were taken.
func (g *gathering[T]) back(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.away -= n
	g.moved.Broadcast()
}

// untaken reports that nobody has taken it.
func (g *gathering[T]) untaken(w *waiter[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !w.taken
}

// withdraw takes one back, unless a leader has it.
func (g *gathering[T]) withdraw(w *waiter[T]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.taken {
		return false
	}
	w.taken = true
	g.waiting = slices.DeleteFunc(g.waiting, func(other *waiter[T]) bool { return other == w })
	return true
}

// queued is how many wait.
func (g *gathering[T]) queued() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}
