package directory

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/scim"
)

// RequestNote is what the front door knows of one SCIM request, for the provisioning log (B4). It travels in the
// request's context: a change that is committed for the request takes its record with it, in the same transaction.
// Everything else, reads and refusals, is handed to [Directory.RecordRequest] once it is answered.
type RequestNote struct {
	Method, Path, Query string // Path is below the base URL
	RequestID, Address  string
	// Connection is the id in the URL, for requests whose credential opens nothing; may be empty.
	Connection string

	root, connection, actor string // of the credential
	body                    []byte
	size                    int         // of the whole body
	recorded                atomic.Bool // a record was committed with a change

	parse    sync.Once
	document *scim.Object // of the body; nil: none, or it cannot be read
}

// maxNoted bounds how much of a body is kept until the request is recorded.
const maxNoted = 16 << 10

type requestNoteKey struct{}

// Context returns a context that carries the note.
func (n *RequestNote) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestNoteKey{}, n)
}

// Value is for a context of the caller's own that carries the note: its Value method asks here first. It returns nil
// for keys that are not the note's, and may be called on nil.
func (n *RequestNote) Value(key any) any {
	if n == nil || key != (requestNoteKey{}) {
		return nil
	}
	return n
}

// requestOf returns the note of the request that ctx belongs to, or nil.
func requestOf(ctx context.Context) *RequestNote {
	n, _ := ctx.Value(requestNoteKey{}).(*RequestNote)
	return n
}

// Write takes note of a part of the body, as it is read. It implements [io.Writer] and never fails.
func (n *RequestNote) Write(part []byte) (int, error) {
	n.size += len(part)
	if n.size <= maxNoted {
		n.body = append(n.body, part...)
	} else {
		n.body = nil
	}
	return len(part), nil
}

// Authenticated takes note of whose request it is.
func (n *RequestNote) Authenticated(c *Client) {
	n.root, n.connection, n.actor = c.Connection.Root, c.Connection.ID, c.by.Name
}

// refusedBy takes note of whose credential was refused, where the URL names no connection: an expired one is for that
// connection's log (C8). It may be called on nil.
func (n *RequestNote) refusedBy(c Connection) {
	if n != nil && n.Connection == "" {
		n.Connection = c.ID
	}
}

// object is the body, parsed once.
func (n *RequestNote) object() *scim.Object {
	n.parse.Do(func() {
		if len(n.body) == 0 {
			return
		}
		if o, err := scim.ParseJSON(n.body, scim.Limits{Depth: scim.BulkDepth}); err == nil {
			n.document = o
		}
	})
	return n.document
}

// committed adds the record of a change to its plan: did says in plain words what it does, target is the id of the
// resource and subject whose it is. A nil note, of a change that no identity provider asked for, adds nothing.
func (n *RequestNote) committed(p *plan, did, target, subject string) {
	if n == nil {
		return
	}
	r := Request{
		Root: p.Root, Connection: p.connection, Time: p.now,
		RequestID: p.by.RequestID, Actor: p.by.Name, Address: p.by.Address,
		Method: n.Method, Path: shownPath(n.Path), Status: successOf(n.Method),
		Target: target, Subject: subject, Did: did,
	}
	say := n.wording(subject != "")
	if say.kind == kindBulk {
		r.Asked = "an operation of a bulk request"
	} else {
		r.Asked, r.Body = say.asked(), say.body()
	}
	p.Requests = append(p.Requests, r)
}

// successOf is the status with which a change of that kind is answered.
func successOf(method string) int {
	switch method {
	case methodPost:
		return statusCreated
	case methodDelete:
		return statusNoContent
	}
	return statusOK
}

// The methods and statuses of HTTP that the provisioning log tells apart: this package knows HTTP by name only.
const (
	methodGet    = "GET"
	methodHead   = "HEAD"
	methodPost   = "POST"
	methodPut    = "PUT"
	methodPatch  = "PATCH"
	methodDelete = "DELETE"

	statusOK              = 200
	statusCreated         = 201
	statusNoContent       = 204
	statusBadRequest      = 400
	statusUnauthorized    = 401
	statusForbidden       = 403
	statusTooManyRequests = 429
)

// RequestOutcome is how a request, or an operation of a bulk request, was answered.
type RequestOutcome struct {
	// Operation is the place of an operation in its bulk request, from 1, with its Method and Path; 0 is the request
	// itself.
	Operation    int
	Method, Path string
	Status       int
	Refused      *scim.Error // nil: it was not
	Target       string      // id of the resource, when it is known
}

// answered is a request that waits to be recorded.
type answered struct {
	note *RequestNote
	RequestOutcome
	at     time.Time
	sample *sample // nil: it stands for itself alone
}

// RecordRequest hands a request that was answered to the provisioning log. It never waits: what finds no room is
// dropped and counted. A success whose record went with its change needs no other.
func (d *Directory) RecordRequest(n *RequestNote, o RequestOutcome) {
	if o.Operation == 0 && o.Refused == nil && n.recorded.Load() && !n.isBulk() {
		return
	}
	d.requests.add(answered{note: n, RequestOutcome: o, at: d.now()})
}

// DroppedRequests counts the records of reads and refusals that were lost since the start.
func (d *Directory) DroppedRequests() int64 { return d.requests.dropped.Load() }
