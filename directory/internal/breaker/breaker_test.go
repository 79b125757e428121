package breaker_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/usher-scim/usher/directory/internal/breaker"
)

var (
	errDown   = errors.New("down")
	errLate   = errors.New("late")
	errPaused = errors.New("paused")

	limits = breaker.Limits{
		Timeout: 5 * time.Second, AtOnce: 8, Failures: 5, Pause: 10 * time.Second, Late: errLate, Paused: errPaused,
	}
)

// asking calls by key.
type asking struct {
	t    *testing.T
	set  *breaker.Set
	call func(ctx context.Context, key string) error
}

func newAsking(t *testing.T, call func(ctx context.Context, key string) error) *asking {
	return &asking{t: t, call: call, set: &breaker.Set{
		Limits: limits, Clock: time.Now, Report: func(string, bool, error) {},
	}}
}

// on calls under the key and says what became of it: "passed", or the error.
func (a *asking) on(ctx context.Context, key string) string {
	passed, err := breaker.Call(ctx, a.set, key, func(ctx context.Context) (string, error) {
		return "passed", a.call(ctx, key)
	})
	if err == nil {
		return passed
	}
	for _, cause := range []error{errDown, errPaused, errLate, context.Canceled} {
		if errors.Is(err, cause) {
			return cause.Error()
		}
	}
	return err.Error()
}

func (a *asking) want(key, want string) {
	a.t.Helper()
	if got := a.on(a.t.Context(), key); got != want {
		a.t.Errorf("after %s: %q, want %q", time.Since(synctestStart), got, want)
	}
}

// synctestStart is when time begins in a bubble.
var synctestStart = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func TestCall_PausesAfterFailuresInARow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var calls int
		down := true
		a := newAsking(t, func(ctx context.Context, key string) error {
			calls++
			if down {
				return errDown
			}
			return nil
		})
		wantCalls := func(want int) {
			t.Helper()
			if calls != want {
				t.Errorf("after %s: %d calls, want %d", time.Since(synctestStart), calls, want)
			}
		}
		for range limits.Failures - 1 {
			a.want("c", errDown.Error())
		}
		down = false
		a.want("c", "passed") // four in a row are forgotten
		down = true
		for range limits.Failures {
			a.want("c", errDown.Error())
		}
		wantCalls(10)
		a.want("c", errPaused.Error())
		time.Sleep(limits.Pause - time.Nanosecond)
		a.want("c", errPaused.Error())
		wantCalls(10)
		time.Sleep(time.Nanosecond)
		a.want("c", errDown.Error()) // the probe
		a.want("c", errPaused.Error())
		wantCalls(11)
		down = false
		a.want("other", "passed") // another connection has its own gate
		wantCalls(12)
		time.Sleep(limits.Pause)
		a.want("c", "passed")
		a.want("c", "passed")
		wantCalls(14)
	})
}

func TestCall_AfterAPauseOneCallProbes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := false
		a := newAsking(t, func(ctx context.Context, key string) error {
			if !slow {
				return errDown
			}
			select {
			case <-time.After(time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		for range limits.Failures {
			a.want("c", errDown.Error())
		}
		time.Sleep(limits.Pause)
		slow = true
		gone, leave := context.WithCancel(t.Context())
		var probe sync.WaitGroup
		probe.Go(func() {
			if got := a.on(gone, "c"); got != context.Canceled.Error() {
				t.Errorf("a caller who left: %q", got)
			}
		})
		synctest.Wait()
		a.want("c", errPaused.Error()) // while the probe is on its way
		leave()
		probe.Wait()
		a.want("c", "passed") // the next one is the probe, for who leaves says nothing of the hook
		a.want("c", "passed")
	})
}

func TestCall_OneThatHangsEndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		a := newAsking(t, func(ctx context.Context, key string) error {
			<-release // heeds no context
			return nil
		})
		start := time.Now()
		a.want("c", errLate.Error())
		if took := time.Since(start); took != limits.Timeout {
			t.Errorf("it took %s, want %s", took, limits.Timeout)
		}
	})
}

func TestCall_AtMostSoManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int32
		a := newAsking(t, func(ctx context.Context, key string) error {
			most.Store(max(most.Load(), now.Add(1)))
			defer now.Add(-1)
			time.Sleep(time.Second)
			return nil
		})
		start := time.Now()
		var callers sync.WaitGroup
		for range 3 * limits.AtOnce {
			callers.Go(func() { a.want("c", "passed") })
		}
		callers.Wait()
		if took := time.Since(start); int(most.Load()) != limits.AtOnce || took != 3*time.Second {
			t.Errorf("%d calls at once, done after %s; want %d and 3 s", most.Load(), took, limits.AtOnce)
		}
	})
}

// One connection's hook hangs while fifty of its changes wait for it: another connection's changes take no time.
func TestCall_OneThatHangsCostsOthersNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		a := newAsking(t, func(ctx context.Context, key string) error {
			if key == "hangs" {
				<-release
			}
			return nil
		})
		var waiting sync.WaitGroup
		for range 50 {
			waiting.Go(func() { a.want("hangs", errLate.Error()) })
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
		if took := time.Since(start); took != limits.Timeout {
			t.Errorf("the last of the fifty waited %s, want %s", took, limits.Timeout)
		}
		close(release)
		synctest.Wait()
		a.want("hangs", errPaused.Error())
		time.Sleep(limits.Pause)
		a.want("hangs", "passed")
	})
}

func TestCall_APanicIsAFailure(t *testing.T) {
	t.Parallel()
	a := newAsking(t, func(ctx context.Context, key string) error { panic("out of range") })
	a.want("c", "the call panicked: out of range")
}
