package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

type schemaCmd struct {
	Create schemaCreateCmd `cmd:"" help:"Declare a schema: an extension, or attributes of a core schema."`
	List   schemaListCmd   `cmd:"" help:"List the schemas that a workspace declares."`
	Show   schemaShowCmd   `cmd:"" help:"Show a schema, and whether all documents follow it yet."`
	Update schemaUpdateCmd `cmd:"" help:"Replace the schema of the same id. Stored values are converted where they can be."`
	Delete schemaDeleteCmd `cmd:"" help:"Delete a schema and the values that documents have of it."`
}

type schemaView struct {
	ID           string                `json:"id"`
	Name         string                `json:"name"`
	ResourceType string                `json:"resource_type"`
	Required     bool                  `json:"required"`
	Attributes   int                   `json:"attributes"`
	State        string                `json:"state"`
	Unsettled    []string              `json:"unsettled"` // names of connections whose documents do not follow it yet
	CreatedAt    *time.Time            `json:"created_at"`
	ModifiedAt   *time.Time            `json:"modified_at"`
	Settlement   *directory.Settlement `json:"settlement,omitempty"`
	Declaration  json.RawMessage       `json:"declaration,omitempty"`
}

// The states of a declaration.
const (
	stateReady    = "ready"
	stateApplying = "applying"
)

func (a *app) schemaView(f *folder, w directory.Workspace, row directory.Declaration) (schemaView, error) {
	doc, err := row.Document()
	if err != nil {
		return schemaView{}, err
	}
	v := schemaView{
		ID: row.ID, Name: doc.Schema.Name, ResourceType: doc.Extends, Required: doc.Required,
		Attributes: len(doc.Schema.Attributes), CreatedAt: timestamp(row.Created), ModifiedAt: timestamp(row.Modified),
	}
	v.State, v.Unsettled, err = a.declarationState(f, w)
	return v, err
}

// declarationState tells whether the documents of all connections follow what is declared.
func (a *app) declarationState(f *folder, w directory.Workspace) (state string, unsettled []string, err error) {
	connections, err := f.Unsettled(a.ctx, w)
	unsettled = []string{}
	for _, c := range connections {
		unsettled = append(unsettled, c.Name)
	}
	if len(unsettled) > 0 {
		return stateApplying, unsettled, err
	}
	return stateReady, unsettled, err
}

func (v schemaView) card(title string) *card {
	return newCard(title, "id", v.ID, "name", v.Name, "resource type", v.ResourceType, "required", onlyYes(v.Required),
		"attributes", fmt.Sprint(v.Attributes), "state", describeState(v.State, v.Unsettled), "documents", describeSettlement(v.Settlement))
}

func onlyYes(b bool) string {
	if b {
		return "yes"
	}
	return ""
}

func describeState(state string, unsettled []string) string {
	if len(unsettled) == 0 {
		return state
	}
	return state + " to " + strings.Join(unsettled, ", ") + "; filters read documents until then. A running server finishes it"
}

// describeSettlement says what a declaration did to what was stored.
func describeSettlement(s *directory.Settlement) string {
	if s == nil || s.Documents+s.Dropped == 0 {
		return ""
	}
	text := fmt.Sprintf("%d brought into the declared form, %d changed, %d values lost", s.Documents, s.Changed, s.Lost)
	if s.Duplicates > 0 {
		text += fmt.Sprintf(", %d values that should be unique are not", s.Duplicates)
	}
	return text
}

// maxDeclarationFile is more than the largest schema that is possible.
const maxDeclarationFile = 4 << 20

// declarationFile is the argument of commands that read a declaration.
type declarationFile struct {
	File string `arg:"" help:"JSON file of the declaration; - reads standard input."`
}

// name is the file's for messages.
func (d declarationFile) name() string {
	if d.File == "-" {
		return "standard input"
	}
	return d.File
}

