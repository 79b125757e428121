package saml

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/beevik/etree"
	dsig "github.com/russellhaering/goxmldsig"

	"github.com/usher-scim/usher/sso"
)

const (
	statusResponder = "urn:oasis:names:tc:SAML:2.0:status:Responder"
	maxSessions     = 64 // that one logout names
)

// LogoutRequest says that a person's sessions are over (SAML Core §3.7.1).
type LogoutRequest struct {
	// ID counts once until ReplayUntil.
	ID          string
	ReplayUntil time.Time
	NameID      string
	Sessions    []string // SessionIndex; empty: all of the person's
}

// logout is a message on its way through the checks.
type logout struct {
	Expectation
	message     Message
	tag         string         // that it must have
	root        *etree.Element // as it came; once its own signature is verified, what that covers
	signed      bool
	certificate *x509.Certificate // by which the query was verified
	id          string
	made        time.Time
}

// shapeChecks look at what came.
var shapeChecks = []check[*logout]{
	{CodeRoot, (*logout).refuseRoot},
	{CodeSignaturePlace, func(l *logout) error { return refuseSignaturePlace(l.root) }},
}

// queryChecks verify a signature in the URL (SAML Bindings §3.4.4.1).
var queryChecks = []check[*logout]{
	{sso.CodeAlgorithm, (*logout).refuseAlgorithm},
	{sso.CodeSignature, (*logout).refuseForged},
	{CodeCertificate, (*logout).refuseCertificate},
}

// messageChecks are those of every message that is about a logout.
var messageChecks = []check[*logout]{
	{CodeUnsigned, (*logout).refuseUnsigned},
	{CodeVersion, func(l *logout) error { return refuseVersion(l.root) }},
	{sso.CodeIssuer, (*logout).refuseIssuer},
	{CodeDestination, (*logout).refuseDestination},
	{CodeMessageID, (*logout).refuseID},
	{sso.CodeIssuedAt, (*logout).refuseIssuedAt},
}

var logoutRequestChecks = []check[*logout]{
	{sso.CodeExpired, (*logout).refuseExpired},
	{sso.CodeSubject, (*logout).refuseSubject},
	{CodeQualifier, (*logout).refuseQualifier},
	{sso.CodeLogoutToken, (*logout).refuseSessions},
}

var logoutResponseChecks = []check[*logout]{
	{CodeInResponseTo, (*logout).refuseInResponseTo},
	{sso.CodeProviderRefused, func(l *logout) error { return refuseStatus(l.root) }},
}

// VerifyLogoutRequest says whose sessions are over. Expectation.Location is our URL for logouts.
func VerifyLogoutRequest(m Message, expect Expectation) (LogoutRequest, error) {
	l, err := open(m, "LogoutRequest", expect)
	if err != nil {
		return LogoutRequest{}, err
	}
	if err := run(l.off, logoutRequestChecks, l); err != nil {
		return LogoutRequest{}, err
	}
	return LogoutRequest{ID: l.id, NameID: text(l.nameID()), Sessions: l.sessions(), ReplayUntil: l.made.Add(replayAge)}, nil
}

// VerifyLogoutResponse refuses all but the answer to Expectation.Request that all sessions are over.
func VerifyLogoutResponse(m Message, expect Expectation) error {
	l, err := open(m, "LogoutResponse", expect)
	if err != nil {
		return err
	}
	return run(l.off, logoutResponseChecks, l)
}

// open reads and verifies a message, signed in the URL or in itself.
func open(m Message, tag string, expect Expectation) (*logout, error) {
	l := &logout{Expectation: expect, message: m, tag: tag}
	if err := run(l.off, expectationChecks, &l.Expectation); err != nil {
		return nil, err
	}
	var err error
	if l.root, err = parse(l.off, m.Text, messageLimits); err != nil {
		return nil, err
	}
	if err := run(l.off, shapeChecks, l); err != nil {
		return nil, err
	}
	if len(m.signature) > 0 {
		if err := run(l.off, queryChecks, l); err != nil {
			return nil, err
		}
		l.signed = true
	}
	content, err := l.authenticate(l.root)
	if err != nil {
		return nil, err
	}
	if content != nil {
		l.root, l.signed = content, true
	}
	return l, run(l.off, messageChecks, l)
}

func (l *logout) refuseRoot() error {
	if !is(l.root, nsProtocol, l.tag) || l.message.Request != (l.tag == "LogoutRequest") {
		return fmt.Errorf("it is a <%s>, not a <%s> in the parameter for those", l.root.Tag, l.tag)
	}
	return nil
}

func (l *logout) refuseAlgorithm() error {
	if _, ok := queryAlgorithms[l.message.algorithm]; !ok || l.message.algorithm == dsig.RSASHA1SignatureMethod && !l.SHA1 {
		return fmt.Errorf("the query is signed by %q", cut(l.message.algorithm))
	}
	return nil
}

