package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
)

var promisedPeople = []promise{
	{"random pages of people of nested workspaces are those of a plain list", func(p *place) {
		crowd := p.crowdOfPeople(90)
		rapid.Check(p.TB, func(rt *rapid.T) {
			q := drawPeopleQuery(rt, p, crowd)
			got, err := p.store.People(p.ctx(), q)
			if err != nil {
				rt.Fatal(err)
			}
			want := peopleOf(crowd, q)
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("%+v: got\n%v, want\n%v", q, got, want)
			}
		})
	}},
	{"pages of people that look at few memberships each are together those of a plain list", func(p *place) {
		crowd := p.crowdOfPeople(90)
		rapid.Check(p.TB, func(rt *rapid.T) {
			q := drawPeopleQuery(rt, p, crowd)
			want := peopleOf(crowd, directory.PeopleQuery{
				Workspaces: q.Workspaces, Role: q.Role, Team: q.Team, Status: q.Status, Connection: q.Connection, Text: q.Text, After: q.After,
			})
			q.Scan = rapid.IntRange(1, 120).Draw(rt, "scan")
			var got []directory.Person
			for pages := 0; ; pages++ {
				page, err := p.store.PeoplePage(p.ctx(), q)
				if err != nil {
					rt.Fatal(err)
				}
				if q.Limit > 0 && len(page.People) > q.Limit || pages > 4*len(crowd) || page.Next != "" && page.Next <= q.After {
					rt.Fatalf("%+v: page %d has %d people, next %q", q, pages, len(page.People), page.Next)
				}
				got = append(got, page.People...)
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				rt.Fatalf("%+v: got\n%v, want\n%v", q, got, want)
			}
		})
	}},
	{"subjects are found by e-mail in any case, in their root only", func(p *place) {
		want := p.subject("s1", "Ada", "Ada.É@Example.com")
		other := p.subject("s0", "Bob", "ada.é@example.COM")
		none := p.subject("s2", "Nobody", "")
		p.must(p.change(func(c *directory.Change) {
			c.Subjects = []directory.Edit[directory.Subject]{edit(nil, &want), edit(nil, &other), edit(nil, &none)}
		}))
		ask := func(root, email string, limit int, want ...directory.Subject) {
			p.Helper()
			got, err := p.store.SubjectsByEmail(p.ctx(), root, email, limit)
			p.must(err)
			p.equal(got, want)
		}
		ask(p.root, "ADA.É@EXAMPLE.COM", 0, other, want)
		ask(p.root, "ADA.É@EXAMPLE.COM", 1, other)
		ask(p.root, "", 0)
		ask(p.root, "ada.e@example.com", 0)
		ask(newPlace(p.TB, p.store).root, want.Email, 0)
		moved := other
		moved.Email, moved.Version = "bob@example.com", 2
		p.must(p.change(func(c *directory.Change) { c.Subjects = []directory.Edit[directory.Subject]{edit(&other, &moved)} }))
		ask(p.root, want.Email, 0, want)
		ask(p.root, "BOB@example.com", 0, moved)
	}},
	{"a subject's users are those of all connections, oldest first", func(p *place) {
		second := *p
		second.conn = p.connection("entra")
		var want []directory.User
		for i, in := range []*place{&second, p, &second} {
			u, keys := in.newUser(fmt.Sprint("ada", i))
			u.Subject = "ada"
			want = append(want, in.insertUser(u, keys))
			in.addUser(fmt.Sprint("bob", i))
		}
		got, err := p.store.UsersOf(p.ctx(), p.root, "ada")
		p.must(err)
		p.equal(got, want)
		moved := want[0]
		moved.Subject, moved.Version = "other", 2
		p.must(p.change(func(c *directory.Change) { c.Users = []directory.UserEdit{{Edit: edit(&want[0], &moved)}} }))
		got, err = p.store.UsersOf(p.ctx(), p.root, "ada")
		p.must(err)
		p.equal(got, want[1:])
		for _, q := range [][2]string{{p.root, ""}, {p.root, "nobody"}, {"nowhere", "ada"}} {
			got, err = p.store.UsersOf(p.ctx(), q[0], q[1])
			p.must(err)
			p.equal(got, []directory.User{})
		}
	}},
	{"a subject's memberships are those of all workspaces", func(p *place) {
		p.crowdOfPeople(1)
		list, err := p.store.MembershipsOf(p.ctx(), p.root, "s000")
		p.must(err)
		var workspaces []string
		for _, m := range list {
			workspaces = append(workspaces, m.Workspace)
		}
		p.equal(workspaces, []string{"w0", "w1", "w2", "w3"})
		who, err := p.store.Subject(p.ctx(), p.root, "s000")
		p.must(err)
		both, same, err := p.store.SubjectAndMemberships(p.ctx(), p.root, "s000")
		p.must(err)
		p.equal(both, who)
		p.equal(same, list)
	}},
	{"a subject that is a member nowhere has no memberships, and one that is not there is not found", func(p *place) {
		want := p.subject("s1", "Ada", "ada@example.com")
		p.must(p.change(func(c *directory.Change) { c.Subjects = []directory.Edit[directory.Subject]{edit(nil, &want)} }))
		who, list, err := p.store.SubjectAndMemberships(p.ctx(), p.root, "s1")
		p.must(err)
		p.equal(who, want)
		p.equal(list, []directory.Membership{})
		for _, q := range [][2]string{{p.root, "nobody"}, {"nowhere", "s1"}} {
			_, _, err := p.store.SubjectAndMemberships(p.ctx(), q[0], q[1])
			p.wantErr(err, directory.ErrNotFound)
		}
	}},
	{"a user comes with its subject and its memberships, of which there may be none", func(p *place) {
		p.crowdOfPeople(2)
		nowhere := p.subject("s1", "Ada", "ada@example.com")
		p.must(p.change(func(c *directory.Change) { c.Subjects = []directory.Edit[directory.Subject]{edit(nil, &nowhere)} }))
		for _, subject := range []string{"s000", "s001", "s1"} {
			u, keys := p.newUser(subject)
			u.Subject = subject
			u = p.insertUser(u, keys)
			who, list, err := p.store.SubjectAndMemberships(p.ctx(), p.root, subject)
			p.must(err)
			user, same, memberships, err := p.store.UserAndPerson(p.ctx(), p.root, p.conn, u.ID)
			p.must(err)
			p.equal(user, u)
			p.equal(same, who)
			p.equal(memberships, list)
		}
	}},
	{"a user comes with its person only where it is seen, and only with one", func(p *place) {
		p.crowdOfPeople(1)
		u, keys := p.newUser("ada")
		u.Subject = "s000"
		u = p.insertUser(u, keys)
		g, other, stranger := p.addGroup("g"), p.connection("entra"), newPlace(p.TB, p.store)
		gone := p.addUser("bob") // nobody's
		for _, at := range [][3]string{
			{p.root, other, u.ID},
			{stranger.root, p.conn, u.ID},
			{stranger.root, stranger.conn, u.ID},
			{"nowhere", p.conn, u.ID},
			{p.root, p.conn, g.ID},
			{p.root, p.conn, ""},
			{p.root, p.conn, u.ID[:1]},
			{p.root, p.conn, u.ID + "0"},
			{p.root, p.conn, gone.ID},
		} {
			_, _, _, err := p.store.UserAndPerson(p.ctx(), at[0], at[1], at[2])
			p.wantErr(err, directory.ErrNotFound)
		}
	}},
	{"B11 another owner is somebody else, active, unblocked, here, with one of the roles", func(p *place) {
		add := func(subject string, change func(*directory.Membership)) {
			m := directory.Membership{Root: p.root, Workspace: "w", Subject: subject, Role: "owner", Status: directory.StatusActive, Version: 1}
			change(&m)
			p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &m)} }))
		}
		has := func(subject string, want bool, roles ...string) {
			p.Helper()
			got, err := p.store.HasOtherOwner(p.ctx(), p.root, "w", subject, roles)
			p.must(err)
			p.equal(got, want)
		}
		add("me", func(*directory.Membership) {})
		add("blocked", func(m *directory.Membership) { m.Blocked = true })
		add("invited", func(m *directory.Membership) { m.Status = directory.StatusInvited })
		add("member", func(m *directory.Membership) { m.Role = "member" })
		add("elsewhere", func(m *directory.Membership) { m.Workspace = "v" })
		has("me", false, "owner")
		has("me", true, "none", "owner", "member")
		has("you", true, "owner")
		has("you", false)
		add("second", func(*directory.Membership) {})
		has("me", true, "owner")
	}},
	{"B10 a removal is kept as it was, replaced by a later one, and taken back once", func(p *place) {
		m := directory.Membership{
			Root: p.root, Workspace: "w", Subject: "s", Connection: p.conn, Role: "admin", RoleSource: directory.SourceSCIM, Teams: []string{"a"},
			Status: directory.StatusActive, Joined: start, Created: start, Modified: start, Version: 7,
		}
		first := directory.Removal{Membership: m, Removed: start}
		second := directory.Removal{Membership: m, Removed: start.Add(time.Hour)}
		second.Role = "member"
		for _, r := range []directory.Removal{first, second} {
			p.must(p.change(func(c *directory.Change) { c.Removals = []directory.Edit[directory.Removal]{edit(nil, &r)} }))
			got, err := p.store.Removals(p.ctx(), p.root, "w", 0)
			p.must(err)
			p.equal(got, []directory.Removal{r})
			got, err = p.store.RemovalsOf(p.ctx(), p.root, "s")
			p.must(err)
			p.equal(got, []directory.Removal{r})
		}
		take := func(r directory.Removal) error {
			return p.change(func(c *directory.Change) { c.Removals = []directory.Edit[directory.Removal]{edit(&r, nil)} })
		}
		p.wantErr(take(first), directory.ErrConflict)
		p.must(take(second))
		p.wantErr(take(second), directory.ErrConflict)
	}},
	{"B10 removals are dropped by their age", func(p *place) {
		for i := range 4 {
			m := directory.Membership{Root: p.root, Workspace: "w", Subject: fmt.Sprint(i), Version: 1}
			r := directory.Removal{Membership: m, Removed: start.Add(time.Duration(i) * time.Hour)}
			p.must(p.change(func(c *directory.Change) { c.Removals = []directory.Edit[directory.Removal]{edit(nil, &r)} }))
		}
		for _, want := range []int{2, 0} {
			n, err := p.store.PruneRemovals(p.ctx(), p.root, start.Add(time.Hour))
			p.must(err)
			p.equal(n, want)
		}
		left, err := p.store.Removals(p.ctx(), p.root, "w", 0)
		p.must(err)
		p.equal([]string{left[0].Subject, left[1].Subject}, []string{"2", "3"})
		n, err := p.store.PruneRemovals(p.ctx(), "nowhere", start)
		p.must(err)
		p.equal(n, 0)
	}},
	{"B10 leavers are who was deactivated or removed since, by a connection, in the order of their leaving", func(p *place) {
		at := func(minutes int) time.Time { return start.Add(time.Duration(minutes) * time.Minute) }
		member := func(subject string, status directory.MemberStatus, modified time.Time) directory.Membership {
			return directory.Membership{Root: p.root, Workspace: "w", Subject: subject, Connection: p.conn, Status: status, Modified: modified, Version: 1}
		}
		foreign := member("foreign", directory.StatusDeactivated, at(9))
		foreign.Connection = "other"
		p.must(p.change(func(c *directory.Change) {
			for _, m := range []directory.Membership{
				foreign, member("late", directory.StatusDeactivated, at(5)), member("before", directory.StatusDeactivated, at(-1)),
				member("active", directory.StatusActive, at(3)),
			} {
				c.Memberships = append(c.Memberships, edit(nil, &m))
			}
			for _, r := range []directory.Removal{
				{Membership: member("removed", directory.StatusActive, at(-99)), Removed: at(2)},
				{Membership: member("long gone", directory.StatusActive, at(-99)), Removed: at(-2)},
			} {
				c.Removals = append(c.Removals, edit(nil, &r))
			}
		}))
		left, err := p.store.Leavers(p.ctx(), p.root, p.conn, start)
		p.must(err)
		p.equal(left, []directory.Membership{
			member("removed", directory.StatusActive, at(2)), member("late", directory.StatusDeactivated, at(5)),
		})
	}},
	{"X3 an erased subject's entries stay without personal values, and others' as they were", func(p *place) {
		for _, subject := range []string{"ada", "bob"} {
			m := directory.Membership{Root: p.root, Workspace: "w", Subject: subject, Version: 1}
			p.must(p.change(func(c *directory.Change) {
				c.Audit = []directory.AuditEntry{p.auditEntry("user.create", subject)}
				c.Events = []directory.Event{p.event("member.joined", subject)}
				c.Removals = []directory.Edit[directory.Removal]{edit(nil, &directory.Removal{Membership: m, Removed: start})}
				c.Requests = p.requests(5)[4:]
				c.Requests[0].Subject = subject
			}))
			for _, root := range []string{"", p.root} { // keys of the installation have none
				p.must(p.store.KeepIdempotent(p.ctx(), root, p.root, subject, directory.Answer{Status: 201, Created: start, Subject: subject}))
			}
		}
		audit, events, requests := p.logs()
		p.must(p.change(func(c *directory.Change) {
			c.Erase = []string{"ada", ""}
			c.Audit = []directory.AuditEntry{p.auditEntry("subject.erase", "ada")}
		}))
		gotAudit, gotEvents, gotRequests := p.logs()
		audit[0].Detail = nil
		events[0].Data = []byte("{}")
		r := &requests[1] // newest first
		r.Target, r.Asked, r.Did, r.Cause, r.Fix, r.Body = "", "", "", "", "", ""
		p.equal(gotAudit[:2], audit)
		p.equal(gotAudit[2].Detail != nil, true)
		p.equal(gotEvents, events)
		p.equal(gotRequests, requests)
		for subject, want := range map[string]int{"ada": 0, "bob": 1} {
			removals, err := p.store.RemovalsOf(p.ctx(), p.root, subject)
			p.must(err)
			p.equal(len(removals), want)
			for _, root := range []string{"", p.root} {
				a, err := p.store.Idempotent(p.ctx(), root, p.root, subject)
				if want == 0 {
					p.wantErr(err, directory.ErrNotFound)
					continue
				}
				p.must(err)
				p.equal(a.Subject, subject)
			}
		}
		p.must(p.store.Scrub(p.ctx()))
	}},
}

