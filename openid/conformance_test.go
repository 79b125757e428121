package openid

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestConformance_BasicOP has what the OpenID Foundation's plan for basic providers asks of authorization requests, as far as
// it holds here: each row is named as the module of that plan. All requests bring PKCE, which the plan does not.
func TestConformance_BasicOP(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	hint := b.tokensOf("ada").ID
	for _, row := range []struct {
		module string
		pairs  []string
		want   string // "code", or the error
	}{
		{"oidcc-server", nil, "code"},
		{"oidcc-response-type-missing", []string{"response_type", ""}, codeInvalidRequest},
		{"oidcc-scope-profile", []string{"scope", "openid profile"}, "code"},
		{"oidcc-scope-email", []string{"scope", "openid email"}, "code"},
		{"oidcc-scope-address", []string{"scope", "openid address"}, "code"},
		{"oidcc-scope-phone", []string{"scope", "openid phone"}, "code"},
		{"oidcc-scope-all", []string{"scope", "openid email phone address profile"}, "code"},
		{"oidcc-ensure-other-scope-order-succeeds", []string{"scope", "email openid"}, "code"},
		{"oidcc-display-page", []string{"display", "page"}, "code"},
		{"oidcc-display-popup", []string{"display", "popup"}, "code"},
		{"oidcc-prompt-none-logged-in", []string{"prompt", "none"}, "code"},
		{"oidcc-max-age-10000", []string{"max_age", "10000"}, "code"},
		{"oidcc-ensure-request-with-unknown-parameter-succeeds", []string{"extra", "foobar"}, "code"},
		{"oidcc-id-token-hint", []string{"prompt", "none", "id_token_hint", hint}, "code"},
		{"oidcc-login-hint", []string{"login_hint", "ada@example.com"}, "code"},
		{"oidcc-ui-locales", []string{"ui_locales", "se"}, "code"},
		{"oidcc-claims-locales", []string{"claims_locales", "se"}, "code"},
		{"oidcc-ensure-request-with-acr-values-succeeds", []string{"acr_values", "1 2"}, "code"},
		{"oidcc-claims-essential", []string{"claims", `{"userinfo":{"name":{"essential":true}}}`}, "code"},
		{"oidcc-ensure-request-without-nonce-succeeds-for-code-flow", []string{"nonce", ""}, "code"},
		{"oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, codeRequestNotSupported},
		{"oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", []string{"request_uri", "https://rp.example/r"}, codeRequestURINotSupported},
	} {
		got := b.authorize(w.request(row.pairs...))
		if isCode := got.parameter("code") != ""; isCode != (row.want == "code") || !isCode && got.parameter("error") != row.want {
			t.Errorf("%s: answered %d %s", row.module, got.status, got.location)
		}
	}
}

// TestConformance_RedirectURI are the modules about redirect URIs.
func TestConformance_RedirectURI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	for module, row := range map[string]struct {
		uri string
		ok  bool
	}{
		"oidcc-ensure-registered-redirect-uri":  {"https://app.example/unregistered", false},
		"oidcc-redirect-uri-query-OK":           {"https://app.example/other?tenant=1", true},
		"oidcc-redirect-uri-query-mismatch":     {"https://app.example/other?tenant=2", false},
		"oidcc-redirect-uri-query-added":        {callback + "?foo=bar", false},
		"oidcc-ensure-redirect-uri-in-request":  {"", false},
		"oidcc-redirect-uri-regfrag-registered": {callback + "#foo", false},
	} {
		got := b.authorize(w.request("redirect_uri", row.uri))
		if (got.parameter("code") != "") != row.ok || !row.ok && got.location != "" {
			t.Errorf("%s: answered %d %s", module, got.status, got.location)
		}
	}
}

// TestConformance_Tokens are the modules about codes, tokens and userinfo.
func TestConformance_Tokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	first := b.tokensOf("ada")
	id := w.idToken(first.ID)

	// oidcc-max-age-1: a login a second ago is asked for, and the ID token says when that was.
	w.clock.add(45 * time.Second)
	asked := askedFor(t, b.authorize(w.request("max_age", "1")))
	b.signIn("ada")
	again := w.token(w.redemption(b.get(w.server.URL + asked.Return).parameter("code")))
	if now := w.idToken(again.ID); now["auth_time"].(float64) <= id["auth_time"].(float64) || now["sub"] != id["sub"] {
		t.Errorf("oidcc-max-age-1: %v, and before %v", now, id)
	}

	// oidcc-codereuse-30seconds
	code := b.code()
	reused := w.token(w.redemption(code))
	w.clock.add(30 * time.Second)
	refusedAs(t, "oidcc-codereuse-30seconds", w.token(w.redemption(code)), http.StatusBadRequest, codeInvalidGrant)
	w.opensNothing(t, reused)

	// oidcc-userinfo-get, -post-header, -post-body
	b.signIn("ada")
	access := w.token(w.redemption(b.code())).Access
	for name, row := range map[string]struct{ method, header, body string }{
		"oidcc-userinfo-get":         {http.MethodGet, "Bearer " + access, ""},
		"oidcc-userinfo-post-header": {http.MethodPost, "Bearer " + access, ""},
		"oidcc-userinfo-post-body":   {http.MethodPost, "", url.Values{"access_token": {access}}.Encode()},
	} {
		r, err := http.NewRequestWithContext(w.ctx, row.method, w.server.URL+PathUserInfo, strings.NewReader(row.body))
		w.check(err)
		if row.header != "" {
			r.Header.Set("Authorization", row.header)
		}
		if row.body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		if got := w.do(w.server.Client(), r); got.status != http.StatusOK || !strings.Contains(got.body, id["sub"].(string)) {
			t.Errorf("%s: %d %s", name, got.status, got.body)
		}
	}

	// oidcc-idtoken-signature, oidcc-idtoken-rs256: the header names type, algorithm and key.
	header, err := encoding.DecodeString(strings.Split(first.ID, ".")[0])
	w.check(err)
	for _, want := range []string{`"alg":"RS256"`, `"kid":"`, `"typ":"JWT"`} {
		if !strings.Contains(string(header), want) {
			t.Errorf("the header is %s", header)
		}
	}
}
