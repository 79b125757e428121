package directory

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// Lengths in base32 characters, 5 random bits each, of the ids that stand in URLs and tokens that people copy. There
// are few of them.
const (
	workspaceIDLength  = 10
	connectionIDLength = 12
	tokenIDLength      = 20
)

// lower32 is base32 with an alphabet in ASCII order ("base32hex", RFC 4648 §7), so that texts sort as their bytes do.
// It has no upper case, so that no client's case folding merges two ids, and no "_", which Okta refuses in a base URL
// (T-017) and which separates the parts of a token.
var lower32 = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// newID returns a random, URL-safe id (T-021).
func newID(length int) string {
	raw := make([]byte, (length*5+7)/8)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return lower32.EncodeToString(raw)[:length]
}

// newRowID returns the id of a person, a resource or a record: 48 bits of milliseconds, then 72 random bits. Nobody
// guesses one, and rows that are made together lie together in every index that is ordered by id (docs/decisions/0004).
// Lists do not rest on it: the order of insertion is a column of its own.
func newRowID(now time.Time) string {
	var raw [15]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(raw[6:])
	return lower32.EncodeToString(raw[:])
}
