package saml

import (
	"bytes"
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// Report explains in plain words what an identity provider has sent. It has no value of a person's, and no key.
type Report struct {
	Kind     string    `json:"kind"` // metadata or response
	Facts    []Fact    `json:"facts"`
	Findings []Finding `json:"findings"` // empty: it would be taken, as far as can be seen
}

// Fact is something that stands there.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Finding is why it would be refused, or soon will be.
type Finding struct {
	Code directory.LoginCode `json:"code"` // as in the audit log; empty for metadata
	Text string              `json:"text"`
	Fix  string              `json:"fix"` // what to change, mostly at the identity provider
}

// Explainer is what a capture is held to. What is not known is not looked at.
type Explainer struct {
	Provider      IdentityProvider // out of its metadata; the zero value: not known
	EntityID, ACS string           // ours
	Now           time.Time
}

func (r *Report) say(name, format string, args ...any) {
	if value := fmt.Sprintf(format, args...); value != "" {
		r.Facts = append(r.Facts, Fact{name, value})
	}
}

func (r *Report) find(code directory.LoginCode, fix, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{code, fmt.Sprintf(format, args...), fix})
}

// Captured reads what somebody has copied: XML, the value of a form in base64, or the form or query around it.
func Captured(input []byte) ([]byte, error) {
	value := strings.TrimSpace(strings.TrimPrefix(string(input), "\ufeff"))
	if strings.HasPrefix(value, "<") {
		return []byte(value), nil
	}
	if _, after, found := strings.Cut(value, paramResponse+"="); found {
		value, _, _ = strings.Cut(after, "&")
	}
	if strings.Contains(value, "%") {
		plain, err := url.QueryUnescape(value)
		if err != nil {
			return nil, errors.New("it is no form value that could be read")
		}
		value = plain
	}
	text, err := sso.DecodeBase64(value)
	if err != nil || len(text) == 0 {
		return nil, errors.New("it is neither XML nor base64")
	}
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("<")) {
		return text, nil
	}
	if text, err = inflate(url.QueryEscape(value)); err != nil {
		return nil, errors.New("it is base64, but of no XML")
	}
	return text, nil
}

// Explain says what stands in metadata or in a response, and what would be refused.
func (e Explainer) Explain(text []byte) (Report, error) {
	root, err := parse(nil, text, metadataLimits)
	switch {
	case err != nil && !bytes.Contains(text, []byte("Response")):
		return Report{}, err
	case err == nil && root.NamespaceURI() == nsMetadata:
		return e.metadata(root, text), nil
	case err == nil && !is(root, nsProtocol, "Response"):
		return Report{}, fmt.Errorf("it is a <%s> of %q, neither metadata nor a response", root.Tag, cut(root.NamespaceURI()))
	}
	return e.response(text), nil
}

func (e Explainer) metadata(root *etree.Element, text []byte) Report {
	r := Report{Kind: "metadata", Findings: []Finding{}}
	p, err := ReadMetadata(text, e.Now)
	if err != nil {
		r.find("", "download the metadata of the one application at the identity provider anew", "%v", causeOf(err))
		return r
	}
	r.say("entity ID", "%s", p.EntityID)
	r.say("people sign in at", "%s", p.SSO)
	r.say("people sign out at", "%s", p.Logout)
	r.say("wants requests signed", "%s", yesOrNo(p.WantsSignedRequests))
	for _, format := range below(root, nsMetadata, "NameIDFormat") {
		r.say("offers names", "%s%s", cut(trimmed(format)), unusable(trimmed(format)))
	}
	if p.Logout == "" {
		r.say("logout", "none by HTTP-Redirect: a logout here ends the session here alone")
	}
	for _, c := range p.Certificates {
		r.certificate("signs by SHA-256", c, e.Now)
	}
	return r
}

func yesOrNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// unusable says of a format of names why it will not do.
func unusable(format string) string {
	if format == formatTransient {
		return ": will not do, as it is another name at each login; choose persistent ones for Usher"
	}
	return ""
}

// trimmed is the text of an element, without what stands around it.
func trimmed(e *etree.Element) string { return strings.TrimSpace(text(e)) }

// certificate tells of one, and warns as the doctor does.
func (r *Report) certificate(name string, c *x509.Certificate, now time.Time) {
	r.say(name, "%s", describe(c))
	switch days, due := directory.ExpiryWarning(c.NotAfter, now); {
	case due && days == 0:
		r.find(CodeCertificate, "have the identity provider make a new one, and import its metadata", "the certificate %s… is over", directory.Fingerprint(c)[:16])
	case due:
		r.find(CodeCertificate, "have the identity provider make a new one, and import its metadata", "the certificate %s… is over in %d days or less", directory.Fingerprint(c)[:16], days)
	}
}

