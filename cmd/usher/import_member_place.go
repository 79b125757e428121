package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/scim"
)

// Members are gathered by group, so that one change adds many, whatever the order of the rows.
const (
	memberWindow = 4000 // rows
	memberBatch  = 200  // added by one change; what they mean for people then commits with it
)

// memberGroup are the rows of one group.
type memberGroup struct {
	landing *landing
	rows    []*importRow
}

// flush settles the window: groups beside each other, the rows of a group in their order.
func (p *phase) flush() {
	if len(p.window) == 0 || p.ctx.Err() != nil {
		return
	}
	type where struct {
		*landing
		reference
	}
	groups, order := map[where]*memberGroup{}, []where{}
	for i := range p.window {
		row := &p.window[i]
		l, err := p.im.landing(row)
		if err != nil {
			p.im.tally.count(row, failed, err)
			continue
		}
		at := where{l, row.group}
		if groups[at] == nil {
			groups[at] = &memberGroup{landing: l}
			order = append(order, at)
		}
		groups[at].rows = append(groups[at].rows, row)
	}
	each(importWorkers, order, func(at where) {
		if err := p.im.join(p.ctx, groups[at]); err != nil {
			p.fail(err)
		}
	})
	p.window = p.window[:0]
}

// join settles the rows of a group. Its error is none of a row.
func (im *importer) join(ctx context.Context, g *memberGroup) error {
	group, err := im.find(ctx, g.landing, groupRow, g.rows[0].group, noGroups)
	if err == nil && group == nil {
		group, err = &scim.Record{}, im.unknown("group", groupRow, g.landing, g.rows[0].group)
	}
	if err != nil {
		return im.countAll(g.rows, err)
	}
	for rows := g.rows; len(rows) > 0 && ctx.Err() == nil; {
		n := min(len(rows), memberBatch)
		if err := im.joinBatch(ctx, g.landing, group.ID, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// countAll counts the rows as refused for one reason, unless the reason is none of theirs; without one as made.
func (im *importer) countAll(rows []*importRow, err error) error {
	if err != nil && !isRefusal(err) {
		return err
	}
	for _, row := range rows {
		became := failed
		if err == nil {
			became = created
		}
		im.tally.count(row, became, err)
	}
	return nil
}

// joining is a row whose member was found.
type joining struct {
	row   *importRow
	id    string
	found rowOutcome // created: to be added
	err   error
}

// joinBatch adds the members that are not in the group yet, in one change; if that is refused, one by one, to say whose
// fault it is.
func (im *importer) joinBatch(ctx context.Context, l *landing, group string, rows []*importRow) error {
	all := make([]*joining, len(rows))
	for i, row := range rows {
		all[i] = &joining{row: row}
	}
	each(4, all, func(j *joining) { im.resolve(ctx, l, group, j) })
	var adding []*joining
	for _, j := range all {
		var err error
		switch {
		case j.err != nil || j.found != created:
			err = im.countIdle(j)
		case j.row.isGroup && !im.dryRun:
			err = im.nest(ctx, l, group, j)
		default:
			adding = append(adding, j)
		}
		if err != nil {
			return err
		}
	}
	if _, err := im.add(ctx, l, group, adding); err == nil || len(adding) == 1 || !isRefusal(err) {
		return im.told(adding, err)
	}
	for _, j := range adding {
		_, err := im.add(ctx, l, group, []*joining{j})
		if err := im.told([]*joining{j}, err); err != nil {
			return err
		}
	}
	return nil
}

// nest adds a group to a group. What a group is in is not shown, so the version tells whether it was a member already.
func (im *importer) nest(ctx context.Context, l *landing, group string, j *joining) error {
	before, err := l.Get(ctx, l.group(), group, noGroups)
	if err != nil {
		return err
	}
	after, err := im.add(ctx, l, group, []*joining{j})
	if err == nil && after.Version == before.Version {
		im.tally.count(j.row, unchanged, nil)
		return nil
	}
	return im.told([]*joining{j}, err)
}

// countIdle counts a row that nothing is to be done for.
func (im *importer) countIdle(j *joining) error {
	if j.err != nil {
		return im.countAll([]*importRow{j.row}, j.err)
	}
	im.tally.count(j.row, j.found, nil)
	return nil
}

// told counts rows that were added, or not.
func (im *importer) told(all []*joining, err error) error {
	rows := make([]*importRow, len(all))
	for i, j := range all {
		rows[i] = j.row
	}
	return im.countAll(rows, err)
}

// noGroups leaves out what costs a read of its own; groupsToo does not.
var (
	noGroups  = projection("groups,members")
	groupsToo = projection("members")
)

func projection(excluded string) scim.Projection {
	p, _ := scim.ParseProjection(scim.UserType(), "", excluded)
	return p
}

// resolve finds the member of a row, and whether a user is one already.
func (im *importer) resolve(ctx context.Context, l *landing, group string, j *joining) {
	if j.row.member.by == byOldID && !j.row.isGroup { // not every server says so
		_, isUser := im.old.get(oldID{l, userRow, j.row.member.value})
		_, isGroup := im.old.get(oldID{l, groupRow, j.row.member.value})
		j.row.isGroup = isGroup && !isUser
	}
	kind := userRow
	if j.row.isGroup {
		kind = groupRow
	}
	rec, err := im.find(ctx, l, kind, j.row.member, groupsToo)
	if err != nil || rec == nil {
		j.err = cmp.Or(err, im.unknown("member", kind, l, j.row.member))
		return
	}
	j.id = rec.ID
	for _, g := range rec.Groups {
		if g.Value == group && g.Type != "indirect" {
			j.found = unchanged
		}
	}
}

// find reads what a reference names; nil: there is none.
func (im *importer) find(ctx context.Context, l *landing, k rowKind, r reference, show scim.Projection) (*scim.Record, error) {
	t := l.typeOf(k)
	switch r.by {
	case byName:
		return l.named(ctx, t, nameOf(k), r.value, show)
	case byExternalID:
		return l.named(ctx, t, "externalId", r.value, show)
	case byOldID:
		if r.value, _ = im.old.get(oldID{l, k, r.value}); r.value == "" {
			return nil, nil
		}
	}
	rec, err := l.Get(ctx, t, r.value, show)
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Kind == scim.KindUnknownResource {
		return nil, nil
	}
	return rec, err
}

// unknown refuses a row whose group or member is not there; nil in a dry run, when the source is about to make it.
func (im *importer) unknown(what string, k rowKind, l *landing, r reference) error {
	if im.dryRun && im.isPromised(k, l, r) {
		return nil
	}
	return &refusedRow{
		cause: fmt.Sprintf("there is no %s %q in connection %s", what, r.value, l.Connection.Name),
		fix:   "Import users and groups first, and look whether their own rows were refused.",
	}
}

// promises are whom a dry run would have made by now, by hashes of their names.
type promises struct {
	mu    sync.Mutex
	names map[uint64]struct{}
}

// promise notes that the row would be accepted, by what rows of members may call it.
func (im *importer) promise(l *landing, row *importRow) {
	name, externalID := row.key()
	im.promised.mu.Lock()
	defer im.promised.mu.Unlock()
	if im.promised.names == nil {
		im.promised.names = map[uint64]struct{}{}
	}
	for _, r := range []reference{{byName, name}, {byExternalID, externalID}} {
		if r.value != "" {
			im.promised.names[im.hashReference(row.kind, l, r)] = struct{}{}
		}
	}
}

// isPromised reports that a row of this import that was accepted makes the resource.
func (im *importer) isPromised(k rowKind, l *landing, r reference) bool {
	if r.by == byOldID {
		_, ok := im.old.get(oldID{l, k, r.value})
		return ok
	}
	im.promised.mu.Lock()
	defer im.promised.mu.Unlock()
	_, ok := im.promised.names[im.hashReference(k, l, r)]
	return ok
}

func (im *importer) hashReference(k rowKind, l *landing, r reference) uint64 {
	if r.by == byExternalID {
		return im.hash(k, l.Connection.ID, "\x00"+r.value)
	}
	return im.hash(k, l.Connection.ID, scim.FoldName(r.value))
}

// add adds members to a group.
func (im *importer) add(ctx context.Context, l *landing, group string, all []*joining) (*scim.Record, error) {
	if len(all) == 0 || im.dryRun {
		return nil, nil
	}
	members := make(scim.Array, len(all))
	for i, j := range all {
		members[i] = &scim.Object{Members: []scim.Member{{Name: "value", Value: j.id}}}
	}
	body := &scim.Object{Members: []scim.Member{
		{Name: "schemas", Value: scim.Array{scim.URNPatchOp}},
		{Name: "Operations", Value: scim.Array{&scim.Object{Members: []scim.Member{
			{Name: "op", Value: "add"}, {Name: "path", Value: "members"}, {Name: "value", Value: members},
		}}}},
	}}
	p, err := scim.ParsePatch(body, l.group(), sheet.Lenient())
	if err != nil {
		return nil, err
	}
	return patiently(ctx, func() (*scim.Record, error) { return l.Patch(ctx, group, p, scim.Write{}) })
}
