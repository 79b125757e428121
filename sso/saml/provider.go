package saml

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// Config configures a [Provider].
type Config struct {
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// Provider signs people in by SAML. It keeps nothing, calls nobody, and is safe for concurrent use.
type Provider struct{ now func() time.Time }

var _ sso.Provider = (*Provider)(nil)

// New returns a Provider.
func New(cfg Config) *Provider {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Provider{now: cfg.Now}
}

// Check implements [sso.Provider].
func (p *Provider) Check(_ context.Context, party sso.Party) error {
	c, err := p.connection(party)
	if err != nil {
		return err
	}
	return c.check()
}

// connection is one side of ours with its rules read.
type connection struct {
	party  sso.Party
	rules  directory.SAML
	keys   Keys
	expect Expectation // but for Location and Request
}

// connection reads the rules, which must suffice to verify a response: nothing is verified by half.
func (p *Provider) connection(party sso.Party) (connection, error) {
	rules := party.SignIn()
	if rules.SAML == nil {
		return connection{}, sso.Refuse(sso.CodeUnconfigured, "the connection has no rules for SAML")
	}
	keys, err := ReadKeys(party.Secret)
	if err != nil {
		return connection{}, &sso.Refused{Code: sso.CodeUnconfigured, Cause: err}
	}
	c := connection{party: party, rules: *rules.SAML, keys: keys}
	c.expect = Expectation{
		EntityID: party.EntityID, Location: party.ACS, Issuer: rules.Issuer, Now: p.now(), Skew: DefaultSkew,
		SignedAssertion: c.rules.SignedAssertions, ExpiredCertificates: c.rules.ExpiredCertificates, CBC: c.rules.CBC, SHA1: c.takesSHA1(p.now()),
	}
	if c.rules.Skew > 0 {
		c.expect.Skew = time.Duration(c.rules.Skew) * time.Second
	}
	for _, key := range keys.Decryption {
		c.expect.Keys = append(c.expect.Keys, key.Private)
	}
	if c.expect.Certificates, err = ParseCertificates(c.rules.Certificates); err != nil {
		return connection{}, &sso.Refused{Code: sso.CodeUnconfigured, Cause: err}
	}
	return c, run(nil, expectationChecks, &c.expect)
}

// check refuses a connection by which nobody could sign in.
func (c *connection) check() error {
	switch {
	case c.rules.SignRequests && c.keys.Signing == nil:
		return sso.Refuse(sso.CodeUnconfigured, "requests are to be signed, and there is no key: make one")
	case !c.rules.ExpiredCertificates && !slices.ContainsFunc(c.expect.Certificates, c.expect.isGood):
		return sso.Refuse(CodeCertificate, "no certificate of the identity provider is in its time: import its metadata again")
	}
	return nil
}

// takesSHA1 tells whether the day until which SHA-1 is taken is not over.
func (c *connection) takesSHA1(now time.Time) bool {
	day, err := time.Parse(time.DateOnly, c.rules.SHA1Until)
	return err == nil && now.Before(day.AddDate(0, 0, 1))
}

// ParseCertificates reads those of directory.SAML.
func ParseCertificates(texts []string) ([]*x509.Certificate, error) {
	all := make([]*x509.Certificate, 0, len(texts))
	for _, text := range texts {
		c, err := directory.ParseCertificate(text)
		if err != nil {
			return nil, fmt.Errorf("a certificate cannot be read: %w", err)
		}
		all = append(all, c)
	}
	return all, nil
}

func (c *connection) signingKey() *rsa.PrivateKey {
	if c.keys.Signing == nil {
		return nil
	}
	return c.keys.Signing.Private
}

// requestID is the ID of the request of an attempt, by which the answer is bound to it.
func requestID(a directory.Attempt) string {
	if a.Nonce == "" {
		return ""
	}
	return "_" + a.Nonce
}

// Start implements [sso.Provider]. An e-mail address is not sent along: identity providers refuse a request with a Subject.
func (p *Provider) Start(_ context.Context, party sso.Party, a directory.Attempt, ask sso.Ask) (string, error) {
	c, err := p.connection(party)
	if err != nil {
		return "", err
	}
	if err := c.check(); err != nil {
		return "", err
	}
	if ask.State == "" || len(ask.State) > sso.MaxRelayState || requestID(a) == "" {
		return "", sso.Refuse(sso.CodeUnconfigured, "the attempt has no state or nonce, or a state of more than %d bytes", sso.MaxRelayState)
	}
	request := AuthnRequest{
		ID: requestID(a), EntityID: party.EntityID, ACS: party.ACS, Destination: c.rules.SSO, Issued: p.now(),
		Contexts: ask.Contexts, Fresh: a.Fresh,
	}
	var key *rsa.PrivateKey
	if c.rules.SignRequests {
		key = c.signingKey()
	}
	place, err := request.URL(ask.State, key)
	if err != nil {
		return "", &sso.Refused{Code: sso.CodeUnconfigured, Cause: err}
	}
	return place, nil
}

// Finish implements [sso.Provider]. A response without an attempt is not taken: where the connection lets people start at
// the identity provider, the flow begins a login of our own in the place of it, so that every response has its request.
func (p *Provider) Finish(_ context.Context, party sso.Party, a directory.Attempt, r *http.Request) (sso.Answer, error) {
	c, err := p.connection(party)
	if err != nil {
		return sso.Answer{}, err
	}
	m, err := receiveForm(r)
	if err != nil {
		return sso.Answer{}, err
	}
	if m.Request {
		return sso.Answer{}, sso.Refuse(sso.CodeMalformed, "it is a request, not a response")
	}
	c.expect.Request = requestID(a)
	if a.Fresh {
		c.expect.Fresh = a.Created
	}
	said, err := Verify(m.Text, c.expect)
	if err != nil {
		return sso.Answer{}, err
	}
	identity, err := c.identify(said)
	return sso.Answer{Identity: identity, Replay: said.ID, ReplayUntil: said.ReplayUntil, SignOutHint: hint(said)}, err
}

// Logout implements [sso.Provider]: the identity provider's browser-borne Single Logout. Several sessions at once are those
// of one person: then all of that person's are over.
func (p *Provider) Logout(_ context.Context, party sso.Party, r *http.Request) (sso.Logout, error) {
	c, err := p.connection(party)
	if err != nil {
		return sso.Logout{}, err
	}
	m, err := Receive(r)
	if err != nil {
		return sso.Logout{}, err
	}
	c.expect.Location = party.SLO
	request, err := VerifyLogoutRequest(m, c.expect)
	if err != nil {
		return sso.Logout{}, err
	}
	over := sso.Logout{Issuer: c.expect.Issuer, Subject: request.NameID, Replay: request.ID, ReplayUntil: request.ReplayUntil}
	if len(request.Sessions) == 1 {
		over.Session = request.Sessions[0]
	}
	over.Answer = func(over bool) string { return c.answer(request, m.RelayState, over, p.now()) }
	return over, nil
}

// answer is where the browser goes with our answer; empty: the identity provider wants none, or one cannot be sent there.
func (c *connection) answer(request LogoutRequest, relayState string, over bool, now time.Time) string {
	place := c.rules.LogoutAnswer
	if place == "" {
		place = c.rules.Logout
	}
	if place == "" {
		return ""
	}
	answer, err := SignedOut{
		ID: "_" + rand.Text(), EntityID: c.party.EntityID, Destination: place, Issued: now, InResponseTo: request.ID, Failed: !over,
	}.URL(relayState, c.signingKey())
	if err != nil {
		return ""
	}
	return answer
}

// hinted is what a logout of ours has to name of a login: the hint of it.
type hinted struct {
	NameID  string `json:"name"`
	Format  string `json:"format,omitempty"`
	Session string `json:"session,omitempty"`
}

func hint(said Assertion) string {
	text, err := json.Marshal(hinted{said.NameID, said.Format, said.Session})
	if err != nil {
		return "" // texts are always JSON
	}
	return string(text)
}

// SignOut implements [sso.Provider]: a request for the session that the hint names; nowhere without one. The state does not
// go along where it is longer than a relay state may be: the caller keeps it too.
func (p *Provider) SignOut(_ context.Context, party sso.Party, s sso.SignOut) (string, error) {
	c, err := p.connection(party)
	if err != nil || c.rules.Logout == "" || s.Hint == "" {
		return "", err
	}
	var who hinted
	if err := json.Unmarshal([]byte(s.Hint), &who); err != nil {
		return "", fmt.Errorf("the hint of the login is none of ours: %w", err)
	}
	if len(s.State) > sso.MaxRelayState {
		s.State = ""
	}
	return SignOut{
		ID: "_" + s.ID, EntityID: party.EntityID, Destination: c.rules.Logout, Issued: p.now(),
		NameID: who.NameID, Format: who.Format, Session: who.Session,
	}.URL(s.State, c.signingKey())
}

// SignedOut implements [sso.Provider].
func (p *Provider) SignedOut(_ context.Context, party sso.Party, id string, r *http.Request) error {
	c, err := p.connection(party)
	if err != nil {
		return err
	}
	m, err := Receive(r)
	if err != nil {
		return err
	}
	c.expect.Location = party.SLO
	if id != "" {
		c.expect.Request = "_" + id
	}
	return VerifyLogoutResponse(m, c.expect)
}

// Metadata implements [sso.Provider]. It needs no rules: they come out of the identity provider's metadata, which may want
// ours first.
func (p *Provider) Metadata(party sso.Party) ([]byte, error) {
	keys, err := ReadKeys(party.Secret)
	if err != nil {
		return nil, &sso.Refused{Code: sso.CodeUnconfigured, Cause: err}
	}
	s := Service{EntityID: party.EntityID, ACS: party.ACS, Logout: party.SLO}
	if rules := party.SignIn().SAML; rules != nil {
		s.SignsRequests, s.WantsSignedAssertions = rules.SignRequests, rules.SignedAssertions
	}
	if keys.Signing != nil {
		s.Signing = append(s.Signing, keys.Signing.Certificate)
	}
	if keys.Next != nil {
		s.Signing = append(s.Signing, keys.Next.Certificate)
	}
	for _, key := range keys.Decryption {
		s.Decryption = append(s.Decryption, key.Certificate)
	}
	return s.Metadata(), nil
}
