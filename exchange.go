package usher

import (
	"context"
	"crypto/rand"
	"net/http"

	"github.com/usher-scim/usher/directory"
)

const headerRequestID = "X-Request-Id"

// exchange is what the front door knows of one request before anybody is authenticated.
type exchange struct {
	peer
	address    string // of the client; empty for one on a Unix socket
	requestID  string
	connection string                 // id from the path; empty where the token tells it
	base       string                 // path under which a connection is reached that has its own (C1); else empty
	header     http.Header            // of the answer
	note       *directory.RequestNote // of a SCIM request
	recorded   bool                   // or will be, by who serves it: see record.go
	observed   observed               // see observe.go
}

type exchangeKey struct{}

// exchangeContext is the context of a request below a mount, with the exchange and its note in one layer: every look-up
// of a value passes through it.
type exchangeContext struct {
	context.Context
	e *exchange
}

// Value implements [context.Context].
func (c exchangeContext) Value(key any) any {
	if key == (exchangeKey{}) {
		return c.e
	}
	if v := c.e.note.Value(key); v != nil {
		return v
	}
	return c.Context.Value(key)
}

func exchangeOf(ctx context.Context) *exchange {
	e, _ := ctx.Value(exchangeKey{}).(*exchange)
	return e
}

func (s *Server) exchange(r *http.Request) *exchange {
	e := &exchange{peer: s.proxies.peer(r)}
	if e.addr.IsValid() {
		e.address = e.addr.String()
	}
	if e.trusted {
		e.requestID = plausibleID(r.Header.Get(headerRequestID))
	}
	if e.requestID == "" {
		e.requestID = rand.Text()
	}
	return e
}

// plausibleID returns a proxy's request id when it is short and plain, else "": it goes into logs and audit entries.
func plausibleID(id string) string {
	if len(id) > 64 {
		return ""
	}
	for _, c := range []byte(id) {
		if (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') && c != '-' && c != '_' && c != '.' {
			return ""
		}
	}
	return id
}

// fixedHeaders is what every answer carries: nothing here is ever shown in a frame, cached by a proxy or guessed to be
// another type. The values are shared by all answers and never written to.
var fixedHeaders = []struct {
	name   string
	values []string
}{
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Cache-Control", []string{"no-store"}},
	{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
	{"Referrer-Policy", []string{"no-referrer"}},
}

// setHeaders writes what every answer carries, and keeps the headers for what comes to it. Who came by TLS once comes by TLS again.
func (e *exchange) setHeaders(h http.Header) {
	h.Set(headerRequestID, e.requestID)
	for _, fixed := range fixedHeaders {
		h[fixed.name] = fixed.values
	}
	e.header = h
	if e.secure {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}
