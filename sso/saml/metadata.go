package saml

import (
	"crypto/x509"
	"encoding/base64"
	"strconv"

	"github.com/beevik/etree"
)

const nsMetadata = "urn:oasis:names:tc:SAML:2.0:metadata"

// Service is our side of a connection, as an identity provider has to know it.
type Service struct {
	EntityID, ACS, Logout string
	// Signing are the certificates of our requests, Decryption those for assertions: two of each while they change.
	Signing, Decryption []*x509.Certificate
	// SignsRequests says that all our requests are signed, and WantsSignedAssertions that no other assertion is taken.
	SignsRequests, WantsSignedAssertions bool
}

// Metadata is the document that an identity provider imports (SAML Metadata §2.4.4).
func (s Service) Metadata() []byte {
	root := etree.NewElement("md:EntityDescriptor")
	root.CreateAttr("xmlns:md", nsMetadata)
	root.CreateAttr("xmlns:ds", nsSignature)
	root.CreateAttr("entityID", s.EntityID)
	sp := root.CreateElement("md:SPSSODescriptor")
	sp.CreateAttr("AuthnRequestsSigned", strconv.FormatBool(s.SignsRequests))
	sp.CreateAttr("WantAssertionsSigned", strconv.FormatBool(s.WantsSignedAssertions))
	sp.CreateAttr("protocolSupportEnumeration", nsProtocol)
	for _, c := range s.Signing {
		addKey(sp, "signing", c)
	}
	for _, c := range s.Decryption {
		addDecryption(sp, c)
	}
	for _, binding := range []string{bindingRedirect, bindingPOST} {
		addService(sp, "SingleLogoutService", binding, s.Logout)
	}
	acs := addService(sp, "AssertionConsumerService", bindingPOST, s.ACS)
	acs.CreateAttr("index", "0")
	acs.CreateAttr("isDefault", "true")
	return append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"), write(root)...)
}

func addService(parent *etree.Element, kind, binding, location string) *etree.Element {
	e := parent.CreateElement("md:" + kind)
	e.CreateAttr("Binding", binding)
	e.CreateAttr("Location", location)
	return e
}

func addKey(parent *etree.Element, use string, c *x509.Certificate) *etree.Element {
	key := parent.CreateElement("md:KeyDescriptor")
	key.CreateAttr("use", use)
	key.CreateElement("ds:KeyInfo").CreateElement("ds:X509Data").CreateElement("ds:X509Certificate").
		SetText(base64.StdEncoding.EncodeToString(c.Raw))
	return key
}

// addDecryption says by what to encrypt: an identity provider that is told nothing takes AES-CBC.
func addDecryption(parent *etree.Element, c *x509.Certificate) {
	key := addKey(parent, "encryption", c)
	for _, algorithm := range []string{nsEnc11 + "aes256-gcm", nsEnc11 + "aes128-gcm", oaepMGF1P} {
		key.CreateElement("md:EncryptionMethod").CreateAttr("Algorithm", algorithm)
	}
}
