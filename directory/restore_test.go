package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Whoever an identity provider deletes softly can be restored by hand, and is the same person when it is posted again.
func TestRestore_B10_WhoWasDeletedSoftly(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string]directory.ConnectionSettings{
		"deactivated": {},
		"removed":     {RemoveInactive: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTree(t, settings)
			jane := w.user(`{"userName":"jane","externalId":"1","role":"Editor"}`)
			subject := w.subject(jane.ID)
			check(t, w.Delete(w.ctx, w.userType(), jane.ID, scim.Write{}))
			w.clock.add(29 * 24 * time.Hour)
			p, err := w.directory.RestoreMember(w.ctx, operator, w.workspace, subject)
			check(t, err)
			equal(t, "restored", []any{p.Role, p.Status}, []any{"Editor", directory.StatusActive})
			_, err = w.directory.RestoreMember(w.ctx, operator, w.workspace, subject)
			wantRefusal(t, err, directory.RefusedExists, "is a member")
			w.skip()
			back := w.user(`{"userName":"jane","externalId":"1","role":"Editor"}`)
			equal(t, "subject", w.subject(back.ID), subject)
			w.wantMemberships(back.ID, "ACC123 Editor(scim) active")
			equal(t, "events", len(w.types()), 0)
		})
	}
}

func TestRestore_B10_OldRemovalsAreDropped(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, email := range []string{"old@x.org", "new@x.org"} {
		subject := w.member(email, "")
		_, err := w.directory.RemoveMember(w.ctx, operator, w.workspace, subject)
		check(t, err)
		w.clock.add(15 * 24 * time.Hour)
	}
	check(t, w.directory.PruneRemovals(w.ctx))
	left, err := w.store.Removals(w.ctx, w.workspace.Root, w.workspace.ID, 0)
	check(t, err)
	equal(t, "removals", len(left), 1)
}

// Whom an admin has deactivated by hand is no leaver of the connection, and stays out when those are brought back.
func TestRestore_B10_RollBackLeavesWhatWasDoneByHand(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	jane, joe := w.user(`{"userName":"jane"}`), w.user(`{"userName":"joe"}`)
	w.clock.add(2 * time.Hour)
	out := directory.StatusDeactivated
	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, w.subject(jane.ID), directory.MemberChange{Status: &out})
	check(t, err)
	w.patched(joe.ID, replaceOp("active", "false"))
	n, err := w.directory.RollBackLeavers(w.ctx, operator, w.connection)
	check(t, err)
	equal(t, "came back", n, 1)
	w.wantMemberships(jane.ID, "ACC123 member(default) deactivated")
	w.wantMemberships(joe.ID, "ACC123 member(default) active")
}

// What is rolled back is a member again, and no removed one.
func TestRestore_B10_RolledBackLeaversAreNoRemovedOnes(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{RemoveInactive: true, Brake: &directory.Brake{Members: 1, Percent: 1}})
	jane, joe := w.user(`{"userName":"jane"}`), w.user(`{"userName":"joe"}`)
	is := func(held bool, left int) {
		t.Helper()
		s, err := w.directory.BrakeOf(w.ctx, w.connection)
		check(t, err)
		equal(t, "brake", []any{s.Held, s.Left, s.Limit}, []any{held, left, 1})
	}
	w.clock.add(2 * time.Hour)
	is(false, 0)
	w.patched(jane.ID, replaceOp("active", "false"))
	is(true, 1) // the next one is held
	_, err := w.patch(w.userType(), joe.ID, replaceOp("active", "false"))
	wantKind(t, err, scim.KindHeld)
	other, err := w.open(w.key).BrakeOf(w.ctx, w.connection) // as the command line sees it
	check(t, err)
	equal(t, "held", other.Held, true)
	n, err := w.directory.RollBackLeavers(w.ctx, operator, w.connection)
	check(t, err)
	equal(t, "came back", n, 1)
	w.wantMemberships(jane.ID, "ACC123 member(default) active")
	removed, err := w.directory.Removed(w.ctx, w.workspace)
	check(t, err)
	equal(t, "removed", len(removed), 0)
	w.connection, err = w.directory.ReleaseBrake(w.ctx, operator, w.connection)
	check(t, err)
	is(false, 0)
}
