package directory

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

var errDown = errors.New("down")

// asking calls a hook for a connection, as askHook does.
type asking struct {
	hooks
	t    *testing.T
	hook Hook
}

func newAsking(t *testing.T, hook Hook) *asking {
	return &asking{hooks: hooks{clock: time.Now, log: slog.New(slog.DiscardHandler)}, t: t, hook: hook}
}

// on asks about a change that comes by the connection and says what became of it: "passed", the kind of the error, or
// its cause.
func (a *asking) on(ctx context.Context, connection string) string {
	_, err := a.ask(ctx, a.hook, HookQuestion{Connection: Connection{ID: connection}})
	var e *scim.Error
	switch {
	case err == nil:
		return "passed"
	case !errors.As(err, &e):
		a.t.Errorf("%v is no error for the identity provider", err)
	}
	for _, cause := range []error{errDown, errHookPaused, errHookLate, context.Canceled} {
		if errors.Is(err, cause) {
			return cause.Error()
		}
	}
	return string(e.Kind)
}

func (a *asking) want(connection, want string) {
	a.t.Helper()
	if got := a.on(a.t.Context(), connection); got != want {
		a.t.Errorf("after %s: %q, want %q", time.Since(synctestStart), got, want)
	}
}

// synctestStart is when time begins in a bubble.
var synctestStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestHook_X8_PausesAfterFiveFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls int
		down := true
		a := newAsking(t, func(context.Context, HookQuestion) (HookAnswer, error) {
			calls++
			if down {
				return HookAnswer{}, errDown
			}
			return HookAnswer{}, nil
		})
		wantCalls := func(want int) {
			t.Helper()
			if calls != want {
				t.Errorf("after %s: %d calls, want %d", time.Since(synctestStart), calls, want)
			}
		}
		for range hookFailures - 1 {
			a.want("c", errDown.Error())
		}
		down = false
		a.want("c", "passed") // four in a row are forgotten
		down = true
		for range hookFailures {
			a.want("c", errDown.Error())
		}
		wantCalls(10)
		a.want("c", errHookPaused.Error())
		time.Sleep(hookPause - time.Nanosecond)
		a.want("c", errHookPaused.Error())
		wantCalls(10)
		time.Sleep(time.Nanosecond)
		a.want("c", errDown.Error()) // the probe
		a.want("c", errHookPaused.Error())
		wantCalls(11)
		down = false
		a.want("other", "passed") // another connection has its own gate
		wantCalls(12)
		time.Sleep(hookPause)
		a.want("c", "passed")
		a.want("c", "passed")
		wantCalls(14)
	})
}

func TestHook_X8_AfterAPauseOneCallProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := false
		a := newAsking(t, func(ctx context.Context, _ HookQuestion) (HookAnswer, error) {
			if !slow {
				return HookAnswer{}, errDown
			}
			select {
			case <-time.After(time.Second):
				return HookAnswer{}, nil
			case <-ctx.Done():
				return HookAnswer{}, ctx.Err()
			}
		})
		for range hookFailures {
			a.want("c", errDown.Error())
		}
		time.Sleep(hookPause)
		slow = true
		gone, leave := context.WithCancel(t.Context())
		var probe sync.WaitGroup
		probe.Go(func() {
			if got := a.on(gone, "c"); got != context.Canceled.Error() {
				t.Errorf("a caller who left: %q", got)
			}
		})
		synctest.Wait()
		a.want("c", errHookPaused.Error()) // while the probe is on its way
		leave()
		probe.Wait()
		a.want("c", "passed") // the next one is the probe, for who leaves says nothing of the hook
		a.want("c", "passed")
	})
}

func TestHook_X8_AHookThatHangsEndsAfterFiveSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a := newAsking(t, func(context.Context, HookQuestion) (HookAnswer, error) {
			<-release // heeds no context
			return HookAnswer{}, nil
		})
		start := time.Now()
		a.want("c", errHookLate.Error())
		if took := time.Since(start); took != hookTimeout {
			t.Errorf("it took %s, want %s", took, hookTimeout)
		}
	})
}

