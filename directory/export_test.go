package directory

import (
	"context"
	"crypto/sha256"

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
func NewTokenText(root string) string { return newTokenText(root) }

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
