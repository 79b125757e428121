package postgres_test

import (
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/postgres/postgrestest"
)

// alone starts a server that a test may spoil, and a store on it.
func alone(t *testing.T, opt postgres.Options, settings ...string) (*postgrestest.Server, *postgres.Store) {
	t.Helper()
	own, err := postgrestest.Start(settings...)
	must(t, err)
	t.Cleanup(func() { must(t, own.Stop()) })
	s, err := postgres.Open(t.Context(), own.URL("postgres"), opt)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	must(t, s.Commit(t.Context(), logged("first")))
	return own, s
}

// A server that hangs does not end a statement whose time is over: who waits gives up by itself, also where the caller
// has set no end.
func TestSilence_AFrozenServerIsBusy(t *testing.T) {
	t.Parallel()
	own, s := alone(t, postgres.Options{StatementTimeout: 200 * time.Millisecond, Timeout: 5 * time.Second})
	_, err := s.Events(t.Context(), root, 0, 0)
	must(t, err)
	must(t, own.Signal(syscall.SIGSTOP))
	frozen := time.Now()
	_, scan := s.Events(t.Context(), root, 0, 0)
	took := time.Since(frozen)
	_, look := s.WorkspaceByKey(t.Context(), "X")
	write := s.Commit(t.Context(), logged("second"))
	must(t, own.Signal(syscall.SIGCONT))
	for what, err := range map[string]error{"scan": scan, "look-up": look, "write": write} {
		if !errors.Is(err, directory.ErrBusy) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if took > 4*time.Second {
		t.Errorf("it took %s to give up", took)
	}
	must(t, s.Commit(t.Context(), logged("third")))
}

// A commit that the server did not wait for, because its time was over, may be lost with the server: it is there, and
// not on the standby.
func TestSilence_ACommitThatIsNotOnTheStandbyIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	own, _ := alone(t, postgres.Options{}, "synchronous_standby_names=nobody", "synchronous_commit=local")
	s, err := postgres.Open(t.Context(), own.URL("postgres")+"&synchronous_commit=on", postgres.Options{Timeout: time.Second})
	must(t, err)
	t.Cleanup(func() { s.Close() })
	err = s.Commit(t.Context(), logged("second"))
	if !errors.Is(err, directory.ErrBusy) || !strings.Contains(err.Error(), "standby") {
		t.Errorf("committed: %v", err)
	}
}
