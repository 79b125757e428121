package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// applier brings a directory into line with a configuration. What is so already is not written, so that a second run
// leaves no trace.
type applier struct {
	*directory.Directory
	file   *configSource
	by     directory.Actor
	log    *slog.Logger
	now    time.Time
	getenv func(string) string

	done     map[string]directory.Workspace // declared ones, by key
	declared map[string]bool                // ids of declared connections
}

// apply applies the configuration of serve.
func (c *configFlag) apply(a *app, f *folder, getenv func(string) string) error {
	p := &applier{
		file: c.source, Directory: f.Directory, by: directory.Actor{Name: directory.ActorConfig}, log: a.log, now: a.now(),
		getenv: getenv, done: map[string]directory.Workspace{}, declared: map[string]bool{},
	}
	if err := p.run(a.ctx); err != nil {
		return err
	}
	if c.Config != "" {
		a.log.Info("configuration applied", "file", c.Config, "workspaces", len(p.file.Workspaces), "connections", len(p.file.Connections))
	}
	return nil
}

func (p *applier) run(ctx context.Context) error {
	for range p.file.Workspaces { // at least one level of the trees in each round
		for i := range p.file.Workspaces {
			w := &p.file.Workspaces[i]
			if _, ready := p.done[w.Parent]; p.has(w.Key) || w.Parent != "" && !ready {
				continue
			}
			if err := p.workspace(ctx, w); err != nil {
				return named(err, "workspace "+w.Key)
			}
		}
	}
	for i := range p.file.Connections {
		if err := p.connection(ctx, &p.file.Connections[i]); err != nil {
			return named(err, "connection "+p.file.Connections[i].Name+" of workspace "+p.file.Connections[i].Workspace)
		}
	}
	for i := range p.file.Apps {
		if err := p.app(ctx, &p.file.Apps[i]); err != nil {
			return named(err, "app "+p.file.Apps[i].ID)
		}
	}
	if err := p.releaseApps(ctx); err != nil {
		return err
	}
	return p.release(ctx)
}

// named says which object an error is about, and keeps its hint.
func named(err error, what string) error {
	wrapped := fmt.Errorf("%s: %w", what, err)
	if r, ok := errors.AsType[*directory.Refusal](err); ok {
		return hint(wrapped, "%s", r.Hint)
	}
	if f, ok := errors.AsType[*failure](err); ok {
		return hint(wrapped, "%s", f.hint)
	}
	return wrapped
}

func (p *applier) has(key string) bool {
	_, ok := p.done[key]
	return ok
}

func notFound(err error) bool {
	r, ok := errors.AsType[*directory.Refusal](err)
	return ok && r.Kind == directory.RefusedNotFound
}

func (p *applier) workspace(ctx context.Context, c *workspaceConfig) error {
	w, err := p.Workspace(ctx, c.Key)
	if notFound(err) {
		w, err = p.createWorkspace(ctx, c)
	} else if err == nil {
		w, err = p.updateWorkspace(ctx, c, w)
	}
	if err != nil {
		return err
	}
	if err := p.teams(ctx, c, w); err != nil {
		return err
	}
	if err := p.domains(ctx, c, w); err != nil {
		return err
	}
	p.done[c.Key] = w
	return p.declarations(ctx, c, w)
}

func (w *workspaceConfig) settings() directory.WorkspaceSettings {
	s := w.Settings
	s.Origin = w.origin
	return s
}

func (w *workspaceConfig) roles() (roles []directory.Role) {
	for _, r := range w.Roles {
		roles = append(roles, directory.Role{Name: r.Name, Description: r.Description, Permissions: r.Permissions})
	}
	return roles
}

func (p *applier) createWorkspace(ctx context.Context, c *workspaceConfig) (directory.Workspace, error) {
	return p.CreateWorkspace(ctx, p.by, directory.NewWorkspace{
		Key: c.Key, Name: c.Name, DefaultRole: c.defaultRole(), Parent: c.Parent, Roles: c.roles(), Settings: c.settings(),
	})
}

