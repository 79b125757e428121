package credential

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// The bounds of a text that somebody else made: shorter ones can be guessed.
const (
	minSupplied = 24
	maxSupplied = 1024
)

// IsSupplied reports whether the text can be a token that somebody else made (X9): no other credential looks like it.
func IsSupplied(text string) bool {
	return len(text) >= minSupplied && len(text) <= maxSupplied && !strings.HasPrefix(text, "usher_") &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' })
}

// HashSupplied is the hash of a supplied text that holds for one connection.
func HashSupplied(connection, text string) [32]byte {
	return sha256.Sum256([]byte("supplied token\x00" + connection + "\x00" + text))
}

// SuppliedName is the name of the secret that lists the connections of a supplied text.
func SuppliedName(text string) string {
	hash := HashSupplied("", text)
	return "supplied/" + hex.EncodeToString(hash[:])
}
