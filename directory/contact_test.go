package directory_test

import (
	"context"
	"testing"
	"time"
)

func TestContact_M4_FirstContactActivates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	w.label(w.connection.ID, "<c>")
	w.label(token.ID, "<t>")
	w.skip()

	_, err := w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	equal(t, "status on the request's path", w.status(), "inactive")
	w.directory.RecordContacts(w.ctx)
	equal(t, "status", w.status(), "active")
	w.wantHappened(`connection.activate <c> by token:<t>: {}`)

	// Later contacts move the marks once a minute and leave no entry.
	for _, step := range []struct{ wait, want time.Duration }{
		{30 * time.Second, 0},
		{29 * time.Second, 0},
		{2 * time.Second, 61 * time.Second},
		{59 * time.Second, 61 * time.Second},
	} {
		w.clock.add(step.wait)
		_, err = w.authenticate("Bearer "+token.Text, "")
		check(t, err)
		w.directory.RecordContacts(w.ctx)
		c, err := w.directory.Connection(w.ctx, w.workspace, w.connection.ID)
		check(t, err)
		equal(t, "last contact", c.LastContact, testStart.Add(step.want))
		equal(t, "first contact", c.FirstContact, testStart)
		tokens, err := w.directory.Tokens(w.ctx, w.connection)
		check(t, err)
		equal(t, "last use", tokens[0].LastUsed, testStart.Add(step.want))
	}
	w.wantHappened()
}

func (w *world) status() string {
	w.t.Helper()
	c, err := w.directory.Connection(w.ctx, w.workspace, w.connection.ID)
	check(w.t, err)
	return c.Status()
}

func TestContact_RefusedRequestsAreNoContact(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	_, err := w.directory.PauseConnection(w.ctx, operator, w.connection)
	check(t, err)
	if _, err := w.authenticate("Bearer "+token.Text, ""); err == nil {
		t.Fatal("a paused connection works")
	}
	w.directory.RecordContacts(w.ctx)
	equal(t, "status", w.status(), "inactive")
}

func TestRun_WritesContactsAndWhatIsPendingAtTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	_, err := w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	ctx, cancel := context.WithCancel(w.ctx)
	cancel()
	check(t, w.directory.Run(ctx))
	equal(t, "status", w.status(), "active")
	check(t, w.directory.Ready(w.ctx))
}

func TestContact_AFullBufferDropsAndCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	w.directory.FillContacts()
	_, err := w.authenticate("Bearer "+token.Text, "") // must not wait
	check(t, err)
	equal(t, "dropped", w.directory.DroppedContacts(), int64(1))
	w.directory.RecordContacts(w.ctx)
	equal(t, "status", w.status(), "inactive")
	_, err = w.authenticate("Bearer "+token.Text, "") // the next request marks again
	check(t, err)
	w.directory.RecordContacts(w.ctx)
	equal(t, "status", w.status(), "active")
}
