package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
)

// What a configuration says of sign-in: its checks, and how it is applied.

func (k *checker) security(s directory.Security, path string) {
	for surface, rules := range s.IPRules {
		k.refused(below(path+".ip_rules", string(surface)), directory.CheckSecurity(directory.Security{
			IPRules: map[directory.Surface][]string{surface: rules},
		}))
	}
	k.refused(path+".session_idle_minutes", directory.CheckSecurity(directory.Security{SessionIdle: s.SessionIdle}))
	k.refused(path+".session_max_minutes", directory.CheckSecurity(directory.Security{SessionMax: s.SessionMax}))
}

// signIn looks at the sign-in of a connection, and at what goes with it. w is nil when that is reported already.
func (k *checker) signIn(c *connectionConfig, w *workspaceConfig, path string) {
	readable := k.metadata(c, path)
	s, at := c.Settings.SignIn, path+".settings.sign_in"
	if c.SignInSecret != (secretConfig{}) {
		k.secret(c.SignInSecret, "a secret", path+".sign_in_secret")
		if s == nil {
			k.at(path+".sign_in_secret", "add settings.sign_in, or take the secret away", "there is no sign-in that the secret would be for")
		}
	}
	switch {
	case !readable:
	case s != nil && s.Protocol == directory.ProtocolSAML && s.SAML == nil:
		k.at(at, "add sign_in_metadata: {file: PATH} to the connection, the identity provider's metadata", "sign-in by SAML has no rules")
	case s != nil && s.Protocol == directory.ProtocolSAML:
		k.refused(at, directory.CheckSignIn(s))
		if !k.now.IsZero() {
			k.refused(at+".saml.sha1_until", s.CheckSHA1(k.now))
		}
	case s != nil:
		k.signInField(at+".issuer", directory.SignIn{Issuer: s.Issuer, ClientID: "client", Tenants: s.Tenants})
		k.signInField(at+".client_id", directory.SignIn{Issuer: anyIssuer, ClientID: s.ClientID})
		for i, name := range s.Algorithms {
			k.signInField(index(at+".algorithms", i), directory.SignIn{Issuer: anyIssuer, ClientID: "client", Algorithms: []string{name}})
		}
		if s.Protocol == "" {
			k.at(at, "add protocol: oidc, or saml", "sign-in needs a protocol")
		}
	}
	if w != nil && len(c.Token) > 0 && !w.Settings.Method.TakesSCIM() {
		k.at(path+".token", "write method: scim+jit to have both, or take the token away",
			"workspace %s has the method %s, which takes no SCIM", w.Key, w.Settings.Method)
	}
}

// anyIssuer is one that nothing can be said against.
const anyIssuer = "https://idp.example.com"

func (k *checker) signInField(path string, s directory.SignIn) {
	s.Protocol = directory.ProtocolOIDC
	k.refused(path, directory.CheckSignIn(&s))
}

func (k *checker) app(i int, path string) {
	c := &k.Apps[i]
	if c.ID == "" {
		k.at(path, "add id: notes", "an app needs an id, which is its client id")
	}
	if slices.ContainsFunc(k.Apps[:i], func(other appConfig) bool { return other.ID == c.ID && c.ID != "" }) {
		k.at(path+".id", "ids are unique: choose another", "an app %s stands above", c.ID)
	}
	switch has := c.Secret != (secretConfig{}); {
	case has && c.Public:
		k.at(path+".secret", "take away either of the two", "a public app has no secret")
	case !has && !c.Public:
		k.at(path, "add secret: {from_env: NAME}, or public: true for an app that cannot keep one", "an app needs a secret")
	case has:
		k.secret(c.Secret, "a secret", path+".secret")
	}
	k.refused(path+".redirect_uris", directory.CheckApp(directory.App{Name: "app", RedirectURIs: c.RedirectURIs}))
	k.refused(path+".post_logout_uris", directory.CheckApp(directory.App{Name: "app", RedirectURIs: []string{anyIssuer}, PostLogoutURIs: c.PostLogoutURIs}))
	k.refused(path+".backchannel_logout_uri", directory.CheckApp(directory.App{
		Name: "app", RedirectURIs: []string{anyIssuer}, BackchannelLogoutURI: c.BackchannelLogoutURI,
	}))
}

// signInSecret takes the client secret of the connection's sign-in. The one that is there already changes nothing.
func (p *applier) signInSecret(ctx context.Context, c *connectionConfig, conn directory.Connection) error {
	if c.SignInSecret == (secretConfig{}) {
		return nil
	}
	text, err := p.secretText(c.SignInSecret)
	if err != nil {
		return err
	}
	if c.Settings.SignIn.IsSAML() {
		if _, err := saml.ReadKeys(text); err != nil {
			return hint(fmt.Errorf("the %s: %w", c.SignInSecret.source(), err), "take sign_in_secret away: Usher makes its own keys for SAML")
		}
	}
	known, err := p.SignInSecret(ctx, conn)
	if err != nil || known == text {
		return err
	}
	return p.SetSignInSecret(ctx, p.by, conn, text)
}

// app registers an app, or brings it into line.
func (p *applier) app(ctx context.Context, c *appConfig) error {
	secret := ""
	if !c.Public {
		text, err := p.secretText(c.Secret)
		if err != nil {
			return err
		}
		secret = text
	}
	known, err := p.App(ctx, c.ID)
	if errors.Is(err, directory.ErrNotFound) {
		_, err = p.CreateApp(ctx, p.by, directory.NewApp{
			ID: c.ID, Name: cmp.Or(c.Name, c.ID), RedirectURIs: c.RedirectURIs, PostLogoutURIs: c.PostLogoutURIs,
			BackchannelLogoutURI: c.BackchannelLogoutURI, FirstParty: c.FirstParty, Algorithm: c.Algorithm, Public: c.Public,
			Secret: secret, Origin: p.file.origin,
		})
		return err
	}
	if err != nil {
		return err
	}
	known, err = p.UpdateApp(ctx, p.by, known, directory.AppChange{
		Name: new(cmp.Or(c.Name, c.ID)), RedirectURIs: &c.RedirectURIs, PostLogoutURIs: &c.PostLogoutURIs,
		BackchannelLogoutURI: &c.BackchannelLogoutURI, FirstParty: &c.FirstParty, Algorithm: &c.Algorithm, Origin: &p.file.origin,
	})
	if err != nil {
		return err
	}
	return p.SetAppSecret(ctx, p.by, known, secret)
}

// releaseApps makes editable again what was declared once and is no longer.
func (p *applier) releaseApps(ctx context.Context) error {
	all, err := p.Apps(ctx, "")
	if err != nil {
		return err
	}
	for _, app := range all {
		if app.Origin == "" || slices.ContainsFunc(p.file.Apps, func(c appConfig) bool { return c.ID == app.ID }) {
			continue
		}
		p.log.Info("no longer declared: it stays, and can be changed from now on", "app", app.ID, "was_in", app.Origin)
		if _, err := p.UpdateApp(ctx, p.by, app, directory.AppChange{Origin: new("")}); err != nil {
			return err
		}
	}
	return nil
}
