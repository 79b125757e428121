package directory

import (
	"crypto/x509"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/input"
)

// ProtocolSAML is SAML 2.0.
const ProtocolSAML = "saml"

// SAML are the rules of a sign-in by SAML, beside those that hold for every protocol. They come out of the identity
// provider's metadata; SignIn.Issuer is its entity ID.
type SAML struct {
	// SSO is the URL to which browsers are sent to sign in, by the binding HTTP-Redirect.
	SSO string `json:"sso_url"`
	// Logout is where they are sent to sign out. Absent: nowhere.
	Logout string `json:"logout_url,omitempty"`
	// LogoutAnswer is where they are sent when the identity provider has begun. Absent: logout_url.
	LogoutAnswer string `json:"logout_answer_url,omitempty"`
	// Certificates are those of the identity provider's signatures, in PEM: two while it changes them.
	Certificates []string `json:"certificates"`
	// SignRequests signs what is sent to the identity provider.
	SignRequests bool `json:"sign_requests,omitempty"`
	// SignedAssertions wants assertions signed themselves, whether the response around them is or not.
	SignedAssertions bool `json:"signed_assertions,omitempty"`
	// Unsolicited lets people start at the identity provider. A login of our own is begun for them there.
	Unsolicited bool `json:"unsolicited,omitempty"`
	// EmailAttribute is the attribute with the e-mail address. Absent: one of the usual ones, or a name that is an address.
	EmailAttribute string `json:"email_attribute,omitempty"`
	// VerifiedEmails takes the e-mail addresses for verified, in the domains that the tenant has proved: the identity provider
	// lets nobody write their own. Those of Entra never are.
	VerifiedEmails bool `json:"verified_emails,omitempty"`
	// NameAttribute is the attribute with the name to show. Absent: one of the usual ones.
	NameAttribute string `json:"name_attribute,omitempty"`
	// Skew is by how many seconds the identity provider's clock may differ, up to 300. Absent: 60.
	Skew int `json:"skew_seconds,omitempty"`
	// ExpiredCertificates takes certificates whose time is over, or has not come yet.
	ExpiredCertificates bool `json:"expired_certificates,omitempty"`
	// SHA1Until is the last day, such as 2026-12-31, on which signatures with SHA-1 are taken, which can be forged. It is no
	// more than 366 days away when it is set.
	SHA1Until string `json:"sha1_until,omitempty"`
	// CBC takes assertions that are encrypted by AES-CBC, in signed responses alone.
	CBC bool `json:"aes_cbc,omitempty"`
}

// MetadataImport is what an identity provider's metadata would make of the rules of a connection.
type MetadataImport struct {
	EntityID      string // the name of the identity provider
	OtherProvider bool   // it is another one than the connection's, by whose name people are known

	Certificates []*x509.Certificate // all of it
	New          []*x509.Certificate // that the connection does not take yet: whoever has the key of one can sign in anybody
	Changes      []string            // in plain words; none: nothing becomes different
	Rules        *SignIn             // those of the connection after it
}

// IsSAML reports rules by which people sign in by SAML.
func (s *SignIn) IsSAML() bool { return s != nil && s.SAML != nil }

// EmailAttributes are those in which identity providers say the e-mail address, unless a connection names one.
var EmailAttributes = []string{
	"email", "mail", "emailAddress", "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "urn:oid:0.9.2342.19200300.100.1.3",
}

// The bounds of SAML, of which whoever reads metadata knows too.
const (
	MaxEntityID     = 1024 // bytes (SAML Core §8.3.6)
	MaxCertificates = 8    // of one identity provider
)

const maxSAMLSkew = 300 // seconds

// checkSAML refuses what no response could be verified by. What the certificates are good for, the protocol itself says.
func (s *SignIn) checkSAML() error {
	switch {
	case s.SAML == nil:
		return refuse(RefusedInvalid, "import the identity provider's metadata: usher connection sign-in NAME --metadata FILE, or POST …/saml/metadata", "sign-in by SAML has no rules")
	case s.Issuer == "" || len(s.Issuer) > MaxEntityID:
		return refuse(RefusedInvalid, "copy the entity ID from the identity provider", "the issuer is empty or longer than %d bytes", MaxEntityID)
	case s.ClientID != "" || len(s.Scopes)+len(s.Algorithms)+len(s.Tenants) > 0:
		return refuse(RefusedInvalid, "take them away", "SAML knows no client id, scopes, algorithms or tenants")
	case s.SAML.Skew < 0 || s.SAML.Skew > maxSAMLSkew:
		return refuse(RefusedInvalid, "write 0 to 300", "clocks cannot differ by %d seconds", s.SAML.Skew)
	case s.SAML.isAddress(s.PrincipalClaim):
		return refuse(RefusedInvalid, "leave it out for the NameID, or name the attribute of an id that nobody writes",
			"the principal_claim %q is an e-mail address, which SAML never verifies: whoever may write their own would be whom they like", s.PrincipalClaim)
	}
	if _, err := time.Parse(time.DateOnly, s.SAML.SHA1Until); err != nil && s.SAML.SHA1Until != "" {
		return refuse(RefusedInvalid, "write it as 2026-12-31", "%q is no day", s.SAML.SHA1Until)
	}
	if err := input.Address("sso_url", s.SAML.SSO); err != nil {
		return err
	}
	for name, address := range map[string]string{"logout_url": s.SAML.Logout, "logout_answer_url": s.SAML.LogoutAnswer} {
		if address != "" {
			if err := input.Address(name, address); err != nil {
				return err
			}
		}
	}
	return s.SAML.checkCertificates()
}

// maxSHA1Days is how long an identity provider may take to leave SHA-1 behind: nobody means for ever.
const maxSHA1Days = 366

// CheckSHA1 refuses a day that is too far away. What was saved stays good: the day comes nearer.
func (s *SignIn) CheckSHA1(now time.Time) error {
	if !s.IsSAML() {
		return nil
	}
	if day, err := time.Parse(time.DateOnly, s.SAML.SHA1Until); err == nil && day.After(now.AddDate(0, 0, maxSHA1Days)) {
		return refuse(RefusedInvalid, "write a day of the next 12 months", "signatures with SHA-1 would be taken until %s", s.SAML.SHA1Until)
	}
	return nil
}

// isAddress tells whether an attribute is an e-mail address, in whatever case.
func (s *SAML) isAddress(attribute string) bool {
	return attribute != "" && slices.ContainsFunc(append([]string{s.EmailAttribute}, EmailAttributes...), func(name string) bool {
		return strings.EqualFold(name, attribute)
	})
}

func (s *SAML) checkCertificates() error {
	if n := len(s.Certificates); n == 0 || n > MaxCertificates {
		return refuse(RefusedInvalid, "give those of the identity provider's metadata", "there are %d certificates, and 1 to %d are needed", n, MaxCertificates)
	}
	for i, text := range s.Certificates {
		c, err := ParseCertificate(text)
		if err != nil {
			return refuse(RefusedInvalid, "copy it again, and nothing else", "certificate %d cannot be read: %v", i+1, err)
		}
		if err := CheckCertificate(c); err != nil {
			return refuse(RefusedInvalid, "have the identity provider make a key of 2048 or 4096 bits", "%v", err)
		}
	}
	return nil
}
