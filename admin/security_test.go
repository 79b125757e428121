package admin

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// J12: what decides how people come in takes security.write, by whichever operation.
func TestSecurity_TakesItsScope(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	without := w.keyOf("ACME", "workspaces.read", "workspaces.write", "connections.read", "connections.write", "members.write", "security.read")
	with := w.keyOf("ACME", "workspaces.write", "connections.write", "security.write")
	const signIn = `{"protocol":"oidc","issuer":"https://idp.example.com","client_id":"c"}`
	for _, c := range []struct {
		method, path, body string
		want               int // with the scope
	}{
		{"PATCH", "/workspaces/ACC123", `{"settings":{"security":{"second_factor":"required"}}}`, 200},
		{"PATCH", "/workspaces/ACC123", `{"settings":{"require_sso":true}}`, 200},
		{"PATCH", "/workspaces/ACC123", `{"settings":{"security":null}}`, 200},
		{"POST", "/workspaces", `{"key":"NEW","parent":"ACC123","settings":{"method":"jit"}}`, 201},
		{"POST", "/workspaces", `{"key":"NEW-2","parent":"ACC123","settings":{"security":{"session_idle_minutes":5}}}`, 201},
		{"POST", "/workspaces/ACC123/connections/okta/move", `{"to":"entra-next","pause":true}`, 200},
		{"POST", "/workspaces/ACC123/connections/okta/pause", "", 200},
		{"POST", "/workspaces/ACC123/connections/okta/disable", "", 200},
		{"POST", "/workspaces/ACC123/connections/okta/resume", "", 200},
		{"PATCH", "/workspaces/ACC123/connections/okta", `{"settings":{"sign_in":{"disabled":true}}}`, 200},
		{"PATCH", "/workspaces/ACC123/connections/okta", `{"settings":{"sign_in":null}}`, 200},
		{"POST", "/workspaces/ACC123/connections", `{"name":"new","settings":{"sign_in":` + signIn + `}}`, 201},
		{"DELETE", "/workspaces/ACC123/connections/new?confirm=new", "", 204},
		{"POST", "/workspaces/NEW/connections", `{"name":"new","settings":{"sign_in":` + signIn + `}}`, 201},
		{"POST", "/workspaces/ACME/domains", `{"name":"acme.example"}`, 201},
		{"DELETE", "/workspaces/ACME/domains/acme.example", "", 204},
		{"DELETE", "/workspaces/NEW?confirm=NEW", "", 204},
		{"POST", "/workspaces/ACC123/method", `{"method":"scim+jit","confirm":true}`, 200},
	} {
		if got := w.send(without, c.method, c.path, c.body); got.status != http.StatusForbidden || !strings.Contains(got.body, "security.write") {
			t.Errorf("%s %s %s without the scope: %d %s", c.method, c.path, c.body, got.status, got.body)
		}
		if got := w.send(with, c.method, c.path, c.body); got.status != c.want {
			t.Errorf("%s %s %s: %d %s", c.method, c.path, c.body, got.status, got.body)
		}
	}
	// Where nobody signs in there is nothing to secure.
	for _, verb := range []string{"pause", "disable", "resume"} {
		if got := w.send(without, "POST", "/workspaces/ACC123/connections/entra-next/"+verb, ""); got.status != http.StatusOK {
			t.Errorf("%s of a connection without sign-in: %d %s", verb, got.status, got.body)
		}
	}
	// The same once more changes nothing, so it takes no more than the rest of the settings do.
	for path, body := range map[string]string{
		"/workspaces/ACC123":                  `{"settings":{"method":"scim+jit","require_sso":true,"language":"de"}}`,
		"/workspaces/ACC123/connections/okta": `{"settings":{"sign_in":null,"no_create":true}}`,
	} {
		if got := w.send(without, "PATCH", path, body); got.status != http.StatusOK {
			t.Errorf("PATCH %s %s: %d %s", path, body, got.status, got.body)
		}
	}
}

