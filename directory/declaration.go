package directory

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/announce"
	"github.com/usher-scim/usher/scim"
)

// DeclarationKind says what is declared.
type DeclarationKind string

// The kinds of declarations.
const (
	DeclaredSchema DeclarationKind = "schema"
	DeclaredType   DeclarationKind = "type"
)

// Declaration is a schema or a resource type that a workspace declares.
type Declaration struct {
	Root, Workspace   string
	Kind              DeclarationKind
	ID                string // URN of a schema, name of a type
	Body              []byte // JSON, as scim.ParseDeclaration reads it
	Created, Modified time.Time
	Version           int64
	// Since tells for each attribute, by its name in lower case, the epoch since which its values and keys have their
	// present form: scim.Attribute.Generation.
	Since map[string]int64
}

// Document is the parsed declaration.
func (d Declaration) Document() (*scim.Declaration, error) { return d.parse() }

func kindOf(d *scim.Declaration) DeclarationKind {
	if d.Type != nil {
		return DeclaredType
	}
	return DeclaredSchema
}

// noun is what people call the kind.
func (k DeclarationKind) noun() string {
	if k == DeclaredType {
		return "resource type"
	}
	return "schema"
}

func (k DeclarationKind) target() string {
	if k == DeclaredType {
		return targetType
	}
	return targetSchema
}

// is reports whether the row is the declaration of that kind and id; upper and lower case are the same.
func (d Declaration) is(k DeclarationKind, id string) bool {
	return d.Kind == k && strings.EqualFold(d.ID, id)
}

// Declarations lists what the workspace declares of a kind, oldest first.
func (d *Directory) Declarations(ctx context.Context, w Workspace, k DeclarationKind) ([]Declaration, error) {
	fresh, err := d.freshWorkspace(ctx, w)
	return slices.DeleteFunc(fresh.Declarations, func(row Declaration) bool { return row.Kind != k }), err
}

// Declaration finds a declaration by its URN or name.
func (d *Directory) Declaration(ctx context.Context, w Workspace, k DeclarationKind, id string) (Declaration, error) {
	fresh, err := d.freshWorkspace(ctx, w)
	if err != nil {
		return Declaration{}, err
	}
	return fresh.declaration(k, id)
}

func (w Workspace) declaration(k DeclarationKind, id string) (Declaration, error) {
	for _, row := range w.Declarations {
		if row.is(k, id) {
			return row, nil
		}
	}
	return Declaration{}, refuse(RefusedNotFound, "list them to see what is declared",
		"workspace %s declares no %s %q", w.Key, k.noun(), id)
}

func (d *Directory) freshWorkspace(ctx context.Context, w Workspace) (Workspace, error) {
	fresh, err := d.store.Workspace(ctx, w.Root, w.ID)
	if errors.Is(err, ErrNotFound) {
		return Workspace{}, refuse(RefusedNotFound, "list the workspaces to see what is there", "workspace %s is gone", w.Key)
	}
	return fresh, err
}

// Declare adds a schema or resource type to the workspace. Requests follow it at once; what is stored follows with
// [Directory.Settle].
func (d *Directory) Declare(ctx context.Context, by Actor, w Workspace, doc *scim.Declaration) (Declaration, error) {
	if doc.Type != nil {
		// What a former type of the name has left must be gone before it could be taken for the new one's.
		if _, err := d.Settle(ctx, by, w, nil); err != nil {
			return Declaration{}, err
		}
	}
	action := map[DeclarationKind]string{DeclaredSchema: ActionSchemaCreate, DeclaredType: ActionTypeCreate}[kindOf(doc)]
	return d.declare(ctx, by, w, action, func(p *plan, w Workspace) (Edit[Declaration], error) {
		if old, err := w.declaration(kindOf(doc), doc.ID()); err == nil {
			return Edit[Declaration]{}, refuse(RefusedExists, "update it, or choose another name",
				"workspace %s declares the %s %s already", w.Key, old.Kind.noun(), old.ID)
		}
		return insert(newDeclaration(p, w, doc, nil)), nil
	})
}

// Redeclare replaces the schema of the same URN. Attributes whose form does not change keep their index.
func (d *Directory) Redeclare(ctx context.Context, by Actor, w Workspace, doc *scim.Declaration) (Declaration, error) {
	return d.declare(ctx, by, w, ActionSchemaUpdate, func(p *plan, w Workspace) (Edit[Declaration], error) {
		before, err := w.declaration(kindOf(doc), doc.ID())
		if err != nil {
			return Edit[Declaration]{}, err
		}
		old, err := before.parse()
		if err != nil {
			return Edit[Declaration]{}, err
		}
		after := newDeclaration(p, w, doc, announce.Kept(before.Since, old, doc))
		after.ID, after.Created, after.Version = before.ID, before.Created, before.Version+1
		return update(before, after), nil
	})
}

// Undeclare removes a schema or resource type. Its values are shown to nobody from now on; Settle removes them.
func (d *Directory) Undeclare(ctx context.Context, by Actor, w Workspace, k DeclarationKind, id string) (Declaration, error) {
	action := map[DeclarationKind]string{DeclaredSchema: ActionSchemaDelete, DeclaredType: ActionTypeDelete}[k]
	return d.declare(ctx, by, w, action, func(_ *plan, w Workspace) (Edit[Declaration], error) {
		before, err := w.declaration(k, id)
		if err == nil {
			err = w.checkUnused(before)
		}
		return remove(before), err
	})
}

