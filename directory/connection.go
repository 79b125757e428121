package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/directory/internal/input"
	"github.com/usher-scim/usher/scim"
)

// NewConnection is what an operator says of a new connection.
type NewConnection struct {
	Name, Profile string // Profile defaults to "generic"
	Disabled      bool   // made disabled, to be resumed later (E8)
	Settings      ConnectionSettings
	SignInSecret  string // see SetSignInSecret
	Origin        string // the configuration file that declares it; of nobody else
}

// ConnectionChange is what of a connection gets another value; nil fields stay.
type ConnectionChange struct {
	Name, Profile *string
	Settings      *ConnectionSettings
	SignInSecret  *string // see SetSignInSecret
	Origin        *string // of a configuration file alone
	Version       int64   // that the change rests on, else it is refused; 0 is any
}

// CreateConnection makes a connection in the workspace.
func (d *Directory) CreateConnection(
	ctx context.Context, by Actor, w Workspace, n NewConnection,
) (Connection, error) {
	n.Profile = cmp.Or(n.Profile, "generic")
	c := Connection{
		Root: w.Root, ID: ident.New(connectionIDLength), Workspace: w.ID,
		Name: n.Name, Profile: n.Profile, State: StateEnabled, Settings: n.Settings, Version: 1,
	}
	c.Settings.BrakeOpenUntil = time.Time{} // which is ReleaseBrake's
	if by.Name == ActorConfig {
		c.Origin = n.Origin
	}
	err := d.write(ctx, by, w, c.ID, func(ctx context.Context, p *plan) error {
		t, b, err := d.place(ctx, p, w)
		if err != nil {
			return err
		}
		if err := d.checkConnection(ctx, t, b, Connection{}, c); err != nil {
			return err
		}
		c.Created, c.Settled = p.now, b.Epoch // it has no documents yet
		if n.Disabled {
			c.State, c.StateBy, c.StateAt = StateDisabled, by.Name, p.now
		}
		p.Connections = append(p.Connections, insert(c))
		if n.SignInSecret != "" {
			p.Secrets = append(p.Secrets, d.sealSignInSecret(c, n.SignInSecret))
		}
		if err := p.noticeOfSignIn(b.Workspace, Connection{}, c); err != nil {
			return err
		}
		// See basePaths and tree.signIns.
		p.Reconfigures = p.Reconfigures || c.Settings.BasePath != "" || c.Settings.SignIn != nil
		return p.audit(ActionConnectionCreate, targetConnection, c.ID, "", newConnectionDetail(c))
	})
	if err != nil {
		return Connection{}, err
	}
	return c, nil
}

// UpdateConnection changes the name, the profile or the settings of a connection. What differs in nothing is not
// written (M12).
func (d *Directory) UpdateConnection(ctx context.Context, by Actor, c Connection, change ConnectionChange) (Connection, error) {
	var after Connection
	err := d.reconfigure(ctx, by, c.home(), c.ID, func(ctx context.Context, p *plan) error {
		t, b, err := d.place(ctx, p, c.home())
		if err != nil {
			return err
		}
		before, err := d.freshConnection(ctx, c)
		if err != nil {
			return err
		}
		if err := rests(change.Version, before.Version); err != nil {
			return err
		}
		after = before
		set(&after.Name, change.Name)
		set(&after.Profile, change.Profile)
		set(&after.Settings, change.Settings)
		after.Settings.BrakeOpenUntil = before.Settings.BrakeOpenUntil // which is ReleaseBrake's
		if by.Name == ActorConfig {
			set(&after.Origin, change.Origin)
		}
		changed := changedConnection(before, after)
		declared := len(changed) > 0 // by a file, perhaps; of which a secret is no part
		secret, err := d.secretAfter(ctx, before, after, change.SignInSecret)
		if err != nil {
			return err
		}
		if secret != nil {
			p.Secrets = append(p.Secrets, d.sealSignInSecret(c, *secret))
			changed = append(changed, signInSecretField)
		}
		if len(changed) == 0 {
			after = before
			return nil
		}
		if err := readOnly(by, before.Origin, "connection", before.Name); declared && err != nil {
			return err
		}
		if err := d.checkConnection(ctx, t, b, before, after); err != nil {
			return err
		}
		if err := p.noticeOfSignIn(b.Workspace, before, after); err != nil {
			return err
		}
		p.updateConnection(before, &after)
		if err := d.reruleJobs(ctx, p, &before, &after); err != nil {
			return err
		}
		detail := newConnectionDetail(after)
		detail.Changed = changed
		return p.audit(ActionConnectionUpdate, targetConnection, c.ID, "", detail)
	})
	return after, err
}

type connectionDetail struct {
	Name     string             `json:"name"`
	Profile  string             `json:"profile"`
	State    State              `json:"state"`
	Settings ConnectionSettings `json:"settings,omitzero"`
	Changed  []string           `json:"changed,omitempty"`
}

func newConnectionDetail(c Connection) connectionDetail {
	return connectionDetail{Name: c.Name, Profile: c.Profile, State: c.State, Settings: c.Settings}
}

func changedConnection(before, after Connection) []string {
	changed := document.ChangedFields(before.Settings, after.Settings)
	if before.Name != after.Name {
		changed = append(changed, "name")
	}
	if before.Profile != after.Profile {
		changed = append(changed, "profile")
	}
	if before.Origin != after.Origin {
		changed = append(changed, "origin")
	}
	slices.Sort(changed)
	return changed
}