func (p *place) logs() ([]directory.AuditEntry, []directory.Event, []directory.Request) {
	p.Helper()
	audit, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
	p.must(err)
	events, err := p.store.Events(p.ctx(), p.root, 0, 0)
	p.must(err)
	requests, err := p.store.Requests(p.ctx(), directory.RequestQuery{Root: p.root})
	p.must(err)
	return audit, events, requests
}

func drawPeopleQuery(rt *rapid.T, p *place, crowd []directory.Person) directory.PeopleQuery {
	all := []string{"w0", "w1", "w2", "w3"}
	q := directory.PeopleQuery{
		Root: p.root, Workspaces: rapid.Permutation(all).Draw(rt, "order")[:rapid.IntRange(0, len(all)).Draw(rt, "workspaces")],
		Limit: rapid.SampledFrom([]int{0, 1, 3, 10, 1000}).Draw(rt, "limit"),
		Role:  rapid.SampledFrom([]string{"", "", "owner", "none"}).Draw(rt, "role"),
		Team:  rapid.SampledFrom([]string{"", "", "a", ",", `"`, "A%"}).Draw(rt, "team"),
		Status: rapid.SampledFrom([]directory.MemberStatus{
			"", "", directory.StatusActive, directory.StatusInvited,
		}).Draw(rt, "status"),
		Connection: rapid.SampledFrom([]string{"", "", "c1"}).Draw(rt, "connection"),
		Text:       rapid.SampledFrom([]string{"", "", "É", "_", "ZOË 1", "@example.com", "none"}).Draw(rt, "text"),
	}
	if rapid.Bool().Draw(rt, "from the middle") {
		q.After = crowd[rapid.IntRange(0, len(crowd)-1).Draw(rt, "after")].Subject
	}
	return q
}

