package usher_test

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/openid"
	"github.com/usher-scim/usher/sso/ssotest"
)

// signInBy lets people sign in by the connection of the bundle, at a provider on this machine.
func (b *bundle) signInBy(t *testing.T) *ssotest.Provider {
	t.Helper()
	idp, err := ssotest.Start(ssotest.Config{People: []ssotest.Person{{Subject: "ada", Claims: map[string]any{"email": "ada@example.com", "role": "member"}}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	dir := b.server.Directory()
	settings := b.connection.Settings
	settings.SignIn = &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: idp.Issuer, ClientID: idp.ClientID, Algorithms: []string{"ES256"}}
	if b.connection, err = dir.UpdateConnection(t.Context(), operator, b.connection, directory.ConnectionChange{Settings: &settings}); err != nil {
		t.Fatal(err)
	}
	if err := dir.SetSignInSecret(t.Context(), operator, b.connection, idp.ClientSecret); err != nil {
		t.Fatal(err)
	}
	return idp
}

// loopback reaches providers on this machine.
func loopback() *delivery.Client {
	return delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

func TestSignIn_BeginsAtTheFrontDoor(t *testing.T) {
	t.Parallel()
	b, last := watched(t, usher.Config{Client: loopback(), PublicURL: "https://usher.example.com"})
	idp := b.signInBy(t)
	w := b.do(request{path: "/sso/" + b.connection.ID + "/login", anonymous: true, tls: true})
	to, err := url.Parse(w.Header().Get("Location"))
	if w.Code != http.StatusSeeOther || err != nil || !strings.HasPrefix(to.String(), idp.Issuer+"/authorize?") {
		t.Fatalf("%d to %s: %s", w.Code, to, w.Body)
	}
	if got, want := to.Query().Get("redirect_uri"), usher.SignInURLs("https://usher.example.com", b.connection.ID).RedirectURI; got != want {
		t.Errorf("redirect URI %s, want %s", got, want)
	}
	if c := w.Header().Get("Set-Cookie"); !strings.HasPrefix(c, "__Host-usher_login=") || !strings.Contains(c, "; Secure") {
		t.Errorf("cookie %q", c)
	}
	if o := last(); o.Face != usher.FaceSSO || o.Route != "/{connection}/login" || o.Status != http.StatusSeeOther {
		t.Errorf("observed %+v", o)
	}
	b.do(request{path: "/sso/nowhere/login", anonymous: true, tls: true})
	if o := last(); o.Kind != string(directory.LoginNotOffered) || o.Status != http.StatusForbidden {
		t.Errorf("observed %+v", o)
	}
}

// The addresses of identity providers are configured by strangers. Nothing on a private network is called, unless the
// operator allows it.
func TestSignIn_CallsNoPrivateAddress(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	idp := b.signInBy(t)
	w := b.do(request{path: "/sso/" + b.connection.ID + "/login", anonymous: true})
	if n := idp.Calls.Of("/.well-known/openid-configuration"); w.Code != http.StatusForbidden || n != 0 {
		t.Errorf("%d, and the provider was called %d times", w.Code, n)
	}
}

func TestSignIn_IsByTLSAlone(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	for _, path := range []string{"/sso/start", "/sso/" + b.connection.ID + "/callback?code=a&state=b"} {
		if w := b.do(request{path: path, anonymous: true, remote: "198.51.100.7:1234"}); w.Code != http.StatusForbidden || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestSignIn_FloodsAreRefused(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: 1, Burst: 3}})
	var w int
	for range 4 {
		w = b.do(request{path: "/sso/start", anonymous: true}).Code
	}
	if w != http.StatusTooManyRequests {
		t.Errorf("the fourth: %d", w)
	}
	if other := b.do(request{path: "/sso/start", anonymous: true, tls: true, remote: "198.51.100.7:1234"}); other.Code != http.StatusOK {
		t.Errorf("somebody else: %d", other.Code)
	}
}

// TestSignIn_BeginningIsSlow: each login that is begun keeps a row, and anybody can begin one.
func TestSignIn_BeginningIsSlow(t *testing.T) {
	t.Parallel()
	clock := &clock{now: time.Now()}
	b := setup(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: 10, Burst: 3}, Now: clock.Now})
	for _, path := range []string{"/sso/nowhere/login", openid.PathAuthorize} {
		get := func(path string) int { return b.do(request{path: path, anonymous: true}).Code }
		clock.add(time.Minute)
		for range 3 {
			get(path)
		}
		clock.add(time.Second / 2) // five requests of another kind
		if code := get(path); code != http.StatusTooManyRequests {
			t.Errorf("%s: %d", path, code)
		}
		if code := get("/sso/start"); code != http.StatusOK {
			t.Errorf("another page: %d", code)
		}
		clock.add(time.Second)
		if code := get(path); code == http.StatusTooManyRequests {
			t.Errorf("%s, later: %d", path, code)
		}
	}
}

