package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// What bounds the calls of a hook, so that one that is down costs the requests of its own connection a clear answer,
// and other connections nothing.
const (
	hookTimeout  = 5 * time.Second // of one question, waiting for a place included
	hookCalls    = 8               // at once, of one connection
	hookFailures = 5               // one after the other, after which nobody asks
	hookPause    = 10 * time.Second
)

var (
	errHookPaused = fmt.Errorf("the last %d calls failed: the hook is asked again after a pause of %s", hookFailures, hookPause)
	errHookLate   = fmt.Errorf("there was no answer within %s", hookTimeout)
	errHookNone   = errors.New("the connection has an address to ask, but this server asks none")
)

// hooks calls the hooks of all connections.
type hooks struct {
	always    Hook // asked about every connection
	addressed Hook // asked about those that have an address
	log       *slog.Logger
	clock     func() time.Time
	gates     sync.Map // connection id → *hookGate
}

// of returns the hook that a connection's changes are asked about; nil: they are not.
func (h *hooks) of(c Connection) Hook {
	switch {
	case h.always != nil:
		return h.always
	case c.Settings.Hook == "":
		return nil
	case h.addressed != nil:
		return h.addressed
	}
	return func(context.Context, HookQuestion) (HookAnswer, error) { return HookAnswer{}, errHookNone }
}

// hooked reports whether changes that come by the connection are asked about.
func (d *Directory) hooked(c Connection) bool { return d.hooks.of(c) != nil }

// askHook asks the connection's hook about a change. Its error is for the identity provider: the hook refuses, or gave
// no answer. No transaction may be open.
func (d *Directory) askHook(ctx context.Context, c Connection, q HookQuestion) (HookAnswer, error) {
	hook := d.hooks.of(c)
	if hook == nil {
		return HookAnswer{}, nil
	}
	q.Connection = c
	if c.Settings.Hook != "" {
		key, err := d.signingKey(ctx, c.Root, hookSecretName(c.ID))
		if err != nil {
			return HookAnswer{}, hookFailed(fmt.Errorf("the secret of connection %q: %w", c.Name, err))
		}
		q.Secret = key
	}
	return d.hooks.ask(ctx, hook, q)
}

// ask calls the hook within its bounds.
func (h *hooks) ask(ctx context.Context, hook Hook, q HookQuestion) (HookAnswer, error) {
	kept, _ := h.gates.LoadOrStore(q.Connection.ID, newHookGate())
	gate := kept.(*hookGate)
	probe, ok := gate.admit(h.clock())
	if !ok {
		return HookAnswer{}, hookFailed(errHookPaused)
	}
	limited, cancel := context.WithTimeoutCause(ctx, hookTimeout, errHookLate)
	defer cancel()
	a, err := gate.call(limited, hook, q)
	outcome := hookAnswered
	switch {
	case err != nil && ctx.Err() != nil: // the caller has gone, which says nothing of the hook
		outcome = hookAbandoned
	case err != nil:
		outcome = hookFailure
	}
	if changed, paused := gate.settle(h.clock(), probe, outcome); changed {
		h.report(q.Connection, paused, err)
	}
	switch {
	case err != nil:
		return HookAnswer{}, hookFailed(err)
	case a.Refused != "":
		return HookAnswer{}, hookRefused(a.Refused)
	}
	return a, nil
}

func (h *hooks) report(c Connection, paused bool, cause error) {
	if paused {
		h.log.Warn("the hook of a connection fails: its requests are refused for a while", "connection", c.ID, "pause", hookPause, "error", cause)
	} else {
		h.log.Info("the hook of a connection answers again", "connection", c.ID)
	}
}

// hookGate bounds the calls for one connection.
type hookGate struct {
	places chan struct{}

	mu       sync.Mutex
	failures int       // since the last answer
	until    time.Time // not before; zero: no pause
	probing  bool      // after a pause, one call finds out whether the next ones may follow
}

type hookOutcome int

const (
	hookAnswered hookOutcome = iota
	hookFailure
	hookAbandoned
)

func newHookGate() *hookGate { return &hookGate{places: make(chan struct{}, hookCalls)} }

// admit reports whether a call may be made, and whether it is the one after a pause.
func (g *hookGate) admit(now time.Time) (probe, ok bool) {
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
func (g *hookGate) settle(now time.Time, probe bool, o hookOutcome) (changed, paused bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probing = false
	}
	before := !g.until.IsZero()
	switch o {
	case hookAnswered:
		g.failures, g.until = 0, time.Time{}
	case hookFailure:
		if g.failures++; g.failures >= hookFailures {
			g.until = now.Add(hookPause)
		}
	}
	paused = !g.until.IsZero()
	return paused != before, paused
}

// call waits for a place and calls. A hook that heeds no context keeps its place until it returns, and nobody waits
// for that.
func (g *hookGate) call(ctx context.Context, hook Hook, q HookQuestion) (HookAnswer, error) {
	select {
	case g.places <- struct{}{}:
	case <-ctx.Done():
		return HookAnswer{}, fmt.Errorf("%d calls are at work: %w", hookCalls, context.Cause(ctx))
	}
	type result struct {
		answer HookAnswer
		err    error
	}
	done := make(chan result, 1)
	go func() {
		defer func() { <-g.places }()
		a, err := recovered(ctx, hook, q)
		done <- result{a, err}
	}()
	select {
	case r := <-done:
		return r.answer, r.err
	case <-ctx.Done():
		return HookAnswer{}, context.Cause(ctx)
	}
}

// recovered turns a panic of an embedder's function into a failure: it must not end the process.
func recovered(ctx context.Context, hook Hook, q HookQuestion) (a HookAnswer, err error) {
	defer func() {
		if p := recover(); p != nil {
			a, err = HookAnswer{}, fmt.Errorf("the hook panicked: %v", p)
		}
	}()
	return hook(ctx, q)
}
