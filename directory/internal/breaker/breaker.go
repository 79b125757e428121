package breaker

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Limits bound the calls under one key.
type Limits struct {
	Timeout  time.Duration // of one call, waiting for a place included
	AtOnce   int
	Failures int // one after the other, after which nobody calls
	Pause    time.Duration
	// Late and Paused are what a caller gets when there was no answer in time, and when nobody calls.
	Late, Paused error
}

// Set bounds calls by key.
type Set struct {
	Limits
	Clock func() time.Time
	// Report is told when a pause has begun, with the last failure, or ended.
	Report func(key string, paused bool, cause error)

	gates sync.Map // key → *gate
}

// Call makes a call within the bounds. A call that heeds no context keeps its place until it returns, and nobody waits
// for that. One that panics has failed.
func Call[T any](ctx context.Context, s *Set, key string, call func(context.Context) (T, error)) (T, error) {
	kept, ok := s.gates.Load(key)
	if !ok {
		kept, _ = s.gates.LoadOrStore(key, &gate{places: make(chan struct{}, s.AtOnce)})
	}
	g := kept.(*gate)
	probe, ok := g.admit(s.Clock())
	if !ok {
		var none T
		return none, s.Paused
	}
	limited, cancel := context.WithTimeoutCause(ctx, s.Timeout, s.Late)
	defer cancel()
	answer, err := within(limited, g.places, call)
	o := answered
	switch {
	case err != nil && ctx.Err() != nil: // the caller has gone, which says nothing of what was called
		o = abandoned
	case err != nil:
		o = failed
	}
	if changed, paused := g.settle(s, probe, o); changed {
		s.Report(key, paused, err)
	}
	return answer, err
}

// within waits for a place and calls.
func within[T any](ctx context.Context, places chan struct{}, call func(context.Context) (T, error)) (T, error) {
	var none T
	select {
	case places <- struct{}{}:
	case <-ctx.Done():
		return none, fmt.Errorf("%d calls are at work: %w", cap(places), context.Cause(ctx))
	}
	type result struct {
		answer T
		err    error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-places }()
		answer, err := recovered(ctx, call)
		done <- result{answer, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// recovered turns a panic of somebody else's function into a failure: it must not end the process.
func recovered[T any](ctx context.Context, call func(context.Context) (T, error)) (answer T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the call panicked: %v", p)
		}
	}()
	return call(ctx)
}

// gate bounds the calls under one key.
type gate struct {
	places chan struct{}

	mu       sync.Mutex
	failures int       // since the last answer
	until    time.Time // not before; zero: no pause
	probing  bool      // after a pause, one call finds out whether the next ones may follow
}

type outcome int

const (
	answered outcome = iota
	failed
	abandoned
)

// admit reports whether a call may be made, and whether it is the one after a pause.
func (g *gate) admit(now time.Time) (probe, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.until.IsZero():
		return false, true
	case g.probing || now.Before(g.until):
		return false, false
	}
	g.probing = true
	return true, true
}

// settle takes the outcome of a call that was admitted. It reports whether a pause has begun or ended with it.
func (g *gate) settle(s *Set, probe bool, o outcome) (changed, paused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probing = false
	}
	before := !g.until.IsZero()
	switch o {
	case answered:
		g.failures, g.until = 0, time.Time{}
	case failed:
		if g.failures++; g.failures >= s.Failures {
			g.until = s.Clock().Add(s.Pause)
		}
	}
	paused = !g.until.IsZero()
	return paused != before, paused
}
