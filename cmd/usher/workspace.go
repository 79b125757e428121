package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

type workspaceCmd struct {
	Create workspaceCreateCmd `cmd:"" help:"Make a workspace."`
	List   workspaceListCmd   `cmd:"" help:"List the workspaces."`
	Show   workspaceShowCmd   `cmd:"" help:"Show a workspace."`
	Update workspaceUpdateCmd `cmd:"" help:"Change the name, the default role or the settings of a workspace."`
	Method workspaceMethodCmd `cmd:"" help:"Choose how people come in: by hand, by signing in, by SCIM, or by both."`
	Delete workspaceDeleteCmd `cmd:"" help:"Delete a workspace and everything in it."`
}

type workspaceView struct {
	ID          string                      `json:"id"`
	Key         string                      `json:"key"`
	Name        string                      `json:"name"`
	Parent      string                      `json:"parent"`   // key of the workspace above
	Children    []string                    `json:"children"` // keys of those below
	DefaultRole string                      `json:"default_role"`
	Roles       []string                    `json:"roles"`
	Settings    directory.WorkspaceSettings `json:"settings"`
	ReadOnly    string                      `json:"read_only"` // the configuration file that declares it
	CreatedAt   *time.Time                  `json:"created_at"`
}

func (a *app) workspaceView(f *folder, w directory.Workspace) (workspaceView, error) {
	v := workspaceView{
		ID: w.ID, Key: w.Key, Name: w.Name, DefaultRole: w.DefaultRole, Roles: []string{}, Children: []string{},
		Settings: w.Settings, ReadOnly: w.Settings.Origin, CreatedAt: timestamp(w.Created),
	}
	roles, err := f.Roles(a.ctx, w)
	if err != nil {
		return v, err
	}
	for _, r := range roles {
		v.Roles = append(v.Roles, r.Name)
	}
	all, err := f.Workspaces(a.ctx)
	for _, other := range all {
		switch {
		case other.Root != w.Root:
		case other.ID == w.Parent:
			v.Parent = other.Key
		case other.Parent == w.ID:
			v.Children = append(v.Children, other.Key)
		}
	}
	return v, err
}

func (v workspaceView) card(title string, w directory.Workspace) *card {
	return newCard(title, "key", v.Key, "name", v.Name, "id", v.ID, "parent", v.Parent, "children", strings.Join(v.Children, ", "),
		"default role", v.DefaultRole, "roles", strings.Join(v.Roles, ", "), "settings", settingsText(w.Settings),
		"read-only", readOnlyText(v.ReadOnly), "created", when(w.Created))
}

type workspaceCreateCmd struct {
	Key         string   `arg:"" help:"Key of the workspace: letters, digits and hyphens."`
	Name        string   `help:"Name for people. Defaults to the key."`
	DefaultRole string   `default:"member" placeholder:"ROLE" help:"Role of a member to whom nothing gives another. Defaults to member."`
	Parent      string   `placeholder:"KEY" help:"Key of the workspace above: its members have access here too."`
	Role        []string `sep:"none" placeholder:"NAME[=PERMISSION,…]" help:"A role with its permissions; may be given often. Without any there are owner, admin and the default role."`
	workspaceSettings
}

// Run makes the workspace.
func (c *workspaceCreateCmd) Run(a *app) error {
	return a.with(true, func(f *folder) error {
		n := directory.NewWorkspace{Key: c.Key, Name: c.Name, DefaultRole: c.DefaultRole, Parent: c.Parent, Roles: parseRoles(c.Role)}
		c.apply(&n.Settings)
		w, err := f.CreateWorkspace(a.ctx, a.actor(), n)
		if err != nil {
			return err
		}
		v, err := a.workspaceView(f, w)
		if err != nil {
			return err
		}
		return a.print(v, v.card("Created workspace "+w.Key+".", w))
	})
}

type workspaceListCmd struct{}

// Run lists the workspaces.
func (c *workspaceListCmd) Run(a *app) error {
	return a.with(false, func(f *folder) error {
		all, err := f.Workspaces(a.ctx)
		if err != nil {
			return err
		}
		views := []workspaceView{}
		t := a.table("No workspace yet. Make one: usher workspace create KEY", "key", "name", "default role", "created")
		for _, w := range all {
			v, err := a.workspaceView(f, w)
			if err != nil {
				return err
			}
			views = append(views, v)
			t.add(w.Key, w.Name, w.DefaultRole, when(w.Created))
		}
		return a.print(views, t)
	})
}

type workspaceShowCmd struct {
	Key string `arg:"" help:"Key of the workspace."`
}

// Run shows the workspace.
func (c *workspaceShowCmd) Run(a *app) error {
	return a.with(false, func(f *folder) error {
		w, err := f.Workspace(a.ctx, c.Key)
		if err != nil {
			return err
		}
		v, err := a.workspaceView(f, w)
		if err != nil {
			return err
		}
		return a.print(v, v.card("Workspace "+w.Key, w))
	})
}

type workspaceDeleteCmd struct {
	Key string `arg:"" help:"Key of the workspace."`
	consent
}

// Run deletes the workspace.
func (c *workspaceDeleteCmd) Run(a *app) error {
	return a.with(false, func(f *folder) error {
		w, err := f.Workspace(a.ctx, c.Key)
		if err != nil {
			return err
		}
		if err := c.askTwice(a, fmt.Sprintf("workspace %s with all its connections, users and groups", w.Key), w.Key); err != nil {
			return err
		}
		if err := f.DeleteWorkspace(a.ctx, a.actor(), w.Key); err != nil {
			return err
		}
		return a.print(deletedView{ID: w.ID, Deleted: true}, line("Deleted workspace "+w.Key+"."))
	})
}