// crowdOfPeople stores people, by id, each in some of four workspaces and the first in all.
func (p *place) crowdOfPeople(n int) (crowd []directory.Person) {
	p.Helper()
	names := []string{"Zoë 1", "Émile 2", "under_score 3", "per%cent 4"}
	teams := [][]string{nil, {"a"}, {"a,", ",b"}, {","}, {`"`, "A%"}, {"a", "b"}}
	p.must(p.change(func(c *directory.Change) {
		for i := range n {
			s := p.subject(fmt.Sprintf("s%03d", i), names[i%4], fmt.Sprintf("Person%d@Example.com", i))
			c.Subjects = append(c.Subjects, edit(nil, &s))
			for w := range 4 {
				if i > 0 && (i*7+w*5)%3 == 0 {
					continue
				}
				m := directory.Membership{
					Root: p.root, Workspace: fmt.Sprint("w", w), Subject: s.ID, Connection: fmt.Sprint("c", (i+w)%2), Role: "member",
					Teams: teams[(i+w)%6], Status: directory.StatusActive, Created: start, Modified: start, Version: 1,
				}
				if (i+w)%4 == 0 {
					m.Role, m.Status = "owner", directory.StatusInvited
				}
				c.Memberships = append(c.Memberships, edit(nil, &m))
				crowd = append(crowd, directory.Person{Membership: m, Who: s})
			}
		}
	}))
	return crowd
}

// peopleOf is the page of a plain list.
func peopleOf(crowd []directory.Person, q directory.PeopleQuery) (page []directory.Person) {
	nearest := map[string]directory.Person{}
	for _, w := range slices.Backward(q.Workspaces) {
		for _, m := range crowd {
			if m.Workspace == w {
				nearest[m.Subject] = m
			}
		}
	}
	has := func(part, whole string) bool { return strings.Contains(strings.ToLower(whole), strings.ToLower(part)) }
	for _, m := range nearest {
		if m.Subject > q.After && (q.Role == "" || m.Role == q.Role) && (q.Status == "" || m.Status == q.Status) &&
			(q.Connection == "" || m.Connection == q.Connection) && (q.Team == "" || slices.Contains(m.Teams, q.Team)) &&
			(has(q.Text, m.Who.Name) || has(q.Text, m.Who.Email)) {
			page = append(page, m)
		}
	}
	slices.SortFunc(page, func(a, b directory.Person) int { return strings.Compare(a.Subject, b.Subject) })
	if q.Limit > 0 {
		page = page[:min(q.Limit, len(page))]
	}
	return page
}
