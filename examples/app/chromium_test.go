package main

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest/foreign"
)

// TestApp_InABrowser: the road in Chromium, which follows its own rules of cookies, redirects and pages. With USHER_SCREENSHOT
// it leaves a picture of what it shows in that file.
func TestApp_InABrowser(t *testing.T) {
	t.Parallel()
	chromium := findChromium(t)
	h := newHouse(t)
	h.wantSignedIn(openIn(t, chromium, h.app.URL+"/login?workspace=ACC123", os.Getenv("USHER_SCREENSHOT")))
}

// TestApp_InABrowserByAForeignProvider: nothing on the way is ours but Usher and the app: Chromium signs in at npm's oidc-provider. With
// USHER_SCREENSHOT_FOREIGN it leaves a picture in that file.
func TestApp_InABrowserByAForeignProvider(t *testing.T) {
	t.Parallel()
	chromium := findChromium(t)
	h := newEmptyHouse(t)
	at := h.usher.URL + "/sso/" + h.connection.ID
	client := foreign.Client{
		ID: "usher", Secret: "a secret of the test", RedirectURIs: []string{at + "/callback"},
		BackchannelLogoutURI: at + "/backchannel-logout", BackchannelLogoutSession: true,
	}
	idp := foreign.Start(t, client, foreign.Quiet)
	idp.Tell("ada", ada)
	h.signInBy(directory.SignIn{
		Issuer: idp.Issuer, ClientID: client.ID, Scopes: []string{"openid", "email", "profile", "roles"},
	}, client.Secret)
	h.wantSignedIn(openIn(t, chromium, h.app.URL+"/login?workspace=ACC123&login_hint=ada@example.com", os.Getenv("USHER_SCREENSHOT_FOREIGN")))
	sessions, err := h.directory.Sessions(t.Context(), h.workspace, directory.SessionQuery{Connection: h.connection.ID})
	h.check(err)
	if len(sessions) != 1 || sessions[0].IDPSession == "" || !strings.Contains(sessions[0].UserAgent, "Chrome") {
		t.Errorf("sessions %+v", sessions)
	}
}

func findChromium(t *testing.T) string {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: tools/prereq.sh does it by apt, or says why it does not")
	}
	return chromium
}

// openIn opens a link in Chromium, and returns the page where that ends.
func openIn(t *testing.T, chromium, link, picture string) (page string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	arguments := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir=" + t.TempDir(), "--window-size=800,600",
		"--virtual-time-budget=5000", "--dump-dom",
	}
	if picture != "" {
		arguments = append(arguments, "--screenshot="+picture)
	}
	shown, err := exec.CommandContext(ctx, chromium, append(arguments, link)...).Output()
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	return string(shown)
}

func (h *house) wantSignedIn(page string) {
	h.t.Helper()
	for _, want := range []string{"Signed in as", "Ada Byron", "ACC123", "Editor"} {
		if !strings.Contains(page, want) {
			h.t.Errorf("the page has no %s: %s", want, page)
		}
	}
}
