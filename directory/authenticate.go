package directory

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Credentials are what a SCIM request shows.
type Credentials struct {
	Authorization string // the whole header
	Connection    string // id from the URL; empty at /scim/v2
	RequestID     string
	Address       string
}

// Authenticate finds the connection that the credentials belong to. It returns a *scim.Error: KindNoToken,
// KindMalformedToken, KindUnknownToken, KindExpiredToken (says when), KindRevokedToken, KindForeignToken,
// KindPaused, KindDisabled (say who and when), KindBusy.
func (d *Directory) Authenticate(ctx context.Context, c Credentials) (*Client, error) {
	text, bare, err := parseAuthorization(c.Authorization)
	if err != nil {
		return nil, err
	}
	found, err := d.credential(ctx, text)
	if err != nil {
		return nil, scimError(err)
	}
	if bare && !found.profile.Has(scim.QuirkBareToken) {
		return nil, malformedToken("the word Bearer, a blank, then the token")
	}
	if err := found.check(c.Connection, d.clock()); err != nil {
		return nil, err
	}
	by := Actor{Name: "token:" + found.token.ID, RequestID: c.RequestID, Address: c.Address}
	d.heard(found, by)
	client := d.ClientFor(found.workspace, found.connection, by)
	client.TokenID = found.token.ID
	return client, nil
}

const authorization = "Authorization"

// malformedToken never repeats what was sent: it may be a secret in the wrong place.
func malformedToken(allowed string) error {
	return scim.NewError(scim.KindMalformedToken, authorization, "", allowed)
}

// parseAuthorization returns the token of the header, and whether it stood there without a scheme (D-31, T-007).
func parseAuthorization(header string) (token string, bare bool, err error) {
	fields := strings.Fields(header)
	switch {
	case len(fields) == 0, len(fields) == 1 && isBearer(fields[0]):
		return "", false, scim.NewError(scim.KindNoToken, authorization, "", "")
	case len(fields) == 1:
		token, bare = fields[0], true
	case len(fields) == 2 && isBearer(fields[0]):
		token = fields[1]
	case isBearer(fields[0]) && isBearer(fields[1]):
		return "", false, malformedToken("one Bearer: enter the token alone at the IdP, which adds the word itself")
	case isBearer(fields[0]):
		return "", false, malformedToken("one token, with no blank in it")
	default:
		return "", false, malformedToken("the scheme Bearer and no other")
	}
	if _, ok := tokenRoot(token); !ok {
		return "", false, malformedToken("a whole token as it was shown when it was made, " +
			tokenPrefix + "… with nothing cut off or added")
	}
	return token, bare, nil
}

func isBearer(s string) bool { return strings.EqualFold(s, "Bearer") }

// credential is a token with what it opens.
type credential struct {
	token      Token
	connection Connection
	workspace  Workspace
	profile    scim.Profile
	read       time.Time
}

// check says whether the credential may be used now, under the URL of that connection ("" where the URL has none).
func (c credential) check(urlConnection string, now time.Time) error {
	switch {
	case urlConnection != "" && urlConnection != c.connection.ID:
		return scim.NewError(scim.KindForeignToken, authorization, "", "")
	case !c.token.Revoked.IsZero():
		return scim.NewError(scim.KindRevokedToken, authorization, c.token.Revoked.Format(time.RFC3339), "")
	case c.token.Expired(now):
		return scim.NewError(scim.KindExpiredToken, authorization, c.token.Expires.Format(time.RFC3339), "")
	case c.connection.State == StateDisabled:
		return c.closed(scim.KindDisabled)
	case c.connection.State == StatePaused:
		return c.closed(scim.KindPaused)
	}
	return nil
}

// closed names the connection, who closed it and when (M17).
func (c credential) closed(k scim.Kind) error {
	return scim.NewError(k, "connection "+c.connection.Name,
		"by "+c.connection.StateBy+" at "+c.connection.StateAt.Format(time.RFC3339), "")
}

// credential looks a well-formed token up. Unknown ones are not remembered: the checksum keeps typos away from the
// store, and a memory of guesses would have no bound.
func (d *Directory) credential(ctx context.Context, text string) (credential, error) {
	hash, now := hashToken(text), d.clock()
	if c, ok := d.credentials.get(hash, now); ok {
		return c, nil
	}
	root, _ := tokenRoot(text)
	c, err := d.readCredential(ctx, root, hash)
	if errors.Is(err, ErrNotFound) {
		return credential{}, scim.NewError(scim.KindUnknownToken, authorization, "", "")
	}
	if err != nil {
		return credential{}, err
	}
	c.read = now
	d.credentials.put(hash, c)
	return c, nil
}

func (d *Directory) readCredential(ctx context.Context, root string, hash [32]byte) (credential, error) {
	t, err := d.store.TokenByHash(ctx, root, hash)
	if err != nil {
		return credential{}, err
	}
	if subtle.ConstantTimeCompare(t.Hash[:], hash[:]) != 1 {
		return credential{}, ErrNotFound
	}
	c, err := d.store.Connection(ctx, root, t.Connection)
	if err != nil {
		return credential{}, err
	}
	w, err := d.store.Workspace(ctx, root, c.Workspace)
	if err != nil {
		return credential{}, err
	}
	profile, _ := scim.ProfileByName(c.Profile)
	return credential{token: t, connection: c, workspace: w, profile: profile}, nil
}

const (
	// credentialAge is how long a look-up is trusted. Revoking, pausing and deleting, also by another process on
	// the same data, hold within a second.
	credentialAge = 500 * time.Millisecond
	// maxCredentials bounds the cache; tokens are few, and a full cache starts again.
	maxCredentials = 10_000
)

// credentialCache keeps recent look-ups by the hash of the token. The zero value is empty.
type credentialCache struct {
	mu   sync.RWMutex
	rows map[[32]byte]credential
}

func (c *credentialCache) get(hash [32]byte, now time.Time) (credential, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	row, ok := c.rows[hash]
	age := now.Sub(row.read)
	return row, ok && age >= 0 && age < credentialAge
}

func (c *credentialCache) put(hash [32]byte, row credential) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || len(c.rows) >= maxCredentials {
		c.rows = make(map[[32]byte]credential)
	}
	c.rows[hash] = row
}

// clear forgets everything, so that what this process changes holds at once.
func (c *credentialCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
}
