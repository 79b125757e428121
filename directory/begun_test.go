package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// What anybody can have kept who begins a login is bounded for each tenant, and the others go on.
func TestBegun_IsBounded(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	app := w.app()
	ours := func() error {
		_, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{Connection: w.connection, Address: "192.0.2.1"})
		return err
	}
	theirs := func() error {
		_, _, err := w.directory.BeginAuthorization(w.ctx, directory.NewAuthorization{App: app.App})
		return err
	}
	w.directory.FillBegun(w.workspace.Root)
	wantIs(t, ours(), directory.ErrBusy)
	w.directory.FillBegun(app.Root)
	wantIs(t, theirs(), directory.ErrBusy)
	w.directory.FillBegun("another")
	check(t, ours())
	check(t, theirs())
	w.directory.FillBegun(w.workspace.Root)
	w.clock.add(10 * time.Minute)
	check(t, ours())
}
