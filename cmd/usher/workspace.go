package main

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

type workspaceCmd struct {
	Create workspaceCreateCmd `cmd:"" help:"Make a workspace."`
	List   workspaceListCmd   `cmd:"" help:"List the workspaces."`
	Show   workspaceShowCmd   `cmd:"" help:"Show a workspace."`
	Delete workspaceDeleteCmd `cmd:"" help:"Delete a workspace and everything in it."`
}

type workspaceView struct {
	ID          string     `json:"id"`
	Key         string     `json:"key"`
	Name        string     `json:"name"`
	DefaultRole string     `json:"default_role"`
	Roles       []string   `json:"roles"`
	CreatedAt   *time.Time `json:"created_at"`
}

func (a *app) workspaceView(f *folder, w directory.Workspace) (workspaceView, error) {
	roles, err := f.Roles(a.ctx, w)
	v := workspaceView{ID: w.ID, Key: w.Key, Name: w.Name, DefaultRole: w.DefaultRole, Roles: []string{}, CreatedAt: timestamp(w.Created)}
	for _, r := range roles {
		v.Roles = append(v.Roles, r.Name)
	}
	return v, err
}

func (v workspaceView) card(title string, w directory.Workspace) *card {
	return newCard(title, "key", v.Key, "name", v.Name, "id", v.ID, "default role", v.DefaultRole, "created", when(w.Created))
}

type workspaceCreateCmd struct {
	Key         string `arg:"" help:"Key of the workspace: letters, digits and hyphens."`
	Name        string `help:"Name for people. Defaults to the key."`
	DefaultRole string `default:"member" placeholder:"ROLE" help:"Role of a member to whom nothing gives another. Defaults to member."`
}

// Run makes the workspace.
func (c *workspaceCreateCmd) Run(a *app) error {
	return a.with(true, func(f *folder) error {
		w, err := f.CreateWorkspace(a.ctx, a.actor(), directory.NewWorkspace{Key: c.Key, Name: c.Name, DefaultRole: c.DefaultRole})
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
		if err := c.ask(a, fmt.Sprintf("workspace %s with all its connections, users and groups", w.Key)); err != nil {
			return err
		}
		if err := f.DeleteWorkspace(a.ctx, a.actor(), w.Key); err != nil {
			return err
		}
		return a.print(deletedView{ID: w.ID, Deleted: true}, line("Deleted workspace "+w.Key+"."))
	})
}
