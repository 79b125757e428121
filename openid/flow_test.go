package openid

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// idToken opens an ID token, as package openid itself would.
func (w *world) idToken(text string) (claims map[string]any) {
	w.t.Helper()
	keys, err := w.directory.Signers(w.ctx)
	w.check(err)
	w.check(verify(keys, typeID, text, &claims))
	return claims
}

// TestFlow_J14: an app sends somebody who is not signed in; they sign in, come back, and the app gets what it needs to
// know: who, where, as what.
func TestFlow_J14(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.authorize(w.request("workspace", "ACC123", "login_hint", "ada@example.com", "acr_values", "mfa"))
	asked := askedFor(t, got)
	if asked.Workspace != "ACC123" || asked.LoginHint != "ada@example.com" || asked.Fresh || !slices.Equal(asked.Contexts, []string{"mfa"}) {
		t.Errorf("the page of sign-in is asked for %+v", asked)
	}
	signed := b.signIn("ada")
	got = b.get(w.server.URL + asked.Return)
	if !strings.HasPrefix(got.location, callback+"?") || got.parameter("state") != "the state" || got.parameter("iss") != w.server.URL {
		t.Fatalf("the browser comes back to %d %s\n%s", got.status, got.location, w.log)
	}
	given := w.token(w.redemption(got.parameter("code")))
	if given.status != http.StatusOK || given.Type != "Bearer" || given.ExpiresIn != 300 || given.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("tokens: %d %s\n%s", given.status, given.body, w.log)
	}
	id := w.idToken(given.ID)
	for name, want := range map[string]any{
		"iss": w.server.URL, "aud": w.app.ID, "sub": signed.Session.Subject, "nonce": "the nonce", "email": "ada@example.com",
		"workspace": "ACC123", "role": "member", "sid": sessionID(signed.Session.Root, signed.Session.ID), "at_hash": halfHash(given.Access),
	} {
		if id[name] != want {
			t.Errorf("%s is %v, not %v", name, id[name], want)
		}
	}
	for _, name := range []string{"teams", "permissions", "amr", "exp", "iat", "auth_time"} {
		if id[name] == nil {
			t.Errorf("%s is missing", name)
		}
	}
	info, claims := w.userInfo(given.Access)
	if info.status != http.StatusOK || claims["sub"] != signed.Session.Subject || claims["role"] != "member" || claims["email"] != "ada@example.com" {
		t.Errorf("userinfo: %d %s", info.status, info.body)
	}
}

// TestFlow_OtherRedirectURI: a registered place with a query keeps it.
func TestFlow_OtherRedirectURI(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	got := b.authorize(w.request("redirect_uri", "https://app.example/other?tenant=1"))
	if !strings.HasPrefix(got.location, "https://app.example/other?tenant=1&code=") {
		t.Errorf("the browser is sent to %s", got.location)
	}
}

// TestFlow_ES256: an app says by which algorithm it is signed for.
func TestFlow_ES256(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.app = w.register(directory.NewApp{Name: "ES256", FirstParty: true, Algorithm: directory.AlgorithmES256})
	got := w.browser().tokensOf("ada")
	header, err := encoding.DecodeString(strings.Split(got.ID, ".")[0])
	if err != nil || !strings.Contains(string(header), `"alg":"ES256"`) || w.idToken(got.ID)["workspace"] != "ACC123" {
		t.Errorf("the header is %s, %v", header, err)
	}
	if got.Scope != "openid email profile offline_access" {
		t.Errorf("the scope is %q", got.Scope)
	}
}

// TestFlow_Post: an authorization request may come as a form (OpenID Connect Core §3.1.2.1).
func TestFlow_Post(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	if got := b.post(PathAuthorize, w.request()); got.parameter("code") == "" || got.status != http.StatusSeeOther {
		t.Errorf("answered %d %s", got.status, got.location)
	}
}

// TestFlow_Prompt: what an app may ask of the sign-in.
func TestFlow_Prompt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nobody := w.browser()
	if got := nobody.authorize(w.request("prompt", "none")); got.parameter("error") != codeLoginRequired || got.parameter("iss") == "" {
		t.Errorf("none, nobody is signed in: %d %s", got.status, got.location)
	}
	b := w.browser()
	b.signIn("ada")
	if got := b.authorize(w.request("prompt", "none")); got.parameter("code") == "" {
		t.Errorf("none, somebody is: %d %s", got.status, got.location)
	}
	for _, prompt := range []string{"login", "select_account"} {
		w.clock.add(time.Second)
		asked := askedFor(t, b.authorize(w.request("prompt", prompt)))
		if !asked.Fresh {
			t.Errorf("%s: asked for %+v", prompt, asked)
		}
		if got := b.get(w.server.URL + asked.Return); got.parameter("error") != codeAccessDenied {
			t.Errorf("%s, and nobody has signed in again: %d %s", prompt, got.status, got.location)
		}
		b.signIn("ada")
		if got := b.get(w.server.URL + asked.Return); got.parameter("code") == "" {
			t.Errorf("%s, and somebody has: %d %s\n%s", prompt, got.status, got.location, w.log)
		}
	}
}