func (d declarationFile) read(a *app) (*scim.Declaration, error) {
	const give = "give a JSON file as docs/schemas.md shows it, or - for standard input"
	in := a.in
	if d.File != "-" {
		file, err := os.Open(d.File)
		if err != nil {
			return nil, hint(err, give)
		}
		defer file.Close()
		in = file
	}
	text, err := io.ReadAll(io.LimitReader(in, maxDeclarationFile+1))
	if err != nil {
		return nil, hint(err, give)
	}
	if len(text) > maxDeclarationFile {
		return nil, hint(fmt.Errorf("%s has more than %d bytes", d.name(), maxDeclarationFile), give)
	}
	return d.parse(text)
}

func (d declarationFile) parse(text []byte) (*scim.Declaration, error) {
	const shape = "docs/schemas.md shows the shape of a declaration"
	object, err := scim.ParseJSON(text, scim.Limits{Depth: 8, Members: 20_000})
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return nil, hint(fmt.Errorf("%s: %s: %s", d.name(), e.Where, e.Kind), shape)
	}
	if err != nil {
		return nil, err
	}
	doc, err := scim.ParseDeclaration(object)
	if err != nil {
		return nil, hint(fmt.Errorf("%s: %w", d.name(), err), shape)
	}
	return doc, nil
}

// readSchema reads a declaration that has to be a schema.
func (d declarationFile) readSchema(a *app) (*scim.Declaration, error) {
	doc, err := d.read(a)
	if err == nil && doc.Schema == nil {
		err = hint(fmt.Errorf("%s declares a resource type", d.name()), "usher resource-type create %s", d.File)
	}
	return doc, err
}

// settle brings the stored documents of the workspace into the declared form, and draws how far it is.
func (a *app) settle(f *folder, w directory.Workspace) (*directory.Settlement, error) {
	bar := newProgress(a.err)
	defer bar.clear()
	sum, err := f.Settle(a.ctx, a.actor(), w, func(c directory.Connection, done, total int) {
		bar.step(done, total, c.Name)
	})
	if err != nil {
		return &sum, hint(fmt.Errorf("declared, but not applied to all documents yet: %w", err),
			"a running server finishes it within a minute; so does the next usher schema or connection update")
	}
	return &sum, nil
}

// declared settles and prints a schema.
func (a *app) declared(f *folder, w directory.Workspace, row directory.Declaration, title string) error {
	sum, err := a.settle(f, w)
	if err != nil {
		return err
	}
	v, err := a.schemaView(f, w, row)
	if err != nil {
		return err
	}
	v.Settlement = sum
	return a.print(v, v.card(title))
}

type schemaCreateCmd struct {
	declarationFile
	workspaceScope
}

// Run declares the schema.
func (c *schemaCreateCmd) Run(a *app) error {
	doc, err := c.readSchema(a)
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace) error {
		row, err := f.Declare(a.ctx, a.actor(), w, doc)
		if err != nil {
			return err
		}
		return a.declared(f, w, row, "Declared schema "+doc.Schema.Name+".")
	})
}

type schemaUpdateCmd struct {
	declarationFile
	workspaceScope
	consent
}

// Run replaces the schema.
func (c *schemaUpdateCmd) Run(a *app) error {
	doc, err := c.readSchema(a)
	if err != nil {
		return err
	}
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if err := c.askForRemoved(a, f, w, doc); err != nil {
			return err
		}
		row, err := f.Redeclare(a.ctx, a.actor(), w, doc)
		if err != nil {
			return err
		}
		return a.declared(f, w, row, "Updated schema "+doc.Schema.Name+".")
	})
}

// askForRemoved asks before values go that documents have.
func (c *schemaUpdateCmd) askForRemoved(a *app, f *folder, w directory.Workspace, doc *scim.Declaration) error {
	row, err := f.Declaration(a.ctx, w, directory.DeclaredSchema, doc.Schema.ID)
	if err != nil {
		return err
	}
	old, err := row.Document()
	if err != nil {
		return err
	}
	what := losses(old, doc)
	if len(what) == 0 {
		return nil
	}
	n, err := f.Carrying(a.ctx, w, row)
	if err != nil || n == 0 {
		return err
	}
	return c.ask(a, fmt.Sprintf("%s; %d resources have values of schema %s", strings.Join(what, ", and "), n, row.ID))
}

