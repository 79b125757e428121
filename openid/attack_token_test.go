package openid

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// opensNothing fails unless neither the access token nor the refresh token is good for anything.
func (w *world) opensNothing(t *testing.T, got tokenAnswer) {
	t.Helper()
	if got.Access != "" {
		if info, _ := w.userInfo(got.Access); info.status != http.StatusUnauthorized {
			t.Errorf("the access token still opens: %d %s", info.status, info.body)
		}
	}
	if got.Refresh != "" {
		if again := w.token(w.refreshing(got.Refresh)); again.status == http.StatusOK {
			t.Error("the refresh token still gives tokens")
		}
	}
}

// refusedAs fails unless the answer is that error, and has no token.
func refusedAs(t *testing.T, name string, got tokenAnswer, status int, code string) {
	t.Helper()
	if got.status != status || got.Code != code {
		t.Errorf("%s: answered %d %s, not %d %s", name, got.status, got.body, status, code)
	}
	if got.Access+got.Refresh+got.ID != "" {
		t.Errorf("%s: a token was given", name)
	}
}

// TestAttack_CodeReplay: a code that comes again gives nothing, and takes back all that came of it: it was stolen, by
// whoever was first or by whoever is second (RFC 6749 §4.1.2).
func TestAttack_CodeReplay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	code := b.code()
	first := w.token(w.redemption(code))
	if first.status != http.StatusOK {
		t.Fatalf("the first is refused: %s", first.body)
	}
	next := w.token(w.refreshing(first.Refresh))
	before := len(w.audit())
	refusedAs(t, "the second", w.token(w.redemption(code)), http.StatusBadRequest, codeInvalidGrant)
	if now := len(w.audit()); now != before+1 {
		t.Errorf("%d entries in the audit log, not one", now-before)
	}
	w.opensNothing(t, next)
	refusedAs(t, "the third", w.token(w.redemption(code)), http.StatusBadRequest, codeInvalidGrant)
	if !strings.Contains(w.log.String(), "kind="+kindReplayed) {
		t.Error("the log does not say why")
	}
	if got := b.authorize(w.request()); got.parameter("code") == "" {
		t.Error("the user is signed out, who has done nothing")
	}
}

// TestAttack_CodeRace: of many who redeem a code at once, one gets tokens at most; nobody keeps them.
func TestAttack_CodeRace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	code := b.code()
	const racers = 16
	answers := make([]tokenAnswer, racers)
	var all sync.WaitGroup
	for i := range racers {
		all.Go(func() { answers[i] = w.token(w.redemption(code)) })
	}
	all.Wait()
	won := 0
	for _, got := range answers {
		if got.status == http.StatusOK {
			won++
			w.opensNothing(t, got)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d got tokens", won, racers)
	}
}

// TestAttack_StolenCode: who has a code, and not all that it is bound to, gets nothing; and the app it was meant for still
// does.
func TestAttack_StolenCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.register(directory.NewApp{Name: "Other", FirstParty: true})
	b := w.browser()
	b.signIn("ada")
	code := b.code()
	for _, row := range []struct {
		name   string
		form   url.Values
		status int
		code   string
	}{
		{"another client's", w.redemption(code, "client_id", other.ID, "client_secret", other.Secret), http.StatusBadRequest, codeInvalidGrant},
		{"a public client's", w.redemption(code, "client_id", w.public.ID, "client_secret", ""), http.StatusBadRequest, codeInvalidGrant},
		{"without the secret", w.redemption(code, "client_secret", ""), http.StatusUnauthorized, codeInvalidClient},
		{"with another's secret", w.redemption(code, "client_secret", other.Secret), http.StatusUnauthorized, codeInvalidClient},
		{"with a guessed secret", w.redemption(code, "client_secret", "secret"), http.StatusUnauthorized, codeInvalidClient},
		{"nobody's", w.redemption(code, "client_id", "nobody"), http.StatusUnauthorized, codeInvalidClient},
		{"without a verifier", w.redemption(code, "code_verifier", ""), http.StatusBadRequest, codeInvalidRequest},
		{"with the challenge as verifier", w.redemption(code, "code_verifier", aChallenge), http.StatusBadRequest, codeInvalidGrant},
		{"with another verifier", w.redemption(code, "code_verifier", strings.Repeat("a", 43)), http.StatusBadRequest, codeInvalidGrant},
		{"with another redirect URI of the app", w.redemption(code, "redirect_uri", "https://app.example/other?tenant=1"), http.StatusBadRequest, codeInvalidGrant},
		{"without a redirect URI", w.redemption(code, "redirect_uri", ""), http.StatusBadRequest, codeInvalidRequest},
		{"cut off", w.redemption(code[:len(code)-1]), http.StatusBadRequest, codeInvalidGrant},
		{"as a refresh token", w.refreshing(code), http.StatusBadRequest, codeInvalidGrant},
	} {
		refusedAs(t, row.name, w.token(row.form), row.status, row.code)
	}
	if got := w.token(w.redemption(code)); got.status != http.StatusOK {
		t.Errorf("the app itself is refused: %s", got.body)
	}
}

// TestAttack_OldCode: a code is good for a minute.
func TestAttack_OldCode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	code := b.code()
	w.clock.add(61 * time.Second)
	refusedAs(t, "a minute later", w.token(w.redemption(code)), http.StatusBadRequest, codeInvalidGrant)
}

