package directory

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
)

// CertificateUse is what a certificate of a connection is for.
type CertificateUse string

// The uses of certificates: that of the identity provider's, and those of ours.
const (
	UseProvider       CertificateUse = "identity_provider" // signs people in
	UseSigning        CertificateUse = "signing"           // of our requests
	UseNextSigning    CertificateUse = "next_signing"      // of the same, after the change
	UseEncryption     CertificateUse = "encryption"        // of assertions for us
	UseNextEncryption CertificateUse = "next_encryption"   // of the same; good already
)

// Certificate is one of a connection.
type Certificate struct {
	*x509.Certificate
	Use CertificateUse
}

const pemCertificate = "CERTIFICATE" // the type of the block

// PEM is a certificate as people paste it.
func PEM(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: pemCertificate, Bytes: c.Raw}))
}

// ParseCertificate reads one in PEM, and nothing beside it.
func ParseCertificate(text string) (*x509.Certificate, error) {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != pemCertificate || len(rest) > 0 {
		return nil, errors.New("it is not one in PEM, which begins with -----BEGIN CERTIFICATE-----")
	}
	return x509.ParseCertificate(block.Bytes)
}

// Fingerprint is what people compare certificates by: SHA-256, in hexadecimal.
func Fingerprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return hex.EncodeToString(sum[:])
}

const (
	minRSABits = 2048
	maxRSABits = 8192 // as in TLS: one of 262,144 keeps a processor busy for seconds, with whatever anybody posts
	minECBits  = 256
)

// CheckCertificate refuses the certificate of a toy, of a key that takes too long, or of one for which SAML has no algorithm here.
func CheckCertificate(c *x509.Certificate) error {
	bits := 0
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if bits = key.N.BitLen(); bits >= minRSABits && bits <= maxRSABits {
			return nil
		}
	case *ecdsa.PublicKey:
		if bits = key.Params().BitSize; bits >= minECBits {
			return nil
		}
	}
	return fmt.Errorf("the certificate %s has a %s key of %d bits: RSA needs %d to %d, ECDSA %d", c.SerialNumber, c.PublicKeyAlgorithm,
		bits, minRSABits, maxRSABits, minECBits)
}
