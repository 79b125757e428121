package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/sso/saml"
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

var testStart = time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

var operator = directory.Actor{Name: "cli:test"}

// world is the API on a real server over a real store:
//
//	ACME ─┬─ ACC123 ── ACC123-LAB        OTHER
//	      └─ ACC456
//
// ACC123 has the connection okta, with the member Ann, and Bob, who was removed.
type world struct {
	t         testing.TB
	ctx       context.Context
	clock     *clock
	directory *directory.Directory
	server    *httptest.Server
	log       *lines
	folder    string
	sealing   directory.Key
	store     *sqlite.Store
	values    map[string]string // what stands for the path parameters of examples
	all       string            // the text of a key of the installation with every scope
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, ctx: t.Context(), clock: &clock{now: testStart}, log: new(lines), folder: sqlitetest.Folder(t), sealing: directory.NewKey(),
	}
	store, err := sqlite.Open(context.Background(), w.folder, sqlitetest.Options(t, w.clock.Now))
	w.check(err)
	t.Cleanup(func() { w.check(store.Close()) })
	w.store = store
	w.directory, err = directory.New(directory.Config{
		Store: store, Key: w.sealing, Now: w.clock.Now, LookupTXT: w.lookup,
	})
	w.check(err)
	handler, err := New(Options{
		Directory: w.directory, Now: w.clock.Now, Log: slog.New(slog.NewTextHandler(w.log, nil)),
		RequestID: func(*http.Request) string { return "req-1" }, Address: func(*http.Request) string { return "192.0.2.1" },
		SignInURLs: func(c directory.Connection) *SignInURLs {
			at := "https://scim.example.com/sso/" + c.ID
			return &SignInURLs{
				at + "/callback", at + "/login", at + "/backchannel-logout", "https://scim.example.com/sso/signed-out",
				at + "/metadata", at + "/acs", at + "/slo",
			}
		},
		BaseURL: func(c directory.Connection) string { return "https://scim.example.com/scim/" + c.ID + "/v2" },
		SAML:    lent(delivery.NewClient(delivery.ClientConfig{})),
	})
	w.check(err)
	w.server = httptest.NewServer(http.StripPrefix(defaultURL, handler))
	t.Cleanup(w.server.Close)
	w.all = w.key(directory.NewAPIKey{Scopes: []string{"*"}}).Text
	return w
}

func (w *world) lookup(context.Context, string) ([]string, error) {
	return nil, errors.New("no such host")
}

func (w *world) check(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) key(n directory.NewAPIKey) directory.IssuedAPIKey {
	w.t.Helper()
	n.Name = "test"
	k, err := w.directory.CreateAPIKey(w.ctx, operator, n)
	w.check(err)
	return k
}

// keyOf is the text of a key of a workspace.
func (w *world) keyOf(workspace string, scopes ...string) string {
	w.t.Helper()
	at := w.workspace(workspace)
	return w.key(directory.NewAPIKey{Root: at.Root, Workspace: at.ID, Scopes: scopes}).Text
}

func (w *world) workspace(key string) directory.Workspace {
	w.t.Helper()
	at, err := w.directory.Workspace(w.ctx, key)
	w.check(err)
	return at
}

func (w *world) makeWorkspace(key, name, parent string) directory.Workspace {
	w.t.Helper()
	at, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: key, Name: name, Parent: parent, Roles: []directory.Role{
			{Name: "viewer", Permissions: []string{"reports.read"}},
			{Name: "owner", Permissions: []string{directory.PermissionOwn}},
		},
	})
	w.check(err)
	return at
}

