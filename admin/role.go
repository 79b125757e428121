package admin

import (
	"slices"

	"github.com/usher-scim/usher/directory"
)

// Role is a named permission set of a workspace.
type Role struct {
	Name        string   `json:"name" doc:"Unique in its workspace; upper and lower case differ."`
	Description string   `json:"description,omitempty" doc:"For people."`
	Permissions []string `json:"permissions" doc:"What members with it may do: Usher's own, such as security.manage, and the app's."`
	Version     int64    `json:"version" doc:"Rises with every change; the ETag."`
}

func (r Role) version() int64 { return r.Version }

// NewRole makes a role.
type NewRole struct {
	Name        string   `json:"name" doc:"Unique in its workspace; upper and lower case differ."`
	Description string   `json:"description,omitzero" doc:"For people."`
	Permissions []string `json:"permissions,omitzero" doc:"What members with it may do."`
}

func (r NewRole) role() directory.Role {
	return directory.Role{Name: r.Name, Description: r.Description, Permissions: r.Permissions}
}

// RoleChange changes what it names.
type RoleChange struct {
	Description *string   `json:"description,omitzero" doc:"For people."`
	Permissions *[]string `json:"permissions,omitzero" doc:"All of them."`
}

func roleRoutes() []route {
	return []route{
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/roles", name: "listRoles", summary: "List the roles",
			scope: directory.ScopeWorkspacesRead, query: paged,
		}, (*call).listRoles),
		accept(route{
			method: "POST", pattern: "/workspaces/{workspace}/roles", name: "createRole", summary: "Make a role",
			scope: directory.ScopeWorkspacesWrite, creates: true,
			example: example{body: `{"name": "auditor", "description": "Reads everything", "permissions": ["audit.read"]}`},
		}, (*call).createRole),
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/roles/{role}", name: "getRole", summary: "Read a role",
			scope: directory.ScopeWorkspacesRead,
		}, (*call).getRole),
		accept(route{
			method: "PATCH", pattern: "/workspaces/{workspace}/roles/{role}", name: "updateRole", summary: "Change a role",
			scope: directory.ScopeWorkspacesWrite, matches: true, example: example{body: `{"permissions": ["reports.read"]}`},
		}, (*call).updateRole),
		answer(route{
			method: "DELETE", pattern: "/workspaces/{workspace}/roles/{role}", name: "deleteRole", summary: "Delete a role",
			doc: "One that members have, or that new ones get, stays.", scope: directory.ScopeWorkspacesWrite, matches: true,
		}, (*call).deleteRole),
	}
}

func newRoleView(r directory.Role) Role {
	permissions := r.Permissions
	if permissions == nil {
		permissions = []string{}
	}
	return Role{Name: r.Name, Description: r.Description, Permissions: permissions, Version: r.Version}
}

func (c *call) listRoles() (List[Role], error) {
	all, err := c.Directory.Roles(c.ctx, c.workspace)
	if err != nil {
		return List[Role]{}, err
	}
	return pageOf(c, all, func(r directory.Role) string { return r.Name }, newRoleView)
}

func (c *call) createRole(in NewRole) (Role, error) {
	r, err := c.Directory.CreateRole(c.ctx, c.by, c.workspace, in.role())
	if err != nil {
		return Role{}, err
	}
	c.location("workspaces", c.workspace.Key, "roles", r.Name)
	return newRoleView(r), nil
}

// role is the one that the path names.
func (c *call) role() (directory.Role, error) {
	name := c.path("role")
	all, err := c.Directory.Roles(c.ctx, c.workspace)
	if err != nil {
		return directory.Role{}, err
	}
	i := slices.IndexFunc(all, func(r directory.Role) bool { return r.Name == name })
	if i < 0 {
		return directory.Role{}, newProblem(notFound, "names are case-sensitive; list the roles to see them",
			"workspace %s has no role %q", c.workspace.Key, printable(name))
	}
	return all[i], nil
}

func (c *call) getRole() (Role, error) {
	r, err := c.role()
	return newRoleView(r), err
}

func (c *call) updateRole(in RoleChange) (Role, error) {
	before, err := c.role()
	if err != nil {
		return Role{}, err
	}
	if err := c.match(before.Version); err != nil {
		return Role{}, err
	}
	after, err := c.Directory.UpdateRole(c.ctx, c.by, c.workspace, before.Name, directory.RoleChange{
		Description: in.Description, Permissions: in.Permissions, Version: c.held(before.Version),
	})
	return newRoleView(after), err
}

func (c *call) deleteRole() (none, error) {
	r, err := c.role()
	if err != nil {
		return none{}, err
	}
	if err := c.match(r.Version); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.DeleteRole(c.ctx, c.by, c.workspace, r.Name)
}
