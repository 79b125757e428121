package sso_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

// owner is somebody whom the tenant has made itself.
func (w *world) owner() directory.Person {
	w.Helper()
	made, err := w.directory.Invite(w.Context(), operator, w.acme, directory.Invitation{Email: "root@example.com", Role: "Owner"})
	w.check(err)
	return made
}

// TestBreakGlass: an owner comes in when the identity provider is broken (B11). Only the button uses the login up.
func TestBreakGlass_LetsAnOwnerInOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	w.check(w.idp.Close())
	text, err := w.directory.BreakGlass(t.Context(), operator, w.acme, "root@example.com")
	w.check(err)
	b := w.browser()
	for range 2 { // a program looks at the link first
		if p := b.get(sso.BreakGlassURL(w.server.URL, text)); p.StatusCode != http.StatusOK || !strings.Contains(p.text, "Emergency sign-in") {
			t.Fatalf("%d: %s", p.StatusCode, p.text)
		}
	}
	p := b.post("/break-glass", url.Values{"login": {text}})
	session, ok := b.session()
	if p.StatusCode != http.StatusSeeOther || !ok || session.Subject != owner.Subject || session.Connection != "" {
		t.Fatalf("%d, session %+v\n%s", p.StatusCode, session, w.log)
	}
	thief := w.browser()
	if p := thief.post("/break-glass", url.Values{"login": {text}}); p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
		t.Errorf("once more: %d", p.StatusCode)
	}
	text, err = w.directory.BreakGlass(t.Context(), operator, w.acme, owner.Subject)
	w.check(err)
	w.clock.Add(16 * time.Minute)
	if p := thief.post("/break-glass", url.Values{"login": {text}}); p.StatusCode != http.StatusForbidden {
		t.Errorf("a quarter of an hour later: %d", p.StatusCode)
	}
	for _, made := range []string{"", "made up", strings.Repeat("a", 1000)} {
		if p := thief.post("/break-glass", url.Values{"login": {made}}); p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
			t.Errorf("%.10q: %d", made, p.StatusCode)
		}
	}
	if _, ok := thief.session(); ok {
		t.Error("the thief has a session")
	}
}

// A state is no break-glass login, and the other way round.
func TestBreakGlass_IsNoState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.owner()
	text, err := w.directory.BreakGlass(t.Context(), operator, w.acme, "root@example.com")
	w.check(err)
	b := w.browser()
	at, _ := url.Parse(b.begin(w.okta, ""))
	query := at.Query()
	state := query.Get("state")
	query.Set("state", text)
	at.RawQuery = query.Encode()
	before := w.traces(w.acme)
	w.wantRefused(b.get(at.String()), before, directory.LoginUnknownState)
	if p := b.post("/break-glass", url.Values{"login": {state}}); p.StatusCode != http.StatusForbidden {
		t.Errorf("a state as a login: %d", p.StatusCode)
	}
}

// Attack 34: an account with a privileged role gets another way in only by who is signed in to it.
func TestLink_IsAskedForByWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	owner := w.owner()
	w.idp.SignIn(ssotest.Person{Subject: "root", Claims: map[string]any{"email": "root@example.com", "email_verified": true, "role": "Viewer"}})
	if p := w.browser().post("/"+w.okta.ID+"/link", nil); p.StatusCode != http.StatusForbidden {
		t.Fatalf("nobody links: %d", p.StatusCode)
	}
	text, err := w.directory.BreakGlass(t.Context(), operator, w.acme, owner.Subject)
	w.check(err)
	b := w.browser()
	b.post("/break-glass", url.Values{"login": {text}})
	start := b.post("/"+w.okta.ID+"/link", nil)
	if at, _ := url.Parse(start.to); start.StatusCode != http.StatusSeeOther || at.Query().Get("prompt") != "login" {
		t.Fatalf("%d to %s\n%s", start.StatusCode, start.to, w.log)
	}
	if p := b.get(b.get(start.to).to); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.StatusCode, w.log)
	}
	other := w.browser()
	if s := other.signIn(w.okta); s.Subject != owner.Subject {
		t.Errorf("signed in as %s, want %s", s.Subject, owner.Subject)
	}
}

