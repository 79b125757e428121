package sso_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/ssotest"
)

// Attack 31: a browser is sent to registered places alone.
func TestLogin_ReturnTargets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, to := range []string{
		"https://evil.example", "//evil.example", `/\evil.example`, `\/evil.example`, "/oauth2/continue@evil.example", "javascript:alert(1)",
		"/oauth2/continue/../../evil", "/oauth2/continue%2f", "/oauth2/continue?a=\r\nSet-Cookie:x=1", "/oauth2/continue?a=<script>",
		"/oauth2/continue#x", " /oauth2/continue", "/oauth2", "/session", "/oauth2/continue?a=" + strings.Repeat("a", 10_000),
		"/oauth2/continue?\\evil.example", "/oauth2/continue;x", "/OAUTH2/continue", "oauth2/continue",
	} {
		for _, path := range []string{"/" + w.okta.ID + "/login", "/start", "/factor"} {
			p := w.browser().get(path + "?to=" + url.QueryEscape(to))
			if p.StatusCode != http.StatusForbidden || p.to != "" || p.text != w.refusedPage() {
				t.Errorf("%s, %.60q: %d to %q", path, to, p.StatusCode, p.to)
			}
		}
	}
	p := w.browser().post("/factor", url.Values{"to": {"//evil.example"}, "code": {"123456"}})
	if p.StatusCode != http.StatusForbidden {
		t.Errorf("the form of the second factor: %d", p.StatusCode)
	}
}

func TestLogin_BadReturnTargetLeavesOneEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.traces(w.acme)
	w.wantRefused(w.browser().get("/"+w.okta.ID+"/login?to=//evil.example"), before, sso.CodeReturn)
}

// Where the browser goes after a logout that an app has asked for was checked by who made the link, not long ago.
func TestSignedOut_LeadsOnByALinkOfOursAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	s := b.signIn(w.okta)
	w.check(w.directory.EndSession(t.Context(), operator, s.Root, s.ID, "logout"))
	link := w.handler.SignOutURL("https://app.example/bye?state=1")
	p := b.get(link)
	if p.StatusCode != http.StatusSeeOther || p.to != "https://app.example/bye?state=1" {
		t.Errorf("%d to %s", p.StatusCode, p.to)
	}
	if _, ok := b.session(); ok {
		t.Error("the cookie is there still")
	}
	for name, other := range map[string]string{
		"no seal":      w.server.URL + sso.Path + "/signed-out?state=" + target("https://evil.example"),
		"another seal": strings.Split(link, "state=")[0] + "state=" + target("https://evil.example") + link[strings.LastIndex(link, "."):],
		"no state":     w.server.URL + sso.Path + "/signed-out?to=https://evil.example",
	} {
		if p := b.get(other); p.StatusCode != http.StatusForbidden || p.to != "" {
			t.Errorf("%s: %d to %q", name, p.StatusCode, p.to)
		}
	}
	w.clock.Add(11 * time.Minute)
	if p := b.get(link); p.StatusCode != http.StatusForbidden {
		t.Errorf("an old link: %d", p.StatusCode)
	}
}

// target is a place to go to, good for ever.
func target(to string) string {
	return base64.RawURLEncoding.EncodeToString([]byte("99999999999 " + to))
}

