package directory

import (
	"cmp"
	"context"
	"errors"

	"github.com/usher-scim/usher/scim"
)

// Client is one connection's view of the directory: a scimserver.Backend of scope "own" (X2). It reaches the users
// and groups of its connection and nothing else.
type Client struct {
	Workspace  Workspace
	Connection Connection
	TokenID    string // empty for an operator
	Profile    scim.Profile
	Types      []*scim.ResourceType

	directory *Directory
	by        Actor
}

// ClientFor gives an operator the view that the connection has, whatever its state.
func (d *Directory) ClientFor(w Workspace, c Connection, by Actor) *Client {
	profile, _ := scim.ProfileByName(c.Profile)
	return &Client{
		Workspace: w, Connection: c, Profile: profile,
		Types:     []*scim.ResourceType{d.userType, d.groupType},
		directory: d, by: by,
	}
}

// The ids of the resource types, which are the types of members too.
const (
	typeUser  = "User"
	typeGroup = "Group"
)

// Create stores a new resource and returns it.
func (c *Client) Create(ctx context.Context, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	switch r.Type.ID {
	case typeUser:
		return c.createUser(ctx, r, w)
	case typeGroup:
		return c.createGroup(ctx, r, w)
	}
	return nil, unknownType(r.Type)
}

// Get returns one resource. It reads groups and members only when show has them.
func (c *Client) Get(
	ctx context.Context, t *scim.ResourceType, id string, show scim.Projection,
) (*scim.Record, error) {
	switch t.ID {
	case typeUser:
		u, err := c.user(ctx, id)
		if err != nil {
			return nil, err
		}
		return c.userRecord(ctx, u, &show)
	case typeGroup:
		g, err := c.group(ctx, id)
		if err != nil {
			return nil, err
		}
		return c.groupRecord(ctx, g, &show)
	}
	return nil, unknownType(t)
}

// List returns the matching resources in the order in which they were made (T-068), and their total.
func (c *Client) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	switch t.ID {
	case typeUser:
		return c.listUsers(ctx, t, q)
	case typeGroup:
		return c.listGroups(ctx, t, q)
	}
	return scim.Page{}, unknownType(t)
}

// Replace is PUT by D-09 and D-10.
func (c *Client) Replace(
	ctx context.Context, id string, r *scim.Resource, w scim.Write,
) (*scim.Record, error) {
	switch r.Type.ID {
	case typeUser:
		return c.updateUser(ctx, id, w, r.Replace)
	case typeGroup:
		return c.replaceGroup(ctx, id, r, w)
	}
	return nil, unknownType(r.Type)
}

// Patch applies p, or nothing of it.
func (c *Client) Patch(ctx context.Context, id string, p *scim.Patch, w scim.Write) (*scim.Record, error) {
	switch p.Type.ID {
	case typeUser:
		return c.updateUser(ctx, id, w, p.Apply)
	case typeGroup:
		return c.patchGroup(ctx, id, p, w)
	}
	return nil, unknownType(p.Type)
}

// Delete removes the resource. Its id and keys are free at once (D-17, T-103).
func (c *Client) Delete(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) error {
	switch t.ID {
	case typeUser:
		return c.deleteUser(ctx, id, w)
	case typeGroup:
		return c.deleteGroup(ctx, id, w)
	}
	return unknownType(t)
}

// edit makes the wanted resource from the stored one: scim.Resource.Replace or scim.Patch.Apply.
type edit func(stored *scim.Resource) (*scim.Resource, error)

// write plans and commits a change of this connection.
func (c *Client) write(ctx context.Context, build func(context.Context, *plan) error) error {
	err := c.directory.write(ctx, c.by, c.Workspace, c.Connection.ID, build)
	if errors.Is(err, ErrConflict) {
		err = c.orDeleted(ctx, err)
	}
	return scimError(err)
}

// orDeleted tells a conflict from a connection that was deleted meanwhile: a credential is remembered for a moment
// longer than it is good.
func (c *Client) orDeleted(ctx context.Context, conflict error) error {
	_, err := c.directory.store.Connection(ctx, c.Connection.Root, c.Connection.ID)
	if errors.Is(err, ErrNotFound) {
		return scim.NewError(scim.KindUnknownToken, authorization, "", "")
	}
	return cmp.Or(err, conflict)
}

// query is a list request of this connection.
func (c *Client) query(t *scim.ResourceType, q scim.Query) ListQuery {
	return ListQuery{
		Root: c.Connection.Root, Connection: c.Connection.ID, Type: t,
		Filter: q.Filter, StartIndex: q.StartIndex, Limit: q.Count,
	}
}

func unknownType(t *scim.ResourceType) error {
	return scim.NewError(scim.KindUnknownEndpoint, "", t.Endpoint, "/Users and /Groups")
}

// checkVersion refuses a write whose If-Match does not name the stored version (D-29).
func checkVersion(w scim.Write, version int64) error {
	if w.IfMatch.IsZero() || w.IfMatch.HoldsFor(version) {
		return nil
	}
	tag := ""
	if len(w.IfMatch.Tags) > 0 {
		tag = w.IfMatch.Tags[0]
	}
	return scim.NewError(scim.KindVersion, "If-Match", tag, "the version that a GET shows now, or no If-Match at all")
}

// taken is the refusal of a value that must be unique in the connection (T-108).
func taken(t *scim.ResourceType, attribute, value string) error {
	return scim.NewError(scim.KindTaken, attribute, value,
		"a "+attribute+" that no other "+t.Name+" of this connection has, upper and lower case being the same")
}

// scimError turns what a store says into what a SCIM caller may be told.
func scimError(err error) error {
	var known *scim.Error
	switch {
	case err == nil, errors.As(err, &known):
		return err
	case errors.Is(err, ErrNotFound): // it was there a moment ago
		return &scim.Error{Kind: scim.KindUnknownResource, Cause: err}
	case errors.Is(err, ErrConflict):
		return &scim.Error{Kind: scim.KindConflict, Cause: err}
	case errors.Is(err, ErrBusy):
		return &scim.Error{Kind: scim.KindBusy, Cause: err}
	}
	return err
}

// listError is scimError for a list: a scan that was too long names the filter (D-30).
func listError(q scim.Query, err error) error {
	if !errors.Is(err, ErrTooMany) || q.Filter == nil {
		return scimError(err)
	}
	return &scim.Error{
		Kind: scim.KindTooMany, Where: "filter", Value: q.Filter.String(), Cause: err,
		Allowed: "a filter with eq or sw on an attribute that the schema declares",
	}
}
