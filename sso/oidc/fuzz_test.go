package oidc_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher/sso/ssotest"
)

// FuzzIDToken signs arbitrary claims, as an issuer would that has turned, and holds the verifier to what must be true of
// everybody whom it lets in.
func FuzzIDToken(f *testing.F) {
	w := newWorld(f)
	if _, err := w.login(); err != nil { // keys and discovery are remembered from here on
		f.Fatal(err)
	}
	now := w.clock.Now().Unix()
	for _, claims := range []map[string]any{
		{"iss": w.idp.Issuer, "sub": "ada", "aud": "usher", "exp": now + 60, "iat": now, "nonce": w.attempt.Nonce, "email": "a@example.com", "role": "A"},
		{"iss": w.idp.Issuer, "sub": "ada", "aud": []string{"usher", "b"}, "azp": "usher", "exp": now + 60, "iat": now, "nonce": w.attempt.Nonce, "email": "a@example.com", "role": []string{"A"}},
		{"_claim_names": map[string]any{"groups": "s"}, "_claim_sources": map[string]any{"s": map[string]any{"endpoint": "https://x"}}},
		{"hasgroups": true, "amr": []any{1, "mfa", nil}, "exp": 1e300, "iat": -1, "aud": nil},
	} {
		text, _ := json.Marshal(claims)
		f.Add(string(text), "JWT")
	}
	f.Add(`{"sub":"a","SUB":"b"}`, "logout+jwt")
	f.Fuzz(func(t *testing.T, claims, typ string) {
		token := w.idp.Sign(typ, nil)
		raw := token.SignText(claims)
		w.idp.Twist(ssotest.Twist{Exchange: func(answer map[string]any) { answer["id_token"] = raw }})
		who, err := w.as(t).login()
		if err != nil {
			return
		}
		if who.Issuer != w.idp.Issuer || who.Subject == "" || len(who.Subject) > 255 || !strings.Contains(claims, w.attempt.Nonce) {
			t.Errorf("let in as %+v by %s", who, claims)
		}
	})
}

// FuzzLogoutToken holds the verifier to what must be true of everything that ends sessions.
func FuzzLogoutToken(f *testing.F) {
	w := newWorld(f)
	honest, _ := json.Marshal(w.idp.LogoutToken("ada", "s").Claims)
	f.Add(string(honest), "logout+jwt")
	f.Add(string(honest), "JWT")
	f.Add(`{"events":{"http://schemas.openid.net/event/backchannel-logout":{}},"jti":"1","sub":"","sid":null}`, "")
	f.Fuzz(func(t *testing.T, claims, typ string) {
		over, err := w.as(t).logout(w.idp.Sign(typ, nil).SignText(claims))
		if err != nil {
			return
		}
		if over.Issuer != w.idp.Issuer || over.Subject == "" && over.Session == "" || over.Replay == "" ||
			!over.ReplayUntil.After(w.clock.Now()) {
			t.Errorf("%s names %+v", claims, over)
		}
	})
}

// FuzzCallback sends arbitrary parameters and arbitrary text in the place of tokens.
func FuzzCallback(f *testing.F) {
	w := newWorld(f)
	f.Add("code=a&state=b", "a.b.c")
	f.Add("code=a&code=b&iss="+url.QueryEscape(w.idp.Issuer), "eyJhbGciOiJub25lIn0.e30.")
	f.Add("error=access_denied&iss="+url.QueryEscape(w.idp.Issuer), "")
	f.Add("code=%00&state=%ff&iss=&iss=x", `{"payload":"e30","signatures":[{}]}`)
	f.Fuzz(func(t *testing.T, query, token string) {
		w := w.as(t)
		w.idp.Twist(ssotest.Twist{Serve: func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/token" {
				return false
			}
			rw.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(rw).Encode(map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": token})
			return true
		}})
		back := httptest.NewRequest("GET", "/sso/c1/callback", nil)
		back.URL.RawQuery = query
		if who, err := w.provider.Finish(t.Context(), w.party, w.attempt, back); err == nil {
			t.Errorf("let in as %+v by %q and %q", who, query, token)
		}
		if over, err := w.logout(token); err == nil {
			t.Errorf("%q ends %+v", token, over)
		}
	})
}
