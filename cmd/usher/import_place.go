package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// rowOutcome is what became of a row.
type rowOutcome uint8

// The outcomes.
const (
	created rowOutcome = iota
	updated
	unchanged
	failed
)

// place makes the user or group of a row, or brings it up to date.
func (im *importer) place(ctx context.Context, row *importRow) (rowOutcome, error) {
	l, err := im.landing(row)
	if err != nil {
		return failed, err
	}
	known, err := im.lookup(ctx, l, row)
	if err != nil {
		return failed, err
	}
	if row.onlyLook {
		if known != nil {
			im.remember(l, row, known)
		}
		return unchanged, nil
	}
	became, warnings, err := im.placeOver(ctx, l, row, known)
	if known == nil && isTaken(err) { // the identity provider, or another import, may have made it since
		switch known, lost := im.lookup(ctx, l, row); {
		case lost != nil:
			err = lost
		case known != nil:
			became, warnings, err = im.placeOver(ctx, l, row, known)
		}
	}
	im.tally.warn(warnings)
	return became, err
}

func isTaken(err error) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && e.Kind == scim.KindTaken
}

// placeOver writes the row over what is known; nil: it is new. Also of a row that is refused there may be warnings.
func (im *importer) placeOver(
	ctx context.Context, l *landing, row *importRow, known *scim.Record,
) (became rowOutcome, warnings []string, err error) {
	managerLater, hasManager, err := im.nameManager(l, row, known)
	if err != nil {
		return failed, nil, err
	}
	w, err := l.wanted(row, known)
	if err != nil {
		return failed, nil, err
	}
	rec := known
	if im.dryRun {
		became, err = im.preview(ctx, l, w, known)
	} else {
		rec, became, err = l.write(ctx, w, known)
	}
	if err != nil {
		return failed, w.warnings, err
	}
	im.remember(l, row, rec)
	if managerLater {
		im.managed.add(l, row, became, hasManager, rec)
	}
	if im.dryRun {
		im.promise(l, row)
	}
	return became, w.warnings, nil
}

// remember keeps the id that the source has of the resource: managers are named by these, and members of a server's
// groups. In a dry run rec is nil where the resource is yet to be made.
func (im *importer) remember(l *landing, row *importRow, rec *scim.Record) {
	if row.line > 0 && row.kind != userRow {
		return
	}
	id := ""
	if rec != nil {
		id = rec.ID
	}
	im.old.put(oldID{l, row.kind, row.old}, id)
}

// lookup finds the resource that the row is about; nil: it is new.
func (im *importer) lookup(ctx context.Context, l *landing, row *importRow) (*scim.Record, error) {
	name, externalID := row.key()
	attribute, value := im.keyName(row.kind), name
	if im.byExternalID {
		value = externalID
	}
	if value == "" {
		return nil, &refusedRow{
			cause: fmt.Sprintf("%s is empty", attribute),
			fix:   fmt.Sprintf("Give each row its %s: by it what is there already is found.", attribute),
		}
	}
	return l.named(ctx, l.typeOf(row.kind), attribute, value, noGroups)
}

// named is the one resource that has the value; nil: there is none.
func (l *landing) named(ctx context.Context, t *scim.ResourceType, attribute, value string, show scim.Projection) (*scim.Record, error) {
	if strings.ContainsRune(value, 0) {
		return nil, &refusedRow{cause: attribute + " has the character U+0000 in it, which no name may have"}
	}
	f, err := scim.ParseFilter(attribute+" eq "+string(scim.AppendJSON(nil, value)), t, sheet.Lenient())
	if err != nil {
		return nil, err
	}
	page, err := l.List(ctx, t, scim.Query{Filter: f, StartIndex: 1, Count: 2, Show: show})
	switch {
	case err != nil || len(page.Records) == 0:
		return nil, err
	case len(page.Records) > 1:
		return nil, &refusedRow{
			cause: fmt.Sprintf("there are several with %s %q", attribute, value),
			fix:   "Match by another attribute: --match.",
		}
	}
	return page.Records[0], nil
}

// wanted is what a row asks for: a patch of cells, or a whole document.
type wanted struct {
	patch    *scim.Patch
	resource *scim.Resource // as it is to be created, or replaced
	warnings []string
}

func (l *landing) wanted(row *importRow, known *scim.Record) (w wanted, err error) {
	t := l.typeOf(row.kind)
	if row.columns == nil {
		if w.resource, err = t.Decode(withSchema(row.document, t), l.Profile); err == nil {
			w.warnings = w.resource.Warnings
		}
		return w, err
	}
	w.patch, err = row.columns.by[l].Patch(row.cells)
	if _, ok := errors.AsType[*scim.Error](err); err != nil && !ok {
		return w, &refusedRow{cause: err.Error(), fix: "Correct the cell."}
	}
	if err != nil || known != nil {
		return w, err
	}
	w.resource, err = w.patch.Apply(&scim.Resource{Type: t, Attributes: &scim.Object{}})
	return w, err
}

// withSchema spares files that people write by hand the schemas.
func withSchema(o *scim.Object, t *scim.ResourceType) *scim.Object {
	if _, ok := o.Get("schemas"); !ok {
		o.Set("schemas", scim.Array{t.Schema.ID})
	}
	return o
}

// write makes the change, by the same road as a request of the identity provider.
func (l *landing) write(ctx context.Context, w wanted, known *scim.Record) (rec *scim.Record, became rowOutcome, err error) {
	switch {
	case known == nil:
		rec, err = l.Create(ctx, w.resource, scim.Write{})
		return rec, created, err
	case w.patch != nil:
		rec, err = l.Patch(ctx, known.ID, w.patch, scim.Write{})
	default:
		rec, err = l.Replace(ctx, known.ID, w.resource, scim.Write{})
	}
	if err == nil && rec.Version == known.Version {
		return rec, unchanged, nil
	}
	return rec, updated, err
}

// preview says what write would do. Of a user it asks the directory, which plans everything and commits nothing.
func (im *importer) preview(ctx context.Context, l *landing, w wanted, known *scim.Record) (rowOutcome, error) {
	became := created
	if known != nil {
		stored, err := known.Type.Load(known)
		if err != nil {
			return failed, err
		}
		after := w.resource
		if w.patch != nil {
			after, err = w.patch.Apply(stored)
		} else {
			after, err = after.Replace(stored)
		}
		if err != nil {
			return failed, err
		}
		if after.Equal(stored) {
			return unchanged, nil
		}
		became, w.resource = updated, after
	}
	if w.resource.Type.ID != l.user().ID {
		return became, nil
	}
	p, err := im.folder.Preview(ctx, im.workspace, l.Connection, directory.PreviewInput{Document: documentOf(w.resource)})
	if err == nil && p.Refused != "" {
		return failed, &refusedRow{cause: p.Refused}
	}
	return became, err
}

// documentOf is the resource as an identity provider would send it.
func documentOf(r *scim.Resource) []byte {
	schemas := scim.Array{r.Type.Schema.ID}
	for _, e := range r.Type.Extensions {
		if _, ok := r.Attributes.Get(e.Schema.ID); ok {
			schemas = append(schemas, e.Schema.ID)
		}
	}
	o := &scim.Object{}
	o.Set("schemas", schemas)
	setText(o, "externalId", r.ExternalID)
	o.Members = append(o.Members, r.Attributes.Members...)
	return scim.AppendJSON(nil, o)
}
