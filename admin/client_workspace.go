package admin

import (
	"context"
	"net/http"
	"net/url"

	"github.com/usher-scim/usher/directory"
)

// Workspaces lists the workspaces that the key reaches.
func (c *Client) Workspaces(ctx context.Context) ([]Workspace, error) {
	return every[Workspace](ctx, c, "/workspaces")
}

// Children lists the workspaces directly below.
func (c *Client) Children(ctx context.Context, workspace string) ([]Workspace, error) {
	return every[Workspace](ctx, c, within(workspace, "children"))
}

// Workspace reads a workspace by its key.
func (c *Client) Workspace(ctx context.Context, key string) (Workspace, error) {
	return get[Workspace](ctx, c, within(key), nil)
}

// CreateWorkspace makes a workspace.
func (c *Client) CreateWorkspace(ctx context.Context, n NewWorkspace) (Workspace, error) {
	return post[Workspace](ctx, c, "/workspaces", n)
}

// UpdateWorkspace changes a workspace.
func (c *Client) UpdateWorkspace(ctx context.Context, key string, change WorkspaceChange) (Workspace, error) {
	return patch[Workspace](ctx, c, within(key), change)
}

// DeleteWorkspace deletes a workspace with everything in it and below it. There is no way back.
func (c *Client) DeleteWorkspace(ctx context.Context, key string) error {
	return c.delete(ctx, within(key), key)
}

// Roles lists the roles of a workspace.
func (c *Client) Roles(ctx context.Context, workspace string) ([]Role, error) {
	return every[Role](ctx, c, within(workspace, "roles"))
}

// Role reads a role.
func (c *Client) Role(ctx context.Context, workspace, name string) (Role, error) {
	return get[Role](ctx, c, within(workspace, "roles", name), nil)
}

// CreateRole makes a role.
func (c *Client) CreateRole(ctx context.Context, workspace string, n NewRole) (Role, error) {
	return post[Role](ctx, c, within(workspace, "roles"), n)
}

// UpdateRole changes a role.
func (c *Client) UpdateRole(ctx context.Context, workspace, name string, change RoleChange) (Role, error) {
	return patch[Role](ctx, c, within(workspace, "roles", name), change)
}

// DeleteRole deletes a role.
func (c *Client) DeleteRole(ctx context.Context, workspace, name string) error {
	return c.delete(ctx, within(workspace, "roles", name), "")
}

// Teams lists the teams of a workspace.
func (c *Client) Teams(ctx context.Context, workspace string) ([]Team, error) {
	return every[Team](ctx, c, within(workspace, "teams"))
}

// Team reads a team.
func (c *Client) Team(ctx context.Context, workspace, name string) (Team, error) {
	return get[Team](ctx, c, within(workspace, "teams", name), nil)
}

// CreateTeam makes a team.
func (c *Client) CreateTeam(ctx context.Context, workspace string, n NewTeam) (Team, error) {
	return post[Team](ctx, c, within(workspace, "teams"), n)
}

// UpdateTeam changes a team.
func (c *Client) UpdateTeam(ctx context.Context, workspace, name string, change TeamChange) (Team, error) {
	return patch[Team](ctx, c, within(workspace, "teams", name), change)
}

// DeleteTeam deletes a team.
func (c *Client) DeleteTeam(ctx context.Context, workspace, name string) error {
	return c.delete(ctx, within(workspace, "teams", name), "")
}

// Domains lists the e-mail domains of the tenant.
func (c *Client) Domains(ctx context.Context, workspace string) ([]Domain, error) {
	return every[Domain](ctx, c, within(workspace, "domains"))
}

// Domain reads a domain.
func (c *Client) Domain(ctx context.Context, workspace, name string) (Domain, error) {
	return get[Domain](ctx, c, within(workspace, "domains", name), nil)
}

// ClaimDomain claims an e-mail domain for the tenant.
func (c *Client) ClaimDomain(ctx context.Context, workspace, name string) (Domain, error) {
	return post[Domain](ctx, c, within(workspace, "domains"), NewDomain{Name: name})
}

// CheckDomain looks for the challenge in the DNS now.
func (c *Client) CheckDomain(ctx context.Context, workspace, name string) (Domain, error) {
	return post[Domain](ctx, c, within(workspace, "domains", name, "check"), nil)
}

// ReleaseDomain gives a domain up.
func (c *Client) ReleaseDomain(ctx context.Context, workspace, name string) error {
	return c.delete(ctx, within(workspace, "domains", name), "")
}

// keysPath is where the API keys of a workspace are, or those of the installation.
func keysPath(workspace string, segments ...string) string {
	segments = append([]string{"keys"}, segments...)
	if workspace == "" {
		return address(segments...)
	}
	return within(workspace, segments...)
}

// Keys lists the API keys of a workspace and of those below, or of the installation when workspace is "".
func (c *Client) Keys(ctx context.Context, workspace string) ([]APIKey, error) {
	return every[APIKey](ctx, c, keysPath(workspace))
}

// CreateKey makes an API key of a workspace, or of the installation when workspace is "".
func (c *Client) CreateKey(ctx context.Context, workspace string, n NewAPIKey) (IssuedAPIKey, error) {
	return post[IssuedAPIKey](ctx, c, keysPath(workspace), n)
}

// RevokeKey revokes an API key of a workspace, or of the installation when workspace is "".
func (c *Client) RevokeKey(ctx context.Context, workspace, id string) error {
	return c.delete(ctx, keysPath(workspace, id), "")
}

// Licence counts the active members of a workspace and below from one day to another, such as 2030-01-02.
func (c *Client) Licence(ctx context.Context, workspace, from, to string) (LicenceView, error) {
	return get[LicenceView](ctx, c, within(workspace, "licence"), url.Values{"from": {from}, "to": {to}})
}

// VerifyAudit verifies the sealed chain of the tenant's audit log.
func (c *Client) VerifyAudit(ctx context.Context, workspace string, kept *directory.AuditCheckpoint) (directory.Verification, error) {
	return post[directory.Verification](ctx, c, within(workspace, "audit", "verify"), Check{Checkpoint: kept})
}

// Checkpoint seals what is there and returns the signed end of the chain.
func (c *Client) Checkpoint(ctx context.Context, workspace string) (directory.AuditCheckpoint, error) {
	return get[directory.AuditCheckpoint](ctx, c, within(workspace, "audit", "checkpoint"), nil)
}

// OpenAPI reads the API's own description.
func (c *Client) OpenAPI(ctx context.Context) (map[string]any, error) {
	var document map[string]any
	err := c.send(ctx, http.MethodGet, "/openapi.json", nil, nil, &document)
	return document, err
}
