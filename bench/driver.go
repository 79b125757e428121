package main

import (
	"bytes"
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// worker is one client of a closed loop: it sends its next request when the last one is answered.
type worker struct {
	number, workers int
	users           int // how many users the operations pick from
	total           int // how many users there are
	operation       *operation
}

// load is a slice of work for one target.
type load struct {
	operation *operation
	workers   int
	users     int
	requests  int64         // at most; 0: no bound
	time      time.Duration // at most; 0: no bound
}

// sample is what a slice gave.
type sample struct {
	latencies []time.Duration
	took      time.Duration
}

func (s sample) rate() float64 { return float64(len(s.latencies)) / s.took.Seconds() }

// drive keeps l.workers clients busy and returns at the first wrong answer.
func (t *target) drive(ctx context.Context, l load) (sample, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var (
		issued    atomic.Int64
		wg        sync.WaitGroup
		latencies = make([][]time.Duration, l.workers)
		began     = time.Now()
		total     = len(t.users)
	)
	more := func() bool {
		return ctx.Err() == nil && (l.time == 0 || time.Since(began) < l.time) &&
			(l.requests == 0 || issued.Add(1) <= l.requests)
	}
	for i := range l.workers {
		wg.Go(func() {
			w := &worker{number: i, workers: l.workers, users: l.users, total: total, operation: l.operation}
			var buffer bytes.Buffer
			for more() {
				c := l.operation.call(t, w)
				sent := time.Now()
				if err := t.do(ctx, c, &buffer); err != nil {
					cancel(err)
					return
				}
				latencies[i] = append(latencies[i], time.Since(sent))
			}
		})
	}
	wg.Wait()
	s := sample{took: time.Since(began)}
	for _, some := range latencies {
		s.latencies = append(s.latencies, some...)
	}
	return s, context.Cause(ctx)
}
