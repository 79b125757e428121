package directory_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// browser is the binding of the browser in which tests sign in.
var browser = sha256.Sum256([]byte("cookie"))

// signInWorld is a world whose connection lets people sign in, by the method.
func signInWorld(t testing.TB, method directory.Method, rules directory.SignIn) *world {
	t.Helper()
	w := newWorld(t, "rfc")
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = method })
	rules.Protocol, rules.Issuer, rules.ClientID = directory.ProtocolOIDC, "https://idp.example.com", "usher"
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.SignIn = &rules })
	w.skip()
	return w
}

func (w *world) workspaceSettings(change func(*directory.WorkspaceSettings)) {
	w.t.Helper()
	now, err := w.directory.Workspace(w.ctx, w.workspace.Key)
	check(w.t, err)
	settings := now.Settings
	change(&settings)
	w.workspace, err = w.directory.UpdateWorkspace(w.ctx, operator, now, directory.WorkspaceChange{Settings: &settings})
	check(w.t, err)
}

func (w *world) connectionSettings(change func(*directory.ConnectionSettings)) {
	w.t.Helper()
	settings := w.connection.Settings
	change(&settings)
	var err error
	w.connection, err = w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
	check(w.t, err)
	w.Client = w.directory.ClientFor(w.workspace, w.connection, directory.Actor{Name: "token:t", RequestID: "r"})
}

// identity is somebody at the identity provider, with that JSON as further claims.
func identity(name, claims string) directory.Identity {
	o, err := scim.ParseJSON(fmt.Appendf(nil, `{"sub":%q,"email":"%s@example.com","name":%q}`, name, name, name), scim.Limits{})
	if err != nil {
		panic(err)
	}
	if claims != "" {
		more, err := scim.ParseJSON([]byte(claims), scim.Limits{})
		if err != nil {
			panic(err)
		}
		for _, m := range more.Members {
			o.Set(m.Name, m.Value)
		}
	}
	return directory.Identity{
		Issuer: "https://idp.example.com", Subject: name, Principal: "id-" + name, Email: name + "@example.com", EmailVerified: true,
		Name: name, Attributes: o, Session: "sid-" + name, Methods: []string{"pwd"},
	}
}

// begin begins a login to the workspace of that key.
func (w *world) begin(key string) string {
	w.t.Helper()
	state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{
		Connection: w.connection, Browser: browser, Workspace: key, Return: "/back", Nonce: "n", Verifier: "v", Address: "192.0.2.1",
	})
	check(w.t, err)
	return state
}

// tryLogin signs in.
func (w *world) tryLogin(i directory.Identity, key string) (directory.Signed, error) {
	w.t.Helper()
	return w.finish(w.begin(key), i)
}

func (w *world) finish(state string, i directory.Identity) (directory.Signed, error) {
	return w.directory.Login(w.ctx, directory.LoginRequest{
		State: state, Connection: w.connection, Browser: browser, Identity: i, RequestID: "r", Address: "192.0.2.1", UserAgent: "test",
	})
}

// signIn signs in, and labels the subject by the name.
func (w *world) signIn(i directory.Identity) directory.Signed {
	w.t.Helper()
	s, err := w.tryLogin(i, "")
	check(w.t, err)
	w.label(s.Session.Subject, "<"+i.Subject+">")
	w.label(s.Session.ID, "<session>")
	return s
}

// wantCode fails unless the login was refused with the code.
func wantCode(t testing.TB, err error, code directory.LoginCode) {
	t.Helper()
	var refused *directory.LoginError
	if !errors.As(err, &refused) || refused.Code != code {
		t.Fatalf("error is %v, want a login refused with %q", err, code)
	}
}

// wantRefused fails unless the identity is refused with the code, with one entry in the audit log and one record in the
// provisioning log, and nothing else.
func (w *world) wantRefused(i directory.Identity, code directory.LoginCode) {
	w.t.Helper()
	state := w.begin("")
	w.skip()
	before := w.subjects()
	_, err := w.finish(state, i)
	wantCode(w.t, err, code)
	if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], "login.refuse", `"code":"`+string(code)+`"`) {
		w.t.Errorf("a refused login left %q", lines)
	}
	if log := w.logins(); len(log) == 0 || log[0].ScimType != string(code) || log[0].Status != 403 || log[0].Fix == "" {
		w.t.Errorf("a refused login is in the provisioning log as %+v", log)
	}
	if after := w.subjects(); after != before {
		w.t.Errorf("a refused login made somebody: %d members, then %d", before, after)
	}
	_, err = w.finish(state, i)
	wantCode(w.t, err, directory.LoginUnknownState)
	w.skip()
}

