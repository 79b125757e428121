package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/oidc"
	"github.com/usher-scim/usher/sso/ssotest"
)

// world is a Provider, and an identity provider that answers as it is told.
type world struct {
	testing.TB
	idp      *ssotest.Provider
	provider *oidc.Provider
	party    sso.Party
	attempt  directory.Attempt
	clock    *clock
}

// clock is one that tests move.
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

const state = "the state of this login"

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, clock: &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}}
	idp, err := ssotest.Start(ssotest.Config{Now: w.clock.Now, People: []ssotest.Person{{
		Subject: "ada", Claims: map[string]any{"email": "ada@example.com", "email_verified": true, "role": "Editor", "name": "Ada"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = idp.Close() })
	w.idp, w.provider = idp, oidc.New(oidc.Config{Transport: &http.Transport{}, Now: w.clock.Now})
	w.party = sso.Party{
		Secret: idp.ClientSecret, Callback: "https://usher.example/sso/c1/callback",
		Connection: directory.Connection{Root: "r", ID: "c1", Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolOIDC, Issuer: idp.Issuer, ClientID: idp.ClientID,
			Algorithms: []string{"ES256"},
		}}},
	}
	w.attempt = directory.Attempt{Nonce: "the nonce of this login", Verifier: "a-verifier-of-43-characters-at-the-very-least-x"}
	return w
}

// as is the same world in a test of its own.
func (w *world) as(t testing.TB) *world {
	other := *w
	other.TB = t
	return &other
}

// rules are those of the connection, to be changed before a login.
func (w *world) rules() *directory.SignIn { return w.party.Connection.Settings.SignIn }

// begin starts a login and lets the identity provider answer it. It returns what the browser brings back.
func (w *world) begin() (*http.Request, error) {
	w.Helper()
	redirect, err := w.provider.Start(w.Context(), w.party, w.attempt, sso.Ask{State: state})
	if err != nil {
		return nil, err
	}
	return w.browse(redirect), nil
}

func (w *world) browse(redirect string) *http.Request {
	w.Helper()
	req, _ := http.NewRequestWithContext(w.Context(), http.MethodGet, redirect, nil)
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		w.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || res.StatusCode != http.StatusFound {
		w.Fatalf("the identity provider answered %d, %q, %v", res.StatusCode, back, err)
	}
	return httptest.NewRequest(http.MethodGet, back.String(), nil)
}

// login is a whole one.
func (w *world) login() (directory.Identity, error) {
	w.Helper()
	back, err := w.begin()
	if err != nil {
		return directory.Identity{}, err
	}
	answer, err := w.provider.Finish(w.Context(), w.party, w.attempt, back)
	return answer.Identity, err
}

func (w *world) logout(token string) (sso.Logout, error) {
	body := url.Values{"logout_token": {token}}
	r := httptest.NewRequest(http.MethodPost, "/", nil).WithContext(context.WithoutCancel(w.Context()))
	r.PostForm = body
	return w.provider.Logout(w.Context(), w.party, r)
}

// wantRefused fails unless the error is a refusal with the code.
func (w *world) wantRefused(err error, code directory.LoginCode) {
	w.Helper()
	var refused *sso.Refused
	if !errors.As(err, &refused) {
		w.Fatalf("not refused: %v", err)
	}
	if refused.Code != code {
		w.Errorf("refused as %s: %v, want %s", refused.Code, err, code)
	}
}
