package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// promisedOperation are the promises about what serves the operation: keys, domains, jobs, webhooks, logs.
var promisedOperation = []promise{
	{"an API key is found by id and by hash, in its root, which is none for one of the installation", func(p *place) {
		own := directory.APIKey{Root: p.root, ID: newID(), Hash: hash(newID()), Scopes: []string{"*"}, Created: start, Version: 1}
		whole := directory.APIKey{ID: newID(), Hash: hash(newID()), Scopes: []string{"*"}, Created: start, Version: 1}
		for _, k := range []directory.APIKey{own, whole} {
			p.must(p.store.Commit(p.ctx(), &directory.Change{Root: k.Root, APIKeys: []directory.Edit[directory.APIKey]{edit(nil, &k)}}))
			got, err := p.store.APIKey(p.ctx(), k.Root, k.ID)
			p.must(err)
			p.equal(got, k)
			got, err = p.store.APIKeyByHash(p.ctx(), k.Root, k.Hash)
			p.must(err)
			p.equal(got, k)
		}
		_, err := p.store.APIKeyByHash(p.ctx(), "", own.Hash)
		p.wantErr(err, directory.ErrNotFound)
		_, err = p.store.APIKey(p.ctx(), p.root, whole.ID)
		p.wantErr(err, directory.ErrNotFound)
		for i, want := range []int{2, 2, 3} { // the mark moves forward only, and moves no version
			p.must(p.store.TouchAPIKey(p.ctx(), p.root, own.ID, start.Add(time.Duration([]int{2, 1, 3}[i])*time.Hour)))
			own.LastUsed = start.Add(time.Duration(want) * time.Hour)
			got, err := p.store.APIKey(p.ctx(), p.root, own.ID)
			p.must(err)
			p.equal(got, own)
		}
		p.must(p.store.TouchAPIKey(p.ctx(), "nowhere", own.ID, start))
	}},
	{"a domain may be claimed by many, and proved by one", func(p *place) {
		other := newPlace(p.TB, p.store)
		name := p.root + ".example"
		claim := func(p *place) directory.Domain {
			d := directory.Domain{Root: p.root, Name: name, Created: start, Version: 1}
			p.must(p.change(func(c *directory.Change) { c.Domains = []directory.Edit[directory.Domain]{edit(nil, &d)} }))
			return d
		}
		prove := func(p *place, d directory.Domain, at time.Time) (directory.Domain, error) {
			after := d
			after.Verified, after.Version = at, d.Version+1
			return after, p.change(func(c *directory.Change) { c.Domains = []directory.Edit[directory.Domain]{edit(&d, &after)} })
		}
		mine, theirs := claim(p), claim(other)
		_, err := p.store.DomainOwner(p.ctx(), name)
		p.wantErr(err, directory.ErrNotFound)
		mine, err = prove(p, mine, start)
		p.must(err)
		got, err := p.store.DomainOwner(p.ctx(), name)
		p.must(err)
		p.equal(got, mine)
		_, err = prove(other, theirs, start)
		p.wantErr(err, directory.ErrConflict)
		_, err = prove(p, mine, time.Time{})
		p.must(err)
		theirs, err = prove(other, theirs, start)
		p.must(err)
		got, err = p.store.DomainOwner(p.ctx(), name)
		p.must(err)
		p.equal(got, theirs)
	}},
	{"a webhook is due when it is enabled, its time has come, and an event waits", func(p *place) {
		other := newPlace(p.TB, p.store)
		hook := func(p *place, change func(*directory.Webhook)) string {
			h := directory.Webhook{Root: p.root, ID: newID(), URL: "https://app.example", Created: start, Version: 1}
			change(&h)
			p.must(p.change(func(c *directory.Change) { c.Webhooks = []directory.Edit[directory.Webhook]{edit(nil, &h)} }))
			return h.ID
		}
		due := func(limit int, want ...string) {
			p.Helper()
			list, err := p.store.DueWebhooks(p.ctx(), start, limit)
			p.must(err)
			var ids []string
			for _, h := range list {
				ids = append(ids, h.ID)
			}
			p.equal(ids, want)
		}
		now := hook(p, func(h *directory.Webhook) { h.NextAt = start })
		due(0)
		p.must(p.change(func(c *directory.Change) { c.Events = []directory.Event{p.event("member.joined", "s")} }))
		due(0, now)
		events, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		hook(p, func(h *directory.Webhook) { h.Position = events[0].Seq })
		hook(p, func(h *directory.Webhook) { h.Disabled = start })
		hook(p, func(h *directory.Webhook) { h.NextAt = start.Add(1) })
		hook(other, func(*directory.Webhook) {})
		sooner := hook(p, func(h *directory.Webhook) { h.NextAt = start.Add(-time.Hour) })
		due(0, sooner, now)
		due(1, sooner)
	}},
	{"of many who ask for jobs each gets one that nobody has, the oldest first, until its lease ends", func(p *place) {
		const jobs = 20
		for i := range jobs {
			j := p.job(i)
			p.must(p.change(func(c *directory.Change) { c.Jobs = []directory.Edit[directory.Job]{edit(nil, &j)} }))
		}
		var mu sync.Mutex
		claimed := map[string]string{}
		var wg sync.WaitGroup
		for racer := range 8 {
			wg.Go(func() {
				for owner := fmt.Sprint("racer", racer); ; {
					j, err := p.store.ClaimJob(p.ctx(), owner, start, start.Add(time.Minute))
					if errors.Is(err, directory.ErrNotFound) {
						return
					}
					mu.Lock()
					if err != nil || claimed[j.ID] != "" || j.LeaseOwner != owner || j.Version != 2 || j.Root != p.root {
						p.Errorf("%v: %+v, which is %q's", err, j, claimed[j.ID])
					}
					claimed[j.ID] = owner
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		p.equal(len(claimed), jobs)
		_, err := p.store.ClaimJob(p.ctx(), "late", start.Add(time.Minute-1), start.Add(time.Hour))
		p.wantErr(err, directory.ErrNotFound)
		again, err := p.store.ClaimJob(p.ctx(), "late", start.Add(time.Minute), start.Add(time.Hour))
		p.must(err)
		p.equal([]any{again.Created, again.Version, again.LeaseUntil}, []any{start, int64(3), start.Add(time.Hour)})
		asleep, done := again, again // of who had it first: its version has moved on
		asleep.Version = 2
		done.Finished, done.Version = start.Add(time.Hour), 4
		p.wantErr(p.change(func(c *directory.Change) { c.Jobs = []directory.Edit[directory.Job]{edit(&asleep, &done)} }), directory.ErrConflict)
		p.must(p.change(func(c *directory.Change) { c.Jobs = []directory.Edit[directory.Job]{edit(&again, &done)} }))
		next, err := p.store.ClaimJob(p.ctx(), "late", start.Add(2*time.Hour), start.Add(3*time.Hour))
		p.must(err)
		p.equal(next.Created, start.Add(time.Second))
		open, err := p.store.Jobs(p.ctx(), p.root, true, 0)
		p.must(err)
		all, err := p.store.Jobs(p.ctx(), p.root, false, 0)
		p.must(err)
		newest, err := p.store.Jobs(p.ctx(), p.root, false, 1)
		p.must(err)
		p.equal([]any{len(open), len(all), newest[0].Created}, []any{jobs - 1, jobs, start.Add((jobs - 1) * time.Second)})
	}},
	{"of two sealers of one segment one wins", func(p *place) {
		seal := func(no int64) (directory.Segment, error) {
			g := directory.Segment{
				Root: p.root, No: no, First: 10*no - 9, Last: 10 * no, Entries: 10, Prev: hash("prev"), Hash: hash(newID()), Sealed: start,
				Signature: []byte("s"),
			}
			return g, p.change(func(c *directory.Change) { c.Segments = []directory.Segment{g} })
		}
		won := p.race(8, func(int) error {
			_, err := seal(1)
			return err
		})
		p.equal(won, 1)
		two, err := seal(2)
		p.must(err)
		_, err = seal(3)
		p.must(err)
		got, err := p.store.Segments(p.ctx(), p.root, 1, 1)
		p.must(err)
		p.equal(got, []directory.Segment{two})
	}},
	{"an answer is kept once, for a day", func(p *place) {
		_, err := p.store.Idempotent(p.ctx(), p.root, "key1", "k")
		p.wantErr(err, directory.ErrNotFound)
		want := directory.Answer{Digest: hash("request"), Status: 201, Body: []byte("sealed"), Created: start}
		p.must(p.store.KeepIdempotent(p.ctx(), p.root, "key1", "k", want))
		got, err := p.store.Idempotent(p.ctx(), p.root, "key1", "k")
		p.must(err)
		p.equal(got, want)
		_, err = p.store.Idempotent(p.ctx(), p.root, "key2", "k")
		p.wantErr(err, directory.ErrNotFound)
		later := want
		later.Created = start.Add(24 * time.Hour)
		p.wantErr(p.store.KeepIdempotent(p.ctx(), p.root, "key1", "k", later), directory.ErrConflict)
		p.must(p.store.KeepIdempotent(p.ctx(), p.root, "key1", "other", later))
		later.Created = later.Created.Add(1)
		p.must(p.store.KeepIdempotent(p.ctx(), p.root, "key1", "k", later))
		later.Created = later.Created.Add(25 * time.Hour)
		p.must(p.store.KeepIdempotent(p.ctx(), p.root, "key9", "k", later))
		_, err = p.store.Idempotent(p.ctx(), p.root, "key1", "k")
		p.wantErr(err, directory.ErrNotFound)
	}},
	{"an idempotency key is reserved for a minute by one, and gives way to the answer", func(p *place) {
		keep := func(status int, after time.Duration) error {
			return p.store.KeepIdempotent(p.ctx(), p.root, "key1", "r", directory.Answer{Status: status, Created: start.Add(after)})
		}
		won := p.race(8, func(int) error { return keep(0, 0) })
		p.equal(won, 1)
		p.wantErr(keep(0, time.Minute), directory.ErrConflict)
		p.must(p.store.DropIdempotent(p.ctx(), p.root, "key1", "r"))
		p.must(keep(0, 0))
		p.must(keep(0, time.Minute+1)) // who had it is gone
		p.must(keep(201, 2*time.Minute))
		p.wantErr(keep(0, time.Hour), directory.ErrConflict)
		p.wantErr(keep(201, time.Hour), directory.ErrConflict)
		p.must(p.store.DropIdempotent(p.ctx(), p.root, "key1", "r")) // of reservations alone
		got, err := p.store.Idempotent(p.ctx(), p.root, "key1", "r")
		p.must(err)
		p.equal(got.Status, 201)
	}},
	{"X14 active members are counted by workspace and connection, and a day's counts replace those that are there", func(p *place) {
		for i, m := range []directory.Membership{
			{Workspace: "a", Connection: "c", Status: directory.StatusActive},
			{Workspace: "a", Connection: "c", Status: directory.StatusActive},
			{Workspace: "a", Connection: "c", Status: directory.StatusInvited},
			{Workspace: "a", Status: directory.StatusActive},
			{Workspace: "b", Connection: "c", Status: directory.StatusDeactivated},
		} {
			m.Root, m.Subject, m.Version = p.root, fmt.Sprint(i), 1
			p.must(p.change(func(c *directory.Change) { c.Memberships = []directory.Edit[directory.Membership]{edit(nil, &m)} }))
		}
		counts, err := p.store.CountActive(p.ctx(), p.root)
		p.must(err)
		p.equal(counts, []directory.LicenceCount{{Workspace: "a", Active: 1}, {Workspace: "a", Connection: "c", Active: 2}})
		day := func(i int) time.Time { return time.Date(2026, 3, i, 0, 0, 0, 0, time.UTC) }
		p.must(p.store.PutLicence(p.ctx(), p.root, day(1), []directory.LicenceCount{{Workspace: "gone", Active: 9}}))
		for i := range 4 {
			p.must(p.store.PutLicence(p.ctx(), p.root, day(i+1), counts))
		}
		got, err := p.store.Licence(p.ctx(), p.root, day(1), day(2))
		p.must(err)
		var want []directory.LicenceCount
		for i := range 2 {
			for _, c := range counts {
				c.Day = day(i + 1)
				want = append(want, c)
			}
		}
		p.equal(got, want)
	}},
	{"records of the provisioning log are found, newest first, and pruned by age and number", func(p *place) {
		p.must(p.change(func(c *directory.Change) { c.Requests = p.requests(10) }))
		ask := func(q directory.RequestQuery) (times []int) {
			p.Helper()
			q.Root = p.root
			list, err := p.store.Requests(p.ctx(), q)
			p.must(err)
			for _, r := range list {
				times = append(times, int(r.Time.Sub(start)/time.Second))
			}
			return times
		}
		all, err := p.store.Requests(p.ctx(), directory.RequestQuery{Root: p.root})
		p.must(err)
		want := p.requests(10)
		slices.Reverse(want)
		for i := range all {
			want[i].Seq = all[i].Seq
		}
		p.equal(all, want)
		p.equal(ask(directory.RequestQuery{Limit: 3}), []int{9, 8, 7})
		p.equal(ask(directory.RequestQuery{Before: all[2].Seq, Limit: 3}), []int{6, 5, 4})
		p.equal(ask(directory.RequestQuery{Connection: "c1", Before: all[2].Seq}), []int{5, 3, 1})
		p.equal(ask(directory.RequestQuery{Subject: "s2"}), []int{8, 5, 2})
		p.equal(ask(directory.RequestQuery{Failed: true}), []int{9, 4})
		p.equal(ask(directory.RequestQuery{Failed: true, Connection: "c1", Subject: "s0", Text: "BROKEN"}), []int{9})
		for _, text := range []string{"/users/7", "Target7", "asked 7", "cause 7"} {
			p.equal(ask(directory.RequestQuery{Text: text}), []int{7})
		}
		p.equal(ask(directory.RequestQuery{Text: "%"}), []int{})
		prune := func(older time.Time, keep, want int) {
			p.Helper()
			n, err := p.store.PruneRequests(p.ctx(), p.root, older, keep)
			p.must(err)
			p.equal(n, want)
		}
		prune(start, 0, 0)
		prune(start.Add(2*time.Second), 0, 2)
		prune(start, 10, 0)
		prune(start, 5, 3)
		p.equal(ask(directory.RequestQuery{}), []int{9, 8, 7, 6, 5})
		_, err = p.store.PruneRequests(p.ctx(), "nowhere", start, 1)
		p.must(err)
	}},
}

// requests are records of two connections and three subjects, a second apart; every fifth is a failure.
func (p *place) requests(n int) (list []directory.Request) {
	for i := range n {
		r := directory.Request{
			Root: p.root, Connection: fmt.Sprint("c", i%2), Time: start.Add(time.Duration(i) * time.Second), RequestID: fmt.Sprint("r", i),
			Actor: "token:t", Address: "127.0.0.1", Method: "PATCH", Path: fmt.Sprint("/Users/", i), Status: 200,
			Subject: fmt.Sprint("s", i%3), Target: fmt.Sprint("target", i), Asked: fmt.Sprint("asked ", i), Did: "did", Body: "{}",
			Cause: fmt.Sprint("cause ", i),
		}
		if i%5 == 4 {
			r.Status, r.ScimType, r.Cause, r.Fix = 400, "invalidValue", "a broken value", "mend it"
		}
		list = append(list, r)
	}
	return list
}
