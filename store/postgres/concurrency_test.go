package postgres_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/postgres"
)

// three opens three stores on one database, as three replicas do, with a workspace and a connection in it.
func three(t *testing.T) (url string, stores []*postgres.Store) {
	t.Helper()
	url = database(t)
	return url, threeOn(t, url)
}

// threeOn is three on a database of which nobody has made anything yet.
func threeOn(t *testing.T, url string) (stores []*postgres.Store) {
	t.Helper()
	for range 3 {
		stores = append(stores, open(t, url))
	}
	at := time.Unix(1, 0).UTC()
	must(t, stores[0].Commit(t.Context(), &directory.Change{
		Root:        root,
		Workspaces:  []directory.Edit[directory.Workspace]{{After: &directory.Workspace{Root: root, ID: root, Key: "ACME", Created: at, Version: 1}}},
		Connections: []directory.Edit[directory.Connection]{{After: &directory.Connection{Root: root, ID: "c", Workspace: root, Name: "okta", Created: at, Version: 1}}},
	}))
	return stores
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newUser(name string) directory.User {
	return directory.User{
		Root: root, Connection: "c", ID: "u" + name, UserName: name, UserNameKey: name, Active: true, Version: 1,
		Created: time.Unix(1, 0), Modified: time.Unix(1, 0), Body: []byte("{}"),
	}
}

func create(u *directory.User) *directory.Change {
	return &directory.Change{Root: root, Config: 1, Users: []directory.UserEdit{{Edit: directory.Edit[directory.User]{After: u}}}}
}

func users(t *testing.T, s *postgres.Store, limit int) directory.UserPage {
	t.Helper()
	page, err := s.Users(t.Context(), directory.ListQuery{Root: root, Connection: "c", Type: scim.UserType(), StartIndex: 1, Limit: limit})
	must(t, err)
	return page
}

// race runs fn n times at once and counts those that hold; the others must be conflicts.
func race(t *testing.T, n int, fn func(i int) error) (held int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			err := fn(i)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				held++
			case !errors.Is(err, directory.ErrConflict):
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	close(begin)
	wg.Wait()
	return held
}

func TestReplicas_TotalsUnder32Creators(t *testing.T) {
	t.Parallel()
	_, stores := three(t)
	const creators, each = 32, 40
	held := race(t, creators, func(i int) error {
		for k := range each {
			u := newUser(fmt.Sprintf("w%dk%d", i, k))
			if err := stores[i%3].Commit(t.Context(), create(&u)); err != nil {
				return err
			}
			if k%4 == 3 {
				err := stores[(i+1)%3].Commit(t.Context(), &directory.Change{Root: root, Users: []directory.UserEdit{{Edit: directory.Edit[directory.User]{Before: &u}}}})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	const want = creators * each * 3 / 4
	for _, s := range stores {
		if page := users(t, s, 2000); held != creators || page.Total != want || len(page.Users) != want {
			t.Errorf("%d creators done, total %d, %d users listed", held, page.Total, len(page.Users))
		}
	}
}

// Creators do not wait for each other: while one transaction has counted and is open, another one counts.
func TestCounters_NobodyWaits(t *testing.T) {
	t.Parallel()
	url, stores := three(t)
	ada, bob := newUser("ada"), newUser("bob")
	must(t, stores[0].Commit(t.Context(), create(&ada)))
	locked := lockRows(t, url, `UPDATE counter SET n = n + 0`)
	must(t, stores[1].Commit(t.Context(), create(&bob)))
	locked()
	if page := users(t, stores[2], 10); page.Total != 2 {
		t.Errorf("total %d", page.Total)
	}
}

func TestReplicas_AJobHasOneOwner(t *testing.T) {
	t.Parallel()
	_, stores := three(t)
	now := time.Unix(100, 0)
	const jobs = 10
	c := &directory.Change{Root: root}
	for i := range jobs {
		c.Jobs = append(c.Jobs, directory.Edit[directory.Job]{After: &directory.Job{
			Root: root, ID: fmt.Sprint("j", i), Kind: "x", State: []byte("{}"), Created: time.Unix(int64(i), 0), Version: 1,
		}})
	}
	must(t, stores[0].Commit(t.Context(), c))
	var mu sync.Mutex
	owners := map[string]int{}
	race(t, 24, func(i int) error {
		job, err := stores[i%3].ClaimJob(t.Context(), fmt.Sprint("owner", i), now, now.Add(time.Minute))
		if errors.Is(err, directory.ErrNotFound) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		owners[job.ID]++
		return err
	})
	for id, n := range owners {
		if n != 1 {
			t.Errorf("%s has %d owners", id, n)
		}
	}
	for len(owners) < jobs { // who met only locked rows found none; they are there for the next one
		job, err := stores[0].ClaimJob(t.Context(), "late", now, now.Add(time.Minute))
		must(t, err)
		owners[job.ID]++
	}
}

// Of several who take an owner away at once, each resting on what it saw, one is committed (B11).
func TestReplicas_OneOfThePlansThatReconfigure(t *testing.T) {
	t.Parallel()
	_, stores := three(t)
	held := race(t, 12, func(i int) error {
		return stores[i%3].Commit(t.Context(), &directory.Change{Root: root, Config: 1, Reconfigures: true})
	})
	if held != 1 {
		t.Errorf("%d plans hold", held)
	}
}

// A plan that rests on the configuration is not committed behind the change of it, and the change waits for those that
// are on their way.
func TestReplicas_AChangeOfTheConfigurationWaitsForPlans(t *testing.T) {
	t.Parallel()
	url, stores := three(t)
	release := lockRows(t, url, `SELECT 1 FROM workspace FOR SHARE`)
	changed := make(chan error, 1)
	go func() {
		changed <- stores[0].Commit(t.Context(), &directory.Change{Root: root, Config: 1, Reconfigures: true})
	}()
	await(t, func() bool { return waiting(t, url) == 1 })
	release()
	must(t, <-changed)
	ada := newUser("ada")
	if err := stores[1].Commit(t.Context(), create(&ada)); !errors.Is(err, directory.ErrConflict) {
		t.Errorf("a plan on the old configuration: %v", err)
	}
}

// A refresh token that is made while its family is revoked is revoked too: what a statement of PostgreSQL sees ends where it
// begins, and it began before.
func TestReplicas_RevokingAFamilyTakesTheRefreshUnderWay(t *testing.T) {
	t.Parallel()
	url, stores := three(t)
	at := time.Unix(1, 0).UTC()
	must(t, stores[0].Commit(t.Context(), &directory.Change{Root: root, SignInChange: directory.SignInChange{
		Grants: []directory.Edit[directory.Grant]{{After: &directory.Grant{
			Root: root, Hash: [32]byte{1}, Kind: directory.GrantRefresh, Family: "f", App: "a", Session: "s", Created: at, Expires: at, Version: 1,
		}}},
	}}))
	refreshed := lockRows(t, url, `WITH used AS (UPDATE app_grant SET version = version + 1 RETURNING *)
		INSERT INTO app_grant SELECT root, '\x02', family, session, app, expires, body, 1 FROM used`)
	revoked := make(chan error, 1)
	go func() {
		revoked <- stores[1].Commit(t.Context(), &directory.Change{Root: root, SignInChange: directory.SignInChange{Revoked: []string{"f"}}})
	}()
	await(t, func() bool { return waiting(t, url) == 1 })
	refreshed()
	must(t, <-revoked)
	if has, err := stores[2].HasFamily(t.Context(), root, "f"); err != nil || has {
		t.Errorf("the family is revoked, and still there is something of it: %t, %v", has, err)
	}
}

// A user who is created while the connection goes is gone with it, or not created: none is left behind.
func TestReplicas_DeletedConnectionLeavesNobody(t *testing.T) {
	t.Parallel()
	_, stores := three(t)
	begun := make(chan struct{})
	var once sync.Once
	race(t, 8, func(i int) error {
		if i == 0 {
			<-begun
			return stores[0].DeleteConnection(t.Context(), root, "c", nil)
		}
		for k := range 200 {
			u := newUser(fmt.Sprintf("w%dk%d", i, k))
			if err := stores[i%3].Commit(t.Context(), create(&u)); err != nil {
				return err
			}
			if k == 20 {
				once.Do(func() { close(begun) })
			}
		}
		return nil
	})
	if page := users(t, stores[1], 10); page.Total != 0 || len(page.Users) != 0 {
		t.Errorf("%d users counted, %d there", page.Total, len(page.Users))
	}
}

// Members who are added and users who are deleted at once, in any order, end in lists and counts that agree.
func TestReplicas_MembersAndDeletions(t *testing.T) {
	t.Parallel()
	_, stores := three(t)
	const groups, people = 3, 12
	list := make([]directory.User, people)
	for i := range list {
		list[i] = newUser(fmt.Sprint("p", i))
		must(t, stores[0].Commit(t.Context(), create(&list[i])))
	}
	for g := range groups {
		must(t, stores[0].Commit(t.Context(), &directory.Change{Root: root, Groups: []directory.GroupEdit{{Edit: directory.Edit[directory.Group]{After: &directory.Group{
			Root: root, Connection: "c", ID: fmt.Sprint("g", g), DisplayName: fmt.Sprint("g", g), DisplayNameKey: fmt.Sprint("g", g),
			Version: 1, Created: time.Unix(1, 0), Modified: time.Unix(1, 0), Body: []byte("{}"),
		}}}}}))
	}
	race(t, groups*people+people/2, func(i int) error {
		s := stores[i%3]
		if i >= groups*people {
			return s.Commit(t.Context(), &directory.Change{Root: root, Users: []directory.UserEdit{{Edit: directory.Edit[directory.User]{Before: &list[i-groups*people]}}}})
		}
		group, first := fmt.Sprint("g", i%groups), i/groups
		var add []directory.Member
		for _, k := range []int{first} {
			add = append(add, directory.Member{Root: root, Group: group, ID: list[k].ID, Type: "User"})
		}
		return s.Commit(t.Context(), &directory.Change{Root: root, Members: []directory.MembersEdit{{Group: group, Add: add, Modified: time.Unix(2, 0)}}})
	})
	left := users(t, stores[0], 100)
	of := map[string]int{}
	for g := range groups {
		id := fmt.Sprint("g", g)
		members, err := stores[1].Members(t.Context(), root, id, "", 0)
		must(t, err)
		group, err := stores[2].Group(t.Context(), root, "c", id)
		must(t, err)
		if group.Members != len(members) {
			t.Errorf("%s counts %d members and has %d", id, group.Members, len(members))
		}
		for _, m := range members {
			of[m.ID]++
		}
	}
	for _, u := range left.Users {
		if u.Groups != of[u.ID] {
			t.Errorf("%s counts %d groups and is in %d", u.ID, u.Groups, of[u.ID])
		}
		delete(of, u.ID)
	}
	if len(of) != 0 {
		t.Errorf("members who are gone: %v", of)
	}
}
