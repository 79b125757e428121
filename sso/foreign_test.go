package sso_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// TestForeignProvider walks through a provider that is not ours, npm's oidc-provider: first login, another role, logout,
// and a logout at the provider; with the claims in the ID token, and with claims that only UserInfo tells.
func TestForeignProvider(t *testing.T) {
	t.Parallel()
	folder := npmFolder(t, "testdata/oidc-provider")
	for name, kind := range map[string]string{"claims in the ID token": "", "claims by UserInfo alone": "thin"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldAt(t, time.Now())
			w.startForeign(folder, kind)
			w.tell("ada", map[string]any{"email": "ada@example.com", "email_verified": true, "name": "Ada Byron", "role": "Editor"})
			b := w.browser()
			b.get(b.foreignLogin("ada"))
			first, ok := b.session()
			if !ok || first.IDPSession == "" {
				t.Fatalf("session %+v\n%s", first, w.log)
			}
			w.wantRole("Editor")

			w.tell("ada", map[string]any{"email": "ada@example.com", "email_verified": true, "role": "Viewer"})
			if p := b.post("/logout", nil); p.StatusCode != http.StatusOK {
				t.Fatalf("logout: %d", p.StatusCode)
			}
			if s, err := w.directory.Session(t.Context(), first.Root, first.ID); err == nil && s.State == directory.SessionLive {
				t.Error("the session outlives the logout")
			}
			b.get(b.foreignLogin("")) // the provider remembers her
			second, ok := b.session()
			if !ok || second.ID == first.ID || second.Subject != first.Subject {
				t.Fatalf("session %+v\n%s", second, w.log)
			}
			w.wantRole("Viewer")

			b.foreignLogout()
			if _, ok := b.session(); ok {
				t.Errorf("the session outlives the logout at the provider\n%s", w.log)
			}
		})
	}
}

// wantRole fails unless the one person of ACME has that role.
func (w *world) wantRole(role string) {
	w.Helper()
	people, err := w.directory.PeoplePage(w.Context(), w.acme, directory.PeopleFilter{})
	w.check(err)
	if len(people.People) != 1 || people.People[0].Role != role {
		w.Errorf("people %+v, want one %s", people.People, role)
	}
}

// startForeign starts the provider, with ACME's connection as its client.
func (w *world) startForeign(folder, kind string) {
	w.Helper()
	client, _ := json.Marshal(map[string]any{
		"client_id": "usher", "client_secret": "a secret of the test", "redirect_uris": []string{w.handler.CallbackURL(w.okta.ID)},
		"backchannel_logout_uri": w.server.URL + "/sso/" + w.okta.ID + "/backchannel-logout", "backchannel_logout_session_required": true,
	})
	node := exec.CommandContext(w.Context(), "node", filepath.Join(folder, "op.mjs"), string(client), kind)
	stdin, err := node.StdinPipe()
	w.check(err)
	stdout, err := node.StdoutPipe()
	w.check(err)
	errs := new(lines)
	node.Stderr = errs
	w.check(node.Start())
	w.Cleanup(func() {
		_ = stdin.Close()
		_ = node.Wait()
		if w.Failed() {
			w.Logf("the provider says: %s", errs)
		}
	})
	issuer, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		w.Fatalf("the provider did not start: %v\n%s", err, errs)
	}
	w.check(w.directory.SetSignInSecret(w.Context(), operator, w.okta, "a secret of the test"))
	w.rule(func(s *directory.SignIn) {
		s.Issuer, s.UpdateRole, s.Scopes = strings.TrimSpace(issuer), true, []string{"openid", "email", "profile", "roles"}
	})
}

// tell sets what the provider says of somebody.
func (w *world) tell(subject string, claims map[string]any) {
	w.Helper()
	text, _ := json.Marshal(claims)
	r, err := http.NewRequestWithContext(w.Context(), http.MethodPut, w.okta.Settings.SignIn.Issuer+"/people/"+subject, strings.NewReader(string(text)))
	w.check(err)
	res, err := http.DefaultClient.Do(r)
	w.check(err)
	_ = res.Body.Close()
}

// foreignLogin walks through the provider's pages, as whom it asks for, and returns the callback.
func (b *browser) foreignLogin(login string) (callback string) {
	b.Helper()
	p := b.get("/" + b.okta.ID + "/login")
	for range 10 {
		switch {
		case strings.Contains(p.to, "/callback?"):
			return p.to
		case p.to != "":
			p = b.get(p.to)
		case strings.Contains(p.text, `value="login"`) && login != "":
			p = b.post(formAction(b, p), url.Values{"prompt": {"login"}, "login": {login}, "password": {"x"}})
		case strings.Contains(p.text, `value="consent"`):
			p = b.post(formAction(b, p), url.Values{"prompt": {"consent"}})
		default:
			b.Fatalf("the provider answered %d: %s\n%s", p.StatusCode, p.text, b.log)
		}
	}
	b.Fatal("the provider goes round")
	return ""
}

// foreignLogout signs out at the provider, which tells us by the back channel.
func (b *browser) foreignLogout() {
	b.Helper()
	p := b.get(b.okta.Settings.SignIn.Issuer + "/session/end?client_id=usher")
	xsrf := regexp.MustCompile(`name="xsrf" value="([^"]+)"`).FindStringSubmatch(p.text)
	if xsrf == nil {
		b.Fatalf("the provider answered %d: %s", p.StatusCode, p.text)
	}
	b.post(formAction(b, p), url.Values{"xsrf": {xsrf[1]}, "logout": {"yes"}})
}

func formAction(b *browser, p page) string {
	b.Helper()
	found := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(p.text)
	if found == nil {
		b.Fatalf("no form in %s", p.text)
	}
	at, err := p.Request.URL.Parse(found[1])
	b.check(err)
	return at.String()
}

// npmFolder is a folder with the programs of a folder of testdata, and what its package-lock.json names beside them.
func npmFolder(t *testing.T, source string) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(source, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if os.Getuid() == 0 {
		cache, err = "/var/cache", nil
	}
	if err != nil {
		t.Skipf("there is no cache folder: %v", err)
	}
	digest := sha256.Sum256(lock)
	packages := filepath.Join(cache, "usher-test", "npm-"+hex.EncodeToString(digest[:8]), "node_modules")
	if _, err := os.Stat(packages); err != nil {
		t.Skipf("%s has not been fetched: tools/prereq.sh does it by npm, or says why it does not", source)
	}
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(source)); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(packages, filepath.Join(folder, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return folder
}
