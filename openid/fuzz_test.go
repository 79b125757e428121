package openid

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzAuthorizationRequest: whatever is sent, what is taken has a proper challenge, openid among its scopes, texts
// within their bounds; and reads the same once it was kept.
func FuzzAuthorizationRequest(f *testing.F) {
	f.Add(plainRequest().Encode())
	f.Add(with(plainRequest(), "prompt", "none", "max_age", "0", "state", "%0d%0a", "workspace", "ACC123").Encode())
	f.Add("client_id=a&client_id=b&redirect_uri=//evil&response_type=code")
	f.Add("code_challenge=" + aChallenge + "&code_challenge_method=plain&scope=openid&response_type=code")
	f.Add("&&&=%00&a=;")
	f.Fuzz(func(t *testing.T, text string) {
		sent, err := parseParameters(text, maxQuery)
		if err != nil {
			return
		}
		req, refused := parseAuthorization(sent)
		if refused != nil {
			if !isPrintable(refused.Description) || refused.Code == "" {
				t.Errorf("%q is refused as %q", text, refused)
			}
			return
		}
		if !isChallenge(req.challenge) || req.scopes[0] == "" || !isPrintable(req.state+req.nonce+req.workspace) {
			t.Errorf("%q reads as %+v", text, req)
		}
		again := parameters{Values: url.Values{}}
		for name, value := range (&authorization{sent: sent}).keptParameters() {
			again.Set(name, value)
		}
		kept, refused := parseAuthorization(again)
		if refused != nil || strings.Join(kept.scopes, " ") != strings.Join(req.scopes, " ") || kept.state != req.state || kept.challenge != req.challenge || kept.maxAge != req.maxAge {
			t.Errorf("%q is kept as %+v, %v", text, kept, refused)
		}
	})
}

// FuzzTokenRequest: whatever is sent, a client is read from one place alone, and what it shows is bounded.
func FuzzTokenRequest(f *testing.F) {
	f.Add("grant_type=authorization_code&code=c&client_id=a&client_secret=b&code_verifier="+aVerifier, "")
	f.Add("grant_type=refresh_token&refresh_token=r", "Basic YTpi")
	f.Add("client_id=a&client_id=b", "Basic")
	f.Add("client_assertion=x", "Basic ==")
	f.Add("client_id=%00", "Bearer x")
	f.Fuzz(func(t *testing.T, body, header string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		sent, err := readForm(httptest.NewRecorder(), r)
		if err != nil {
			return
		}
		c, refused := readCredentials(r, sent)
		if refused != nil {
			return
		}
		if c.id == "" || len(c.id) > maxClientID {
			t.Errorf("%q with %q is client %q", body, header, c.id)
		}
		if _, _, basic := r.BasicAuth(); basic && sent.get("client_secret") != "" {
			t.Errorf("%q with %q shows two secrets", body, header)
		}
	})
}

// FuzzAccessToken: nothing but what was signed opens, and in one spelling.
func FuzzAccessToken(f *testing.F) {
	p := &Provider{accessKey: [32]byte{1}}
	genuine, err := p.accessText(access{Root: "r", Session: "s", App: "a", Family: "f", Scope: []string{"openid"}, Expires: 1})
	if err != nil {
		f.Fatal(err)
	}
	other, err := (&Provider{accessKey: [32]byte{2}}).accessText(access{Root: "r"})
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{genuine, other, genuine + ".", genuine + "=", accessPrefix, accessPrefix + "e30.", ""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, ok := p.parseAccess(text); ok && text != genuine {
			t.Errorf("%q opens", text)
		}
	})
}
