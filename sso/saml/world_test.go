package saml_test

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// world is a login that was begun, and an identity provider that answers it as it is told.
type world struct {
	testing.TB
	idp    *ssotest.SAML
	expect saml.Expectation
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const (
	entityID = "https://usher.example/sso/c1/metadata"
	acs      = "https://usher.example/sso/c1/acs"
	issuer   = "https://idp.example/metadata"
	request  = "_request-of-this-login"
	ada      = "ada@example.com"
)

func newWorld(t testing.TB) *world {
	t.Helper()
	keys, _ := ssotest.SAMLKeys()
	w := &world{TB: t, idp: &ssotest.SAML{EntityID: issuer, Key: keys[0], Now: func() time.Time { return noon }}}
	w.expect = saml.Expectation{
		EntityID: entityID, Location: acs, Issuer: issuer, Request: request, Now: noon, Skew: saml.DefaultSkew,
		Certificates: []*x509.Certificate{keys[1].Certificate, keys[0].Certificate},
		Keys:         []*rsa.PrivateKey{keys[1].Signer.(*rsa.PrivateKey), keys[0].Signer.(*rsa.PrivateKey)},
	}
	return w
}

// honest is what the identity provider says by itself.
func (w *world) honest() ssotest.Response {
	return w.idp.Respond(entityID, acs, request, ssotest.Person{
		Subject: ada, Claims: map[string]any{"role": []string{"Editor", "Viewer"}},
	})
}

// ourKey is for assertions that are encrypted for us.
func ourKey() *rsa.PublicKey {
	keys, _ := ssotest.SAMLKeys()
	return keys[0].Public().(*rsa.PublicKey)
}

func (w *world) verify(r ssotest.Response) (saml.Assertion, error) {
	return saml.Verify(r.XML(), w.expect)
}

// code is that of a refusal; empty: there was none.
func code(t testing.TB, err error) directory.LoginCode {
	t.Helper()
	var refused *sso.Refused
	if err != nil && !errors.As(err, &refused) {
		t.Fatalf("no refusal, but %v", err)
	}
	if err == nil {
		return ""
	}
	return refused.Code
}
