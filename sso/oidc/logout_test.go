package oidc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

func TestLogout_NamesWhatIsOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, row := range []struct{ sub, sid string }{{"ada", ""}, {"", "s1"}, {"ada", "s1"}} {
		token := w.idp.LogoutToken(row.sub, row.sid)
		over, err := w.logout(token.String())
		if err != nil || over.Subject != row.sub || over.Session != row.sid || over.Issuer != w.idp.Issuer ||
			over.Replay != token.Claims["jti"] || !over.ReplayUntil.After(w.clock.Now().Add(2*time.Minute)) {
			t.Errorf("%+v: %+v, %v", row, over, err)
		}
	}
}

func TestLogout_Refuses(t *testing.T) {
	t.Parallel()
	set := func(name string, v any) func(*world, *ssotest.Token) {
		return func(_ *world, token *ssotest.Token) {
			if token.Claims[name] = v; v == nil {
				delete(token.Claims, name)
			}
		}
	}
	for i, row := range []struct {
		name   string
		want   directory.LoginCode
		change func(w *world, token *ssotest.Token)
	}{
		{"a nonce, as in an ID token", sso.CodeMalformed, set("nonce", "n")},
		{"a nonce that is null", sso.CodeMalformed, set("nonce", "")},
		{"no event", sso.CodeMalformed, set("events", nil)},
		{"another event", sso.CodeMalformed, set("events", map[string]any{"https://example.com/event": map[string]any{}})},
		{"events that are no object", sso.CodeMalformed, set("events", "logout")},
		{"no id", sso.CodeMalformed, set("jti", nil)},
		{"an endless id", sso.CodeLogoutToken, set("jti", strings.Repeat("j", 256))},
		{"nobody", sso.CodeMalformed, set("sub", nil)},
		{"an endless session", sso.CodeLogoutToken, set("sid", strings.Repeat("s", 256))},
		{"no end", sso.CodeExpired, set("exp", nil)},
		{"another client's", sso.CodeAudience, set("aud", "somebody else")},
		{"another issuer's", sso.CodeIssuer, set("iss", "https://evil.example")},
		{"no time", sso.CodeIssuedAt, set("iat", nil)},
		{"an ID token's type", sso.CodeLogoutToken, func(_ *world, token *ssotest.Token) { token.Header["typ"] = "at+jwt" }},
		{"expired", sso.CodeExpired, func(w *world, token *ssotest.Token) { token.Claims["exp"] = w.clock.Now().Add(-time.Second).Unix() }},
		{"good for ever", sso.CodeLogoutToken, func(w *world, token *ssotest.Token) { token.Claims["exp"] = w.clock.Now().Add(48 * time.Hour).Unix() }},
		{"of tomorrow", sso.CodeIssuedAt, func(w *world, token *ssotest.Token) { token.Claims["iat"] = w.clock.Now().Add(time.Hour).Unix() }},
		{"unsigned", sso.CodeAlgorithm, func(_ *world, token *ssotest.Token) { token.Unsigned() }},
		{"by the client secret", sso.CodeAlgorithm, func(w *world, token *ssotest.Token) { token.UseSecret([]byte(w.party.Secret)) }},
		{"by a foreign key", sso.CodeSignature, func(w *world, token *ssotest.Token) { token.Use(ssotest.NewKey(w.idp.Key().ID)) }},
		{"of another tenant", directory.LoginForeignTenant, func(w *world, token *ssotest.Token) {
			w.rules().Tenants = []string{"t1"}
			token.Claims["tid"] = "t2"
		}},
	} {
		t.Run(fmt.Sprintf("%02d %s", i, row.name), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			token := w.idp.LogoutToken("ada", "")
			row.change(w, token)
			_, err := w.logout(token.String())
			w.wantRefused(err, row.want)
		})
	}
	for _, text := range []string{"", "a.b.c", "{}.e30.e30", strings.Repeat("a", 1<<20)} {
		w := newWorld(t)
		_, err := w.logout(text)
		w.wantRefused(err, sso.CodeMalformed)
	}
}

// An ID token is no logout token, though the issuer has signed it for us.
func TestLogout_RefusesAnIDToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var stolen string
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { stolen = token.String() }})
	if _, err := w.login(); err != nil {
		t.Fatal(err)
	}
	_, err := w.logout(stolen)
	w.wantRefused(err, sso.CodeMalformed)
}
