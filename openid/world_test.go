package openid

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
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
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// lines is a log that may be read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
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

// signInPage is where the tests' page of sign-in is: nobody is there, and its parameters are what was asked for.
const signInPage = "https://signin.example/"

// sessionCookie is where the tests' browsers keep their session.
const sessionCookie = "usher_session"

// callback is the redirect URI of the tests' apps.
const callback = "https://app.example/callback"

// world is the provider on a real server over a real store. ACC123 lets people in by a connection, and has the workspace
// ACC123-LAB below; OTHER is another tenant.
type world struct {
	t          testing.TB
	ctx        context.Context
	clock      *clock
	log        *lines
	store      *busyStore
	directory  *directory.Directory
	provider   *Provider
	server     *httptest.Server
	workspace  directory.Workspace
	connection directory.Connection
	app        directory.IssuedApp // with a secret
	public     directory.IssuedApp // without
	authTime   func() time.Time    // when the identity provider says that it has asked the person
}

func newWorld(t testing.TB) *world {
	t.Helper()
	// The clock stands at the present: client libraries that are not ours look at their own.
	w := &world{t: t, ctx: t.Context(), clock: &clock{now: time.Now()}, log: new(lines)}
	w.authTime = w.clock.Now
	store, err := sqlite.Open(context.Background(), sqlitetest.Folder(t), sqlitetest.Options(t, w.clock.Now))
	w.check(err)
	t.Cleanup(func() { w.check(store.Close()) })
	w.store = &busyStore{Store: store}
	w.directory, err = directory.New(directory.Config{
		Store: w.store, Key: directory.NewKey(), Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	w.check(err)
	w.makeTenants()
	w.serve()
	w.app = w.register(directory.NewApp{Name: "App", FirstParty: true})
	w.public = w.register(directory.NewApp{Name: "Public app", FirstParty: true, Public: true})
	return w
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) makeTenants() {
	w.t.Helper()
	var err error
	w.workspace, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: "ACC123", Settings: directory.WorkspaceSettings{Method: directory.MethodJIT}, Roles: []directory.Role{
			{Name: "owner", Permissions: []string{directory.PermissionOwn}},
			{Name: "member", Permissions: []string{"reports.read"}},
		},
	})
	w.check(err)
	_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "ACC123-LAB", Parent: "ACC123"})
	w.check(err)
	_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER"})
	w.check(err)
	w.connection, err = w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{
		Name: "idp", Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolOIDC, Issuer: "https://idp.example", ClientID: "usher",
		}},
	})
	w.check(err)
}

func (w *world) serve() {
	w.t.Helper()
	mux := http.NewServeMux()
	w.server = httptest.NewServer(mux)
	w.t.Cleanup(w.server.Close)
	var err error
	w.provider, err = New(Options{
		Directory: w.directory, Issuer: w.server.URL, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		Address:   func(*http.Request) string { return "192.0.2.1" },
		RequestID: func(*http.Request) string { return "req-1" },
		Session:   func(r *http.Request) string { return cookieValue(r, sessionCookie) },
		SignIn: func(s SignIn) string {
			asked, _ := json.Marshal(s)
			return signInPage + "?" + url.Values{"asked": {string(asked)}}.Encode()
		},
	})
	w.check(err)
	for _, e := range w.provider.Endpoints() {
		mux.Handle(e.Path, e.Handler)
	}
}

// register makes an app that may send people to the callback.
func (w *world) register(n directory.NewApp) directory.IssuedApp {
	w.t.Helper()
	if n.RedirectURIs == nil {
		n.RedirectURIs = []string{callback, "https://app.example/other?tenant=1"}
	}
	if n.PostLogoutURIs == nil {
		n.PostLogoutURIs = []string{"https://app.example/bye"}
	}
	app, err := w.directory.CreateApp(w.ctx, operator, n)
	w.check(err)
	return app
}

// audit is what stands in the audit log of the workspace.
func (w *world) audit() []directory.AuditEntry {
	w.t.Helper()
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, 0, 1000)
	w.check(err)
	return entries
}

// audited counts the entries of an action.
func (w *world) audited(action string) (n int) {
	w.t.Helper()
	for _, e := range w.audit() {
		if e.Action == action {
			n++
		}
	}
	return n
}

// browser is a browser that stops at each redirect, as what it is told is what is tested.
type browser struct {
	w      *world
	client *http.Client
}