// checkConnection refuses a connection that could not work. before is the zero value for a new one.
func (d *Directory) checkConnection(ctx context.Context, t *tree, b *branch, before, after Connection) error {
	if _, ok := scim.ProfileByName(after.Profile); !ok {
		return refuse(RefusedInvalid, "choose one of "+strings.Join(scim.ProfileNames(), ", "),
			"there is no profile %q", after.Profile)
	}
	if err := input.Name("connection name", after.Name); err != nil {
		return err
	}
	if before.Name != after.Name {
		if err := d.checkConnectionNameFree(ctx, b.Workspace, after.Name); err != nil {
			return err
		}
	}
	return d.checkConnectionSettings(ctx, t, b, before.Settings, after)
}

func (d *Directory) checkConnectionNameFree(ctx context.Context, w Workspace, name string) error {
	all, err := d.store.Connections(ctx, w.Root, w.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(all, func(c Connection) bool { return c.Name == name }) {
		return refuse(RefusedExists, "choose another name, or delete that connection first",
			"workspace %s has a connection named %q", w.Key, name)
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
	for _, is := range []func(Connection) bool{
		func(c Connection) bool { return c.Name == nameOrID },
		func(c Connection) bool { return c.ID == nameOrID },
	} {
		if i := slices.IndexFunc(all, is); i >= 0 {
			return all[i], nil
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

// DisableConnection switches the connection off until it is resumed. Tokens and users stay as they are (M17); who has
// signed in by it is signed out.
func (d *Directory) DisableConnection(ctx context.Context, by Actor, c Connection) (Connection, error) {
	return d.setState(ctx, by, c, StateDisabled, ActionConnectionDisable)
}

// ResumeConnection lets a paused or disabled connection work again. Resuming an enabled one changes nothing.
func (d *Directory) ResumeConnection(ctx context.Context, by Actor, c Connection) (Connection, error) {
	return d.setState(ctx, by, c, StateEnabled, ActionConnectionResume)
}

func (d *Directory) setState(
	ctx context.Context, by Actor, c Connection, to State, action string,
) (Connection, error) {
	var after Connection
	err := d.editConnection(ctx, by, c, func(_ context.Context, p *plan, before Connection) error {
		after = before
		if before.State == to {
			return nil
		}
		if before.State == StateDisabled && to == StatePaused {
			return refuse(RefusedInvalid, "resume it to let requests in", "connection %q is disabled", c.Name)
		}
		after.State, after.StateBy, after.StateAt = to, by.Name, p.now
		p.updateConnection(before, &after)
		return p.audit(action, targetConnection, c.ID, "", newConnectionDetail(after))
	})
	return after, err
}

// editConnection plans a change of a connection as it is now, or of what is its own. It holds at once in this process.
func (d *Directory) editConnection(
	ctx context.Context, by Actor, c Connection, build func(context.Context, *plan, Connection) error,
) error {
	err := d.write(ctx, by, c.home(), c.ID, func(ctx context.Context, p *plan) error {
		fresh, err := d.freshConnection(ctx, c)
		if err != nil {
			return err
		}
		return build(ctx, p, fresh)
	})
	d.credentials.Clear()
	return err
}

// updateConnection plans the row as it will be, one version further. Where nobody is to sign in by it any more, those who
// have are signed out, and no login that is under way commits after it.
func (p *plan) updateConnection(before Connection, after *Connection) {
	after.Version++
	p.Connections = append(p.Connections, update(before, *after))
	if before.LetsIn() && !after.LetsIn() {
		p.Reconfigures = true
		p.Ends = append(p.Ends, SessionEnd{Connection: before.ID, Reason: ReasonConnection, At: p.now})
	}
}

// LetsIn reports that people sign in by the connection. A pause keeps out who comes, and leaves who is there (M17).
func (c Connection) LetsIn() bool { return c.Settings.SignIn.on() && c.State != StateDisabled }

// home is the workspace of the connection, by its ids alone.
func (c Connection) home() Workspace { return Workspace{Root: c.Root, ID: c.Workspace} }

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
	if err := readOnly(by, c.Origin, "connection", c.Name); err != nil {
		return err
	}
	w := c.home()
	p := d.newPlan(by, w, c.ID)
	if err := p.audit(ActionConnectionDelete, targetConnection, c.ID, "", newConnectionDetail(c)); err != nil {
		return err
	}
	defer d.credentials.Clear()
	if err := d.shut(ctx, by, c); err != nil {
		return err
	}
	if err := d.orphan(ctx, by, w, c); err != nil {
		return err
	}
	return d.store.DeleteConnection(ctx, c.Root, c.ID, &p.Change)
}

// shut disables a connection that is about to be deleted, so that nobody comes while its people are marked.
func (d *Directory) shut(ctx context.Context, by Actor, c Connection) error {
	after := c
	after.State, after.StateBy, after.StateAt = StateDisabled, by.Name, d.now()
	after.Version++
	change := &Change{Root: c.Root, Connections: []Edit[Connection]{update(c, after)}}
	change.Reconfigures = c.Settings.SignIn != nil // no login that is under way commits after it
	change.Ends = []SessionEnd{{Connection: c.ID, Reason: ReasonConnection, At: d.now()}}
	err := d.store.Commit(ctx, change)
	if err == nil {
		d.trees.Delete(c.Root)
		d.committed(ctx, change)
	}
	d.credentials.Clear()
	return err
}
