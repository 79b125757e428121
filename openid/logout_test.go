package openid

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/usher-scim/usher/directory"
)

func (b *browser) cookie(name string) string {
	at, err := url.Parse(b.w.server.URL)
	b.w.check(err)
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// postFrom posts a form as a page of another origin would.
func (b *browser) postFrom(origin, path string, form url.Values) answer {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.ctx, http.MethodPost, b.w.server.URL+path, strings.NewReader(form.Encode()))
	b.w.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", origin)
	return b.w.do(b.client, r)
}

func (b *browser) logout(pairs ...string) answer {
	b.w.t.Helper()
	return b.get(b.w.server.URL + PathLogout + "?" + with(url.Values{}, pairs...).Encode())
}

// TestLogout_ByApp: an app that shows an ID token of the session ends it, and gets the browser back.
func TestLogout_ByApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.tokensOf("ada")
	back := b.logout("id_token_hint", got.ID, "post_logout_redirect_uri", "https://app.example/bye", "state", "s&t")
	if back.location != "https://app.example/bye?state=s%26t" {
		t.Errorf("the browser is sent to %d %s\n%s", back.status, back.location, w.log)
	}
	w.opensNothing(t, got)
	askedFor(t, b.authorize(w.request()))
	if again := b.logout("id_token_hint", got.ID, "post_logout_redirect_uri", "https://app.example/bye"); again.location != "https://app.example/bye" {
		t.Errorf("a second time: %d %s", again.status, again.location)
	}
}

// TestAttack_Logout: no foreign page ends a session, and none is where the browser goes after one.
func TestAttack_Logout(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.register(directory.NewApp{Name: "Other", FirstParty: true, PostLogoutURIs: []string{"https://other.example/bye"}})
	b := w.browser()
	id := b.tokensOf("ada").ID
	forged, err := sign(newSigners(t)[0], typeID, w.idToken(id))
	w.check(err)
	none := handmade(t, map[string]any{"alg": "none", "typ": "JWT"}, w.idToken(id), func([]byte) []byte { return nil })
	logoutToken, err := w.provider.LogoutToken(w.ctx, directory.Message{Root: w.workspace.Root, To: w.app.ID, Session: "s", Subject: "ada"})
	w.check(err)
	before := len(w.audit())
	for name, pairs := range map[string][]string{
		"a foreign hint":              {"id_token_hint", forged},
		"an unsigned hint":            {"id_token_hint", none},
		"a logout token as a hint":    {"id_token_hint", logoutToken},
		"a cut hint":                  {"id_token_hint", id[:len(id)-3]},
		"another client's name":       {"id_token_hint", id, "client_id", other.ID},
		"another client's place":      {"id_token_hint", id, "post_logout_redirect_uri", "https://other.example/bye"},
		"a place of sign-in":          {"id_token_hint", id, "post_logout_redirect_uri", callback},
		"a place that begins alike":   {"id_token_hint", id, "post_logout_redirect_uri", "https://app.example/bye/../evil"},
		"//evil":                      {"id_token_hint", id, "post_logout_redirect_uri", "//evil.example"},
		"a line end":                  {"id_token_hint", id, "post_logout_redirect_uri", "https://app.example/bye\r\na: b"},
		"a line end in the state":     {"id_token_hint", id, "post_logout_redirect_uri", "https://app.example/bye", "state", "\r\na: b"},
		"a place, and no hint at all": {"client_id", w.app.ID, "post_logout_redirect_uri", "https://evil.example"},
		"nothing":                     {},
	} {
		got := b.logout(pairs...)
		if got.location != "" || strings.Contains(got.body, "evil") {
			t.Errorf("%s: answered %d %s", name, got.status, got.location)
		}
		if still := b.authorize(w.request("prompt", "none")); still.parameter("code") == "" {
			t.Fatalf("%s: the session is over", name)
		}
	}
	if got := b.postFrom("https://evil.example", PathLogout, url.Values{"decision": {"allow"}}); got.status != http.StatusBadRequest {
		t.Errorf("posted by another site: %d", got.status)
	}
	if still := b.authorize(w.request("prompt", "none")); still.parameter("code") == "" {
		t.Error("posted by another site: the session is over")
	}
	if now := w.audited("session.end"); now != 0 {
		t.Errorf("%d sessions ended in the audit log, of %d entries after %d", now, len(w.audit()), before)
	}
}

