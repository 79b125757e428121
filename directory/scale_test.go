package directory_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// scalePeople is how many people the test of size has: the short form's number, or the long one's with USHER_SOAK=1.
// scalePatience is the 99th percentile that no question may exceed in the long form; a quiet machine needs a fifth of it.
const (
	scalePeople     = 2_000
	scalePeopleSoak = 100_000
	scalePatience   = 100 * time.Millisecond
	scaleAccounts   = 5
)

// TestScale_B3_SoakQuestionsAboutManyPeople asks everything that the app and the admins ask, of people with five
// accounts each below one root.
func TestScale_B3_SoakQuestionsAboutManyPeople(t *testing.T) {
	t.Parallel()
	soak := os.Getenv("USHER_SOAK") != ""
	n := scalePeople
	if soak {
		n = scalePeopleSoak
	}
	w := newCrowd(t, n)
	all := directory.PeopleFilter{Limit: 100}
	with := func(change func(*directory.PeopleFilter)) directory.PeopleFilter {
		f := all
		change(&f)
		return f
	}
	for _, q := range []struct {
		name string
		f    directory.PeopleFilter
		want int
	}{
		{"everybody", all, n},
		{"name of one", with(func(f *directory.PeopleFilter) { f.Text = fmt.Sprintf("son %d.", n-1) }), 1},
		{"role of one in a thousand", with(func(f *directory.PeopleFilter) { f.Role = "owner" }), n / 1000},
		{"nobody's team", with(func(f *directory.PeopleFilter) { f.Team = "none" }), 0},
		{"team", with(func(f *directory.PeopleFilter) { f.Team = "team7" }), n / 50},
		{"status of nobody", with(func(f *directory.PeopleFilter) { f.Status = directory.StatusInvited }), 0},
		{"connection", with(func(f *directory.PeopleFilter) { f.Connection = w.connection.ID }), n},
		{"inherited", with(func(f *directory.PeopleFilter) { f.Inherited = true }), n},
		{"inherited, of one in a thousand", with(func(f *directory.PeopleFilter) { f.Inherited, f.Role = true, "owner" }), n / 1000},
	} {
		found := 0
		w.timed(t, soak, q.name, 200, func(int) {
			page, err := w.directory.PeoplePage(w.ctx, w.child, q.f)
			check(t, err)
			found += len(page.People)
			if q.f.After = page.Next; page.Next == "" && q.want >= 0 {
				equal(t, q.name, found, q.want)
				q.want = -1 // asked for once
			}
		})
	}
	w.timed(t, soak, "why", 1000, func(i int) {
		a, err := w.directory.AccessOf(w.ctx, w.child, w.subjects[i*7919%n])
		check(t, err)
		equal(t, "from", a.From, w.child.Key)
	})
	w.timed(t, soak, "preview of a document", 300, func(i int) {
		p, err := w.directory.Preview(w.ctx, w.workspace, w.connection, directory.PreviewInput{Document: []byte(w.document(i))})
		check(t, err)
		equal(t, "memberships", len(p.Memberships), scaleAccounts)
	})
	w.timed(t, soak, "another owner", 100, func(int) {
		has, err := w.store.HasOtherOwner(w.ctx, w.workspace.Root, w.child.ID, w.subjects[0], []string{"owner"})
		check(t, err)
		equal(t, "has", has, n > 1000)
	})
	w.timed(t, soak, "leavers", 100, func(int) {
		left, err := w.store.Leavers(w.ctx, w.workspace.Root, w.connection.ID, testStart)
		check(t, err)
		equal(t, "leavers", len(left), 0)
	})
}

// crowd is a tree with many people in it.
type crowd struct {
	*world
	child    directory.Workspace // in which everybody is
	accounts []string
	subjects []string // sorted
}

// newCrowd makes one root with five workspaces below it, of all of which everybody is a member.
func newCrowd(t *testing.T, n int) *crowd {
	t.Helper()
	w := &crowd{world: newWorld(t, "okta")}
	w.declare(`{"id":"` + scim.URNUser + `","attributes":[{"name":"accounts","multiValued":true}]}`)
	var workspaces []directory.Workspace
	for i := range scaleAccounts {
		key := fmt.Sprint("W", i)
		child, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: key, Parent: w.workspace.Key})
		check(t, err)
		workspaces = append(workspaces, child)
		w.accounts = append(w.accounts, fmt.Sprintf("%q", key))
	}
	w.child = workspaces[0]
	for from := 0; from < n; from += 2000 {
		c := &directory.Change{Root: w.workspace.Root}
		for i := from; i < min(n, from+2000); i++ {
			s := w.person(i)
			w.subjects = append(w.subjects, s.ID)
			c.Subjects = append(c.Subjects, directory.Edit[directory.Subject]{After: &s})
			for _, ws := range workspaces {
				m := w.membership(ws, s.ID, i)
				c.Memberships = append(c.Memberships, directory.Edit[directory.Membership]{After: &m})
			}
		}
		check(t, w.store.Commit(w.ctx, c))
	}
	slices.Sort(w.subjects)
	return w
}

func (w *crowd) person(i int) directory.Subject {
	name, mail := fmt.Sprintf("Person %d.", i), fmt.Sprintf("person%d@example.com", i)
	return directory.Subject{
		Root: w.workspace.Root, ID: fmt.Sprintf("%020x", uint64(i+1)*0x9e3779b97f4a7c15), Name: name, Email: mail, Created: testStart,
		Modified: testStart, Version: 1, Profile: fmt.Appendf(nil, `{"name":%q,"email":%q,"title":"Engineer"}`, name, mail),
	}
}

func (w *crowd) membership(ws directory.Workspace, subject string, i int) directory.Membership {
	m := directory.Membership{
		Root: ws.Root, Workspace: ws.ID, Subject: subject, Connection: w.connection.ID, Role: "member", RoleSource: directory.SourceSCIM,
		Teams: []string{fmt.Sprint("team", i%50)}, TeamsSource: directory.SourceSCIM, Status: directory.StatusActive,
		StatusSource: directory.SourceSCIM, Created: testStart, Modified: testStart, Joined: testStart, Version: 1,
	}
	if i%1000 == 0 {
		m.Role = "owner"
	}
	return m
}

// document is a user who is given all accounts.
func (w *crowd) document(i int) string {
	return fmt.Sprintf(`{"schemas":[%q],"userName":"new%d@example.com","name":{"givenName":"New","familyName":"Person"},"accounts":[%s]}`,
		scim.URNUser, i, strings.Join(w.accounts, ","))
}

// timed asks again and again, and in the long form looks at the time that it took.
func (w *crowd) timed(t *testing.T, soak bool, what string, times int, ask func(i int)) {
	t.Helper()
	took := make([]time.Duration, times)
	for i := range took {
		start := time.Now()
		ask(i)
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	p99 := took[times*99/100]
	t.Logf("%s: p50 %s, p99 %s", what, took[times/2], p99)
	if soak && p99 > scalePatience {
		t.Errorf("%s: p99 %s", what, p99)
	}
}