// A connection may end the session at the identity provider too, on the way to where the logout was asked for.
func TestSignedOut_SignsOutAtTheProvider(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{Discovery: func(d map[string]any) { d["end_session_endpoint"] = w.idp.Issuer + "/bye?x=1" }})
	w.rule(func(s *directory.SignIn) { s.LogoutRedirect = true })
	b := w.browser()
	s := b.signIn(w.okta)
	w.check(w.directory.EndSession(t.Context(), operator, s.Root, s.ID, "logout"))
	p := b.get(w.handler.SignOutURL("https://app.example/bye"))
	at, err := url.Parse(p.to)
	w.check(err)
	query := at.Query()
	if at.Path != "/bye" || query.Get("x") != "1" || query.Get("client_id") != w.idp.ClientID || query.Get("post_logout_redirect_uri") != w.server.URL+sso.Path+"/signed-out" {
		t.Fatalf("%d to %s", p.StatusCode, p.to)
	}
	var hinted struct{ Sub, Iss, Aud string }
	_, claims, _ := strings.Cut(query.Get("id_token_hint"), ".")
	claims, _, _ = strings.Cut(claims, ".")
	text, err := base64.RawURLEncoding.DecodeString(claims)
	w.check(err)
	w.check(json.Unmarshal(text, &hinted))
	if hinted.Sub != ada.Subject || hinted.Iss != w.idp.Issuer || hinted.Aud != w.idp.ClientID {
		t.Errorf("the hint is %s", text)
	}
	if again := b.get(w.handler.SignOutURL("https://app.example/bye")); again.to != "https://app.example/bye" {
		t.Errorf("a second logout goes to %s", again.to)
	}
	if p := b.get(query.Get("post_logout_redirect_uri") + "?state=" + query.Get("state")); p.to != "https://app.example/bye" {
		t.Errorf("back from the provider: %d to %s", p.StatusCode, p.to)
	}
	b.signIn(w.okta)
	if p := b.post("/logout", nil); !strings.HasPrefix(p.to, w.idp.Issuer+"/bye?") {
		t.Errorf("a logout here: %d to %s", p.StatusCode, p.to)
	}
	w.check(w.idp.Close()) // a provider that is gone holds nobody up
	w.clock.Add(48 * time.Hour)
	if p := b.post("/logout", nil); p.StatusCode != http.StatusOK {
		t.Errorf("%d", p.StatusCode)
	}
}

func TestCookies_AreKeptToTheHostOverTLS(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.secure = true
	r, _ := http.NewRequest(http.MethodGet, w.server.URL+sso.Path+"/"+w.okta.ID+"/login", nil)
	res, err := http.DefaultTransport.RoundTrip(r)
	w.check(err)
	_ = res.Body.Close()
	if len(res.Cookies()) != 1 {
		t.Fatalf("cookies %v", res.Cookies())
	}
	c := res.Cookies()[0]
	if c.Name != "__Host-usher_login" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" ||
		c.Domain != "" || len(c.Value) != 43 {
		t.Errorf("cookie %s", c)
	}
}

// A request that another site makes the browser send changes nothing.
func TestForms_OfAnotherSiteAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn(w.okta)
	before := w.traces(w.acme)
	for _, path := range []string{"/logout", "/session", "/factor", "/break-glass", "/" + w.okta.ID + "/link"} {
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, b.absolute(path), nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Origin", "https://evil.example")
		if p := b.do(r); p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
			t.Errorf("%s: %d", path, p.StatusCode)
		}
	}
	if _, ok := b.session(); !ok {
		t.Error("the session is over")
	}
	if left := w.traces(w.acme); !reflect.DeepEqual(left, before) { // they are nobody's: the operator's log has them
		t.Errorf("left %+v, before %+v", left, before)
	}
	if n := strings.Count(w.log.String(), "code="+string(sso.CodeForeignSite)); n != 5 {
		t.Errorf("the log tells of %d", n)
	}
}

func TestLogout_EndsTheSession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	s := b.signIn(w.okta)
	if p := b.post("/logout", nil); p.StatusCode != http.StatusOK || !strings.Contains(p.text, "You are signed out") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
	if after, err := w.directory.Session(t.Context(), s.Root, s.ID); err == nil && after.State == directory.SessionLive {
		t.Error("the session is live")
	}
	if p := b.post("/logout", nil); p.StatusCode != http.StatusOK { // nobody is told whether there was one
		t.Errorf("once more: %d", p.StatusCode)
	}
	if p := b.get("/session"); p.StatusCode != http.StatusForbidden {
		t.Errorf("the page of the session: %d", p.StatusCode)
	}
}

// Programs that look at links before people do must not use them up.
func TestHead_UsesNothingUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	callback := b.begin(w.okta, "")
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodHead, callback, nil)
	if p := b.do(r); p.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("HEAD: %d", p.StatusCode)
	}
	if p := b.get(callback); p.StatusCode != http.StatusSeeOther {
		t.Errorf("GET: %d", p.StatusCode)
	}
}

func TestPages_CarryTheirHeaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, path := range []string{"/start", "/nowhere/login", "/" + w.okta.ID + "/callback", "/break-glass?login=x", "/signed-out"} {
		p := w.browser().get(path)
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
			"Content-Type": "text/html; charset=utf-8",
		} {
			if got := p.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		policy := p.Header.Get("Content-Security-Policy")
		_, style, _ := strings.Cut(p.text, "<style>")
		style, _, _ = strings.Cut(style, "</style>")
		sum := sha256.Sum256([]byte(style))
		if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"';") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if strings.Contains(strings.ToLower(p.text), "<script") {
			t.Errorf("%s has a script", path)
		}
	}
}

