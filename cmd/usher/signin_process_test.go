package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/sso/ssotest"
)

// site is a running process with an identity provider whose people sign in to workspace ACC123 by the connection okta, and
// an app. The command line works on the data beside it.
type site struct {
	*testing.T
	served
	process    *process
	idp        *ssotest.Provider
	connection string // id
	token      string // of SCIM
	app        appView
	appURL     string
}

// grace is Grace, whom the identity provider knows by the name that SCIM sends.
const grace = "grace@acme.example"

func newSite(t *testing.T, method string, signIn ...string) *site {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	s := &site{T: t, served: served{data: data, flags: []string{"--data", data}}}
	var err error
	s.idp, err = ssotest.Start(ssotest.Config{People: []ssotest.Person{{Subject: "00u1grace", Claims: map[string]any{
		"preferred_username": grace, "email": grace, "email_verified": true, "name": "Grace Hopper",
	}}}})
	s.check(err)
	t.Cleanup(func() { _ = s.idp.Close() })
	s.must(t, "workspace", "create", "ACC123")
	if method != "scim" {
		s.must(t, "workspace", "method", "ACC123", method, "--yes")
	}
	var made connectionView
	s.answer(t, &made, "connection", "create", "okta", "-w", "ACC123", "--profile", "okta", "--principal", "userName")
	s.connection = made.ID
	s.must(t, append([]string{
		"connection", "sign-in", "okta", "-w", "ACC123", "--issuer", s.idp.Issuer, "--client-id", s.idp.ClientID,
		"--secret-file", s.file(t, "secret", s.idp.ClientSecret), "--algorithm", "ES256", "--principal-claim", "preferred_username",
	}, signIn...)...)
	if strings.Contains(method, "scim") {
		var issued issuedTokenView
		s.answer(t, &issued, "token", "create", "-w", "ACC123", "-c", "okta")
		s.token = issued.Token
	}
	app := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(app.Close)
	s.appURL = app.URL
	s.answer(t, &s.app, "app", "create", "Notes", "--redirect", app.URL+"/callback", "--first-party")
	s.start()
	return s
}

func (s *site) check(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *site) start() {
	s.Helper()
	s.process = startProcess(s.T, s.data, "--allow-private-hooks", "127.0.0.0/8")
}

// signIn is a whole login in a new browser. It returns what the browser shows at its end.
func (s *site) signIn() (b *browser, shown string) {
	s.Helper()
	b = newBrowser(s.T)
	return b, b.get(s.process.base + "/sso/" + s.connection + "/login")
}

// signsIn is a login that must do.
func (s *site) signsIn() *browser {
	s.Helper()
	b, shown := s.signIn()
	if !s.isSignedIn(b) {
		s.Fatalf("nobody is signed in: %s", shown)
	}
	return b
}

func (s *site) isSignedIn(b *browser) bool {
	s.Helper()
	return strings.Contains(b.get(s.process.base+"/sso/session"), "Grace Hopper")
}

// refreshToken is what the app gets for who is signed in.
func (s *site) refreshToken(b *browser) string {
	s.Helper()
	const verifier = "a-verifier-of-the-test-that-is-neither-too-short-nor-too-long"
	challenge := sha256.Sum256([]byte(verifier))
	var code string
	b.client.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if strings.HasPrefix(r.URL.String(), s.appURL) {
			code = r.URL.Query().Get("code")
		}
		return nil
	}
	b.get(s.process.base + "/oauth2/authorize?" + url.Values{
		"client_id": {s.app.ClientID}, "redirect_uri": {s.appURL + "/callback"}, "response_type": {"code"}, "scope": {"openid offline_access"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}.Encode())
	got, status := s.redeem(url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {s.appURL + "/callback"}, "code_verifier": {verifier}})
	if status != http.StatusOK || got.Refresh == "" {
		s.Fatalf("the app gets no tokens: %d %s", status, got.Error)
	}
	return got.Refresh
}

type redeemed struct {
	Refresh string `json:"refresh_token"`
	Error   string
}

func (s *site) redeem(form url.Values) (got redeemed, status int) {
	s.Helper()
	form.Set("client_id", s.app.ClientID)
	form.Set("client_secret", s.app.ClientSecret)
	res, err := http.PostForm(s.process.base+"/oauth2/token", form)
	s.check(err)
	defer res.Body.Close()
	s.check(json.NewDecoder(res.Body).Decode(&got))
	return got, res.StatusCode
}

// scim sends what the identity provider sends, and returns the id of the user in the answer.
func (s *site) scim(method, path, body string, want int) (id string) {
	s.Helper()
	req, err := http.NewRequest(method, usher.BaseURL(s.process.base, s.connection)+path, strings.NewReader(body))
	s.check(err)
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Header.Set("Content-Type", "application/scim+json")
	res, err := http.DefaultClient.Do(req)
	s.check(err)
	defer res.Body.Close()
	var answer struct{ ID string }
	if res.StatusCode != want || want != http.StatusNoContent && json.NewDecoder(res.Body).Decode(&answer) != nil {
		s.Fatalf("%s %s: %s", method, path, res.Status)
	}
	return answer.ID
}

