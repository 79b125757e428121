package directory

import (
	"context"
	"crypto"
	"time"
)

// Signer is a key of the OpenID Provider that was opened.
type Signer struct {
	ID        string // kid
	Algorithm string // ES256 or RS256
	Key       crypto.Signer
	// Signs says that tokens are signed with it now. The others are published for those that were, or will be.
	Signs bool
}

// The algorithms of signing keys.
const (
	AlgorithmES256 = "ES256"
	AlgorithmRS256 = "RS256"
)

// Signers returns the keys of both algorithms that are to be published: the one that signs, the one before, and the next.
// They are made at first use, and remembered for half a second.
func (d *Directory) Signers(ctx context.Context) ([]Signer, error) { return nil, errNotBuilt }

// RotateSigningKeys begins with the next keys, whatever the age of the present ones: an operator's. Run does so every 90
// days.
func (d *Directory) RotateSigningKeys(ctx context.Context, by Actor) error { return errNotBuilt }

// The life of a signing key: published before it signs, so that caches know it; and after, for what it has signed.
const (
	signingKeyAge  = 90 * 24 * time.Hour
	signingKeyLead = 24 * time.Hour
	signingKeyRest = 7 * 24 * time.Hour
)
