package saml

import (
	"crypto/rsa"
	"time"

	"github.com/beevik/etree"
)

// AuthnRequest asks an identity provider to sign somebody in (SAML Core §3.4.1).
type AuthnRequest struct {
	ID          string // the answer names it
	EntityID    string // ours
	ACS         string // where the answer goes to
	Destination string // the identity provider's URL
	Issued      time.Time
	Contexts    []string // AuthnContextClassRef: one of them, exactly; empty: any
	Fresh       bool     // asks for a login now, whatever the identity provider remembers
}

// URL is where the browser goes with it. The relay state comes back with the answer. Without a key it is not signed.
func (r AuthnRequest) URL(relayState string, key *rsa.PrivateKey) (string, error) {
	e := envelope("AuthnRequest", r.ID, r.EntityID, r.Destination, r.Issued)
	e.CreateAttr("ProtocolBinding", bindingPOST)
	e.CreateAttr("AssertionConsumerServiceURL", r.ACS)
	if r.Fresh {
		e.CreateAttr("ForceAuthn", "true")
	}
	if len(r.Contexts) > 0 {
		wanted := e.CreateElement("samlp:RequestedAuthnContext")
		for _, context := range r.Contexts {
			wanted.CreateElement("saml:AuthnContextClassRef").SetText(context)
		}
	}
	return send(r.Destination, paramRequest, e, relayState, key)
}

// The bindings that are spoken.
const (
	bindingRedirect = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
	bindingPOST     = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
)

// envelope is what all messages of ours begin with.
func envelope(tag, id, entityID, destination string, issued time.Time) *etree.Element {
	e := etree.NewElement("samlp:" + tag)
	e.CreateAttr("xmlns:samlp", nsProtocol)
	e.CreateAttr("xmlns:saml", nsAssertion)
	e.CreateAttr("ID", id)
	e.CreateAttr("Version", version)
	e.CreateAttr("IssueInstant", issued.UTC().Format(timeFormat))
	e.CreateAttr("Destination", destination)
	e.CreateElement("saml:Issuer").SetText(entityID)
	return e
}

const timeFormat = "2006-01-02T15:04:05Z"
