package usher

import (
	"net/http"

	"github.com/usher-scim/usher/openid"
	"github.com/usher-scim/usher/sso"
)

// openidMounts are the endpoints of the OpenID Provider, over the directory. Who is not signed in is sent to the sign-in
// face and comes back from it: the two meet in these URLs alone.
func (s *Server) openidMounts(cfg Config, signIn *sso.Handler) ([]mount, error) {
	provider, err := openid.New(openid.Options{
		Address:   func(r *http.Request) string { return exchangeOf(r.Context()).address },
		Directory: s.directory,
		Guessed:   func(r *http.Request) int { return s.failures.take(exchangeOf(r.Context()).guesser(), s.now()) },
		Issuer:    s.publicURL,
		Log:       cfg.Log,
		Now:       cfg.Now,
		Refused:   func(r *http.Request, kind string) { exchangeOf(r.Context()).observed.kind = kind },
		RequestID: sameRequestID,
		Secure:    func(r *http.Request) bool { return exchangeOf(r.Context()).secure },
		Session:   signIn.SessionToken,
		SignIn:    func(to openid.SignIn) string { return signIn.SignInURL(sso.SignIn(to)) },
		SignOut:   signIn.SignOutURL,
	})
	if err != nil {
		return nil, err
	}
	s.logoutToken = provider.LogoutToken
	var mounts []mount
	for _, e := range provider.Endpoints() {
		handler := e.Handler
		if e.Browser {
			handler = s.browsers(records(handler))
		} else {
			handler = s.encrypted(records(handler))
		}
		mounts = append(mounts, newMount(FaceOpenID, e.Path, s.recorded("openid request", handler)))
	}
	return mounts, nil
}

// encrypted refuses plain HTTP from another machine: the secret of an app would cross the network in the clear. It refuses a
// proxy that nobody has named too: the IP rules for apps without a secret would hold for the proxy.
func (s *Server) encrypted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := exchangeOf(r.Context())
		if !e.secure && !e.local {
			http.Error(w, "The OpenID Provider answers by HTTPS alone.", http.StatusForbidden)
			return
		}
		if s.refusesStranger(e, w, r) {
			return
		}
		next.ServeHTTP(w, r)
	})
}
