package directory_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// certificatePEM is a certificate of a key that nobody has.
func certificatePEM(t testing.TB, curve elliptic.Curve) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certified(t, key.Public(), key)
}

func certified(t testing.TB, public any, by *ecdsa.PrivateKey) string {
	t.Helper()
	draft := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, draft, draft, public, by)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// rsaCertificate is that of a number that is no key, but as long as one.
func rsaCertificate(t testing.TB, bits uint) string {
	t.Helper()
	by, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return certified(t, &rsa.PublicKey{N: n.Add(n, big.NewInt(1)), E: 65537}, by)
}

// Rules of SAML by which nothing could be verified are not even kept.
func TestCheckSignIn_SAML(t *testing.T) {
	t.Parallel()
	certificate := certificatePEM(t, elliptic.P256())
	good := func() *directory.SignIn {
		return &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: "urn:example:idp",
			SAML: &directory.SAML{SSO: "https://idp.example/sso", Certificates: []string{certificate}},
		}
	}
	if err := directory.CheckSignIn(good()); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*directory.SignIn){
		"has no rules":                                       func(s *directory.SignIn) { s.SAML = nil },
		"the issuer is empty":                                func(s *directory.SignIn) { s.Issuer = "" },
		`principal_claim "mail" is`:                          func(s *directory.SignIn) { s.PrincipalClaim = "mail" },
		`principal_claim "Email" is`:                         func(s *directory.SignIn) { s.PrincipalClaim = "Email" },
		`principal_claim "address" is`:                       func(s *directory.SignIn) { s.PrincipalClaim, s.SAML.EmailAttribute = "address", "address" },
		"SAML knows no client id":                            func(s *directory.SignIn) { s.ClientID = "x" },
		"cannot differ by 301":                               func(s *directory.SignIn) { s.SAML.Skew = 301 },
		`"2026-13-01" is no day`:                             func(s *directory.SignIn) { s.SAML.SHA1Until = "2026-13-01" },
		"address of the sso_url":                             func(s *directory.SignIn) { s.SAML.SSO = "javascript:alert(1)" },
		"address of the logout_url":                          func(s *directory.SignIn) { s.SAML.Logout = "http://idp.example" },
		"there are 0 certificates":                           func(s *directory.SignIn) { s.SAML.Certificates = nil },
		"there are 9 certificates":                           func(s *directory.SignIn) { s.SAML.Certificates = make([]string, 9) },
		"certificate 1 cannot be read: it is not one":        func(s *directory.SignIn) { s.SAML.Certificates[0] = "MIIC" },
		"certificate 1 cannot be read: it is not one in PEM": func(s *directory.SignIn) { s.SAML.Certificates[0] += certificate },
		"certificate 1 cannot be read: x509": func(s *directory.SignIn) {
			s.SAML.Certificates[0] = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
		},
		"key of 224 bits": func(s *directory.SignIn) {
			s.SAML.Certificates = append(s.SAML.Certificates, certificatePEM(t, elliptic.P224()))
		},
		"RSA key of 2047 bits: RSA needs 2048 to 8192": func(s *directory.SignIn) {
			s.SAML.Certificates[0] = rsaCertificate(t, 2047)
		},
		"RSA key of 8193 bits": func(s *directory.SignIn) {
			s.SAML.Certificates[0] = rsaCertificate(t, 8193)
		},
		"unknown role cannot be met": func(s *directory.SignIn) { s.UnknownRole = "ignore" },
		"has rules for SAML":         func(s *directory.SignIn) { s.Protocol = directory.ProtocolOIDC },
		"cannot sign in by":          func(s *directory.SignIn) { s.Protocol = "ldap" },
	} {
		s := good()
		change(s)
		if err := directory.CheckSignIn(s); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, not %q", err, want)
		}
	}
}

// A name of OpenID Connect may be somebody else's in SAML, where people choose it: so nobody's protocol is changed, not even
// by taking sign-in away first.
func TestUpdateConnection_KeepsTheProtocolOfPeople(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	bySAML := &directory.SignIn{
		Protocol: directory.ProtocolSAML, Issuer: "https://idp.example.com",
		SAML: &directory.SAML{SSO: "https://idp.example.com/sso", Certificates: []string{certificatePEM(t, elliptic.P256())}},
	}
	byOIDC := w.connection.Settings.SignIn
	become := func(rules *directory.SignIn) error {
		settings := w.connection.Settings
		settings.SignIn = rules
		after, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
		if err == nil {
			w.connection = after
		}
		return err
	}
	check(t, become(bySAML)) // nobody has signed in
	check(t, become(byOIDC))
	w.signIn(identity("ada", ""))
	wantRefusal(t, become(bySAML), directory.RefusedInvalid, "people have signed in by the connection with oidc")
	check(t, become(nil))
	wantRefusal(t, become(bySAML), directory.RefusedInvalid, "people have signed in by the connection with oidc")
	check(t, become(byOIDC))
	w.signIn(identity("ada", ""))
}

