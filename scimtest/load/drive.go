package load

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// run is a slice of work for one server: so many workers at one operation.
type run struct {
	server    *Server
	operation *Operation
	workers   int
	users     int           // how many users the operation picks from
	requests  int64         // at most; 0: no bound
	time      time.Duration // at most; 0: no bound
	patient   bool          // a request that the server refuses as one too many is sent again
	touched   []int         // the users that the workers changed last
}

// worker is one client of a closed loop: it sends its next request when the last one is answered.
type worker struct {
	number, workers int
	users           int // how many users the operation picks from
	operation       *Operation
	touched         []int // indexes of the users that it changed last
	latencies       latencies
}

// sample is what a slice gave.
type sample struct {
	latencies
	took  time.Duration
	units int // what each answer counts for
}

func (s sample) rate() float64 { return float64(s.n*s.units) / s.took.Seconds() }

// drive keeps the workers busy, and returns at the first wrong answer.
func (r *run) drive(ctx context.Context) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		issued  atomic.Int64
		wg      sync.WaitGroup
		workers = make([]*worker, r.workers)
		began   = time.Now()
	)
	more := func() bool {
		return ctx.Err() == nil && (r.time == 0 || time.Since(began) < r.time) && (r.requests == 0 || issued.Add(1) <= r.requests)
	}
	for i := range workers {
		w := &worker{number: i, workers: r.workers, users: r.users, operation: r.operation}
		workers[i] = w
		wg.Go(func() {
			if err := w.work(ctx, r, more); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	s := sample{took: time.Since(began), units: max(r.operation.units, 1)}
	r.touched = nil
	for _, w := range workers {
		s.merge(&w.latencies)
		r.touched = append(r.touched, w.touched...)
	}
	return s, context.Cause(ctx)
}

// someTouched is how many of the users that were changed are read again after a slice.
const someTouched = 32

// touch remembers whom the worker changes.
func (w *worker) touch(i int) {
	if w.touched = append(w.touched, i); len(w.touched) > max(someTouched/w.workers, 1) {
		w.touched = w.touched[1:]
	}
}

func (w *worker) work(ctx context.Context, r *run, more func() bool) error {
	var buffer bytes.Buffer
	do := r.server.do
	if r.patient {
		do = r.server.doPatiently
	}
	for more() {
		c := w.operation.call(r.server, w)
		sent := time.Now()
		if err := do(ctx, w.operation.Name, c, &buffer); err != nil {
			return err
		}
		w.latencies.add(time.Since(sent))
	}
	return nil
}

// measure drives a slice between what the operation prepares and what it looks at afterwards.
func (r *run) measure(ctx context.Context) (sample, error) {
	if r.operation.before != nil {
		if err := r.operation.before(ctx, r); err != nil {
			return sample{}, err
		}
	}
	s, err := r.drive(ctx)
	if err == nil && r.operation.after != nil {
		err = r.operation.after(ctx, r)
	}
	return s, err
}
