package scimserver

import (
	"net/http"

	"github.com/usher-scim/usher/scim"
)

// Outcome is how a request, or one operation of a bulk request, was answered.
type Outcome struct {
	Request *http.Request // as the handler got it; its body is read
	// Operation is the place of an operation in its bulk request, from 1, with its Method and Path; 0 is the request
	// itself.
	Operation    int
	Method, Path string
	Status       int
	Refused      *scim.Error // nil: it was not
	Resource     string      // id of the resource that it was about, when the backend has confirmed it
}

// tell tells of the request. Nobody heard the answer to a caller who went away, but it was worked on all the same.
func (x *exchange) tell(a answer) {
	if x.opt.Answered == nil {
		return
	}
	status := a.status
	if x.note.gone {
		status = statusGone
	}
	x.opt.Answered(Outcome{
		Request: x.r, Method: x.r.Method, Path: x.r.URL.Path,
		Status: status, Refused: x.note.refused, Resource: x.note.resource,
	})
}

// tellOperation tells of an operation that was refused. What others did, the backend knows.
func (x *exchange) tellOperation(op *operation) {
	if x.opt.Answered == nil || op.refused == nil {
		return
	}
	x.opt.Answered(Outcome{
		Request: x.r, Operation: op.index + 1, Method: op.method(), Path: op.Path,
		Status: op.status, Refused: op.refused, Resource: op.id,
	})
}
