package directory

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
)

// RecordContacts writes the contact marks that wait, as Run does in the background.
func (d *Directory) RecordContacts(ctx context.Context) { d.recordPendingContacts(ctx) }

// FillContacts leaves no room for a mark. The marks are of nobody.
func (d *Directory) FillContacts() {
	for range cap(d.contacts.queue) {
		d.contacts.queue <- mark{root: "nowhere"}
	}
}

// NewTokenText makes a well-formed token that no store knows.
func NewTokenText(root string) string { return credential.Bearer.New(root) }

// NewSecretText makes a well-formed client secret that no store knows.
func NewSecretText(root string) string { return credential.Secret.New(root) }

// WithSecretPrefix makes a well-formed client secret of a bearer token's text.
func WithSecretPrefix(bearer string) string {
	text := string(credential.Secret) + bearer[len(credential.Bearer):strings.LastIndexByte(bearer, '_')]
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text)))
	return text + "_" + ident.Encoding.EncodeToString(sum)
}

// DetailDigest is the digest that an entry must carry.
func DetailDigest(e AuditEntry) [32]byte { return sha256.Sum256(append(e.Salt[:], e.Detail...)) }

// FillBegun lets the root have as many attempts and authorizations as it may.
func (d *Directory) FillBegun(root string) {
	full := begunSince{d.now(), maxBegun}
	for _, b := range []*begun{&d.attempts, &d.authorizations} {
		b.roots = map[string]begunSince{root: full}
	}
}
