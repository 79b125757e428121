package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

type connectionCmd struct {
	Create     connectionCreateCmd     `cmd:"" help:"Make a connection to an identity provider."`
	List       connectionListCmd       `cmd:"" help:"List the connections of a workspace."`
	Show       connectionShowCmd       `cmd:"" help:"Show a connection."`
	Update     connectionUpdateCmd     `cmd:"" help:"Change a connection: its name, its rules, or which schemas it announces."`
	Delete     connectionDeleteCmd     `cmd:"" help:"Delete a connection. The members that it brought stay in the workspace."`
	Pause      connectionPauseCmd      `cmd:"" help:"Refuse the identity provider for now. Users and tokens stay as they are."`
	Resume     connectionResumeCmd     `cmd:"" help:"Serve the identity provider again."`
	Disable    connectionDisableCmd    `cmd:"" help:"Refuse the identity provider until an admin resumes the connection."`
	Release    connectionReleaseCmd    `cmd:"" help:"Let the leavers through that the brake holds, for an hour."`
	Move       connectionMoveCmd       `cmd:"" help:"Move the users of a connection to another one, to the next identity provider: the people stay who they are."`
	SignIn     connectionSignInCmd     `cmd:"" name:"sign-in" help:"Let people sign in by the connection, and show what to paste into the identity provider."`
	Match      connectionMatchCmd      `cmd:"" help:"Say whether SCIM and a login would meet in one person. Nothing is written."`
	HookSecret connectionHookSecretCmd `cmd:"" help:"Make the secret that signs the questions to the connection's hook, in place of the one that there was."`
	RollBack   connectionRollBackCmd   `cmd:"" name:"rollback" aliases:"roll-back" help:"Give those who left within the last hour their memberships back."`
}

type connectionView struct {
	ID            string                       `json:"id"`
	Name          string                       `json:"name"`
	Workspace     string                       `json:"workspace"`
	Profile       string                       `json:"profile"`
	BaseURL       string                       `json:"base_url"`
	State         string                       `json:"state"`
	StateBy       string                       `json:"state_by"`
	StateAt       *time.Time                   `json:"state_at"`
	Status        string                       `json:"status"`
	FirstContact  *time.Time                   `json:"first_contact_at"`
	LastContactAt *time.Time                   `json:"last_contact_at"`
	Schemas       []string                     `json:"schemas"`                // URNs of the declared schemas that it announces; null: all
	LeaversHeld   bool                         `json:"leavers_held,omitempty"` // of one that is shown
	Settings      directory.ConnectionSettings `json:"settings"`
	ReadOnly      string                       `json:"read_only"` // the configuration file that declares it
	CreatedAt     *time.Time                   `json:"created_at"`
}

func (f *folder) connectionView(w directory.Workspace, c directory.Connection) connectionView {
	return connectionView{
		ID: c.ID, Name: c.Name, Workspace: w.Key, Profile: c.Profile, BaseURL: usher.BaseURL(f.publicURL, c.ID),
		State: string(c.State), StateBy: c.StateBy, StateAt: timestamp(c.StateAt), Status: c.Status(),
		FirstContact: timestamp(c.FirstContact), LastContactAt: timestamp(c.LastContact), CreatedAt: timestamp(c.Created),
		Schemas: c.Schemas, Settings: c.Settings, ReadOnly: c.Origin,
	}
}

func (f *folder) connectionCard(title string, w directory.Workspace, c directory.Connection) *card {
	state := string(c.State)
	if c.StateBy != "" {
		state += " by " + c.StateBy + ", " + when(c.StateAt)
	}
	return newCard(title, "name", c.Name, "id", c.ID, "workspace", w.Key, "profile", c.Profile,
		"base URL", f.shownBaseURL(c.ID), "state", state, "status", c.Status(),
		"last contact", when(c.LastContact), "created", when(c.Created), "schemas", announcedSchemas(c.Schemas),
		"settings", settingsText(c.Settings), "read-only", readOnlyText(c.Origin))
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
	Profile  string `default:"generic" enum:"${profiles}" placeholder:"PROFILE" help:"Identity provider: ${profiles}. Defaults to generic."`
	Disabled bool   `help:"Make it disabled."`
	connectionSettings
}

// Run makes the connection.
func (c *connectionCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		n := directory.NewConnection{Name: c.Name, Profile: c.Profile, Disabled: c.Disabled}
		if err := c.apply(a, &n.Settings); err != nil {
			return err
		}
		created, err := f.CreateConnection(a.ctx, a.actor(), w, n)
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

// Run shows the connection, and whether its leavers are held.
func (c *connectionShowCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, c directory.Connection) error {
		brake, err := f.BrakeOf(a.ctx, c)
		if err != nil {
			return err
		}
		v := f.connectionView(w, c)
		v.LeaversHeld = brake.Held
		shown := texts{f.connectionCard("Connection "+c.Name, w, c)}
		switch {
		case brake.Held:
			shown = append(shown, line(fmt.Sprintf("\nLeavers are held: %d have left within the hour, and %d may.\nNext: usher connection release %s --workspace %s to let them through, or usher connection rollback to bring them back.",
				brake.Left, brake.Limit, c.Name, w.Key)))
		case !brake.OpenUntil.IsZero():
			shown = append(shown, line("\nLeavers are let through until "+when(brake.OpenUntil)+"."))
		}
		return a.print(v, shown)
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

type connectionDisableCmd struct{ namedConnection }

// Run disables the connection.
func (c *connectionDisableCmd) Run(a *app) error {
	return c.change(a, "Disabled", (*directory.Directory).DisableConnection)
}

type connectionReleaseCmd struct{ namedConnection }

// Run lets the leavers through (B10).
func (c *connectionReleaseCmd) Run(a *app) error {
	return c.change(a, "Released", (*directory.Directory).ReleaseBrake)
}

type connectionRollBackCmd struct{ namedConnection }

// Run gives those who left their memberships back (B10).
func (c *connectionRollBackCmd) Run(a *app) error {
	return c.in(a, func(f *folder, _ directory.Workspace, conn directory.Connection) error {
		n, err := f.RollBackLeavers(a.ctx, a.actor(), conn)
		if err != nil {
			return err
		}
		return a.print(map[string]int{"restored": n}, line(fmt.Sprintf("%d members are back. The identity provider takes them away again unless its own cause is mended.", n)))
	})
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
