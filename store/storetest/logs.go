package storetest

import (
	"fmt"

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
}