// J1, J2: another method says first what it comes to, and is not set in passing.
func TestSecurity_MethodIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	asked := must(c.SetMethod(ctx, "ACC123", Method{Method: directory.MethodJIT}))(t)
	if asked.Applied || asked.From != directory.MethodSCIM || !slices.Equal(asked.Blocked, []string{`SCIM of "okta"`}) ||
		len(asked.Begins) != 1 || !strings.Contains(asked.Begins[0], `sign-in by "okta" makes members`) {
		t.Errorf("asked: %+v", asked)
	}
	if w.workspace("ACC123").Settings.Method != "" {
		t.Error("it was changed without a confirmation")
	}
	_, err := c.SetMethod(ctx, "ACC123", Method{Method: directory.MethodJIT, Confirm: true})
	status(t, err, http.StatusConflict)
	if err == nil || !strings.Contains(err.Error(), `SCIM of "okta"`) {
		t.Errorf("the refusal does not say what would stop: %v", err)
	}
	got := w.send(w.all, "PATCH", "/workspaces/ACC123", `{"settings":{"method":"scim+jit"}}`)
	if got.status != http.StatusBadRequest || !strings.Contains(got.body, "/method") {
		t.Errorf("in passing: %d %s", got.status, got.body)
	}
	_, err = c.IfVersion(1).SetMethod(ctx, "ACC123", Method{Method: directory.MethodBoth, Confirm: true})
	status(t, err, http.StatusPreconditionFailed)
	done := must(c.SetMethod(ctx, "ACC123", Method{Method: directory.MethodBoth, Confirm: true}))(t)
	if !done.Applied || w.workspace("ACC123").Settings.Method != directory.MethodBoth {
		t.Errorf("done: %+v", done)
	}
	back := must(c.SetMethod(ctx, "ACC123", Method{Method: directory.MethodManual}))(t)
	if !slices.Equal(back.Stops, []string{`new people by sign-in of "okta"`}) || len(back.Blocked) != 1 {
		t.Errorf("back: %+v", back)
	}
	_, err = c.SetMethod(ctx, "ACC123", Method{Method: "magic"})
	status(t, err, http.StatusBadRequest)
}

// J8: who is kept out by the IP rules of the admin surface is refused on every request, with one audit entry a minute.
func TestSecurity_IPRulesOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	at := w.workspace("ACC123")
	own, child, above, sibling := w.keyOf("ACC123", "*"), w.keyOf("ACC123-LAB", "*"), w.keyOf("ACME", "*"), w.keyOf("ACC456", "*")
	// The API refuses to lock out who asks for it; the command line, which has no address, does not.
	got := w.send(own, "PATCH", "/workspaces/ACC123", `{"settings":{"security":{"ip_rules":{"admin":["198.51.100.0/24"]}}}}`)
	if got.status != http.StatusBadRequest || !strings.Contains(got.body, "192.0.2.1") {
		t.Errorf("a rule that locks out its author: %d %s", got.status, got.body)
	}
	settings := at.Settings
	settings.Security.IPRules = map[directory.Surface][]string{directory.SurfaceAdmin: {"198.51.100.0/24"}}
	_, err := w.directory.UpdateWorkspace(w.ctx, operator, at, directory.WorkspaceChange{Settings: &settings})
	w.check(err)
	for _, c := range []struct {
		name, key, method, path, body string
		want                          int
	}{
		{"its own key", own, "GET", "/workspaces/ACC123", "", 403},
		{"its own key, a list", own, "GET", "/workspaces", "", 403},
		{"its own key, the feed", own, "GET", "/events", "", 403},
		{"a key of the one below, which has no rules", child, "GET", "/workspaces/ACC123-LAB", "", 403},
		{"a key of the tenant", above, "GET", "/workspaces/ACC123/members", "", 403},
		{"a key of the tenant, below", above, "GET", "/workspaces/ACC123-LAB", "", 403},
		{"a key of the tenant, as a parent", above, "POST", "/workspaces", `{"key":"N","parent":"ACC123"}`, 403},
		{"a key of the installation", w.all, "DELETE", "/workspaces/ACC123?confirm=ACC123", "", 403},
		{"a key of the tenant, elsewhere", above, "GET", "/workspaces/ACC456", "", 200},
		{"a sibling", sibling, "GET", "/workspaces/ACC456", "", 200},
		{"a sibling, which is told nothing", sibling, "GET", "/workspaces/ACC123", "", 404},
	} {
		if got := w.send(c.key, c.method, c.path, c.body); got.status != c.want {
			t.Errorf("%s: %s %s: %d, want %d: %s", c.name, c.method, c.path, got.status, c.want, got.body)
		}
	}
	if n := w.entries(at, directory.ActionAddressRefuse); n != 3 { // its own key, the tenant's, the installation's
		t.Errorf("%d audit entries of refused addresses, want one for each of three keys", n)
	}
	w.clock.add(time.Minute)
	w.send(own, "GET", "/workspaces/ACC123", "")
	if n := w.entries(at, directory.ActionAddressRefuse); n != 4 {
		t.Errorf("%d audit entries a minute later, want 4", n)
	}
	settings.Security.IPRules[directory.SurfaceAdmin] = []string{"192.0.2.0/24"}
	_, err = w.directory.UpdateWorkspace(w.ctx, operator, at, directory.WorkspaceChange{Settings: &settings})
	w.check(err)
	if got := w.send(own, "GET", "/workspaces/ACC123", ""); got.status != http.StatusOK {
		t.Errorf("from an allowed address: %d %s", got.status, got.body)
	}
}

