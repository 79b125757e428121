package usher

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/openid"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/saml"
)

// ssoHandler is the sign-in face, over the directory. Identity providers are called by the guarded client.
func (s *Server) ssoHandler(cfg Config) (*sso.Handler, error) {
	return sso.New(sso.Options{
		Address:   func(r *http.Request) string { return exchangeOf(r.Context()).address },
		Directory: s.directory,
		Guessed:   func(r *http.Request) int { return s.failures.take(exchangeOf(r.Context()).guesser(), s.now()) },
		Log:       cfg.Log,
		Now:       cfg.Now,
		Providers: map[string]sso.Provider{
			directory.ProtocolOIDC: oidc.New(oidc.Config{Transport: s.client, Now: cfg.Now}),
			directory.ProtocolSAML: saml.New(saml.Config{Now: cfg.Now}),
		},
		PublicURL: s.publicURL,
		Refused:   func(r *http.Request, kind string) { exchangeOf(r.Context()).observed.kind = kind },
		RequestID: sameRequestID,
		Returns:   []string{openid.PathContinue},
		Secure:    func(r *http.Request) bool { return exchangeOf(r.Context()).secure },
	})
}

// browsers lets browsers through to a face that sets cookies: by TLS, or on this machine, and not in floods. Logout tokens
// come from identity providers, and are counted only when they are wrong.
func (s *Server) browsers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchangeOf(r.Context())
		if !e.secure && !e.local {
			http.Error(w, "Sign-in is by HTTPS alone.", http.StatusForbidden)
			return
		}
		if strings.HasSuffix(r.URL.Path, sso.BackchannelLogout) {
			next.ServeHTTP(w, r)
			return
		}
		wait := s.visits.take(e.guesser(), s.now())
		if wait == 0 && beginsLogin(e, r) {
			wait = s.begins.take(e.guesser(), s.now())
		}
		if wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(wait))
			http.Error(w, "Too many requests. Try again in a moment.", http.StatusTooManyRequests)
			return
		}
		if s.refusesStranger(e, w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}

// beginsLogin reports a request that may keep a row for somebody who has not signed in yet.
func beginsLogin(e *exchange, r *http.Request) bool {
	if e.observed.mount.face == FaceSSO {
		return strings.HasSuffix(r.URL.Path, "/login")
	}
	return e.observed.mount.pattern == openid.PathAuthorize && r.URL.Query().Get("prompt") != "none"
}

const (
	kindUntrustedProxy = "untrusted_proxy"
	untrustedProxy     = "Sign-in is off: the proxy in front of this server is not named, so that everybody would come from its address.\n" +
		"hint: start the server with --trusted-proxies, such as --trusted-proxies 127.0.0.1"
)

// refusesStranger answers a request that came through a proxy that nobody has named.
func (s *Server) refusesStranger(e *exchange, w http.ResponseWriter, r *http.Request) bool {
	if !s.throughStranger(e, r) {
		return false
	}
	e.observed.kind = kindUntrustedProxy
	http.Error(w, untrustedProxy, http.StatusForbidden)
	return true
}

// throughStranger reports that a request came through a proxy on this machine that nobody has named: IP rules and limits
// would hold for the proxy, and cookies would not be kept to TLS.
func (s *Server) throughStranger(e *exchange, r *http.Request) bool {
	return strings.HasPrefix(s.publicURL, "https:") && !e.trusted && e.addr.IsLoopback() &&
		(len(r.Header["X-Forwarded-For"]) > 0 || len(r.Header["X-Forwarded-Proto"]) > 0)
}

// SignInURLs are the addresses of a connection's sign-in, to be registered with its identity provider.
func SignInURLs(publicURL, connection string) admin.SignInURLs {
	at, service := publicURL+sso.Path+"/"+connection, sso.SAMLURLs(publicURL, connection)
	return admin.SignInURLs{
		RedirectURI: sso.CallbackURL(publicURL, connection), LoginURI: at + "/login", BackchannelLogoutURI: at + sso.BackchannelLogout,
		PostLogoutRedirectURI: sso.SignedOutURL(publicURL), EntityID: service.EntityID, ACSURL: service.ACS, SLOURL: service.SLO,
	}
}
