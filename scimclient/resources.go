package scimclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"

	"github.com/usher-scim/usher/scim"
)

// mediaType is that of every SCIM body (RFC 7644 §3.1).
const mediaType = "application/scim+json"

// Resources are the resources of one endpoint, as values of T: a struct with json
// tags such as [User], one that embeds it and adds extensions, or [scim.Object] for
// untyped access. It is a small value; [Client.Users] and [Client.Groups] make the usual ones.
//
//	type Employee struct {
//		scimclient.User
//		Badge struct {
//			Number string `json:"number,omitempty"`
//		} `json:"urn:example:params:scim:schemas:extension:badge:2.0:User,omitzero"`
//	}
//
//	staff := scimclient.Resources[Employee]{Client: c, Endpoint: "/Users", Schema: scim.URNUser}
type Resources[T any] struct {
	Client *Client
	// Endpoint is the resource type's endpoint with its slash: "/Users".
	Endpoint string
	// Schema is the base schema's URN, sent in "schemas" when a resource has none.
	Schema string
	// Options hold for every call. See [Resources.With].
	Options Options
}

// Options are what the calls on single resources have in common. The zero value asks for nothing special.
type Options struct {
	// Attributes are the only attributes that answers shall have, beside those that are always returned.
	// ExcludedAttributes are those that they shall not have. At most one of the two may be set. See RFC 7644 §3.9.
	Attributes         []string
	ExcludedAttributes []string
	// IfMatch is the version that the resource must still have; otherwise the call changes nothing and ends with
	// ErrVersion. Replace, Patch, Delete. See RFC 7644 §3.14.
	IfMatch string
	// IfNoneMatch is the version that the caller has already; if it is still the present one, Get ends with
	// ErrNotModified.
	IfNoneMatch string
}

// Users are the users of the server.
func (c *Client) Users() Resources[User] {
	return Resources[User]{Client: c, Endpoint: "/Users", Schema: scim.URNUser}
}

// Groups are the groups of the server.
func (c *Client) Groups() Resources[Group] {
	return Resources[Group]{Client: c, Endpoint: "/Groups", Schema: scim.URNGroup}
}

// With returns the same resources under other options:
//
//	users.With(scimclient.Options{IfMatch: u.Version()}).Replace(ctx, u.ID, u)
func (r Resources[T]) With(o Options) Resources[T] {
	r.Options = o
	return r
}

// Get reads a resource. See RFC 7644 §3.4.1.
func (r Resources[T]) Get(ctx context.Context, id string) (*T, error) {
	v, _, err := r.get(ctx, id)
	return v, err
}

// get returns the version too, for types that do not remember it.
func (r Resources[T]) get(ctx context.Context, id string) (*T, string, error) {
	req, err := r.request(http.MethodGet, id, nil)
	if err != nil {
		return nil, "", err
	}
	res, err := r.Client.call(ctx, req, true)
	if err != nil {
		return nil, "", err
	}
	v, err := read[T](res)
	return v, version(res), err
}

// Create makes a resource and returns it as the server keeps it, with its id. See RFC 7644 §3.3.
func (r Resources[T]) Create(ctx context.Context, v *T) (*T, error) {
	body, err := encode(v, r.Schema)
	if err != nil {
		return nil, fmt.Errorf("scimclient: create in %s: %w", r.Endpoint, err)
	}
	res, err := r.Client.call(ctx, r.at(http.MethodPost, "", body), false)
	if err != nil {
		return nil, err
	}
	if len(res.Body) == 0 { // R-046 is a SHOULD
		r.Options.IfNoneMatch = ""
		return r.Get(ctx, idOf(res.Header.Get("Location")))
	}
	return read[T](res)
}

// Replace puts a resource in the place of the one with that id. See RFC 7644
// §3.5.1.
//
// Of a resource that Get, Create or a list has returned, if its type embeds
// [Received], Replace sends what the caller changed together with everything that
// the server had sent: extensions and attributes that T does not declare are not lost.
// Otherwise it sends exactly v, and most servers clear what v leaves out. So a
// resource that was read in part (Options.Attributes) is changed by Patch.
func (r Resources[T]) Replace(ctx context.Context, id string, v *T) (*T, error) {
	body, err := replacement(id, v, r.Schema)
	if err != nil {
		return nil, fmt.Errorf("scimclient: replace %s in %s: %w", id, r.Endpoint, err)
	}
	req, err := r.request(http.MethodPut, id, body)
	if err != nil {
		return nil, err
	}
	res, err := r.Client.call(ctx, req, r.Options.IfMatch == "")
	if err != nil {
		return nil, err
	}
	if len(res.Body) == 0 {
		r.Options.IfNoneMatch = "" // what Get returns here is the answer to a write
		return r.Get(ctx, id)
	}
	return read[T](res)
}

