package directory

import (
	"context"
	"crypto/sha256"
	"time"

	"github.com/usher-scim/usher/scim"
)

// RecordContacts writes the contact marks that wait, as Run does in the background.
func (d *Directory) RecordContacts(ctx context.Context) { d.recordPendingContacts(ctx) }

// FillContacts leaves no room for a mark. The marks are of nobody.
func (d *Directory) FillContacts() {
	for range cap(d.contacts.queue) {
		d.contacts.queue <- contact{root: "nowhere"}
	}
}

// NewTokenText makes a well-formed token that no store knows.
func NewTokenText(root string) string { return newTokenText(TokenBearer, root) }

// NewSecretText makes a well-formed client secret that no store knows.
func NewSecretText(root string) string { return newTokenText(TokenSecret, root) }

// WithSecretPrefix makes a well-formed client secret of a bearer token's text.
func WithSecretPrefix(bearer string) string {
	text := prefixSecret + bearer[len(prefixBearer):len(bearer)-tokenChecksum-1]
	return text + "_" + checksum(text)
}

// AccessTokenText is the text of an access token.
func AccessTokenText(key [32]byte, root, secret string, expires time.Time) string {
	return accessToken{root: root, secret: secret, expires: expires}.text(key)
}

// ParseAccessToken takes an access token apart and puts it together again.
func ParseAccessToken(key [32]byte, text string) (spelling string, verified, ok bool) {
	a, ok := parseAccessToken(text)
	signed := accessToken{root: a.root, secret: a.secret, expires: a.expires}.text(key)
	return signed[:len(signed)-len(signature(key, ""))] + a.mac, a.verify(key), ok
}

// Seal and Open are seal and open.
func (k Key) Seal(root, name string, plain []byte) Secret { return k.seal(root, name, plain) }

// Open decrypts what Seal made.
func (k Key) Open(s Secret) ([]byte, error) { return k.open(s) }

// DetailDigest is the digest that an entry must carry.
func DetailDigest(e AuditEntry) [32]byte { return sha256.Sum256(append(e.Salt[:], e.Detail...)) }

// ChangedAttributes is changedAttributes.
func ChangedAttributes(before, after *scim.Resource) []string {
	return changedAttributes(before, after)
}
