package directory

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// Client is one connection's view of the directory: a scimserver.Backend of scope "own" (X2). It reaches the users
// and groups of its connection and nothing else.
type Client struct {
	Workspace  Workspace
	Connection Connection
	TokenID    string // empty for an operator
	User       string // id of the user that the token is bound to: /Me. May be empty
	// ClientCredentials says that the connection has live client secrets, for discovery. False for an operator.
	ClientCredentials bool
	Profile           scim.Profile
	Types             []*scim.ResourceType

	directory *Directory
	by        Actor
	basis     *Basis // what Types rest on; nil: on what is built in
}

// ClientFor gives an operator the view that the connection has, whatever its state.
func (d *Directory) ClientFor(w Workspace, c Connection, by Actor) *Client {
	client, err := d.client(w, c, by)
	if err != nil { // a declaration that cannot be read: what rests on it can be neither shown nor written
		d.log.Error("declarations left out", "workspace", w.Key, "connection", c.ID, "error", err)
	}
	return client
}

// client is the view of a connection. Beside an error it has the built-in types only.
func (d *Directory) client(w Workspace, c Connection, by Actor) (*Client, error) {
	profile, _ := scim.ProfileByName(c.Profile)
	types, basis, err := d.typesOf(w, c)
	return &Client{
		Workspace: w, Connection: c, Profile: profile, Types: withDiscovery(types, c.Settings),
		directory: d, by: by, basis: basis,
	}, err
}

// freshClient is the view of a connection as it is now.
func (d *Directory) freshClient(ctx context.Context, c Connection, by Actor) (*Client, error) {
	c, err := d.freshConnection(ctx, c)
	if err != nil {
		return nil, err
	}
	w, err := d.store.Workspace(ctx, c.Root, c.Workspace)
	if err != nil {
		return nil, err
	}
	return d.client(w, c, by)
}

// User and Group come first among the types; see scim.ResourceTypes.
func (c *Client) userType() *scim.ResourceType  { return c.Types[0] }
func (c *Client) groupType() *scim.ResourceType { return c.Types[1] }

// declares reports whether the type is a declared one of this connection.
func (c *Client) declares(t *scim.ResourceType) bool {
	for _, own := range c.Types[2:] {
		if own.ID == t.ID && !own.ReadOnly {
			return true
		}
	}
	return false
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
	if c.declares(r.Type) {
		return c.createResource(ctx, r, w)
	}
	return nil, c.unknownType(r.Type)
}

// Get returns one resource. It reads groups and members only when show has them.
func (c *Client) Get(
	ctx context.Context, t *scim.ResourceType, id string, show scim.Projection,
) (*scim.Record, error) {
	switch t.ID {
	case typeUser:
		u, err := c.user(ctx, id)
		if isUnknown(err) && c.shares() {
			return c.getOther(ctx, id)
		}
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
	if c.declares(t) {
		return c.getResource(ctx, t, id)
	}
	if c.discovers(t) {
		return c.getGrantable(ctx, t, id)
	}
	return nil, c.unknownType(t)
}

// List returns the matching resources, in the order in which they were made unless a sort is asked for (T-068), and
// their total.
func (c *Client) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	switch t.ID {
	case typeUser:
		return c.listUsers(ctx, t, q)
	case typeGroup:
		return c.listGroups(ctx, t, q)
	}
	if c.declares(t) {
		return c.listResources(ctx, t, q)
	}
	if c.discovers(t) {
		return c.listGrantable(ctx, t, q)
	}
	return scim.Page{}, c.unknownType(t)
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
	if c.declares(r.Type) {
		return c.updateResource(ctx, r.Type, id, w, r.Replace)
	}
	return nil, c.unknownType(r.Type)
}

// Patch applies p, or nothing of it.
func (c *Client) Patch(ctx context.Context, id string, p *scim.Patch, w scim.Write) (*scim.Record, error) {
	switch p.Type.ID {
	case typeUser:
		return c.updateUser(ctx, id, w, p.Apply)
	case typeGroup:
		return c.patchGroup(ctx, id, p, w)
	}
	if c.declares(p.Type) {
		return c.updateResource(ctx, p.Type, id, w, p.Apply)
	}
	return nil, c.unknownType(p.Type)
}

// Delete removes the resource. Its id and keys are free at once (D-17, T-103).
func (c *Client) Delete(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) error {
	switch t.ID {
	case typeUser:
		return c.deleteUser(ctx, id, w)
	case typeGroup:
		return c.deleteGroup(ctx, id, w)
	}
	if c.declares(t) {
		return c.deleteResource(ctx, t, id, w)
	}
	return c.unknownType(t)
}

// edit makes the wanted resource from the stored one: scim.Resource.Replace or scim.Patch.Apply.
type edit func(stored *scim.Resource) (*scim.Resource, error)

// write plans and commits a change of this connection.
func (c *Client) write(ctx context.Context, build func(context.Context, *plan) error) error {
	err := c.directory.write(ctx, c.by, c.Workspace, c.Connection.ID, func(ctx context.Context, p *plan) error {
		p.Basis = c.basis
		if err := build(ctx, p); err != nil {
			return err
		}
		p.note(ctx)
		return c.checkMemberships(ctx, p)
	})
	var held *scim.Error
	switch {
	case errors.As(err, &held) && held.Kind == scim.KindHeld:
		c.tellHeld(ctx, err)
	case errors.Is(err, ErrConflict):
		err = c.orDeleted(ctx, err)
	case errors.Is(err, ErrStale): // another process declared something: the next request is to know it
		c.directory.credentials.Clear()
	}
	return scimError(err)
}

// checkMemberships passes the guard and the brake.
func (c *Client) checkMemberships(ctx context.Context, p *plan) error {
	if len(p.Memberships) == 0 {
		return nil
	}
	if err := c.directory.guard(ctx, p, p.policy.roles); err != nil {
		return err
	}
	return c.directory.brake(ctx, p, p.policy.connection)
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
		Filter: q.Filter, Sort: q.Sort, After: q.After, StartIndex: q.StartIndex, Limit: q.Count,
	}
}

// unknownType refuses a type that the connection does not announce, or not any more.
func (c *Client) unknownType(t *scim.ResourceType) error {
	endpoints := make([]string, len(c.Types))
	for i, own := range c.Types {
		endpoints[i] = own.Endpoint
	}
	return scim.NewError(scim.KindUnknownEndpoint, "", t.Endpoint, strings.Join(endpoints, ", "))
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
	case errors.Is(err, ErrBusy), errors.Is(err, ErrStale):
		return &scim.Error{Kind: scim.KindBusy, Cause: err}
	}
	return err
}

// listError is scimError for a list: a scan that was too long names the filter, or the attribute that was to be
// sorted by (D-30).
func listError(q scim.Query, err error) error {
	switch {
	case !errors.Is(err, ErrTooMany):
		return scimError(err)
	case q.Filter != nil:
		return &scim.Error{
			Kind: scim.KindTooMany, Where: "filter", Value: q.Filter.String(), Cause: err,
			Allowed: "a filter with eq or sw on an attribute that the schema declares",
		}
	case q.Sort != nil:
		return &scim.Error{
			Kind: scim.KindTooMany, Where: "sortBy", Value: q.Sort.Path.String(), Cause: err,
			Allowed: "a sort by an attribute that is indexed, such as id, externalId or meta.created, or a filter that leaves fewer",
		}
	}
	return scimError(err)
}