func TestPages_ShowNoMarkupOfStrangers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const evil = `"><script>alert(1)</script>`
	w.idp.SignIn(ssotest.Person{Subject: "eve", Claims: map[string]any{"name": evil, "email": "eve@example.com", "role": evil}})
	b := w.browser()
	b.signIn(w.okta)
	if p := b.get("/session"); strings.Contains(p.text, "<script>") {
		t.Error(p.text)
	}
	for _, path := range []string{"/start?email=", "/start?workspace=", "/start?find=1&workspace=", "/start?login_hint=", "/break-glass?login=", "/start?acr_values="} {
		if p := w.browser().get(path + url.QueryEscape(evil)); strings.Contains(p.text, "<script>") {
			t.Errorf("%s: %s", path, p.text)
		}
	}
}

func TestStart_FindsTheSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	ours := w.server.URL + sso.Path + "/" + w.okta.ID + "/login"
	if p := b.get("/start"); p.StatusCode != http.StatusOK || !strings.Contains(p.text, "Work e-mail") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
	if p := b.get("/start?workspace=ACME&to=/oauth2/continue%3Fa=1"); p.to != ours+"?to=%2Foauth2%2Fcontinue%3Fa%3D1&workspace=ACME" {
		t.Errorf("by workspace: %d to %s", p.StatusCode, p.to)
	}
	if p := b.get("/start?workspace=ACME-LAB"); p.to != ours+"?workspace=ACME-LAB" {
		t.Errorf("by a workspace below: %d to %s", p.StatusCode, p.to)
	}
	if p := b.get("/start?connection=" + w.okta.ID); p.to != ours {
		t.Errorf("by connection: %d to %s", p.StatusCode, p.to)
	}
	for _, path := range []string{"/start?email=ada@example.com", "/start?workspace=NOWHERE&find=1", "/start?email=no+address"} {
		if p := b.get(path); p.StatusCode != http.StatusOK || !strings.Contains(p.text, "There is no sign-in for that here") {
			t.Errorf("%s: %d to %q", path, p.StatusCode, p.to)
		}
	}
	w.prove("example.com")
	if p := b.get("/start?email=Ada@Example.com"); !strings.HasPrefix(p.to, ours+"?login_hint=") {
		t.Errorf("by a proved domain: %d to %s", p.StatusCode, p.to)
	}
	second := w.connection(w.acme, "<second>")
	p := b.get("/start?workspace=ACME")
	if p.StatusCode != http.StatusOK || !strings.Contains(p.text, second.ID+"/login") || !strings.Contains(p.text, "&lt;second&gt;") {
		t.Errorf("two of them: %d\n%s", p.StatusCode, p.text)
	}
}

func TestStart_LeadsNobodyToASignInBelowTheDomainsTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.prove("example.com")
	theirs := w.connection(w.lab, "Okta")
	ours := w.server.URL + sso.Path + "/" + w.okta.ID + "/login"
	b := w.browser()
	for _, query := range []string{"email", "login_hint"} {
		if p := b.get("/start?" + query + "=ada@example.com"); !strings.HasPrefix(p.to, ours+"?login_hint=") {
			t.Errorf("by %s: %d to %q\n%s", query, p.StatusCode, p.to, p.text)
		}
	}
	if p := b.get("/start?workspace=ACME-LAB"); !strings.Contains(p.to, theirs.ID+"/login") {
		t.Errorf("by the workspace: %d to %q", p.StatusCode, p.to)
	}
	w.rule(func(s *directory.SignIn) { s.Disabled = true })
	p := b.get("/start?email=ada@example.com")
	if p.StatusCode != http.StatusOK || p.to != "" || !strings.Contains(p.text, theirs.ID+"/login") || !strings.Contains(p.text, "Okta</a> of "+w.lab.Name) {
		t.Errorf("where the tenant itself has no sign-in: %d to %q\n%s", p.StatusCode, p.to, p.text)
	}
	second := w.connection(w.lab, "Entra")
	_, err := w.directory.PauseConnection(w.Context(), operator, theirs)
	w.check(err)
	if p := b.get("/start?email=ada@example.com"); p.StatusCode != http.StatusOK || !strings.Contains(p.text, second.ID+"/login") {
		t.Errorf("one of two is paused: %d to %q\n%s", p.StatusCode, p.to, p.text)
	}
}

