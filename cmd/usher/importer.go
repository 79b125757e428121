package main

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// each calls do for all items, some at a time, and returns when all are done.
func each[T any](atOnce int, all []T, do func(T)) {
	var wg sync.WaitGroup
	next := make(chan T)
	for range min(atOnce, len(all)) {
		wg.Go(func() {
			for item := range next {
				do(item)
			}
		})
	}
	for _, item := range all {
		next <- item
	}
	close(next)
	wg.Wait()
}

// importer brings rows into the directory. Users and groups are placed by many workers at once, because the store puts
// what waits into one transaction; members in windows, by group. A row is one change, made whole or not at all, and the
// same row once more is no change: that is all that an import needs to go on after it was cut.
type importer struct {
	app       *app
	folder    *folder
	workspace directory.Workspace
	landings  map[string]*landing // by name and by id of the connection
	only      *landing            // where all rows go; nil: where each says

	byExternalID bool // what is there already is found by externalId, not by name
	dryRun       bool
	tally        *tally

	seen map[uint64]place // where the source has named whom, by a hash of kind, connection and name
	seed maphash.Seed
	old  oldIDs

	managed  managedList
	promised promises // in a dry run
}

// importWorkers is more than the store puts into one transaction: while one is being written the next one gathers.
const importWorkers = 96

// landing is a connection that rows go to.
type landing struct {
	*view
}

func newImporter(a *app, f *folder, w directory.Workspace) *importer {
	return &importer{
		app: a, folder: f, workspace: w, landings: map[string]*landing{},
		seen: map[uint64]place{}, seed: maphash.MakeSeed(),
	}
}

func (im *importer) addLanding(c directory.Connection) *landing {
	l := &landing{view: im.app.view(im.folder, im.workspace, c)}
	im.landings[c.ID], im.landings[c.Name] = l, l
	return l
}

func (l *landing) typeOf(k rowKind) *scim.ResourceType {
	if k == groupRow {
		return l.group()
	}
	return l.user()
}

// landing is where a row goes.
func (im *importer) landing(r *importRow) (*landing, error) {
	if im.only != nil {
		return im.only, nil
	}
	if l := im.landings[r.connection]; l != nil {
		return l, nil
	}
	return nil, &refusedRow{
		cause: fmt.Sprintf("the workspace has no connection %q", r.connection),
		fix:   "Correct the column " + connectionColumn + ", or name one connection for all rows with --connection.",
	}
}

// bind binds the head of a table for every connection that its rows may go to. A column is wrong when none takes it.
func (im *importer) bind(k rowKind, header []string) (*bound, []error) {
	b := &bound{by: map[*landing]*sheet.Columns{}, name: -1, foreign: -1, id: -1, manager: -1}
	var wrong []error
	landings := maps.Values(im.landings)
	if im.only != nil {
		landings = func(yield func(*landing) bool) { yield(im.only) }
	}
	for l := range landings {
		columns := sheet.Bind(header, l.typeOf(k))
		b.by[l] = columns
		b.name, b.foreign = max(b.name, columns.Index(nameOf(k))), max(b.foreign, columns.Index("externalId"))
		if id := columnOf(header, "id"); k == userRow && id >= 0 {
			b.id, b.manager = id, max(b.manager, managerColumn(columns))
		}
		if wrong == nil {
			wrong = columns.Errs()
		}
		for i, err := range columns.Errs() {
			if err == nil {
				wrong[i] = nil
			}
		}
	}
	errs := slices.DeleteFunc(wrong, func(err error) bool { return err == nil })
	if len(errs) == 0 && im.keyColumn(b) < 0 {
		errs = append(errs, fmt.Errorf("a table of %s needs the column %s: by it what is there already is found", rowKinds[k], im.keyName(k)))
	}
	return b, errs
}

// keyColumn is the column by which what is there already is found.
func (im *importer) keyColumn(b *bound) int {
	if im.byExternalID {
		return b.foreign
	}
	return b.name
}

// keyName is the attribute by which what is there already is found.
func (im *importer) keyName(k rowKind) string {
	if im.byExternalID {
		return "externalId"
	}
	return nameOf(k)
}

// run imports all rows. An error says why it ended before the last one.
func (im *importer) run(ctx context.Context, s rowSource) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stop := im.tally.show(im.app, s)
	defer stop()
	var p *phase
	for row, err := range s.rows(ctx) {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			cancel(err)
			break
		}
		if p == nil || p.kind != row.kind || p.part != row.part {
			p.end()
			p = im.begin(ctx, cancel, &row)
		}
		p.take(row)
	}
	p.end()
	im.nameManagers(ctx, cancel)
	return context.Cause(ctx)
}

// phase is a run of rows of one kind in one file: users are there before groups are, and groups before their members.
type phase struct {
	im      *importer
	kind    rowKind
	part    int
	ctx     context.Context
	fail    context.CancelCauseFunc
	queue   chan importRow
	workers sync.WaitGroup
	window  []importRow // of members
}