func (e Explainer) response(text []byte) Report {
	r := Report{Kind: "response", Findings: []Finding{}}
	expect := e.expectation(text, &r)
	r.refusals(text, expect)
	return r
}

// expectation is what the response is held to: our side, and the provider where it is known; else what it says itself, which
// proves nothing.
func (e Explainer) expectation(text []byte, r *Report) Expectation {
	expect := Expectation{
		EntityID: e.EntityID, Location: e.ACS, Issuer: e.Provider.EntityID, Certificates: e.Provider.Certificates, Now: e.Now, Skew: DefaultSkew, CBC: true,
	}
	root, err := parse(nil, text, messageLimits)
	if err != nil {
		return expect
	}
	assertion := first(root, nsAssertion, "Assertion")
	r.describe(root, assertion)
	expect.Request = attribute(root, "InResponseTo")
	expect.Unsolicited = expect.Request == ""
	if made, ok := instant(root, "IssueInstant"); ok {
		expect.Now = made // it is as old as it was when it came
	}
	expect.Location = cmp.Or(expect.Location, attribute(root, "Destination"))
	restriction := first(first(assertion, nsAssertion, "Conditions"), nsAssertion, "AudienceRestriction")
	expect.EntityID = cmp.Or(expect.EntityID, trimmed(first(restriction, nsAssertion, "Audience")))
	issuer := first(assertion, nsAssertion, "Issuer")
	if issuer == nil {
		issuer = first(root, nsAssertion, "Issuer")
	}
	expect.Issuer = cmp.Or(expect.Issuer, trimmed(issuer))
	if len(expect.Certificates) == 0 {
		expect.Certificates = brought(root)
		r.say("held to", "the certificate that it brings along, which proves nothing: give the identity provider's metadata")
	}
	return expect
}

// brought are the certificates in a message itself.
func brought(root *etree.Element) []*x509.Certificate {
	var all []*x509.Certificate
	for _, node := range below(root, nsSignature, "X509Certificate") {
		der, err := sso.DecodeBase64(trimmed(node))
		if err != nil {
			continue
		}
		c, err := x509.ParseCertificate(der)
		if err == nil && len(all) < directory.MaxCertificates && !slices.ContainsFunc(all, c.Equal) {
			all = append(all, c)
		}
	}
	return all
}

// describe tells what is signed, by whom, and which attributes there are. Their values are a person's.
func (r *Report) describe(root, assertion *etree.Element) {
	r.say("made at", "%s", cut(attribute(root, "IssueInstant")))
	r.say("made for", "%s", cut(attribute(root, "Destination")))
	r.say("the response", "%s", signedBy(root))
	for _, c := range brought(root) {
		r.say("brings along SHA-256", "%s", describe(c))
	}
	if encrypted := first(root, nsAssertion, "EncryptedAssertion"); encrypted != nil {
		data := only(encrypted, nsEnc, "EncryptedData")
		r.say("the assertion", "encrypted by %s: what it says cannot be seen without the key", algorithmName(algorithm(data)))
	}
	if assertion == nil {
		return
	}
	how := signedBy(assertion)
	if how == notSigned && signedBy(root) != notSigned {
		how = "signed with the response around it"
	}
	r.say("the assertion", "%s", how)
	name := only(only(assertion, nsAssertion, "Subject"), nsAssertion, "NameID")
	r.say("the name", "of %d characters, format %s", len(text(name)), cut(cmp.Or(attribute(name, "Format"), "not said")))
	if attribute(name, "Format") == formatTransient {
		r.find(sso.CodeSubject, "have persistent names sent, or addresses that never change hands", "the name is transient: another one at each login")
	}
	for _, one := range attributes(assertion) {
		r.say("attribute", "%s, %s", cut(one.Name), count(len(one.Values), "value"))
	}
}

// count is a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

const notSigned = "not signed"

func signedBy(e *etree.Element) string {
	node := first(e, nsSignature, "Signature")
	if node == nil {
		return notSigned
	}
	return "signed by " + algorithmName(attribute(first(first(node, nsSignature, "SignedInfo"), nsSignature, "SignatureMethod"), "Algorithm"))
}

// algorithmName is the part of its URL that people know.
func algorithmName(address string) string {
	_, name, found := strings.Cut(address, "#")
	if !found {
		return cut(cmp.Or(address, "an algorithm that is not said"))
	}
	return cut(name)
}

