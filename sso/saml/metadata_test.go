package saml_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

func certificate(t testing.TB, i int) *x509.Certificate {
	t.Helper()
	keys, _ := ssotest.SAMLKeys()
	return keys[i].Certificate
}

func keyDescriptor(use string, certificates ...*x509.Certificate) string {
	text := `<md:KeyDescriptor` + use + `><ds:KeyInfo><ds:X509Data>`
	for _, c := range certificates {
		encoded := base64.StdEncoding.EncodeToString(c.Raw)
		text += "<ds:X509Certificate>\n  " + encoded[:76] + "\n  " + encoded[76:] + "\n</ds:X509Certificate>"
	}
	return text + `</ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`
}

// providerMetadata is as identity providers publish it.
func providerMetadata(keys string) string {
	return `<?xml version="1.0"?><!-- of the year 2026 --><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" ` +
		`xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="` + issuer + `"><md:IDPSSODescriptor WantAuthnRequestsSigned="1" ` +
		`protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` + keys +
		`<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/slo" ResponseLocation="https://idp.example/slo/done"/>` +
		`<md:NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</md:NameIDFormat>` +
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example/post"/>` +
		`<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>` +
		`</md:IDPSSODescriptor></md:EntityDescriptor>`
}

func TestReadMetadata_OfAnIdentityProvider(t *testing.T) {
	t.Parallel()
	one, two := certificate(t, 0), certificate(t, 1)
	text := providerMetadata(keyDescriptor(` use="signing"`, one, toy()) + keyDescriptor(``, two) + keyDescriptor(` use="signing"`, one) +
		keyDescriptor(` use="encryption"`, toy()))
	got, err := saml.ReadMetadata([]byte(text), noon)
	if err != nil {
		t.Fatal(err)
	}
	if got.EntityID != issuer || got.SSO != "https://idp.example/sso" || got.Logout != "https://idp.example/slo" ||
		got.LogoutAnswer != "https://idp.example/slo/done" || !got.WantsSignedRequests {
		t.Errorf("read %+v", got)
	}
	if len(got.Certificates) != 2 || !got.Certificates[0].Equal(one) || !got.Certificates[1].Equal(two) {
		t.Errorf("%d certificates", len(got.Certificates))
	}
}

func TestReadMetadata_Refuses(t *testing.T) {
	t.Parallel()
	good := providerMetadata(keyDescriptor(` use="signing"`, certificate(t, 0)))
	change := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(good) }
	inside := good[strings.Index(good, "<md:"):]
	for name, text := range map[string]string{
		"nothing":                "",
		"no XML":                 "entityID: x",
		"a document type":        "<!DOCTYPE x>" + good[len(`<?xml version="1.0"?>`):],
		"a service's":            change("IDPSSODescriptor", "SPSSODescriptor"),
		"two providers":          `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">` + inside + inside + `</md:EntitiesDescriptor>`,
		"no name":                change(`entityID="`+issuer+`"`, ""),
		"another namespace":      change("SAML:2.0:metadata", "SAML:1.0:metadata"),
		"SAML 1.1":               change("SAML:2.0:protocol", "SAML:1.1:protocol"),
		"an entity of once":      change("<md:EntityDescriptor ", `<md:EntityDescriptor validUntil="2026-03-01T12:00:00Z" `),
		"a role of once":         change("<md:IDPSSODescriptor ", `<md:IDPSSODescriptor validUntil="2001-01-01T00:00:00Z" `),
		"a federation of once":   `<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" validUntil="2001-01-01T00:00:00Z">` + inside + `</md:EntitiesDescriptor>`,
		"good until no time":     change("<md:EntityDescriptor ", `<md:EntityDescriptor validUntil="soon" `),
		"no redirect":            change("bindings:HTTP-Redirect", "bindings:SOAP"),
		"a script":               change("https://idp.example/sso", "javascript:alert(1)"),
		"in the clear":           change("https://idp.example/sso", "http://idp.example/sso"),
		"a logout by script":     change("https://idp.example/slo/done", "javascript:alert(1)"),
		"no certificate":         providerMetadata(""),
		"only for encryption":    providerMetadata(keyDescriptor(` use="encryption"`, certificate(t, 0))),
		"a toy":                  providerMetadata(keyDescriptor("", toy())),
		"no base64":              change("<ds:X509Certificate>", "<ds:X509Certificate>!"),
		"half a certificate":     change("\n</ds:X509Certificate>", "AAAA\n</ds:X509Certificate>"),
		"more than a mebibyte":   change("<md:NameIDFormat>", strings.Repeat(" ", 1<<20)+"<md:NameIDFormat>"),
		"more than 10,000 parts": change("<md:NameIDFormat>", strings.Repeat("<md:NameIDFormat/>", 10_000)+"<md:NameIDFormat>"),
	} {
		if got, err := saml.ReadMetadata([]byte(text), noon); code(t, err) == "" {
			t.Errorf("%s: read %+v", name, got)
		}
	}
	if _, err := saml.ReadMetadata([]byte(change("<md:EntityDescriptor ", `<md:EntityDescriptor validUntil="2026-03-01T12:00:01Z" `)), noon); err != nil {
		t.Errorf("good for a second: %v", err)
	}
	if _, err := saml.ReadMetadata([]byte(`<md:EntitiesDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata">`+inside+`</md:EntitiesDescriptor>`), noon); err != nil {
		t.Errorf("one among none: %v", err)
	}
}