// The page of who is signed in has the form that links, for the sign-ins of the tenant alone.
func TestLink_HasAButton(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.connection(w.acme, "<b>second</b>")
	owner := w.owner()
	text, err := w.directory.BreakGlass(t.Context(), operator, w.acme, owner.Subject)
	w.check(err)
	b := w.browser()
	b.post("/break-glass", url.Values{"login": {text}})
	shown := b.get("/session")
	for _, c := range []directory.Connection{w.okta, second} {
		if !strings.Contains(shown.text, `<form method="post" action="/sso/`+c.ID+`/link">`) {
			t.Errorf("no form for %s: %s", c.Name, shown.text)
		}
	}
	if strings.Contains(shown.text, w.theirs.ID) || strings.Contains(shown.text, "<b>") {
		t.Errorf("the page: %s", shown.text)
	}
	if p := b.get(b.get(b.post("/"+w.okta.ID+"/link", nil).to).to); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.StatusCode, w.log)
	}
	if s, ok := b.session(); !ok || s.Subject != owner.Subject || s.Connection != w.okta.ID {
		t.Errorf("signed in as %+v", s)
	}
	entries, err := w.directory.AuditLog(t.Context(), w.acme, 0, 1000)
	w.check(err)
	if !slices.ContainsFunc(entries, func(e directory.AuditEntry) bool {
		return e.Action == directory.ActionSessionCreate && e.Subject == owner.Subject && strings.Contains(string(e.Detail), `"linked":true`)
	}) {
		t.Error("no entry in the audit log tells of the link")
	}
}

func TestSession_SwitchesWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn(w.okta)
	if p := b.post("/session", url.Values{"workspace": {"ACME-LAB"}}); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.StatusCode, w.log)
	}
	if s, _ := b.session(); s.Workspace != w.lab.ID || s.Home != w.acme.ID {
		t.Errorf("session %+v", s)
	}
	for _, key := range []string{"OTHER", "", "NOWHERE", "<script>"} {
		if p := b.post("/session", url.Values{"workspace": {key}}); p.StatusCode == http.StatusOK || strings.Contains(p.to, "evil") {
			t.Errorf("%q: %d", key, p.StatusCode)
		}
	}
	if s, _ := b.session(); s.Root != w.acme.Root {
		t.Errorf("session %+v", s)
	}
}

func TestLogin_ForAWorkspaceThatTheAppNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.login(w.okta, "?workspace=ACME-LAB")
	if s, ok := b.session(); !ok || s.Workspace != w.lab.ID {
		t.Errorf("session %+v\n%s", s, w.log)
	}
	before := w.traces(w.acme)
	w.wantRefused(w.browser().get("/"+w.okta.ID+"/login?workspace=OTHER"), before, directory.LoginNoAccess)
}

// The IP rules of the workspace hold for a login, and for each request after it (J8).
func TestLogin_IPRules(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn(w.okta)
	w.ask(func(s *directory.WorkspaceSettings) {
		s.Security.IPRules = map[directory.Surface][]string{directory.SurfaceSSO: {"198.51.100.0/24"}}
	})
	w.clock.Add(time.Second)
	w.open() // the rules are kept for half a second
	if p := b.get("/session"); p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
		t.Errorf("a session from elsewhere: %d", p.StatusCode)
	}
	before := w.traces(w.acme)
	w.wantRefused(w.browser().get("/"+w.okta.ID+"/login"), before, directory.LoginAddress)
	w.address = "198.51.100.7"
	if p := b.get("/session"); p.StatusCode != http.StatusOK {
		t.Errorf("from an address that is allowed: %d", p.StatusCode)
	}
}

// A refused login leaves one record in the provisioning log, which tells an admin what to do.
func TestRefused_StandsInTheProvisioningLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.idp.Twist(ssotest.Twist{IDToken: func(token *ssotest.Token) { token.Claims["aud"] = "another" }})
	w.browser().login(w.okta, "")
	found, err := w.directory.RequestLog(t.Context(), w.acme, directory.RequestQuery{})
	w.check(err)
	if len(found) != 1 || found[0].ScimType != string(sso.CodeAudience) || found[0].RequestID != "req-1" || found[0].Fix == "" {
		text, _ := json.Marshal(found)
		t.Errorf("records %s", text)
	}
}

// Nothing that is secret gets into the log: neither what the browser holds nor what the provider gave.
func TestLog_TellsNoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	callback := b.begin(w.okta, "")
	b.get(callback)
	b.get(callback)
	at, _ := url.Parse(callback)
	for _, secret := range []string{at.Query().Get("code"), at.Query().Get("state"), w.idp.ClientSecret} {
		if strings.Contains(w.log.String(), secret) {
			t.Errorf("%q is in the log:\n%s", secret, w.log)
		}
	}
}

func TestCheck_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.handler.Check(t.Context(), w.okta); err != nil {
		t.Error(err)
	}
	for code, change := range map[directory.LoginCode]func(c *directory.Connection){
		sso.CodeUnconfigured: func(c *directory.Connection) { c.Settings.SignIn = nil },
		sso.CodeUnreachable: func(c *directory.Connection) {
			rules := *c.Settings.SignIn
			rules.Issuer += "/elsewhere"
			c.Settings.SignIn = &rules
		},
	} {
		c := w.okta
		change(&c)
		var refused *sso.Refused
		if err := w.handler.Check(t.Context(), c); !errors.As(err, &refused) || refused.Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
}