// refusals runs the checks again and again, each time without those that have refused, so that all of them are told at once.
// Where the shape itself is wrong nothing can be said of what is inside.
func (r *Report) refusals(text []byte, expect Expectation) {
	expect.off = switches{}
	for {
		_, err := Verify(text, expect)
		refused, ok := errors.AsType[*sso.Refused](err)
		if !ok || refused.Code == CodeUndecryptable {
			return // our key is not here
		}
		if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Code == refused.Code }) {
			r.find(refused.Code, fixOf(refused.Code), "%s", withoutNames(refused))
		}
		if _, again := expect.off[refused.Code]; again || !goesOn(refused.Code) {
			return
		}
		expect.off[refused.Code] = takeUnverified
	}
}

// goesOn tells whether there is more to say when that check has refused.
func goesOn(code directory.LoginCode) bool {
	return slices.Contains([]directory.LoginCode{sso.CodeAlgorithm, CodeDigest, sso.CodeSignature, CodeCertificate}, code) ||
		slices.ContainsFunc(trustChecks, func(c check[*verification]) bool { return c.code == code }) ||
		slices.ContainsFunc(valueChecks, func(c check[*verification]) bool { return c.code == code })
}

// takeUnverified goes on as if a signature had been verified: what is read from then on is only told.
func takeUnverified(on any) {
	if s, ok := on.(*signature); ok && s.content == nil {
		s.content, s.certificate = s.element, s.Certificates[0]
	}
}

// withoutNames is the cause of a refusal; one that is about the name of a person may quote it.
func withoutNames(refused *sso.Refused) string {
	if refused.Code == sso.CodeSubject {
		return "the name is missing, empty, too long, or has spaces around it or characters that nobody sees"
	}
	return refused.Cause.Error()
}

// fixes are what to change for what honest identity providers are refused for.
var fixes = map[directory.LoginCode]string{
	sso.CodeAlgorithm:       "choose SHA-256 for signatures at the identity provider, or take SHA-1 for a while: usher connection sign-in … --sha1-until DAY",
	CodeDigest:              "choose SHA-256 for digests at the identity provider",
	sso.CodeSignature:       "import the identity provider's newest metadata, and copy the response whole",
	CodeCertificate:         "have the identity provider make a new certificate, and import its metadata",
	CodeUnsigned:            "sign the assertion or the response at the identity provider",
	CodeUnsignedAssertion:   "sign the assertion too at the identity provider",
	CodeDestination:         "enter Usher's ACS URL at the identity provider, letter by letter",
	CodeRecipient:           "enter Usher's ACS URL at the identity provider as the recipient, letter by letter",
	sso.CodeAudience:        "enter Usher's entity ID at the identity provider as the audience",
	CodeQualifier:           "enter Usher's entity ID at the identity provider, and let it send no other name qualifiers",
	sso.CodeIssuer:          "import the metadata of the same application that has sent the response",
	CodeResponseIssuer:      "import the metadata of the same application that has sent the response",
	sso.CodeSubject:         "have the identity provider send a NameID that is persistent",
	CodeEncryption:          "choose AES-GCM and RSA-OAEP at the identity provider, or switch encryption off: the response goes by HTTPS",
	CodeMalleable:           "sign the response, choose AES-GCM, or switch encryption off",
	CodeUndecryptable:       "give the identity provider the certificate of Usher's metadata, or switch encryption off: without our key nobody can look further",
	sso.CodeProviderRefused: "look at the identity provider's own log: often the person is not assigned to the application",
	sso.CodeExpired:         "set the clock of the identity provider, or let assertions be good for some minutes",
	CodeEarly:               "set the clock of the identity provider",
	CodeConfirmationExpired: "set the clock of the identity provider, or let assertions be good for some minutes",
	CodeConditions:          "have the identity provider say until when an assertion is good",
	CodeAuthentication:      "have the identity provider send an AuthnStatement",
	sso.CodeUnconfigured:    "give the identity provider's metadata: the certificate is missing, or its key is too short",
	CodeAssertions:          "send one assertion in a response",
	CodeConfirmation:        "send one confirmation, for the bearer",
	CodeComment:             "copy the response as the browser has posted it",
}

func fixOf(code directory.LoginCode) string {
	if fix := fixes[code]; fix != "" {
		return fix
	}
	return "no honest identity provider sends this: see docs/attacks.md, and copy the response as the browser has posted it"
}
