package main

import (
	"strings"

	"github.com/usher-scim/usher/directory"
)

type roleCmd struct {
	Create roleCreateCmd `cmd:"" help:"Make a role."`
	List   roleListCmd   `cmd:"" help:"List the roles of a workspace."`
	Update roleUpdateCmd `cmd:"" help:"Change what a role is good for. Its members have the new permissions at once."`
	Delete roleDeleteCmd `cmd:"" help:"Delete a role that nobody has."`
}

type roleView struct {
	Name        string   `json:"name"`
	Workspace   string   `json:"workspace"`
	Description string   `json:"description"`
	Permissions []string `json:"permissions"`
	Default     bool     `json:"default"`
	Privileged  bool     `json:"privileged"` // a connection grants it only when it is listed
}

func newRoleView(w directory.Workspace, r directory.Role) roleView {
	return roleView{
		Name: r.Name, Workspace: w.Key, Description: r.Description, Permissions: append([]string{}, r.Permissions...),
		Default: r.Name == w.DefaultRole, Privileged: r.Privileged(),
	}
}

func (v roleView) card(title string) *card {
	return newCard(title, "name", v.Name, "workspace", v.Workspace, "description", v.Description,
		"permissions", strings.Join(v.Permissions, ", "), "default", onlyYes(v.Default), "privileged", onlyYes(v.Privileged))
}

// parseRoles reads NAME or NAME=PERMISSION,….
func parseRoles(texts []string) []directory.Role {
	var roles []directory.Role
	for _, text := range texts {
		name, permissions, _ := strings.Cut(text, "=")
		roles = append(roles, directory.Role{Name: name, Permissions: words(permissions)})
	}
	return roles
}

// words splits a list at its commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

type roleCreateCmd struct {
	Name string `arg:"" help:"Name of the role; upper and lower case count."`
	workspaceScope
	Description string   `help:"What it is for."`
	Permission  []string `placeholder:"PERMISSION,…" help:"What it allows: workspace.own, security.manage, integrations.manage, members.manage, audit.read, or the app's own."`
}

// Run makes the role.
func (c *roleCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		r, err := f.CreateRole(a.ctx, a.actor(), w, directory.Role{Name: c.Name, Description: c.Description, Permissions: c.Permission})
		if err != nil {
			return err
		}
		v := newRoleView(w, r)
		return a.print(v, v.card("Created role "+r.Name+"."))
	})
}

type roleListCmd struct{ workspaceScope }

// Run lists the roles.
func (c *roleListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Roles(a.ctx, w)
		if err != nil {
			return err
		}
		views := []roleView{}
		t := a.table("No role.", "name", "default", "privileged", "permissions", "description")
		for _, r := range all {
			v := newRoleView(w, r)
			views = append(views, v)
			t.add(v.Name, onlyYes(v.Default), onlyYes(v.Privileged), strings.Join(v.Permissions, ", "), v.Description)
		}
		return a.print(views, t)
	})
}

type roleUpdateCmd struct {
	Name string `arg:"" help:"Name of the role."`
	workspaceScope
	Description   *string   `help:"What it is for."`
	Permission    *[]string `placeholder:"PERMISSION,…" xor:"permissions" help:"What it allows from now on, and nothing else."`
	NoPermissions bool      `xor:"permissions" help:"It allows nothing any more."`
}

// Run changes the role.
func (c *roleUpdateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if c.NoPermissions {
			c.Permission = &[]string{}
		}
		r, err := f.UpdateRole(a.ctx, a.actor(), w, c.Name, directory.RoleChange{Description: c.Description, Permissions: c.Permission})
		if err != nil {
			return err
		}
		v := newRoleView(w, r)
		return a.print(v, v.card("Updated role "+r.Name+"."))
	})
}

type roleDeleteCmd struct {
	Name string `arg:"" help:"Name of the role."`
	workspaceScope
	consent
}

// Run deletes the role.
func (c *roleDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		if err := c.ask(a, "role "+c.Name+" of workspace "+w.Key); err != nil {
			return err
		}
		if err := f.DeleteRole(a.ctx, a.actor(), w, c.Name); err != nil {
			return err
		}
		return a.print(deletedView{ID: c.Name, Deleted: true}, line("Deleted role "+c.Name+"."))
	})
}
