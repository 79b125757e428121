package storetest

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

var promisedLists = []promise{
	{"an unknown connection has nothing", func(p *place) {
		page, err := p.store.Users(p.ctx(), directory.ListQuery{Root: p.root, Connection: "nobody", Limit: 10})
		p.must(err)
		p.equal(page, directory.UserPage{})
		groups, err := p.store.Groups(p.ctx(), directory.ListQuery{Root: "nobody", Connection: p.conn, Limit: 10})
		p.must(err)
		p.equal(groups, directory.GroupPage{})
	}},
	{"a limit of 0 asks for the total, a start behind the end for none", func(p *place) {
		p.addUser("ada")
		for _, q := range []directory.ListQuery{{StartIndex: 1, Limit: 0}, {StartIndex: 2, Limit: 10}, {StartIndex: 2_000_000_000, Limit: 10}} {
			for _, filter := range []string{"", `userName eq "ada"`, `userName sw "a"`, `title ne "x"`} {
				page := p.list(q, filter)
				p.equal([]int{page.Total, len(page.Users)}, []int{1, 0})
			}
		}
	}},
	{"T-068 any place is reached after random creates and deletes, in two connections at once", func(p *place) {
		rapid.Check(p.TB, func(rt *rapid.T) { p.randomLists(rt) })
	}},
	{"a start beyond many blocks is exact", func(p *place) {
		all := p.addMany(3000)
		for i := 0; i < len(all); i += 7 { // holes in every block
			p.must(p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(&all[i], nil)}}
			}))
		}
		var want []string
		for i, u := range all {
			if i%7 != 0 {
				want = append(want, u.ID)
			}
		}
		for _, first := range []int{1, 2, 100, 876, 877, 878, 1024, 1755, 2000, len(want) - 1, len(want), len(want) + 1} {
			page := p.list(directory.ListQuery{StartIndex: first, Limit: 5}, "")
			p.equal(page.Total, len(want))
			p.equal(userIDs(page.Users), want[min(first-1, len(want)):min(first+4, len(want))])
		}
	}},
	{"filters as large as the grammar allows are answered", func(p *place) {
		p.addUser("ada")
		for _, op := range []string{" or ", " and "} {
			for _, term := range []string{`userName eq "ada"`, `emails.value sw "ada"`, `emails[value sw "a" and value pr]`} {
				terms := slices.Repeat([]string{term}, 60)
				p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, strings.Join(terms, op)).Total, 1)
			}
		}
		deep := strings.Repeat("not (", 30) + `userName eq "ada"` + strings.Repeat(")", 30)
		p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, deep).Total, 1)
	}},
	{"a look-up answers pages too", func(p *place) {
		var want []string
		for i := range 5 {
			want = append(want, p.insertUser(p.userOf(fmt.Sprintf(`{"userName":"u%d","externalId":"same"}`, i))).ID)
		}
		for first := 1; first <= 7; first++ {
			for limit := range 7 {
				page := p.list(directory.ListQuery{StartIndex: first, Limit: limit}, `externalId eq "same"`)
				p.equal(page.Total, 5)
				p.equal(userIDs(page.Users), want[min(first-1, 5):min(first-1+limit, 5)])
			}
		}
	}},
	{"D-30 a scan that meets its bound is refused, not wrong", func(p *place) {
		for i := range 20 {
			p.insertUser(p.userOf(fmt.Sprintf(`{"userName":"u%d","title":"t","name":{"familyName":"f%d"}}`, i, i%2)))
		}
		query := directory.ListQuery{StartIndex: 1, Limit: 5, Scan: 19}
		_, err := p.tryList(query, `title eq "t"`)
		p.wantErr(err, directory.ErrTooMany)
		query.Scan = 20
		p.equal(p.list(query, `title eq "t"`).Total, 20)
		// A conjunction scans only what its indexed part leaves.
		query.Scan = 10
		p.equal(p.list(query, `title eq "t" and name.familyName eq "f1"`).Total, 10)
		query.Scan = 9
		_, err = p.tryList(query, `title eq "t" and name.familyName eq "f1"`)
		p.wantErr(err, directory.ErrTooMany)
	}},
}

// addMany stores n users in few changes.
func (p *place) addMany(n int) []directory.User {
	p.Helper()
	all := make([]directory.User, n)
	for i := range all {
		all[i], _ = p.userOf(fmt.Sprintf(`{"userName":"many%d"}`, i))
	}
	for lot := range slices.Chunk(all, 500) {
		p.must(p.change(func(c *directory.Change) {
			for i := range lot {
				c.Users = append(c.Users, directory.UserEdit{Edit: edit(nil, &lot[i])})
			}
		}))
	}
	return all
}

// list runs a list query for users; filter "" is none.
func (p *place) list(q directory.ListQuery, filter string) directory.UserPage {
	p.Helper()
	page, err := p.tryList(q, filter)
	p.must(err)
	return page
}

func (p *place) tryList(q directory.ListQuery, filter string) (directory.UserPage, error) {
	p.Helper()
	q.Root, q.Connection, q.Type = p.root, p.conn, scim.UserType()
	if filter != "" {
		profile, _ := scim.ProfileByName("rfc")
		f, err := scim.ParseFilter(filter, q.Type, profile)
		p.must(err)
		q.Filter = f
	}
	return p.store.Users(p.ctx(), q)
}

func userIDs(users []directory.User) []string {
	ids := []string{}
	for _, u := range users {
		ids = append(ids, u.ID)
	}
	return ids
}

// randomLists creates and deletes users of two connections at random and reads pages all over.
func (p *place) randomLists(rt *rapid.T) {
	a, b := *p, *p
	a.conn, b.conn = p.connection(newID()), p.connection(newID())
	lists := map[*place][]directory.User{&a: nil, &b: nil}
	for range rapid.IntRange(1, 40).Draw(rt, "steps") {
		at := &a
		if rapid.Bool().Draw(rt, "other connection") {
			at = &b
		}
		list := lists[at]
		if len(list) > 0 && rapid.IntRange(0, 2).Draw(rt, "delete") == 0 {
			i := rapid.IntRange(0, len(list)-1).Draw(rt, "which")
			p.must(at.change(func(c *directory.Change) { c.Users = []directory.UserEdit{{Edit: edit(&list[i], nil)}} }))
			lists[at] = slices.Delete(list, i, i+1)
			continue
		}
		u, _ := at.userOf(fmt.Sprintf(`{"userName":%q}`, newID()))
		lists[at] = append(list, at.insertUser(u, nil))
	}
	for at, list := range lists {
		first := rapid.IntRange(1, len(list)+2).Draw(rt, "start")
		limit := rapid.IntRange(0, 10).Draw(rt, "limit")
		page := at.list(directory.ListQuery{StartIndex: first, Limit: limit}, "")
		want := list[min(first-1, len(list)):min(first-1+limit, len(list))]
		if page.Total != len(list) || !slices.Equal(userIDs(page.Users), userIDs(want)) {
			rt.Fatalf("start %d limit %d: total %d %v, want %d %v", first, limit, page.Total, userIDs(page.Users), len(list), userIDs(want))
		}
	}
}