// TestAttack_RefreshTheft: a refresh token that comes again was stolen. Thief and app both lose it, and the log of the
// workspace says so (RFC 9700 §4.14.2).
func TestAttack_RefreshTheft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stolen := w.browser().tokensOf("ada").Refresh
	thief := w.token(w.refreshing(stolen))
	if thief.status != http.StatusOK || thief.Refresh == stolen {
		t.Fatalf("the first use: %d %s", thief.status, thief.body)
	}
	before := len(w.audit())
	refusedAs(t, "the app", w.token(w.refreshing(stolen)), http.StatusBadRequest, codeInvalidGrant)
	if now := len(w.audit()); now != before+1 {
		t.Errorf("%d entries in the audit log, not one", now-before)
	}
	w.opensNothing(t, thief)
}

// TestAttack_ForeignRefresh: a refresh token serves the app that it was given to.
func TestAttack_ForeignRefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.register(directory.NewApp{Name: "Other", FirstParty: true})
	refresh := w.browser().tokensOf("ada").Refresh
	refusedAs(t, "another client's", w.token(w.refreshing(refresh, "client_id", other.ID, "client_secret", other.Secret)), http.StatusBadRequest, codeInvalidGrant)
	refusedAs(t, "a public client's", w.token(w.refreshing(refresh, "client_id", w.public.ID, "client_secret", "")), http.StatusBadRequest, codeInvalidGrant)
	refusedAs(t, "with a wider scope", w.token(w.refreshing(refresh, "scope", "openid admin")), http.StatusBadRequest, codeInvalidScope)
	if got := w.token(w.refreshing(refresh)); got.status != http.StatusOK {
		t.Errorf("the app itself is refused: %s", got.body)
	}
}

// TestAttack_ClientAuthentication: a client shows its secret once, and nowhere where it is written down.
func TestAttack_ClientAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	code := b.code()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(w.app.ID)+":"+url.QueryEscape(w.app.Secret)))
	post := func(query string, form url.Values, headers ...string) tokenAnswer {
		r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.server.URL+PathToken+query, strings.NewReader(form.Encode()))
		w.check(err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, h := range headers {
			r.Header.Add("Authorization", h)
		}
		got := tokenAnswer{answer: w.do(w.server.Client(), r)}
		w.check(unmarshal(got.body, &got))
		return got
	}
	refusedAs(t, "in the URL", post("?client_secret="+w.app.Secret, w.redemption(code)), http.StatusBadRequest, codeInvalidRequest)
	refusedAs(t, "the code in the URL", post("?code="+code, w.redemption(code)), http.StatusBadRequest, codeInvalidRequest)
	refusedAs(t, "in two ways", post("", w.redemption(code), basic), http.StatusBadRequest, codeInvalidRequest)
	refusedAs(t, "as somebody else", post("", w.redemption(code, "client_secret", "", "client_id", w.public.ID), basic), http.StatusBadRequest, codeInvalidRequest)
	refusedAs(t, "two headers", post("", w.redemption(code, "client_secret", "", "client_id", ""), basic, basic), http.StatusBadRequest, codeInvalidRequest)
	refusedAs(t, "another scheme", post("", w.redemption(code, "client_secret", ""), "Bearer "+w.app.Secret), http.StatusUnauthorized, codeInvalidClient)
	refusedAs(t, "an assertion", post("", w.redemption(code, "client_assertion", "x")), http.StatusUnauthorized, codeInvalidClient)
	refusedAs(t, "another grant", post("", w.redemption(code, "grant_type", "password")), http.StatusBadRequest, codeUnsupportedGrantType)
	refusedAs(t, "no grant", post("", w.redemption(code, "grant_type", "")), http.StatusBadRequest, codeInvalidRequest)
	twice := w.redemption(code)
	twice.Add("code", "another")
	refusedAs(t, "a code twice", post("", twice), http.StatusBadRequest, codeInvalidRequest)
	refusedAs(t, "too large", post("", w.redemption(code, "x", strings.Repeat("x", maxBody))), http.StatusRequestEntityTooLarge, codeInvalidRequest)
	if got := post("", w.redemption(code, "client_secret", "", "client_id", ""), basic); got.status != http.StatusOK {
		t.Errorf("by Basic: %d %s", got.status, got.body)
	}
}

// TestAttack_TokenOfAnotherKind: an ID token, a refresh token or a code is no access token, and an access token no other.
func TestAttack_TokenOfAnotherKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.tokensOf("ada")
	for name, text := range map[string]string{
		"ID token": got.ID, "refresh token": got.Refresh, "code": b.code(), "nothing": "", "its beginning": accessPrefix,
		"another key's": accessPrefix + "e30." + strings.Repeat("A", 43), "changed": got.Access[:len(got.Access)-1] + "_",
	} {
		if info, _ := w.userInfo(text); info.status != http.StatusUnauthorized {
			t.Errorf("%s opens: %d %s", name, info.status, info.body)
		}
	}
	refusedAs(t, "access token as refresh token", w.token(w.refreshing(got.Access)), http.StatusBadRequest, codeInvalidGrant)
	refusedAs(t, "access token as code", w.token(w.redemption(got.Access)), http.StatusBadRequest, codeInvalidGrant)
	if info, _ := w.userInfo(got.Access); info.status != http.StatusOK {
		t.Errorf("the access token does not open: %d %s", info.status, info.body)
	}
	w.clock.add(defaultAccessTokenAge)
	if info, _ := w.userInfo(got.Access); info.status != http.StatusUnauthorized {
		t.Errorf("it opens past its time: %d", info.status)
	}
}
