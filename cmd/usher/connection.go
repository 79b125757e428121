package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

type connectionCmd struct {
	Create connectionCreateCmd `cmd:"" help:"Make a connection to an identity provider."`
	List   connectionListCmd   `cmd:"" help:"List the connections of a workspace."`
	Show   connectionShowCmd   `cmd:"" help:"Show a connection."`
	Update connectionUpdateCmd `cmd:"" help:"Choose which of the workspace's schemas the connection announces."`
	Delete connectionDeleteCmd `cmd:"" help:"Delete a connection. The members that it brought stay in the workspace."`
	Pause  connectionPauseCmd  `cmd:"" help:"Refuse the identity provider for now. Users and tokens stay as they are."`
	Resume connectionResumeCmd `cmd:"" help:"Serve the identity provider again."`
}

type connectionView struct {
	ID            string     `json:"id"`
	Name          string     `json:"name"`
	Workspace     string     `json:"workspace"`
	Profile       string     `json:"profile"`
	BaseURL       string     `json:"base_url"`
	State         string     `json:"state"`
	StateBy       string     `json:"state_by"`
	StateAt       *time.Time `json:"state_at"`
	Status        string     `json:"status"`
	FirstContact  *time.Time `json:"first_contact_at"`
	LastContactAt *time.Time `json:"last_contact_at"`
	Schemas       []string   `json:"schemas"` // URNs of the declared schemas that it announces; null: all
	CreatedAt     *time.Time `json:"created_at"`
}

func (f *folder) connectionView(w directory.Workspace, c directory.Connection) connectionView {
	return connectionView{
		ID: c.ID, Name: c.Name, Workspace: w.Key, Profile: c.Profile, BaseURL: usher.BaseURL(f.publicURL, c.ID),
		State: string(c.State), StateBy: c.StateBy, StateAt: timestamp(c.StateAt), Status: c.Status(),
		FirstContact: timestamp(c.FirstContact), LastContactAt: timestamp(c.LastContact), CreatedAt: timestamp(c.Created),
		Schemas: c.Schemas,
	}
}

func (f *folder) connectionCard(title string, w directory.Workspace, c directory.Connection) *card {
	state := string(c.State)
	if c.StateBy != "" {
		state += " by " + c.StateBy + ", " + when(c.StateAt)
	}
	return newCard(title, "name", c.Name, "id", c.ID, "workspace", w.Key, "profile", c.Profile,
		"base URL", usher.BaseURL(f.publicURL, c.ID), "state", state, "status", c.Status(),
		"last contact", when(c.LastContact), "created", when(c.Created), "schemas", announcedSchemas(c.Schemas))
}

// announcedSchemas is empty for a connection that announces all schemas, as most do.
func announcedSchemas(schemas []string) string {
	if schemas != nil && len(schemas) == 0 {
		return "none but the core schemas"
	}
	return strings.Join(schemas, ", ")
}

type connectionCreateCmd struct {
	Name string `arg:"" help:"Name of the connection, unique in its workspace."`
	workspaceScope
	Profile  string `default:"generic" enum:"${profiles}" placeholder:"PROFILE" help:"Identity provider: ${profiles}."`
	Disabled bool   `help:"Make it disabled."`
}

// Run makes the connection.
func (c *connectionCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		created, err := f.CreateConnection(a.ctx, a.actor(), w, directory.NewConnection{Name: c.Name, Profile: c.Profile, Disabled: c.Disabled})
		if err != nil {
			return err
		}
		next := fmt.Sprintf("\nNext: usher token create --workspace %s --connection %s --expires 365d --data %s", w.Key, created.Name, a.Data)
		return a.print(f.connectionView(w, created), texts{f.connectionCard("Created connection "+created.Name+".", w, created), line(next)})
	})
}

type connectionListCmd struct{ workspaceScope }

// Run lists the connections.
func (c *connectionListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Connections(a.ctx, w)
		if err != nil {
			return err
		}
		views := []connectionView{}
		t := a.table("No connection yet. Make one: usher connection create okta --workspace "+w.Key+" --profile okta",
			"name", "profile", "state", "status", "last contact", "base url")
		for _, c := range all {
			views = append(views, f.connectionView(w, c))
			t.add(c.Name, c.Profile, string(c.State), c.Status(), when(c.LastContact), usher.BaseURL(f.publicURL, c.ID))
		}
		return a.print(views, t)
	})
}