func TestHook_X8_AtMostEightAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		a := newAsking(t, func(context.Context, HookQuestion) (HookAnswer, error) {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			return HookAnswer{}, nil
		})
		start := time.Now()
		var callers sync.WaitGroup
		for range 3 * hookCalls {
			callers.Go(func() { a.want("c", "passed") })
		}
		callers.Wait()
		if took := time.Since(start); most.Load() != hookCalls || took != 3*time.Second {
			t.Errorf("%d calls at once, done after %s; want %d and 3 s", most.Load(), took, hookCalls)
		}
	})
}

// One connection's hook hangs while fifty of its changes wait for it: another connection's changes take no time.
func TestHook_X8_OneThatHangsCostsOthersNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a := newAsking(t, func(_ context.Context, q HookQuestion) (HookAnswer, error) {
			if q.Connection.ID == "hangs" {
				<-release
			}
			return HookAnswer{}, nil
		})
		var waiting sync.WaitGroup
		for range 50 {
			waiting.Go(func() { a.want("hangs", errHookLate.Error()) })
		}
		synctest.Wait()
		start := time.Now()
		for range 50 {
			a.want("works", "passed")
		}
		if took := time.Since(start); took != 0 {
			t.Errorf("the other connection waited %s", took)
		}
		waiting.Wait()
		if took := time.Since(start); took != hookTimeout {
			t.Errorf("the last of the fifty waited %s, want %s", took, hookTimeout)
		}
		close(release)
		synctest.Wait()
		a.want("hangs", errHookPaused.Error())
		time.Sleep(hookPause)
		a.want("hangs", "passed")
	})
}

func TestHook_X8_APanicIsAFailure(t *testing.T) {
	t.Parallel()
	a := newAsking(t, func(context.Context, HookQuestion) (HookAnswer, error) { panic("out of range") })
	a.want("c", string(scim.KindHookFailed))
}

