package saml

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"

	"github.com/usher-scim/usher/directory"
)

// Use is what a certificate of a connection is for.
type Use string

// The uses of certificates: that of the identity provider's, and those of ours.
const (
	UseProvider       Use = "identity_provider" // signs people in
	UseSigning        Use = "signing"           // of our requests
	UseNextSigning    Use = "next_signing"      // of the same, after the change
	UseEncryption     Use = "encryption"        // of assertions for us
	UseNextEncryption Use = "next_encryption"   // of the same; good already
)

// Certificate is one of a connection.
type Certificate struct {
	*x509.Certificate
	Use Use
}

// Certificates lists those of a connection, with ours out of its secret. Without rules for SAML there are none.
func Certificates(s *directory.SignIn, secret string) ([]Certificate, error) {
	provider, err := ProviderOf(s)
	if err != nil || !s.IsSAML() {
		return nil, err
	}
	keys, err := ReadKeys(secret)
	if err != nil {
		return nil, err
	}
	var all []Certificate
	for _, c := range provider.Certificates {
		all = append(all, Certificate{c, UseProvider})
	}
	return append(all, keys.Certificates()...), nil
}

// Certificates lists those of the keys. Of two for decryption the first one is the next.
func (k Keys) Certificates() (all []Certificate) {
	if k.Signing != nil {
		all = append(all, Certificate{k.Signing.Certificate, UseSigning})
	}
	if k.Next != nil {
		all = append(all, Certificate{k.Next.Certificate, UseNextSigning})
	}
	for i, key := range k.Decryption {
		use := UseEncryption
		if i+1 < len(k.Decryption) {
			use = UseNextEncryption
		}
		all = append(all, Certificate{key.Certificate, use})
	}
	return all
}

// PEM is a certificate as people paste it.
func PEM(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: certificateType, Bytes: c.Raw}))
}

// Fingerprint is what people compare certificates by: SHA-256, in hexadecimal.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

// HasFingerprint finds the certificate of that name.
func HasFingerprint(name string) func(*x509.Certificate) bool {
	return func(c *x509.Certificate) bool { return Fingerprint(c) == name }
}