// namedConnection is the argument of commands about one connection.
type namedConnection struct {
	Name string `arg:"" help:"Name or id of the connection."`
	workspaceScope
}

func (n namedConnection) in(a *app, do func(*folder, directory.Workspace, directory.Connection) error) error {
	return connectionScope{n.workspaceScope, n.Name}.in(a, do)
}

// change applies one change to the connection and prints what became of it.
func (n namedConnection) change(a *app, done string, change func(*directory.Directory, context.Context, directory.Actor, directory.Connection) (directory.Connection, error)) error {
	return n.in(a, func(f *folder, w directory.Workspace, c directory.Connection) error {
		c, err := change(f.Directory, a.ctx, a.actor(), c)
		if err != nil {
			return err
		}
		return a.print(f.connectionView(w, c), f.connectionCard(done+" connection "+c.Name+".", w, c))
	})
}

type connectionShowCmd struct{ namedConnection }

// Run shows the connection.
func (c *connectionShowCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, c directory.Connection) error {
		return a.print(f.connectionView(w, c), f.connectionCard("Connection "+c.Name, w, c))
	})
}

type connectionPauseCmd struct{ namedConnection }

// Run pauses the connection.
func (c *connectionPauseCmd) Run(a *app) error {
	return c.change(a, "Paused", (*directory.Directory).PauseConnection)
}

type connectionResumeCmd struct{ namedConnection }

// Run resumes the connection.
func (c *connectionResumeCmd) Run(a *app) error {
	return c.change(a, "Resumed", (*directory.Directory).ResumeConnection)
}

type connectionUpdateCmd struct {
	namedConnection
	Schema     []string `placeholder:"URN,…" xor:"schemas" required:"" help:"Announce these of the workspace's schemas, and no others."`
	AllSchemas bool     `xor:"schemas" required:"" help:"Announce all schemas of the workspace, also those to come."`
	NoSchemas  bool     `xor:"schemas" required:"" help:"Announce none of them."`
	consent
}

// Run chooses the schemas. What is announced no longer goes from the connection's documents.
func (c *connectionUpdateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		schemas := c.Schema
		switch {
		case !c.AllSchemas && !c.NoSchemas && len(schemas) == 0:
			return &failure{err: errors.New("--schema is empty"), hint: "name a schema, or say --no-schemas", status: exitUsage}
		case c.AllSchemas:
			schemas = nil
		case c.NoSchemas:
			schemas = []string{}
		}
		if err := c.askForUnannounced(a, f, w, conn, schemas); err != nil {
			return err
		}
		conn, err := f.Announce(a.ctx, a.actor(), conn, schemas)
		if err != nil {
			return err
		}
		if _, err := a.settle(f, w); err != nil {
			return err
		}
		return a.print(f.connectionView(w, conn), f.connectionCard("Updated connection "+conn.Name+".", w, conn))
	})
}

// askForUnannounced asks before values go from the connection's documents.
func (c *connectionUpdateCmd) askForUnannounced(
	a *app, f *folder, w directory.Workspace, conn directory.Connection, schemas []string,
) error {
	if schemas == nil {
		return nil
	}
	all, err := f.Declarations(a.ctx, w, directory.DeclaredSchema)
	if err != nil {
		return err
	}
	for _, row := range all {
		if slices.ContainsFunc(schemas, func(urn string) bool { return strings.EqualFold(urn, row.ID) }) {
			continue
		}
		n, err := f.CarryingIn(a.ctx, conn, row)
		if err != nil {
			return err
		}
		if n == 0 {
			continue
		}
		if err := c.ask(a, fmt.Sprintf("the values that %d resources of connection %s have of schema %s", n, conn.Name, row.ID)); err != nil {
			return err
		}
	}
	return nil
}

type connectionDeleteCmd struct {
	namedConnection
	consent
}

// Run deletes the connection.
func (c *connectionDeleteCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		if err := c.ask(a, fmt.Sprintf("connection %s of workspace %s, its tokens and the users and groups that the provider sees", conn.Name, w.Key)); err != nil {
			return err
		}
		if err := f.DeleteConnection(a.ctx, a.actor(), conn); err != nil {
			return err
		}
		return a.print(deletedView{ID: conn.ID, Deleted: true}, line("Deleted connection "+conn.Name+". Its members stay in workspace "+w.Key+"."))
	})
}
