package openid

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

const (
	// challengeLength is that of a SHA-256 in base64url: what S256 makes, and nothing else (RFC 7636 §4.2).
	challengeLength = 43
	// The bounds of a verifier (RFC 7636 §4.1).
	minVerifier, maxVerifier = 43, 128
)

// isChallenge reports whether a code_challenge can be one of the method S256.
func isChallenge(text string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(text) == challengeLength && len(raw) == sha256.Size
}

// isVerifier reports whether a code_verifier has the form of RFC 7636 §4.1.
func isVerifier(text string) bool {
	return len(text) >= minVerifier && len(text) <= maxVerifier && !strings.ContainsFunc(text, func(c rune) bool {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		return !letter && (c < '0' || c > '9') && !strings.ContainsRune("-._~", c)
	})
}

// provesChallenge reports whether the verifier is the one from which the challenge was made (RFC 7636 §4.6).
func provesChallenge(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	return isVerifier(verifier) && subtle.ConstantTimeCompare([]byte(made), []byte(challenge)) == 1
}
