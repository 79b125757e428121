package storetest

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/directory"
)

var promisedLogs = []promise{
	{"audit entries come back whole, in the order of their commits, after a given one", func(p *place) {
		var want []directory.AuditEntry
		for i := range 5 {
			a := p.auditEntry(fmt.Sprint("action", i), "s")
			if i == 3 {
				a.Workspace, a.Detail = "child", nil
			}
			want = append(want, a)
			p.must(p.change(func(c *directory.Change) { c.Audit = []directory.AuditEntry{a} }))
		}
		got, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
		p.must(err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(directory.AuditEntry{}, "Seq")); diff != "" {
			p.Fatal(diff)
		}
		page, err := p.store.Audit(p.ctx(), p.root, p.root, got[1].Seq, 2)
		p.must(err)
		p.equal(page, []directory.AuditEntry{got[2], got[4]})
		for i := range got[1:] {
			if got[i+1].Seq <= got[i].Seq {
				p.Errorf("seq %d does not follow %d", got[i+1].Seq, got[i].Seq)
			}
		}
	}},
	{"events come back whole, in order, after a given one", func(p *place) {
		var want []directory.Event
		for i := range 5 {
			want = append(want, p.event(fmt.Sprint("event", i), "s"))
		}
		p.must(p.change(func(c *directory.Change) { c.Events = want[:2] }))
		p.must(p.change(func(c *directory.Change) { c.Events = want[2:] }))
		got, err := p.store.Events(p.ctx(), p.root, 0, 0)
		p.must(err)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(directory.Event{}, "Seq")); diff != "" {
			p.Fatal(diff)
		}
		page, err := p.store.Events(p.ctx(), p.root, got[1].Seq, 2)
		p.must(err)
		p.equal(page, got[2:4])
	}},
	{"another root sees nothing of them", func(p *place) {
		p.must(p.store.Commit(p.ctx(), p.fullChange("ada")))
		for _, root := range []string{newPlace(p.TB, p.store).root, "nobody"} {
			audit, err := p.store.Audit(p.ctx(), root, "", 0, 0)
			p.must(err)
			events, err := p.store.Events(p.ctx(), root, 0, 0)
			p.must(err)
			p.equal([]int{len(audit), len(events)}, []int{0, 0})
		}
	}},
	{"old events make room, and one stands for them", func(p *place) {
		var all []directory.Event
		for i := range 6 {
			e := p.event(fmt.Sprint("event", i), "s")
			e.Time = start.Add(time.Duration(i) * time.Hour)
			all = append(all, e)
		}
		p.must(p.change(func(c *directory.Change) { c.Events = all }))
		read := func(after int64) (list []directory.Event) {
			list, err := p.store.Events(p.ctx(), p.root, after, 0)
			p.must(err)
			return list
		}
		whole := read(0)
		prune := func(root string, olderThan time.Time, want int) {
			p.Helper()
			n, err := p.store.PruneEvents(p.ctx(), root, olderThan)
			p.must(err)
			p.equal(n, want)
		}
		prune("nowhere", start.Add(time.Hour), 0)
		prune(p.root, start, 0)
		p.equal(read(0), whole)
		for _, until := range []int{3, 5} {
			olderThan := start.Add(time.Duration(until) * time.Hour)
			n, err := p.store.PruneEvents(p.ctx(), p.root, olderThan)
			p.must(err)
			if n == 0 {
				p.Error("nothing was pruned")
			}
			prune(p.root, olderThan, 0)
			stands := whole[until-1]
			stands.Type, stands.Workspace, stands.Connection, stands.Subject, stands.Data = directory.EventsPruned, "", "", "", []byte("{}")
			p.equal(read(0), append([]directory.Event{stands}, whole[until:]...))
			p.equal(read(stands.Seq), whole[until:])
		}
	}},
	{"sealed entries make room in slices, and one segment stands for them", func(p *place) {
		for i := range 6 {
			p.must(p.change(func(c *directory.Change) {
				c.Audit = []directory.AuditEntry{p.auditEntry(fmt.Sprint("action", i), "s")}
			}))
		}
		whole, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
		p.must(err)
		var segments []directory.Segment
		for no := range int64(3) {
			segments = append(segments, directory.Segment{
				Root: p.root, No: no + 1, First: whole[2*no].Seq, Last: whole[2*no+1].Seq, Entries: 2, Hash: [32]byte{byte(no)},
				Sealed: start, Signature: []byte{1},
			})
		}
		p.must(p.store.Commit(p.ctx(), &directory.Change{Root: p.root, Segments: segments}))
		mark := segments[1]
		mark.First, mark.Entries, mark.Signature = whole[0].Seq, -1, []byte{2}
		for _, want := range []int{4, 0} {
			n, err := p.store.PruneAudit(p.ctx(), p.root, mark)
			p.must(err)
			p.equal(n, want)
		}
		left, err := p.store.Audit(p.ctx(), p.root, "", 0, 0)
		p.must(err)
		p.equal(left, whole[4:])
		marked, err := p.store.Segments(p.ctx(), p.root, 0, 10)
		p.must(err)
		p.equal(marked, []directory.Segment{mark, segments[2]})
		if _, err := p.store.PruneAudit(p.ctx(), p.root, segments[0]); !errors.Is(err, directory.ErrConflict) {
			p.Errorf("a segment that is gone: %v, want ErrConflict", err)
		}
	}},
}
