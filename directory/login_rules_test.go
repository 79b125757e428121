package directory_test

import (
	"crypto/elliptic"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// bySAML are rules of SAML for the same identity provider.
func bySAML(t testing.TB) *directory.SignIn {
	t.Helper()
	return &directory.SignIn{
		Protocol: directory.ProtocolSAML, Issuer: "https://idp.example.com",
		SAML: &directory.SAML{SSO: "https://idp.example.com/sso", Certificates: []string{certificatePEM(t, elliptic.P256())}},
	}
}

// Whom an identity provider has named by rules that hold no more does not sign in, however late the browser comes with it.
func TestLogin_RulesThatHeldWhenItWasVerifiedMustHoldYet(t *testing.T) {
	t.Parallel()
	saml := bySAML(t)
	for name, change := range map[string]func(*directory.SignIn){
		"another issuer":    func(s *directory.SignIn) { s.Issuer = "https://another.example.com" },
		"another client":    func(s *directory.SignIn) { s.ClientID = "another" },
		"another algorithm": func(s *directory.SignIn) { s.Algorithms = []string{"ES256"} },
		"fewer tenants":     func(s *directory.SignIn) { s.Tenants = []string{"t"} },
		"another principal": func(s *directory.SignIn) { s.PrincipalClaim = "oid" },
		"another protocol":  func(s *directory.SignIn) { *s = *saml },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
			verified := w.connection
			w.connectionSettings(func(s *directory.ConnectionSettings) {
				rules := *s.SignIn
				change(&rules)
				s.SignIn = &rules
			})
			w.connection = verified
			w.wantRefused(identity("ada", ""), directory.LoginRulesChanged)
		})
	}
}

// Who is linked by a name of OpenID Connect is not found by the same name in SAML, were the protocol of the connection to change
// under them: a login and such a change may come at the same moment. A link without a protocol is one of OpenID Connect.
func TestLogin_NameOfAnotherProtocolFindsNobody(t *testing.T) {
	t.Parallel()
	for _, protocol := range []string{directory.ProtocolOIDC, ""} {
		w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
		w.connectionSettings(func(s *directory.ConnectionSettings) { s.SignIn = bySAML(t) })
		s := w.signIn(identity("ada", ""))
		w.relink(s.Session.Subject, protocol)
		w.wantRefused(identity("ada", ""), directory.LoginLinkedElsewhere)
	}
}

// A link of before there was SAML says no protocol, and is one of OpenID Connect.
func TestLogin_LinkWithoutAProtocolIsOfOpenIDConnect(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	before := w.signIn(identity("ada", "")).Session.Subject
	w.relink(before, "")
	settings := w.connection.Settings
	settings.SignIn = nil
	c, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
	check(t, err)
	settings.SignIn = bySAML(t)
	_, err = w.directory.UpdateConnection(w.ctx, operator, c, directory.ConnectionChange{Settings: &settings})
	wantRefusal(t, err, directory.RefusedInvalid, "people have signed in by the connection with oidc")
	settings.SignIn = w.connection.Settings.SignIn
	w.connection, err = w.directory.UpdateConnection(w.ctx, operator, c, directory.ConnectionChange{Settings: &settings})
	check(t, err)
	if after := w.signIn(identity("ada", "")).Session.Subject; after != before {
		t.Error("the person is another one")
	}
}

// relink writes another protocol into the link of an identity.
func (w *world) relink(subject, protocol string) {
	w.t.Helper()
	links, err := w.store.LinksOf(w.ctx, w.workspace.Root, subject)
	check(w.t, err)
	for _, before := range links {
		if before.Kind == directory.LinkIdentity {
			after := before
			after.Protocol, after.Version = protocol, before.Version+1
			change := &directory.Change{Root: before.Root}
			change.Links = []directory.Edit[directory.Link]{{Before: &before, After: &after}}
			check(w.t, w.store.Commit(w.ctx, change))
		}
	}
}

// What decides nothing about whom to believe keeps nobody out: another secret, or what SCIM may do.
func TestLogin_OtherChangesMeanwhileKeepNobodyOut(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	verified := w.connection
	check(t, w.directory.SetSignInSecret(w.ctx, operator, w.connection, "next"))
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Required = []string{"emails"} })
	w.connection = verified
	w.signIn(identity("ada", ""))
}

// The id of an assertion, which the identity provider chooses, is not the mark of anything else.
func TestLogin_AssertionIsNoOtherMark(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	until := w.clock.Now().Add(time.Hour)
	_, _, err := w.directory.EndIDPSessions(w.ctx, directory.IDPLogout{Connection: w.connection, Session: "s", Replay: "x", ReplayUntil: until})
	check(t, err)
	_, err = w.directory.Login(w.ctx, directory.LoginRequest{
		State: w.begin(""), Connection: w.connection, Browser: browser, Identity: identity("ada", ""), Address: "192.0.2.1",
		Replay: "logout\x00x", ReplayUntil: until,
	})
	check(t, err)
}
