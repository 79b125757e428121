package sso_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
	"github.com/usher-scim/usher/sso/ssotest/foreign"
)

// chromium walks through a login in a browser that is not ours: its rules for cookies, redirects and policies are the ones
// that count. USHER_PAGES names a folder for a picture of where it ends.
func (w *world) chromium(c directory.Connection, picture string) {
	w.Helper()
	b := foreign.StartChromium(w, 480, 640)
	b.Open(w.server.URL + sso.Path + "/" + c.ID + "/login")
	b.Await("Ada Byron")
	if folder := os.Getenv("USHER_PAGES"); folder != "" {
		b.Picture(filepath.Join(folder, picture))
	}
	if left := w.traces(w.acme); left.sessions != 1 || left.refused != nil {
		w.Errorf("left %+v", left)
	}
}

func TestChromium_SignsIn(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, time.Now())
	w.chromium(w.okta, "chromium.png")
}

// The identity provider is another site, so that the browser keeps its cookie back when it posts from there.
func TestChromium_SignsInBySAML(t *testing.T) {
	t.Parallel()
	w := newWorldAt(t, time.Now())
	idp, err := ssotest.StartSAML([]ssotest.Person{{Subject: "ada", Claims: map[string]any{"name": "Ada Byron", "role": "Editor"}}}, w.clock.Now)
	w.check(err)
	t.Cleanup(func() { _ = idp.Close() })
	provider, err := saml.ReadMetadata([]byte(w.browser().get(idp.URL+"/metadata").text), time.Now())
	w.check(err)
	rules := provider.Rules()
	rules.SSO = strings.Replace(rules.SSO, "127.0.0.1", "localhost", 1)
	c, err := w.directory.CreateConnection(t.Context(), operator, w.acme, directory.NewConnection{
		Name: "idp", Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: provider.EntityID, SAML: &rules,
		}},
	})
	w.check(err)
	w.chromium(c, "chromium-saml.png")
}