// entries counts the audit entries of an action in a workspace.
func (w *world) entries(at directory.Workspace, action string) int {
	w.t.Helper()
	all, err := w.directory.AuditLog(w.ctx, at, 0, 1000)
	w.check(err)
	n := 0
	for _, e := range all {
		if e.Action == action {
			n++
		}
	}
	return n
}

// The client secret goes in and never comes out.
func TestSecurity_SignInSecret(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "*")), t.Context()
	const secret = "a-secret-of-the-identity-provider"
	if k := must(c.Connection(ctx, "ACC123", "okta"))(t); k.SignInSecret || k.SignIn == nil || !strings.HasSuffix(k.SignIn.RedirectURI, "/sso/"+k.ID+"/callback") {
		t.Errorf("before: %+v", k)
	}
	ok(t, c.SetSignInSecret(ctx, "ACC123", "okta", secret))
	if k := must(c.Connection(ctx, "ACC123", "okta"))(t); !k.SignInSecret {
		t.Error("it is not said that there is a secret")
	}
	k, err := w.directory.Connection(w.ctx, w.workspace("ACC123"), "okta")
	w.check(err)
	if got, err := w.directory.SignInSecret(w.ctx, k); err != nil || got != secret {
		t.Errorf("the secret is %q, %v", got, err)
	}
	for _, r := range routes() {
		if r.method != http.MethodGet || r.scope == "" {
			continue
		}
		if got := w.try(w.all, r); strings.Contains(got.body, secret) {
			t.Errorf("%s tells the secret", r.name)
		}
	}
	if strings.Contains(w.log.String(), secret) {
		t.Error("the log tells the secret")
	}
	ok(t, c.SetSignInSecret(ctx, "ACC123", "okta", ""))
	if k := must(c.Connection(ctx, "ACC123", "okta"))(t); k.SignInSecret {
		t.Error("the secret is still there")
	}
}

// X12: the connection test says whether SCIM and a login meet.
func TestSecurity_MatchOfSCIMAndLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "security.read")), t.Context()
	for _, one := range []struct {
		claims string
		same   bool
		by     string
	}{
		{`{"sub":"00u1ann","preferred_username":"ann@acme.example"}`, true, "link"},
		{`{"sub":"00u1new","preferred_username":"ann@acme.example"}`, true, "principal"},
		{`{"sub":"00u1new","preferred_username":"cy@acme.example"}`, false, ""},
		{`{"sub":"00u1ann","preferred_username":"cy@acme.example"}`, false, "link"},
	} {
		got := must(c.TestMatch(ctx, "ACC123", "okta", MatchInput{Claims: jsontext.Value(one.claims)}))(t)
		if got.Same != one.same || got.Login.By != one.by && one.by != "" {
			t.Errorf("%s: %+v", one.claims, got)
		}
	}
	_, err := c.TestMatch(ctx, "ACC123", "okta", MatchInput{Claims: jsontext.Value(`["sub"]`)})
	status(t, err, http.StatusBadRequest)
	_, err = c.TestMatch(ctx, "ACC123", "entra-next", MatchInput{Claims: jsontext.Value(`{}`)})
	status(t, err, http.StatusBadRequest)
}

