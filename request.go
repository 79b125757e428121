package usher

import (
	"io"
	"net/http"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// noted takes note of each SCIM request for the provisioning log (B4). The record of a change commits with it, so the
// directory must know the request before there is an answer.
func (s *Server) noted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchangeOf(r.Context())
		e.note = &directory.RequestNote{
			Method: r.Method, Path: r.URL.Path, Query: r.URL.RawQuery,
			RequestID: e.requestID, Address: e.address, Connection: e.connection,
		}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = notedBody{io.TeeReader(r.Body, e.note), r.Body}
		}
		next.ServeHTTP(w, r)
	})
}

// notedBody is a body of which note is taken as it is read.
type notedBody struct {
	io.Reader
	io.Closer
}

// parsed gives the note the body that was parsed for the request itself.
func parsed(r *http.Request, body *scim.Object) { exchangeOf(r.Context()).note.Parsed(body) }

// answered hands a request that was answered to the provisioning log.
func (s *Server) answered(o scimserver.Outcome) {
	e := exchangeOf(o.Request.Context())
	e.observed.outcome(o)
	s.directory.RecordRequest(e.note, directory.RequestOutcome{
		Operation: o.Operation, Method: o.Method, Path: o.Path,
		Status: o.Status, Refused: o.Refused, Target: o.Resource,
	})
}