// updateWorkspace makes the roles first: the default role has to be one of them.
func (p *applier) updateWorkspace(ctx context.Context, c *workspaceConfig, w directory.Workspace) (directory.Workspace, error) {
	if above := p.done[c.Parent]; above.ID != w.Parent {
		return w, hint(errors.New("it is there under another parent, and a workspace never moves"),
			"correct parent, or choose another key")
	}
	if err := p.roles(ctx, c, w); err != nil {
		return w, err
	}
	change := directory.WorkspaceChange{Settings: new(c.settings())}
	if c.Name != "" || c.origin != environmentOrigin {
		change.Name = new(orKey(c.Name, c.Key))
	}
	if c.DefaultRole != "" || len(c.Roles) > 0 {
		change.DefaultRole = new(c.defaultRole())
	}
	return p.UpdateWorkspace(ctx, p.by, w, change)
}

func orKey(name, key string) string {
	if name == "" {
		return key
	}
	return name
}

func (p *applier) roles(ctx context.Context, c *workspaceConfig, w directory.Workspace) error {
	known, err := p.Roles(ctx, w)
	if err != nil {
		return err
	}
	for _, r := range c.roles() {
		if slices.ContainsFunc(known, func(k directory.Role) bool { return k.Name == r.Name }) {
			_, err = p.UpdateRole(ctx, p.by, w, r.Name, directory.RoleChange{Description: &r.Description, Permissions: &r.Permissions})
		} else {
			_, err = p.CreateRole(ctx, p.by, w, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *applier) teams(ctx context.Context, c *workspaceConfig, w directory.Workspace) error {
	if len(c.Teams) == 0 {
		return nil
	}
	known, err := p.Teams(ctx, w)
	if err != nil {
		return err
	}
	for _, t := range c.Teams {
		if slices.ContainsFunc(known, func(k directory.Team) bool { return k.Name == t.Name }) {
			_, err = p.UpdateTeam(ctx, p.by, w, t.Name, directory.TeamChange{Description: &t.Description})
		} else {
			_, err = p.CreateTeam(ctx, p.by, w, directory.Team{Name: t.Name, Description: t.Description})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *applier) domains(ctx context.Context, c *workspaceConfig, w directory.Workspace) error {
	if len(c.Domains) == 0 {
		return nil
	}
	known, err := p.Domains(ctx, w)
	if err != nil {
		return err
	}
	for _, name := range c.Domains {
		if slices.ContainsFunc(known, func(k directory.Domain) bool { return scim.FoldName(k.Name) == scim.FoldName(name) }) {
			continue
		}
		if _, err := p.ClaimDomain(ctx, p.by, w, name); err != nil {
			return err
		}
	}
	return nil
}

// declarations declares the schemas before the resource types that rest on them. A running server brings the stored
// documents into the declared form.
func (p *applier) declarations(ctx context.Context, c *workspaceConfig, w directory.Workspace) error {
	for _, d := range c.Schemas {
		_, err := p.Declaration(ctx, w, directory.DeclaredSchema, d.document.ID())
		if notFound(err) {
			_, err = p.Declare(ctx, p.by, w, d.document)
		} else if err == nil {
			_, err = p.Redeclare(ctx, p.by, w, d.document)
		}
		if err != nil {
			return err
		}
	}
	for _, d := range c.ResourceTypes {
		row, err := p.Declaration(ctx, w, directory.DeclaredType, d.document.ID())
		if notFound(err) {
			_, err = p.Declare(ctx, p.by, w, d.document)
		} else if err == nil && !bytes.Equal(row.Body, scim.AppendJSON(nil, d.document.Object())) {
			err = hint(fmt.Errorf("the resource type %s is there in another form, and its form cannot change", row.ID),
				"usher resource-type delete %s --workspace %s", row.ID, w.Key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// release makes editable again what was declared once and is no longer. Connections are only ever declared in
// workspaces that are.
func (p *applier) release(ctx context.Context) error {
	all, err := p.Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		if w.Settings.Origin == "" {
			continue
		}
		if err := p.releaseConnections(ctx, w); err != nil {
			return err
		}
		if p.has(w.Key) {
			continue
		}
		p.log.Info("no longer declared: it stays, and can be changed from now on", "workspace", w.Key, "was_in", w.Settings.Origin)
		settings := w.Settings
		settings.Origin = ""
		if _, err := p.UpdateWorkspace(ctx, p.by, w, directory.WorkspaceChange{Settings: &settings}); err != nil {
			return err
		}
	}
	return nil
}
