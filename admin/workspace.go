package admin

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Workspace is what a person gets access to.
type Workspace struct {
	Key         string                      `json:"key" doc:"Unique in the installation; upper and lower case differ."`
	Name        string                      `json:"name" doc:"For people."`
	Parent      string                      `json:"parent,omitempty" doc:"The key of the workspace above, as far as the API key reaches."`
	DefaultRole string                      `json:"default_role" doc:"The role of who joins without one."`
	Settings    directory.WorkspaceSettings `json:"settings" doc:"What an admin of the workspace decides."`
	CreatedAt   time.Time                   `json:"created_at" doc:"When it was made."`
	Version     int64                       `json:"version" doc:"Rises with every change; the ETag."`
}

func (w Workspace) version() int64 { return w.Version }

// NewWorkspace makes a workspace.
type NewWorkspace struct {
	Key         string                      `json:"key" doc:"1 to 64 of A-Z, a-z, 0-9 and -, such as ACC123."`
	Name        string                      `json:"name,omitzero" doc:"For people. Defaults to the key."`
	Parent      string                      `json:"parent,omitzero" doc:"The key of the workspace above. Defaults to none: it is the root of a tenant, which takes a key of the installation."`
	DefaultRole string                      `json:"default_role,omitzero" doc:"Made with the workspace. Defaults to member."`
	Roles       []NewRole                   `json:"roles,omitzero" doc:"Roles that are made with it."`
	Settings    directory.WorkspaceSettings `json:"settings,omitzero" doc:"What an admin of the workspace decides."`
}

// WorkspaceChange changes what it names.
type WorkspaceChange struct {
	Name        *string                      `json:"name,omitzero" doc:"For people."`
	DefaultRole *string                      `json:"default_role,omitzero" doc:"A role that exists."`
	Settings    *directory.WorkspaceSettings `json:"settings,omitzero" doc:"Those that are named change, the others stay; null is the default."`
}

var confirmation = parameter{name: "confirm", kind: "string", doc: "The same once more, so that nobody deletes the wrong one."}

func workspaceRoutes() []route {
	return []route{
		answer(route{
			method: "GET", pattern: "/workspaces", name: "listWorkspaces", summary: "List the workspaces that the key reaches",
			scope: directory.ScopeWorkspacesRead, query: paged,
		}, (*call).listWorkspaces),
		accept(route{
			method: "POST", pattern: "/workspaces", name: "createWorkspace", summary: "Make a workspace",
			doc:   "Below one that is not entitled to provisioning it is not entitled either, unless a key of the installation makes it.",
			scope: directory.ScopeWorkspacesWrite, creates: true,
			example: example{body: `{"key": "ACC789", "name": "Acme Nordics", "parent": "ACME", "roles": [{"name": "viewer"}], "settings": {"first_status": "invited"}}`},
		}, (*call).createWorkspace),
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}", name: "getWorkspace", summary: "Read a workspace",
			scope: directory.ScopeWorkspacesRead,
		}, (*call).getWorkspace),
		accept(route{
			method: "PATCH", pattern: "/workspaces/{workspace}", name: "updateWorkspace", summary: "Change a workspace",
			doc:   "To change settings.security or settings.require_sso takes a key that has security.write as well; settings.method has an operation of its own.",
			scope: directory.ScopeWorkspacesWrite, matches: true,
			example: example{body: `{"name": "Acme Europe", "settings": {"time_zone": "Europe/Paris"}}`},
		}, (*call).updateWorkspace),
		answer(route{
			method: "DELETE", pattern: "/workspaces/{workspace}", name: "deleteWorkspace",
			summary: "Delete a workspace with everything in it and below it", doc: "There is no way back. Where people sign in by a connection in it this takes a key that has security.write as well.",
			scope: directory.ScopeWorkspacesWrite, matches: true, query: []parameter{confirmation},
			example: example{query: "confirm=ACC123"},
		}, (*call).deleteWorkspace),
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/children", name: "listChildren",
			summary: "List the workspaces directly below", scope: directory.ScopeWorkspacesRead, query: paged,
		}, (*call).listChildren),
	}
}

// showWorkspace shows a workspace. Its parent is named when the key reaches it.
func (c *call) showWorkspace(w directory.Workspace) (Workspace, error) {
	keys, err := c.keys(w.Root)
	return newWorkspaceView(w, keys), err
}

func newWorkspaceView(w directory.Workspace, keys map[string]string) Workspace {
	return Workspace{
		Key: w.Key, Name: w.Name, Parent: keys[w.Parent], DefaultRole: w.DefaultRole, Settings: w.Settings,
		CreatedAt: w.Created, Version: w.Version,
	}
}

func workspacePlace(w directory.Workspace) string { return w.Key }

func (c *call) listWorkspaces() (List[Workspace], error) {
	all, err := c.reached()
	if err != nil {
		return List[Workspace]{}, err
	}
	keys := keysByID(all)
	return pageOf(c, all, workspacePlace, func(w directory.Workspace) Workspace { return newWorkspaceView(w, keys) })
}

