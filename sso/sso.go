package sso

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Path is where the face is, below the public URL.
const Path = "/sso"

// BackchannelLogout is where an identity provider posts its logout tokens, below a connection's path.
const BackchannelLogout = "/backchannel-logout"

// Options configure a [Handler]. PublicURL, Directory and Providers are required.
type Options struct {
	// Address is where a request came from, for IP rules and logs. Defaults to the peer's address and port.
	Address func(*http.Request) string
	// Directory is the domain.
	Directory *directory.Directory
	// Guessed counts a logout token that is none, of whoever sent the request, and returns for how many seconds the sender
	// is to wait; 0: not at all. Defaults to no limit.
	Guessed func(*http.Request) (retryAfter int)
	// Log receives one record per refusal. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Providers speak the protocols, by directory.SignIn.Protocol.
	Providers map[string]Provider
	// PublicURL is the URL below which browsers reach [Path], without a slash at its end.
	PublicURL string
	// Refused, unless nil, is told why a request was refused: one of few words.
	Refused func(r *http.Request, kind string)
	// RequestID is the id that log records and audit entries carry. Defaults to none.
	RequestID func(*http.Request) string
	// Returns are the paths of this host to which a browser may be sent after a login, with any query.
	Returns []string
	// Secure reports whether a request came by TLS, so that cookies can be kept to it. Defaults to r.TLS.
	Secure func(*http.Request) bool
}

// Handler is the sign-in face. It is safe for concurrent use.
type Handler struct {
	Options
	root    string // path of the public URL, for links
	signOut [32]byte
	// hintSeal seals what the browser keeps for a logout.
	hintSeal cipher.AEAD
	handler  http.Handler
}

// New returns the handler. It expects requests whose path is below [Path].
func New(o Options) (*Handler, error) {
	public, err := url.Parse(o.PublicURL)
	switch {
	case err != nil || !public.IsAbs() || strings.HasSuffix(o.PublicURL, "/"):
		return nil, fmt.Errorf("sso: Options.PublicURL %q: it must be a URL without a slash at its end", o.PublicURL)
	case o.Directory == nil || len(o.Providers) == 0:
		return nil, errors.New("sso: Options.Directory and Options.Providers are required")
	}
	h := &Handler{Options: o.withDefaults(), root: public.EscapedPath(), signOut: o.Directory.DeriveKey("sign-out targets")}
	if h.hintSeal, err = newHintSeal(o.Directory.DeriveKey("sign-out hints")); err != nil {
		return nil, fmt.Errorf("sso: %w", err)
	}
	if h.handler, err = h.routes(public); err != nil {
		return nil, fmt.Errorf("sso: %w", err)
	}
	return h, nil
}

func (o Options) withDefaults() Options {
	if o.Address == nil {
		o.Address = func(r *http.Request) string { return r.RemoteAddr }
	}
	if o.Guessed == nil {
		o.Guessed = func(*http.Request) int { return 0 }
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Refused == nil {
		o.Refused = func(*http.Request, string) {}
	}
	if o.RequestID == nil {
		o.RequestID = func(*http.Request) string { return "" }
	}
	if o.Secure == nil {
		o.Secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	return o
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.handler.ServeHTTP(w, r) }

// routes is the whole surface.
func (h *Handler) routes(public *url.URL) (http.Handler, error) {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]func(*visit) error{
		"GET /start":                 h.start,
		"GET /{connection}/login":    h.login,
		"GET /{connection}/callback": h.callback,
		"POST /{connection}/acs":     h.acs,
		"GET /{connection}/slo":      h.slo,
		"POST /{connection}/slo":     h.slo,
		"GET /{connection}/metadata": h.metadata,
		"POST /{connection}/link":    h.link,
		"GET /factor":                h.askFactor,
		"POST /factor":               h.takeFactor,
		"POST /recovery":             h.renewRecovery,
		"GET /session":               h.session,
		"POST /session":              h.enter,
		"POST /logout":               h.logout,
		"GET /signed-out":            h.signedOut,
		"GET /break-glass":           h.askBreakGlass,
		"POST /break-glass":          h.takeBreakGlass,
	} {
		mux.Handle(pattern, h.page(serve))
	}
	mux.HandleFunc("POST /{connection}"+BackchannelLogout, h.backchannelLogout)
	// Requests of other sites that change something are refused. The identity provider's own come without the headers of a
	// browser, and pass.
	protection := http.NewCrossOriginProtection()
	if err := protection.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, err
	}
	// Those that a browser brings from the identity provider's site prove themselves: they are signed.
	protection.AddInsecureBypassPattern("POST /{connection}/acs")
	protection.AddInsecureBypassPattern("POST /{connection}/slo")
	protection.SetDenyHandler(h.page(func(*visit) error {
		return Refuse(CodeForeignSite, "another site has sent the request")
	}))
	return h.bounded(protection.Handler(mux)), nil
}

const (
	maxBody  = 256 << 10 // bytes: a response of SAML is the largest
	maxQuery = 16 << 10
)

// bounded keeps away what is too large, and HEAD: mail programs send it to look at a link, which must use nothing up.
func (h *Handler) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodHead:
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		case len(r.URL.RawQuery) > maxQuery:
			h.page(func(*visit) error { return Refuse(CodeMalformed, "the query has more than %d bytes", maxQuery) }).ServeHTTP(w, r)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}
