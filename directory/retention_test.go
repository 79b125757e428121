package directory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Who reads on from before what was dropped is told where to begin anew; who stands behind it notices nothing, and a
// webhook is sent no word of it.
func TestPruneLogs_TheFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.directory = w.openWith(directory.Config{Retention: directory.Retention{Events: 24 * time.Hour}})
	h, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, directory.NewWebhook{URL: "https://app.example.com/hook"})
	check(t, err)
	for _, id := range []string{"old", "older", "oldest"} {
		check(t, w.emit(w.workspace.ID, id))
	}
	before, err := w.directory.Feed(w.ctx, w.workspace, 0, 0, 0)
	check(t, err)
	w.clock.add(25 * time.Hour)
	check(t, w.emit(w.workspace.ID, "new"))
	check(t, w.directory.PruneLogs(w.ctx))

	last := before[len(before)-1].Seq
	_, err = w.directory.Feed(w.ctx, w.workspace, 0, 0, 0)
	if refusalKind(err) != directory.RefusedExpired {
		t.Errorf("from the start: %v, want it refused as expired", err)
	}
	events, err := w.directory.Feed(w.ctx, w.workspace, last, 0, 0)
	check(t, err)
	if len(events) != 1 || events[0].ID != "new" {
		t.Errorf("behind what was dropped: %+v, want the new event", events)
	}
	messages, upTo, err := w.directory.WaitingMessages(w.ctx, h.Webhook, 0, 100)
	check(t, err)
	if len(messages) != 1 || upTo != events[0].Seq {
		t.Errorf("the webhook hears of %d events up to %d, want the new one", len(messages), upTo)
	}
}

// Audit entries are kept for good unless told otherwise; then what is left still verifies, and fits a checkpoint of before.
func TestPruneLogs_TheAuditLog(t *testing.T) {
	t.Parallel()
	w, _ := sealedWorld(t, 24, 5)
	kept := w.checkpoint()
	w.clock.add(40 * 24 * time.Hour)
	w.enter(24)
	check(t, w.directory.SealAudit(w.ctx))
	check(t, w.directory.PruneLogs(w.ctx))
	if v := w.verify(kept); v.Fault != nil || v.Pruned != 0 || v.Entries != 26 {
		t.Errorf("with no limit: %+v", v)
	}
	w.directory = w.openWith(directory.Config{Retention: directory.Retention{Audit: 30 * 24 * time.Hour}})
	check(t, w.directory.PruneLogs(w.ctx))
	if v := w.verify(kept); v.Fault != nil || v.Pruned != kept.No || v.Entries != 1 || v.Segments != 1 {
		t.Errorf("after 30 days: %+v, want one entry in one segment behind %d", v, kept.No)
	}
	entries, err := w.store.Audit(w.ctx, w.workspace.Root, "", 0, 0)
	check(t, err)
	if len(entries) != 1 || entries[0].ID != "entry24" {
		t.Errorf("%d entries are left, want the one of today", len(entries))
	}
}

// What is left of an ephemeral person who has gone is forgotten in the end: a login is then somebody new, who sets up a
// second factor anew. The logs stay as they are.
func TestPruneLogs_J5_EphemeralPeopleWhoHaveGone(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, row := range []struct {
		name      string
		retention time.Duration
		after     time.Duration
		forgotten bool
	}{
		{"by default, in time", 0, 400 * day, false},
		{"by default, too late", 0, 400*day + time.Second, true},
		{"after a week", 7 * day, 8 * day, true},
		{"never", -1, 4000 * day, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := factorWorld(t)
			w.directory = w.openWith(directory.Config{Retention: directory.Retention{Ephemeral: row.retention, Events: -1, Requests: -1}})
			s, _, _ := w.enrolled(identity("ada", ""))
			w.vanishes(s)
			w.clock.add(row.after)
			w.skip()
			log := len(w.logins())
			check(t, w.directory.PruneLogs(w.ctx))
			w.wantHappened()
			equal(t, "records of the provisioning log", len(w.logins()), log)
			_, err := w.store.Factor(w.ctx, w.workspace.Root, s.Session.Subject)
			equal(t, "the second factor is gone", errors.Is(err, directory.ErrNotFound), row.forgotten)
			gone, err := w.store.GoneBefore(w.ctx, w.workspace.Root, w.clock.Now().Add(day), 10)
			check(t, err)
			equal(t, "tombstones", len(gone) == 0, row.forgotten)
			again := w.signIn(identity("ada", ""))
			equal(t, "somebody new", again.Session.Subject != s.Session.Subject, row.forgotten)
			equal(t, "has a second factor", again.HasFactor, !row.forgotten)
		})
	}
}

// vanishes ends the only session of an ephemeral person, who goes.
func (w *world) vanishes(s directory.Signed) {
	w.t.Helper()
	check(w.t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
	w.sweep()
	if w.isMember(s.Session.Subject) {
		w.t.Fatal("the person is there still")
	}
}

// Of two identities of a person who has gone one comes back. What leads the other one to the id is forgotten by its own
// age, and the person who is there is let alone.
func TestPruneLogs_J5_OneOfTwoIdentitiesIsForgotten(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	s, _, _ := w.enrolled(identity("ada", ""))
	state, err := w.beginLink(s.Session)
	check(t, err)
	linked, err := w.finish(state, identity("eve", ""))
	check(t, err)
	equal(t, "the two are one person", linked.Session.Subject, s.Session.Subject)
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, linked.Session.ID, directory.ReasonLogout))
	w.vanishes(s)
	w.clock.add(401 * 24 * time.Hour)
	back := w.signIn(identity("ada", ""))
	equal(t, "the id is the same", back.Session.Subject, s.Session.Subject)
	w.skip()
	check(t, w.directory.PruneLogs(w.ctx))
	_, err = w.store.Factor(w.ctx, w.workspace.Root, s.Session.Subject)
	check(t, err)
	w.wantLive(back.Token, true)
	other := w.signIn(identity("eve", ""))
	equal(t, "the other identity is somebody new", other.Session.Subject == s.Session.Subject, false)
}

// Who has no identity any more when the session ends is led back to by nothing: the second factor goes at once.
func TestPruneLogs_J5_NothingLeadsBackToWhoWasUnlinked(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	s, _, _ := w.enrolled(identity("ada", ""))
	check(t, w.directory.Unlink(w.ctx, operator, w.workspace, s.Session.Subject, w.connection, "https://idp.example.com", "ada"))
	w.clock.add(25 * time.Hour)
	w.sweep()
	equal(t, "is a member", w.isMember(s.Session.Subject), false)
	_, err := w.store.Factor(w.ctx, w.workspace.Root, s.Session.Subject)
	wantIs(t, err, directory.ErrNotFound)
	w.clock.add(401 * 24 * time.Hour)
	check(t, w.directory.PruneLogs(w.ctx))
	gone, err := w.store.GoneBefore(w.ctx, w.workspace.Root, w.clock.Now().Add(time.Hour), 10)
	check(t, err)
	equal(t, "tombstones", len(gone), 0)
}
