package admin

import (
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Connection is one link from a workspace to one identity provider.
type Connection struct {
	ID             string                       `json:"id" doc:"Stands in its base URL."`
	Name           string                       `json:"name" doc:"Unique in its workspace."`
	Workspace      string                       `json:"workspace" doc:"The key of its workspace."`
	Profile        string                       `json:"profile" doc:"The preset of quirks, such as okta or entra."`
	BaseURL        string                       `json:"base_url,omitempty" doc:"What is pasted into the identity provider."`
	SignIn         *SignInURLs                  `json:"sign_in,omitempty" doc:"What is pasted into the identity provider for sign-in; the rules are settings.sign_in."`
	SignInSecret   bool                         `json:"sign_in_secret,omitempty" doc:"Whether there is a client secret for sign-in, which is never shown. Said when one connection is read."`
	State          directory.State              `json:"state" doc:"Whether it may be used."`
	StateBy        string                       `json:"state_by,omitempty" doc:"Who paused or disabled it."`
	StateAt        *time.Time                   `json:"state_at,omitempty" doc:"When that was."`
	LeaversHeld    bool                         `json:"leavers_held,omitempty" doc:"So many would leave at once that they are held; see release and rollback. Said when one connection is read."`
	Status         string                       `json:"status" enum:"inactive,active" doc:"Whether the identity provider has been heard."`
	FirstContactAt *time.Time                   `json:"first_contact_at,omitempty" doc:"When it was heard first."`
	LastContactAt  *time.Time                   `json:"last_contact_at,omitempty" doc:"When it was heard last, to the minute."`
	Schemas        []string                     `json:"schemas,omitempty" doc:"The declared schemas that it announces; not there: all."`
	Settings       directory.ConnectionSettings `json:"settings" doc:"The rules of the connection."`
	Origin         string                       `json:"origin,omitempty" doc:"The configuration file that declares it; it is then read-only."`
	CreatedAt      time.Time                    `json:"created_at" doc:"When it was made."`
	Version        int64                        `json:"version" doc:"Rises with every change; the ETag."`
}

func (c Connection) version() int64 { return c.Version }

// NewConnection makes a connection.
type NewConnection struct {
	Name     string                       `json:"name" doc:"Unique in its workspace."`
	Profile  string                       `json:"profile,omitzero" doc:"The preset of quirks, such as okta or entra. Defaults to generic."`
	Disabled bool                         `json:"disabled,omitzero" doc:"Make it disabled, to be resumed later."`
	Settings directory.ConnectionSettings `json:"settings,omitzero" doc:"The rules of the connection."`
}

// ConnectionChange changes what it names.
type ConnectionChange struct {
	Name     *string                       `json:"name,omitzero" doc:"Unique in its workspace."`
	Profile  *string                       `json:"profile,omitzero" doc:"The preset of quirks."`
	Settings *directory.ConnectionSettings `json:"settings,omitzero" doc:"Those that are named change, the others stay; null is the default."`
}

func connectionRoutes() []route {
	const (
		one           = "/workspaces/{workspace}/connections/{connection}"
		privilegedDoc = "To add a privileged role to settings.roles takes a key that has members.write as well, to change settings.sign_in one that has security.write."
	)
	const signInDoc = "Where people sign in by the connection this takes a key that has security.write as well."
	state := func(verb, name, summary, doc string, change func(*call, directory.Connection) (directory.Connection, error)) route {
		return answer(route{
			method: "POST", pattern: one + "/" + verb, name: name, summary: summary, doc: strings.TrimSpace(doc + " " + signInDoc),
			scope: directory.ScopeConnectionsWrite, matches: true,
		}, func(c *call) (Connection, error) {
			return c.changeState(func(c *call, k directory.Connection) (directory.Connection, error) {
				if err := c.maySwitch(k); err != nil {
					return k, err
				}
				return change(c, k)
			})
		})
	}
	return []route{
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/connections", name: "listConnections", summary: "List the connections",
			scope: directory.ScopeConnectionsRead, query: paged,
		}, (*call).listConnections),
		accept(route{
			method: "POST", pattern: "/workspaces/{workspace}/connections", name: "createConnection", summary: "Make a connection",
			doc:   "It needs a token before it can be used. " + privilegedDoc,
			scope: directory.ScopeConnectionsWrite, creates: true,
			example: example{body: `{"name": "entra", "profile": "entra", "settings": {"required": ["name.givenName"], "mapping": {"groups": [{"group": "Sales", "teams": ["sales"]}]}}}`},
		}, (*call).createConnection),
		answer(route{
			method: "GET", pattern: one, name: "getConnection", summary: "Read a connection", scope: directory.ScopeConnectionsRead,
		}, (*call).getConnection),
		accept(route{
			method: "PATCH", pattern: one, name: "updateConnection", summary: "Change a connection", doc: privilegedDoc,
			scope: directory.ScopeConnectionsWrite, matches: true,
			example: example{body: `{"settings": {"no_create": true}}`},
		}, (*call).updateConnection),
		answer(route{
			method: "DELETE", pattern: one, name: "deleteConnection", summary: "Delete a connection",
			doc:   "Its tokens and documents go, its people keep their memberships. " + signInDoc,
			scope: directory.ScopeConnectionsWrite, matches: true, query: []parameter{confirmation}, example: example{query: "confirm=okta"},
		}, (*call).deleteConnection),
		state("pause", "pauseConnection", "Pause a connection", "Its identity provider is answered 403, and catches up later.",
			func(c *call, k directory.Connection) (directory.Connection, error) {
				return c.Directory.PauseConnection(c.ctx, c.by, k)
			}),
		state("resume", "resumeConnection", "Resume a connection that is paused or disabled", "",
			func(c *call, k directory.Connection) (directory.Connection, error) {
				return c.Directory.ResumeConnection(c.ctx, c.by, k)
			}),
		state("disable", "disableConnection", "Disable a connection", "Its identity provider is answered 403, until it is resumed.",
			func(c *call, k directory.Connection) (directory.Connection, error) {
				return c.Directory.DisableConnection(c.ctx, c.by, k)
			}),
		answer(route{
			method: "POST", pattern: one + "/hook-secret", name: "rotateHookSecret", summary: "Make the secret that signs the questions to the hook",
			doc:   "In place of the one that there was, at once. It is in this answer and nowhere else.",
			scope: directory.ScopeConnectionsWrite,
		}, (*call).rotateHookSecret),
	}
}