// checkUnused refuses to remove a schema on which a resource type rests.
func (w Workspace) checkUnused(schema Declaration) error {
	if schema.Kind != DeclaredSchema {
		return nil
	}
	for _, row := range w.Declarations {
		d, err := row.parse()
		if err != nil {
			return err
		}
		if announce.RestsOn(d, schema.ID) {
			return refuse(RefusedInvalid, "delete the resource type first", "the resource type %s rests on the schema %s", row.ID, schema.ID)
		}
	}
	return nil
}

// newDeclaration is a row whose attributes are new in the coming epoch, but for those that are kept as they are.
func newDeclaration(p *plan, w Workspace, doc *scim.Declaration, kept map[string]int64) Declaration {
	row := Declaration{
		Root: w.Root, Workspace: w.ID, Kind: kindOf(doc), ID: doc.ID(), Body: scim.AppendJSON(nil, doc.Object()),
		Created: p.now, Modified: p.now, Version: 1, Since: announce.Since(doc, kept, w.Epoch+1),
	}
	return row
}

// declare plans one edit of the workspace's declarations and begins a new epoch. An edit that changes nothing is none
// (M12).
func (d *Directory) declare(
	ctx context.Context, by Actor, w Workspace, action string, edit func(*plan, Workspace) (Edit[Declaration], error),
) (Declaration, error) {
	var done Declaration
	err := d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		fresh, err := d.freshWorkspace(ctx, w)
		if err != nil {
			return err
		}
		e, err := edit(p, fresh)
		if err != nil {
			return err
		}
		if e.After == nil {
			done = *e.Before
		} else {
			done = *e.After
		}
		if e.Before != nil && e.After != nil && bytes.Equal(e.Before.Body, e.After.Body) {
			done = *e.Before
			return nil
		}
		if err := readOnly(by, fresh.Settings.Origin, "workspace", fresh.Key); err != nil {
			return err
		}
		rows, err := fresh.check(e)
		if err != nil {
			return err
		}
		if err := d.checkDeclared(ctx, fresh.declaring(rows)); err != nil {
			return err
		}
		p.Declarations = append(p.Declarations, e)
		p.nextEpoch(fresh)
		return p.audit(action, done.Kind.target(), done.ID, "", declarationDetail{done.name()})
	})
	d.credentials.Clear()
	return done, err
}

type declarationDetail struct {
	Name string `json:"name"`
}

// name is what people call a declaration.
func (d Declaration) name() string {
	doc, err := d.parse()
	if err != nil || doc.Schema == nil {
		return d.ID
	}
	return doc.Schema.Name
}

// nextEpoch begins a new epoch of the workspace.
func (p *plan) nextEpoch(w Workspace) {
	after := w
	after.Epoch++
	after.Version++
	p.Workspaces = append(p.Workspaces, update(w, after))
	p.Reconfigures = true // mappings name declared attributes
}

// check refuses an edit after which the workspace's declarations would contradict each other, and returns them.
func (w Workspace) check(e Edit[Declaration]) ([]Declaration, error) {
	var all []*scim.Declaration
	rows := slices.Clone(w.Declarations)
	if e.Before != nil {
		rows = slices.DeleteFunc(rows, func(row Declaration) bool { return row.is(e.Before.Kind, e.Before.ID) })
	}
	if e.After != nil {
		rows = append(rows, *e.After)
	}
	for _, row := range rows {
		d, err := row.parse()
		if err != nil {
			return nil, err
		}
		all = append(all, d)
	}
	if err := scim.CheckDeclarations(all); err != nil {
		return nil, refuse(RefusedInvalid, "change the declaration, or what it collides with", "%s", err)
	}
	return rows, nil
}

// declaring is the workspace with other declarations.
func (w Workspace) declaring(rows []Declaration) Workspace {
	w.Declarations = rows
	return w
}

// Announce sets which of the workspace's schemas the connection announces: nil is all, also those to come. What it
// announces no longer is shown to nobody from now on, and Settle removes it from the connection's documents.
func (d *Directory) Announce(ctx context.Context, by Actor, c Connection, schemas []string) (Connection, error) {
	var after Connection
	err := d.editConnection(ctx, by, c, func(ctx context.Context, p *plan, before Connection) error {
		fresh, err := d.freshWorkspace(ctx, c.home())
		if err != nil {
			return err
		}
		list, err := fresh.announced(schemas)
		if err != nil {
			return err
		}
		after = before
		if (list == nil) == (before.Schemas == nil) && slices.Equal(list, before.Schemas) {
			return nil
		}
		if err := readOnly(by, before.Origin, "connection", before.Name); err != nil {
			return err
		}
		after.Schemas, after.Announced = list, fresh.Epoch+1
		if err := d.checkAttributes(fresh, after); err != nil {
			return err
		}
		p.nextEpoch(fresh)
		p.updateConnection(before, &after)
		return p.audit(ActionConnectionUpdate, targetConnection, c.ID, "", newAnnounceDetail(after))
	})
	return after, err
}

type announceDetail struct {
	Name    string   `json:"name"`
	Schemas []string `json:"schemas,omitempty"`
	All     bool     `json:"all_schemas,omitempty"`
}

func newAnnounceDetail(c Connection) announceDetail {
	return announceDetail{Name: c.Name, Schemas: c.Schemas, All: c.Schemas == nil}
}

// announced resolves URNs to the workspace's schemas, each once and in the order of their declaration.
func (w Workspace) announced(schemas []string) ([]string, error) {
	if schemas == nil {
		return nil, nil
	}
	list := []string{}
	for _, urn := range schemas {
		if _, err := w.declaration(DeclaredSchema, urn); err != nil {
			return nil, err
		}
	}
	for _, row := range w.Declarations {
		if row.Kind == DeclaredSchema && announce.Includes(schemas, row.ID) {
			list = append(list, row.ID)
		}
	}
	return list, nil
}
