package ssotest

import (
	"bytes"
	"compress/flate"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"time"

	"github.com/beevik/etree"
)

// SAMLLogout is a logout message that is about to be sent. [SAML.Logout] and [SAML.LoggedOut] make honest ones.
type SAMLLogout struct {
	Tag          string // LogoutRequest or LogoutResponse
	ID, Issuer   string
	Destination  string
	Issued       time.Time
	NameID       string
	Sessions     []string
	InResponseTo string
	Key          *SAMLKey
	Method       string // of the signature in the URL
	RelayState   string
	Edit         func(message *etree.Element) // before it is signed
	Query        func(query string) string    // what an attacker does to the URL
	Deflated     func(text []byte) []byte     // in the place of the text, compressed
	Signing      Signing                      // of a form, by Key
	Forge        func(message *etree.Element) // what an attacker does to a form that is signed
}

// Logout makes a request to end a person's sessions, all unless some are named.
func (s *SAML) Logout(destination, nameID string, sessions ...string) SAMLLogout {
	return SAMLLogout{
		Tag: "LogoutRequest", ID: "_l" + rand.Text(), Issuer: s.EntityID, Destination: destination, Issued: s.now(),
		NameID: nameID, Sessions: sessions, Key: s.Key, Method: SignRSASHA256,
	}
}

// LoggedOut makes the answer to a request.
func (s *SAML) LoggedOut(destination, request string) SAMLLogout {
	return SAMLLogout{
		Tag: "LogoutResponse", ID: "_l" + rand.Text(), Issuer: s.EntityID, Destination: destination, Issued: s.now(),
		InResponseTo: request, Key: s.Key, Method: SignRSASHA256,
	}
}

func (l SAMLLogout) text() string {
	said := `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>`
	if l.NameID != "" {
		said = `<saml:NameID>` + escape(l.NameID) + `</saml:NameID>`
		for _, session := range l.Sessions {
			said += `<samlp:SessionIndex>` + escape(session) + `</samlp:SessionIndex>`
		}
	}
	return `<samlp:` + l.Tag + ` xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"` +
		attribute("ID", l.ID) + ` Version="2.0"` + attribute("IssueInstant", samlTime(l.Issued)) +
		attribute("Destination", l.Destination) + given("InResponseTo", l.InResponseTo) + `>` +
		`<saml:Issuer>` + escape(l.Issuer) + `</saml:Issuer>` + said + `</samlp:` + l.Tag + `>`
}

func (l SAMLLogout) tree() *etree.Element {
	root := readXML(l.text())
	if l.Edit != nil {
		l.Edit(root)
	}
	return root
}

func (l SAMLLogout) parameter() string {
	if l.Tag == "LogoutRequest" {
		return "SAMLRequest"
	}
	return "SAMLResponse"
}

// URL is the query by which a browser carries it (SAML Bindings §3.4). Without a key it is not signed.
func (l SAMLLogout) URL() string {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.DefaultCompression)
	_, _ = w.Write([]byte(writeXML(l.tree())))
	_ = w.Close()
	compressed := b.Bytes()
	if l.Deflated != nil {
		compressed = l.Deflated(compressed)
	}
	query := l.parameter() + "=" + url.QueryEscape(base64.StdEncoding.EncodeToString(compressed))
	if l.RelayState != "" {
		query += "&RelayState=" + url.QueryEscape(l.RelayState)
	}
	if l.Key != nil {
		query += "&SigAlg=" + url.QueryEscape(l.Method)
		hash := crypto.SHA256
		if strings.HasSuffix(l.Method, "sha1") {
			hash = crypto.SHA1
		}
		value, err := l.Key.signText(hash, query)
		if err != nil {
			panic(err) // the key is none
		}
		query += "&Signature=" + url.QueryEscape(base64.StdEncoding.EncodeToString(value))
	}
	if l.Query != nil {
		query = l.Query(query)
	}
	return query
}

// Form is what a browser posts (SAML Bindings §3.5), signed in itself.
func (l SAMLLogout) Form() url.Values {
	root := l.tree()
	if l.Key != nil {
		l.Signing.Key = l.Key
		l.Signing.sign(root)
	}
	if l.Forge != nil {
		l.Forge(root)
	}
	return url.Values{
		l.parameter(): {base64.StdEncoding.EncodeToString([]byte(writeXML(root)))}, "RelayState": {l.RelayState},
	}
}

// BehindDecoy signs the form in a weak way, where only a verifier looks. In its place stands a signature that is beyond
// reproach, but for its value.
func (l *SAMLLogout) BehindDecoy(weak Signing) {
	l.Signing, l.Forge = weak, hideSignature
	l.Edit = func(message *etree.Element) {
		message.AddChild(fragment(`<samlp:Extensions><saml:Assertion/></samlp:Extensions>`))
		putDecoy(message, l.Key)
	}
}

// DeflateBomb is little that inflates to so many bytes.
func DeflateBomb(size int) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	chunk := bytes.Repeat([]byte(" "), 1<<16)
	for range size / len(chunk) {
		_, _ = w.Write(chunk)
	}
	_ = w.Close()
	return b.Bytes()
}
