package directory

import (
	"context"
	"slices"

	"github.com/usher-scim/usher/scim"
)

// What a connection can grant, as resources that are read and never written: Okta's Roles and Entitlements discovery.
// They are few and have no rows of their own, so lists are made in memory.

// withDiscovery adds the types to those of a connection that announces them. What the workspace declares itself under
// one of their names or endpoints stays as it is.
func withDiscovery(types []*scim.ResourceType, s ConnectionSettings) []*scim.ResourceType {
	if !s.RoleDiscovery {
		return types
	}
	types = slices.Clip(types) // of all connections that announce nothing else
	for _, t := range []*scim.ResourceType{scim.RoleType(), scim.TeamType()} {
		if !slices.ContainsFunc(types, func(own *scim.ResourceType) bool { return own.ID == t.ID || own.Endpoint == t.Endpoint }) {
			types = append(types, t)
		}
	}
	return types
}

// discovers reports whether the type is one of the discovery, which this connection announces.
func (c *Client) discovers(t *scim.ResourceType) bool {
	return t.ReadOnly && slices.Contains(c.Types, t)
}

// grantable lists what can be granted, by name.
func (c *Client) grantable(ctx context.Context, t *scim.ResourceType) ([]*scim.Record, error) {
	if t == scim.RoleType() {
		return c.grantableRoles(ctx, t)
	}
	return c.grantableTeams(ctx, t)
}

// grantableRoles lists the roles of the workspace that the connection may grant (B11).
func (c *Client) grantableRoles(ctx context.Context, t *scim.ResourceType) ([]*scim.Record, error) {
	roles, err := c.directory.store.Roles(ctx, c.Workspace.Root, c.Workspace.ID)
	if err != nil {
		return nil, err
	}
	var list []*scim.Record
	for _, r := range roles {
		if c.Connection.Settings.grants(r) {
			list = append(list, grantable(t, r.Name, r.Description, r.Version))
		}
	}
	return numbered(list), nil
}

func (c *Client) grantableTeams(ctx context.Context, t *scim.ResourceType) ([]*scim.Record, error) {
	teams, err := c.directory.store.Teams(ctx, c.Workspace.Root, c.Workspace.ID)
	if err != nil {
		return nil, err
	}
	var list []*scim.Record
	for _, team := range teams {
		r := grantable(t, team.Name, team.Description, team.Version)
		r.Created = team.Created
		list = append(list, r)
	}
	return numbered(list), nil
}

// grants reports whether the connection may grant the role: it is on its list, or there is none and the role is not
// privileged (B11).
func (s ConnectionSettings) grants(r Role) bool {
	return slices.Contains(s.Roles, r.Name) || s.Roles == nil && !r.Privileged()
}

// maxShownDescription is how much Okta takes.
const maxShownDescription = 1000

func grantable(t *scim.ResourceType, name, description string, version int64) *scim.Record {
	o := &scim.Object{}
	o.Set("displayName", name)
	if t.Schema.Attribute("type") != nil {
		o.Set("type", t.Name)
	}
	if text := []rune(description); len(text) > 0 {
		o.Set("description", string(text[:min(len(text), maxShownDescription)]))
	}
	return &scim.Record{Type: t, ID: scim.DiscoveredID(name), Version: max(version, 1), Body: scim.AppendJSON(nil, o)}
}

// numbered gives the records their places.
func numbered(list []*scim.Record) []*scim.Record {
	for i, r := range list {
		r.Seq = int64(i + 1)
	}
	return list
}

func (c *Client) getGrantable(ctx context.Context, t *scim.ResourceType, id string) (*scim.Record, error) {
	all, err := c.grantable(ctx, t)
	if err != nil {
		return nil, scimError(err)
	}
	for _, r := range all {
		if r.ID == id {
			return r, nil
		}
	}
	return nil, scim.NewError(scim.KindUnknownEndpoint, "path", t.Endpoint+"/"+id, "what GET "+t.Endpoint+" lists for this connection")
}

func (c *Client) listGrantable(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	all, err := c.grantable(ctx, t)
	if err != nil {
		return scim.Page{}, scimError(err)
	}
	return q.Answer(all)
}
