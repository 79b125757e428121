package scimserver

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Handler serves SCIM 2.0 to the callers that Options.Caller lets in. It mounts anywhere: the prefix is stripped
// by whoever mounts it, and it sees /Users, /Groups/{id}, /Schemas and so on.
type Handler struct {
	opt Options
}

// New makes a handler.
func New(opt Options) *Handler {
	return &Handler{opt: opt.withDefaults()}
}

// ServeHTTP implements [http.Handler]. Whatever happens, the answer is SCIM JSON or empty.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := h.begin(w, r)
	a, err := x.run()
	if err != nil {
		a = x.refuse(err)
	}
	x.write(a)
	x.log(a)
	x.tell(a)
	x.end()
}

// exchange is one request on its way through the handler. It is pooled: nothing may keep it, or in and out, beyond
// ServeHTTP.
type exchange struct {
	opt   *Options
	w     http.ResponseWriter
	r     *http.Request
	id    string // request id, as the caller sees it
	start time.Time

	caller Caller
	query  params
	typ    *scim.ResourceType // the resource type of the endpoint; nil on discovery
	key    string             // the path's second segment: a resource's or a schema's id

	in    bytes.Buffer // the request body
	out   []byte       // the answer's body
	allow string       // the methods of the endpoint, when the request's is none of them

	inner bool         // an operation of a bulk request: it writes nothing to the caller
	body  *scim.Object // the body of an inner request

	note  note
	attrs []slog.Attr // of the log record
}

// answer is what an action decided to send; the body is exchange.out.
type answer struct {
	status   int
	etag     string
	location string
	empty    bool // no body: 204, 304
}

var exchanges = sync.Pool{New: func() any { return new(exchange) }}

// keepBuffer bounds what a pooled exchange holds on to: one with larger buffers is left to the collector, so that a
// large request does not stay in memory for good.
const keepBuffer = 256 << 10

func (h *Handler) begin(w http.ResponseWriter, r *http.Request) *exchange {
	x := exchanges.Get().(*exchange)
	x.opt, x.w, x.r = &h.opt, w, r
	x.id = h.opt.RequestID(r)
	x.start = h.opt.Now()
	return x
}

func (x *exchange) end() {
	if x.in.Cap() > keepBuffer || cap(x.out) > keepBuffer {
		return
	}
	x.in.Reset()
	clear(x.attrs)
	*x = exchange{in: x.in, out: x.out[:0], attrs: x.attrs[:0]}
	exchanges.Put(x)
}

// restartWriteTimeout gives the answer the server's whole WriteTimeout from now on. That of net/http counts from the
// end of the headers, and a bulk request may be at work for longer than any answer takes to be written: its results
// would be lost, and over HTTP/2 the stream reset under it.
func (x *exchange) restartWriteTimeout() {
	hs, ok := x.r.Context().Value(http.ServerContextKey).(*http.Server)
	if !ok || hs.WriteTimeout <= 0 {
		return
	}
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(hs.WriteTimeout)) // unsupported: as it was
}

func (x *exchange) write(a answer) {
	h := x.w.Header()
	if h.Get(headerRequestID) != x.id { // else who mounts the handler has set it
		h.Set(headerRequestID, x.id)
	}
	if a.etag != "" {
		h["Etag"] = []string{a.etag}
	}
	if a.location != "" {
		h["Location"] = []string{a.location}
	}
	if a.empty {
		x.w.WriteHeader(a.status)
		return
	}
	h["Content-Type"] = typeSCIM // R-009, whatever Accept says (T-005)
	if len(x.out) >= countedByServer || x.r.Method == http.MethodHead {
		h["Content-Length"] = []string{strconv.Itoa(len(x.out))}
	}
	x.w.WriteHeader(a.status)
	if x.r.Method != http.MethodHead {
		_, _ = x.w.Write(x.out) // the caller is gone: nobody is left to be told
	}
}

// countedByServer is how long a body may be for net/http to hold it back whole and write Content-Length itself. That of a
// resource would be the ninth header, for which the map of them grows into a larger kind: a twentieth of what a GET costs.
const countedByServer = 2048

const (
	headerRequestID = "X-Request-Id"
	maxRequestID    = 128
)

// typeSCIM is shared by all answers and never written to.
var typeSCIM = []string{mediaSCIM}

// sentRequestID takes the caller's or proxy's id when it is safe to repeat in headers and logs, else makes one.
func sentRequestID(r *http.Request) string {
	sent := r.Header.Get(headerRequestID)
	if sent == "" || len(sent) > maxRequestID {
		return rand.Text()
	}
	for i := range len(sent) {
		if !isPlain(sent[i]) {
			return rand.Text()
		}
	}
	return sent
}

// isPlain reports whether c is a letter, a digit or one of "-._~", the unreserved characters of RFC 3986 §2.3.
func isPlain(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return c == '-' || c == '.' || c == '_' || c == '~'
}