// TestFlow_MaxAge: an old login does not do for who wants a fresh one.
func TestFlow_MaxAge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	w.clock.add(10 * time.Minute)
	if got := b.authorize(w.request("max_age", "1200")); got.parameter("code") == "" {
		t.Errorf("young enough: %d %s", got.status, got.location)
	}
	if got := b.authorize(w.request("max_age", "60", "prompt", "none")); got.parameter("error") != codeLoginRequired {
		t.Errorf("too old, and no page: %d %s", got.status, got.location)
	}
	asked := askedFor(t, b.authorize(w.request("max_age", "60")))
	b.signIn("ada")
	if got := b.get(w.server.URL + asked.Return); got.parameter("code") == "" {
		t.Errorf("signed in again: %d %s", got.status, got.location)
	}
}

// TestFlow_FreshByTheWordOfTheIdentityProvider: who has only come back from an old login there, or from a provider that does not
// say when it was, has not signed in now.
func TestFlow_FreshByTheWordOfTheIdentityProvider(t *testing.T) {
	t.Parallel()
	for name, authTime := range map[string]func(now time.Time) time.Time{
		"an old login": func(now time.Time) time.Time { return now.Add(-5 * time.Hour) },
		"no word":      func(time.Time) time.Time { return time.Time{} },
	} {
		for _, wish := range [][]string{{"prompt", "login"}, {"max_age", "60"}} {
			w := newWorld(t)
			b := w.browser()
			asked := askedFor(t, b.authorize(w.request(wish...)))
			if !asked.Fresh {
				t.Errorf("%s: asked for %+v", wish, asked)
			}
			w.authTime = func() time.Time { return authTime(w.clock.Now()) }
			b.signIn("ada")
			if got := b.get(w.server.URL + asked.Return); got.parameter("error") != codeAccessDenied {
				t.Errorf("%s, %s: %d %s", wish, name, got.status, got.location)
			}
			if got := b.authorize(w.request()); got.parameter("code") == "" {
				t.Errorf("%s, %s, and the app asks for nothing: %d %s", wish, name, got.status, got.location)
			}
		}
	}
}

// TestFlow_AHintThatIsMadeUp: nothing is kept of who asks with it, before anybody is signed in.
func TestFlow_AHintThatIsMadeUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.browser().authorize(w.request("id_token_hint", "made.up.token"))
	if got.parameter("error") != codeInvalidRequest || len(got.header.Values("Set-Cookie")) > 0 {
		t.Errorf("%d %s", got.status, got.location)
	}
}

// TestFlow_Continuation: a kept request is good for one code.
func TestFlow_Continuation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	back := w.server.URL + askedFor(t, b.authorize(w.request())).Return
	b.signIn("ada")
	if got := b.get(back); got.parameter("code") == "" {
		t.Fatalf("the first: %d %s", got.status, got.location)
	}
	if got := b.get(back); got.status != http.StatusBadRequest || got.location != "" {
		t.Errorf("the second: %d %s", got.status, got.location)
	}
	again := w.server.URL + askedFor(t, w.browser().authorize(w.request())).Return
	w.clock.add(11 * time.Minute)
	if got := b.get(again); got.status != http.StatusBadRequest {
		t.Errorf("too old: %d %s", got.status, got.location)
	}
}

// TestFlow_Consent: an app of somebody else is allowed by the user, each time.
func TestFlow_Consent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := w.register(directory.NewApp{Name: "<b>Foreign</b>"})
	b := w.browser()
	b.signIn("ada")
	if got := b.authorize(w.request("client_id", foreign.ID, "prompt", "none")); got.parameter("error") != codeConsentRequired {
		t.Errorf("no page: %d %s", got.status, got.location)
	}
	for _, row := range []struct{ decision, parameter string }{{"allow", "code"}, {"deny", "error"}} {
		shown := b.authorize(w.request("client_id", foreign.ID))
		if shown.status != http.StatusOK || !strings.Contains(shown.body, "&lt;b&gt;Foreign") || strings.Contains(shown.body, "<b>") {
			t.Fatalf("the page: %d %s", shown.status, shown.body)
		}
		_, rest, _ := strings.Cut(shown.body, `name="request" value="`)
		handle, _, _ := strings.Cut(rest, `"`)
		form := url.Values{"request": {handle}, "decision": {row.decision}}
		if got := b.postFrom("https://evil.example", PathContinue, form); got.status != http.StatusBadRequest {
			t.Errorf("another site answers the page: %d %s", got.status, got.location)
		}
		if got := b.post(PathContinue, form); got.parameter(row.parameter) == "" {
			t.Errorf("%s: %d %s", row.decision, got.status, got.location)
		}
	}
}

