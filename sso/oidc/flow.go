package oidc

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// Start implements [sso.Provider]. PKCE and nonce are always there, with a secret too: they bind code and token to this
// login (RFC 9700 §2.1.1).
func (p *Provider) Start(ctx context.Context, party sso.Party, a directory.Attempt, ask sso.Ask) (string, error) {
	i, err := p.issuer(ctx, party)
	if err != nil {
		return "", err
	}
	if ask.State == "" || a.Nonce == "" || a.Verifier == "" {
		return "", sso.Refuse(sso.CodeUnconfigured, "the attempt has no state, nonce or verifier")
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)}
	if ask.LoginHint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", ask.LoginHint))
	}
	if len(ask.Contexts) > 0 {
		options = append(options, oauth2.SetAuthURLParam("acr_values", strings.Join(ask.Contexts, " ")))
	}
	if a.Fresh { // with max_age the provider has to say when it was (OpenID Connect Core §3.1.2.1)
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return p.requester(party, i).AuthCodeURL(ask.State, options...), nil
}

// Finish implements [sso.Provider].
func (p *Provider) Finish(ctx context.Context, party sso.Party, a directory.Attempt, r *http.Request) (sso.Answer, error) {
	i, err := p.issuer(ctx, party)
	if err != nil {
		return sso.Answer{}, err
	}
	v := p.verification(party, i)
	code, err := v.code(r.URL.Query())
	if err != nil {
		return sso.Answer{}, err
	}
	tokens, err := p.exchange(ctx, party, i, a, code)
	if err != nil {
		return sso.Answer{}, err
	}
	raw, _ := tokens.Extra("id_token").(string)
	c, err := v.idToken(ctx, raw, a.Nonce, tokens.AccessToken)
	if err != nil {
		return sso.Answer{}, err
	}
	if err := checkFresh(c, a); err != nil {
		return sso.Answer{}, err
	}
	if err := p.complete(ctx, party, i, c, tokens.AccessToken); err != nil {
		return sso.Answer{}, err
	}
	return sso.Answer{Identity: identify(party, i, c), SignOutHint: raw}, nil
}

const (
	maxCode  = 4096 // bytes of an authorization code
	maxError = 64   // characters of an issuer's error code in our logs
)

// code reads what the browser brings back. Every parameter counts once (RFC 6749 §3.1), and the issuer must be the one
// that was asked: else an issuer could get hold of another one's code (RFC 9207).
func (v *verification) code(query url.Values) (string, error) {
	for _, name := range []string{"code", "state", "iss", "error"} {
		if len(query[name]) > 1 {
			return "", sso.Refuse(sso.CodeMalformed, "the parameter %s is there more than once", name)
		}
	}
	if err := v.checkAnswerer(query); err != nil {
		return "", err
	}
	if query.Has("error") {
		return "", sso.Refuse(sso.CodeProviderRefused, "the identity provider says %q", cut(query.Get("error"), maxError))
	}
	code := query.Get("code")
	if code == "" || len(code) > maxCode {
		return "", sso.Refuse(sso.CodeMalformed, "there is no code, or one of more than %d bytes", maxCode)
	}
	return code, nil
}

func (v *verification) checkAnswerer(query url.Values) error {
	got := query.Get("iss")
	switch {
	case !query.Has("iss") && !v.issuer.NamesItself:
		return nil
	case got == v.issuer.Name:
		return nil
	case v.issuer.manyTenants() && slices.ContainsFunc(v.tenants, func(tenant string) bool { return got == v.issuer.of(tenant) }):
		return nil
	}
	return sso.Refuse(sso.CodeIssuer, "the answer is of issuer %q, not %q", cut(got, maxSubject), v.issuer.Name)
}

func cut(text string, most int) string {
	if len(text) > most {
		return text[:most]
	}
	return text
}

// exchange gives the code for tokens. The issuer's own words are kept out of the logs but for its error code.
func (p *Provider) exchange(ctx context.Context, party sso.Party, i *issuer, a directory.Attempt, code string) (*oauth2.Token, error) {
	ctx = oidc.ClientContext(ctx, p.client)
	tokens, err := p.requester(party, i).Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused):
		return nil, sso.Refuse(sso.CodeExchange, "the token endpoint answered %d %q", refused.Response.StatusCode, cut(refused.ErrorCode, maxError))
	case err != nil:
		return nil, sso.Refuse(sso.CodeExchange, "the token endpoint: %w", plain(err))
	}
	return tokens, nil
}

// plain takes the URL off an error: it may hold what is secret.
func plain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// complete asks the UserInfo endpoint for what the ID token does not tell: some providers keep it short.
func (p *Provider) complete(ctx context.Context, party sso.Party, i *issuer, c claims, accessToken string) error {
	role := roleClaim(party)
	_, told := c.at(role)
	if i.UserInfoURL == "" || c.isEntra() || c.has("email") && (told || c.omitsRole(role)) {
		return nil
	}
	body, err := get(ctx, p.client, i.UserInfoURL, accessToken)
	if err != nil {
		return sso.Refuse(sso.CodeUnreachable, "userinfo: %w", plain(err))
	}
	more, err := readClaims(body)
	if err != nil {
		return sso.Refuse(sso.CodeMalformed, "userinfo: %w", err)
	}
	if more.text("sub") != c.text("sub") { // it may be somebody else's (OpenID Connect Core §5.3.2)
		return sso.Refuse(sso.CodeSubject, "userinfo is about somebody else")
	}
	c.complete(more)
	return nil
}

// Logout implements [sso.Provider]: OpenID Connect Back-Channel Logout.
func (p *Provider) Logout(ctx context.Context, party sso.Party, r *http.Request) (sso.Logout, error) {
	i, err := p.issuer(ctx, party)
	if err != nil {
		return sso.Logout{}, err
	}
	c, err := p.verification(party, i).logoutToken(ctx, r.PostFormValue("logout_token"))
	if err != nil {
		return sso.Logout{}, err
	}
	expires, _ := c.time("exp")
	return sso.Logout{
		Issuer: nameOf(i, c), Subject: c.text("sub"), Session: c.text("sid"),
		Replay: c.text("jti"), ReplayUntil: expires.Add(clockSkew),
	}, nil
}

// Metadata implements [sso.Provider]: a client is registered by hand.
func (p *Provider) Metadata(sso.Party) ([]byte, error) { return nil, nil }

// SignOut implements [sso.Provider]: RP-Initiated Logout. Some providers refuse to go on without the ID token of the login,
// others ask the user; where it was not kept the client id says who asks.
func (p *Provider) SignOut(ctx context.Context, party sso.Party, s sso.SignOut) (string, error) {
	i, err := p.issuer(ctx, party)
	if err != nil || i.SignOutURL == "" {
		return "", err
	}
	place, err := url.Parse(i.SignOutURL)
	if err != nil {
		return "", err
	}
	query := place.Query()
	if s.Hint != "" {
		query.Set("id_token_hint", s.Hint)
	}
	query.Set("client_id", party.SignIn().ClientID)
	query.Set("post_logout_redirect_uri", party.SignedOut)
	query.Set("state", s.State)
	place.RawQuery = query.Encode()
	return place.String(), nil
}

// SignedOut implements [sso.Provider]: what comes back with the browser is the state alone.
func (p *Provider) SignedOut(context.Context, sso.Party, string, *http.Request) error { return nil }
