package main

import (
	"cmp"
	"context"
	"strings"
	"sync"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/scim"
)

// A manager is named by an id (RFC 7643 §4.3), and an import gives new ids. So where the rows of users come with the ids
// that they had, the manager is named by the new one: at once when the row of the manager was placed before, else in a
// second pass. Until that is done the user keeps the manager that is there, or, when new, the one that was sent. The same
// rows once more are no change then, and an import that was cut is simply run again. Where the import does not have the
// manager at all, the id that was sent is only for a user who has none: another import may have named the right one.

// managerOf is the id of the manager as the document has it, or empty.
func managerOf(o *scim.Object) string {
	extension, _ := o.Get(scim.URNEnterpriseUser)
	in, ok := extension.(*scim.Object)
	if !ok {
		return ""
	}
	switch m, _ := in.Get("manager"); m := m.(type) {
	case *scim.Object:
		return textOf(m, "value")
	case string:
		return m
	}
	return ""
}

// managerColumn is where a table has the ids of managers, or -1.
func managerColumn(c *sheet.Columns) int {
	at := -1
	for _, path := range []string{"manager", "manager.value", managerPath, managerPath + ".value"} {
		at = max(at, c.Index(path))
	}
	return at
}

const managerPath = scim.URNEnterpriseUser + ":manager"

// setManager puts an id in the place of the one that was sent; an empty one takes it away.
func (r *importRow) setManager(id string) {
	if r.columns != nil {
		r.cells[r.columns.manager] = id
		return
	}
	extension, _ := r.document.Get(scim.URNEnterpriseUser)
	in, ok := extension.(*scim.Object)
	if !ok {
		in = &scim.Object{}
		r.document.Set(scim.URNEnterpriseUser, in)
	}
	if id == "" {
		in.Delete("manager")
		return
	}
	m, _ := in.Get("manager")
	o, ok := m.(*scim.Object)
	if !ok {
		o = &scim.Object{}
		in.Set("manager", o)
	}
	o.Set("value", id)
	o.Delete("$ref") // the address at the source
}

// nameManager gives the row the new id of its manager. It reports that this one is not known yet, and whether the user
// has a manager until it is.
func (im *importer) nameManager(l *landing, row *importRow, known *scim.Record) (later, has bool, err error) {
	if row.manager == "" {
		return false, false, nil
	}
	manager, placed := im.old.get(oldID{l, userRow, row.manager})
	if placed || known == nil {
		row.setManager(cmp.Or(manager, row.manager)) // a dry run makes nobody, and so no id
		return !placed, true, nil
	}
	current, err := textIn(known, managerPath+".value")
	has = current != ""
	if row.columns != nil {
		current = "" // an empty cell says nothing
	}
	row.setManager(current)
	return true, has, err
}

// managed is a user whose manager's row was not placed before it.
type managed struct {
	*landing
	row     importRow // without what is in it
	became  rowOutcome
	has     bool // a manager: the one that was there, or of a new user the one that was sent
	id      string
	version int64
}

// managedList is what the second pass has to look at.
type managedList struct {
	mu  sync.Mutex
	all []managed
}

func (l *managedList) add(to *landing, row *importRow, became rowOutcome, has bool, rec *scim.Record) {
	m := managed{landing: to, became: became, has: has, row: importRow{
		kind: row.kind, part: row.part, file: row.file, line: row.line, manager: strings.Clone(row.manager), called: strings.Clone(row.shown()),
	}}
	if rec != nil {
		m.id, m.version = rec.ID, rec.Version
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, m)
}

// remarkManager is of those whose manager is named by no id of the source.
const remarkManager = "the manager's id is none of this import: who has a manager keeps that one, others get the id as it was sent"

// nameManagers is the second pass.
func (im *importer) nameManagers(ctx context.Context, fail context.CancelCauseFunc) {
	each(importWorkers, im.managed.all, func(m managed) {
		if ctx.Err() != nil {
			return
		}
		if err := im.nameLate(ctx, m); err != nil {
			fail(err)
		}
	})
}

func (im *importer) nameLate(ctx context.Context, m managed) error {
	manager, isOurs := im.old.get(oldID{m.landing, userRow, m.row.manager})
	if !isOurs {
		im.tally.warn([]string{remarkManager})
	}
	if im.dryRun || !isOurs && m.has {
		return nil
	}
	rec, err := m.setManager(ctx, cmp.Or(manager, m.row.manager))
	switch {
	case err != nil && !isRefusal(err):
		return err
	case err != nil:
		im.tally.refuseManager(&m.row, err)
	case rec.Version != m.version && m.became == unchanged:
		im.tally.recount(&m.row, unchanged, updated)
	}
	return nil
}

func (m *managed) setManager(ctx context.Context, id string) (*scim.Record, error) {
	p, err := managerPatch(m.user(), id)
	if err != nil {
		return nil, err
	}
	return patiently(ctx, func() (*scim.Record, error) { return m.Patch(ctx, m.id, p, scim.Write{}) })
}

func managerPatch(t *scim.ResourceType, id string) (*scim.Patch, error) {
	op := &scim.Object{Members: []scim.Member{
		{Name: "op", Value: "replace"}, {Name: "path", Value: managerPath + ".value"}, {Name: "value", Value: id},
	}}
	return scim.ParsePatch(&scim.Object{Members: []scim.Member{
		{Name: "schemas", Value: scim.Array{scim.URNPatchOp}}, {Name: "Operations", Value: scim.Array{op}},
	}}, t, sheet.Lenient())
}
