package directory_test

import (
	"errors"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// X3: nothing of the person is left, and who is given back is somebody new.
func TestErase_X3_NothingIsLeft(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	subject := w.subject(rec.ID)
	group := w.group(`{"displayName":"G","members":[{"value":"` + rec.ID + `"}]}`)
	below := w.below("ACC123", "EAST")
	_, err := w.directory.Invite(w.ctx, operator, below, directory.Invitation{Subject: subject})
	check(t, err)
	gone := w.below("ACC123", "WEST")
	_, err = w.directory.Invite(w.ctx, operator, gone, directory.Invitation{Subject: subject})
	check(t, err)
	check(t, second(w.directory.RemoveMember(w.ctx, operator, gone, subject)))
	w.skip()

	check(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, subject))
	w.wantHappened(
		`subject.erase <subject of jane@x.test> by cli:test: {}`,
		`> member.left <subject of jane@x.test>: {}`,
		`> member.left <subject of jane@x.test>: {}`,
	)
	_, err = w.store.Subject(w.ctx, w.workspace.Root, subject)
	if !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the subject is there: %v", err)
	}
	_, err = w.Get(w.ctx, w.userType(), rec.ID, w.all(w.userType()))
	wantKind(t, err, scim.KindUnknownResource)
	equal(t, "members of the group", members(w.get(w.groupType(), group.ID)), []string{})
	for _, ws := range []directory.Workspace{w.workspace, below, gone} {
		people, err := w.directory.People(w.ctx, ws, directory.PeopleFilter{})
		check(t, err)
		removed, err := w.directory.Removed(w.ctx, ws)
		check(t, err)
		equal(t, "people of "+ws.Key, []int{len(people), len(removed)}, []int{0, 0})
	}
	// The entries are there, the personal values are not, and the digests still say what they were.
	entries, err := w.store.Audit(w.ctx, w.workspace.Root, "", 0, 0)
	check(t, err)
	about := 0
	for _, e := range entries {
		if e.Subject == subject && e.Action != directory.ActionSubjectErase {
			about++
			equal(t, "detail of "+e.Action, len(e.Detail), 0)
		}
	}
	if about == 0 {
		t.Error("no entry about the person is left")
	}
	wantRefusal(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, subject), directory.RefusedNotFound, "no person")

	again := w.user(jane)
	if w.subject(again.ID) == subject {
		t.Error("the person came back as the subject that was erased")
	}
}

// Who was deleted softly and is erased afterwards leaves no tombstone either.
func TestErase_X3_AfterASoftDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	subject := w.subject(rec.ID)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	check(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, subject))
	again := w.user(jane)
	if w.subject(again.ID) == subject {
		t.Error("the person came back as the subject that was erased")
	}
}

// An admin of a part of the tenant erases nobody who is known elsewhere.
func TestErase_OnlyFromAboveAllMemberships(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	east := w.below("ACC123", "EAST")
	jane := w.invite(directory.Invitation{Email: "jane@x.org"}).Subject
	_, err := w.directory.Invite(w.ctx, operator, east, directory.Invitation{Subject: jane})
	check(t, err)
	own, err := w.directory.Invite(w.ctx, operator, east, directory.Invitation{Email: "joe@x.org"})
	check(t, err)
	w.skip()
	wantRefusal(t, w.directory.EraseSubject(w.ctx, operator, east, jane), directory.RefusedInvalid, "outside workspace EAST")
	w.wantHappened()
	check(t, w.directory.EraseSubject(w.ctx, operator, east, own.Subject))
	other := w.below("", "OTHER")
	wantRefusal(t, w.directory.EraseSubject(w.ctx, operator, other, jane), directory.RefusedNotFound, "no person")
}

// An ephemeral person who has gone is erased by the id: from the logs, and from what would lead back to the id.
func TestErase_X3_AnEphemeralPersonWhoHasGone(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	s := w.signIn(identity("ada", ""))
	end := func(s directory.Signed) {
		check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
		w.sweep()
	}
	end(s)
	subject := s.Session.Subject
	again := w.signIn(identity("ada", ""))
	equal(t, "the same id comes back", again.Session.Subject, subject)
	end(again)
	w.skip()
	check(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, subject))
	w.wantHappened(`subject.erase <ada> by cli:test: {}`)
	for _, r := range w.logins() {
		if r.Asked != "" || r.Did != "" {
			t.Errorf("the provisioning log has %q, %q still", r.Asked, r.Did)
		}
	}
	wantRefusal(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, subject), directory.RefusedNotFound, "no person")
	if w.signIn(identity("ada", "")).Session.Subject == subject {
		t.Error("the person came back as the subject that was erased")
	}
}