// logins are the records of logins in the provisioning log, newest first.
func (w *world) logins() []directory.Request {
	w.t.Helper()
	all, err := w.directory.RequestLog(w.ctx, w.workspace, directory.RequestQuery{Connection: w.connection.ID})
	check(w.t, err)
	var list []directory.Request
	for _, r := range all {
		if r.Method == "LOGIN" {
			list = append(list, r)
		}
	}
	return list
}

// subjects counts the members and live sessions.
func (w *world) subjects() int {
	w.t.Helper()
	people, err := w.directory.People(w.ctx, w.workspace, directory.PeopleFilter{})
	check(w.t, err)
	return len(people) + 1000*len(w.sessions(""))
}

// sessions are the live ones of a subject, or of everybody.
func (w *world) sessions(subject string) []directory.Session {
	w.t.Helper()
	list, err := w.directory.Sessions(w.ctx, w.workspace, directory.SessionQuery{Subject: subject})
	check(w.t, err)
	return list
}

// wantLive fails unless the session of the token is live, or is not.
func (w *world) wantLive(token string, want bool) {
	w.t.Helper()
	s, err := w.directory.SessionByToken(w.ctx, token, "192.0.2.1")
	if live := err == nil; live != want {
		w.t.Errorf("session live: %v (%v, %v), want %v", live, s.State, err, want)
	}
}

func (w *world) sweep() {
	w.t.Helper()
	check(w.t, w.directory.SweepSessions(w.ctx))
}

// isMember reports a membership, of whatever status.
func (w *world) isMember(subject string) bool {
	w.t.Helper()
	_, err := w.store.Membership(w.ctx, w.workspace.Root, w.workspace.ID, subject)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		w.t.Fatal(err)
	}
	return err == nil
}

// role gives the workspace a role.
func (w *world) role(name string, permissions ...string) {
	w.t.Helper()
	_, err := w.directory.CreateRole(w.ctx, operator, w.workspace, directory.Role{Name: name, Permissions: permissions})
	check(w.t, err)
}

// prove makes example.com a domain that the tenant has proved.
func (w *world) prove() {
	w.t.Helper()
	d := directory.Domain{Root: w.workspace.Root, Name: "example.com", Created: testStart, Verified: testStart, Version: 1}
	check(w.t, w.store.Commit(w.ctx, &directory.Change{
		Root: w.workspace.Root, Reconfigures: true, Domains: []directory.Edit[directory.Domain]{{After: &d}},
	}))
	w.clock.add(time.Second)
}

// containsAll reports whether all the parts are in the text.
func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// beneath makes a workspace below the present one, with a connection to another identity provider, and goes on with these.
func (w *world) beneath(key string, method directory.Method, rules directory.SignIn) {
	w.t.Helper()
	child, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: key, Parent: w.workspace.Key, Settings: directory.WorkspaceSettings{Method: method},
	})
	check(w.t, err)
	rules.Protocol, rules.Issuer, rules.ClientID = directory.ProtocolOIDC, foreignIssuer, "usher"
	w.connection, err = w.directory.CreateConnection(w.ctx, operator, child, directory.NewConnection{
		Name: "theirs", Settings: directory.ConnectionSettings{SignIn: &rules},
	})
	check(w.t, err)
	w.workspace = child
	w.Client = w.directory.ClientFor(child, w.connection, directory.Actor{Name: "token:t", RequestID: "r"})
	w.skip()
}

const foreignIssuer = "https://theirs.example.net"

// foreign is somebody at the identity provider of [world.beneath].
func (w *world) foreign(name string) directory.Identity {
	i := identity(name, "")
	i.Issuer = foreignIssuer
	return i
}

// editorWorld is signInWorld for logins that make people, with the roles editor and viewer beside member, which is Ada's.
func editorWorld(t testing.TB) *world {
	t.Helper()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor", "texts.write")
	w.role("viewer")
	w.signIn(identity("ada", ""))
	return w
}

// spreadWorld is signInWorld for ephemeral people whom the claim accounts lets into ACC123, where Ada was invited, and into the
// workspace CHILD below.
func spreadWorld(t testing.TB) (w *world, child directory.Workspace) {
	t.Helper()
	w = signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true, Linking: true})
	w.prove()
	child = w.below("ACC123", "CHILD")
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Mapping.AccountsAttribute = "accounts" })
	_, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@example.com"})
	check(t, err)
	return w, child
}