// populate makes what the examples are about.
func (w *world) populate() *world {
	w.t.Helper()
	w.makeWorkspace("ACME", "Acme", "")
	at := w.makeWorkspace("ACC123", "Acme EU", "ACME")
	w.makeWorkspace("ACC123-LAB", "Acme EU laboratory", "ACC123")
	w.makeWorkspace("ACC456", "Acme US", "ACME")
	w.makeWorkspace("OTHER", "Somebody else", "")

	_, err := w.directory.CreateTeam(w.ctx, operator, at, directory.Team{Name: "sales"})
	w.check(err)
	okta, err := w.directory.CreateConnection(w.ctx, operator, at, directory.NewConnection{
		Name: "okta", Profile: "okta", Settings: directory.ConnectionSettings{
			Principal: "userName", SignIn: &directory.SignIn{
				Protocol: directory.ProtocolOIDC, Issuer: "https://acme.okta.example", ClientID: "0oa1acme", PrincipalClaim: "preferred_username",
			},
		},
	})
	w.check(err)
	_, err = w.directory.CreateConnection(w.ctx, operator, at, directory.NewConnection{Name: "entra-next", Profile: "entra"})
	w.check(err)
	expires := w.clock.Now().AddDate(1, 0, 0)
	token, err := w.directory.CreateToken(w.ctx, operator, okta, expires)
	w.check(err)
	w.clock.add(time.Second) // lists by age
	old, err := w.directory.CreateToken(w.ctx, operator, okta, expires)
	w.check(err)
	w.clock.add(time.Second)
	next, err := w.directory.RotateToken(w.ctx, operator, okta, old.ID, expires)
	w.check(err)
	hook, err := w.directory.CreateWebhook(w.ctx, operator, at, directory.NewWebhook{URL: "https://app.example.com/hook"})
	w.check(err)
	_, err = w.directory.ClaimDomain(w.ctx, operator, w.workspace("ACME"), "acme.example")
	w.check(err)
	key := w.key(directory.NewAPIKey{Root: at.Root, Workspace: at.ID, Scopes: []string{"members.read"}})
	whole := w.key(directory.NewAPIKey{Scopes: []string{"members.read"}})

	const site = "urn:example:params:scim:schemas:extension:site:2.0:User"
	w.declare(at, `{"id":"`+site+`","name":"Site","resourceType":"User","attributes":[{"name":"building","type":"string"}]}`)
	for _, name := range []string{"Badge", "Device"} {
		w.declare(at, `{"id":"urn:example:params:scim:schemas:core:acme:2.0:`+name+`","name":"`+name+
			`","resourceType":"`+name+`","attributes":[{"name":"serial","type":"string"}]}`)
	}
	w.declare(at, `{"name":"Badge","endpoint":"/Badges","schema":"urn:example:params:scim:schemas:core:acme:2.0:Badge"}`)
	ann := w.provision(at, okta, "ann@acme.example", "Ann", "Archer")
	w.create(at, okta, 1, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"Sales","externalId":"g-1"}`)
	bob, err := w.directory.Invite(w.ctx, operator, at, directory.Invitation{Email: "bob@partner.example", Name: "Bob"})
	w.check(err)
	_, err = w.directory.RemoveMember(w.ctx, operator, at, bob.Subject)
	w.check(err)
	w.values = map[string]string{
		"workspace": "ACC123", "connection": "okta", "role": "viewer", "team": "sales", "domain": "acme.example",
		"token": token.ID, "rotating": next.ID, "webhook": hook.ID, "key": key.ID, "installation-key": whole.ID,
		"schema": site, "type": "Badge", "subject": ann, "removed": bob.Subject,
	}
	w.signIn(at, okta, ann)
	w.signInBySAML(at)
	return w
}

// lent is what the front door lends of SAML.
func lent(transport http.RoundTripper) SAML {
	return SAML{
		Fetch: func(ctx context.Context, address string) ([]byte, error) {
			text, err := saml.FetchMetadata(ctx, transport, address)
			if failed, ok := errors.AsType[*url.Error](err); ok {
				err = errors.New(delivery.Reason(failed.Err))
			}
			return text, err
		},
		Import: saml.ReadImport, Certificates: saml.Certificates, SecretFor: saml.SecretFor, NextKeys: saml.NextKeys, SwitchKeys: saml.SwitchKeys,
	}
}

// signInBySAML makes adfs, which has no keys, and onelogin, whose keys change. Nobody is let in by them.
func (w *world) signInBySAML(at directory.Workspace) {
	w.t.Helper()
	var example MetadataImport
	w.check(json.Unmarshal([]byte(exampleImport), &example))
	i, err := saml.ReadImport(nil, []byte(example.Metadata), w.clock.Now())
	w.check(err)
	rules := i.Rules
	rules.Disabled = true
	for name, secret := range map[string]string{"adfs": "", "onelogin": changingKeys()} {
		_, err := w.directory.CreateConnection(w.ctx, operator, at, directory.NewConnection{
			Name: name, Settings: directory.ConnectionSettings{SignIn: rules}, SignInSecret: secret,
		})
		w.check(err)
	}
}

// changingKeys are the same in each world, as it takes long to make them.
var changingKeys = sync.OnceValue(func() string {
	keys, err := saml.GenerateKeys(testStart.AddDate(-4, 0, 0))
	if err == nil {
		keys, err = keys.Change(testStart)
	}
	if err != nil {
		panic(err)
	}
	return keys.Secret()
})

// signIn has somebody sign in by the connection, and registers two apps.
func (w *world) signIn(at directory.Workspace, okta directory.Connection, subject string) {
	w.t.Helper()
	claims, err := scim.ParseJSON([]byte(`{"sub":"00u1ann","preferred_username":"ann@acme.example","role":"viewer"}`), scim.Limits{})
	w.check(err)
	browser := [32]byte{1}
	state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{Connection: okta, Browser: browser, Address: "192.0.2.9"})
	w.check(err)
	signed, err := w.directory.Login(w.ctx, directory.LoginRequest{
		State: state, Connection: okta, Browser: browser, Address: "192.0.2.9", UserAgent: "Firefox",
		Identity: directory.Identity{
			Issuer: "https://acme.okta.example", Subject: "00u1ann", Principal: "ann@acme.example", Attributes: claims,
			Session: "idp-session", Methods: []string{"pwd"}, AuthTime: w.clock.Now(),
		},
	})
	w.check(err)
	if signed.Session.Subject != subject {
		w.t.Fatalf("the login is of %s, not of %s", signed.Session.Subject, subject)
	}
	w.values["session"] = signed.Session.ID
	for name, root := range map[string]string{"app": at.Root, "installation-app": ""} {
		app, err := w.directory.CreateApp(w.ctx, operator, directory.NewApp{
			Root: root, Name: "Notes", RedirectURIs: []string{"https://notes.example.com/callback"},
		})
		w.check(err)
		w.values[name] = app.ID
	}
}

func (w *world) declare(at directory.Workspace, text string) {
	w.t.Helper()
	object, err := scim.ParseJSON([]byte(text), scim.Limits{})
	w.check(err)
	doc, err := scim.ParseDeclaration(object)
	w.check(err)
	_, err = w.directory.Declare(w.ctx, operator, at, doc)
	w.check(err)
}

// provision creates a user as the identity provider does, and returns the subject.
func (w *world) provision(at directory.Workspace, k directory.Connection, userName, given, family string) string {
	w.t.Helper()
	w.create(at, k, 0, `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+userName+`","name":{"givenName":"`+
		given+`","familyName":"`+family+`"},"emails":[{"value":"`+userName+`","primary":true}],"active":true}`)
	people, err := w.directory.People(w.ctx, at, directory.PeopleFilter{Text: userName})
	w.check(err)
	if len(people) != 1 {
		w.t.Fatalf("%d people are %s", len(people), userName)
	}
	return people[0].Subject
}

