package sso_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest/foreign"
)

// TestForeignProvider walks through a provider that is not ours, npm's oidc-provider: first login, another role, logout,
// and a logout at the provider; with the claims in the ID token, and with claims that only UserInfo tells.
func TestForeignProvider(t *testing.T) {
	t.Parallel()
	for name, modes := range map[string][]string{"claims in the ID token": nil, "claims by UserInfo alone": {foreign.Thin}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldAt(t, time.Now())
			idp := w.startForeign(modes...)
			idp.Tell("ada", map[string]any{"email": "ada@example.com", "email_verified": true, "name": "Ada Byron", "role": "Editor"})
			b := w.browser()
			b.get(b.foreignLogin("ada"))
			first, ok := b.session()
			if !ok || first.IDPSession == "" {
				t.Fatalf("session %+v\n%s", first, w.log)
			}
			w.wantRole("Editor")

			idp.Tell("ada", map[string]any{"email": "ada@example.com", "email_verified": true, "role": "Viewer"})
			if p := b.post("/logout", nil); p.StatusCode != http.StatusOK {
				t.Fatalf("logout: %d", p.StatusCode)
			}
			if s, err := w.directory.Session(t.Context(), first.Root, first.ID); err == nil && s.State == directory.SessionLive {
				t.Error("the session outlives the logout")
			}
			b.get(b.foreignLogin("")) // the provider remembers her
			second, ok := b.session()
			if !ok || second.ID == first.ID || second.Subject != first.Subject {
				t.Fatalf("session %+v\n%s", second, w.log)
			}
			w.wantRole("Viewer")

			b.foreignLogout()
			if _, ok := b.session(); ok {
				t.Errorf("the session outlives the logout at the provider\n%s", w.log)
			}
		})
	}
}

// TestForeignProvider_SignOut: a logout here goes on to the provider, which takes the ID token of the login for a hint, and sends the
// browser back; there is nobody signed in there any more.
func TestForeignProvider_SignOut(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, time.Now())
	idp := w.startForeign()
	idp.Tell("ada", map[string]any{"email": "ada@example.com", "email_verified": true, "name": "Ada Byron", "role": "Editor"})
	w.rule(func(s *directory.SignIn) { s.LogoutRedirect = true })
	b := w.browser()
	b.get(b.foreignLogin("ada"))
	out := b.post("/logout", nil)
	if !strings.HasPrefix(out.to, idp.Issuer+"/session/end?") || !strings.Contains(out.to, "id_token_hint=") {
		t.Fatalf("the logout goes to %s\n%s", out.to, w.log)
	}
	back := b.confirmLogout(out.to)
	if !strings.HasPrefix(back.to, sso.SignedOutURL(w.server.URL)+"?state=") {
		t.Fatalf("the provider sends the browser to %s: %d %s", back.to, back.StatusCode, back.text)
	}
	if p := b.get(back.to); p.StatusCode != http.StatusOK {
		t.Errorf("back again: %d %s", p.StatusCode, p.text)
	}
	asks := b.get(b.get("/" + w.okta.ID + "/login").to)
	for asks.to != "" {
		asks = b.get(asks.to)
	}
	if !strings.Contains(asks.text, `value="login"`) {
		t.Errorf("the provider remembers her: %s", asks.text)
	}
}

// wantRole fails unless the one person of ACME has that role.
func (w *world) wantRole(role string) {
	w.Helper()
	people, err := w.directory.PeoplePage(w.Context(), w.acme, directory.PeopleFilter{})
	w.check(err)
	if len(people.People) != 1 || people.People[0].Role != role {
		w.Errorf("people %+v, want one %s", people.People, role)
	}
}

// startForeign starts the provider, with ACME's connection as its client.
func (w *world) startForeign(modes ...string) *foreign.Provider {
	w.Helper()
	const secret = "a secret of the test"
	p := foreign.Start(w, foreign.Client{
		ID: "usher", Secret: secret, RedirectURIs: []string{sso.CallbackURL(w.handler.PublicURL, w.okta.ID)},
		PostLogoutRedirectURIs: []string{sso.SignedOutURL(w.server.URL)},
		BackchannelLogoutURI:   w.server.URL + "/sso/" + w.okta.ID + "/backchannel-logout", BackchannelLogoutSession: true,
	}, modes...)
	w.check(w.directory.SetSignInSecret(w.Context(), operator, w.okta, secret))
	w.rule(func(s *directory.SignIn) {
		s.Issuer, s.UpdateRole, s.Scopes = p.Issuer, true, []string{"openid", "email", "profile", "roles"}
	})
	return p
}

// foreignLogin walks through the provider's pages, as whom it asks for, and returns the callback.
func (b *browser) foreignLogin(login string) (callback string) {
	b.Helper()
	p := b.get("/" + b.okta.ID + "/login")
	for range 10 {
		switch {
		case strings.Contains(p.to, "/callback?"):
			return p.to
		case p.to != "":
			p = b.get(p.to)
		case strings.Contains(p.text, `value="login"`) && login != "":
			p = b.post(formAction(b, p), url.Values{"prompt": {"login"}, "login": {login}, "password": {"x"}})
		case strings.Contains(p.text, `value="consent"`):
			p = b.post(formAction(b, p), url.Values{"prompt": {"consent"}})
		default:
			b.Fatalf("the provider answered %d: %s\n%s", p.StatusCode, p.text, b.log)
		}
	}
	b.Fatal("the provider goes round")
	return ""
}

// foreignLogout signs out at the provider, which tells us by the back channel.
func (b *browser) foreignLogout() {
	b.Helper()
	b.confirmLogout(b.okta.Settings.SignIn.Issuer + "/session/end?client_id=usher")
}

// confirmLogout says yes on the provider's page of logout.
func (b *browser) confirmLogout(place string) page {
	b.Helper()
	p := b.get(place)
	xsrf := regexp.MustCompile(`name="xsrf" value="([^"]+)"`).FindStringSubmatch(p.text)
	if xsrf == nil {
		b.Fatalf("the provider answered %d: %s", p.StatusCode, p.text)
	}
	return b.post(formAction(b, p), url.Values{"xsrf": {xsrf[1]}, "logout": {"yes"}})
}

func formAction(b *browser, p page) string {
	b.Helper()
	found := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(p.text)
	if found == nil {
		b.Fatalf("no form in %s", p.text)
	}
	at, err := p.Request.URL.Parse(found[1])
	b.check(err)
	return at.String()
}
