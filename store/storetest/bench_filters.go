package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// BenchFilters measures filters for a part of a text among 20,000 and 100,000 users: a page of 100, with its total.
func BenchFilters(b *testing.B, open func(*testing.B) directory.Store) {
	b.Helper()
	for _, users := range []int{20_000, 100_000} {
		b.Run(fmt.Sprintf("users=%d", users), func(b *testing.B) {
			p := newPlace(b, open(b))
			p.benchUsers(users)
			for _, q := range []struct{ name, filter string }{
				{"userName of one", `userName co "ser12345"`},
				{"userName of everybody", `userName co "ser"`},
				{"emails of one", `emails.value co "ser12345@"`},
				{"emails of nobody", `emails.value co "@example.org"`},
				{"emails of everybody", `emails.value ew "@example.com"`},
				{"displayName of two in a thousand", `displayName co "ven123 "`},
				{"brackets", `emails[type eq "work" and value co "ser12345@"]`},
				{"either", `userName co "ser12345" or emails.value co "ser12345" or displayName co "nobody"`},
				{"negated", `not (emails.value ew "@example.com")`},
			} {
				list := p.benchList(q.filter, directory.ListQuery{StartIndex: 1, Limit: 100})
				b.Run(q.name, func(b *testing.B) { p.measure(b, list) })
			}
		})
	}
}

// benchUsers stores users of usual size, in few changes.
func (p *place) benchUsers(n int) {
	p.Helper()
	for lot := range slices.Chunk(slices.Collect(ints(n)), 1000) {
		p.must(p.change(func(c *directory.Change) {
			for _, i := range lot {
				one := p.benchChange(i)
				c.Subjects = append(c.Subjects, one.Subjects...)
				c.Users = append(c.Users, one.Users...)
				c.Memberships = append(c.Memberships, one.Memberships...)
			}
		}))
	}
}