// create creates a resource of the connection's type of that number.
func (w *world) create(at directory.Workspace, k directory.Connection, typ int, text string) {
	w.t.Helper()
	at = w.workspace(at.Key) // with its declarations
	client := w.directory.ClientFor(at, k, directory.Actor{Name: "token:test"})
	body, err := scim.ParseJSON([]byte(text), scim.Limits{})
	w.check(err)
	r, err := client.Types[typ].Decode(body, client.Profile)
	w.check(err)
	_, err = client.Create(w.ctx, r, scim.Write{})
	w.check(err)
}

// reading is what came back.
type reading struct {
	status int
	header http.Header
	body   string
}

// send sends a request with a key; headers come in pairs.
func (w *world) send(key, method, path, body string, headers ...string) reading {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, method, w.server.URL+defaultURL+path, strings.NewReader(body))
	w.check(err)
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		req.Header.Set("Content-Type", mediaJSON)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	w.check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	w.check(err)
	return reading{resp.StatusCode, resp.Header, string(text)}
}

// url is the path of a row's example, with what the world has in place of parameters.
func (w *world) url(r route) string {
	path := r.pattern
	for _, name := range r.parameters() {
		value := w.values[name]
		if other, ok := r.example.path[name]; ok {
			value = other
			if known, ok := w.values[other]; ok {
				value = known
			}
		}
		path = strings.Replace(path, "{"+name+"}", url.PathEscape(value), 1)
	}
	if r.example.query != "" {
		path += "?" + w.filled(r.example.query)
	}
	return path
}

// try sends a row's example.
func (w *world) try(key string, r route, headers ...string) reading {
	w.t.Helper()
	return w.send(key, r.method, w.url(r), w.filled(r.example.body), headers...)
}

// filled is a text of an example, with what the world has in place of its names in braces.
func (w *world) filled(text string) string {
	for name, value := range w.values {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}
