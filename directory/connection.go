package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// NewConnection is what an operator says of a new connection.
type NewConnection struct {
	Name, Profile string // Profile defaults to "generic"
	Disabled      bool   // made disabled, to be resumed later (E8)
}

// CreateConnection makes a connection in the workspace.
func (d *Directory) CreateConnection(
	ctx context.Context, by Actor, w Workspace, n NewConnection,
) (Connection, error) {
	if n.Profile == "" {
		n.Profile = "generic"
	}
	if err := n.check(); err != nil {
		return Connection{}, err
	}
	c := Connection{
		Root: w.Root, ID: newID(connectionIDLength), Workspace: w.ID,
		Name: n.Name, Profile: n.Profile, State: StateEnabled, Version: 1,
		Settled: w.Epoch, // it has no documents yet
	}
	err := d.write(ctx, by, w, c.ID, func(ctx context.Context, p *plan) error {
		if err := d.checkConnectionNameFree(ctx, w, n.Name); err != nil {
			return err
		}
		c.Created = p.now
		if n.Disabled {
			c.State, c.StateBy, c.StateAt = StateDisabled, by.Name, p.now
		}
		p.Connections = append(p.Connections, insert(c))
		return p.audit(ActionConnectionCreate, targetConnection, c.ID, "", newConnectionDetail(c))
	})
	if err != nil {
		return Connection{}, err
	}
	return c, nil
}

type connectionDetail struct {
	Name    string `json:"name"`
	Profile string `json:"profile"`
	State   State  `json:"state"`
}

func newConnectionDetail(c Connection) connectionDetail {
	return connectionDetail{Name: c.Name, Profile: c.Profile, State: c.State}
}

func (n NewConnection) check() error {
	if _, ok := scim.ProfileByName(n.Profile); !ok {
		return refuse(RefusedInvalid, "choose one of "+strings.Join(scim.ProfileNames(), ", "),
			"there is no profile %q", n.Profile)
	}
	return checkName("connection name", n.Name)
}

func (d *Directory) checkConnectionNameFree(ctx context.Context, w Workspace, name string) error {
	all, err := d.store.Connections(ctx, w.Root, w.ID)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Name == name {
			return refuse(RefusedExists, "choose another name, or delete that connection first",
				"workspace %s has a connection named %q", w.Key, name)
		}
	}
	return nil
}

// Connections lists the workspace's connections.
func (d *Directory) Connections(ctx context.Context, w Workspace) ([]Connection, error) {
	return d.store.Connections(ctx, w.Root, w.ID)
}

// Connection finds a connection of the workspace by name or id.
func (d *Directory) Connection(ctx context.Context, w Workspace, nameOrID string) (Connection, error) {
	all, err := d.store.Connections(ctx, w.Root, w.ID)
	if err != nil {
		return Connection{}, err
	}
	for _, c := range all {
		if c.Name == nameOrID {
			return c, nil
		}
	}
	for _, c := range all {
		if c.ID == nameOrID {
			return c, nil
		}
	}
	return Connection{}, refuse(RefusedNotFound, "list the connections of the workspace to see their names and ids",
		"workspace %s has no connection %q", w.Key, nameOrID)
}

// PauseConnection stops the connection until it is resumed: every request is answered 403 that names who paused it
// and when. Tokens and users stay as they are (M17). Pausing a paused connection changes nothing.
func (d *Directory) PauseConnection(ctx context.Context, by Actor, c Connection) (Connection, error) {
	return d.setState(ctx, by, c, StatePaused, ActionConnectionPause)
}

// ResumeConnection lets a paused or disabled connection work again. Resuming an enabled one changes nothing.
func (d *Directory) ResumeConnection(ctx context.Context, by Actor, c Connection) (Connection, error) {
	return d.setState(ctx, by, c, StateEnabled, ActionConnectionResume)
}

func (d *Directory) setState(
	ctx context.Context, by Actor, c Connection, to State, action string,
) (Connection, error) {
	var after Connection
	err := d.write(ctx, by, Workspace{Root: c.Root, ID: c.Workspace}, c.ID, func(ctx context.Context, p *plan) error {
		before, err := d.freshConnection(ctx, c)
		if err != nil {
			return err
		}
		after = before
		if before.State == to {
			return nil
		}
		if before.State == StateDisabled && to == StatePaused {
			return refuse(RefusedInvalid, "resume it to let requests in", "connection %q is disabled", c.Name)
		}
		after.State, after.StateBy, after.StateAt = to, by.Name, p.now
		after.Version++
		p.Connections = append(p.Connections, update(before, after))
		return p.audit(action, targetConnection, c.ID, "", newConnectionDetail(after))
	})
	d.credentials.clear()
	return after, err
}

// freshConnection reads the connection again: the caller's copy may be old.
func (d *Directory) freshConnection(ctx context.Context, c Connection) (Connection, error) {
	fresh, err := d.store.Connection(ctx, c.Root, c.ID)
	if errors.Is(err, ErrNotFound) {
		return Connection{}, refuse(RefusedNotFound, "list the connections of the workspace to see what is there",
			"connection %q is gone", c.Name)
	}
	return fresh, err
}

// DeleteConnection stops the sync for good: the connection, its tokens and its documents go, the people keep their
// memberships (E2).
func (d *Directory) DeleteConnection(ctx context.Context, by Actor, c Connection) error {
	c, err := d.freshConnection(ctx, c)
	if err != nil {
		return err
	}
	p := d.newPlan(by, Workspace{Root: c.Root, ID: c.Workspace}, c.ID)
	if err := p.audit(ActionConnectionDelete, targetConnection, c.ID, "", newConnectionDetail(c)); err != nil {
		return err
	}
	defer d.credentials.clear()
	return d.store.DeleteConnection(ctx, c.Root, c.ID, &p.Change)
}
