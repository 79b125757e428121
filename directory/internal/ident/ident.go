package ident

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"
)

const alphabet = "0123456789abcdefghijklmnopqrstuv"

// Encoding is base32 with an alphabet in ASCII order ("base32hex", RFC 4648 §7), so that texts sort as their bytes do.
// It has no upper case, so that no client's case folding merges two ids, and no "_", which Okta refuses in a base URL
// (T-017) and which separates the parts of a credential.
var Encoding = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// New returns a random, URL-safe id of so many characters, 5 random bits each (T-021).
func New(length int) string {
	raw := make([]byte, (length*5+7)/8)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process instead
	return Encoding.EncodeToString(raw)[:length]
}

const rowBytes = 15

// NewRow returns the id of a person, a resource or a record: 48 bits of milliseconds, then 72 random bits. Nobody guesses
// one, and rows that are made together lie together in every index that is ordered by id (docs/decisions/0004). Lists do
// not rest on it: the order of insertion is a column of its own.
func NewRow(now time.Time) string {
	var raw [rowBytes]byte
	binary.BigEndian.PutUint64(raw[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(raw[6:])
	var text [rowBytes * 8 / 5]byte
	Encoding.Encode(text[:], raw[:])
	return string(text[:])
}

// IsRow reports whether the text looks like what NewRow makes.
func IsRow(text string) bool {
	return len(text) == Encoding.EncodedLen(rowBytes) && strings.Trim(text, alphabet) == ""
}
