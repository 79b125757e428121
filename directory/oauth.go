package directory

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"strings"
	"time"

	"github.com/usher-scim/usher/scim"
)

// ClientCredentials are what a request to the token endpoint shows (RFC 6749 §2.3.1).
type ClientCredentials struct {
	Connection string // id from the URL
	ID         string // client_id: the connection's id
	Secret     string // client_secret
}

// AccessToken is what client credentials are exchanged for: a bearer token for a short time (RFC 6749 §5.1).
type AccessToken struct {
	Text     string
	Lifetime time.Duration // whole seconds
	Secret   string        // id of the client secret that it was given for
}

// GrantAccess exchanges client credentials for an access token (RFC 6749 §4.4), which lasts for ttl, but never longer
// than the secret. It returns a *scim.Error: KindMalformedToken, KindUnknownToken, KindExpiredToken (says when),
// KindRevokedToken, KindForeignToken, KindPaused, KindDisabled (say who and when), KindBusy.
//
// Nothing is stored: the token names its secret and is signed under a key of the installation, so that every process
// knows it, and revoking the secret ends it within a second.
func (d *Directory) GrantAccess(ctx context.Context, c ClientCredentials, ttl time.Duration) (AccessToken, error) {
	root, ok := tokenRoot(TokenSecret, c.Secret)
	if !ok {
		return AccessToken{}, scim.NewError(scim.KindMalformedToken, "client_secret", "", prefixSecret+"… with nothing cut off or added")
	}
	if subtle.ConstantTimeCompare([]byte(c.ID), []byte(c.Connection)) != 1 {
		return AccessToken{}, scim.NewError(scim.KindForeignToken, "client_id", "", "")
	}
	hash := hashToken(c.Secret)
	found, err := d.credential(ctx, hash, func() (Token, error) {
		return d.tokenByHash(ctx, root, TokenSecret, hash)
	})
	if err != nil {
		return AccessToken{}, scimError(err)
	}
	now := d.clock()
	if err := found.check(c.Connection, now); err != nil {
		return AccessToken{}, err
	}
	life := min(ttl, found.token.Expires.Sub(now)).Truncate(time.Second)
	life = max(life, time.Second)
	a := accessToken{root: root, secret: found.token.ID, expires: now.Add(life)}
	return AccessToken{Text: a.text(d.accessKey), Lifetime: life, Secret: a.secret}, nil
}

// The text of an access token is usher_at_<root id>_<id of the secret>_<expiry>_<mac>: the expiry in seconds since
// 1970, rounded up, and an HMAC-SHA256 over all that is before it.
const (
	prefixAccess = "usher_at_"
	accessExpiry = 5 // bytes
)

// accessToken is an access token that has been taken apart.
type accessToken struct {
	root, secret string // ids
	expires      time.Time
	signed, mac  string // texts
}

func (a accessToken) text(key [32]byte) string {
	seconds := binary.BigEndian.AppendUint64(nil, uint64(a.expires.Add(time.Second-1).Unix()))
	text := prefixAccess + a.root + "_" + a.secret + "_" + lower32.EncodeToString(seconds[8-accessExpiry:])
	return text + "_" + signature(key, text)
}

func signature(key [32]byte, text string) string {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(text))
	return lower32.EncodeToString(mac.Sum(nil))
}

// parseAccessToken takes a well-formed access token apart. Whether it is genuine is for verify to say.
func parseAccessToken(text string) (a accessToken, ok bool) {
	rest, ok := strings.CutPrefix(text, prefixAccess)
	if !ok {
		return a, false
	}
	parts := strings.SplitN(rest, "_", 5)
	if len(parts) != 4 || len(parts[0]) != workspaceIDLength || len(parts[1]) != tokenIDLength ||
		len(parts[2]) != lower32.EncodedLen(accessExpiry) || len(parts[3]) != lower32.EncodedLen(sha256.Size) {
		return a, false
	}
	expiry, err := lower32.DecodeString(parts[2])
	if err != nil || len(expiry) != accessExpiry {
		return a, false
	}
	seconds := binary.BigEndian.Uint64(append(make([]byte, 8-accessExpiry), expiry...))
	return accessToken{
		root: parts[0], secret: parts[1], expires: time.Unix(int64(seconds), 0).UTC(),
		signed: text[:len(text)-len(parts[3])-1], mac: parts[3],
	}, true
}

// verify reports whether the token was signed under the key. It compares texts, so that a token has one spelling.
func (a accessToken) verify(key [32]byte) bool {
	return subtle.ConstantTimeCompare([]byte(a.mac), []byte(signature(key, a.signed))) == 1
}

// accessCredential finds what a genuine access token opens: what its client secret opens, until the token's own end.
func (d *Directory) accessCredential(ctx context.Context, a accessToken) (credential, error) {
	if !a.verify(d.accessKey) {
		return credential{}, scim.NewError(scim.KindUnknownToken, authorization, "", "")
	}
	key := hashToken(a.root + "_" + a.secret) // one look-up for all access tokens of a secret
	c, err := d.credential(ctx, key, func() (Token, error) {
		t, err := d.store.Token(ctx, a.root, a.secret)
		if err == nil && t.Kind != TokenSecret {
			err = ErrNotFound
		}
		return t, err
	})
	if err == nil && a.expires.Before(c.expires) {
		c.expires = a.expires
	}
	return c, err
}
