package directory_test

import (
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// TestLogin_Race_ManyFirstLoginsAndSCIMAreOnePerson: 50 first logins and a POST of the same person at once make exactly
// one subject.
func TestLogin_Race_ManyFirstLoginsAndSCIMAreOnePerson(t *testing.T) {
	t.Parallel()
	const logins = 50
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	states := make([]string, logins)
	for i := range states {
		states[i] = w.begin("")
	}
	doc := w.decode(w.userType(), `{"userName":"ada@example.com","externalId":"id-ada"}`)
	subjects := make([]string, logins)
	errs := make([]error, logins+1)
	var record *scim.Record
	var all sync.WaitGroup
	for i := range states {
		all.Go(func() {
			s, err := w.finish(states[i], identity("ada", ""))
			subjects[i], errs[i] = s.Session.Subject, err
		})
	}
	all.Go(func() { record, errs[logins] = w.Create(w.ctx, doc, w.shown(w.userType())) })
	all.Wait()
	for _, err := range errs {
		check(t, err)
	}
	want := w.subject(record.ID)
	for _, s := range subjects {
		equal(t, "subject", s, want)
	}
	people, err := w.directory.People(w.ctx, w.workspace, directory.PeopleFilter{})
	check(t, err)
	equal(t, "members", len(people), 1)
	equal(t, "sessions", len(w.sessions(want)), logins)
}

// TestLogin_TwoUsersOfOnePrincipalStayTwo: an externalId is not unique, and the first user keeps the login.
func TestLogin_TwoUsersOfOnePrincipalStayTwo(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	first := w.user(`{"userName":"a","externalId":"id-ada"}`)
	second := w.user(`{"userName":"b","externalId":"id-ada"}`)
	if w.subject(first.ID) == w.subject(second.ID) {
		t.Error("two users are one person")
	}
	equal(t, "who signs in", w.signIn(identity("ada", "")).Session.Subject, w.subject(first.ID))
	_, err := w.patch(w.userType(), first.ID, `[{"op":"replace","path":"externalId","value":"id-bob"}]`)
	check(t, err)
	equal(t, "who signs in under the new principal", w.signIn(identity("bob", "")).Session.Subject, w.subject(first.ID))
}
