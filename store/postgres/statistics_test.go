package postgres_test

import (
	"fmt"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/postgres"
)

// threeUncounted is three on a database of which the server has counted nothing yet: one that was another test's may have
// been vacuumed since, and its tables are known to be small.
func threeUncounted(t *testing.T) (url string, stores []*postgres.Store) {
	t.Helper()
	url = server.Database(t, "")
	return url, threeOn(t, url)
}

// lookUps finds a user by each of its keys, and once with its person.
func lookUps(t *testing.T, s *postgres.Store, u directory.User) {
	t.Helper()
	_, err := s.User(t.Context(), root, "c", u.ID)
	must(t, err)
	_, _, memberships, err := s.UserAndPerson(t.Context(), root, "c", u.ID)
	must(t, err)
	if len(memberships) != 1 {
		t.Fatalf("%d memberships of one", len(memberships))
	}
	_, err = s.UserByName(t.Context(), root, "c", u.UserNameKey)
	must(t, err)
	_, err = s.UserByExternalID(t.Context(), root, "c", u.ExternalID)
	must(t, err)
	for _, filter := range []string{`userName eq "` + u.UserName + `"`, `externalId eq "` + u.ExternalID + `"`, `id eq "` + u.ID + `"`} {
		f, err := scim.ParseFilter(filter, scim.UserType(), scim.Profile{})
		must(t, err)
		page, err := s.Users(t.Context(), directory.ListQuery{Root: root, Connection: "c", Type: scim.UserType(), Filter: f, StartIndex: 1, Limit: 100})
		must(t, err)
		if page.Total != 1 || len(page.Users) != 1 || page.Users[0].ID != u.ID {
			t.Fatalf("%s: %+v", filter, page)
		}
	}
}

// Without statistics all indexes are the same to the planner, and a connection keeps its plans: a look-up that is planned
// while the directory is empty must not read all of it later on.
func TestStatistics_LookUpsOfANewDirectoryReadNoMoreThanTheyFind(t *testing.T) {
	t.Parallel()
	url, stores := threeUncounted(t)
	const people = 40 // fewer than the tables are analysed after
	for i := range people {
		u := newUser(fmt.Sprintf("p%d", i))
		u.ExternalID, u.Subject = "x"+u.UserName, "s"+u.UserName
		c := create(&u)
		c.Subjects = []directory.Edit[directory.Subject]{{After: &directory.Subject{Root: root, ID: u.Subject, Version: 1}}}
		c.Memberships = []directory.Edit[directory.Membership]{{After: &directory.Membership{Root: root, Workspace: root, Subject: u.Subject, Version: 1}}}
		must(t, stores[0].Commit(t.Context(), c))
		lookUps(t, stores[0], u)
	}
	must(t, stores[0].Close()) // which makes the server count what its connections did
	const read = `SELECT coalesce(sum(idx_tup_read), 0)::BIGINT FROM pg_stat_user_indexes WHERE `
	await(t, func() bool { return count(t, url, read+`relname = 'resource'`) >= 7*people })
	if n := count(t, url, read+`relname = 'resource' AND indexrelname NOT IN ('resource_id', 'resource_name', 'resource_external')`); n > people {
		t.Errorf("%d rows were read by an index of something else", n)
	}
	if n := count(t, url, read+`relname IN ('subject', 'membership')`); n > 4*people {
		t.Errorf("%d rows of subjects and memberships were read for %d people", n, people)
	}
}

func TestStatistics_NewTablesAreAnalysedWhenTheyFill(t *testing.T) {
	t.Parallel()
	url, stores := threeUncounted(t)
	for i := range 600 {
		u := newUser(fmt.Sprintf("p%d", i))
		must(t, stores[0].Commit(t.Context(), create(&u)))
	}
	await(t, func() bool {
		return count(t, url, `SELECT count(*) FROM pg_stat_user_tables WHERE relname = 'resource' AND last_analyze IS NOT NULL`) == 1
	})
}
