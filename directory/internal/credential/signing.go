package credential

import (
	"crypto/rand"
	"encoding/base64"
	"strings"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

// A signing secret is a key for HMAC-SHA256. Its text is that of Standard Webhooks: "whsec_" and base64.
const (
	signingPrefix = "whsec_"
	signingBytes  = 32
)

// NewSigningSecret makes the text of a signing secret.
func NewSigningSecret() string {
	key := make([]byte, signingBytes)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process instead
	return signingPrefix + base64.StdEncoding.EncodeToString(key)
}

// ParseSigningSecret returns the key of a signing secret. It never repeats the text in an error.
func ParseSigningSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, signingPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, refusal.New(refusal.Invalid, "make one with: echo whsec_$(openssl rand -base64 32)",
			"a signing secret is %q and 24 to 64 bytes in base64", signingPrefix)
	}
	return key, nil
}