func TestChanges_SayWhatBecomesDifferent(t *testing.T) {
	t.Parallel()
	before, err := saml.ReadMetadata([]byte(providerMetadata(keyDescriptor("", certificate(t, 0)))), noon)
	if err != nil {
		t.Fatal(err)
	}
	if got := before.Changes(before); got != nil {
		t.Errorf("nothing has changed, but %q", got)
	}
	after := before
	after.SSO, after.Certificates = "https://evil.example", []*x509.Certificate{certificate(t, 1)}
	got := strings.Join(before.Changes(after), "\n")
	for _, want := range []string{
		`where people sign in becomes "https://evil.example", it was "https://idp.example/sso"`,
		"new certificate " + directory.Fingerprint(certificate(t, 1)), "no longer the certificate " + directory.Fingerprint(certificate(t, 0)), "2040-01-01",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not said in\n%s", want, got)
		}
	}
}

// Our own metadata says what the schema wants, in its order.
func TestMetadata_IsWhatIdentityProvidersImport(t *testing.T) {
	t.Parallel()
	s := saml.Service{
		EntityID: entityID, ACS: acs, Logout: slo, Signing: []*x509.Certificate{certificate(t, 0)},
		Decryption: []*x509.Certificate{certificate(t, 0), certificate(t, 1)}, SignsRequests: true,
	}
	text := string(s.Metadata())
	at := -1
	for _, want := range []string{
		`<?xml version="1.0" encoding="UTF-8"?>`, `<md:EntityDescriptor`, `entityID="` + entityID + `"`,
		`<md:SPSSODescriptor AuthnRequestsSigned="true" WantAssertionsSigned="false" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">`,
		`<md:KeyDescriptor use="signing">`, base64.StdEncoding.EncodeToString(certificate(t, 0).Raw),
		`<md:KeyDescriptor use="encryption">`, base64.StdEncoding.EncodeToString(certificate(t, 0).Raw), `xmlenc11#aes256-gcm`,
		`<md:KeyDescriptor use="encryption">`, base64.StdEncoding.EncodeToString(certificate(t, 1).Raw),
		fmt.Sprintf(`<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location=%q`, slo),
		fmt.Sprintf(`<md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location=%q index="0" isDefault="true"`, acs),
	} {
		next := strings.Index(text[max(at, 0):], want)
		if next < 0 {
			t.Fatalf("%s is not behind the others in\n%s", want, text)
		}
		at = max(at, 0) + next + len(want)
	}
	if strings.Contains(text, "PRIVATE") || slices.Contains([]byte(text), 0) {
		t.Error("there is something in it that is nobody's business")
	}
}
