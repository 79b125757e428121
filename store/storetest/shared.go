package storetest

import (
	"fmt"

	"github.com/usher-scim/usher/directory"
)

// promisedShared are the promises between two stores on one database; both places are the same workspace.
var promisedShared = []struct {
	text string
	see  func(mine, theirs *place)
}{
	{"each reads what the other has committed, at once", func(mine, theirs *place) {
		for i := range 20 {
			u := mine.addUser(fmt.Sprint("a", i))
			theirs.equal(theirs.user(u.ID), u)
			theirs.equal(theirs.list(directory.ListQuery{StartIndex: 1, Limit: 0}, "").Total, 2*i+1)
			u = theirs.addUser(fmt.Sprint("b", i))
			mine.equal(mine.user(u.ID), u)
			mine.equal(mine.find(fmt.Sprintf(`emails.value eq "b%d@example.com"`, i)).Total, 1)
		}
		conn := theirs.connection("entra")
		_, err := mine.store.Connection(mine.ctx(), mine.root, conn)
		mine.must(err)
	}},
	{"writers of both lose nothing and no number is given twice", func(mine, theirs *place) {
		g := mine.addGroup("g")
		won := mine.race(16, func(i int) error {
			p := mine
			if i%2 == 1 {
				p = theirs
			}
			for k := range 10 {
				u, err := p.createUser(fmt.Sprintf("w%dk%d", i, k))
				if err != nil {
					return err
				}
				if err := p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, u)}}); err != nil {
					return err
				}
			}
			return nil
		})
		mine.equal(won, 16)
		page := theirs.list(directory.ListQuery{StartIndex: 1, Limit: 1000}, "")
		mine.equal([]int{page.Total, len(page.Users), mine.group(g.ID).Members, len(theirs.memberIDs(g.ID))}, []int{160, 160, 160, 160})
	}},
	{"C-03 a walk by cursor in one store is exact while the other writes", func(mine, theirs *place) {
		walks := newWalks(mine, 60, 30)
		walks.check(theirs, 12)
	}},
	{"of two stores that race for one version one wins", func(mine, theirs *place) {
		u := mine.addUser("ada")
		stores := []directory.Store{mine.store, theirs.store}
		won := mine.race(8, func(i int) error {
			after := u
			after.ExternalID, after.Version = fmt.Sprint(i), 2
			return stores[i%2].Commit(mine.ctx(), &directory.Change{Root: mine.root, Users: []directory.UserEdit{{Edit: edit(&u, &after)}}})
		})
		mine.equal(won, 1)
	}},
}
