package directory

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// Lengths in base32 characters, 5 random bits each, of the ids that stand in URLs and tokens that people copy. There
// are few of them.
const (
	workspaceIDLength  = credential.RootLength
	connectionIDLength = 12
	tokenIDLength      = credential.TokenLength
)

// newID returns a random, URL-safe id (T-021).
func newID(length int) string {
	raw := make([]byte, (length*5+7)/8)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return credential.Encoding.EncodeToString(raw)[:length]
}

// newRowID returns the id of a person, a resource or a record: 48 bits of milliseconds, then 72 random bits. Nobody
// guesses one, and rows that are made together lie together in every index that is ordered by id (docs/decisions/0004).
// Lists do not rest on it: the order of insertion is a column of its own.
func newRowID(now time.Time) string {
	var raw [15]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(raw[6:])
	return credential.Encoding.EncodeToString(raw[:])
}