func (w *world) browser() *browser {
	w.t.Helper()
	jar, err := cookiejar.New(nil)
	w.check(err)
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// signIn is what the page of sign-in does: a login, and its cookie.
func (b *browser) signIn(person string) directory.Signed {
	b.w.t.Helper()
	return b.signInTo(person, "")
}

func (b *browser) signInTo(person, workspace string) directory.Signed {
	b.w.t.Helper()
	w, bound := b.w, sha256.Sum256([]byte(rand.Text()))
	state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{
		Connection: w.connection, Browser: bound, Workspace: workspace, Return: "/", Nonce: "n", Verifier: "v", Address: "192.0.2.1",
	})
	w.check(err)
	claims, err := scim.ParseJSON([]byte(`{"email":"`+person+`@example.com","name":"`+person+`"}`), scim.Limits{})
	w.check(err)
	signed, err := w.directory.Login(w.ctx, directory.LoginRequest{
		State: state, Browser: bound, Address: "192.0.2.1", Connection: w.connection, Identity: directory.Identity{
			Issuer: "https://idp.example", Subject: person, Principal: person, Email: person + "@example.com", EmailVerified: true,
			Name: person, Attributes: claims, Methods: []string{"pwd"}, AuthTime: w.authTime(), Session: "idp-" + rand.Text(),
		},
	})
	w.check(err)
	b.setCookie(sessionCookie, signed.Token)
	return signed
}

func (b *browser) setCookie(name, value string) {
	at, err := url.Parse(b.w.server.URL)
	b.w.check(err)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// answer is what a request brought.
type answer struct {
	status   int
	location string
	header   http.Header
	body     string
}

// parameter is one of the place where the browser is sent.
func (a answer) parameter(name string) string {
	u, err := url.Parse(a.location)
	if err != nil {
		return ""
	}
	return u.Query().Get(name)
}

func (b *browser) get(place string) answer {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.ctx, http.MethodGet, place, nil)
	b.w.check(err)
	return b.w.do(b.client, r)
}

func (b *browser) post(path string, form url.Values) answer {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.ctx, http.MethodPost, b.w.server.URL+path, strings.NewReader(form.Encode()))
	b.w.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.w.do(b.client, r)
}

func (w *world) do(client *http.Client, r *http.Request) answer {
	w.t.Helper()
	response, err := client.Do(r)
	w.check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	w.check(err)
	return answer{response.StatusCode, response.Header.Get("Location"), response.Header, string(body)}
}

// request is a proper authorization request of the app with a secret.
func (w *world) request(pairs ...string) url.Values {
	return with(url.Values{
		"client_id": {w.app.ID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email profile offline_access"},
		"state": {"the state"}, "nonce": {"the nonce"}, "code_challenge": {aChallenge}, "code_challenge_method": {"S256"},
	}, pairs...)
}

func (b *browser) authorize(request url.Values) answer {
	b.w.t.Helper()
	return b.get(b.w.server.URL + PathAuthorize + "?" + request.Encode())
}

// code gets a code for somebody who is signed in.
func (b *browser) code(pairs ...string) string {
	b.w.t.Helper()
	got := b.authorize(b.w.request(pairs...))
	code := got.parameter("code")
	if code == "" {
		b.w.t.Fatalf("no code but %d %s %s\n%s", got.status, got.location, got.body, b.w.log)
	}
	return code
}

// tokenAnswer is what the token endpoint has answered.
type tokenAnswer struct {
	answer
	tokens
	Code string `json:"error"`
}

// redemption is a proper token request for a code of the app with a secret.
func (w *world) redemption(code string, pairs ...string) url.Values {
	return with(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {aVerifier},
		"client_id": {w.app.ID}, "client_secret": {w.app.Secret},
	}, pairs...)
}

func (w *world) refreshing(token string, pairs ...string) url.Values {
	return with(url.Values{
		"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {w.app.ID}, "client_secret": {w.app.Secret},
	}, pairs...)
}

func (w *world) token(form url.Values) tokenAnswer {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, w.server.URL+PathToken, strings.NewReader(form.Encode()))
	w.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got := tokenAnswer{answer: w.do(w.server.Client(), r)}
	if err := json.Unmarshal([]byte(got.body), &got); err != nil {
		w.t.Fatalf("the token endpoint answers %d %s", got.status, got.body)
	}
	return got
}

// tokensOf signs somebody in and redeems a code for them.
func (b *browser) tokensOf(person string, pairs ...string) tokenAnswer {
	b.w.t.Helper()
	b.signIn(person)
	got := b.w.token(b.w.redemption(b.code(pairs...)))
	if got.status != http.StatusOK {
		b.w.t.Fatalf("the code is not redeemed: %d %s\n%s", got.status, got.body, b.w.log)
	}
	return got
}

func (w *world) userInfo(access string) (answer, map[string]any) {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.server.URL+PathUserInfo, nil)
	w.check(err)
	r.Header.Set("Authorization", "Bearer "+access)
	got := w.do(w.server.Client(), r)
	var claims map[string]any
	w.check(json.Unmarshal([]byte(got.body), &claims))
	return got, claims
}

func unmarshal(text string, to any) error { return json.Unmarshal([]byte(text), to) }

// askedFor is what the page of sign-in was asked for.
func askedFor(t testing.TB, got answer) (s SignIn) {
	t.Helper()
	if !strings.HasPrefix(got.location, signInPage) {
		t.Fatalf("nobody is asked to sign in: %d %s %s", got.status, got.location, got.body)
	}
	if err := unmarshal(got.parameter("asked"), &s); err != nil {
		t.Fatal(err)
	}
	return s
}
