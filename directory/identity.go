package directory

import (
	"crypto/sha256"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Identity is who somebody is, as an identity provider says and a Provider has verified. It is pure data: what it means
// is decided by [Directory.Login].
type Identity struct {
	Issuer, Subject string // what the login is known by: never an e-mail address
	// Principal is what SCIM calls the person as well (SignIn.PrincipalClaim); may be empty.
	Principal     string
	Email         string
	EmailVerified bool
	Name          string // to be shown where the profile has none
	Tenant        string // Entra's tid, Google's hd; may be empty
	// Attributes are the claims, as values of SCIM: what the mapping and the inspector read.
	Attributes *scim.Object
	// RolesOmitted says that the identity provider has left the role out for its size (Entra's overage): that is no word
	// of a role, neither old nor new.
	RolesOmitted bool
	Session      string   // sid, SessionIndex
	Methods      []string // amr
	Context      string   // acr, AuthnContextClassRef
	AuthTime     time.Time
	// Expires caps the session (SessionNotOnOrAfter); zero: it does not.
	Expires time.Time
}

// IdentityKey is what a link and a session know an identity by, for back-channel logout too.
func IdentityKey(issuer, subject string) [32]byte {
	return sha256.Sum256([]byte("identity\x00" + issuer + "\x00" + subject))
}

// principalKey is what a link knows a principal by.
func principalKey(principal string) [32]byte {
	return sha256.Sum256([]byte("principal\x00" + principal))
}
