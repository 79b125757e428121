package storetest

import (
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

var promisedCursors = []promise{
	{"C-03 a walk by cursor meets whoever stays exactly once while others come, go and move, and its totals are exact", func(p *place) {
		newWalks(p, 120, 60).check(p, 20)
	}},
	{"T-068 without a sort, who comes during a walk is met at its end", func(p *place) {
		for i := range 5 {
			p.addUser(fmt.Sprint("u", i))
		}
		q := directory.ListQuery{Limit: 2}
		var names []string
		for i := 0; ; i++ {
			page := p.list(q, "")
			for _, u := range page.Users {
				names = append(names, u.UserName)
			}
			if !page.More {
				break
			}
			q.After = &scim.Position{Seq: page.Users[len(page.Users)-1].Seq}
			if i == 0 {
				p.addUser("late")
			}
		}
		p.equal(names, []string{"u0", "u1", "u2", "u3", "u4", "late"})
	}},
	{"C-03 the last page says so, also when it is full, and so does the page behind a place that is gone", func(p *place) {
		var users []directory.User
		for i := range 4 {
			users = append(users, p.insertUser(p.userOf(fmt.Sprintf(`{"userName":"u%d","externalId":"same"}`, i))))
		}
		for _, filter := range []string{"", `userName sw "u"`, `title ne "x"`, `externalId eq "same"`} {
			q := directory.ListQuery{StartIndex: 1, Limit: 2}
			p.equal(p.list(q, filter).More, true)
			q.StartIndex = 3
			p.equal(p.list(q, filter).More, false)
			q.After = &scim.Position{Seq: users[1].Seq}
			page := p.list(q, filter)
			p.equal(userIDs(page.Users), userIDs(users[2:]))
			p.equal(page.More, false)
			q.Limit = 10
			p.equal(userIDs(p.list(q, filter).Users), userIDs(users[2:]))
			q.Limit = 2
			q.After = &scim.Position{Seq: users[3].Seq + 100}
			page = p.list(q, filter)
			p.equal([]any{page.Total, len(page.Users), page.More}, []any{4, 0, false})
			q.After = &scim.Position{Seq: -1}
			page = p.list(q, filter)
			p.equal([]any{page.Total, len(page.Users), page.More}, []any{4, 2, true})
		}
	}},
}

// walks read a connection by cursor, in orders of each kind, while others change it. Some users stay: what they are
// sorted by does not change. The others come and go in pairs, so that the total is always the same.
type walks struct {
	*place
	stay  []directory.User
	total int
	names int // given so far to who comes and goes

	mu  sync.Mutex
	gos []goer
}

// goer is a user who will go, or move.
type goer struct {
	directory.User
	keys []scim.Key
}

func newWalks(p *place, stay, gos int) *walks {
	p.Helper()
	w := &walks{place: p, total: stay + gos}
	for i := range stay + gos {
		if i%3 > 0 && len(w.stay) < stay {
			u, keys := p.userOf(fmt.Sprintf(
				`{"userName":"stay%d","externalId":%q,"title":"t%d","displayName":"d%d","name":{"familyName":"f%[4]d"},"emails":[{"value":"%[1]d@x"}]}`,
				i, []string{"", fmt.Sprint("e", i)}[i%2], i%5, i%7))
			w.stay = append(w.stay, p.insertUser(u, keys))
			continue
		}
		g := w.next()
		p.must(p.commitUser(&g.User, g.keys))
		w.gos = append(w.gos, g)
	}
	w.total = len(w.stay) + len(w.gos)
	return w
}

// next makes a user anywhere in every order.
func (w *walks) next() goer {
	w.names++
	n := rand.IntN(1000)
	u, keys := w.userOf(fmt.Sprintf(
		`{"userName":"%s%d-%d","externalId":"e%[2]d","title":"t%[2]d","displayName":"d%[2]d","name":{"familyName":"f%[2]d"},"active":%[4]t}`,
		[]string{"a", "stay", "z"}[n%3], n, w.names, n%2 == 0))
	u.Created = u.Created.AddDate(0, 0, n%9-4)
	return goer{u, keys}
}

// check walks in every kind of order, that many times in all, while two writers are at work at the other place, which
// is of the same connection.
func (w *walks) check(at *place, times int) {
	w.Helper()
	stop := make(chan struct{})
	var writers sync.WaitGroup
	defer writers.Wait()
	defer close(stop)
	for range 2 {
		writers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := w.churn(at); err != nil {
					w.Error(err)
					return
				}
			}
		})
	}
	orders := []string{
		"", "userName", "id", "externalId", "meta.created", "active", "name.familyName", "displayName", "title", "emails",
	}
	for i := range times {
		by, order := orders[i%len(orders)], []string{"ascending", "descending"}[i/len(orders)%2]
		s, err := scim.ParseSort(scim.UserType(), by, order, scim.Profile{})
		w.must(err)
		for _, filter := range []string{"", `userName co "a"`, `title sw "t"`} { // by counters, by SQL, by a scan
			w.walk(filter, s, 7+i)
		}
	}
}

// churn lets one user come and another go, in one change, or one move to another place, or one that stays change what
// no order rests on.
func (w *walks) churn(at *place) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := rand.IntN(len(w.gos))
	before, after := w.gos[i], w.next()
	c := &directory.Change{Root: w.root}
	switch rand.IntN(3) {
	case 0:
		c.Users = []directory.UserEdit{
			{Edit: edit(&before.User, nil), BeforeKeys: before.keys}, {Edit: edit(nil, &after.User), AfterKeys: after.keys},
		}
	case 1:
		after.ID, after.Seq, after.Created, after.Version = before.ID, before.Seq, before.Created, before.Version+1
		c.Users = []directory.UserEdit{{Edit: edit(&before.User, &after.User), BeforeKeys: before.keys, AfterKeys: after.keys}}
	default:
		u := &w.stay[rand.IntN(len(w.stay))]
		next := *u
		next.Version++
		c.Users = []directory.UserEdit{{Edit: edit(u, &next)}}
		if err := at.store.Commit(at.ctx(), c); err != nil {
			return err
		}
		*u = next
		return nil
	}
	if err := at.store.Commit(at.ctx(), c); err != nil {
		return err
	}
	w.gos[i] = after
	return nil
}

// walk reads the list once.
func (w *walks) walk(filter string, s *scim.Sort, count int) {
	w.Helper()
	met := map[string]int{}
	q := directory.ListQuery{StartIndex: 1, Limit: count, Sort: s}
	for pages, more := 0, true; more; pages++ {
		if pages > 20*w.total { // whoever moves may be met again, but not for ever
			w.Fatalf("filter %q sort %v: the walk does not end", filter, s)
		}
		page := w.list(q, filter)
		if page.Total != w.total && filter != `userName co "a"` {
			w.Errorf("total %d, want %d", page.Total, w.total)
		}
		for _, u := range page.Users {
			met[u.ID]++
		}
		if more = page.More; more {
			after, err := s.Position(recordOf(page.Users[len(page.Users)-1]))
			w.must(err)
			q.After = &after
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, u := range w.stay {
		if met[u.ID] != 1 {
			w.Errorf("filter %q sort %v: %s was met %d times", filter, s, u.UserName, met[u.ID])
		}
	}
}

// recordOf is a user as the directory hands it out.
func recordOf(u directory.User) *scim.Record {
	return &scim.Record{
		Type: scim.UserType(), ID: u.ID, ExternalID: u.ExternalID, Version: u.Version, Seq: u.Seq, Created: u.Created,
		LastModified: u.Modified, Body: u.Body,
	}
}
