package sso_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

// world is the face on a real server over a real store, with an identity provider that answers as it is told:
//
//	ACME ── ACME-LAB        OTHER
//
// Each of the two tenants has a connection to the same identity provider, by the same client. Logins make people.
type world struct {
	testing.TB
	clock            *clock
	directory        *directory.Directory
	config           directory.Config
	server           *httptest.Server
	handler          *sso.Handler
	idp              *ssotest.Provider
	log              *lines
	acme, lab, other directory.Workspace
	okta, theirs     directory.Connection // of ACME, of OTHER
	secure           bool
	address          string // from which browsers come
	proved           map[string]string
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var operator = directory.Actor{Name: "cli:test"}

// ada signs in unless a test says otherwise.
var ada = ssotest.Person{Subject: "ada", Claims: map[string]any{
	"email": "ada@example.com", "email_verified": true, "role": "Editor", "name": "Ada Byron",
}}

func newWorld(t testing.TB) *world {
	t.Helper()
	return newWorldAt(t, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
}

func newWorldAt(t testing.TB, now time.Time, others ...ssotest.Person) *world {
	t.Helper()
	w := &world{
		TB: t, clock: &clock{now: now}, log: new(lines), address: "192.0.2.1",
		proved: map[string]string{},
	}
	w.open()
	var err error
	w.idp, err = ssotest.Start(ssotest.Config{Now: w.clock.Now, People: append([]ssotest.Person{ada}, others...)})
	w.check(err)
	w.idp.SignIn(ada)
	t.Cleanup(func() { _ = w.idp.Close() })
	w.acme, w.other = w.workspace("ACME", ""), w.workspace("OTHER", "")
	w.lab = w.workspace("ACME-LAB", "ACME")
	w.okta, w.theirs = w.connection(w.acme, "okta"), w.connection(w.other, "theirs")
	return w
}

// open starts directory and face; again, it is what a restart does.
func (w *world) open() {
	w.Helper()
	if w.config.Store == nil {
		store, err := sqlite.Open(context.Background(), sqlitetest.Folder(w), sqlitetest.Options(w.TB, w.clock.Now))
		w.check(err)
		w.Cleanup(func() { w.check(store.Close()) })
		w.config = directory.Config{Store: store, Key: directory.NewKey(), Now: w.clock.Now, LookupTXT: w.lookup}
	}
	var err error
	w.directory, err = directory.New(w.config)
	w.check(err)
	if w.server == nil {
		w.server = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
		w.server.Start()
		w.Cleanup(w.server.Close)
	}
	w.handler, err = sso.New(sso.Options{
		Address: func(*http.Request) string { return w.address }, Directory: w.directory, Now: w.clock.Now,
		Log: slog.New(slog.NewTextHandler(w.log, nil)), PublicURL: w.server.URL, Returns: []string{"/oauth2/continue"},
		Providers: map[string]sso.Provider{
			directory.ProtocolOIDC: oidc.New(oidc.Config{Transport: &http.Transport{}, Now: w.clock.Now}),
			directory.ProtocolSAML: saml.New(saml.Config{Now: w.clock.Now}),
		},
		RequestID: func(*http.Request) string { return "req-1" }, Secure: func(*http.Request) bool { return w.secure },
	})
	w.check(err)
}

// serve stands for the front door: the face, and the place to return to.
func (w *world) serve(rw http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth2/continue" {
		_, _ = io.WriteString(rw, "back: "+r.URL.RawQuery)
		return
	}
	http.StripPrefix(sso.Path, w.handler).ServeHTTP(rw, r)
}

func (w *world) lookup(_ context.Context, name string) ([]string, error) {
	if text, ok := w.proved[strings.TrimSuffix(name, ".")]; ok {
		return []string{text}, nil
	}
	return nil, errors.New("no such host")
}

func (w *world) check(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) workspace(key, parent string) directory.Workspace {
	w.Helper()
	made, err := w.directory.CreateWorkspace(w.Context(), operator, directory.NewWorkspace{
		Key: key, Parent: parent, DefaultRole: "Viewer",
		Roles: []directory.Role{
			{Name: "Viewer"},
			{Name: "Editor"},
			{Name: "Admin", Permissions: []string{directory.PermissionSecurity}},
			{Name: "Owner", Permissions: []string{directory.PermissionOwn, directory.PermissionSecurity}},
		},
		Settings: directory.WorkspaceSettings{Method: directory.MethodJIT},
	})
	w.check(err)
	return made
}

func (w *world) connection(at directory.Workspace, name string) directory.Connection {
	w.Helper()
	c, err := w.directory.CreateConnection(w.Context(), operator, at, directory.NewConnection{
		Name: name, Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolOIDC, Issuer: w.idp.Issuer, ClientID: w.idp.ClientID,
			Algorithms: []string{"ES256", "RS256"},
		}},
	})
	w.check(err)
	w.check(w.directory.SetSignInSecret(w.Context(), operator, c, w.idp.ClientSecret))
	return c
}

// rule changes the rules of ACME's connection.
func (w *world) rule(change func(*directory.SignIn)) {
	w.Helper()
	w.okta = w.ruled(w.okta, change)
}

func (w *world) ruled(c directory.Connection, change func(*directory.SignIn)) directory.Connection {
	w.Helper()
	settings := c.Settings
	rules := *settings.SignIn
	change(&rules)
	settings.SignIn = &rules
	c, err := w.directory.UpdateConnection(w.Context(), operator, c, directory.ConnectionChange{Settings: &settings})
	w.check(err)
	return c
}

