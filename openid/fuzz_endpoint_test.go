package openid

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// serveOne serves a request past the network.
func (w *world) serveOne(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	w.server.Config.Handler.ServeHTTP(recorder, r)
	return recorder
}

// FuzzAuthorizeEndpoint: whatever somebody who is signed in is made to ask, the browser goes to a registered place of an
// app, to the page of sign-in, or nowhere; and a code goes only where a proper challenge was sent.
func FuzzAuthorizeEndpoint(f *testing.F) {
	w := newWorld(f)
	b := w.browser()
	cookie := &http.Cookie{Name: sessionCookie, Value: b.signIn("ada").Token}
	proper := w.request().Encode()
	for _, query := range []string{
		proper,
		w.request("redirect_uri", "//evil.example/callback").Encode(),
		w.request("redirect_uri", callback+"%0d%0a").Encode(),
		w.request("prompt", "none", "max_age", "0", "workspace", "ACC123-LAB").Encode(),
		w.request("code_challenge_method", "plain").Encode(),
		proper + "&redirect_uri=https://evil.example",
		strings.Replace(proper, "state=the+state", "state=%0d%0aLocation:%20//evil", 1),
		"client_id=" + w.app.ID,
	} {
		f.Add(query)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest(http.MethodGet, PathAuthorize, nil)
		r.URL.RawQuery = query
		r.AddCookie(cookie)
		got := w.serveOne(r)
		place := got.Header().Get("Location")
		toApp := strings.HasPrefix(place, callback+"?") || strings.HasPrefix(place, "https://app.example/other?tenant=1&")
		if place != "" && !toApp && !strings.HasPrefix(place, signInPage) || strings.ContainsAny(place, "\r\n\\ ") {
			t.Fatalf("%q sends the browser to %q", query, place)
		}
		if got.Code >= http.StatusInternalServerError {
			t.Fatalf("%q: %d\n%s", query, got.Code, w.log)
		}
		u, err := url.Parse(place)
		if err != nil {
			t.Fatalf("%q sends the browser to %q: %v", query, place, err)
		}
		sent, err := url.ParseQuery(query)
		if u.Query().Get("code") != "" && (err != nil || sent.Get("code_challenge_method") != "S256" || !isChallenge(sent.Get("code_challenge"))) {
			t.Fatalf("%q gets a code", query)
		}
	})
}

// FuzzTokenEndpoint: whoever does not know the code gets no token, and an error that RFC 6749 has.
func FuzzTokenEndpoint(f *testing.F) {
	w := newWorld(f)
	b := w.browser()
	b.signIn("ada")
	code, refresh := b.code(), b.tokensOf("bob").Refresh
	w.check(w.directory.RevokeGrant(w.ctx, w.app.App, refresh))
	for _, form := range []url.Values{
		w.redemption(code[:len(code)-1]), w.redemption(code, "code_verifier", aChallenge), w.refreshing(refresh), w.refreshing(code),
		w.redemption(code, "client_secret", ""),
		{},
	} {
		f.Add(form.Encode(), "")
	}
	f.Add("grant_type=refresh_token", "Basic Og==")
	known := map[string]bool{
		codeInvalidRequest: true, codeInvalidClient: true, codeInvalidGrant: true, codeInvalidScope: true, codeUnsupportedGrantType: true, codeBusy: true,
	}
	f.Fuzz(func(t *testing.T, body, authorization string) {
		if strings.Contains(body, code) && strings.Contains(body, aVerifier) {
			t.Skip("that is the app itself")
		}
		r := httptest.NewRequest(http.MethodPost, PathToken, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		got := w.serveOne(r)
		var said tokenAnswer
		if err := unmarshal(got.Body.String(), &said); err != nil || got.Code < 400 || got.Code >= 500 || !known[said.Code] || said.Access+said.ID+said.Refresh != "" {
			t.Fatalf("%q with %q: %d %s %v", body, authorization, got.Code, got.Body, err)
		}
	})
}