// prove lets ACME claim and prove a domain.
func (w *world) prove(name string) {
	w.Helper()
	claim, err := w.directory.ClaimDomain(w.Context(), operator, w.acme, name)
	w.check(err)
	w.proved[name] = claim.Challenge
	_, err = w.directory.CheckDomain(w.Context(), operator, w.acme, name)
	w.check(err)
}

// The pages are written to a folder for people to look at: USHER_PAGES names it.
func TestPages_ForPeople(t *testing.T) {
	folder := os.Getenv("USHER_PAGES")
	if folder == "" {
		t.Skip("USHER_PAGES names no folder")
	}
	w := newWorld(t)
	b := w.browser()
	keep := func(name string, p page) {
		w.check(os.WriteFile(filepath.Join(folder, name+".html"), []byte(p.text), 0o600))
	}
	keep("home", b.get("/start"))
	keep("unknown", b.get("/start?email=ada@nowhere.example"))
	keep("refused", b.get("/nowhere/login"))
	keep("break-glass", b.get("/break-glass?login=x"))
	w.connection(w.acme, "Google Workspace")
	keep("choose", b.get("/start?workspace=ACME"))
	b.signIn(w.okta)
	keep("session", b.get("/session"))
	keep("signed-out", b.post("/logout", nil))
	w.ask(func(s *directory.WorkspaceSettings) { s.Security.SecondFactor = directory.FactorRequired })
	p := b.get(b.login(w.okta, "").to)
	keep("enrol", p)
	keep("recovery", b.post("/factor", url.Values{"code": {totp(secretOf(t, p.text), w.clock.Now())}}))
	w.clock.Add(time.Minute)
	b = w.browser()
	keep("factor", b.get(b.login(w.okta, "").to))
	keep("wrong", b.post("/factor", url.Values{"code": {"000000"}}))
}

// Behind a proxy that takes a path off, links and redirects carry it.
func TestLinks_BelowAPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler, err := sso.New(sso.Options{
		Address: func(*http.Request) string { return w.address }, Directory: w.directory, Now: w.clock.Now,
		PublicURL: "https://example.com/usher", Returns: []string{"/oauth2/continue"},
		Providers: map[string]sso.Provider{directory.ProtocolOIDC: oidc.New(oidc.Config{Transport: &http.Transport{}, Now: w.clock.Now})},
	})
	w.check(err)
	ask := func(path string) *httptest.ResponseRecorder {
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		return answer
	}
	if text := ask("/start").Body.String(); !strings.Contains(text, `action="/usher/sso/start"`) {
		t.Error(text)
	}
	if to := ask("/start?workspace=ACME").Header().Get("Location"); to != "/usher/sso/"+w.okta.ID+"/login?workspace=ACME" {
		t.Errorf("to %s", to)
	}
	to, err := url.Parse(ask("/" + w.okta.ID + "/login").Header().Get("Location"))
	w.check(err)
	if got := to.Query().Get("redirect_uri"); got != "https://example.com/usher/sso/"+w.okta.ID+"/callback" {
		t.Errorf("redirect URI %s", got)
	}
	if got := handler.SignInURL(sso.SignIn{Return: "/oauth2/continue?a=1"}); got != "https://example.com/usher/sso/start?to=%2Foauth2%2Fcontinue%3Fa%3D1" {
		t.Errorf("sign-in URL %s", got)
	}
}

func TestNew_RefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	providers := map[string]sso.Provider{directory.ProtocolOIDC: oidc.New(oidc.Config{Transport: &http.Transport{}})}
	for name, o := range map[string]sso.Options{
		"no directory":   {PublicURL: "https://example.com", Providers: providers},
		"no providers":   {PublicURL: "https://example.com", Directory: w.directory},
		"no URL":         {Directory: w.directory, Providers: providers},
		"a slash behind": {PublicURL: "https://example.com/", Directory: w.directory, Providers: providers},
		"a path":         {PublicURL: "/usher", Directory: w.directory, Providers: providers},
	} {
		if _, err := sso.New(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
