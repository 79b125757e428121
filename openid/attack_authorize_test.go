package openid

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// gaveNothing fails unless the answer has no code, and the browser goes nowhere but to the app's own place.
func gaveNothing(t *testing.T, got answer) {
	t.Helper()
	if strings.Contains(got.location, "code=") {
		t.Errorf("a code was given: %s", got.location)
	}
	if got.location != "" && !strings.HasPrefix(got.location, callback+"?") && !strings.HasPrefix(got.location, signInPage) {
		t.Errorf("the browser is sent to %s", got.location)
	}
}

// TestAttack_RedirectURI: somebody who is signed in follows a link that names the app and another place. The browser stays
// here, whatever the place looks like; nobody but the log learns why, and the audit log is not filled by strangers.
func TestAttack_RedirectURI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	before := len(w.audit())
	for name, place := range map[string]string{
		"none":                       "",
		"another host":               "https://evil.example/callback",
		"//evil":                     "//evil.example/callback",
		`/\evil`:                     `/\evil.example/callback`,
		"a path":                     "/callback",
		"userinfo@host":              "https://app.example@evil.example/callback",
		"host as userinfo":           "https://evil.example\\@app.example/callback",
		"suffix of the host":         "https://app.example.evil.example/callback",
		"prefix of the host":         "https://evilapp.example/callback",
		"upper case":                 "https://APP.example/callback",
		"trailing dot of the host":   "https://app.example./callback",
		"port":                       "https://app.example:443/callback",
		"plain http":                 "http://app.example/callback",
		"path dots":                  "https://app.example/callback/../evil",
		"encoded path dots":          "https://app.example/callback/%2e%2e/evil",
		"below the path":             "https://app.example/callback/evil",
		"slash at the end":           callback + "/",
		"encoded letter":             "https://app.example/%63allback",
		"encoded twice":              url.QueryEscape(callback),
		"line end":                   callback + "%0d%0aSet-Cookie:%20a=b",
		"raw line end":               callback + "\r\nSet-Cookie: a=b",
		"tab in the scheme":          "ht\ttps://app.example/callback",
		"blank before":               " " + callback,
		"fragment":                   callback + "#evil",
		"a query of its own":         callback + "?next=https://evil.example",
		"other query than its own":   "https://app.example/other?tenant=2",
		"without its query":          "https://app.example/other",
		"javascript":                 "javascript:alert(1)",
		"data":                       "data:text/html,evil",
		"null byte":                  callback + "\x00.evil.example",
		"look-alike of another font": "https://аpp.example/callback",
	} {
		t.Run(name, func(t *testing.T) {
			got := b.authorize(w.request("redirect_uri", place))
			if got.status != http.StatusBadRequest || got.location != "" {
				t.Errorf("answered %d %s", got.status, got.location)
			}
			if strings.Contains(got.body, "evil") || strings.Contains(got.body, "redirect") {
				t.Errorf("the page tells: %s", got.body)
			}
			gaveNothing(t, got)
		})
	}
	if now := len(w.audit()); now != before {
		t.Errorf("%d entries more in the audit log", now-before)
	}
	if !strings.Contains(w.log.String(), "kind="+kindRedirectURI) {
		t.Error("the log does not say why")
	}
}

// TestAttack_RedirectURITwice: of two values, neither is taken for the one that was meant.
func TestAttack_RedirectURITwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	for _, name := range []string{"redirect_uri", "client_id"} {
		request := w.request()
		request.Add(name, "https://evil.example/callback")
		if got := b.authorize(request); got.status != http.StatusBadRequest || got.location != "" {
			t.Errorf("%s twice: answered %d %s", name, got.status, got.location)
		}
	}
}

// TestAttack_ForeignRedirectURI: the place of one app does not serve another.
func TestAttack_ForeignRedirectURI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.register(directory.NewApp{Name: "Other", FirstParty: true, RedirectURIs: []string{"https://other.example/cb"}})
	b := w.browser()
	b.signIn("ada")
	for _, row := range [][2]string{{w.app.ID, "https://other.example/cb"}, {other.ID, callback}, {"nobody", callback}, {"", callback}} {
		if got := b.authorize(w.request("client_id", row[0], "redirect_uri", row[1])); got.status != http.StatusBadRequest || got.location != "" {
			t.Errorf("%q at %s: answered %d %s", row[0], row[1], got.status, got.location)
		}
	}
}

// TestAttack_PKCEDowngrade: a request that somebody has rewritten on its way gets no code, also of a client with a secret.
func TestAttack_PKCEDowngrade(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	for name, pairs := range map[string][]string{
		"challenge taken out":    {"code_challenge", "", "code_challenge_method", ""},
		"method taken out":       {"code_challenge_method", ""},
		"plain":                  {"code_challenge_method", "plain"},
		"plain with a verifier":  {"code_challenge_method", "plain", "code_challenge", aVerifier},
		"method that is not one": {"code_challenge_method", "none"},
	} {
		for _, app := range []directory.IssuedApp{w.app, w.public} {
			got := b.authorize(w.request(append(pairs, "client_id", app.ID)...))
			if got.parameter("error") != codeInvalidRequest || got.parameter("state") != "the state" {
				t.Errorf("%s: answered %d %s", name, got.status, got.location)
			}
			gaveNothing(t, got)
		}
	}
}