// when is a time, or nil where there is none.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (c *call) showConnection(k directory.Connection) Connection {
	return Connection{
		ID: k.ID, Name: k.Name, Workspace: c.workspace.Key, Profile: k.Profile, BaseURL: c.BaseURL(k), SignIn: c.SignInURLs(k),
		State: k.State, StateBy: k.StateBy, StateAt: when(k.StateAt), Status: k.Status(),
		FirstContactAt: when(k.FirstContact), LastContactAt: when(k.LastContact), Schemas: k.Schemas,
		Settings: k.Settings, Origin: k.Origin, CreatedAt: k.Created, Version: k.Version,
	}
}

// connection is the one that the path names.
func (c *call) connection() (directory.Connection, error) {
	k, err := c.Directory.Connection(c.ctx, c.workspace, c.path("connection"))
	return k, inPath(err)
}

func (c *call) listConnections() (List[Connection], error) {
	all, err := c.Directory.Connections(c.ctx, c.workspace)
	if err != nil {
		return List[Connection]{}, err
	}
	return pageOf(c, all, func(k directory.Connection) string { return k.Name }, c.showConnection)
}

func (c *call) createConnection(in NewConnection) (Connection, error) {
	if err := c.maySet(directory.ConnectionSettings{}, in.Settings); err != nil {
		return Connection{}, err
	}
	n := directory.NewConnection{Name: in.Name, Profile: in.Profile, Disabled: in.Disabled, Settings: in.Settings}
	keys, err := c.SAML.SecretFor(nil, in.Settings.SignIn, "", c.Now())
	if err != nil {
		return Connection{}, err
	}
	if keys != nil {
		n.SignInSecret = *keys
	}
	k, err := c.Directory.CreateConnection(c.ctx, c.by, c.workspace, n)
	if err != nil {
		return Connection{}, err
	}
	c.location("workspaces", c.workspace.Key, "connections", k.ID)
	return c.showConnection(k), nil
}

