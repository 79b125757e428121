package admin

import (
	"context"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// SAML is what the API needs to know of the protocol, which is sso's: one face never imports another, so who mounts both
// brings them together. Nothing here writes; all are pure but Fetch.
type SAML struct {
	// Fetch gets metadata from an https URL. What its error says, the caller reads.
	Fetch func(ctx context.Context, url string) ([]byte, error)
	// Import reads metadata for a connection, of which rules is nil when it has none yet.
	Import func(rules *directory.SignIn, metadata []byte, now time.Time) (directory.MetadataImport, error)
	// Certificates lists those of a connection, with ours out of its secret.
	Certificates func(rules *directory.SignIn, secret string) ([]directory.Certificate, error)
	// SecretFor is the secret that rules need in the place of the known one; nil: that one will do.
	SecretFor func(before, after *directory.SignIn, known string, now time.Time) (*string, error)
	// NextKeys and SwitchKeys are the two steps in which our keys change: from a known secret to the next one.
	NextKeys, SwitchKeys KeyStep
}

// KeyStep makes the next secret of a known one.
type KeyStep func(known string, now time.Time) (string, error)

// SAMLCertificate is one of a connection by which people sign in by SAML.
type SAMLCertificate struct {
	Use       directory.CertificateUse `json:"use" enum:"identity_provider,signing,next_signing,encryption,next_encryption" doc:"Whose it is: identity_provider signs people in; the others are Usher's own, and the next ones take their place when the keys are switched."`
	SHA256    string                   `json:"sha256" doc:"Its fingerprint, by which people compare it."`
	Subject   string                   `json:"subject" doc:"What it calls itself."`
	NotBefore time.Time                `json:"not_before" doc:"From when on it is good."`
	NotAfter  time.Time                `json:"not_after" doc:"Until when it is good."`
	Expired   bool                     `json:"expired,omitempty" doc:"Its time is over."`
	PEM       string                   `json:"pem" doc:"The certificate, for identity providers that do not read Usher's metadata."`
}

// SAMLKeys are Usher's own at a connection.
type SAMLKeys struct {
	MetadataURL  string            `json:"metadata_url,omitempty" doc:"Usher's metadata, which shows all of them."`
	Certificates []SAMLCertificate `json:"certificates" doc:"Those of the keys. Nobody sees the keys themselves."`
	Version      int64             `json:"version" doc:"The version of the connection; the ETag."`
}

func (k SAMLKeys) version() int64 { return k.Version }

func samlRoutes() []route {
	const one = "/workspaces/{workspace}/connections/{connection}/saml"
	return []route{
		accept(route{
			method: "POST", pattern: one + "/metadata", name: "importMetadata", summary: "Import the metadata of an identity provider of SAML, or see what that would change",
			doc: "Without confirm nothing is changed: the answer says what would become different. Whoever has the key of a new certificate can sign in as " +
				"anybody, so compare each with the identity provider's own page, and send its fingerprint with confirm. Rules that people have chosen stay. Keys of " +
				"Usher's own are made where the identity provider wants signed requests.",
			scope: directory.ScopeSecurityWrite, matches: true,
			example: example{path: map[string]string{"connection": "entra-next"}, body: exampleImport},
		}, (*call).importMetadata),
		answer(route{
			method: "GET", pattern: one + "/certificates", name: "listSAMLCertificates", summary: "List the certificates of sign-in by SAML",
			doc:   "The identity provider's, and Usher's own. Admins get a mail 30, 7 and 1 days before one ends.",
			scope: directory.ScopeSecurityRead, query: paged, example: example{path: map[string]string{"connection": "onelogin"}},
		}, (*call).listCertificates),
		answer(route{
			method: "POST", pattern: one + "/keys/rotate", name: "rotateSAMLKeys", summary: "Make the next keys of Usher's own for SAML",
			doc:   "Usher's metadata shows both then: let the identity provider read it again before you complete. The first keys are in use at once.",
			scope: directory.ScopeSecurityWrite, matches: true, example: example{path: map[string]string{"connection": "adfs"}},
		}, (*call).rotateKeys),
		answer(route{
			method: "POST", pattern: one + "/keys/complete", name: "completeSAMLKeys", summary: "Switch to the next keys of Usher's own, and forget the others",
			doc:   "An identity provider that does not know them refuses what Usher signs, and encrypts what nobody can read any more.",
			scope: directory.ScopeSecurityWrite, matches: true, example: example{path: map[string]string{"connection": "onelogin"}},
		}, (*call).completeKeys),
	}
}

func (c *call) showCertificate(x directory.Certificate) SAMLCertificate {
	return SAMLCertificate{
		Use: x.Use, SHA256: directory.Fingerprint(x.Certificate), Subject: printable(x.Subject.String()),
		NotBefore: x.NotBefore.UTC(), NotAfter: x.NotAfter.UTC(), Expired: c.Now().After(x.NotAfter), PEM: directory.PEM(x.Certificate),
	}
}

func (c *call) showCertificates(all []directory.Certificate) []SAMLCertificate {
	shown := make([]SAMLCertificate, len(all))
	for i, x := range all {
		shown[i] = c.showCertificate(x)
	}
	return shown
}

// metadataURL is where Usher's own metadata of the connection is.
func (c *call) metadataURL(k directory.Connection) string {
	if urls := c.SignInURLs(k); urls != nil {
		return urls.EntityID
	}
	return ""
}

func (c *call) listCertificates() (List[SAMLCertificate], error) {
	k, err := c.connection()
	if err != nil {
		return List[SAMLCertificate]{}, err
	}
	secret, err := c.Directory.SignInSecret(c.ctx, k)
	if err != nil {
		return List[SAMLCertificate]{}, err
	}
	all, err := c.SAML.Certificates(k.Settings.SignIn, secret)
	if err != nil {
		return List[SAMLCertificate]{}, err
	}
	return pageOf(c, all, func(x directory.Certificate) string {
		return string(x.Use) + " " + directory.Fingerprint(x.Certificate)
	}, c.showCertificate)
}

func (c *call) rotateKeys() (SAMLKeys, error) { return c.changeKeys(c.SAML.NextKeys) }

func (c *call) completeKeys() (SAMLKeys, error) { return c.changeKeys(c.SAML.SwitchKeys) }

// changeKeys takes the next of the two steps in which our keys change.
func (c *call) changeKeys(step KeyStep) (SAMLKeys, error) {
	k, err := c.connection()
	if err != nil {
		return SAMLKeys{}, err
	}
	var secret string
	k, err = c.Directory.ChangeSignInSecret(c.ctx, c.by, k, func(k directory.Connection, known string) (string, error) {
		if err := c.match(k.Version); err != nil {
			return "", err
		}
		if !k.Settings.SignIn.IsSAML() {
			return "", newProblem(conflict, "import the identity provider's metadata first", "nobody signs in by SAML at connection %q", k.Name)
		}
		if secret, err = step(known, c.Now()); err != nil {
			return "", newProblem(conflict, "list the certificates to see which keys there are", "%s", err)
		}
		return secret, nil
	})
	if err != nil {
		return SAMLKeys{}, err
	}
	all, err := c.SAML.Certificates(k.Settings.SignIn, secret)
	ours := slices.DeleteFunc(all, func(x directory.Certificate) bool { return x.Use == directory.UseProvider })
	return SAMLKeys{MetadataURL: c.metadataURL(k), Certificates: c.showCertificates(ours), Version: k.Version}, err
}
