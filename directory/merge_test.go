package directory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// provider is another identity provider of the same workspace.
func (w *world) provider(name string) *world {
	w.t.Helper()
	other := *w
	other.connection = w.connect(name, "entra")
	other.Client = w.directory.ClientFor(w.workspace, other.connection, directory.Actor{Name: "token:" + name})
	return &other
}

// merge makes one person of two.
func (w *world) merge(keep, drop string) directory.MergeReport {
	w.t.Helper()
	r, err := w.directory.MergeSubjects(w.ctx, operator, w.workspace, keep, drop, false)
	check(w.t, err)
	return r
}

func TestMerge_B10_TheKeptSubjectTakesOver(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	entra := w.provider("entra")
	jane := w.user(`{"userName":"jane","displayName":"Jane Okta","accounts":["ACC123","EU"]}`)
	other := entra.user(`{"userName":"jane@x.org","displayName":"Jane Entra"}`)
	keep, drop := w.subject(jane.ID), entra.subject(other.ID)
	us, err := w.directory.Workspace(w.ctx, "US")
	check(t, err)
	_, err = w.directory.Invite(w.ctx, operator, us, directory.Invitation{Subject: drop, Role: "Editor"})
	check(t, err)
	w.skip()

	before := w.trail()
	preview, err := w.directory.MergeSubjects(w.ctx, operator, w.workspace, keep, drop, true)
	check(t, err)
	if after := w.trail(); after != before {
		t.Errorf("the preview left %d entries and events", after-before)
	}
	equal(t, "subject of a preview", entra.subject(other.ID), drop)
	report := w.merge(keep, drop)
	equal(t, "preview", preview, report)
	equal(t, "report", []any{len(report.Users), report.Users[0].UserName, len(report.Memberships)}, []any{1, "jane@x.org", 2})

	equal(t, "subject", entra.subject(other.ID), keep)
	equal(t, "memberships", w.membershipsOf(keep), []string{
		"ACC123 member(default) active", "EU member(default) active", "US Editor(manual) invited",
	})
	equal(t, "memberships of the dropped one", w.membershipsOf(drop), []string{})
	who, err := w.store.Subject(w.ctx, w.workspace.Root, keep)
	check(t, err)
	equal(t, "name", who.Name, "Jane Okta")
	_, err = w.store.Subject(w.ctx, w.workspace.Root, drop)
	equal(t, "the dropped subject is not found", errors.Is(err, directory.ErrNotFound), true)
	equal(t, "events", w.types(), []string{"subject.merged", "member.left", "member.left", "member.joined"})

	_, err = w.directory.MergeSubjects(w.ctx, operator, w.workspace, keep, drop, false)
	wantRefusal(t, err, directory.RefusedNotFound, "no person")
	entra.patched(other.ID, replaceOp("displayName", `"Jane Merged"`)) // the other link writes the same person
	who, err = w.store.Subject(w.ctx, w.workspace.Root, keep)
	check(t, err)
	equal(t, "name", who.Name, "Jane Merged")
}

// trail counts the entries and events of the workspace.
func (w *world) trail() int {
	w.t.Helper()
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, 0, 0)
	check(w.t, err)
	events, err := w.directory.EventLog(w.ctx, w.workspace, 0, 0)
	check(w.t, err)
	return len(entries) + len(events)
}

func TestMerge_B10_ABlockHoldsFromEither(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	keep, drop := w.member("jane@x.org", ""), w.member("jane@y.org", "")
	w.change(drop, directory.MemberChange{Blocked: new(true)})
	w.skip()
	w.merge(keep, drop)
	equal(t, "blocked", w.membership(keep).Blocked, true)
	equal(t, "events", w.types(), []string{"subject.merged", "member.left", "member.deactivated"})
}

func TestMerge_B10_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane, joe := w.subject(w.user(`{"userName":"jane"}`).ID), w.subject(w.user(`{"userName":"joe"}`).ID)
	refused := func(keep, drop string, kind directory.RefusalKind, text string) {
		t.Helper()
		for _, preview := range []bool{true, false} {
			_, err := w.directory.MergeSubjects(w.ctx, operator, w.workspace, keep, drop, preview)
			wantRefusal(t, err, kind, text)
		}
	}
	refused(jane, jane, directory.RefusedInvalid, "itself")
	refused(jane, joe, directory.RefusedInvalid, "one connection has a user of each")
	foreign, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER"})
	check(t, err)
	stranger, err := w.directory.Invite(w.ctx, operator, foreign, directory.Invitation{Email: "s@y.org"})
	check(t, err)
	refused(jane, stranger.Subject, directory.RefusedNotFound, "no person")
	refused(stranger.Subject, jane, directory.RefusedNotFound, "no person")

	owner, member := w.member("owner@x.org", "owner"), w.member("member@x.org", "")
	refused(member, owner, directory.RefusedLastOwner, "last owner") // whose membership holds is no owner
	w.merge(owner, member)
}

