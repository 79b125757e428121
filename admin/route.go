package admin

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// route is one row of the table: what the multiplexer serves, what the OpenAPI document and docs/api.md say of it, and
// what the tests try on it.
type route struct {
	method, pattern string
	name            string // operationId
	summary         string
	doc             string // what the summary leaves out; may be empty
	scope           string // what the key must have; empty: no key is asked for
	installation    bool   // only keys of the whole installation
	tenant          bool   // only keys that reach the root of the workspace
	query           []parameter
	request         reflect.Type // nil: no body
	response        reflect.Type // nil: no body
	status          int          // of success
	creates         bool         // takes an Idempotency-Key
	matches         bool         // takes If-Match
	text            string       // the other media type of the answer: text/csv
	example         example
	handle          func(*call) (any, error)
}

// parameter is a query parameter.
type parameter struct {
	name, doc string
	kind      string // string, integer, boolean, date-time
	enum      []string
}

// example is a request that a test sends: against ACC123, a workspace below ACME, with a connection okta.
type example struct {
	path  map[string]string // in place of the usual values of parameters
	query string
	body  string
}

// tag groups routes by the resource that they serve.
func (r route) tag() string {
	segments := r.segments()
	if len(segments) > 2 && segments[0] == "workspaces" {
		return segments[2]
	}
	return segments[0]
}

func (r route) segments() []string { return strings.Split(strings.Trim(r.pattern, "/"), "/") }

// parameters are the names of the path parameters.
func (r route) parameters() []string {
	var names []string
	for _, s := range r.segments() {
		if strings.HasPrefix(s, "{") {
			names = append(names, strings.Trim(s, "{}"))
		}
	}
	return names
}

func (r route) in(parameter string) bool { return slices.Contains(r.parameters(), parameter) }

// routes is the whole surface.
func routes() []route {
	return slices.Concat(
		documentRoutes(), workspaceRoutes(), roleRoutes(), teamRoutes(), connectionRoutes(), tokenRoutes(),
		eventRoutes(), auditRoutes(), domainRoutes(), webhookRoutes(), licenceRoutes(), logRoutes(), jobRoutes(), previewRoutes(),
		memberRoutes(), apiKeyRoutes(), declarationRoutes(), groupRoutes(), moveRoutes(), mergeRoutes(),
		methodRoutes(), signInRoutes(), samlRoutes(), sessionRoutes(), loginRoutes(), appRoutes(), signingKeyRoutes(),
	)
}

// none stands for a body that is not there.
type none struct{}

// answer makes a row of a handler that reads no body.
func answer[Out any](r route, f func(*call) (Out, error)) route {
	r.response = bodyType[Out]()
	r.status = r.success()
	r.handle = func(c *call) (any, error) {
		if err := c.decodeNothing(); err != nil {
			return nil, err
		}
		return f(c)
	}
	return r
}

// accept makes a row of a handler that reads a body.
func accept[In, Out any](r route, f func(*call, In) (Out, error)) route {
	r.request, r.response = bodyType[In](), bodyType[Out]()
	r.status = r.success()
	r.handle = func(c *call) (any, error) {
		var in In
		if err := c.decode(&in); err != nil {
			return nil, err
		}
		out, err := f(c, in)
		return out, inBody(err)
	}
	return r
}

func bodyType[T any]() reflect.Type {
	t := reflect.TypeFor[T]()
	if t == reflect.TypeFor[none]() {
		return nil
	}
	return t
}

// success is the status when all went well.
func (r route) success() int {
	switch {
	case r.creates:
		return http.StatusCreated
	case r.response == nil:
		return http.StatusNoContent
	}
	return http.StatusOK
}