// TestSignIn_WhatNobodyAskedForBeginsOneLogin: a response of SAML that nobody has asked for keeps no row. It leads to where a
// login is begun, which counts as any other.
func TestSignIn_WhatNobodyAskedForBeginsOneLogin(t *testing.T) {
	t.Parallel()
	clock := &clock{now: time.Now()}
	b := setup(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: 10, Burst: 3}, Now: clock.Now})
	keys, _ := ssotest.SAMLKeys()
	settings := b.connection.Settings
	settings.SignIn = &directory.SignIn{Protocol: directory.ProtocolSAML, Issuer: "https://idp.example", SAML: &directory.SAML{
		SSO: "https://idp.example/sso", Unsolicited: true,
		Certificates: []string{directory.PEM(keys[0].Certificate)},
	}}
	var err error
	if b.connection, err = b.server.Directory().UpdateConnection(t.Context(), operator, b.connection, directory.ConnectionChange{Settings: &settings}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{http.StatusSeeOther, http.StatusSeeOther, http.StatusSeeOther, http.StatusTooManyRequests} {
		w := b.do(request{
			method: http.MethodPost, path: "/sso/{id}/acs", anonymous: true, body: url.Values{"SAMLResponse": {"PHgvPg=="}}.Encode(),
			header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		})
		to := w.Header().Get("Location")
		if w.Code != http.StatusSeeOther || to != "/sso/"+b.connection.ID+"/login" || w.Header().Get("Set-Cookie") != "" {
			t.Fatalf("response %d: %d to %q: %s", i, w.Code, to, w.Body)
		}
		if got := b.do(request{path: to, anonymous: true}).Code; got != want {
			t.Errorf("login %d: %d, want %d", i, got, want)
		}
		clock.add(time.Second / 5) // two requests of another kind
	}
}

// TestSignIn_ThroughAProxyThatIsNamed: through another one on this machine, IP rules and limits would hold for the proxy.
func TestSignIn_ThroughAProxyThatIsNamed(t *testing.T) {
	t.Parallel()
	forwarded := http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"198.51.100.7"}}
	for _, c := range []struct {
		name, public string
		header       http.Header
		proxies      []netip.Prefix
		want         int
	}{
		{"not named", "https://usher.example.com", forwarded, nil, http.StatusForbidden},
		{"not named, without an address", "https://usher.example.com", http.Header{"X-Forwarded-Proto": {"https"}}, nil, http.StatusForbidden},
		{"named", "https://usher.example.com", forwarded, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, http.StatusOK},
		{"none", "https://usher.example.com", nil, nil, http.StatusOK},
		{"no TLS at all", "http://localhost:8080", forwarded, nil, http.StatusOK},
	} {
		b := setup(t, usher.Config{PublicURL: c.public, TrustedProxies: c.proxies})
		for _, path := range []string{"/sso/start", openid.PathDiscovery} { // for browsers, for apps
			w := b.do(request{path: path, anonymous: true, header: c.header})
			if w.Code != c.want || (c.want != http.StatusOK) != strings.Contains(w.Body.String(), "hint: start the server with --trusted-proxies") {
				t.Errorf("%s, %s: %d: %s", c.name, path, w.Code, w.Body)
			}
		}
	}
}

// TestSignIn_LogoutTokensAreCountedWhenTheyAreWrong: an identity provider sends those of many people from one address.
func TestSignIn_LogoutTokensAreCountedWhenTheyAreWrong(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{Client: loopback(), RateLimit: usher.RateLimit{PerSecond: 1, Burst: 3}})
	idp := b.signInBy(t)
	tell := func(token string) int {
		return b.do(request{
			method: http.MethodPost, path: "/sso/{id}/backchannel-logout", anonymous: true,
			header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, body: url.Values{"logout_token": {token}}.Encode(),
		}).Code
	}
	for i := range 5 {
		if got := tell(idp.LogoutToken("ada", "").String()); got != http.StatusOK {
			t.Errorf("right token %d: %d", i, got)
		}
	}
	for i, want := range []int{400, 400, 400, 429} {
		if got := tell("wrong"); got != want {
			t.Errorf("wrong token %d: %d, want %d", i, got, want)
		}
	}
	if got := tell(idp.LogoutToken("ada", "").String()); got != http.StatusOK {
		t.Errorf("a right token after wrong ones: %d", got)
	}
}
