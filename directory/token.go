package directory

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"hash/crc32"
	"strings"
	"time"
)

// The text of a token is usher_scim_<root id>_<secret>_<crc>. The prefix lets secret scanners find a leaked one, the
// root id says where to look it up, and the checksum over everything before it tells a typo or a cut-off paste from
// a token that is unknown.
const (
	tokenPrefix   = "usher_scim_"
	tokenSecret   = 20 // bytes: 160 bits
	tokenChecksum = 7  // base32 characters of a CRC-32
)

func newTokenText(root string) string {
	secret := make([]byte, tokenSecret)
	_, _ = rand.Read(secret) // never fails: crypto/rand ends the process instead
	text := tokenPrefix + root + "_" + lower32.EncodeToString(secret)
	return text + "_" + checksum(text)
}

func checksum(text string) string {
	return lower32.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(text))))
}

// tokenRoot returns the root that a well-formed token names.
func tokenRoot(text string) (root string, ok bool) {
	end := len(text) - tokenChecksum - 1
	if !strings.HasPrefix(text, tokenPrefix) || end < len(tokenPrefix) || text[end] != '_' {
		return "", false
	}
	root, secret, found := strings.Cut(text[len(tokenPrefix):end], "_")
	if !found || len(root) != workspaceIDLength || len(secret) != lower32.EncodedLen(tokenSecret) {
		return "", false
	}
	return root, checksum(text[:end]) == text[end+1:]
}

func hashToken(text string) [32]byte { return sha256.Sum256([]byte(text)) }

// Expired reports whether the token's time is over.
func (t Token) Expired(now time.Time) bool { return !now.Before(t.Expires) }

// IssuedToken is a new token with its secret text, which is shown this once.
type IssuedToken struct {
	Token
	Text string // usher_scim_<root id>_<secret>_<crc>
}

type tokenDetail struct {
	Expires time.Time `json:"expires_at"`
}

// CreateToken issues a token for the connection. Several may be live at once, so that one can be replaced without a
// gap (M3).
func (d *Directory) CreateToken(
	ctx context.Context, by Actor, c Connection, expires time.Time,
) (IssuedToken, error) {
	expires = expires.UTC().Truncate(time.Millisecond)
	if !expires.After(d.now()) {
		return IssuedToken{}, refuse(RefusedInvalid, "give a date to come; one year is usual (365d)",
			"a token cannot expire at %s", expires.Format(time.RFC3339))
	}
	t := IssuedToken{Text: newTokenText(c.Root)}
	t.Token = Token{
		Root: c.Root, ID: newID(tokenIDLength), Connection: c.ID,
		Hash: hashToken(t.Text), Expires: expires, Version: 1,
	}
	err := d.write(ctx, by, Workspace{Root: c.Root, ID: c.Workspace}, c.ID, func(ctx context.Context, p *plan) error {
		if _, err := d.freshConnection(ctx, c); err != nil {
			return err
		}
		t.Created = p.now
		p.Tokens = append(p.Tokens, insert(t.Token))
		return p.audit(ActionTokenCreate, targetToken, t.ID, "", tokenDetail{expires})
	})
	if err != nil {
		return IssuedToken{}, err
	}
	return t, nil
}

// Tokens lists the connection's tokens, those that are expired or revoked too.
func (d *Directory) Tokens(ctx context.Context, c Connection) ([]Token, error) {
	return d.store.Tokens(ctx, c.Root, c.ID)
}

// RevokeToken ends a token. It holds within a second in every process. Revoking a revoked token changes nothing.
func (d *Directory) RevokeToken(ctx context.Context, by Actor, c Connection, id string) (Token, error) {
	var after Token
	err := d.write(ctx, by, Workspace{Root: c.Root, ID: c.Workspace}, c.ID, func(ctx context.Context, p *plan) error {
		before, err := d.token(ctx, c, id)
		if err != nil {
			return err
		}
		after = before
		if !before.Revoked.IsZero() {
			return nil
		}
		after.Revoked = p.now
		after.Version++
		p.Tokens = append(p.Tokens, update(before, after))
		return p.audit(ActionTokenRevoke, targetToken, id, "", tokenDetail{before.Expires})
	})
	d.credentials.clear()
	return after, err
}

func (d *Directory) token(ctx context.Context, c Connection, id string) (Token, error) {
	all, err := d.store.Tokens(ctx, c.Root, c.ID)
	if err != nil {
		return Token{}, err
	}
	for _, t := range all {
		if t.ID == id {
			return t, nil
		}
	}
	return Token{}, refuse(RefusedNotFound, "list the tokens of the connection to see their ids",
		"connection %q has no token %q", c.Name, id)
}
