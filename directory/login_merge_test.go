package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// invited is somebody who was invited a while ago.
func (w *world) invited() string {
	w.t.Helper()
	p, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "other@example.com"})
	check(w.t, err)
	w.clock.add(time.Minute)
	return p.Subject
}

// becomes merges drop into keep.
func (w *world) becomes(keep, drop string) {
	w.t.Helper()
	w.clock.add(time.Second)
	w.merge(keep, drop)
	w.clock.add(time.Second)
	w.skip()
}

func TestMerge_J2_ALeaverStaysOutAsTheOneWhoIsKept(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		principal string
		signsIn   bool
	}{
		"by the link": {"externalId", true}, "by the principal": {"externalId", false}, "by the name": {"userName", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
			w.connectionSettings(func(s *directory.ConnectionSettings) { s.Principal = c.principal })
			keep := w.invited()
			document := `{"userName":"ada@example.com","externalId":"id-ada"}`
			rec := w.user(document)
			ada := w.subject(rec.ID)
			if c.signsIn {
				w.signIn(identity("ada", ""))
			}
			check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
			w.clock.add(time.Minute)
			w.wantRefused(identity("ada", ""), directory.LoginDeleted)
			w.becomes(keep, ada)
			w.wantRefused(identity("ada", ""), directory.LoginDeleted)

			equal(t, "SCIM brings back", w.subject(w.user(document).ID), keep)
			if c.principal == "externalId" {
				equal(t, "who signs in", w.signIn(identity("ada", "")).Session.Subject, keep)
			}
		})
	}
}

func TestMerge_J2_OfTwoLeaversNeitherComesBack(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Principal = "userName" })
	var leavers []string
	for _, name := range []string{"ada", "bob"} {
		rec := w.user(`{"userName":"` + name + `@example.com"}`)
		leavers = append(leavers, w.subject(rec.ID))
		check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	}
	w.becomes(leavers[0], leavers[1])
	for _, name := range []string{"ada", "bob"} {
		w.wantRefused(identity(name, ""), directory.LoginDeleted)
	}
}

func TestMerge_J2_WhoWasMergedAndDeletedAgainStaysOut(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	keep := w.invited()
	document := `{"userName":"ada@example.com","externalId":"id-ada"}`
	rec := w.user(document)
	ada := w.subject(rec.ID)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	w.becomes(keep, ada)
	for range 2 {
		rec = w.user(document)
		equal(t, "SCIM brings back", w.subject(rec.ID), keep)
		w.signIn(identity("ada", ""))
		w.clock.add(time.Minute)
		check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
		w.clock.add(time.Minute)
		w.wantRefused(identity("ada", ""), directory.LoginDeleted)
	}
	_, err := w.directory.RestoreMember(w.ctx, operator, w.workspace, keep)
	check(t, err)
	equal(t, "an admin lets in", w.signIn(identity("ada", "")).Session.Subject, keep)
}