func (l *logout) refuseForged() error {
	for _, c := range l.goodFirst() {
		value := inASN1(c, l.message.signature)
		if c.CheckSignature(queryAlgorithms[l.message.algorithm], []byte(l.message.signed), value) == nil {
			l.certificate = c
			return nil
		}
	}
	return fmt.Errorf("none of the %d certificates verifies the query", len(l.Certificates))
}

func (l *logout) refuseCertificate() error {
	return (&signature{Expectation: &l.Expectation, certificate: l.certificate}).refuseCertificate()
}

// refuseUnsigned is why nobody can log anybody else out.
func (l *logout) refuseUnsigned() error {
	if !l.signed {
		return errors.New("it is signed neither in the URL nor in itself")
	}
	return nil
}

func (l *logout) refuseIssuer() error {
	if got := text(only(l.root, nsAssertion, "Issuer")); got != l.Issuer {
		return fmt.Errorf("it is of %q, not of %q", cut(got), l.Issuer)
	}
	return nil
}

func (l *logout) refuseDestination() error {
	if got := attribute(l.root, "Destination"); got != l.Location {
		return fmt.Errorf("it is for %q, not for %q", cut(got), l.Location)
	}
	return nil
}

func (l *logout) refuseID() error {
	l.id = attribute(l.root, "ID")
	if l.id == "" {
		return errors.New("it has no ID")
	}
	return nil
}

func (l *logout) refuseIssuedAt() error {
	var ok bool
	if l.made, ok = instant(l.root, "IssueInstant"); !ok || !l.recent(l.made) {
		return fmt.Errorf("it was made at %q: not yet, or more than %s ago", cut(attribute(l.root, "IssueInstant")), maxAge)
	}
	return nil
}

func (l *logout) refuseExpired() error {
	value, there := lookup(l.root, "NotOnOrAfter")
	if ends, ok := instant(l.root, "NotOnOrAfter"); there && (!ok || l.over(ends)) {
		return fmt.Errorf("it was good until %q", cut(value))
	}
	return nil
}

func (l *logout) nameID() *etree.Element { return only(l.root, nsAssertion, "NameID") }

func (l *logout) refuseSubject() error { return checkName(l.nameID()) }

func (l *logout) refuseQualifier() error { return l.checkQualifiers(l.nameID()) }

func (l *logout) sessions() []string {
	var all []string
	for _, index := range children(l.root, nsProtocol, "SessionIndex") {
		all = append(all, text(index))
	}
	return all
}

func (l *logout) refuseSessions() error {
	all := l.sessions()
	if len(all) > maxSessions || slices.ContainsFunc(all, func(s string) bool { return s == "" || len(s) > maxID }) {
		return fmt.Errorf("it names %d sessions, more than %d, or one that is empty or too long", len(all), maxSessions)
	}
	return nil
}

func (l *logout) refuseInResponseTo() error {
	if got := attribute(l.root, "InResponseTo"); got == "" || got != l.Request {
		return fmt.Errorf("it answers the request %q, not %q", cut(got), l.Request)
	}
	return nil
}

// SignOut is a logout request of ours, for one session.
type SignOut struct {
	ID, EntityID, Destination string
	Issued                    time.Time
	NameID, Format, Session   string
}

// URL is where the browser goes with it.
func (s SignOut) URL(relayState string, key *rsa.PrivateKey) (string, error) {
	e := envelope("LogoutRequest", s.ID, s.EntityID, s.Destination, s.Issued)
	name := e.CreateElement("saml:NameID")
	if s.Format != "" {
		name.CreateAttr("Format", s.Format)
	}
	name.SetText(s.NameID)
	if s.Session != "" {
		e.CreateElement("samlp:SessionIndex").SetText(s.Session)
	}
	return send(s.Destination, paramRequest, e, relayState, key)
}

// SignedOut is our answer to a [LogoutRequest] (SAML Core §3.7.2): all sessions that it names are over, or it has Failed.
// PartialLogout is no status of ours: it is an identity provider's, which has not reached all services (§3.2.2.2).
type SignedOut struct {
	ID, EntityID, Destination string
	Issued                    time.Time
	InResponseTo              string
	Failed                    bool
}

// URL is where the browser goes with it.
func (s SignedOut) URL(relayState string, key *rsa.PrivateKey) (string, error) {
	e := envelope("LogoutResponse", s.ID, s.EntityID, s.Destination, s.Issued)
	e.CreateAttr("InResponseTo", s.InResponseTo)
	status := statusSuccess
	if s.Failed {
		status = statusResponder
	}
	e.CreateElement("samlp:Status").CreateElement("samlp:StatusCode").CreateAttr("Value", status)
	return send(s.Destination, paramResponse, e, relayState, key)
}
