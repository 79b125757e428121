package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest/foreign"
)

// The roads in Chromium, which follows its own rules of cookies, redirects and pages. USHER_PAGES names a folder for pictures of
// what it shows.

func TestApp_InABrowser(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	h := newHouse(t)
	b.Open(h.app.URL + "/login?workspace=ACC123")
	b.wantSignedIn()
	b.picture("app.png")
}

// Nothing on the way is ours but Usher and the app: the identity provider is npm's oidc-provider.
func TestApp_InABrowserByAForeignProvider(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	h := newEmptyHouse(t)
	at := h.usher.URL + "/sso/" + h.connection.ID
	client := foreign.Client{
		ID: "usher", Secret: "a secret of the test", RedirectURIs: []string{at + "/callback"},
		BackchannelLogoutURI: at + "/backchannel-logout", BackchannelLogoutSession: true,
	}
	idp := foreign.Start(t, client, foreign.Quiet)
	idp.Tell("ada", ada)
	h.signInBy(directory.SignIn{
		Protocol: directory.ProtocolOIDC, Issuer: idp.Issuer, ClientID: client.ID, Scopes: []string{"openid", "email", "profile", "roles"},
	}, client.Secret)
	b.Open(h.app.URL + "/login?workspace=ACC123&login_hint=ada@example.com")
	b.wantSignedIn()
	b.picture("app-oidc.png")
	h.wantOneSession()
}

// TestApp_InABrowserBySAML: nor here. Somebody signs in to the app at SimpleSAMLphp with a password, signs out of all of it in the
// app, signs in with another role, and signs out of all of it at SimpleSAMLphp.
func TestApp_InABrowserBySAML(t *testing.T) {
	t.Parallel()
	b := startBrowser(t)
	h := newEmptyHouse(t)
	idp := h.startSimpleSAMLphp()
	login := func() {
		b.Open(h.app.URL + "/login?workspace=ACC123")
		b.Await("Enter your username and password") // so nobody is signed in there
		b.Fill("username", "ada")
		b.Fill("password", "adapw")
		b.Press("Login")
	}

	login()
	b.wantSignedIn()
	b.picture("app-saml.png")
	h.wantOneSession()
	b.Press("Sign out")
	b.Await("Nobody is signed in")
	if at := b.URL(); at != h.app.URL+"/" {
		t.Errorf("the browser is left at %s", at)
	}
	h.wantNoSession()

	idp.Tell("ada", map[string][]string{"email": {"ada@example.com"}, "name": {"Ada Byron"}, "role": {"Viewer"}})
	login()
	b.Await("Viewer")
	b.Open(idp.LogoutURL())
	b.Await("You have been logged out")
	h.wantNoSession()
	b.awaitSignedOut(h)
}

// startSimpleSAMLphp starts it, with the metadata that each side has of the other.
func (h *house) startSimpleSAMLphp() *foreign.SimpleSAMLphp {
	h.t.Helper()
	idp := foreign.StartSimpleSAMLphp(h.t, map[string]bool{"assertion.encryption": true})
	idp.Tell("ada", map[string][]string{"email": {"ada@example.com"}, "name": {"Ada Byron"}, "role": {"Editor"}})
	provider, err := saml.ReadMetadata([]byte(h.fetch(idp.MetadataURL())), time.Now())
	h.check(err)
	rules := provider.Rules()
	rules.SignRequests, rules.CBC = true, true
	keys, err := saml.GenerateKeys(time.Now())
	h.check(err)
	h.signInBy(directory.SignIn{
		Protocol: directory.ProtocolSAML, Issuer: provider.EntityID, LogoutRedirect: true, SAML: &rules,
	}, keys.Secret())
	idp.Know(h.fetch(sso.SAMLURLs(h.usher.URL, h.connection.ID).EntityID))
	return idp
}

// fetch is what a URL answers.
func (h *house) fetch(link string) string {
	h.t.Helper()
	response, err := http.Get(link)
	h.check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	h.check(err)
	return string(text)
}

func (h *house) wantOneSession() {
	h.t.Helper()
	sessions, err := h.directory.Sessions(h.t.Context(), h.workspace, directory.SessionQuery{Connection: h.connection.ID})
	h.check(err)
	if len(sessions) != 1 || sessions[0].IDPSession == "" || !strings.Contains(sessions[0].UserAgent, "Chrome") {
		h.t.Errorf("sessions %+v", sessions)
	}
}

// browser is Chromium, looking at the app.
type browser struct {
	*foreign.Chromium
	t *testing.T
}

func startBrowser(t *testing.T) *browser {
	t.Helper()
	return &browser{foreign.StartChromium(t, 800, 600), t}
}

func (b *browser) wantSignedIn() {
	b.t.Helper()
	b.Await("Signed in as")
	for _, want := range []string{"Ada Byron", "ada@example.com", "ACC123", "Editor", "articles.write"} {
		if text := b.Text(); !strings.Contains(text, want) {
			b.t.Errorf("the page has no %s: %s", want, text)
		}
	}
}

// awaitSignedOut looks at the app until it has heard of the logout, by the back channel.
func (b *browser) awaitSignedOut(h *house) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		b.Open(h.app.URL)
		b.Await("Example app")
		if strings.Contains(b.Text(), "Nobody is signed in") {
			return
		}
	}
	b.t.Errorf("the app has not heard of the logout: %s", b.Text())
}

func (b *browser) picture(name string) {
	b.t.Helper()
	if folder := os.Getenv("USHER_PAGES"); folder != "" {
		b.Picture(filepath.Join(folder, name))
	}
}
