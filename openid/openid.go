package openid

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Options configure a [Provider]. Directory, Issuer, Session and SignIn are required.
type Options struct {
	// Address is where a request came from, for IP rules and logs. Defaults to the peer's address and port.
	Address func(*http.Request) string
	// Directory is the domain.
	Directory *directory.Directory
	// Guessed counts a request with wrong client credentials, of whoever sent it, and returns for how many seconds the sender
	// is to wait; 0: not at all. Defaults to no limit.
	Guessed func(*http.Request) int
	// Issuer is the URL under which clients reach the provider, without a slash at its end.
	Issuer string
	// Log receives one record per request. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Refused, unless nil, is told why a request was refused: one of few words.
	Refused func(r *http.Request, kind string)
	// RequestID is the id that log records carry, and the page of a failure shows. Defaults to none.
	RequestID func(*http.Request) string
	// Secure reports whether a request came by TLS, so that cookies can be kept to it. Defaults to r.TLS.
	Secure func(*http.Request) bool
	// Session is the value of the cookie of the signed-in session, as the face of sign-in has set it.
	Session func(*http.Request) string
	// SignIn is where the browser goes to sign in.
	SignIn func(SignIn) string
	// SignOut, unless nil, is where the browser goes when its session has ended here. What it does there (forget the
	// cookie, the identity provider's own logout) ends at the place to return to, or on a page of its own where that is
	// empty. Defaults to that place itself.
	SignOut func(to string) string
	// AccessTokenAge is how long an access token is good for, if the session lasts. Defaults to five minutes.
	AccessTokenAge time.Duration
}

// SignIn is what the page of sign-in is told.
type SignIn struct {
	Return    string   // the path, with a query, to which the browser comes back
	Workspace string   // the one that the app has named; may be empty
	LoginHint string   // may be empty
	Contexts  []string // acr_values
	// Fresh asks for a login now, whatever the identity provider remembers.
	Fresh bool
	// Factor says that somebody is signed in and only the second factor is missing.
	Factor bool
}

// Provider is the OpenID Provider. It is safe for concurrent use.
type Provider struct {
	Options
	accessKey [32]byte
}

// Endpoint is one path of the provider, below the issuer.
type Endpoint struct {
	Path    string
	Browser bool // a browser talks to it, not an app
	Handler http.Handler
}

const defaultAccessTokenAge = 5 * time.Minute

// New returns a provider.
func New(o Options) (*Provider, error) {
	switch {
	case o.Directory == nil:
		return nil, errors.New("openid: Options.Directory is required")
	case o.Session == nil || o.SignIn == nil:
		return nil, errors.New("openid: Options.Session and Options.SignIn are required")
	case o.Issuer == "" || strings.HasSuffix(o.Issuer, "/"):
		return nil, errors.New("openid: Options.Issuer is required, without a slash at its end")
	}
	return &Provider{Options: o.withDefaults(), accessKey: o.Directory.DeriveKey("app access tokens")}, nil
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
	if o.SignOut == nil {
		o.SignOut = func(to string) string { return to }
	}
	if o.AccessTokenAge <= 0 {
		o.AccessTokenAge = defaultAccessTokenAge
	}
	return o
}

// Endpoints are the paths that the provider serves, each with its handler, which does not look at the path.
func (p *Provider) Endpoints() []Endpoint {
	return []Endpoint{
		p.forApps(PathDiscovery, p.discovery, http.MethodGet, http.MethodHead),
		p.forApps(PathKeys, p.keys, http.MethodGet, http.MethodHead),
		p.forBrowsers(PathAuthorize, p.authorize),
		p.forBrowsers(PathContinue, p.resume),
		p.forBrowsers(PathLogout, p.logout),
		p.forApps(PathToken, p.token, http.MethodPost),
		p.forApps(PathUserInfo, p.userInfo, http.MethodGet, http.MethodPost),
		p.forApps(PathRevocation, p.revoke, http.MethodPost),
		p.forApps(PathIntrospection, p.introspect, http.MethodPost),
	}
}