// Patch changes parts of a resource. It returns nil when the server answers without the resource (204), as many do
// for groups; Options.Attributes asks for an answer with it. See RFC 7644 §3.5.2.
func (r Resources[T]) Patch(ctx context.Context, id string, p Patch) (*T, error) {
	body, err := marshal(p)
	if err != nil {
		return nil, fmt.Errorf("scimclient: patch %s in %s: %w", id, r.Endpoint, err)
	}
	req, err := r.request(http.MethodPatch, id, body)
	if err != nil {
		return nil, err
	}
	res, err := r.Client.call(ctx, req, false)
	if err != nil || len(res.Body) == 0 {
		return nil, err
	}
	return read[T](res)
}

// Delete removes a resource. ErrNotFound may also say that an earlier attempt of the
// same call, whose answer was lost, has removed it. See RFC 7644 §3.6.
func (r Resources[T]) Delete(ctx context.Context, id string) error {
	req, err := r.request(http.MethodDelete, id, nil)
	if err != nil {
		return err
	}
	_, err = r.Client.call(ctx, req, r.Options.IfMatch == "")
	return err
}

// updates is how often Update tries to be the first.
const updates = 5

// Update reads a resource, lets edit change it, and replaces it if it was changed.
// When somebody else is faster, which the server's versions tell, it begins anew; so
// edit may be called several times. An error of edit ends it. Without versions on
// the server the last writer wins. Options are not used.
func (r Resources[T]) Update(ctx context.Context, id string, edit func(*T) error) (*T, error) {
	r = r.With(Options{}) // an update of a part would lose the rest
	for try := 1; ; try++ {
		v, version, err := r.get(ctx, id)
		if err != nil {
			return nil, err
		}
		changed, err := edited(v, edit)
		if err != nil {
			return nil, err
		}
		if !changed {
			return v, nil
		}
		v, err = r.With(Options{IfMatch: version}).Replace(ctx, id, v)
		if try == updates || !errors.Is(err, ErrVersion) {
			return v, err
		}
	}
}

// edited reports whether edit changed what v says.
func edited[T any](v *T, edit func(*T) error) (bool, error) {
	before, err := encode(v, "")
	if err != nil {
		return false, err
	}
	if err := edit(v); err != nil {
		return false, err
	}
	after, err := encode(v, "")
	return !bytes.Equal(before, after), err
}

// isID refuses what would address something else than one resource: the whole endpoint, or what is above it.
func isID(id string) bool { return id != "" && id != "." && id != ".." }

// request is a request for one resource.
func (r Resources[T]) request(method, id string, body []byte) (Request, error) {
	if !isID(id) {
		return Request{}, fmt.Errorf("scimclient: %s %s: %q is not the id of a resource", method, r.Endpoint, id)
	}
	return r.at(method, "/"+url.PathEscape(id), body), nil
}

func (r Resources[T]) at(method, below string, body []byte) Request {
	q := query{attributes: r.Options.Attributes, excluded: r.Options.ExcludedAttributes}
	req := r.Client.request(method, r.Endpoint+below+q.url(), body)
	if r.Options.IfMatch != "" && method != http.MethodGet && method != http.MethodPost {
		req.Header.Set("If-Match", r.Options.IfMatch)
	}
	if r.Options.IfNoneMatch != "" && method == http.MethodGet {
		req.Header.Set("If-None-Match", r.Options.IfNoneMatch)
	}
	return req
}

// request is a request of the protocol. What Client.Header says about media types stands: some servers know
// application/json alone.
func (c *Client) request(method, path string, body []byte) Request {
	h := http.Header{}
	if _, set := c.Header["Accept"]; !set {
		h.Set("Accept", mediaType)
	}
	if _, set := c.Header["Content-Type"]; !set && body != nil {
		h.Set("Content-Type", mediaType)
	}
	return Request{Method: method, Path: path, Header: h, Body: body}
}

// idOf is the id at the end of a location.
func idOf(location string) string {
	u, err := url.Parse(location)
	if err != nil || u.Path == "" {
		return ""
	}
	return path.Base(u.Path)
}
