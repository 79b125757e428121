package directory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// hardDelete makes a DELETE erase.
func (w *world) hardDelete() {
	w.t.Helper()
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.HardDelete = true })
	w.skip()
}

// isThere reports that the tenant knows the person.
func (w *world) isThere(subject string) bool {
	w.t.Helper()
	_, err := w.store.Subject(w.ctx, w.workspace.Root, subject)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		w.t.Fatal(err)
	}
	return err == nil
}

func TestHardDelete_X3_LeavesWhoIsKnownOutsideTheConnectionsWorkspace(t *testing.T) {
	t.Parallel()
	for _, removed := range []bool{false, true} {
		w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
		root := w.workspace
		w.beneath("CHILD", directory.MethodBoth, directory.SignIn{})
		w.hardDelete()
		rec := w.user(`{"userName":"eve@example.com","externalId":"id-eve"}`)
		eve := w.subject(rec.ID)
		_, err := w.directory.Invite(w.ctx, operator, root, directory.Invitation{Subject: eve, Role: "admin"})
		check(t, err)
		if removed {
			_, err = w.directory.RemoveMember(w.ctx, operator, root, eve)
			check(t, err)
		}
		w.clock.add(time.Second)
		w.skip()
		check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
		if !w.isThere(eve) {
			t.Fatalf("the user of a child was erased, with the root's membership (removed: %v)", removed)
		}
		if lines := w.happened(); len(lines) == 0 || !containsAll(lines[0], "user.delete <eve@example.com>") {
			t.Errorf("the deletion left %q", lines)
		}
		if removed {
			_, err = w.directory.RestoreMember(w.ctx, operator, root, eve)
			check(t, err)
		}
		m, err := w.store.Membership(w.ctx, root.Root, root.ID, eve)
		check(t, err)
		equal(t, "role at the root", m.Role, "admin")
	}
}

func TestMatch_X12_AChildsUserIsNobodyWhoHasLinkedAnAccountOfTheChild(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	ada := w.signIn(identity("ada", ""))
	w.beneath("CHILD", directory.MethodBoth, directory.SignIn{})
	w.hardDelete()
	state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{
		Connection: w.connection, Browser: browser, Session: &ada.Session, Address: "192.0.2.1",
	})
	check(t, err)
	linked, err := w.finish(state, w.foreign("ada"))
	check(t, err)
	equal(t, "linked with consent", linked.Session.Subject, ada.Session.Subject)
	rec := w.user(`{"userName":"ada","externalId":"id-ada","displayName":"Not Ada"}`)
	if w.subject(rec.ID) == ada.Session.Subject {
		t.Fatal("the child's SCIM has taken over somebody of the root")
	}
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	who, err := w.store.Subject(w.ctx, w.workspace.Root, ada.Session.Subject)
	check(t, err)
	equal(t, "name", who.Name, "ada")
}

func TestHardDelete_J7_LeavesWhoIsBlocked(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	w.hardDelete()
	const document = `{"userName":"ada@example.com","externalId":"id-ada"}`
	rec := w.user(document)
	ada := w.signIn(identity("ada", "")).Session.Subject
	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, ada, directory.MemberChange{Blocked: new(true)})
	check(t, err)
	w.clock.add(time.Second)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	equal(t, "posted again", w.subject(w.user(document).ID), ada)
	if !w.membership(ada).Blocked {
		t.Error("DELETE and POST have taken the block away")
	}
	w.wantRefused(identity("ada", ""), directory.LoginBlocked)
	check(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, ada)) // an admin may
	if w.isThere(ada) {
		t.Error("who was erased by an admin is there")
	}
}

func TestHardDelete_J2_NobodyReturnsWhoWasErasedBeforePeopleSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	w.hardDelete()
	const document = `{"userName":"ada@example.com","externalId":"id-ada"}`
	check(t, w.Delete(w.ctx, w.userType(), w.user(document).ID, ifMatch(1)))
	bob := w.user(`{"userName":"bob@example.com","externalId":"id-bob"}`)
	check(t, w.Delete(w.ctx, w.userType(), bob.ID, ifMatch(1)))
	w.user(`{"userName":"bob@example.com","externalId":"other"}`) // gives the name back
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodBoth })
	w.connectionSettings(func(s *directory.ConnectionSettings) {
		s.SignIn = &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: "https://idp.example.com", ClientID: "usher"}
	})
	w.clock.add(time.Hour)
	w.wantRefused(identity("ada", ""), directory.LoginDeleted)
	w.signIn(identity("bob", ""))
	rec := w.user(document)
	equal(t, "SCIM brings back", w.signIn(identity("ada", "")).Session.Subject, w.subject(rec.ID))
}