// TestFlow_Workspace: a login is for the workspace that the app names; who may not enter it gets no code.
func TestFlow_Workspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.tokensOf("ada", "workspace", "ACC123-LAB")
	if id := w.idToken(got.ID); id["workspace"] != "ACC123-LAB" {
		t.Errorf("the workspace is %v", id["workspace"])
	}
	asked := askedFor(t, b.authorize(w.request("workspace", "OTHER")))
	if asked.Workspace != "OTHER" {
		t.Errorf("asked for %+v", asked)
	}
	b.signIn("ada")
	if got := b.get(w.server.URL + asked.Return); got.parameter("error") != codeAccessDenied {
		t.Errorf("into another tenant: %d %s", got.status, got.location)
	}
}

// TestFlow_MovedOn: tokens are for the workspace that the app has named. When the session enters another one they open
// nothing, rather than something that was not asked for.
func TestFlow_MovedOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	first := b.tokensOf("ada")
	b.code("workspace", "ACC123-LAB")
	w.opensNothing(t, first)
}

// TestFlow_SwitchesOnlyWhenNothingElseIsAsked: no app takes a session out of its workspace behind the user's back, by a frame
// or by a link, nor makes it wait for a second factor.
func TestFlow_SwitchesOnlyWhenNothingElseIsAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	foreign := w.register(directory.NewApp{Name: "Foreign"})
	switches := func() (n int) {
		t.Helper()
		lab, err := w.directory.Workspace(w.ctx, "ACC123-LAB")
		w.check(err)
		entries, err := w.directory.AuditLog(w.ctx, lab, 0, 1000)
		w.check(err)
		for _, e := range entries {
			if e.Action == directory.ActionSessionEnter {
				n++
			}
		}
		return n
	}
	b := w.browser()
	first := b.tokensOf("ada")
	if got := b.authorize(w.request("workspace", "ACC123-LAB", "prompt", "none")); got.parameter("error") != codeLoginRequired {
		t.Errorf("no page: %d %s", got.status, got.location)
	}
	shown := b.authorize(w.request("client_id", foreign.ID, "workspace", "ACC123-LAB"))
	if shown.status != http.StatusOK {
		t.Fatalf("the page: %d %s", shown.status, shown.location)
	}
	if got := b.authorize(w.request("workspace", "ACC123", "prompt", "none")); got.parameter("code") == "" {
		t.Errorf("where the session is: %d %s", got.status, got.location)
	}
	second := w.token(w.refreshing(first.Refresh))
	if n := switches(); n != 0 || second.status != http.StatusOK {
		t.Fatalf("%d switches before the user has agreed; the tokens of before: %d %s", n, second.status, second.body)
	}
	_, rest, _ := strings.Cut(shown.body, `name="request" value="`)
	handle, _, _ := strings.Cut(rest, `"`)
	got := b.post(PathContinue, url.Values{"request": {handle}, "decision": {decisionAllow}})
	if n := switches(); got.parameter("code") == "" || n != 1 {
		t.Errorf("%d switches when the user has: %d %s", n, got.status, got.location)
	}
	w.opensNothing(t, second)
}

// TestFlow_SessionEnds: tokens end with the session, whoever ends it.
func TestFlow_SessionEnds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, end := range map[string]func(directory.Session){
		"by an admin": func(s directory.Session) {
			w.check(w.directory.EndSession(w.ctx, operator, s.Root, s.ID, "test"))
		},
		"with the membership": func(s directory.Session) {
			_, err := w.directory.RemoveMember(w.ctx, operator, w.workspace, s.Subject)
			w.check(err)
		},
	} {
		b := w.browser()
		got := b.tokensOf(strings.ReplaceAll(name, " ", "-"))
		s, err := w.directory.SessionByToken(w.ctx, b.cookie(sessionCookie), "192.0.2.1")
		w.check(err)
		code := b.code()
		end(s)
		t.Log(name)
		w.opensNothing(t, got)
		refusedAs(t, name+": a code", w.token(w.redemption(code)), http.StatusBadRequest, codeInvalidGrant)
		askedFor(t, b.authorize(w.request()))
	}
}

