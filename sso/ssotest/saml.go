package ssotest

import (
	"crypto/rand"
	"encoding/xml"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// SAML is a SAML 2.0 identity provider: a name and keys. It says whatever it is told to, and signs it.
type SAML struct {
	EntityID string
	Key      *SAMLKey
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
}

// SAMLAttribute is one of a person's.
type SAMLAttribute struct {
	Name   string
	Values []string
}

// Response is what a [SAML] is about to say. [SAML.Respond] makes an honest one, of which a test may change all.
type Response struct {
	ID, Issuer, Destination, InResponseTo string
	Issued                                time.Time

	// The assertion.
	AssertionID, Audience, Recipient string
	NotBefore, NotOnOrAfter          time.Time
	NameID, Format                   string
	Session                          string
	SessionEnds                      time.Time // zero: it is not said
	Context                          string
	Attributes                       []SAMLAttribute

	// Edit changes the tree before anything is signed: what the identity provider itself says.
	Edit func(response *etree.Element)
	// SignAssertion and SignResponse say how each is signed; nil: not at all.
	SignAssertion, SignResponse *Signing
	// Encrypt says how the assertion is encrypted; nil: not at all.
	Encrypt *Encryption
	// Forge changes the tree after it was signed: what an attacker does.
	Forge func(response *etree.Element)
	// Rewrite changes the text at last.
	Rewrite func(text string) string
}

// Respond makes an honest response for a service provider's entity ID and URL, to a request; empty: to none. The
// assertion is signed.
func (s *SAML) Respond(audience, acs, request string, person Person) Response {
	now := s.now()
	r := Response{
		ID: "_r" + rand.Text(), Issuer: s.EntityID, Destination: acs, InResponseTo: request, Issued: now,
		AssertionID: "_a" + rand.Text(), Audience: audience, Recipient: acs,
		NotBefore: now.Add(-time.Minute), NotOnOrAfter: now.Add(5 * time.Minute),
		NameID: person.Subject, Format: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
		Session: "_s" + rand.Text(), SessionEnds: now.Add(8 * time.Hour),
		Context:       "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport",
		SignAssertion: &Signing{Key: s.Key},
	}
	for name, claim := range person.Claims {
		switch claim := claim.(type) {
		case string:
			r.Attributes = append(r.Attributes, SAMLAttribute{name, []string{claim}})
		case []string:
			r.Attributes = append(r.Attributes, SAMLAttribute{name, claim})
		}
	}
	return r
}

func (s *SAML) now() time.Time {
	if s.Now == nil {
		return time.Now().UTC()
	}
	return s.Now().UTC()
}

func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

// attribute is one of XML, with the space before it.
func attribute(name, value string) string { return " " + name + `="` + escape(value) + `"` }

// given is an attribute, unless its value is empty.
func given(name, value string) string {
	if value == "" {
		return ""
	}
	return attribute(name, value)
}

func samlTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func (r Response) text() string {
	return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
		attribute("ID", r.ID) + ` Version="2.0"` + attribute("IssueInstant", samlTime(r.Issued)) +
		attribute("Destination", r.Destination) + given("InResponseTo", r.InResponseTo) + `>` +
		`<saml:Issuer>` + escape(r.Issuer) + `</saml:Issuer>` +
		`<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
		r.assertion() + `</samlp:Response>`
}

func (r Response) assertion() string {
	ends := ""
	if !r.SessionEnds.IsZero() {
		ends = samlTime(r.SessionEnds)
	}
	return `<saml:Assertion xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"` +
		attribute("ID", r.AssertionID) + ` Version="2.0"` + attribute("IssueInstant", samlTime(r.Issued)) + `>` +
		`<saml:Issuer>` + escape(r.Issuer) + `</saml:Issuer>` +
		`<saml:Subject><saml:NameID` + attribute("Format", r.Format) + `>` + escape(r.NameID) + `</saml:NameID>` +
		`<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData` +
		attribute("NotOnOrAfter", samlTime(r.NotOnOrAfter)) + attribute("Recipient", r.Recipient) + given("InResponseTo", r.InResponseTo) + `/>` +
		`</saml:SubjectConfirmation></saml:Subject>` +
		`<saml:Conditions` + attribute("NotBefore", samlTime(r.NotBefore)) + attribute("NotOnOrAfter", samlTime(r.NotOnOrAfter)) + `>` +
		`<saml:AudienceRestriction><saml:Audience>` + escape(r.Audience) + `</saml:Audience></saml:AudienceRestriction></saml:Conditions>` +
		`<saml:AuthnStatement` + attribute("AuthnInstant", samlTime(r.Issued)) + attribute("SessionIndex", r.Session) +
		given("SessionNotOnOrAfter", ends) + `>` +
		`<saml:AuthnContext><saml:AuthnContextClassRef>` + escape(r.Context) + `</saml:AuthnContextClassRef></saml:AuthnContext>` +
		`</saml:AuthnStatement>` + r.attributes() + `</saml:Assertion>`
}

func (r Response) attributes() string {
	if len(r.Attributes) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<saml:AttributeStatement>`)
	for _, a := range r.Attributes {
		b.WriteString(`<saml:Attribute` + attribute("Name", a.Name) + ` NameFormat="urn:oasis:names:tc:SAML:2.0:attrname-format:basic">`)
		for _, value := range a.Values {
			b.WriteString(`<saml:AttributeValue xsi:type="xs:string">` + escape(value) + `</saml:AttributeValue>`)
		}
		b.WriteString(`</saml:Attribute>`)
	}
	b.WriteString(`</saml:AttributeStatement>`)
	return b.String()
}

// Tree is the response, signed and encrypted as it says, and forged.
func (r Response) Tree() *etree.Element {
	root := readXML(r.text())
	if r.Edit != nil {
		r.Edit(root)
	}
	if r.SignAssertion != nil {
		r.SignAssertion.sign(SAMLElement(root, "Assertion"))
	}
	if r.Encrypt != nil {
		r.Encrypt.encrypt(SAMLElement(root, "Assertion"))
	}
	if r.SignResponse != nil {
		r.SignResponse.sign(root)
	}
	if r.Forge != nil {
		r.Forge(root)
	}
	return root
}

// XML is the text of the response.
func (r Response) XML() []byte {
	text := writeXML(r.Tree())
	if r.Rewrite != nil {
		text = r.Rewrite(text)
	}
	return []byte(text)
}

// SAMLElement is the first element with that tag in a tree, in whatever namespace; nil: there is none.
func SAMLElement(root *etree.Element, tag string) *etree.Element {
	if root.Tag == tag {
		return root
	}
	for child := range root.ChildElementsSeq() {
		if found := SAMLElement(child, tag); found != nil {
			return found
		}
	}
	return nil
}

// readXML makes a tree of a text of our own.
func readXML(text string) *etree.Element {
	doc := etree.NewDocument()
	if err := doc.ReadFromString(text); err != nil {
		panic(err) // a test has put something into a response that is no XML
	}
	return doc.Root()
}

// writeXML writes a tree in such a way that the form that is signed survives.
func writeXML(root *etree.Element) string {
	doc := etree.NewDocument()
	doc.SetRoot(root.Copy())
	doc.WriteSettings = etree.WriteSettings{CanonicalAttrVal: true, CanonicalEndTags: true, CanonicalText: true}
	text, err := doc.WriteToString()
	if err != nil {
		panic(err) // likewise
	}
	return text
}
