package openid

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest/foreign"
)

// TestClientLibrary_GoOIDC: go-oidc and x/oauth2 sign in, refresh and read a logout token, with a secret in the header and
// in the body, and without one.
func TestClientLibrary_GoOIDC(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, row := range map[string]struct {
		app   directory.IssuedApp
		style oauth2.AuthStyle
	}{
		"client_secret_basic": {w.app, oauth2.AuthStyleInHeader},
		"client_secret_post":  {w.app, oauth2.AuthStyleInParams},
		"none":                {w.public, oauth2.AuthStyleInParams},
	} {
		t.Run(name, func(t *testing.T) { w.signInByGoOIDC(t, row.app, row.style) })
	}
}

func (w *world) signInByGoOIDC(t *testing.T, app directory.IssuedApp, style oauth2.AuthStyle) {
	provider, err := oidc.NewProvider(w.ctx, w.server.URL)
	w.check(err)
	client := oauth2.Config{
		ClientID: app.ID, ClientSecret: app.Secret, Endpoint: provider.Endpoint(), RedirectURL: callback,
		Scopes: []string{oidc.ScopeOpenID, "email", oidc.ScopeOfflineAccess},
	}
	client.Endpoint.AuthStyle = style
	b := w.browser()
	signed := b.signIn("ada")
	verifier := oauth2.GenerateVerifier()
	got := b.get(client.AuthCodeURL("state", oidc.Nonce("nonce"), oauth2.S256ChallengeOption(verifier)))
	given, err := client.Exchange(w.ctx, got.parameter("code"), oauth2.VerifierOption(verifier))
	w.check(err)
	checked := provider.Verifier(&oidc.Config{ClientID: app.ID, Now: w.clock.Now})
	text, _ := given.Extra("id_token").(string)
	id, err := checked.Verify(w.ctx, text)
	w.check(err)
	w.check(id.VerifyAccessToken(given.AccessToken))
	if id.Nonce != "nonce" || id.Subject != signed.Session.Subject {
		t.Errorf("the ID token is of %s, for %q", id.Subject, id.Nonce)
	}
	given.Expiry = w.clock.Now().AddDate(-1, 0, 0)
	renewed, err := client.TokenSource(w.ctx, given).Token()
	w.check(err)
	info, err := provider.UserInfo(w.ctx, oauth2.StaticTokenSource(renewed))
	w.check(err)
	if info.Subject != id.Subject || info.Email != "ada@example.com" || renewed.RefreshToken == given.RefreshToken {
		t.Errorf("userinfo is of %s, %s", info.Subject, info.Email)
	}
	_, err = client.Exchange(w.ctx, got.parameter("code"), oauth2.VerifierOption(verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != codeInvalidGrant {
		t.Errorf("the code a second time: %v", err)
	}
	logout, err := w.provider.LogoutToken(w.ctx, directory.Message{Root: w.workspace.Root, To: app.ID, Session: signed.Session.ID, Subject: id.Subject})
	w.check(err)
	over, err := checked.VerifyLogout(w.ctx, logout)
	if err != nil || over.SessionID != sessionID(signed.Session.Root, signed.Session.ID) {
		t.Errorf("the logout token: %+v, %v", over, err)
	}
}

// TestClientLibrary_OpenIDClient: npm's openid-client signs in, asks userinfo, refreshes, introspects, revokes and signs out.
func TestClientLibrary_OpenIDClient(t *testing.T) {
	t.Parallel()
	folder := foreign.Folder(t, os.DirFS("testdata/openid-client"))
	w := newWorld(t)
	b := w.browser()
	signed := b.signIn("ada")
	given, err := json.Marshal(map[string]string{
		"issuer": w.server.URL, "client": w.app.ID, "secret": w.app.Secret, "redirect": callback, "bye": "https://app.example/bye",
		"cookie": sessionCookie + "=" + url.QueryEscape(signed.Token), "subject": signed.Session.Subject,
	})
	w.check(err)
	node := exec.CommandContext(w.ctx, "node", filepath.Join(folder, "sign-in.mjs"), string(given))
	said, err := node.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, said, w.log)
	}
	t.Logf("%s", said)
	askedFor(t, b.authorize(w.request()))
}

// TestAttack_HostHeader: the issuer and the endpoints do not follow the Host header.
func TestAttack_HostHeader(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, err := http.NewRequestWithContext(w.ctx, http.MethodGet, w.server.URL+PathDiscovery, nil)
	w.check(err)
	r.Host = "evil.example"
	if got := w.do(w.server.Client(), r); got.status != http.StatusOK || strings.Contains(got.body, "evil") {
		t.Errorf("%d %s", got.status, got.body)
	}
}