// TestAttack_MixUp: every answer names its issuer, so that an app with several providers never takes the code of one to the
// other (RFC 9207).
func TestAttack_MixUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	for name, pairs := range map[string][]string{
		"a code":           nil,
		"an error":         {"scope", "email"},
		"an issuer's name": {"iss", "https://evil.example"},
	} {
		got := b.authorize(w.request(pairs...))
		if got.parameter("iss") != w.server.URL || strings.Contains(got.location, "evil") {
			t.Errorf("%s: answered at %s", name, got.location)
		}
	}
}

// TestAttack_ContinuationInAnotherBrowser: a link to the continuation of a request, sent to somebody who is signed in, gives
// the sender nothing (login CSRF, session fixation).
func TestAttack_ContinuationInAnotherBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	attacker, victim := w.browser(), w.browser()
	got := attacker.authorize(w.request())
	link := w.server.URL + askedFor(t, got).Return
	victim.signIn("ada")
	before := len(w.audit())
	for name, visit := range map[string]func() answer{
		"no request of its own":   func() answer { return victim.get(link) },
		"a request of its own":    func() answer { victim.authorize(w.request("prompt", "login")); return victim.get(link) },
		"a posted consent":        func() answer { return victim.post(strings.TrimPrefix(link, w.server.URL), nil) },
		"a handle that was never": func() answer { return victim.get(w.server.URL + PathContinue + "?request=x") },
		"no handle":               func() answer { return victim.get(w.server.URL + PathContinue) },
	} {
		got := visit()
		if got.status != http.StatusBadRequest || got.location != "" {
			t.Errorf("%s: answered %d %s", name, got.status, got.location)
		}
		gaveNothing(t, got)
	}
	if now := len(w.audit()); now != before {
		t.Errorf("%d entries more in the audit log", now-before)
	}
}

// TestAttack_StateIsNoHeader: what an app keeps in its state comes back as it was, or not at all.
func TestAttack_StateIsNoHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	for _, state := range []string{"a&code=evil", "a#code=evil", `"><script>`, "%0d%0aSet-Cookie:%20a=b", "a b+c"} {
		got := b.authorize(w.request("state", state))
		if got.parameter("state") != state || got.parameter("code") == "evil" || got.header.Get("Set-Cookie") != "" {
			t.Errorf("%q comes back at %s", state, got.location)
		}
	}
	got := b.authorize(w.request("state", "a\r\nSet-Cookie: a=b"))
	if got.parameter("error") != codeInvalidRequest || got.header.Get("Set-Cookie") != "" {
		t.Errorf("a line end: answered %d %s", got.status, got.location)
	}
}

// TestAttack_ForgedHint: an ID token hint that was not signed here is refused, whatever its header says.
func TestAttack_ForgedHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	genuine := b.tokensOf("ada").ID
	foreign := newSigners(t)
	claims := map[string]any{"iss": w.server.URL, "sub": "ada", "aud": w.app.ID}
	forged, err := sign(foreign[0], typeID, claims)
	w.check(err)
	keys, err := w.directory.Signers(w.ctx)
	w.check(err)
	public, err := x509.MarshalPKIXPublicKey(keys[0].Key.Public())
	w.check(err)
	byHMAC := func(secret []byte) string {
		header := map[string]any{"alg": "HS256", "typ": "JWT", "kid": keys[0].ID}
		return handmade(t, header, claims, func(text []byte) []byte {
			mac := hmac.New(sha256.New, secret)
			mac.Write(text)
			return mac.Sum(nil)
		})
	}
	for name, hint := range map[string]string{
		"HS256 under the public key": byHMAC(public),
		"the same in PEM":            byHMAC(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		"HS256 under the secret":     byHMAC([]byte(w.app.Secret)),
		"none":                       handmade(t, map[string]any{"alg": "none", "typ": "JWT"}, claims, func([]byte) []byte { return nil }),
		"a foreign key":              forged,
		"changed":                    genuine[:len(genuine)-4] + "AAAA",
		"no token":                   "ada",
	} {
		got := b.authorize(w.request("id_token_hint", hint))
		if got.parameter("error") != codeInvalidRequest {
			t.Errorf("%s: answered %d %s", name, got.status, got.location)
		}
		gaveNothing(t, got)
	}
	if got := b.authorize(w.request("id_token_hint", genuine)); got.parameter("code") == "" {
		t.Errorf("the genuine one: answered %d %s", got.status, got.location)
	}
}
