package scimserver

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// action answers one method of one endpoint.
type action func(*exchange) (answer, error)

// actions are the methods of one endpoint. HEAD is GET without the body.
type actions map[string]action

var (
	collection = actions{http.MethodGet: (*exchange).list, http.MethodPost: (*exchange).create}
	item       = actions{
		http.MethodGet:    (*exchange).get,
		http.MethodPut:    (*exchange).replace,
		http.MethodPatch:  (*exchange).patch,
		http.MethodDelete: (*exchange).remove,
	}
	readCollection = actions{http.MethodGet: (*exchange).list}
	readItem       = actions{http.MethodGet: (*exchange).get}
	root           = actions{http.MethodGet: (*exchange).list}
	searches       = actions{http.MethodPost: (*exchange).search}
	providerConfig = actions{http.MethodGet: (*exchange).providerConfig}
	resourceTypes  = actions{http.MethodGet: (*exchange).resourceTypes}
	resourceType   = actions{http.MethodGet: (*exchange).resourceType}
	schemas        = actions{http.MethodGet: (*exchange).schemas}
	schema         = actions{http.MethodGet: (*exchange).schema}
	bulkJobs       = actions{http.MethodPost: (*exchange).bulk}
)

// The discovery endpoints of RFC 7644 §4.
const (
	pathProviderConfig = "/ServiceProviderConfig"
	pathResourceTypes  = "/ResourceTypes"
	pathSchemas        = "/Schemas"
)

// pathSearch is where a list is asked for by POST, at the root and below resource types (RFC 7644 §3.4.3).
const pathSearch = "/.search"

// The endpoints of RFC 7644 §3.7 and §3.11.
const (
	pathBulk = "/Bulk"
	pathMe   = "/Me"
)

// run finds the caller, the endpoint and the method, in this order: who has no token learns nothing else. A panic
// below it becomes an error like any other.
func (x *exchange) run() (a answer, err error) {
	defer caught(&err)
	segs := segments(x.r.URL.EscapedPath())
	x.note.path = template(segs)
	if err := x.authenticate(segs); err != nil {
		return answer{}, err
	}
	acts, err := x.route(segs)
	if err != nil {
		return answer{}, err
	}
	return x.act(acts)
}

// act does what the method asks of the endpoint.
func (x *exchange) act(acts actions) (answer, error) {
	act, err := x.method(acts)
	if err != nil {
		return answer{}, err
	}
	if x.query, err = parseParams(x.r.URL.RawQuery, x.opt.MaxQuery); err != nil {
		return answer{}, err
	}
	return act(x)
}

// authenticate asks for the caller. /ServiceProviderConfig may be public (D-25), but who shows a token is held to
// it: an admin tests a connection with that request (T-010).
func (x *exchange) authenticate(segs []string) error {
	ask := x.opt.Caller
	public := len(segs) == 1 && "/"+segs[0] == pathProviderConfig && x.isRead()
	if public && x.opt.Discovery != nil && x.r.Header.Get("Authorization") == "" {
		ask = x.opt.Discovery
	}
	c, err := ask(x.r)
	x.caller = c // also beside an error: its Log attributes say whose token was refused
	return err
}

func (x *exchange) isRead() bool {
	return x.r.Method == http.MethodGet || x.r.Method == http.MethodHead
}

// segments splits an escaped path; empty segments vanish, so that //Users, /Users/ and /Users are one (T-016,
// T-125). A segment that does not decode is kept as it is, and is then unknown.
func segments(escaped string) []string {
	segs := make([]string, 0, 2)
	for s := range strings.SplitSeq(escaped, "/") {
		if s == "" {
			continue
		}
		if u, err := url.PathUnescape(s); err == nil {
			s = u
		}
		segs = append(segs, s)
	}
	return segs
}

// route finds the endpoint's actions and fills typ and key.
func (x *exchange) route(segs []string) (actions, error) {
	if len(segs) == 0 {
		return root, nil
	}
	for _, t := range x.caller.Types {
		if t.Endpoint == "/"+segs[0] {
			x.typ = t
			return x.resources(segs)
		}
	}
	switch "/" + segs[0] {
	case pathProviderConfig:
		return x.below(segs, providerConfig, nil)
	case pathResourceTypes:
		return x.below(segs, resourceTypes, resourceType)
	case pathSchemas:
		return x.below(segs, schemas, schema)
	case pathMe:
		return x.me(segs)
	case pathBulk:
		return x.below(segs, bulkJobs, nil)
	case pathSearch:
		return x.below(segs, searches, nil)
	}
	return nil, x.unknownEndpoint(segs[0])
}

// resources chooses among the actions of a resource type. One that clients only read answers 405 to all else.
func (x *exchange) resources(segs []string) (actions, error) {
	if x.typ.ReadOnly {
		return x.below(segs, readCollection, readItem)
	}
	return x.below(segs, collection, item)
}

// below chooses between an endpoint and what has an id under it.
func (x *exchange) below(segs []string, whole, one actions) (actions, error) {
	switch {
	case len(segs) == 1:
		return whole, nil
	case len(segs) == 2 && "/"+segs[1] == pathSearch && x.typ != nil:
		return searches, nil
	case len(segs) == 2 && one != nil:
		x.key = segs[1]
		return one, nil
	}
	return nil, scim.NewError(scim.KindUnknownEndpoint, "path", strings.Join(segs, "/"), x.endpoints())
}

// unknownEndpoint says what is there; endpoints are exact in case, but the hint is not.
func (x *exchange) unknownEndpoint(name string) error {
	for _, e := range x.endpointList() {
		if strings.EqualFold(e, "/"+name) {
			return scim.NewError(scim.KindUnknownEndpoint, "path", "/"+name, e+" (upper and lower case matter)")
		}
	}
	return scim.NewError(scim.KindUnknownEndpoint, "path", "/"+name, x.endpoints())
}

func (x *exchange) endpointList() []string {
	var list []string
	for _, t := range x.caller.Types {
		list = append(list, t.Endpoint)
	}
	return append(list, pathBulk, pathMe, pathProviderConfig, pathResourceTypes, pathSchemas)
}

func (x *exchange) endpoints() string { return strings.Join(x.endpointList(), ", ") }

func notImplemented(what, instead string) error {
	return scim.NewError(scim.KindNotImplemented, "path", what, instead)
}

// method picks the action; the refusal carries Allow (RFC 9110 §15.5.6).
func (x *exchange) method(acts actions) (action, error) {
	m := x.r.Method
	if m == http.MethodHead {
		m = http.MethodGet
	}
	if act := acts[m]; act != nil {
		return act, nil
	}
	x.allow = allowed(acts)
	return nil, scim.NewError(scim.KindMethod, "method", x.r.Method, x.allow)
}

func allowed(acts actions) string {
	var list []string
	for m := range acts {
		if m == http.MethodGet {
			list = append(list, http.MethodHead)
		}
		list = append(list, m)
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
