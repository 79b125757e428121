package sso_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

// A fresh login is what the identity provider says it is: the wish for it goes through the browser, where it can be taken out.
func TestLogin_Fresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at, _ := url.Parse(w.browser().get("/" + w.okta.ID + "/login?fresh=1").to)
	if q := at.Query(); q.Get("prompt") != "login" || q.Get("max_age") != "0" {
		t.Errorf("asked by %s", at)
	}
	now := w.browser()
	now.login(w.okta, "?fresh=1")
	if s, ok := now.session(); !ok || !s.AuthTime.Equal(w.clock.Now()) {
		t.Errorf("a fresh login: %v %+v", ok, s)
	}
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { token.Claims["auth_time"] = w.clock.Now().Add(-5 * time.Hour).Unix() }})
	before := w.traces(w.acme)
	w.wantRefused(w.browser().login(w.okta, "?fresh=1"), before, sso.CodeNotFresh)
	if p := w.browser().login(w.okta, ""); p.StatusCode != http.StatusSeeOther {
		t.Errorf("where none is asked for: %d", p.StatusCode)
	}
}

// Nobody makes up when somebody has signed in.
func TestLogin_WithoutATime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { delete(token.Claims, "auth_time") }})
	b := w.browser()
	b.login(w.okta, "?fresh=1")
	if s, ok := b.session(); !ok || !s.AuthTime.IsZero() {
		t.Errorf("%v, signed in at %s", ok, s.AuthTime)
	}
}
