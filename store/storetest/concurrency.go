package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/usher-scim/usher/directory"
)

var promisedConcurrency = []promise{
	{"of racing updates of one version one wins", func(p *place) {
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
	}},
	{"of ten users of one name one is created", func(p *place) {
		won := p.race(10, func(int) error {
			u, keys := p.newUser("ada")
			return p.change(func(c *directory.Change) { c.Users = []directory.UserEdit{{Edit: edit(nil, &u), AfterKeys: keys}} })
		})
		p.equal(won, 1)
		p.equal(p.find(`userName eq "ada"`).Total, 1)
		p.equal(p.find(`emails.value eq "ada@example.com"`).Total, 1)
	}},
	{"T-096 of twenty members added at once all are there", func(p *place) {
		g := p.addGroup("g")
		users := p.addMany(20)
		reached := make([]int64, 20)
		won := p.race(20, func(i int) error {
			version, err := p.editedMembers(directory.MembersEdit{Group: g.ID, Add: []directory.Member{member(g, users[i])}})
			reached[i] = version
			return err
		})
		p.equal(won, 20)
		got := p.group(g.ID)
		p.equal([]any{got.Members, got.Version, len(p.memberIDs(g.ID))}, []any{20, int64(21), 20})
		slices.Sort(reached)
		for i, version := range reached {
			p.equal(version, int64(i+2))
		}
	}},
	{"32 writers: totals, logs and documents agree", func(p *place) {
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
	}},
	{"a user deleted while it becomes a member is no member", func(p *place) {
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
	}},
	{"a page and its total are of one moment", func(p *place) {
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					if _, err := p.createUser(fmt.Sprint("u", i)); err != nil {
						p.Error(err)
						return
					}
				}
			}
		})
		for range 200 {
			page := p.list(directory.ListQuery{StartIndex: 1, Limit: 100_000}, "")
			if page.Total != len(page.Users) {
				p.Errorf("total %d, but %d users", page.Total, len(page.Users))
				break
			}
		}
		close(stop)
		wg.Wait()
	}},
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
