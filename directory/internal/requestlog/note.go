package requestlog

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/usher-scim/usher/scim"
)

// Note is what the front door knows of one SCIM request, for the provisioning log (B4). It travels in the
// request's context: a change that is committed for the request takes its record with it, in the same transaction.
// Everything else, reads and refusals, is handed to [Log.Add] once it is answered.
type Note struct {
	Method, Path, Query string // Path is below the base URL
	RequestID, Address  string
	// Connection is the id in the URL, for requests whose credential opens nothing; may be empty.
	Connection string

	root, connection, actor string // of the credential
	body                    []byte
	size                    int         // of the whole body
	recorded                atomic.Bool // a record was committed with a change

	mu       sync.Mutex
	parsed   bool
	document *scim.Object // of the body; nil: none, or it cannot be read
}

const (
	// maxNoted bounds how much of a body is kept until the request is recorded.
	maxNoted = 16 << 10
	// maxParsed bounds the body whose parsed form is kept until then too. That may take twenty times the place of its
	// text, and many notes may wait. A usual user has 1.3 kB.
	maxParsed = 2 << 10
)

type noteKey struct{}

// Context returns a context that carries the note.
func (n *Note) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, noteKey{}, n)
}

// Value is for a context of the caller's own that carries the note: its Value method asks here first. It returns nil
// for keys that are not the note's, and may be called on nil.
func (n *Note) Value(key any) any {
	if n == nil || key != (noteKey{}) {
		return nil
	}
	return n
}

// NoteOf returns the note of the request that ctx belongs to, or nil.
func NoteOf(ctx context.Context) *Note {
	n, _ := ctx.Value(noteKey{}).(*Note)
	return n
}

// Write takes note of a part of the body, as it is read. It implements [io.Writer] and never fails.
func (n *Note) Write(part []byte) (int, error) {
	n.size += len(part)
	if n.size <= maxNoted {
		n.body = append(n.body, part...)
	} else {
		n.body = nil
	}
	return len(part), nil
}

// Parsed takes note of what the body says, once it was read to its end, so that it need not be parsed again. Nobody may
// change it from then on.
func (n *Note) Parsed(body *scim.Object) {
	if n.size > maxNoted {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.parsed, n.document = true, body
	if n.size <= maxParsed {
		n.body = nil
	}
}

// wait makes the note as small as one that waits must be: of a large body it keeps the text alone.
func (n *Note) wait() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.size > maxParsed {
		n.parsed, n.document = false, nil
	}
}

// Authenticated takes note of whose request it is: the ids of root and connection, and the actor.
func (n *Note) Authenticated(root, connection, actor string) {
	n.root, n.connection, n.actor = root, connection, actor
}

// RefusedBy takes note of the connection whose credential was refused, where the URL names none: an expired one is for
// that connection's log (C8). It may be called on nil.
func (n *Note) RefusedBy(connection string) {
	if n != nil && n.Connection == "" {
		n.Connection = connection
	}
}

// Recorded takes note that a record was committed with a change.
func (n *Note) Recorded() { n.recorded.Store(true) }

func (n *Note) isBulk() bool { return strings.Trim(n.Path, "/") == "Bulk" }

// object is the body, parsed once.
func (n *Note) object() *scim.Object {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.parsed {
		return n.document
	}
	n.parsed = true
	if len(n.body) > 0 {
		if o, err := scim.ParseJSON(n.body, scim.Limits{Depth: scim.BulkDepth}); err == nil {
			n.document = o
		}
	}
	return n.document
}

// Outcome is how a request, or an operation of a bulk request, was answered.
type Outcome struct {
	// Operation is the place of an operation in its bulk request, from 1, with its Method and Path; 0 is the request
	// itself.
	Operation    int
	Method, Path string
	Status       int
	Refused      *scim.Error // nil: it was not
	Target       string      // id of the resource, when it is known
}
