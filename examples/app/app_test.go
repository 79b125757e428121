package main

import (
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

// house is the app, Usher, and a customer's identity provider, each on a port of its own.
type house struct {
	t          *testing.T
	app, usher *httptest.Server
	idp        *ssotest.Provider
	directory  *directory.Directory
	workspace  directory.Workspace
	connection directory.Connection
	client     *http.Client // the browser
}

func (h *house) check(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := newEmptyHouse(t)
	h.signInBy(directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: h.idp.Issuer, ClientID: h.idp.ClientID, Algorithms: []string{"ES256"}}, h.idp.ClientSecret)
	return h
}

// newEmptyHouse is one whose people have no identity provider to sign in at yet.
func newEmptyHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t}
	var err error
	h.idp, err = ssotest.Start(ssotest.Config{People: []ssotest.Person{{Subject: "ada", Claims: ada}}})
	h.check(err)
	t.Cleanup(func() { _ = h.idp.Close() })
	h.startUsher()
	h.connect()
	h.startApp()
	jar, err := cookiejar.New(nil)
	h.check(err)
	h.client = &http.Client{Jar: jar}
	return h
}

// ada is what an identity provider says of her.
var ada = map[string]any{"email": "ada@example.com", "email_verified": true, "name": "Ada Byron", "role": "Editor"}

func (h *house) startUsher() {
	store, err := sqlite.Open(context.Background(), sqlitetest.Folder(h.t), sqlitetest.Options(h.t, nil))
	h.check(err)
	h.t.Cleanup(func() { h.check(store.Close()) })
	h.usher = httptest.NewUnstartedServer(nil)
	server, err := usher.New(usher.Config{
		Store: store, Key: directory.NewKey(), PublicURL: "http://" + h.usher.Listener.Addr().String(), Log: slog.New(slog.DiscardHandler),
		Client: delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
	})
	h.check(err)
	h.directory = server.Directory()
	h.usher.Config.Handler = server
	h.usher.Start()
	h.t.Cleanup(h.usher.Close)
	h.deliver(server)
}

// deliver has Usher tell the app of sessions that end.
func (h *house) deliver(server *usher.Server) {
	ctx, stop := context.WithCancel(context.Background())
	over := make(chan error, 1)
	go func() { over <- server.Run(ctx) }()
	h.t.Cleanup(func() {
		stop()
		h.check(<-over)
	})
}

// connect makes the customer's workspace and connection.
func (h *house) connect() {
	by, ctx := directory.Actor{Name: "cli:test"}, h.t.Context()
	var err error
	h.workspace, err = h.directory.CreateWorkspace(ctx, by, directory.NewWorkspace{
		Key: "ACC123", DefaultRole: "Viewer", Settings: directory.WorkspaceSettings{Method: directory.MethodJIT},
		Roles: []directory.Role{{Name: "Viewer"}, {Name: "Editor", Permissions: []string{"articles.write"}}},
	})
	h.check(err)
	h.connection, err = h.directory.CreateConnection(ctx, by, h.workspace, directory.NewConnection{
		Name: "okta", Settings: directory.ConnectionSettings{Roles: []string{"Viewer", "Editor"}},
	})
	h.check(err)
}

// signInBy lets the customer's people in by an identity provider.
func (h *house) signInBy(rules directory.SignIn, secret string) {
	h.t.Helper()
	by, ctx := directory.Actor{Name: "cli:test"}, h.t.Context()
	settings := h.connection.Settings
	rules.UpdateRole = true
	settings.SignIn = &rules
	var err error
	h.connection, err = h.directory.UpdateConnection(ctx, by, h.connection, directory.ConnectionChange{Settings: &settings})
	h.check(err)
	h.check(h.directory.SetSignInSecret(ctx, by, h.connection, secret))
}

// startApp registers the app with Usher and starts it.
func (h *house) startApp() {
	h.app = httptest.NewUnstartedServer(nil)
	own := "http://" + h.app.Listener.Addr().String()
	registered, err := h.directory.CreateApp(h.t.Context(), directory.Actor{Name: "cli:test"}, directory.NewApp{
		Name: "Example app", FirstParty: true, RedirectURIs: []string{own + "/callback"}, PostLogoutURIs: []string{own + "/"},
		BackchannelLogoutURI: own + "/backchannel-logout",
	})
	h.check(err)
	a, err := newApp(h.t.Context(), config{Issuer: h.usher.URL, ClientID: registered.ID, Secret: registered.Secret, URL: own})
	h.check(err)
	h.app.Config.Handler = a
	h.app.Start()
	h.t.Cleanup(h.app.Close)
}

// open follows a link, through whatever redirects there are, and returns where the browser ends, and what it shows there.
func (h *house) open(link string) (at *url.URL, text string) {
	h.t.Helper()
	response, err := h.client.Get(link)
	h.check(err)
	return h.read(response)
}

func (h *house) read(response *http.Response) (at *url.URL, text string) {
	h.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	h.check(err)
	return response.Request.URL, html.UnescapeString(tags.ReplaceAllString(string(body), " "))
}

var tags = regexp.MustCompile(`(?s)<style.*?</style>|<[^>]*>`)

// TestApp_J14: somebody signs in to the app through Usher by the customer's identity provider, is who the app is told, and
// signs out of all of it.
func TestApp_J14(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if _, text := h.open(h.app.URL); !strings.Contains(text, "Nobody is signed in") {
		t.Fatalf("before the login: %s", text)
	}
	at, text := h.open(h.app.URL + "/login?workspace=ACC123")
	if at.Host != strings.TrimPrefix(h.app.URL, "http://") || at.Path != "/" {
		t.Fatalf("the browser ends at %s: %s", at, text)
	}
	for _, want := range []string{"Ada Byron", "ada@example.com", "ACC123", "Editor", "articles.write"} {
		if !strings.Contains(text, want) {
			t.Errorf("the app does not know %s: %s", want, text)
		}
	}
	response, err := h.client.PostForm(h.app.URL+"/logout", nil)
	h.check(err)
	at, text = h.read(response)
	if at.Host != strings.TrimPrefix(h.app.URL, "http://") || !strings.Contains(text, "Nobody is signed in") {
		t.Errorf("after the logout, at %s: %s", at, text)
	}
	h.wantNoSession()
}

func (h *house) wantNoSession() {
	h.t.Helper()
	sessions, err := h.directory.Sessions(h.t.Context(), h.workspace, directory.SessionQuery{})
	h.check(err)
	if len(sessions) != 0 {
		h.t.Errorf("%d sessions are live", len(sessions))
	}
}

// TestApp_RefusesForgedAnswers: what does not answer this browser's login signs nobody in.
func TestApp_RefusesForgedAnswers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, path := range map[string]string{
		"no login":         "/callback?code=x&state=y&iss=" + url.QueryEscape(h.usher.URL),
		"no state":         "/callback?code=x",
		"another provider": "/callback?code=x&state=&iss=https://evil.example",
	} {
		if _, text := h.open(h.app.URL + path); !strings.Contains(text, "failed") {
			t.Errorf("%s: %s", name, text)
		}
	}
	response, err := h.client.PostForm(h.app.URL+"/backchannel-logout", url.Values{"logout_token": {"e30.e30."}})
	h.check(err)
	if h.read(response); response.StatusCode != http.StatusBadRequest {
		t.Errorf("a forged logout token: %d", response.StatusCode)
	}
}