// The preview of claims says whom the login would find, or why it would be refused.
func TestSecurity_PreviewOfALogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "members.read", "security.write")), t.Context()
	preview := func(claims string) Preview {
		return must(c.Preview(ctx, "ACC123", "okta", PreviewInput{Claims: jsontext.Value(claims)}))(t)
	}
	if p := preview(`{"sub":"00u1ann"}`); p.Subject != w.values["subject"] || p.Refused != "" {
		t.Errorf("somebody known: %+v", p)
	}
	if p := preview(`{"sub":"00u1new"}`); p.Subject != "" || p.Status != http.StatusForbidden || !strings.HasPrefix(p.Refused, "not_provisioned: ") {
		t.Errorf("somebody new, by the method scim: %+v", p)
	}
	must(c.SetMethod(ctx, "ACC123", Method{Method: directory.MethodBoth, Confirm: true}))(t)
	if p := preview(`{"sub":"00u1new","role":"viewer"}`); p.Refused != "" || len(p.Memberships) != 1 || p.Memberships[0].Role != "viewer" {
		t.Errorf("somebody new, by the method scim+jit: %+v", p)
	}
}

func TestSecurity_Sessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACC123", "security.read", "security.write")), t.Context()
	count := func(of SessionQuery) (n int) {
		for s, err := range c.Sessions(ctx, "ACC123", of) {
			ok(t, err)
			if s.Subject != w.values["subject"] || s.Workspace != "ACC123" || s.State != directory.SessionLive || s.Role != "member" {
				t.Errorf("session %+v", s)
			}
			n++
		}
		return n
	}
	connection := must(c.Session(ctx, "ACC123", w.values["session"]))(t).Connection
	for _, one := range []struct {
		of   SessionQuery
		want int
	}{
		{SessionQuery{}, 1},
		{SessionQuery{Subject: w.values["subject"]}, 1},
		{SessionQuery{Connection: connection}, 1},
		{SessionQuery{Subject: "nobody"}, 0},
		{SessionQuery{Connection: "nothing"}, 0},
	} {
		if n := count(one.of); n != one.want {
			t.Errorf("%d sessions of %+v, want %d", n, one.of, one.want)
		}
	}
	if got := w.send(w.all, "DELETE", "/workspaces/ACC123/sessions", ""); got.status != http.StatusBadRequest {
		t.Errorf("ending nobody's sessions: %d %s", got.status, got.body)
	}
	if got := w.send(w.all, "DELETE", "/workspaces/ACC456/sessions?all=true", ""); !strings.Contains(got.body, `"ended":0`) {
		t.Errorf("a sibling's: %d %s", got.status, got.body)
	}
	ok(t, c.RevokeSession(ctx, "ACC123", w.values["session"]))
	if n := count(SessionQuery{}); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
	if n := w.entries(w.workspace("ACC123"), directory.ActionSessionEnd); n != 1 {
		t.Errorf("%d audit entries", n)
	}
	if ended := must(c.RevokeSessions(ctx, "ACC123", SessionQuery{}))(t); ended.Ended != 0 {
		t.Errorf("%d sessions have ended twice", ended.Ended)
	}
}

func TestSecurity_RevokesAllSessionsOfAPerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx := w.client(w.keyOf("ACME", "*")), t.Context()
	if n := must(c.RevokeSessions(ctx, "ACME", SessionQuery{Subject: w.values["subject"]}))(t); n.Ended != 1 {
		t.Errorf("%d sessions have ended", n.Ended)
	}
	logins := must(c.Logins(ctx, "ACC123", w.values["subject"]))(t)
	if len(logins) != 1 || logins[0].MatchedBy != "principal" || !strings.Contains(string(logins[0].Attributes), "00u1ann") {
		t.Errorf("logins %+v", logins)
	}
	if f := must(c.Factor(ctx, "ACC123", w.values["subject"]))(t); f.Set || f.SetAt != nil {
		t.Errorf("a second factor from nowhere: %+v", f)
	}
	ok(t, c.ResetFactor(ctx, "ACC123", w.values["subject"])) // there is none, and nothing to do
}

// An identity that is taken from somebody ends its session, and its next login is matched anew.
func TestSecurity_RevokeLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	c, ctx, ann := w.client(w.keyOf("ACC123", "*")), t.Context(), w.values["subject"]
	login := must(c.Logins(ctx, "ACC123", ann))(t)[0]
	other := login
	other.Name = "00u1bob"
	status(t, c.RevokeLogin(ctx, "ACC123", ann, other), http.StatusNotFound)
	ok(t, c.RevokeLogin(ctx, "ACC123", ann, login))
	status(t, c.RevokeLogin(ctx, "ACC123", ann, login), http.StatusNotFound)
	for s, err := range c.Sessions(ctx, "ACC123", SessionQuery{}) {
		t.Errorf("session %+v is left, %v", s, err)
	}
	if left := must(c.Logins(ctx, "ACC123", ann))(t); len(left) != 0 {
		t.Errorf("logins %+v", left)
	}
	got := must(c.TestMatch(ctx, "ACC123", "okta", MatchInput{Claims: jsontext.Value(`{"sub":"00u1ann"}`)}))(t)
	if got.Login.Subject != "" || got.Login.Code != directory.LoginNotProvisioned {
		t.Errorf("the identity is still known: %+v", got)
	}
	if n := w.entries(w.workspace("ACC123"), directory.ActionLoginUnlink); n != 1 {
		t.Errorf("%d audit entries", n)
	}
}

