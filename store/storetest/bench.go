package storetest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Bench measures a store: the creation of a user with all that goes with it, by one and more goroutines, and reads
// among a thousand users. open returns an empty store as it is run in production.
func Bench(b *testing.B, open func(*testing.B) directory.Store) {
	b.Helper()
	for _, workers := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("create/workers=%d", workers), func(b *testing.B) {
			p := newPlace(b, open(b))
			changes := make([]*directory.Change, b.N)
			for i := range changes {
				changes[i] = p.benchChange(i)
			}
			b.ResetTimer()
			inParallel(b, workers, func(i int) error { return p.store.Commit(p.ctx(), changes[i]) })
		})
	}
	b.Run("read", func(b *testing.B) { benchReads(b, open(b)) })
}

func benchReads(b *testing.B, s directory.Store) {
	const users = 1000
	p := newPlace(b, s)
	all := make([]directory.User, users)
	for i := range all {
		c := p.benchChange(i)
		p.must(s.Commit(p.ctx(), c))
		all[i] = *c.Users[0].After
	}
	g := p.addGroup("g")
	ids := userIDs(all)
	for i := range 3 { // three groups for everybody, none in another
		in := p.addGroup(fmt.Sprint("in", i))
		e := directory.MembersEdit{Group: in.ID}
		for _, u := range all {
			e.Add = append(e.Add, member(in, u))
		}
		p.must(p.editMembers(e))
	}
	byName, err := scim.ParseSort(scim.UserType(), "userName", "", scim.Profile{})
	p.must(err)
	byFamily, err := scim.ParseSort(scim.UserType(), "name.familyName", "descending", scim.Profile{})
	p.must(err)
	for _, workers := range []int{1, 8} {
		run := func(name string, fn func(i int) error) {
			b.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(b *testing.B) { inParallel(b, workers, fn) })
		}
		run("get", func(i int) error {
			_, err := s.User(p.ctx(), p.root, p.conn, all[i%users].ID)
			return err
		})
		page := directory.ListQuery{StartIndex: 1, Limit: 100}
		run("list100", p.benchList("", page))
		run("deep100", p.benchList("", directory.ListQuery{StartIndex: users - 100, Limit: 100}))
		run("cursor100", p.benchList("", directory.ListQuery{After: &scim.Position{Seq: all[users/2].Seq}, Limit: 100}))
		run("sorted100", p.benchList("", directory.ListQuery{Sort: byName, StartIndex: users / 2, Limit: 100}))
		run("sortedcursor100", p.benchList("", directory.ListQuery{
			Sort: byFamily, After: &scim.Position{Key: "family1", Seq: 1}, Limit: 100,
		}))
		run("userName", p.benchList(`userName eq "user500"`, page))
		run("email", p.benchList(`emails.value eq "user500@example.com"`, page))
		run("residual", p.benchList(`title eq "none"`, page))
		run("groups", func(i int) error {
			_, err := s.GroupsOf(p.ctx(), p.root, ids[i%users:i%users+1])
			return err
		})
		run("groups100", func(i int) error {
			_, err := s.GroupsOf(p.ctx(), p.root, ids[i%9*100:i%9*100+100])
			return err
		})
	}
	b.Run("patch active", func(b *testing.B) {
		for i := range b.N {
			at := i % users
			before := all[at]
			after := before
			after.Active, after.Version = !before.Active, before.Version+1
			p.must(p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(&before, &after)}}
				c.Audit = []directory.AuditEntry{p.auditEntry("user.update", "s")}
				c.Events = []directory.Event{p.event("member.deactivated", "s")}
			}))
			all[at] = after
		}
	})
	b.Run("member", func(b *testing.B) {
		for i := range b.N {
			e := directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, all[i%users])}}
			if i/users%2 == 1 {
				e = directory.MembersEdit{Group: g.ID, Remove: []string{all[i%users].ID}}
			}
			p.must(p.editMembers(e))
		}
		b.StopTimer()
		p.must(p.editMembers(directory.MembersEdit{Group: g.ID, Reset: true}))
	})
}

func (p *place) benchList(filter string, q directory.ListQuery) func(int) error {
	q.Root, q.Connection, q.Type = p.root, p.conn, scim.UserType()
	if filter != "" {
		f, err := scim.ParseFilter(filter, q.Type, scim.Profile{})
		p.must(err)
		q.Filter = f
	}
	return func(int) error {
		_, err := p.store.Users(p.ctx(), q)
		return err
	}
}

// benchChange creates a user of usual size: about 1.3 KB, six index rows.
func (p *place) benchChange(i int) *directory.Change {
	p.Helper()
	u, keys := p.userOf(fmt.Sprintf(`{"userName":"user%[1]d","externalId":"00u%[1]dabcdefgh","active":true,
		"displayName":"Given%[2]d Family%[3]d","name":{"givenName":"Given%[2]d","familyName":"Family%[3]d","formatted":"Given%[2]d Family%[3]d"},
		"title":"Engineer of things and other matters","locale":"en-GB","preferredLanguage":"en","timezone":"Europe/London",
		"emails":[{"value":"user%[1]d@example.com","type":"work","primary":true}],
		"phoneNumbers":[{"value":"+44 20 7946 %[1]d","type":"work"},{"value":"+44 77 0090 %[1]d","type":"mobile"}],
		"addresses":[{"type":"work","streetAddress":"100 Universal City Plaza","locality":"London","region":"Greater London","postalCode":"EC1A 1BB","country":"GB"}],
		"%[4]s":{"employeeNumber":"E%[1]d","costCenter":"4130","organization":"Example","division":"Division of everything","department":"Department of everything else"}}`,
		i, i*7919%500, i*104729%20000, scim.URNEnterpriseUser))
	entry := p.auditEntry("user.create", u.Subject)
	return &directory.Change{
		Root:     p.root,
		Subjects: []directory.Edit[directory.Subject]{edit(nil, &directory.Subject{Root: p.root, ID: u.Subject, Created: start})},
		Users:    []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}},
		Memberships: []directory.Edit[directory.Membership]{edit(nil, &directory.Membership{
			Root: p.root, Workspace: p.root, Subject: u.Subject, Role: "member", RoleSource: directory.SourceDefault,
			Status: directory.StatusActive, StatusSource: directory.SourceSCIM, Created: start, Modified: start, Version: 1,
		})},
		Audit:  []directory.AuditEntry{entry},
		Events: []directory.Event{p.event("member.joined", u.Subject)},
		Requests: []directory.Request{{
			Root: p.root, Connection: p.conn, Time: start, RequestID: "KJ2XPTBLDMAQXE5XK3VJ2Y7RHQ", Actor: "token:bench",
			Address: "192.0.2.1", Method: "POST", Path: "/Users", Status: 201, Subject: u.Subject, Target: u.ID,
			Asked: "create user " + u.UserName, Did: "user created; joined BENCH as member",
			Body: `{"active":true,"emails":[{"type":"work","value":"…"}],"userName":"` + u.UserName + `"}`,
		}},
	}
}

// inParallel calls fn b.N times from that many goroutines.
func inParallel(b *testing.B, workers int, fn func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				if err := fn(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}
