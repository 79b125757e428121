package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
)

func testConcurrency(t *testing.T, open Open) {
	t.Run("of racing updates of one version one wins", func(t *testing.T) {
		p := begin(t, open)
		before, keys := p.newUser("ada")
		before = p.insertUser(before, keys)
		won := p.race(10, func(i int) error {
			after := before
			after.ExternalID, after.Version = fmt.Sprint("e", i), 2
			return p.change(func(c *directory.Change) {
				c.Users = []directory.UserEdit{{Edit: edit(&before, &after), BeforeKeys: keys, AfterKeys: keys}}
			})
		})
		p.equal(won, 1)
		p.equal(p.user(before.ID).Version, int64(2))
	})
	t.Run("of ten users of one name one is created", func(t *testing.T) {
		p := begin(t, open)
		won := p.race(10, func(int) error {
			u, keys := p.newUser("ada")
			return p.change(func(c *directory.Change) { c.Users = []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}} })
		})
		p.equal(won, 1)
		p.equal(p.find(`userName eq "ada"`).Total, 1)
		p.equal(p.find(`emails.value eq "ada@example.com"`).Total, 1)
	})
	t.Run("T-096 of twenty members added at once all are there", func(t *testing.T) {
		p := begin(t, open)
		g := p.addGroup("g")
		users := p.addMany(20)
		won := p.race(20, func(i int) error {
			return p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, users[i])}})
		})
		p.equal(won, 20)
		got := p.group(g.ID)
		p.equal([]any{got.Members, got.Version, len(p.memberIDs(g.ID))}, []any{20, int64(21), 20})
	})
	t.Run("32 writers: totals, logs and documents agree", func(t *testing.T) {
		p := begin(t, open)
		won := p.race(32, func(i int) error {
			for k := range 10 {
				if err := p.store.Commit(p.ctx(), p.fullChange(fmt.Sprintf("w%dk%d", i, k))); err != nil {
					return err
				}
			}
			return nil
		})
		p.equal(won, 32)
		page := p.list(directory.ListQuery{StartIndex: 1, Limit: 1000}, "")
		p.equal([]int{page.Total, len(page.Users)}, []int{320, 320})
		audit, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
		p.must(err)
		events, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		p.equal([]int{len(audit), len(events)}, []int{320, 320})
		p.equal(p.list(directory.ListQuery{StartIndex: 1, Limit: 0}, `emails.value sw "w"`).Total, 320)
	})
	t.Run("a user deleted while it becomes a member is no member", func(t *testing.T) {
		p := begin(t, open)
		g := p.addGroup("g")
		for i := range 20 {
			u, keys := p.newUser(fmt.Sprint("u", i))
			u = p.insertUser(u, keys)
			p.race(2, func(i int) error {
				if i == 0 {
					return p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, u)}})
				}
				return p.change(func(c *directory.Change) { c.Users = []directory.UserEdit{{Edit: edit(&u, nil), BeforeKeys: keys}} })
			})
		}
		p.equal(p.memberIDs(g.ID), []string(nil))
		p.equal(p.group(g.ID).Members, 0)
	})
	t.Run("a page and its total are of one moment", func(t *testing.T) {
		p := begin(t, open)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					p.addUser(fmt.Sprint("u", i))
				}
			}
		})
		for range 200 {
			page := p.list(directory.ListQuery{StartIndex: 1, Limit: 100_000}, "")
			if page.Total != len(page.Users) {
				t.Errorf("total %d, but %d users", page.Total, len(page.Users))
				break
			}
		}
		close(stop)
		wg.Wait()
	})
}

// race runs n functions at once and returns how many succeeded; the others must have met a conflict.
func (p *place) race(n int, fn func(i int) error) int {
	p.Helper()
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	ready.Add(1)
	for i := range n {
		done.Go(func() {
			ready.Wait()
			errs[i] = fn(i)
		})
	}
	ready.Done()
	done.Wait()
	won := 0
	for _, err := range errs {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, directory.ErrConflict):
			p.Errorf("neither success nor conflict: %v", err)
		}
	}
	return won
}

// RunShared runs the promises that hold between two stores on one database, as between a server and the command
// line beside it.
func RunShared(t *testing.T, open func(t *testing.T) (a, b directory.Store)) {
	t.Helper()
	t.Run("each reads what the other has committed, at once", func(t *testing.T) {
		t.Parallel()
		a, b := open(t)
		mine := newPlace(t, a)
		theirs := *mine
		theirs.store = b
		for i := range 20 {
			u := mine.addUser(fmt.Sprint("a", i))
			theirs.equal(theirs.user(u.ID), u)
			theirs.equal(theirs.list(directory.ListQuery{StartIndex: 1, Limit: 0}, "").Total, 2*i+1)
			u = theirs.addUser(fmt.Sprint("b", i))
			mine.equal(mine.user(u.ID), u)
			mine.equal(mine.find(fmt.Sprintf(`emails.value eq "b%d@example.com"`, i)).Total, 1)
		}
		conn := theirs.connection("entra")
		_, err := a.Connection(mine.ctx(), mine.root, conn)
		mine.must(err)
	})
	t.Run("writers of both lose nothing and no number is given twice", func(t *testing.T) {
		t.Parallel()
		a, b := open(t)
		mine := newPlace(t, a)
		theirs := *mine
		theirs.store = b
		g := mine.addGroup("g")
		won := mine.race(16, func(i int) error {
			p := mine
			if i%2 == 1 {
				p = &theirs
			}
			for k := range 10 {
				u := p.addUser(fmt.Sprintf("w%dk%d", i, k))
				if err := p.editMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, u)}}); err != nil {
					return err
				}
			}
			return nil
		})
		mine.equal(won, 16)
		page := theirs.list(directory.ListQuery{StartIndex: 1, Limit: 1000}, "")
		mine.equal([]int{page.Total, len(page.Users), mine.group(g.ID).Members, len(theirs.memberIDs(g.ID))}, []int{160, 160, 160, 160})
	})
	t.Run("of two stores that race for one version one wins", func(t *testing.T) {
		t.Parallel()
		a, b := open(t)
		mine := newPlace(t, a)
		u := mine.addUser("ada")
		stores := []directory.Store{a, b}
		won := mine.race(8, func(i int) error {
			after := u
			after.ExternalID, after.Version = fmt.Sprint(i), 2
			return stores[i%2].Commit(mine.ctx(), &directory.Change{Root: mine.root, Users: []directory.UserEdit{{Edit: edit(&u, &after)}}})
		})
		mine.equal(won, 1)
	})
}
