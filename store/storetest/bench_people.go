package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// BenchPeople measures what is asked about people where there are 100,000, each a member of five workspaces, the third
// of which has every tenth person only.
func BenchPeople(b *testing.B, open func(*testing.B) directory.Store) {
	b.Helper()
	p := newPlace(b, open(b))
	subjects := p.benchPeople(100_000)
	at := func(i int) string { return subjects[i*7919%len(subjects)] }
	for _, q := range []struct {
		name  string
		query directory.PeopleQuery
	}{
		{"page", directory.PeopleQuery{Workspaces: []string{"w0"}}},
		{"page/nearest of three", directory.PeopleQuery{Workspaces: []string{"w2", "w1", "w0"}}},
		{"page/connection", directory.PeopleQuery{Workspaces: []string{"w0"}, Connection: p.conn}},
		{"first/role of one in a thousand", directory.PeopleQuery{Workspaces: []string{"w0"}, Role: "owner"}},
		{"first/nobody's team", directory.PeopleQuery{Workspaces: []string{"w0"}, Team: "none"}},
		{"first/name of one", directory.PeopleQuery{Workspaces: []string{"w0"}, Text: "person 99999"}},
	} {
		b.Run(q.name, func(b *testing.B) {
			query := q.query
			query.Root, query.Limit = p.root, 100
			p.measure(b, func(i int) error {
				if query.Connection+query.Role+query.Team+query.Text == "" {
					query.After = at(i)
				}
				_, err := p.store.People(p.ctx(), query)
				return err
			})
		})
	}
	b.Run("memberships of", func(b *testing.B) {
		p.measure(b, func(i int) error {
			_, err := p.store.MembershipsOf(p.ctx(), p.root, at(i))
			return err
		})
	})
	b.Run("by email", func(b *testing.B) {
		p.measure(b, func(i int) error {
			list, err := p.store.SubjectsByEmail(p.ctx(), p.root, fmt.Sprintf("Person%d@example.com", i%len(subjects)), 2)
			if len(list) != 1 {
				return fmt.Errorf("%d found", len(list))
			}
			return err
		})
	})
	b.Run("other owner", func(b *testing.B) {
		p.measure(b, func(int) error {
			_, err := p.store.HasOtherOwner(p.ctx(), p.root, "w0", "", []string{"nobody's"})
			return err
		})
	})
	b.Run("count active", func(b *testing.B) {
		p.measure(b, func(int) error {
			_, err := p.store.CountActive(p.ctx(), p.root)
			return err
		})
	})
}

// benchPeople stores people with their memberships, in few changes.
func (p *place) benchPeople(n int) (subjects []string) {
	p.Helper()
	for lot := range slices.Chunk(slices.Collect(ints(n)), 2000) {
		p.must(p.change(func(c *directory.Change) {
			for _, i := range lot {
				id := newID()
				subjects = append(subjects, id)
				name, mail := fmt.Sprintf("Person %d", i), fmt.Sprintf("person%d@example.com", i)
				c.Subjects = append(c.Subjects, edit(nil, &directory.Subject{
					Root: p.root, ID: id, Name: name, Email: mail, Created: start, Version: 1,
					Profile: fmt.Appendf(nil, `{"name":%q,"email":%q,"title":"Engineer of things"}`, name, mail),
				}))
				for w := range 5 {
					if w == 2 && i%10 > 0 {
						continue
					}
					c.Memberships = append(c.Memberships, edit(nil, p.benchMembership(fmt.Sprint("w", w), id, i)))
				}
			}
		}))
	}
	slices.Sort(subjects)
	return subjects
}

func (p *place) benchMembership(workspace, subject string, i int) *directory.Membership {
	m := &directory.Membership{
		Root: p.root, Workspace: workspace, Subject: subject, Connection: p.conn, Role: "member", RoleSource: directory.SourceSCIM,
		Teams: []string{fmt.Sprint("team", i%50)}, TeamsSource: directory.SourceSCIM, Status: directory.StatusActive,
		StatusSource: directory.SourceSCIM, Created: start, Modified: start, Joined: start, Version: 1,
	}
	if i%1000 == 0 {
		m.Role = "owner"
	}
	return m
}

func ints(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// measure calls fn and reports the median and the 99th percentile.
func (p *place) measure(b *testing.B, fn func(i int) error) {
	b.Helper()
	took := make([]time.Duration, 0, b.N)
	b.ResetTimer()
	for i := range b.N {
		began := time.Now()
		p.must(fn(i))
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}
