package storetest

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

var promisedWaiting = []promise{
	{"nothing waits where there is nothing to do", func(p *place) { p.waits(100, directory.Backlog{}) }},
	{"a job waits until it is finished, since it was made", func(p *place) {
		var jobs []directory.Job
		for i := range 3 {
			jobs = append(jobs, directory.Job{
				Root: p.root, ID: newID(), Kind: "k", State: []byte(`{}`), Created: start.Add(time.Duration(i) * time.Hour), Version: 1,
			})
			p.must(p.change(func(c *directory.Change) { c.Jobs = []directory.Edit[directory.Job]{edit(nil, &jobs[i])} }))
		}
		p.waits(100, directory.Backlog{Jobs: directory.Waiting{Count: 3, Oldest: jobs[0].Created}})
		done := jobs[0]
		done.Finished, done.Version = start, 2
		p.must(p.change(func(c *directory.Change) { c.Jobs = []directory.Edit[directory.Job]{edit(&jobs[0], &done)} }))
		p.waits(100, directory.Backlog{Jobs: directory.Waiting{Count: 2, Oldest: jobs[1].Created}})
	}},
	{"an event waits for each webhook that is enabled and behind, of all roots, counted to a bound", func(p *place) {
		other := newPlace(p.TB, p.store)
		for _, at := range []*place{other, p} {
			for i := range 4 {
				e := at.event(fmt.Sprint("event", i), "s")
				e.Time = start.Add(time.Duration(i) * time.Minute)
				at.must(at.change(func(c *directory.Change) { c.Events = []directory.Event{e} }))
			}
		}
		events, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		hook := func(p *place, change func(*directory.Webhook)) {
			h := directory.Webhook{Root: p.root, ID: newID(), URL: "https://app.example", Created: start, Version: 1}
			change(&h)
			p.must(p.change(func(c *directory.Change) { c.Webhooks = []directory.Edit[directory.Webhook]{edit(nil, &h)} }))
		}
		hook(p, func(h *directory.Webhook) { h.Position = events[3].Seq })
		hook(p, func(h *directory.Webhook) { h.Disabled = start })
		p.waits(100, directory.Backlog{Disabled: 1})
		hook(p, func(h *directory.Webhook) { h.Position, h.Failures = events[1].Seq, 2 })
		p.waits(100, directory.Backlog{Disabled: 1, Failing: 1, Events: directory.Waiting{Count: 2, Oldest: events[2].Time}})
		hook(other, func(*directory.Webhook) {})
		p.waits(100, directory.Backlog{Disabled: 1, Failing: 1, Events: directory.Waiting{Count: 6, Oldest: start}})
		p.waits(1, directory.Backlog{Disabled: 1, Failing: 1, Events: directory.Waiting{Count: 2, Oldest: start}})
	}},
	{"an audit entry waits until a segment holds it, in every root, counted to a bound", func(p *place) {
		other := newPlace(p.TB, p.store)
		for _, at := range []*place{p, other} {
			for i := range 3 {
				a := at.auditEntry(fmt.Sprint("action", i), "s")
				a.Workspace, a.Time = at.root, start.Add(time.Duration(i)*time.Minute)
				at.must(at.change(func(c *directory.Change) { c.Audit = []directory.AuditEntry{a} }))
			}
		}
		p.waits(100, directory.Backlog{Audit: directory.Waiting{Count: 6, Oldest: start}})
		p.waits(2, directory.Backlog{Audit: directory.Waiting{Count: 4, Oldest: start}})
		for _, at := range []*place{p, other} {
			entries, err := at.store.Audit(at.ctx(), at.root, "", 0, 0)
			at.must(err)
			g := directory.Segment{Root: at.root, No: 1, First: 1, Last: entries[1].Seq, Entries: 2, Sealed: start, Signature: []byte("s")}
			at.must(at.change(func(c *directory.Change) { c.Segments = []directory.Segment{g} }))
		}
		p.waits(100, directory.Backlog{Audit: directory.Waiting{Count: 2, Oldest: start.Add(2 * time.Minute)}})
	}},
	{"messages wait until they are delivered or given up, by kind, counted to a bound, the oldest of them since it was made", func(p *place) {
		for i, kind := range []directory.MessageKind{directory.MessageMail, directory.MessageMail, directory.MessageLogout, directory.MessageMail} {
			at := start.Add(time.Duration(i) * time.Hour)
			m := directory.Message{Root: p.root, ID: fmt.Sprint(i, newID()), Kind: kind, To: "x", Data: []byte("{}"), Created: at, NextAt: start, Version: 1}
			p.must(p.change(func(c *directory.Change) { c.Messages = []directory.Edit[directory.Message]{edit(nil, &m)} }))
			if i == 0 {
				after := m
				after.Abandoned, after.Version = start, 2
				p.must(p.change(func(c *directory.Change) { c.Messages = []directory.Edit[directory.Message]{edit(&m, &after)} }))
			}
		}
		p.waits(100, directory.Backlog{Messages: map[directory.MessageKind]directory.Outbox{
			directory.MessageMail:   {Waiting: 2, Oldest: start.Add(time.Hour), Abandoned: 1},
			directory.MessageLogout: {Waiting: 1, Oldest: start.Add(2 * time.Hour)},
		}})
	}},
	{"a read is counted by its kind, and none of a write", func(p *place) {
		counted := func(lookups, lists uint64, fn func()) {
			p.Helper()
			before := p.store.Stats()
			fn()
			after := p.store.Stats()
			p.equal([]uint64{after.Lookups.Count - before.Lookups.Count, after.Lists.Count - before.Lists.Count}, []uint64{lookups, lists})
		}
		u := p.addUser("ada")
		p.user(u.ID) // numbers of names are looked up once
		counted(1, 0, func() { p.user(u.ID) })
		counted(0, 1, func() { p.find(`userName sw "a"`) })
		counted(0, 1, func() { p.list(directory.ListQuery{StartIndex: 1, Limit: 10}, "") })
		counted(0, 0, func() { p.must(p.store.Ping(p.ctx())) })
		v, keys := p.newUser("bob")
		counted(0, 0, func() { p.must(p.commitUser(&v, keys)) })
	}},
	{"a write is counted when it is durable, and one that fails is not", func(p *place) {
		before := p.store.Stats()
		u := p.addUser("ada")
		if err := p.commitUser(&u, nil); err == nil {
			p.Fatal("a user was added twice")
		}
		after := p.store.Stats()
		p.equal(after.Writes.Count-before.Writes.Count, uint64(1))
		if after.Writes.Sum <= before.Writes.Sum {
			p.Errorf("writes took %g s, before %g s", after.Writes.Sum, before.Writes.Sum)
		}
		p.equal(after.Waiting, 0)
		for i, b := range after.Writes.Buckets {
			if b.Count > after.Writes.Count || i > 0 && (b.Count < after.Writes.Buckets[i-1].Count || b.UpTo <= after.Writes.Buckets[i-1].UpTo) {
				p.Errorf("buckets %v", after.Writes.Buckets)
			}
		}
		if after.Connections["read"].Open == 0 {
			p.Errorf("connections %v", after.Connections)
		}
	}},
}

// waits compares what waits in the whole store. Stores keep times to the nanosecond or to the microsecond.
func (p *place) waits(most int, want directory.Backlog) {
	p.Helper()
	got, err := p.store.Backlog(p.ctx(), most)
	p.must(err)
	for _, w := range []*directory.Waiting{&got.Jobs, &got.Events, &got.Audit, &want.Jobs, &want.Events, &want.Audit} {
		w.Oldest = w.Oldest.Truncate(time.Millisecond)
	}
	p.equal(got, want)
}
