package saml

import (
	"crypto/x509"

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
	if err != nil || s == nil || s.SAML == nil {
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