// Signatures with SHA-1 are taken for a while, of which nobody can say that it has no end.
func TestUpdateConnection_TakesSHA1ForAYearAtMost(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	until := func(day time.Time) error {
		settings := w.connection.Settings
		settings.SignIn = &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: "https://idp.example.com", SAML: &directory.SAML{
				SSO: "https://idp.example.com/sso", Certificates: []string{certificatePEM(t, elliptic.P256())}, SHA1Until: day.Format(time.DateOnly),
			},
		}
		_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
		return err
	}
	now := w.clock.Now()
	wantRefusal(t, until(now.AddDate(0, 0, 368)), directory.RefusedInvalid, "signatures with SHA-1 would be taken until")
	check(t, until(now.AddDate(0, 0, 365)))
}

// Rules and the keys that they need are changed together or not at all, and of two changes of the same keys one is made of
// what the other has left.
func TestUpdateConnection_TakesTheSecretWithTheRules(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.label(w.connection.ID, "<c>")
	w.skip()
	settings, secret := w.connection.Settings, "the first"
	settings.SignIn = &directory.SignIn{Protocol: "ldap"}
	_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings, SignInSecret: &secret})
	wantRefusal(t, err, directory.RefusedInvalid, "cannot sign in by")
	kept := func() string {
		t.Helper()
		text, err := w.directory.SignInSecret(w.ctx, w.connection)
		check(t, err)
		return text
	}
	equal(t, "after a refusal", kept(), "")
	w.wantHappened()

	after, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{SignInSecret: &secret})
	check(t, err)
	equal(t, "with a change", kept(), "the first")
	equal(t, "version", after.Version, w.connection.Version+1)

	declared, err := w.directory.UpdateConnection(w.ctx, directory.Actor{Name: directory.ActorConfig}, after, directory.ConnectionChange{Origin: new("usher.yaml")})
	check(t, err)
	after, err = w.directory.UpdateConnection(w.ctx, operator, declared, directory.ConnectionChange{SignInSecret: &secret})
	check(t, err) // which stands in no file
	looks, before := 0, after.Version
	after, err = w.directory.ChangeSignInSecret(w.ctx, operator, w.connection, func(_ directory.Connection, known string) (string, error) {
		if looks++; looks == 1 {
			check(t, w.directory.SetSignInSecret(w.ctx, operator, w.connection, "another"))
		}
		return known + " and more", nil
	})
	check(t, err)
	equal(t, "looks", looks, 2)
	equal(t, "nothing is lost", kept(), "another and more")
	equal(t, "version", after.Version, before+2)
	_, err = w.directory.ChangeSignInSecret(w.ctx, operator, w.connection, func(directory.Connection, string) (string, error) { return "", errors.New("no") })
	if err == nil || err.Error() != "no" || kept() != "another and more" {
		t.Errorf("%v, and there is %q", err, kept())
	}
}

// An ephemeral person who has gone comes back by the name of the same protocol alone: in another one it may be somebody else's.
func TestEphemeral_J5_NobodyComesBackByTheNameOfAnotherProtocol(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	comeAndGo := func() string {
		t.Helper()
		s := w.signIn(identity("ada", "")).Session
		check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.ID, directory.ReasonLogout))
		w.sweep()
		return s.Subject
	}
	become := func(rules *directory.SignIn) {
		t.Helper()
		settings := w.connection.Settings
		settings.SignIn = rules
		after, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
		check(t, err)
		w.connection = after
	}
	byOIDC := w.connection.Settings.SignIn
	bySAML := &directory.SignIn{
		Protocol: directory.ProtocolSAML, Issuer: byOIDC.Issuer, Ephemeral: true, // Keycloak calls itself the same in both
		SAML: &directory.SAML{SSO: "https://idp.example.com/sso", Certificates: []string{certificatePEM(t, elliptic.P256())}},
	}
	one := comeAndGo()
	become(bySAML)
	two := comeAndGo()
	if one == two {
		t.Fatal("somebody has the id, and the second factor, of somebody else")
	}
	equal(t, "back by SAML", comeAndGo(), two)
	become(byOIDC)
	equal(t, "back by OpenID Connect", comeAndGo(), one)
}