func (c *call) getConnection() (Connection, error) {
	k, err := c.connection()
	if err != nil {
		return Connection{}, err
	}
	brake, err := c.Directory.BrakeOf(c.ctx, k)
	shown := c.showConnection(k)
	shown.LeaversHeld = brake.Held
	if err == nil {
		shown.SignInSecret, err = c.Directory.HasSignInSecret(c.ctx, k)
	}
	return shown, err
}

func (c *call) updateConnection(in ConnectionChange) (Connection, error) {
	var k directory.Connection
	err := c.merged(func() (err error) {
		if k, err = c.connection(); err != nil {
			return err
		}
		if err := c.match(k.Version); err != nil {
			return err
		}
		k, err = c.changeConnection(k, in)
		return err
	})
	return c.showConnection(k), err
}

func (c *call) changeConnection(k directory.Connection, in ConnectionChange) (directory.Connection, error) {
	change := directory.ConnectionChange{Name: in.Name, Profile: in.Profile, Version: c.held(k.Version)}
	if in.Settings != nil {
		settings := k.Settings
		if err := c.merge("settings", &settings); err != nil {
			return k, err
		}
		if err := c.maySet(k.Settings, settings); err != nil {
			return k, err
		}
		secret, err := c.secretFor(k, settings)
		if err != nil {
			return k, err
		}
		change.Settings, change.SignInSecret, change.Version = &settings, secret, k.Version
	}
	return c.Directory.UpdateConnection(c.ctx, c.by, k, change)
}

// maySet leaves the brake to who releases it (B10), and keeps a key from granting by a connection what it could not
// grant by hand: a role that opens the doors of the workspace itself (B11).
func (c *call) maySet(before, after directory.ConnectionSettings) error {
	if !after.BrakeOpenUntil.Equal(before.BrakeOpenUntil) {
		return newProblem(invalid, "leave it out; releasing the brake sets it", "settings.brake_open_until cannot be set here")
	}
	if err := c.maySecure("settings.sign_in", before.SignIn, after.SignIn); err != nil {
		return err
	}
	added := slices.DeleteFunc(slices.Clone(after.Roles), func(name string) bool { return slices.Contains(before.Roles, name) })
	if len(added) == 0 || c.key.Has(directory.ScopeMembersWrite) {
		return nil
	}
	privileged, err := c.privilegedRoles()
	if err != nil {
		return err
	}
	for _, name := range added {
		if privileged[name] {
			return newProblem(forbidden, "leave it out, or use a key that has the scope "+directory.ScopeMembersWrite+" as well",
				"the role %q is privileged, and the key cannot grant it by hand", printable(name))
		}
	}
	return nil
}

// privilegedRoles are the names that are those of a privileged role in the workspace or below it.
func (c *call) privilegedRoles() (map[string]bool, error) {
	below, err := c.keysBelow()
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for id := range below {
		roles, err := c.Directory.Roles(c.ctx, directory.Workspace{Root: c.workspace.Root, ID: id})
		if err != nil {
			return nil, err
		}
		for _, r := range roles {
			names[r.Name] = names[r.Name] || r.Privileged()
		}
	}
	return names, nil
}

func (c *call) deleteConnection() (none, error) {
	k, err := c.connection()
	if err != nil {
		return none{}, err
	}
	if err := c.match(k.Version); err != nil {
		return none{}, err
	}
	if err := c.maySwitch(k); err != nil {
		return none{}, err
	}
	if err := c.confirmed(k.Name); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.DeleteConnection(c.ctx, c.by, k)
}

func (c *call) changeState(change func(*call, directory.Connection) (directory.Connection, error)) (Connection, error) {
	k, err := c.connection()
	if err != nil {
		return Connection{}, err
	}
	if err := c.match(k.Version); err != nil {
		return Connection{}, err
	}
	k, err = change(c, k)
	return c.showConnection(k), err
}

// HookSecret signs the questions to the hook of a connection.
type HookSecret struct {
	Secret string `json:"secret" doc:"The secret, whsec_…, shown this once."`
}

func (c *call) rotateHookSecret() (HookSecret, error) {
	k, err := c.connection()
	if err != nil {
		return HookSecret{}, err
	}
	secret, err := c.Directory.RotateHookSecret(c.ctx, c.by, k)
	return HookSecret{Secret: secret}, err
}