// TestFlow_PublicClient: a client without a secret proves itself by PKCE, from a page of its own origin too.
func TestFlow_PublicClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	code := b.code("client_id", w.public.ID)
	form := w.redemption(code, "client_id", w.public.ID, "client_secret", "")
	refusedAs(t, "with a secret", w.token(with(w.redemption(code), "client_id", w.public.ID)), http.StatusUnauthorized, codeInvalidClient)
	got := w.token(form)
	if got.status != http.StatusOK || got.header.Get("Access-Control-Allow-Origin") != "*" || got.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("%d %s %v", got.status, got.body, got.header)
	}
	next := w.token(w.refreshing(got.Refresh, "client_id", w.public.ID, "client_secret", ""))
	if next.status != http.StatusOK || next.Refresh == got.Refresh {
		t.Errorf("refresh: %d %s", next.status, next.body)
	}
}

// TestFlow_Refresh: the next tokens say what holds now, without the nonce of the login.
func TestFlow_Refresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.tokensOf("ada")
	who := w.idToken(got.ID)
	role := "owner"
	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, who["sub"].(string), directory.MemberChange{Role: &role})
	w.check(err)
	next := w.token(w.refreshing(got.Refresh))
	if next.status != http.StatusOK {
		t.Fatalf("%d %s\n%s", next.status, next.body, w.log)
	}
	id := w.idToken(next.ID)
	if id["role"] != "owner" || id["nonce"] != nil || id["sub"] != who["sub"] || id["auth_time"] != who["auth_time"] || id["sid"] != who["sid"] {
		t.Errorf("after the change: %v", id)
	}
	narrow := w.token(w.refreshing(next.Refresh, "scope", "openid"))
	if _, claims := w.userInfo(narrow.Access); claims["email"] != nil || claims["sub"] == nil {
		t.Errorf("narrowed: %v", claims)
	}
	if offline := w.token(w.redemption(b.code("scope", "openid"))); offline.Refresh != "" {
		t.Error("a refresh token, and nobody has asked for one")
	}
}

// TestDiscovery says where everything is, and caches may keep it.
func TestDiscovery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	got := w.browser().get(w.server.URL + PathDiscovery)
	var document map[string]any
	if err := json.Unmarshal([]byte(got.body), &document); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for name, want := range map[string]any{
		"issuer": w.server.URL, "token_endpoint": w.server.URL + PathToken, "authorization_response_iss_parameter_supported": true,
		"backchannel_logout_supported": true, "request_parameter_supported": false,
	} {
		if document[name] != want {
			t.Errorf("%s is %v", name, document[name])
		}
	}
	told, _ := document["claims_supported"].([]any)
	for _, field := range reflect.VisibleFields(reflect.TypeFor[idClaims]()) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); !field.Anonymous && !slices.Contains(told, any(name)) {
			t.Errorf("claims_supported does not name %s", name)
		}
	}
	if keys := w.browser().get(w.server.URL + PathKeys); keys.status != http.StatusOK || !strings.Contains(keys.body, `"RS256"`) || !strings.Contains(keys.body, `"ES256"`) {
		t.Errorf("keys: %d %s", keys.status, keys.body)
	}
}

// TestKeys_Rotation: what the keys before have signed still verifies, and new tokens are by the new ones.
func TestKeys_Rotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	before := b.tokensOf("ada").ID
	w.check(w.directory.RotateSigningKeys(w.ctx, operator))
	after := b.tokensOf("ada").ID
	w.idToken(before)
	w.idToken(after)
	if strings.Split(before, ".")[0] == strings.Split(after, ".")[0] {
		t.Error("the key is the same")
	}
}

// TestMethods: what an endpoint does not take is refused, and says what it takes. A browser's HEAD, which looks at a link,
// gives nothing.
func TestMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, e := range w.provider.Endpoints() {
		methods := []string{http.MethodDelete}
		if e.Browser {
			methods = append(methods, http.MethodHead)
		}
		for _, method := range methods {
			r, err := http.NewRequestWithContext(w.ctx, method, w.server.URL+e.Path, nil)
			w.check(err)
			if got := w.do(w.server.Client(), r); got.status < 400 || got.header.Get("Allow") == "" {
				t.Errorf("%s %s: %d", method, e.Path, got.status)
			}
		}
	}
}