// TestLogout_ByUser: who opens the page of logout is asked, and signed out.
func TestLogout_ByUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	if got := b.logout(); got.status != http.StatusOK || !strings.Contains(got.body, "<form") {
		t.Errorf("the page: %d %s", got.status, got.body)
	}
	if got := b.post(PathLogout, url.Values{"decision": {"allow"}}); got.status != http.StatusOK || strings.Contains(got.body, "<form") {
		t.Errorf("the answer: %d %s", got.status, got.body)
	}
	askedFor(t, b.authorize(w.request()))
}

// TestLogout_FromAnAddressThatIsRefused: who may not come in from there may leave.
func TestLogout_FromAnAddressThatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	w.allowSignIn("198.51.100.0/24")
	if got := b.post(PathLogout, url.Values{"decision": {decisionAllow}}); got.status != http.StatusOK || strings.Contains(got.body, "<form") {
		t.Errorf("the answer: %d %s", got.status, got.body)
	}
	if n := w.audited(directory.ActionSessionEnd); n != 1 {
		t.Errorf("%d sessions have ended", n)
	}
}

// TestLogout_SignsOutElsewhereToo: also where no app wants the browser back, it forgets its cookie and leaves the identity
// provider, else the next login would need no password.
func TestLogout_SignsOutElsewhereToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.provider.SignOut = func(to string) string { return "https://signin.example/signed-out?" + url.Values{"to": {to}}.Encode() }
	for _, c := range []struct {
		name, want string
		logout     func(b *browser, idToken string) answer
	}{
		{"by the app", "https://app.example/bye", func(b *browser, idToken string) answer {
			return b.logout("id_token_hint", idToken, "post_logout_redirect_uri", "https://app.example/bye")
		}},
		{"by the app, to stay", "", func(b *browser, idToken string) answer { return b.logout("id_token_hint", idToken) }},
		{"by the user", "", func(b *browser, _ string) answer { return b.post(PathLogout, url.Values{"decision": {decisionAllow}}) }},
	} {
		b := w.browser()
		before := w.audited(directory.ActionSessionEnd)
		got := c.logout(b, b.tokensOf("ada").ID)
		if !strings.HasPrefix(got.location, "https://signin.example/signed-out?") || got.parameter("to") != c.want {
			t.Errorf("%s: %d %s", c.name, got.status, got.location)
		}
		if n := w.audited(directory.ActionSessionEnd) - before; n != 1 {
			t.Errorf("%s: %d sessions have ended", c.name, n)
		}
	}
}

// TestLogoutToken: what an app is told with is no ID token, and has what the specification asks for.
func TestLogoutToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text, err := w.provider.LogoutToken(w.ctx, directory.Message{Root: "root", To: w.app.ID, Session: "s", Subject: "ada"})
	w.check(err)
	keys, err := w.directory.Signers(w.ctx)
	w.check(err)
	var claims map[string]any
	w.check(verify(keys, typeLogout, text, &claims))
	events, _ := claims["events"].(map[string]any)
	if _, is := events[logoutEvent]; !is || claims["nonce"] != nil || claims["aud"] != w.app.ID || claims["sid"] != "root.s" || claims["jti"] == "" || claims["sub"] != "ada" {
		t.Errorf("the logout token says %v", claims)
	}
	if verify(keys, typeID, text, &claims) == nil {
		t.Error("it verifies as an ID token")
	}
}

