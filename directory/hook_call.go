package directory

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/usher-scim/usher/directory/internal/breaker"
)

// The bounds of the calls of one connection's hook.
const (
	hookTimeout  = 5 * time.Second
	hookCalls    = 8
	hookFailures = 5
	hookPause    = 10 * time.Second
)

var hookLimits = breaker.Limits{
	Timeout: hookTimeout, AtOnce: hookCalls, Failures: hookFailures, Pause: hookPause,
	Late:   fmt.Errorf("there was no answer within %s", hookTimeout),
	Paused: fmt.Errorf("the last %d calls failed: the hook is asked again after a pause of %s", hookFailures, hookPause),
}

var errHookNone = errors.New("the connection has an address to ask, but this server asks none")

// hooks calls the hooks of all connections.
type hooks struct {
	always    Hook        // asked about every connection
	addressed Hook        // asked about those that have an address
	calls     breaker.Set // by connection
}

func newHooks(cfg Config, log *slog.Logger, clock func() time.Time) *hooks {
	report := func(connection string, paused bool, cause error) {
		if paused {
			log.Warn("the hook of a connection fails: its requests are refused for a while",
				"connection", connection, "pause", hookPause, "error", cause)
		} else {
			log.Info("the hook of a connection answers again", "connection", connection)
		}
	}
	return &hooks{
		always: cfg.Hook, addressed: cfg.AddressedHook,
		calls: breaker.Set{Limits: hookLimits, Clock: clock, Report: report},
	}
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
	a, err := breaker.Call(ctx, &h.calls, q.Connection.ID, func(ctx context.Context) (HookAnswer, error) { return hook(ctx, q) })
	switch {
	case err != nil:
		return HookAnswer{}, hookFailed(err)
	case a.Refused != "":
		return HookAnswer{}, hookRefused(a.Refused)
	}
	return a, nil
}
