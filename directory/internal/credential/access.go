package credential

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
)

// The text of an access token is usher_at_<root id>_<id of the secret>_<expiry>_<mac>: the expiry in seconds since
// 1970, rounded up, and an HMAC-SHA256 over all that is before it.
const (
	AccessPrefix = "usher_at_"
	expiryBytes  = 5
)

// Access is an access token (RFC 6749 §1.4): what a client secret is exchanged for.
type Access struct {
	Root, Secret string // ids
	Expires      time.Time

	signed, mac string // texts, of one that was parsed
}

// Text is the access token as it is signed under the key.
func (a Access) Text(key [32]byte) string {
	seconds := binary.BigEndian.AppendUint64(nil, uint64(a.Expires.Add(time.Second-1).Unix()))
	text := AccessPrefix + a.Root + "_" + a.Secret + "_" + ident.Encoding.EncodeToString(seconds[8-expiryBytes:])
	return text + "_" + signature(key, text)
}

func signature(key [32]byte, text string) string {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(text))
	return ident.Encoding.EncodeToString(mac.Sum(nil))
}

// ParseAccess takes a well-formed access token apart. Whether it is genuine is for Verify to say.
func ParseAccess(text string) (a Access, ok bool) {
	rest, ok := strings.CutPrefix(text, AccessPrefix)
	if !ok {
		return a, false
	}
	parts := strings.SplitN(rest, "_", 5)
	if len(parts) != 4 || len(parts[0]) != RootLength || len(parts[1]) != TokenLength ||
		len(parts[2]) != ident.Encoding.EncodedLen(expiryBytes) || len(parts[3]) != ident.Encoding.EncodedLen(sha256.Size) {
		return a, false
	}
	expiry, err := ident.Encoding.DecodeString(parts[2])
	if err != nil || len(expiry) != expiryBytes {
		return a, false
	}
	seconds := binary.BigEndian.Uint64(append(make([]byte, 8-expiryBytes), expiry...))
	return Access{
		Root: parts[0], Secret: parts[1], Expires: time.Unix(int64(seconds), 0).UTC(),
		signed: text[:len(text)-len(parts[3])-1], mac: parts[3],
	}, true
}

// Verify reports whether the token was signed under the key. It compares texts, so that a token has one spelling.
func (a Access) Verify(key [32]byte) bool {
	return subtle.ConstantTimeCompare([]byte(a.mac), []byte(signature(key, a.signed))) == 1
}