// reached lists every workspace that the key reaches.
func (c *call) reached() ([]directory.Workspace, error) {
	if c.key.Root == "" {
		return c.Directory.Workspaces(c.ctx)
	}
	return c.Directory.Reach(c.ctx, c.key, c.key.Root)
}

func (c *call) createWorkspace(in NewWorkspace) (Workspace, error) {
	if err := c.mayPlace(&in); err != nil {
		return Workspace{}, err
	}
	if err := c.maySecureWorkspace(directory.WorkspaceSettings{}, in.Settings); err != nil {
		return Workspace{}, err
	}
	n := directory.NewWorkspace{
		Key: in.Key, Name: in.Name, DefaultRole: in.DefaultRole, Parent: in.Parent, Settings: in.Settings,
	}
	for _, r := range in.Roles {
		n.Roles = append(n.Roles, r.role())
	}
	w, err := c.Directory.CreateWorkspace(c.ctx, c.by, n)
	if err != nil {
		return Workspace{}, err
	}
	c.location("workspaces", w.Key)
	return c.showWorkspace(w)
}

// mayPlace keeps a key inside its reach, and what only the operator entitles as it is above: a workspace of one's own
// making below is no way around that (E8).
func (c *call) mayPlace(in *NewWorkspace) error {
	if err := c.mayEntitle("", in.Settings); err != nil {
		return err
	}
	if in.Parent == "" && c.key.Root != "" {
		return newProblem(forbidden, "name a parent that the key reaches", "a new tenant takes a key of the installation")
	}
	if in.Parent == "" {
		return nil
	}
	above, err := c.find(in.Parent)
	if err == nil && above.Settings.Provisioning == directory.ProvisioningUnentitled && c.key.Root != "" {
		in.Settings.Provisioning = directory.ProvisioningUnentitled
	}
	return err
}

// mayEntitle leaves the entitlement to the operator (E8), and the origin to the configuration file (X11).
func (c *call) mayEntitle(before directory.ProvisioningState, after directory.WorkspaceSettings) error {
	if after.Origin != "" {
		return newProblem(invalid, "leave it out", "settings.origin cannot be set here")
	}
	states := []directory.ProvisioningState{before, after.Provisioning}
	if before != after.Provisioning && slices.Contains(states, directory.ProvisioningUnentitled) && c.key.Root != "" {
		return newProblem(forbidden, "use a key of the installation", "only the operator entitles a workspace to provisioning")
	}
	return nil
}

func (c *call) getWorkspace() (Workspace, error) { return c.showWorkspace(c.workspace) }

func (c *call) updateWorkspace(in WorkspaceChange) (Workspace, error) {
	var w directory.Workspace
	err := c.merged(func() error {
		before, err := c.find(c.workspace.Key)
		if err != nil {
			return err
		}
		if err := c.match(before.Version); err != nil {
			return err
		}
		w, err = c.changeWorkspace(before, in)
		return err
	})
	if err != nil {
		return Workspace{}, err
	}
	return c.showWorkspace(w)
}

func (c *call) changeWorkspace(before directory.Workspace, in WorkspaceChange) (directory.Workspace, error) {
	change := directory.WorkspaceChange{Name: in.Name, DefaultRole: in.DefaultRole, Version: c.held(before.Version)}
	if in.Settings != nil {
		settings, origin := before.Settings, before.Settings.Origin
		settings.Origin = ""
		if err := c.merge("settings", &settings); err != nil {
			return before, err
		}
		if err := c.mayEntitle(before.Settings.Provisioning, settings); err != nil {
			return before, err
		}
		if err := unconfirmed(before.Settings, settings); err != nil {
			return before, err
		}
		if err := c.maySecureWorkspace(before.Settings, settings); err != nil {
			return before, err
		}
		settings.Origin = origin
		change.Settings, change.Version = &settings, before.Version
	}
	return c.Directory.UpdateWorkspace(c.ctx, c.by, before, change)
}

func (c *call) deleteWorkspace() (none, error) {
	if err := c.match(c.workspace.Version); err != nil {
		return none{}, err
	}
	if err := c.confirmed(c.workspace.Key); err != nil {
		return none{}, err
	}
	if err := c.maySwitchAll(c.workspace); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.DeleteWorkspace(c.ctx, c.by, c.workspace.Key)
}

// confirmed refuses what cannot be taken back unless it is named twice.
func (c *call) confirmed(name string) error {
	if c.query.Get("confirm") == name {
		return nil
	}
	return newProblem(invalid, "add confirm="+name+" to the query", "what is deleted here cannot be brought back")
}

func (c *call) listChildren() (List[Workspace], error) {
	all, err := c.Directory.Children(c.ctx, c.workspace)
	if err != nil {
		return List[Workspace]{}, err
	}
	keys := map[string]string{c.workspace.ID: c.workspace.Key}
	return pageOf(c, all, workspacePlace, func(w directory.Workspace) Workspace { return newWorkspaceView(w, keys) })
}
