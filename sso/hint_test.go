package sso_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest"
)

// hintCookie is the cookie of the last login, if it has set one.
func hintCookie(p page) *http.Cookie {
	for _, c := range p.Cookies() {
		if strings.HasSuffix(c.Name, "usher_logout") {
			return c
		}
	}
	return nil
}

// The ID token stays in the browser where the connection says so: sealed, for this face alone, and never too large for a
// cookie.
func TestSignOutHint_IsKeptByTheBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{Discovery: func(d map[string]any) { d["end_session_endpoint"] = w.idp.Issuer + "/bye" }})
	if c := hintCookie(w.browser().login(w.okta, "")); c != nil {
		t.Errorf("no logout at the provider, and yet the cookie %s", c)
	}
	w.rule(func(s *directory.SignIn) { s.LogoutRedirect = true })
	b := w.browser()
	c := hintCookie(b.login(w.okta, ""))
	if c == nil || c.Path != "/sso" || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || strings.Contains(c.Value, ".") || len(c.String()) > 4096 {
		t.Fatalf("cookie %v", c)
	}

	// What is no hint of the connection is none.
	at, _ := url.Parse(b.server.URL + "/sso")
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: c.Name, Value: c.Value[:len(c.Value)-2] + "AA", Path: "/sso"}})
	if p := b.post("/logout", nil); !strings.HasPrefix(p.to, w.idp.Issuer+"/bye?") || strings.Contains(p.to, "id_token_hint") {
		t.Errorf("a cookie that was changed: %s", p.to)
	}

	large := ssotest.Person{Subject: "ada", Claims: maps.Clone(ada.Claims)}
	large.Claims["groups"] = strings.Repeat("x", 3000)
	w.idp.SignIn(large)
	b = w.browser()
	if c := hintCookie(b.login(w.okta, "")); c != nil {
		t.Errorf("a large token: a cookie of %d bytes", len(c.String()))
	}
	if p := b.post("/logout", nil); !strings.HasPrefix(p.to, w.idp.Issuer+"/bye?client_id=") {
		t.Errorf("its logout: %s", p.to)
	}
}

// The hint of one login is none beside another one's: a neighbouring host could set it, and the wrong session would end at the
// identity provider.
func TestSignOutHint_IsOfItsLoginAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{Discovery: func(d map[string]any) { d["end_session_endpoint"] = w.idp.Issuer + "/bye" }})
	w.rule(func(s *directory.SignIn) { s.LogoutRedirect = true })
	theirs := hintCookie(w.browser().login(w.okta, ""))
	b := w.browser()
	b.signIn(w.okta)
	at, _ := url.Parse(b.server.URL + "/sso")
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: theirs.Name, Value: theirs.Value, Path: "/sso"}})
	if p := b.post("/logout", nil); !strings.HasPrefix(p.to, w.idp.Issuer+"/bye?") || strings.Contains(p.to, "id_token_hint") {
		t.Errorf("with the cookie of another login: %s", p.to)
	}
}

// A cookie that is to be forgotten says Max-Age=0: without it browsers keep an empty one.
func TestLogout_DropsTheCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{Discovery: func(d map[string]any) { d["end_session_endpoint"] = w.idp.Issuer + "/bye" }})
	w.rule(func(s *directory.SignIn) { s.LogoutRedirect = true })
	b := w.browser()
	b.signIn(w.okta)
	dropped := b.post("/logout", nil).Cookies()
	if len(dropped) != 3 {
		t.Errorf("cookies %v", dropped)
	}
	for _, c := range dropped {
		if c.Value != "" || c.MaxAge >= 0 {
			t.Errorf("cookie %s", c)
		}
	}
}
