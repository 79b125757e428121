package usher_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

// openidAnswer serves one request of the OpenID Provider's face.
func openidAnswer(b *bundle, peer string, r *http.Request) *http.Response {
	r.RemoteAddr = peer
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, r)
	return w.Result()
}

// The OpenID Provider is where discovery says that it is, below the public URL, whatever path that has.
func TestOpenID_IsMountedWhereDiscoverySays(t *testing.T) {
	t.Parallel()
	const public = "https://scim.example.com/usher"
	b := setup(t, usher.Config{PublicURL: public, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	response := openidAnswer(b, "127.0.0.1:1", httptest.NewRequest(http.MethodGet, "/.well-known/openid-configuration", nil))
	var document map[string]any
	if err := json.NewDecoder(response.Body).Decode(&document); err != nil || document["issuer"] != public {
		t.Fatalf("%s %v %v", response.Status, document, err)
	}
	for name, value := range document {
		place, _ := value.(string)
		path, ours := strings.CutPrefix(place, public)
		if !ours || path == "" {
			continue
		}
		answer := openidAnswer(b, "127.0.0.1:1", httptest.NewRequest(http.MethodDelete, path, nil))
		if allow := answer.Header.Get("Allow"); allow == "" {
			t.Errorf("%s: nobody serves %s: %s", name, path, answer.Status)
		}
	}
}

// A request of an app goes to the page of sign-in of the public URL, with a cookie that TLS alone carries.
func TestOpenID_SendsToSignIn(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{PublicURL: "https://scim.example.com/usher", TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	app, err := b.server.Directory().CreateApp(t.Context(), operator, directory.NewApp{Name: "App", FirstParty: true, RedirectURIs: []string{"https://app.example/cb"}})
	if err != nil {
		t.Fatal(err)
	}
	request := url.Values{
		"client_id": {app.ID}, "redirect_uri": {"https://app.example/cb"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"}, "workspace": {"ACC123"},
	}
	r := httptest.NewRequest(http.MethodGet, "/oauth2/authorize?"+request.Encode(), nil)
	r.Header.Set("X-Forwarded-Proto", "https")
	response := openidAnswer(b, "127.0.0.1:1", r)
	place, err := response.Location()
	if err != nil || !strings.HasPrefix(place.String(), "https://scim.example.com/usher/sso/start?") {
		t.Fatalf("%s %v", response.Status, place)
	}
	if to := place.Query().Get("to"); !strings.HasPrefix(to, "/oauth2/continue?request=") || place.Query().Get("workspace") != "ACC123" {
		t.Errorf("it comes back to %s", to)
	}
	cookies := response.Cookies()
	if len(cookies) != 1 || !strings.HasPrefix(cookies[0].Name, "__Host-") || !cookies[0].Secure || !cookies[0].HttpOnly || cookies[0].Path != "/" || cookies[0].SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookies are %v", cookies)
	}
}

// Plain HTTP from another machine is refused: the secret of an app, a code or a cookie would cross the network in the clear.
func TestOpenID_RefusesPlainHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	for _, path := range []string{"/.well-known/openid-configuration", "/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo", "/oauth2/logout"} {
		for peer, want := range map[string]bool{"192.0.2.1:1": true, "127.0.0.1:1": false} {
			response := openidAnswer(b, peer, httptest.NewRequest(http.MethodGet, path, nil))
			if refused := response.StatusCode == http.StatusForbidden; refused != want {
				t.Errorf("%s from %s: %s", path, peer, response.Status)
			}
		}
	}
}

// Who guesses the secrets of apps must wait, and right ones are never held up.
func TestOpenID_SlowsGuessing(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: 1, Burst: 2}})
	app, err := b.server.Directory().CreateApp(t.Context(), operator, directory.NewApp{Name: "App", FirstParty: true, RedirectURIs: []string{"https://app.example/cb"}})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(secret string) *http.Response {
		form := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "code_verifier": {"x"}, "redirect_uri": {"x"}, "client_id": {app.ID}, "client_secret": {secret}}
		r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return openidAnswer(b, "127.0.0.1:1", r)
	}
	var last *http.Response
	for range 5 {
		last = ask("guess")
	}
	if last.StatusCode != http.StatusTooManyRequests || last.Header.Get("Retry-After") == "" {
		t.Errorf("the fifth guess: %s", last.Status)
	}
	if right := ask(app.Secret); right.StatusCode != http.StatusBadRequest { // invalid_grant: the client is known
		t.Errorf("the right secret: %s", right.Status)
	}
}
