package saml

import (
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// IdentityProvider is what its metadata says (SAML Metadata §2.4.3).
type IdentityProvider struct {
	EntityID string
	// SSO is where browsers go to sign in, by redirect, and Logout where they go to sign out; empty: nowhere.
	SSO, Logout string
	// LogoutAnswer is where answers to its own logouts go. It defaults to Logout.
	LogoutAnswer string
	// Certificates are those of its signatures.
	Certificates []*x509.Certificate
	// WantsSignedRequests says that it answers no other.
	WantsSignedRequests bool
}

// ReadMetadata reads the metadata of one identity provider. Whoever imports it vouches for where it comes from: a signature
// in it proves nothing here, and is not looked at. Metadata whose time is over is refused: a certificate may have been
// withdrawn since.
func ReadMetadata(text []byte, now time.Time) (IdentityProvider, error) {
	root, err := parse(nil, text, metadataLimits)
	if err != nil {
		return IdentityProvider{}, err
	}
	entity, err := onlyProvider(root)
	if err != nil {
		return IdentityProvider{}, malformed(err)
	}
	p, err := readProvider(entity)
	if err := errors.Join(refuseOver(entity, now), err); err != nil {
		return IdentityProvider{}, malformed(err)
	}
	return p, nil
}

// onlyProvider finds the one entity that signs people in. A federation's metadata has many, of which nobody has chosen one.
func onlyProvider(root *etree.Element) (*etree.Element, error) {
	var found []*etree.Element
	for _, entity := range below(root, nsMetadata, "EntityDescriptor") {
		if len(children(entity, nsMetadata, "IDPSSODescriptor")) == 1 {
			found = append(found, entity)
		}
	}
	switch {
	case len(found) == 0:
		return nil, errors.New("there is no identity provider in it: is it the metadata of a service?")
	case len(found) > 1:
		return nil, fmt.Errorf("there are %d identity providers in it: import the metadata of one", len(found))
	}
	return found[0], nil
}

// refuseOver looks at the entity, at its role and at all around it, of which each may have a time of its own (SAML Metadata
// §2.3.1, §2.3.2, §2.4.1).
func refuseOver(entity *etree.Element, now time.Time) error {
	for e := only(entity, nsMetadata, "IDPSSODescriptor"); e != nil; e = e.Parent() {
		value, there := lookup(e, "validUntil")
		if until, ok := instant(e, "validUntil"); there && (!ok || !now.Before(until)) {
			return fmt.Errorf("its <%s> was good until %q: get it anew", e.Tag, cut(value))
		}
	}
	return nil
}

func readProvider(entity *etree.Element) (IdentityProvider, error) {
	role := only(entity, nsMetadata, "IDPSSODescriptor")
	p := IdentityProvider{
		EntityID: attribute(entity, "entityID"), WantsSignedRequests: isTrue(attribute(role, "WantAuthnRequestsSigned")),
		SSO: location(role, "SingleSignOnService", "Location"), Logout: location(role, "SingleLogoutService", "Location"),
		LogoutAnswer: location(role, "SingleLogoutService", "ResponseLocation"),
	}
	if p.LogoutAnswer == "" {
		p.LogoutAnswer = p.Logout
	}
	if !slices.Contains(strings.Fields(attribute(role, "protocolSupportEnumeration")), nsProtocol) {
		return p, errors.New("its identity provider does not speak SAML 2.0")
	}
	if p.EntityID == "" || len(p.EntityID) > directory.MaxEntityID {
		return p, fmt.Errorf("its entityID is empty, or longer than %d bytes", directory.MaxEntityID)
	}
	if err := sso.CheckURL(p.SSO); err != nil {
		return p, fmt.Errorf("it has no place to sign in by the binding HTTP-Redirect: %w", err)
	}
	for _, place := range []string{p.Logout, p.LogoutAnswer} {
		if place != "" && sso.CheckURL(place) != nil {
			return p, fmt.Errorf("browsers cannot be sent to sign out: %w", sso.CheckURL(place))
		}
	}
	var err error
	p.Certificates, err = certificates(role)
	return p, err
}

func isTrue(value string) bool { return value == "true" || value == "1" } // xs:boolean

// location is that of the first service of a kind that browsers are redirected to.
func location(role *etree.Element, kind, name string) string {
	for _, service := range children(role, nsMetadata, kind) {
		if attribute(service, "Binding") == bindingRedirect {
			return attribute(service, name)
		}
	}
	return ""
}

// certificates are those for signatures: of each key the first one, as the others vouch for it, which nobody asks for.
func certificates(role *etree.Element) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for _, key := range children(role, nsMetadata, "KeyDescriptor") {
		if use, there := lookup(key, "use"); there && use != "signing" {
			continue
		}
		data := only(only(key, nsSignature, "KeyInfo"), nsSignature, "X509Data")
		der, err := sso.DecodeBase64(text(first(data, nsSignature, "X509Certificate")))
		if err != nil || len(der) == 0 {
			return nil, errors.New("a key has no certificate that could be read")
		}
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("a certificate cannot be read: %w", err)
		}
		if err := directory.CheckCertificate(c); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, c.Equal) {
			all = append(all, c)
		}
	}
	if len(all) == 0 || len(all) > directory.MaxCertificates {
		return nil, fmt.Errorf("it has %d certificates for signatures: there must be one, and no more than %d", len(all), directory.MaxCertificates)
	}
	return all, nil
}

// Rules are those of a connection to it.
func (p IdentityProvider) Rules() directory.SAML {
	rules := directory.SAML{SSO: p.SSO, Logout: p.Logout, SignRequests: p.WantsSignedRequests}
	if p.LogoutAnswer != p.Logout {
		rules.LogoutAnswer = p.LogoutAnswer
	}
	for _, c := range p.Certificates {
		rules.Certificates = append(rules.Certificates, directory.PEM(c))
	}
	return rules
}

// Changes says in plain words what becomes different with newer metadata; nothing: nothing does. A new certificate lets
// whoever has its key sign anybody in, so people look at this before they say yes.
func (p IdentityProvider) Changes(newer IdentityProvider) []string {
	var changes []string
	for _, field := range []struct{ what, before, after string }{
		{"the entity ID", p.EntityID, newer.EntityID},
		{"where people sign in", p.SSO, newer.SSO},
		{"where people sign out", p.Logout, newer.Logout},
		{"where answers to logouts go", p.LogoutAnswer, newer.LogoutAnswer},
		{"whether it wants requests signed", yesOrNo(p.WantsSignedRequests), yesOrNo(newer.WantsSignedRequests)},
	} {
		switch {
		case field.before == field.after:
		case field.before == "":
			changes = append(changes, fmt.Sprintf("%s becomes %q", field.what, field.after))
		case field.after == "":
			changes = append(changes, fmt.Sprintf("%s is not said any more, it was %q", field.what, field.before))
		default:
			changes = append(changes, fmt.Sprintf("%s becomes %q, it was %q", field.what, field.after, field.before))
		}
	}
	for _, c := range newer.Certificates {
		if !slices.ContainsFunc(p.Certificates, c.Equal) {
			changes = append(changes, "new certificate "+describe(c))
		}
	}
	for _, c := range p.Certificates {
		if !slices.ContainsFunc(newer.Certificates, c.Equal) {
			changes = append(changes, "no longer the certificate "+describe(c))
		}
	}
	return changes
}

func describe(c *x509.Certificate) string {
	return fmt.Sprintf("%s of %q, good until %s", directory.Fingerprint(c), c.Subject, c.NotAfter.UTC().Format(time.DateOnly))
}