// TestRevoke_RFC7009: an app gives a refresh token back; what came with it ends.
func TestRevoke_RFC7009(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.register(directory.NewApp{Name: "Other", FirstParty: true})
	b := w.browser()
	got := b.tokensOf("ada")
	revoke := func(app directory.IssuedApp, token string) answer {
		return b.post(PathRevocation, url.Values{"token": {token}, "client_id": {app.ID}, "client_secret": {app.Secret}})
	}
	if a := revoke(other, got.Refresh); a.status != http.StatusOK {
		t.Errorf("another app's: %d %s", a.status, a.body)
	}
	next := w.token(w.refreshing(got.Refresh))
	if next.status != http.StatusOK {
		t.Fatalf("another app has revoked it: %s", next.body)
	}
	if a := revoke(w.app, "nothing"); a.status != http.StatusOK {
		t.Errorf("an unknown one: %d %s", a.status, a.body)
	}
	if a := revoke(w.app, next.Refresh); a.status != http.StatusOK {
		t.Errorf("its own: %d %s", a.status, a.body)
	}
	w.opensNothing(t, next)
}

// TestIntrospect_RFC7662: an app's own services ask what an access token opens; nobody else learns anything.
func TestIntrospect_RFC7662(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.register(directory.NewApp{Name: "Other", FirstParty: true})
	b := w.browser()
	got := b.tokensOf("ada")
	ask := func(app directory.IssuedApp, token string) (answer, map[string]any) {
		a := b.post(PathIntrospection, url.Values{"token": {token}, "client_id": {app.ID}, "client_secret": {app.Secret}})
		var said map[string]any
		w.check(unmarshal(a.body, &said))
		return a, said
	}
	if a, said := ask(w.app, got.Access); said["active"] != true || said["workspace"] != "ACC123" || said["client_id"] != w.app.ID {
		t.Errorf("its own: %d %s", a.status, a.body)
	}
	for name, row := range map[string]struct {
		app   directory.IssuedApp
		token string
	}{"another app's": {other, got.Access}, "a refresh token": {w.app, got.Refresh}, "an ID token": {w.app, got.ID}, "nothing": {w.app, ""}} {
		if a, said := ask(row.app, row.token); said["active"] != false || len(said) != 1 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if a, _ := ask(w.public, got.Access); a.status != http.StatusBadRequest {
		t.Errorf("a public client: %d %s", a.status, a.body)
	}
	w.clock.add(defaultAccessTokenAge)
	if a, said := ask(w.app, got.Access); said["active"] != false {
		t.Errorf("past its time: %s", a.body)
	}
}

// TestBackchannel_TellsTheApp: however a session ends, each app that it was used for has one message, from which comes a
// logout token that a library takes.
func TestBackchannel_TellsTheApp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	told := w.register(directory.NewApp{Name: "Told", FirstParty: true, BackchannelLogoutURI: "https://app.example/backchannel-logout"})
	provider, err := oidc.NewProvider(w.ctx, w.server.URL)
	w.check(err)
	for name, end := range map[string]func(*browser, directory.Session, string){
		"the app's own logout": func(b *browser, _ directory.Session, id string) { b.logout("id_token_hint", id) },
		"an admin": func(_ *browser, s directory.Session, _ string) {
			w.check(w.directory.EndSession(w.ctx, operator, s.Root, s.ID, "test"))
		},
		"nobody is seen for a day": func(*browser, directory.Session, string) { w.clock.add(25 * time.Hour) },
	} {
		b := w.browser()
		s := b.signIn("ada").Session
		code := b.code("client_id", told.ID)
		got := w.token(w.redemption(code, "client_id", told.ID, "client_secret", told.Secret))
		b.code() // of an app that does not want to be told
		end(b, s, got.ID)
		w.check(w.directory.SweepSessions(w.ctx))
		due, err := w.directory.DueMessages(w.ctx, directory.MessageLogout, 10)
		w.check(err)
		if len(due) != 1 {
			t.Fatalf("%s: %d messages", name, len(due))
		}
		text, err := w.provider.LogoutToken(w.ctx, due[0])
		w.check(err)
		token, err := provider.Verifier(&oidc.Config{ClientID: told.ID, Now: w.clock.Now}).VerifyLogout(w.ctx, text)
		if err != nil || token.SessionID != sessionID(s.Root, s.ID) || token.Subject != s.Subject {
			t.Errorf("%s: %+v, %v", name, token, err)
		}
		w.check(w.directory.RecordMessage(w.ctx, due[0], directory.MessageOutcome{Delivered: true}))
	}
}
