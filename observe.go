package usher

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/record"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// Observer is told of the requests as they are served, for metrics and traces of the embedder's choice. Its functions
// are called on the way of every request: they must not wait. The zero Observer costs nothing.
type Observer struct {
	// Begin, unless nil, is called when a request has come, and returns the context in which it is served. Headers such
	// as traceparent count when the request came through a trusted proxy.
	Begin func(r *http.Request, trusted bool) context.Context
	// End, unless nil, is called when the request was answered, with the context of Begin.
	End func(context.Context, Observation)
	// Span, unless nil, is told of the parts of every change. Ignored when Config.Directory is set.
	Span directory.Span
}

// Observation is a request that was answered. Face, Method, Route, Status and Kind have few values, and Connection as many
// as there are connections: nothing that a stranger sends gets into them.
type Observation struct {
	Face       string // what was talked to: see the constants
	Connection string // id of the connection whose credential was shown; empty: none, or it was refused
	Method     string
	Route      string // the endpoint, with {id} for what names a resource
	Status     int
	ScimType   string // of a SCIM error (RFC 7644 §3.12); empty for errors that have none
	Kind       string // why it was refused, as the log says it; empty: it was not, or no reason is known
	RequestID  string
	Bytes      int64 // of the answer's body
	Duration   time.Duration
}

// The faces of a server.
const (
	FaceSCIM       = "scim"
	FaceOAuth2     = "oauth2"
	FaceAdmin      = "admin"
	FaceSSO        = "sso"
	FaceOpenID     = "openid"
	FaceOperations = "operations"
	FaceNone       = "none" // nothing is served there
)

// otherName stands for methods and paths that nothing serves.
const otherName = "(other)"

// observed is what is found out about a request on its way. It takes the place of the ResponseWriter, to see what is
// answered.
type observed struct {
	http.ResponseWriter
	began      time.Time
	mount      *mount
	connection string
	refused    *scim.Error
	kind       string
	status     int
	bytes      int64
}

// WriteHeader implements [http.ResponseWriter].
func (o *observed) WriteHeader(status int) {
	if o.status == 0 && status >= http.StatusOK {
		o.status = status
	}
	o.ResponseWriter.WriteHeader(status)
}

// Write implements [http.ResponseWriter].
func (o *observed) Write(part []byte) (int, error) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	n, err := o.ResponseWriter.Write(part)
	o.bytes += int64(n)
	return n, err
}

// Unwrap is for [http.ResponseController].
func (o *observed) Unwrap() http.ResponseWriter { return o.ResponseWriter }

// begin tells the observer that a request has come, and returns in which context and to whom it is answered.
func (s *Server) begin(e *exchange, w http.ResponseWriter, r *http.Request) (context.Context, http.ResponseWriter) {
	ctx := r.Context()
	if s.observer.Begin != nil {
		ctx = s.observer.Begin(r, e.trusted)
	}
	if s.observer.End == nil {
		return ctx, w
	}
	e.observed.ResponseWriter, e.observed.began = w, s.now()
	return ctx, &e.observed
}

// end tells the observer that a request was answered.
func (s *Server) end(e *exchange, r *http.Request) {
	if s.observer.End == nil {
		return
	}
	o := &e.observed
	seen := Observation{
		Face: o.mount.face, Connection: o.connection, Method: methodName(r.Method), Route: e.route(r), Status: o.status,
		Kind: o.kind, RequestID: e.requestID, Bytes: o.bytes, Duration: s.now().Sub(o.began),
	}
	if o.refused != nil {
		seen.ScimType, seen.Kind = o.refused.ScimType(), string(o.refused.Kind)
	}
	if seen.Status == 0 { // nothing was written, so that net/http does
		seen.Status = http.StatusOK
	}
	s.observer.End(r.Context(), seen)
}

// outcome takes note of how a SCIM request ended. Of a bulk request that is not how its operations did.
func (o *observed) outcome(told scimserver.Outcome) {
	if told.Operation == 0 {
		o.refused, o.status = told.Refused, told.Status // also when the caller has gone
	}
}

// route names the endpoint.
func (e *exchange) route(r *http.Request) string {
	m := e.observed.mount
	switch {
	case m.face == FaceAdmin, m.face == FaceSSO:
		return patternRoute(r.Pattern)
	case m.face == FaceNone, m.face == FaceSCIM && e.note == nil: // below no base URL
		return otherName
	case m.face != FaceSCIM:
		return m.pattern
	}
	return scimRoute(e.note.Path)
}

// patternRoute is the row of the table that has served the request, "GET /workspaces/{workspace}", without its method.
func patternRoute(pattern string) string {
	if _, path, ok := strings.Cut(pattern, " "); ok {
		return path
	}
	if pattern == "" || pattern == "/" {
		return otherName
	}
	return pattern
}

// scimRoutes are the names of the endpoints of RFC 7644, by the first segment of the path.
var scimRoutes = map[string][3]string{
	"Users":                 {"/Users", "/Users/{id}", "/Users/.search"},
	"Groups":                {"/Groups", "/Groups/{id}", "/Groups/.search"},
	"Me":                    {"/Me", "/Me", "/Me"},
	"Bulk":                  {"/Bulk", "/Bulk", "/Bulk"},
	".search":               {"/.search", "/.search", "/.search"},
	"ServiceProviderConfig": {"/ServiceProviderConfig", "/ServiceProviderConfig", "/ServiceProviderConfig"},
	"ResourceTypes":         {"/ResourceTypes", "/ResourceTypes/{id}", "/ResourceTypes/{id}"},
	"Schemas":               {"/Schemas", "/Schemas/{id}", "/Schemas/{id}"},
	"":                      {"/", "/", "/"},
}

// declaredRoutes stand for the endpoints of declared resource types, and for what nothing serves.
var declaredRoutes = [3]string{"/{type}", "/{type}/{id}", "/{type}/.search"}

// scimRoute is the name of a path below the base URL.
func scimRoute(path string) string {
	name, after := firstSegment(path)
	names, ok := scimRoutes[name]
	if !ok {
		names = declaredRoutes
	}
	switch id, _ := firstSegment(after); id {
	case "":
		return names[0]
	case ".search":
		return names[2]
	}
	return names[1]
}

// methodName does not repeat a method that no endpoint has.
func methodName(method string) string { return record.Method(method) }