// TestFlow_AppIsDeleted: what an app holds opens nothing when there is no such app any more.
func TestFlow_AppIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.tokensOf("ada")
	w.check(w.directory.DeleteApp(w.ctx, operator, w.app.App))
	if info, _ := w.userInfo(got.Access); info.status != http.StatusUnauthorized {
		t.Errorf("the access token still opens: %d %s", info.status, info.body)
	}
	refusedAs(t, "refresh", w.token(w.refreshing(got.Refresh)), http.StatusUnauthorized, codeInvalidClient)
	if answer := b.authorize(w.request()); answer.status != http.StatusBadRequest || answer.location != "" {
		t.Errorf("authorize: %d %s", answer.status, answer.location)
	}
}

// TestFlow_SecondFactor: a workspace that asks for a second factor gets it before the app gets a code (J8), also of somebody
// who is signed in to another one.
func TestFlow_SecondFactor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lab, err := w.directory.Workspace(w.ctx, "ACC123-LAB")
	w.check(err)
	settings := lab.Settings
	settings.Security.SecondFactor = directory.FactorRequired
	_, err = w.directory.UpdateWorkspace(w.ctx, operator, lab, directory.WorkspaceChange{Settings: &settings})
	w.check(err)
	b := w.browser()
	first := b.tokensOf("ada")
	asked := askedFor(t, b.authorize(w.request("workspace", "ACC123-LAB")))
	if !asked.Factor {
		t.Errorf("asked for %+v", asked)
	}
	for name, got := range map[string]answer{
		"without it":            b.get(w.server.URL + asked.Return),
		"for another workspace": b.authorize(w.request("workspace", "ACC123")),
	} {
		if !askedFor(t, got).Factor {
			t.Errorf("%s: answered %d %s", name, got.status, got.location)
		}
	}
	if got := b.authorize(w.request("workspace", "ACC123-LAB", "prompt", "none")); got.parameter("error") != codeLoginRequired {
		t.Errorf("without a page: %d %s", got.status, got.location)
	}
	w.opensNothing(t, first)
}

// allowSignIn lets browsers in from that network alone.
func (w *world) allowSignIn(network string) {
	w.t.Helper()
	settings := w.workspace.Settings
	settings.Security.IPRules = map[directory.Surface][]string{directory.SurfaceSSO: {network}}
	var err error
	w.workspace, err = w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{Settings: &settings})
	w.check(err)
	w.clock.add(time.Second) // rules are at most half a second old
}

// TestFlow_IPRulesOfDevices: an app without a secret asks from the user's browser or device, which must not leave the networks of
// the workspace. Its refresh token is not used up by that.
func TestFlow_IPRulesOfDevices(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn("ada")
	public := []string{"client_id", w.public.ID, "client_secret", ""}
	got := w.token(w.redemption(b.code("client_id", w.public.ID), public...))
	w.allowSignIn("198.51.100.0/24")
	if next := w.token(w.refreshing(got.Refresh, public...)); next.status != http.StatusBadRequest || next.Code != codeInvalidGrant {
		t.Errorf("a refresh from elsewhere: %d %s", next.status, next.body)
	}
	if told, _ := w.userInfo(got.Access); told.status != http.StatusUnauthorized {
		t.Errorf("userinfo from elsewhere: %d %s", told.status, told.body)
	}
	if log := w.log.String(); !strings.Contains(log, "kind=address") {
		t.Errorf("the log does not say why: %s", log)
	}
	w.allowSignIn("192.0.2.0/24")
	if told, claims := w.userInfo(got.Access); told.status != http.StatusOK || claims["workspace"] != "ACC123" {
		t.Errorf("userinfo, back again: %d %s", told.status, told.body)
	}
	if next := w.token(w.refreshing(got.Refresh, public...)); next.status != http.StatusOK {
		t.Errorf("a refresh, back again: %d %s", next.status, next.body)
	}
	if n := w.audited(directory.ActionGrantReplay); n != 0 {
		t.Errorf("%d entries of a stolen token", n)
	}
}

// TestFlow_IPRules: who is signed in, and comes from where the workspace lets nobody in, gets no code (J8).
func TestFlow_IPRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	got := b.tokensOf("ada")
	w.allowSignIn("198.51.100.0/24")
	if answer := b.authorize(w.request()); answer.parameter("error") != codeAccessDenied {
		t.Errorf("answered %d %s", answer.status, answer.location)
	}
	if next := w.token(w.refreshing(got.Refresh)); next.status != http.StatusOK {
		t.Errorf("the app's own request, from its own address: %d %s", next.status, next.body)
	}
	if told, _ := w.userInfo(got.Access); told.status != http.StatusOK {
		t.Errorf("likewise: %d %s", told.status, told.body)
	}
}