func TestHook_X8_WhoIsAsked(t *testing.T) {
	t.Parallel()
	asked := func(name string) Hook {
		return func(context.Context, HookQuestion) (HookAnswer, error) { return HookAnswer{Refused: name}, nil }
	}
	with := Connection{Settings: ConnectionSettings{Hook: "https://app.example.com"}}
	for _, row := range []struct {
		name       string
		hooks      *hooks
		connection Connection
		want       string
	}{
		{"nobody", &hooks{}, Connection{}, ""},
		{"the embedder's", &hooks{always: asked("always")}, Connection{}, "always"},
		{"the embedder's before the address", &hooks{always: asked("always"), addressed: asked("addressed")}, with, "always"},
		{"the address", &hooks{addressed: asked("addressed")}, with, "addressed"},
		{"no address", &hooks{addressed: asked("addressed")}, Connection{}, ""},
		{"an address that nobody asks", &hooks{}, with, errHookNone.Error()},
	} {
		hook, got := row.hooks.of(row.connection), ""
		if hook != nil {
			a, err := hook(t.Context(), HookQuestion{})
			if got = a.Refused; err != nil {
				got = err.Error()
			}
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestHook_X8_TheReasonIsOneLineOfText(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ sent, want string }{
		{"no seat is left", "no seat is left"},
		{"  no seat\r\n\tis left ", "no seat is left"},
		{"no\x00seat\x1b[31m", "no seat [31m"},
		{"no \xff seat", "no \uFFFD seat"},
		{"\u202eevil", "evil"},
		{"\n", "no reason was given"},
		{strings.Repeat("é", 300), strings.Repeat("é", 300)},
		{strings.Repeat("é", 301), strings.Repeat("é", 299) + "…"},
	} {
		if got := hookRefused(row.sent); got.Value != row.want || got.Status() != 403 {
			t.Errorf("%q: %d %q, want 403 %q", row.sent, got.Status(), got.Value, row.want)
		}
	}
}

func TestHook_X8_WhatItsAnswerMakes(t *testing.T) {
	t.Parallel()
	tree := mapping.Tree{Home: "ACC1", Workspaces: map[string]mapping.Workspace{
		"ACC1": {Key: "ACC1", DefaultRole: "member", Roles: []string{"admin", "member", "owner"}, Granted: []string{"admin", "member"}},
		"ACC2": {Key: "ACC2", DefaultRole: "viewer", Roles: []string{"viewer"}, Granted: []string{"viewer"}},
	}}
	group, by := mapping.Reason{Rule: `group rule "Sales"`}, mapping.Reason{Rule: "hook"}
	wanted := []HookMembership{{
		Workspace: "ACC1", Role: "member", Teams: []string{"red"}, Status: StatusActive,
		Why: &HookReasons{Membership: group, Role: group},
	}}
	with := func(change func(*HookMembership)) []HookMembership {
		changed, why := slices.Clone(wanted), *wanted[0].Why
		changed[0].Why = &why
		change(&changed[0])
		return changed
	}
	before := with(func(*HookMembership) {})
	admin, owner, none, teams, blank, noTeams := "admin", "owner", "nobody", []string{"red", "blue", "red"}, []string{" "}, []string{}
	deactivated, invited := StatusDeactivated, StatusInvited
	for _, row := range []struct {
		name   string
		answer []HookChange
		want   any // []HookMembership, or a part of the cause
	}{
		{"nothing", nil, wanted},
		{"a role", []HookChange{{Workspace: "ACC1", Role: &admin}}, with(func(m *HookMembership) { m.Role, m.Why.Role = "admin", by })},
		{"teams, in order and once", []HookChange{{Workspace: "ACC1", Teams: &teams}}, with(func(m *HookMembership) {
			m.Teams, m.Why.Teams = []string{"blue", "red"}, by
		})},
		{"no teams", []HookChange{{Workspace: "ACC1", Teams: &noTeams}}, with(func(m *HookMembership) { m.Teams, m.Why.Teams = nil, by })},
		{"a status", []HookChange{{Workspace: "ACC1", Status: &deactivated}}, with(func(m *HookMembership) {
			m.Status, m.Why.Status = StatusDeactivated, by
		})},
		{"dropped", []HookChange{{Workspace: "ACC1", Drop: true}}, []HookMembership{}},
		{"dropped, and never wanted", []HookChange{{Workspace: "ACC2", Drop: true}}, wanted},
		{"one more", []HookChange{{Workspace: "ACC2"}}, append(slices.Clone(wanted), HookMembership{
			Workspace: "ACC2", Role: "viewer", Status: StatusActive,
			Why: &HookReasons{Membership: by, Role: mapping.Reason{Rule: "default"}},
		})},
		{"unknown workspace", []HookChange{{Workspace: "ACC3"}}, `"ACC3"`},
		{"the same workspace twice", []HookChange{{Workspace: "ACC1"}, {Workspace: "ACC1"}}, "twice"},
		{"M9: unknown role", []HookChange{{Workspace: "ACC1", Role: &none}}, `no role "nobody"`},
		{"B11: a role that is not granted", []HookChange{{Workspace: "ACC1", Role: &owner}}, `may not grant the role "owner"`},
		{"a role of another workspace", []HookChange{{Workspace: "ACC2", Role: &admin}}, `no role "admin"`},
		{"a status that nobody is given", []HookChange{{Workspace: "ACC1", Status: &invited}}, `"invited"`},
		{"a team without a name", []HookChange{{Workspace: "ACC1", Teams: &blank}}, "blank"},
		{"dropped with a role", []HookChange{{Workspace: "ACC1", Drop: true, Role: &admin}}, "dropped"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := HookAnswer{Memberships: row.answer}.apply(wanted, tree)
			if diff := cmp.Diff(before, wanted); diff != "" {
				t.Errorf("what was wanted has changed (-before +after):\n%s", diff)
			}
			if cause, ok := row.want.(string); ok {
				var e *scim.Error
				if !errors.As(err, &e) || e.Kind != scim.KindHookFailed || !strings.Contains(e.Cause.Error(), cause) {
					t.Errorf("= %v, want a failure that says %s", err, cause)
				}
			} else if diff := cmp.Diff(row.want, any(got)); diff != "" || err != nil {
				t.Errorf("%v, memberships (-want +got):\n%s", err, diff)
			}
		})
	}
}