func (s *site) provision() (id string) {
	s.Helper()
	return s.scim(http.MethodPost, "/Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"`+grace+
		`","name":{"givenName":"Grace","familyName":"Hopper"},"active":true}`, http.StatusCreated)
}

// members and sessions are what the command line sees beside the server.
func (s *site) members() (all []memberView) {
	s.Helper()
	s.answer(s.T, &all, "member", "list", "-w", "ACC123")
	return all
}

func (s *site) sessions() (all []sessionView) {
	s.Helper()
	s.answer(s.T, &all, "session", "list", "-w", "ACC123")
	return all
}

// count counts the entries of a log that have all of the words.
func (s *site) count(log string, words ...string) (n int) {
	s.Helper()
	var entries []json.RawMessage
	s.answer(s.T, &entries, log, "list", "-w", "ACC123")
	for _, e := range entries {
		if !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(string(e), `"`+word+`"`) }) {
			n++
		}
	}
	return n
}

// await polls until something is so, and returns how long that took.
func (s *site) await(most time.Duration, what string, is func() bool) time.Duration {
	s.Helper()
	began := time.Now()
	for !is() {
		if time.Since(began) > most {
			s.Fatalf("%s: not within %s", what, most)
		}
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// TestSignIn_KillNineBeforeTheSweep_J5: whom a login has made for its session alone goes when the session is over, also where
// the server is killed before it can see to that: within a minute of the next start, once.
func TestSignIn_KillNineBeforeTheSweep_J5(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*site, *browser){
		"a logout, and the kill at once": func(s *site, b *browser) {
			b.post(s.process.base+"/sso/logout", nil)
			s.process.kill()
		},
		"the kill, and then an admin ends the session": func(s *site, _ *browser) {
			s.process.kill()
			s.must(s.T, "session", "end", "--all", "-w", "ACC123")
			if n := len(s.members()); n != 1 {
				s.Fatalf("%d members before the sweep", n)
			}
		},
		"the kill, and then the day is over": func(s *site, _ *browser) {
			s.process.kill()
			db, err := sql.Open("sqlite", filepath.Join(s.data, "usher.db"))
			s.check(err)
			_, err = db.Exec("UPDATE membership SET delete_after = 1 WHERE delete_after <> 0")
			s.check(err)
			s.check(db.Close())
			if n := len(s.members()); n != 1 {
				s.Fatalf("%d members before the sweep", n)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "jit", "--ephemeral")
			b := s.signsIn()
			if n := len(s.members()); n != 1 {
				t.Fatalf("the login has made %d members", n)
			}
			end(s, b)
			s.start()
			took := s.await(time.Minute, "the ephemeral member goes", func() bool { return len(s.members()) == 0 })
			t.Logf("gone %s after the restart", took)
			if s.isSignedIn(b) || len(s.sessions()) != 0 {
				t.Error("the session outlives its person")
			}
			if n := s.count("audit", "user.delete"); n != 1 {
				t.Errorf("%d audit entries\n%s", n, s.must(t, "audit", "list", "-w", "ACC123"))
			}
			if n := s.count("event", "member.left"); n != 1 {
				t.Errorf("%d events\n%s", n, s.must(t, "event", "list", "-w", "ACC123"))
			}
		})
	}
}

// TestSignIn_DeactivationEndsSessions: a second after SCIM has deactivated somebody the browser is signed out, the app's refresh
// token gives nothing, and the command line beside the server sees no session.
func TestSignIn_DeactivationEndsSessions(t *testing.T) {
	t.Parallel()
	s := newSite(t, "scim")
	id := s.provision()
	b := s.signsIn()
	refresh := s.refreshToken(b)
	if n := len(s.sessions()); n != 1 {
		t.Fatalf("%d sessions", n)
	}
	s.scim(http.MethodPatch, "/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`, http.StatusOK)
	took := s.await(time.Second, "nobody is signed in", func() bool { return len(s.sessions()) == 0 })
	t.Logf("no session %s after the answer", took)
	if s.isSignedIn(b) {
		t.Error("the browser is signed in")
	}
	if got, status := s.redeem(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {refresh}}); status != http.StatusBadRequest || got.Error != "invalid_grant" {
		t.Errorf("the refresh token gives %d %s", status, got.Error)
	}
	if n := s.count("audit", "user.update", "deactivated"); n != 1 {
		t.Errorf("%d audit entries\n%s", n, s.must(t, "audit", "list", "-w", "ACC123", "--json"))
	}
	if n := s.count("event", "member.deactivated"); n != 1 {
		t.Errorf("%d events", n)
	}
	if _, shown := s.signIn(); !strings.Contains(shown, "403") {
		t.Errorf("a login of who is deactivated: %s", shown)
	}
}

// TestSignIn_DeletedBySCIMStaysOut: with scim+jit a login makes people, but not those whom SCIM has deleted; a POST lets them in
// again.
func TestSignIn_DeletedBySCIMStaysOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, "scim+jit")
	id := s.provision()
	b := s.signsIn()
	s.scim(http.MethodDelete, "/Users/"+id, "", http.StatusNoContent)
	if s.isSignedIn(b) {
		t.Error("the session outlives the deletion")
	}
	for range 2 {
		if _, shown := s.signIn(); !strings.Contains(shown, "403") {
			t.Errorf("a login of who was deleted: %s", shown)
		}
	}
	if n := s.count("audit", "login.refuse", "deleted"); n != 2 {
		t.Errorf("%d refusals\n%s", n, s.must(t, "audit", "list", "-w", "ACC123", "--json"))
	}
	if n := len(s.sessions()); n != 0 {
		t.Errorf("%d sessions", n)
	}
	for _, m := range s.members() {
		if m.Status == "active" {
			t.Errorf("member %+v", m)
		}
	}
	s.provision()
	s.signsIn()
}