// losses says which values an update takes away, or may take away.
func losses(before, after *scim.Declaration) (list []string) {
	if before.Extends != after.Extends {
		return []string{"all values that a " + before.Extends + " has"}
	}
	if names := removed(before.Schema, after.Schema); len(names) > 0 {
		list = append(list, "the values of "+strings.Join(names, ", "))
	}
	if names := narrowed(before.Schema.Attributes, after.Schema.Attribute); len(names) > 0 {
		list = append(list, "what cannot be converted of "+strings.Join(names, ", "))
	}
	return list
}

// narrowed names the attributes of which not every value has a place in the new form. As text everything has one.
func narrowed(before []*scim.Attribute, after func(name string) *scim.Attribute) (names []string) {
	for _, attr := range before {
		now := after(attr.Name)
		switch {
		case now == nil:
		case attr.MultiValued && !now.MultiValued, attr.Type != now.Type && (now.Type != scim.TypeString || attr.Type == scim.TypeComplex):
			names = append(names, attr.Name)
		default:
			for _, sub := range narrowed(attr.SubAttributes, now.Sub) {
				names = append(names, attr.Name+"."+sub)
			}
		}
	}
	return names
}

// removed names the attributes that a schema has no longer. Of one that goes as a whole its parts are not named.
func removed(before, after *scim.Schema) (names []string) {
	for _, attr := range before.Attributes {
		kept := after.Attribute(attr.Name)
		if kept == nil {
			names = append(names, attr.Name)
			continue
		}
		for _, sub := range attr.SubAttributes {
			if kept.Sub(sub.Name) == nil && len(kept.SubAttributes) > 0 {
				names = append(names, attr.Name+"."+sub.Name)
			}
		}
	}
	return names
}

type schemaListCmd struct{ workspaceScope }

// Run lists the schemas.
func (c *schemaListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Declarations(a.ctx, w, directory.DeclaredSchema)
		if err != nil {
			return err
		}
		views := []schemaView{}
		t := a.table("No schema yet. Declare one: usher schema create FILE --workspace "+w.Key,
			"id", "name", "resource type", "attributes", "state")
		for _, row := range all {
			v, err := a.schemaView(f, w, row)
			if err != nil {
				return err
			}
			views = append(views, v)
			t.add(v.ID, v.Name, v.ResourceType, fmt.Sprint(v.Attributes), v.State)
		}
		return a.print(views, t)
	})
}

// namedSchema is the argument of commands about one schema.
type namedSchema struct {
	ID string `arg:"" help:"URN of the schema."`
	workspaceScope
}

func (n namedSchema) in(a *app, do func(*folder, directory.Workspace, directory.Declaration) error) error {
	return n.workspaceScope.in(a, func(f *folder, w directory.Workspace) error {
		row, err := f.Declaration(a.ctx, w, directory.DeclaredSchema, n.ID)
		if err != nil {
			return err
		}
		return do(f, w, row)
	})
}

type schemaShowCmd struct{ namedSchema }

// Run shows the schema, and its declaration as a file for create and update.
func (c *schemaShowCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, row directory.Declaration) error {
		v, err := a.schemaView(f, w, row)
		if err != nil {
			return err
		}
		v.Declaration = row.Body
		text, err := json.MarshalIndent(v.Declaration, "", "  ")
		if err != nil {
			return err
		}
		return a.print(v, texts{v.card("Schema " + v.Name), line(""), line(text)})
	})
}

type schemaDeleteCmd struct {
	namedSchema
	consent
}

// Run deletes the schema.
func (c *schemaDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, row directory.Declaration) error {
		n, err := f.Carrying(a.ctx, w, row)
		if err != nil {
			return err
		}
		if err := c.ask(a, fmt.Sprintf("schema %s and the values that %d resources have of it", row.ID, n)); err != nil {
			return err
		}
		if _, err := f.Undeclare(a.ctx, a.actor(), w, directory.DeclaredSchema, row.ID); err != nil {
			return err
		}
		if _, err := a.settle(f, w); err != nil {
			return err
		}
		return a.print(deletedView{ID: row.ID, Deleted: true}, line(fmt.Sprintf("Deleted schema %s. %d resources had values of it.", row.ID, n)))
	})
}
