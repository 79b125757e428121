package credential

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/usher-scim/usher/directory/internal/ident"
)

// Kind is what a credential's text begins with. It says of which kind it is and lets secret scanners find a leaked one.
type Kind string

// The kinds of credentials. Their text is <kind><root id>_<secret>_<crc>: the root id says where to look it up, and the
// checksum over everything before it tells a typo or a cut-off paste from a credential that is unknown. No character
// of it needs an escape in a form or a header.
const (
	Bearer Kind = "usher_scim_"
	Secret Kind = "usher_secret_"
	APIKey Kind = "usher_api_"

	// Those of sign-in.
	State     Kind = "usher_st_" // of a login that was begun: a RelayState has at most 80 bytes
	Session   Kind = "usher_se_"
	Request   Kind = "usher_rq_" // of an app that waits for a login
	Code      Kind = "usher_co_"
	Refresh   Kind = "usher_rt_"
	AppSecret Kind = "usher_app_"
	Glass     Kind = "usher_bg_" // one login without the identity provider
)

// AnyRoot stands in place of a root id in what is the whole installation's.
const AnyRoot = "all"

// Lengths in characters of [ident.Encoding].
const (
	RootLength     = 10 // of the id of a root workspace
	TokenLength    = 20 // of the id of a token
	checksumLength = 7  // of a CRC-32
)

// How long secrets are, in bytes.
const (
	shortSecret = 20 // 160 bits
	longSecret  = 32
)

// A state is a RelayState, which has at most 80 bytes (SAML Bindings §3.4.3): this does not compile where it has more.
const _ = uint(80 - len(State) - RootLength - len("_") - (longSecret*8+4)/5 - len("_") - checksumLength)

// bytes is how long the secret is.
func (k Kind) bytes() int {
	switch k {
	case Bearer, Secret, APIKey:
		return shortSecret
	}
	return longSecret
}

// New makes the text of a new credential.
func (k Kind) New(root string) string {
	secret := make([]byte, k.bytes())
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the process instead
	return k.text(root, ident.Encoding.EncodeToString(secret))
}

func (k Kind) text(root, secret string) string {
	text := string(k) + root + "_" + secret
	return text + "_" + checksum(text)
}

func checksum(text string) string {
	return ident.Encoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}

// Root returns the root that a well-formed credential of the kind names.
func (k Kind) Root(text string) (root string, ok bool) {
	prefix, end := string(k), len(text)-checksumLength-1
	if !strings.HasPrefix(text, prefix) || end < len(prefix) || text[end] != '_' {
		return "", false
	}
	root, secret, found := strings.Cut(text[len(prefix):end], "_")
	if !found || !k.opens(root) || len(secret) != ident.Encoding.EncodedLen(k.bytes()) {
		return "", false
	}
	return root, checksum(text[:end]) == text[end+1:]
}

// opens reports whether a credential of the kind may name that root.
func (k Kind) opens(root string) bool {
	return len(root) == RootLength || root == AnyRoot && (k == APIKey || k == AppSecret || k == Request)
}

// Hash is what is stored of a credential.
func Hash(text string) [32]byte { return sha256.Sum256([]byte(text)) }
