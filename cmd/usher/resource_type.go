package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

type resourceTypeCmd struct {
	Create resourceTypeCreateCmd `cmd:"" help:"Declare a resource type beside User and Group."`
	List   resourceTypeListCmd   `cmd:"" help:"List the resource types that a workspace declares."`
	Show   resourceTypeShowCmd   `cmd:"" help:"Show a resource type."`
	Delete resourceTypeDeleteCmd `cmd:"" help:"Delete a resource type and all of its resources."`
}

type resourceTypeView struct {
	Name        string          `json:"name"`
	Endpoint    string          `json:"endpoint"`
	Schema      string          `json:"schema"`
	Extensions  []string        `json:"extensions"`
	State       string          `json:"state"`
	CreatedAt   *time.Time      `json:"created_at"`
	Declaration json.RawMessage `json:"declaration,omitempty"`
}

func (a *app) resourceTypeView(f *folder, w directory.Workspace, row directory.Declaration) (resourceTypeView, error) {
	doc, err := row.Document()
	if err != nil {
		return resourceTypeView{}, err
	}
	v := resourceTypeView{
		Name: row.ID, Endpoint: doc.Type.Endpoint, Schema: doc.Type.Schema, Extensions: []string{}, CreatedAt: timestamp(row.Created),
	}
	for _, e := range doc.Type.Extensions {
		v.Extensions = append(v.Extensions, e.Schema)
	}
	v.State, _, err = a.declarationState(f, w)
	return v, err
}

func (v resourceTypeView) card(title string) *card {
	return newCard(title, "name", v.Name, "endpoint", v.Endpoint, "schema", v.Schema, "state", v.State)
}

type resourceTypeCreateCmd struct {
	declarationFile
	workspaceScope
}

// Run declares the resource type.
func (c *resourceTypeCreateCmd) Run(a *app) error {
	doc, err := c.read(a)
	if err != nil {
		return err
	}
	if doc.Type == nil {
		return hint(fmt.Errorf("%s declares a schema", c.name()), "usher schema create %s", c.File)
	}
	return c.in(a, func(f *folder, w directory.Workspace) error {
		row, err := f.Declare(a.ctx, a.actor(), w, doc)
		if err != nil {
			return err
		}
		if _, err := a.settle(f, w); err != nil {
			return err
		}
		v, err := a.resourceTypeView(f, w, row)
		if err != nil {
			return err
		}
		return a.print(v, v.card("Declared resource type "+v.Name+"."))
	})
}

type resourceTypeListCmd struct{ workspaceScope }

// Run lists the resource types.
func (c *resourceTypeListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Declarations(a.ctx, w, directory.DeclaredType)
		if err != nil {
			return err
		}
		views := []resourceTypeView{}
		t := a.table("No resource type yet. Declare one: usher resource-type create FILE --workspace "+w.Key, "name", "endpoint", "schema")
		for _, row := range all {
			v, err := a.resourceTypeView(f, w, row)
			if err != nil {
				return err
			}
			views = append(views, v)
			t.add(v.Name, v.Endpoint, v.Schema)
		}
		return a.print(views, t)
	})
}

// namedResourceType is the argument of commands about one resource type.
type namedResourceType struct {
	Name string `arg:"" help:"Name of the resource type."`
	workspaceScope
}

func (n namedResourceType) in(a *app, do func(*folder, directory.Workspace, directory.Declaration) error) error {
	return n.workspaceScope.in(a, func(f *folder, w directory.Workspace) error {
		row, err := f.Declaration(a.ctx, w, directory.DeclaredType, n.Name)
		if err != nil {
			return err
		}
		return do(f, w, row)
	})
}

type resourceTypeShowCmd struct{ namedResourceType }

// Run shows the resource type.
func (c *resourceTypeShowCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, row directory.Declaration) error {
		v, err := a.resourceTypeView(f, w, row)
		if err != nil {
			return err
		}
		v.Declaration = row.Body
		return a.print(v, v.card("Resource type "+v.Name))
	})
}

type resourceTypeDeleteCmd struct {
	namedResourceType
	consent
}

// Run deletes the resource type.
func (c *resourceTypeDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, row directory.Declaration) error {
		n, err := f.Carrying(a.ctx, w, row)
		if err != nil {
			return err
		}
		if err := c.ask(a, fmt.Sprintf("resource type %s and its %d resources", row.ID, n)); err != nil {
			return err
		}
		if _, err := f.Undeclare(a.ctx, a.actor(), w, directory.DeclaredType, row.ID); err != nil {
			return err
		}
		if _, err := a.settle(f, w); err != nil {
			return err
		}
		return a.print(deletedView{ID: row.ID, Deleted: true}, line(fmt.Sprintf("Deleted resource type %s and its %d resources.", row.ID, n)))
	})
}