func TestClient_Apps(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, of := range []struct{ workspace, key string }{{"ACME", w.keyOf("ACME", "*")}, {"", w.all}} {
		c, ctx := w.client(of.key), t.Context()
		made := must(c.CreateApp(ctx, of.workspace, NewApp{Name: "Wiki", RedirectURIs: []string{"https://wiki.example.com/cb"}}))(t)
		if made.Public || !strings.HasPrefix(made.Secret, "usher_app_") {
			t.Errorf("made %+v", made)
		}
		public := must(c.CreateApp(ctx, of.workspace, NewApp{Name: "Phone", Public: true, RedirectURIs: []string{"com.example.phone:/cb"}}))(t)
		if !public.Public || public.Secret != "" {
			t.Errorf("public %+v", public)
		}
		_, err := c.RotateAppSecret(ctx, of.workspace, public.ID)
		status(t, err, http.StatusBadRequest)
		_, err = c.CreateApp(ctx, of.workspace, NewApp{Name: "Bad", RedirectURIs: []string{"http://wiki.example.com/cb"}})
		status(t, err, http.StatusBadRequest)
		again := must(c.RotateAppSecret(ctx, of.workspace, made.ID))(t)
		row, err := w.directory.App(ctx, made.ID)
		w.check(err)
		if w.directory.CheckAppSecret(row, made.Secret) || !w.directory.CheckAppSecret(row, again.Secret) {
			t.Error("the old secret is good, or the new one is not")
		}
		name := "Wiki 2"
		after := must(c.IfVersion(again.Version).UpdateApp(ctx, of.workspace, made.ID, AppChange{Name: &name}))(t)
		if after.Name != name || len(after.RedirectURIs) != 1 {
			t.Errorf("after %+v", after)
		}
		_, err = c.IfVersion(again.Version).UpdateApp(ctx, of.workspace, made.ID, AppChange{Name: &name})
		status(t, err, http.StatusPreconditionFailed)
		if all := must(c.Apps(ctx, of.workspace))(t); len(all) != 3 {
			t.Errorf("%d apps", len(all))
		}
		ok(t, c.DeleteApp(ctx, of.workspace, made.ID))
		if _, err := c.App(ctx, of.workspace, made.ID); !IsNotFound(err) {
			t.Errorf("after its deletion: %v", err)
		}
	}
}

// An app of one tenant is none to another, nor to the installation's list.
func TestSecurity_AppsOfOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, path := range []string{
		"/workspaces/OTHER/apps/" + w.values["app"], "/workspaces/OTHER/apps/" + w.values["installation-app"],
		"/apps/" + w.values["app"], "/workspaces/ACME/apps/" + w.values["installation-app"],
	} {
		for method, body := range map[string]string{"GET": "", "PATCH": `{"name":"x"}`, "DELETE": ""} {
			if got := w.send(w.all, method, path, body); got.status != http.StatusNotFound {
				t.Errorf("%s %s: %d %s", method, path, got.status, got.body)
			}
		}
	}
}

func TestClient_SigningKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, ctx := w.client(w.all), t.Context()
	states := func() (list []string) {
		for _, k := range must(c.SigningKeys(ctx))(t) {
			list = append(list, k.Algorithm+" "+k.State)
		}
		slices.Sort(list)
		return list
	}
	if got := states(); !slices.Equal(got, []string{"ES256 next", "ES256 signing", "RS256 next", "RS256 signing"}) {
		t.Errorf("at first: %q", got)
	}
	ok(t, c.RotateSigningKeys(ctx))
	want := []string{"ES256 next", "ES256 previous", "ES256 signing", "RS256 next", "RS256 previous", "RS256 signing"}
	if got := states(); !slices.Equal(got, want) {
		t.Errorf("after a rotation: %q", got)
	}
}