// The tombstones of the dropped subject find the kept one, where that one is not known already.
func TestMerge_B10_WhoComesBackIsTheKeptSubject(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	gone := w.user(`{"userName":"jane","externalId":"1"}`)
	drop := w.subject(gone.ID)
	check(t, w.Delete(w.ctx, w.userType(), gone.ID, scim.Write{}))
	keep := w.member("jane@x.org", "")
	w.merge(keep, drop)
	back := w.user(`{"userName":"jane","externalId":"1"}`)
	equal(t, "subject", w.subject(back.ID), keep)

	// One who has a user there stays one user: somebody else comes under the other's keys.
	other := w.user(`{"userName":"janet"}`)
	drop = w.subject(other.ID)
	check(t, w.Delete(w.ctx, w.userType(), other.ID, scim.Write{}))
	w.merge(keep, drop)
	again := w.user(`{"userName":"janet"}`)
	if s := w.subject(again.ID); s == keep || s == drop {
		t.Errorf("the subject is %s", s)
	}
}

// Two tombstones lead to one person; once it is back under one of them the other finds nobody.
func TestMerge_B10_NobodyIsTwoUsersOfOneConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	subjects := []string{}
	for _, name := range []string{"a", "b"} {
		rec := w.user(`{"userName":"` + name + `"}`)
		subjects = append(subjects, w.subject(rec.ID))
		check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	}
	w.merge(subjects[0], subjects[1])
	equal(t, "a", w.subject(w.user(`{"userName":"a"}`).ID), subjects[0])
	if s := w.subject(w.user(`{"userName":"b"}`).ID); s == subjects[0] || s == subjects[1] {
		t.Errorf("b is %s", s)
	}
}

func TestMerge_B10_RemovalsGoOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	keep := w.member("jane@x.org", "")
	eu, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "EU", Parent: w.workspace.Key})
	check(t, err)
	p, err := w.directory.Invite(w.ctx, operator, eu, directory.Invitation{Email: "jane@y.org"})
	check(t, err)
	_, err = w.directory.RemoveMember(w.ctx, operator, eu, p.Subject)
	check(t, err)
	w.merge(keep, p.Subject)
	back, err := w.directory.RestoreMember(w.ctx, operator, eu, keep)
	check(t, err)
	equal(t, "restored", back.Status, directory.StatusInvited)
	_, err = w.directory.RestoreMember(w.ctx, operator, eu, p.Subject)
	wantRefusal(t, err, directory.RefusedNotFound, "no removed member")
}

// X3: who is erased leaves nothing of those who were merged into the person either, however often.
func TestMerge_X3_ErasingTheKeptSubjectErasesTheDroppedOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	var all []string
	for _, email := range []string{"a@x.org", "b@x.org", "c@x.org", "d@x.org"} {
		all = append(all, w.member(email, ""))
	}
	w.merge(all[1], all[0]) // a is in b
	w.merge(all[2], all[3]) // d is in c
	w.merge(all[2], all[1]) // and b, with a, in c
	check(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, all[2]))
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, 0, 0)
	check(t, err)
	for _, e := range entries {
		if e.Subject != "" && e.Detail != nil && e.Action != directory.ActionSubjectErase {
			t.Errorf("%s of %s still has %s", e.Action, e.Subject, e.Detail)
		}
	}
}

// A request that has read the subject that goes, before the merge was committed, ends with the one that stays.
func TestMerge_B10_ARequestUnderWayPlansAgain(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	keep := w.member("jane@x.org", "")
	jane := w.user(`{"userName":"jane","active":false}`)
	drop := w.subject(jane.ID)
	_, err := w.directory.RemoveMember(w.ctx, operator, w.workspace, drop)
	check(t, err)
	merged := false
	f.before = func() {
		if !merged {
			merged = true
			w.merge(keep, drop)
		}
	}
	w.patched(jane.ID, replaceOp("active", "true"))
	f.before = nil
	equal(t, "merged", merged, true)
	equal(t, "subject", w.subject(jane.ID), keep)
	equal(t, "memberships", w.membershipsOf(keep), []string{"ACC123 member(default) active"})
	equal(t, "memberships of the dropped one", w.membershipsOf(drop), []string{})
}

func TestMerge_J5_WhoWasInvitedDoesNotGoWithASession(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	child := w.below("ACC123", "CHILD")
	keep, err := w.directory.Invite(w.ctx, operator, child, directory.Invitation{Email: "bob@example.com"})
	check(t, err)
	s := w.signIn(identity("ada", ""))
	w.merge(keep.Subject, s.Session.Subject)
	check(t, second(w.directory.RemoveMember(w.ctx, operator, child, keep.Subject)))
	w.clock.add(25 * time.Hour)
	w.sweep()
	if !w.isMember(keep.Subject) {
		t.Error("who was invited went with the time of a session")
	}
}
