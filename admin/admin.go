package admin

import (
	"cmp"
	"errors"
	"log/slog"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Options configure the handler. Directory is required.
type Options struct {
	// Address is where a request came from, for the audit log. Defaults to the peer's address.
	Address func(*http.Request) string
	// BaseURL is the SCIM base URL of a connection. Defaults to none shown.
	BaseURL func(directory.Connection) string
	// Directory is the domain.
	Directory *directory.Directory
	// Log receives one record per request. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// RequestID is the id that answers and audit entries carry. Defaults to the X-Request-Id of the answer, if one is set
	// already.
	RequestID func(*http.Request) string
	// SAML is what the API needs to know of the protocol. Required.
	SAML SAML
	// SignInURLs are the addresses of a connection's sign-in. Defaults to none shown.
	SignInURLs func(directory.Connection) *SignInURLs
	// URL is where clients reach the handler's root, for the Location of what was made. Defaults to "/api/v1".
	URL string
}

const defaultURL = "/api/v1"

// handler serves the paths below its mount: "/workspaces", not "/api/v1/workspaces".
type handler struct {
	Options
	mux      *http.ServeMux
	document func() []byte // OpenAPI, made when it is first asked for
	polls    polls
}

// New returns the handler. It serves the paths below its mount: strip /api/v1 before it.
func New(o Options) (http.Handler, error) {
	if o.Directory == nil {
		return nil, errors.New("admin: Options.Directory is required")
	}
	if o.SAML.Import == nil {
		return nil, errors.New("admin: Options.SAML is required")
	}
	h := &handler{Options: o.withDefaults(), mux: http.NewServeMux()}
	table := routes()
	h.document = sync.OnceValue(func() []byte { return openAPI(table, h.URL) })
	methods := map[string][]string{}
	for _, r := range table {
		h.mux.HandleFunc(r.method+" "+r.pattern, func(w http.ResponseWriter, req *http.Request) {
			h.serve(w, req, r, (*call).run)
		})
		methods[r.pattern] = append(methods[r.pattern], r.method)
	}
	for pattern, served := range methods {
		h.mux.Handle(pattern, h.otherMethod(allow(served)))
	}
	h.mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) { h.serve(w, req, route{}, (*call).noRoute) })
	return h, nil
}

func (o Options) withDefaults() Options {
	o.URL = strings.TrimRight(cmp.Or(o.URL, defaultURL), "/")
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Address == nil {
		o.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.BaseURL == nil {
		o.BaseURL = func(directory.Connection) string { return "" }
	}
	if o.SignInURLs == nil {
		o.SignInURLs = func(directory.Connection) *SignInURLs { return nil }
	}
	return o
}

// ServeHTTP implements [http.Handler].
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	setHeaders(w.Header())
	// The multiplexer would redirect an unclean path, to a place that does not know of the mount.
	if escaped := r.URL.EscapedPath(); path.Clean(escaped) != escaped {
		h.serve(w, r, route{}, (*call).noRoute)
		return
	}
	h.mux.ServeHTTP(w, r)
}

// setHeaders writes what every answer carries: nothing here is cached, framed or guessed to be another type.
func setHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
}

// allow is the value of the Allow header (RFC 9110 §10.2.1).
func allow(methods []string) string {
	all := append([]string{http.MethodOptions}, methods...)
	if slices.Contains(methods, http.MethodGet) {
		all = append(all, http.MethodHead)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

// otherMethod answers what no row of the table serves at a path that the table has.
func (h *handler) otherMethod(allow string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		h.serve(w, r, route{}, func(c *call) error {
			if r.Method == http.MethodOptions {
				c.out.status = http.StatusNoContent
				return nil
			}
			return newProblem(methodNotAllowed, "use one of "+allow, "the method is not possible here")
		})
	})
}
