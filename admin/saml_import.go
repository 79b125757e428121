package admin

import (
	"crypto/x509"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// MetadataImport brings in the metadata of an identity provider of SAML.
type MetadataImport struct {
	Metadata     string   `json:"metadata,omitzero" doc:"The metadata, as XML."`
	URL          string   `json:"url,omitzero" doc:"Where it is, instead: an https URL at a public address. It is read with each request: send the text, to confirm what you have looked at."`
	Confirm      bool     `json:"confirm,omitzero" doc:"Do it. Without it the answer says what it would come to, and nothing is changed."`
	Certificates []string `json:"certificates,omitzero" doc:"With confirm: the SHA-256 of each new certificate, once you have compared it; with or without colons."`
	EntityID     string   `json:"entity_id,omitzero" doc:"With confirm, where the metadata is of another identity provider than before: its entity ID. People are known by it, so that all who come are new."`
}

// MetadataReport says what an import comes to.
type MetadataReport struct {
	EntityID        string            `json:"entity_id" doc:"What the identity provider calls itself: settings.sign_in.issuer."`
	Applied         bool              `json:"applied" doc:"Whether it was done."`
	Changes         []string          `json:"changes" doc:"What becomes different."`
	NewCertificates []SAMLCertificate `json:"new_certificates" doc:"Those that the connection has not taken until now, to be compared with the identity provider's own page."`
	OtherProvider   bool              `json:"other_provider,omitempty" doc:"It is another identity provider than before: confirm its entity_id."`
	MetadataURL     string            `json:"metadata_url,omitempty" doc:"Usher's own metadata, for the identity provider."`
	Version         int64             `json:"version" doc:"The version of the connection; the ETag."`
}

func (m MetadataReport) version() int64 { return m.Version }

// importMetadata takes it in one change, or not at all.
func (c *call) importMetadata(in MetadataImport) (MetadataReport, error) {
	text, err := c.metadata(in)
	if err != nil {
		return MetadataReport{}, err
	}
	var report MetadataReport
	err = c.merged(func() error {
		k, err := c.connection()
		if err != nil {
			return err
		}
		if err := c.match(k.Version); err != nil {
			return err
		}
		report, err = c.importInto(k, in, text)
		return err
	})
	return report, err
}

// metadata is that of the body, or of the address that it names.
func (c *call) metadata(in MetadataImport) ([]byte, error) {
	if (in.Metadata == "") == (in.URL == "") {
		return nil, newProblem(invalid, "send metadata, the text, or url, where it is", "the metadata comes from exactly one place")
	}
	if in.URL == "" {
		return []byte(in.Metadata), nil
	}
	text, err := c.SAML.Fetch(c.ctx, in.URL)
	if err != nil {
		return nil, newProblem(invalid, "see that the URL opens in a browser without a login, or send the text as metadata", "the metadata cannot be fetched: %v", err)
	}
	return text, nil
}

func (c *call) importInto(k directory.Connection, in MetadataImport, text []byte) (MetadataReport, error) {
	if rules := k.Settings.SignIn; rules != nil && rules.Protocol != directory.ProtocolSAML {
		return MetadataReport{}, newProblem(conflict, "make another connection for SAML", "people sign in by OpenID Connect at connection %q", k.Name)
	}
	i, err := c.SAML.Import(k.Settings.SignIn, text, c.Now())
	if err != nil {
		return MetadataReport{}, newProblem(invalid, "send the EntityDescriptor of one identity provider, as it publishes it", "%v", err)
	}
	var fresh []directory.Certificate
	for _, x := range i.New {
		fresh = append(fresh, directory.Certificate{Certificate: x, Use: directory.UseProvider})
	}
	if in.Confirm {
		if err := in.confirmed(i); err != nil {
			return MetadataReport{}, err
		}
		if k, err = c.applyImport(k, i); err != nil {
			return MetadataReport{}, err
		}
	}
	return MetadataReport{
		EntityID: i.EntityID, Applied: in.Confirm, Changes: orEmpty(i.Changes), NewCertificates: c.showCertificates(fresh),
		OtherProvider: i.OtherProvider, MetadataURL: c.metadataURL(k), Version: k.Version,
	}, nil
}

// confirmed refuses what nobody has looked at: each new certificate, and another identity provider. What was confirmed and is
// not there says that the metadata has changed since.
func (in MetadataImport) confirmed(i directory.MetadataImport) error {
	var said []string
	for _, text := range in.Certificates {
		said = append(said, strings.ToLower(strings.ReplaceAll(text, ":", "")))
	}
	for _, x := range i.New {
		if name := directory.Fingerprint(x); !slices.Contains(said, name) {
			return newProblem(invalid, "compare it with the identity provider's own page, and send its SHA-256 in certificates",
				"nobody has confirmed the certificate %s of %q", name, printable(x.Subject.String()))
		}
	}
	for n, name := range said {
		if !slices.ContainsFunc(i.Certificates, func(x *x509.Certificate) bool { return directory.Fingerprint(x) == name }) {
			return newProblem(invalid, "send it without confirm, and look again", "the metadata has no certificate %q", printable(in.Certificates[n]))
		}
	}
	if i.OtherProvider && in.EntityID != i.EntityID {
		return newProblem(invalid, "make another connection, or send that name as entity_id: nobody who has signed in is known by it",
			"the metadata is of another identity provider, %q", printable(i.EntityID))
	}
	return nil
}

// applyImport writes the rules, with the keys that they need. What differs in nothing is not written.
func (c *call) applyImport(k directory.Connection, i directory.MetadataImport) (directory.Connection, error) {
	settings := k.Settings
	settings.SignIn = i.Rules
	secret, err := c.secretFor(k, settings)
	if err != nil {
		return k, err
	}
	return c.Directory.UpdateConnection(c.ctx, c.by, k, directory.ConnectionChange{Settings: &settings, SignInSecret: secret, Version: k.Version})
}

// secretFor is what the settings need in the place of the connection's secret; nil: nothing.
func (c *call) secretFor(k directory.Connection, after directory.ConnectionSettings) (*string, error) {
	known, err := c.Directory.SignInSecret(c.ctx, k)
	if err != nil {
		return nil, err
	}
	return c.SAML.SecretFor(k.Settings.SignIn, after.SignIn, known, c.Now())
}

// exampleImport is the body of a first look at metadata.
const exampleImport = `{"metadata":"<md:EntityDescriptor xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\" xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\" entityID=\"https:/` +
	`/login.acme.example/metadata\"><md:IDPSSODescriptor protocolSupportEnumeration=\"urn:oasis:names:tc:SAML:2.0:protocol\"><md:KeyDescriptor use=\"signin` +
	`g\"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>MIIBJzCBzqADAgECAgIH6jAKBggqhkjOPQQDAjAdMRswGQYDVQQDExJsb2dpbi5hY21lLmV4YW1wbGUwHhcNMjYwMTAxMDAwMDAwW` +
	`hcNNDYwMTAxMDAwMDAwWjAdMRswGQYDVQQDExJsb2dpbi5hY21lLmV4YW1wbGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATem2MishkHl0bj8UjmDYZe5lrh+7v7UGCL4ujzwd1DvgrR29VugAX` +
	`zWrpNnr3J05bl0szNCRAq7mGqmYWghgFWMAoGCCqGSM49BAMCA0gAMEUCIQCq5gA0xQu8g4oKg06A2hmGR0EA1fsA0O8XughTHe99cgIgPDI1cPnTpiO45HZQmngSyEj7PY6m5Hv/Ol+0JJ4gLRA=<` +
	`/ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor><md:SingleSignOnService Binding=\"urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect` +
	`\" Location=\"https://login.acme.example/sso\"/></md:IDPSSODescriptor></md:EntityDescriptor>"}`
