package sso_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// chromium walks through a login in a browser that is not ours: its rules for cookies, redirects and policies are the ones
// that count. USHER_PAGES names a folder for a picture of where it ends.
func (w *world) chromium(c directory.Connection, picture string) {
	w.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		w.Skip("chromium is not installed: tools/prereq.sh does it by apt, or says why it does not")
	}
	ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
	defer cancel()
	arguments := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--window-size=480,640", "--user-data-dir=" + w.TempDir(), "--enable-logging=stderr",
	}
	if folder := os.Getenv("USHER_PAGES"); folder != "" {
		arguments = append(arguments, "--screenshot="+filepath.Join(folder, picture))
	} else {
		arguments = append(arguments, "--dump-dom", "--virtual-time-budget=20000")
	}
	said, err := exec.CommandContext(ctx, chromium, append(arguments, w.server.URL+"/sso/"+c.ID+"/login")...).CombinedOutput()
	if err != nil {
		w.Fatalf("%v\n%s", err, said)
	}
	if os.Getenv("USHER_PAGES") == "" && !strings.Contains(string(said), "<dd>Ada Byron</dd>") {
		w.Errorf("chromium shows %s\n%s", said, w.log)
	}
	if strings.Contains(string(said), "Content Security Policy") {
		w.Errorf("the policy forbids something: %s", said)
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
