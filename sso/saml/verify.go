package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// DefaultSkew is how far the clocks of two honest servers are apart at most.
const DefaultSkew = time.Minute

// Expectation is what a response is held to: one connection, and the login that it answers.
type Expectation struct {
	// EntityID is our name at the identity provider, which an assertion must be made for. Required.
	EntityID string
	// Location is the URL of ours to which it was sent, as it is registered. Required.
	Location string
	// Issuer is the identity provider's name. Required.
	Issuer string
	// Certificates are the identity provider's, for signatures: two while it changes them. One is required.
	Certificates []*x509.Certificate
	// Request is the ID of the AuthnRequest that is answered. Empty: nobody has asked, which Unsolicited must allow.
	Request     string
	Unsolicited bool
	// Fresh is when a login was asked for, whatever the identity provider remembers: one of before does not count. Zero: any
	// does.
	Fresh time.Time
	// Now is the time, and Skew how far another clock may differ from it.
	Now  time.Time
	Skew time.Duration
	// SignedAssertion wants the assertion itself signed, whether the response is or not.
	SignedAssertion bool
	// Keys are ours, for encrypted assertions: two while we change them.
	Keys []*rsa.PrivateKey

	// ExpiredCertificates takes signatures by certificates whose time is over, or not yet there.
	ExpiredCertificates bool
	// SHA1 takes signatures by RSA with SHA-1, which can be forged by whoever spends enough.
	SHA1 bool
	// CBC takes assertions that are encrypted by AES-CBC, inside of signed responses alone.
	CBC bool

	off switches
}

// Assertion is what an identity provider has said, in the bytes that it has signed.
type Assertion struct {
	// ID counts once until ReplayUntil: the caller keeps it so long.
	ID          string
	ReplayUntil time.Time

	Issuer         string
	NameID, Format string
	Attributes     []Attribute

	Authenticated time.Time // when the person signed in there
	Context       string    // AuthnContextClassRef: how
	Session       string    // SessionIndex; may be empty
	SessionEnds   time.Time // SessionNotOnOrAfter; zero: it is not said

	ResponseSigned, AssertionSigned, Encrypted bool
}

// Attribute is one of a person's, by its name and with all its values in order.
type Attribute struct {
	Name   string
	Values []string
}

// verification is one response on its way through the checks.
type verification struct {
	Expectation
	text     []byte
	response *etree.Element // as it came; once its signature is verified, what that covers
	element  *etree.Element // the assertion: as soon as signatures are verified, what they cover
	said     Assertion
}

// steps are run in order.
var steps = []func(*verification) error{
	(*verification).checkExpectation,
	(*verification).readResponse,
	(*verification).verifyResponse,
	(*verification).verifyAssertion,
	(*verification).checkTrust,
	(*verification).checkValues,
}

// Verify says what a response is worth: raw is the XML text of a SAMLResponse. It refuses with a *[sso.Refused] whose code
// names the check that it did not pass. It keeps nothing: whether the assertion was taken before, only its ID can tell.
func Verify(raw []byte, expect Expectation) (Assertion, error) {
	v := &verification{Expectation: expect, text: raw}
	for _, step := range steps {
		if err := step(v); err != nil {
			return Assertion{}, err
		}
	}
	return v.said, nil
}

var expectationChecks = []check[*Expectation]{
	{sso.CodeUnconfigured, (*Expectation).refuseUnconfigured},
}

func (v *verification) checkExpectation() error { return run(v.off, expectationChecks, &v.Expectation) }

// refuseUnconfigured refuses a connection by which nothing could be verified: an empty name would match an empty name.
func (e *Expectation) refuseUnconfigured() error {
	switch {
	case e.EntityID == "" || e.Location == "" || e.Issuer == "":
		return errors.New("the connection lacks our entity ID, our URL or the identity provider's entity ID")
	case len(e.Certificates) == 0 || len(e.Certificates) > directory.MaxCertificates:
		return fmt.Errorf("the connection has %d certificates: there must be one, and no more than %d", len(e.Certificates), directory.MaxCertificates)
	case e.Now.IsZero():
		return errors.New("nobody says what time it is")
	}
	for _, c := range e.Certificates {
		if err := directory.CheckCertificate(c); err != nil {
			return err
		}
	}
	return nil
}

func (v *verification) readResponse() error {
	root, err := parse(v.off, v.text, messageLimits)
	if err != nil {
		return err
	}
	v.response = root
	if err := run(v.off, responseChecks, root); err != nil {
		return err
	}
	return run(v.off, treeChecks, root)
}

func (v *verification) verifyResponse() error {
	content, err := v.authenticate(v.response)
	if content != nil {
		v.response, v.said.ResponseSigned = content, true
	}
	return err
}

// verifyAssertion finds the assertion in the response, decrypts it if need be, and verifies its own signature.
func (v *verification) verifyAssertion() error {
	v.element = first(v.response, nsAssertion, "Assertion")
	if encrypted := first(v.response, nsAssertion, "EncryptedAssertion"); v.element == nil && encrypted != nil {
		if err := v.readEncrypted(encrypted); err != nil {
			return err
		}
	}
	if v.element == nil {
		return malformed(errors.New("there is no assertion"))
	}
	content, err := v.authenticate(v.element)
	if content != nil {
		v.element, v.said.AssertionSigned = content, true
	}
	return err
}

// readEncrypted holds the plain text to all that the response's had to pass. It must stand alone: the namespaces around
// the encrypted element are none of its own.
func (v *verification) readEncrypted(encrypted *etree.Element) error {
	plain, err := v.decrypt(encrypted, v.said.ResponseSigned)
	if err != nil {
		return err
	}
	root, err := parse(v.off, plain, messageLimits)
	if err != nil {
		return err
	}
	if !is(root, nsAssertion, "Assertion") {
		return undecryptable(errors.New("it is no assertion"))
	}
	v.element, v.said.Encrypted = root, true
	return run(v.off, treeChecks, root)
}

var trustChecks = []check[*verification]{
	{CodeUnsigned, (*verification).refuseUnsigned},
	{CodeUnsignedAssertion, (*verification).refuseUnsignedAssertion},
}

func (v *verification) checkTrust() error { return run(v.off, trustChecks, v) }

func (v *verification) refuseUnsigned() error {
	if !v.said.ResponseSigned && !v.said.AssertionSigned {
		return errors.New("neither the response nor the assertion is signed")
	}
	return nil
}

func (v *verification) refuseUnsignedAssertion() error {
	if v.SignedAssertion && !v.said.AssertionSigned {
		return errors.New("the assertion is not signed, as the connection wants it")
	}
	return nil
}
