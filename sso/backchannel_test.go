package sso_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

// tellLogout brings a logout token, as the identity provider does.
func (w *world) tellLogout(c directory.Connection, token string) page {
	w.Helper()
	return w.browser().post("/"+c.ID+"/backchannel-logout", url.Values{"logout_token": {token}})
}

func TestBackchannelLogout_EndsWhatItNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second, bob := w.browser(), w.browser(), w.browser()
	one := first.signIn(w.okta)
	second.signIn(w.okta)
	w.idp.SignIn(ssotest.Person{Subject: "bob", Claims: map[string]any{"email": "bob@example.com", "role": "Viewer"}})
	bob.signIn(w.okta)
	theirs := w.browser()
	w.idp.SignIn(ada)
	theirs.signIn(w.theirs)

	if p := w.tellLogout(w.okta, w.idp.LogoutToken("", one.IDPSession).String()); p.StatusCode != http.StatusOK || p.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d: %s\n%s", p.StatusCode, p.text, w.log)
	}
	if _, ok := first.session(); ok {
		t.Error("the session that was named is live")
	}
	if _, ok := second.session(); !ok {
		t.Error("another session of hers is over")
	}
	w.tellLogout(w.okta, w.idp.LogoutToken("ada", "").String())
	if _, ok := second.session(); ok {
		t.Error("a session of the person who was named is live")
	}
	if _, ok := bob.session(); !ok {
		t.Error("somebody else's session is over")
	}
	if _, ok := theirs.session(); !ok {
		t.Error("a session of another tenant is over")
	}
}

// Attack 36: a logout token counts once. Whatever is wrong, the answer is the same.
func TestBackchannelLogout_Attacks(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	var stolen string
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { stolen = token.String() }})
	b.signIn(w.okta)
	w.idp.Twist(ssotest.Twist{})

	used := w.idp.LogoutToken("nobody", "").String()
	if p := w.tellLogout(w.okta, used); p.StatusCode != http.StatusOK {
		t.Fatalf("%d\n%s", p.StatusCode, w.log)
	}
	change := func(f func(*ssotest.Token)) string {
		token := w.idp.LogoutToken("ada", "")
		f(token)
		return token.String()
	}
	for i, row := range []struct {
		name, token string
		want        directory.LoginCode
	}{
		{"replayed", used, directory.LoginReplayed},
		{"an ID token", stolen, sso.CodeMalformed},
		{"unsigned", change(func(token *ssotest.Token) { token.Unsigned() }), sso.CodeAlgorithm},
		{"a foreign key", change(func(token *ssotest.Token) { token.Use(ssotest.NewKey("first")) }), sso.CodeSignature},
		{"another client's", change(func(token *ssotest.Token) { token.Claims["aud"] = "other" }), sso.CodeAudience},
		{"another issuer's", change(func(token *ssotest.Token) { token.Claims["iss"] = "https://evil.example" }), sso.CodeIssuer},
		{"with a nonce", change(func(token *ssotest.Token) { token.Claims["nonce"] = "n" }), sso.CodeMalformed},
		{"no token", "", sso.CodeMalformed},
		{"noise", strings.Repeat("a.b.c", 100), sso.CodeMalformed},
	} {
		before := w.traces(w.acme)
		w.address = fmt.Sprint("192.0.2.", 10+i) // of one address there would be one entry a minute
		p := w.tellLogout(w.okta, row.token)
		if p.StatusCode != http.StatusBadRequest || p.text != `{"error":"invalid_request"}`+"\n" {
			t.Errorf("%s: %d: %s", row.name, p.StatusCode, p.text)
		}
		after := w.traces(w.acme)
		if fresh := after.refused[len(before.refused):]; len(fresh) != 1 || fresh[0] != string(row.want) || after.sessions != before.sessions {
			t.Errorf("%s: audit entries %v, want one of %s", row.name, fresh, row.want)
		}
	}
	if p := w.tellLogout(directory.Connection{ID: "nowhere"}, used); p.StatusCode != http.StatusBadRequest {
		t.Errorf("no connection: %d", p.StatusCode)
	}
	if _, ok := b.session(); !ok {
		t.Error("the session is over")
	}
}

// A logout token of the same provider ends nothing at another tenant, and its id is free there.
func TestBackchannelLogout_IsOfOneConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ours, theirs := w.browser(), w.browser()
	ours.signIn(w.okta)
	theirs.signIn(w.theirs)
	token := w.idp.LogoutToken("ada", "").String()
	if p := w.tellLogout(w.theirs, token); p.StatusCode != http.StatusOK {
		t.Fatalf("%d", p.StatusCode)
	}
	if _, ok := ours.session(); !ok {
		t.Error("our session is over")
	}
	w.clock.Add(time.Second)
	if p := w.tellLogout(w.okta, token); p.StatusCode != http.StatusOK {
		t.Errorf("%d", p.StatusCode)
	}
	if _, ok := ours.session(); ok {
		t.Error("our session is live")
	}
}
