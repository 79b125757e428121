package directory_test

import (
	"fmt"
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

// TestLogin_Race_OnePersonManyTimes: logins of one person at once all end, and none of them as a conflict.
func TestLogin_Race_OnePersonManyTimes(t *testing.T) {
	t.Parallel()
	const browsers, times = 32, 6
	for _, processes := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d processes", processes), func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
			who := w.signIn(identity("ada", "")).Session.Subject
			directories := []*directory.Directory{w.directory, w.open(w.key)}[:processes]
			states := make(chan string, browsers*times)
			for range cap(states) {
				states <- w.begin("")
			}
			close(states)
			var all sync.WaitGroup
			for i := range browsers {
				one := *w
				one.directory = directories[i%processes]
				all.Go(func() {
					for state := range states {
						if s, err := one.finish(state, identity("ada", "")); err != nil || s.Session.Subject != who {
							t.Errorf("a login of one of many: subject %q, error %v", s.Session.Subject, err)
						}
					}
				})
			}
			all.Wait()
			sessions, err := w.directory.Sessions(w.ctx, w.workspace, directory.SessionQuery{Subject: who, Limit: 1000})
			check(t, err)
			equal(t, "sessions", len(sessions), 1+browsers*times)
		})
	}
}

// TestLogin_Race_TheSweepTakesNothingOfWhoSignsIn: a sweep that has found that nobody is signed in, and a login, at once.
func TestLogin_Race_TheSweepTakesNothingOfWhoSignsIn(t *testing.T) {
	t.Parallel()
	w, child := spreadWorld(t)
	i := identity("ada", `{"accounts":["ACC123","CHILD"]}`)
	first := w.signIn(i)
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, first.Session.ID, directory.ReasonLogout))

	var again directory.Signed
	come := sync.OnceFunc(func() { again = w.signIn(i) })
	sweeper := *w
	sweeper.store = &faulty{Store: w.store, before: come}
	sweeper.directory = sweeper.open(w.key)
	sweeper.sweep()
	w.wantLive(again.Token, true)
	_, err := w.store.Membership(w.ctx, w.workspace.Root, child.ID, first.Session.Subject)
	if err != nil {
		t.Errorf("the membership of the workspace below: %v, want it there as long as the person is signed in", err)
	}
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, again.Session.ID, directory.ReasonLogout))
	w.sweep()
	_, err = w.store.Membership(w.ctx, w.workspace.Root, child.ID, first.Session.Subject)
	wantIs(t, err, directory.ErrNotFound)
}