// ask changes what ACME asks of those who come in.
func (w *world) ask(change func(*directory.WorkspaceSettings)) {
	w.Helper()
	settings := w.acme.Settings
	change(&settings)
	var err error
	w.acme, err = w.directory.UpdateWorkspace(w.Context(), operator, w.acme, directory.WorkspaceChange{Settings: &settings})
	w.check(err)
}

// browser is one, with its cookies. It shows every answer, and follows a redirect when it is told to.
type browser struct {
	*world
	client *http.Client
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{w, &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// page is an answer, read.
type page struct {
	*http.Response
	text string
	to   string // where it sends the browser
}

func (b *browser) do(r *http.Request) page {
	b.Helper()
	res, err := b.client.Do(r)
	b.check(err)
	text, err := io.ReadAll(res.Body)
	b.check(err)
	_ = res.Body.Close()
	to := ""
	if at, err := res.Location(); err == nil {
		to = at.String()
	}
	return page{res, string(text), to}
}

// get asks for a path below the face, or for a URL.
func (b *browser) get(place string) page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.absolute(place), nil)
	b.check(err)
	return b.do(r)
}

func (b *browser) post(place string, form url.Values) page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.absolute(place), strings.NewReader(form.Encode()))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

func (b *browser) absolute(place string) string {
	if strings.HasPrefix(place, "/") {
		return b.server.URL + sso.Path + place
	}
	return place
}

// begin walks to the identity provider and back, up to the callback, which is not called yet.
func (b *browser) begin(c directory.Connection, query string) (callback string) {
	b.Helper()
	return b.beginAs("", c, query)
}

// beginAs is begin by one of the people whom the identity provider knows.
func (b *browser) beginAs(subject string, c directory.Connection, query string) (callback string) {
	b.Helper()
	start := b.get("/" + c.ID + "/login" + query)
	if start.StatusCode != http.StatusSeeOther {
		b.Fatalf("login answered %d: %s\n%s", start.StatusCode, start.text, b.log)
	}
	back := b.get(start.to + "&person=" + subject)
	if back.StatusCode != http.StatusFound {
		b.Fatalf("the identity provider answered %d: %s", back.StatusCode, back.text)
	}
	return back.to
}

// login is a whole one, up to the answer of the callback.
func (b *browser) login(c directory.Connection, query string) page {
	b.Helper()
	return b.get(b.begin(c, query))
}

func (b *browser) cookies() []*http.Cookie {
	at, _ := url.Parse(b.server.URL)
	return b.client.Jar.Cookies(at)
}

// session is the live session of the browser's cookie.
func (b *browser) session() (directory.Session, bool) {
	b.Helper()
	for _, c := range b.cookies() {
		if c.Name == "usher_session" {
			s, err := b.directory.SessionByToken(b.Context(), c.Value, b.address)
			return s, err == nil
		}
	}
	return directory.Session{}, false
}

// signIn is a login that must do.
func (b *browser) signIn(c directory.Connection) directory.Session {
	b.Helper()
	if p := b.login(c, ""); p.StatusCode != http.StatusSeeOther {
		b.Fatalf("the login answered %d: %s\n%s", p.StatusCode, p.text, b.log)
	}
	s, ok := b.session()
	if !ok {
		b.Fatalf("no session\n%s", b.log)
	}
	return s
}

// traces are what logins leave in a tenant.
type traces struct {
	sessions, people int
	entries          int      // in the audit log
	refused          []string // codes in the audit log
}

func (w *world) traces(at directory.Workspace) traces {
	w.Helper()
	sessions, err := w.directory.Sessions(w.Context(), at, directory.SessionQuery{})
	w.check(err)
	people, err := w.directory.PeoplePage(w.Context(), at, directory.PeopleFilter{})
	w.check(err)
	entries, err := w.directory.AuditLog(w.Context(), at, 0, 1000)
	w.check(err)
	left := traces{sessions: len(sessions), people: len(people.People), entries: len(entries)}
	for _, e := range entries {
		if e.Action == directory.ActionLoginRefuse {
			var detail struct{ Code string }
			w.check(json.Unmarshal(e.Detail, &detail))
			left.refused = append(left.refused, detail.Code)
		}
	}
	return left
}

// refusedPage is what every refusal looks like.
func (w *world) refusedPage() string {
	w.Helper()
	return w.browser().get("/nowhere/login").text
}

// wantRefused fails unless the answer is the one page of refusals, and the only trace in ACME is one audit entry with the
// code.
func (w *world) wantRefused(p page, before traces, code directory.LoginCode) {
	w.Helper()
	if p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
		w.Errorf("answered %d:\n%s\n%s", p.StatusCode, p.text, w.log)
	}
	for _, c := range p.Cookies() {
		if strings.Contains(c.Name, "session") && c.Value != "" {
			w.Errorf("cookie %s", c)
		}
	}
	after := w.traces(w.acme)
	if after.sessions != before.sessions || after.people != before.people {
		w.Errorf("%+v, before %+v", after, before)
	}
	if n := after.entries - before.entries; n != 1 {
		w.Errorf("%d new audit entries", n)
	}
	if fresh := after.refused[len(before.refused):]; len(fresh) != 1 || fresh[0] != string(code) {
		w.Errorf("audit entries %v, want one of %s\n%s", fresh, code, w.log)
	}
}