func (im *importer) begin(ctx context.Context, fail context.CancelCauseFunc, first *importRow) *phase {
	p := &phase{im: im, kind: first.kind, part: first.part, ctx: ctx, fail: fail, queue: make(chan importRow, importWorkers)}
	for range importWorkers {
		p.workers.Go(p.work)
	}
	return p
}

// take hands a row to the workers, unless it is refused right away.
func (p *phase) take(row importRow) {
	if row.cause != nil {
		p.im.tally.count(&row, failed, row.cause)
		return
	}
	if p.kind == memberRow {
		p.window = append(p.window, row)
		if len(p.window) == memberWindow {
			p.flush()
		}
		return
	}
	if !row.onlyLook {
		if err := p.im.note(&row); err != nil {
			p.im.tally.count(&row, failed, err)
			return
		}
	}
	select {
	case p.queue <- row:
	case <-p.ctx.Done():
	}
}

func (p *phase) work() {
	for row := range p.queue {
		if p.ctx.Err() != nil {
			continue
		}
		p.im.settle(p.ctx, &row, p.fail)
	}
}

// end waits until all rows are settled.
func (p *phase) end() {
	if p == nil {
		return
	}
	p.flush()
	close(p.queue)
	p.workers.Wait()
}

// settle places one row and counts what became of it. What is no refusal of the row ends the import.
func (im *importer) settle(ctx context.Context, row *importRow, fail context.CancelCauseFunc) {
	became, err := patiently(ctx, func() (rowOutcome, error) { return im.place(ctx, row) })
	switch {
	case row.onlyLook && (err == nil || isRefusal(err)):
	case err == nil:
		im.tally.count(row, became, nil)
	case isRefusal(err):
		im.tally.count(row, failed, err)
	default:
		fail(err)
	}
}

// place is where a row stands.
type place struct{ part, line int32 }

// note remembers whom the source names, and refuses who is named twice in one file: the rows of a file are placed side by
// side, so nobody could say which of the two counts.
func (im *importer) note(row *importRow) error {
	name, externalID := row.key()
	key := scim.FoldName(name)
	if im.byExternalID {
		key = externalID
	}
	if key == "" {
		return nil // refused, with its reason, when it is placed
	}
	h := im.hash(row.kind, im.connectionOf(row), key)
	if first, twice := im.seen[h]; twice && first.part == int32(row.part) {
		return &refusedRow{cause: namedTwice(row, first), fix: "Keep one of the two rows."}
	}
	im.seen[h] = place{int32(row.part), int32(row.line)}
	return nil
}

func namedTwice(row *importRow, first place) string {
	if first.line == 0 {
		return row.shown() + " is named twice"
	}
	return fmt.Sprintf("%s is named twice, first in line %d", row.shown(), first.line)
}

func (im *importer) connectionOf(row *importRow) string {
	if im.only != nil {
		return im.only.Connection.ID
	}
	return row.connection
}

// hash is short, so that a million names fit into little memory. Two of a million meet once in forty million imports.
func (im *importer) hash(k rowKind, connection, key string) uint64 {
	return maphash.String(im.seed, rowKinds[k]+"\x00"+connection+"\x00"+key)
}

// How often a row is tried while the store is busy.
const (
	importTries = 8
	importPause = 20 * time.Millisecond
)

// patiently tries again what failed because others write too.
func patiently[T any](ctx context.Context, try func() (T, error)) (T, error) {
	pause := importPause
	for n := 1; ; n++ {
		v, err := try()
		if err == nil || n == importTries || !isPassing(err) {
			return v, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return v, context.Cause(ctx)
		}
		pause *= 2
	}
}

func isPassing(err error) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && (e.Kind == scim.KindBusy || e.Kind == scim.KindConflict)
}

// refusedRow is a refusal of the import itself.
type refusedRow struct{ cause, fix string }

func (e *refusedRow) Error() string { return e.cause }

// isRefusal tells what is wrong with a row from what is wrong with the installation.
func isRefusal(err error) bool {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Status() < 500
	}
	_, row := errors.AsType[*refusedRow](err)
	_, refused := errors.AsType[*directory.Refusal](err)
	return row || refused
}

// oldID is the id that the source knows a resource by. It is unique among the users, or the groups, of a connection: a
// file for several may come from several sources.
type oldID struct {
	landing *landing
	kind    rowKind
	id      string
}

// oldIDs are these ids, and the new ones.
type oldIDs struct {
	mu  sync.Mutex
	ids map[oldID]string
}

func (o *oldIDs) put(old oldID, id string) {
	if old.id == "" {
		return
	}
	old.id = strings.Clone(old.id)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.ids == nil {
		o.ids = map[oldID]string{}
	}
	o.ids[old] = strings.Clone(id)
}

// get is what became of the resource that the source knows by the id. It reports false where the source has not named it
// yet, or its row was refused; in a dry run the id is empty where the resource would be made.
func (o *oldIDs) get(old oldID) (id string, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	id, ok = o.ids[old]
	return id, ok
}
