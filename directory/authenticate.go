package directory

import (
	"context"
	"crypto/subtle"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/scim"
)

// Credentials are what a SCIM request shows.
type Credentials struct {
	Authorization string // the whole header
	Connection    string // id from the URL; empty at /scim/v2
	BasePath      string // under which the request came, where that is not the service's own (C1)
	RequestID     string
	Address       string
}

// Authenticate finds the connection that the credentials belong to. It returns a *scim.Error: KindNoToken,
// KindMalformedToken, KindUnknownToken, KindExpiredToken (says when), KindRevokedToken, KindForeignToken,
// KindInactiveUser, KindPaused, KindDisabled (say who and when), KindBusy.
func (d *Directory) Authenticate(ctx context.Context, c Credentials) (*Client, error) {
	text, bare, err := parseAuthorization(c.Authorization)
	if err != nil {
		return nil, err
	}
	found, err := d.bearer(ctx, text, c.Connection)
	if err != nil {
		return nil, scimError(err)
	}
	if bare && !found.profile.Has(scim.QuirkBareToken) {
		return nil, malformedToken("the word Bearer, a blank, then the token")
	}
	if c.BasePath != "" && c.BasePath != found.connection.Settings.BasePath {
		return nil, scim.NewError(scim.KindForeignToken, authorization, "", "")
	}
	if err := found.check(c.Connection, d.clock()); err != nil {
		requestOf(ctx).refusedBy(found.connection)
		return nil, err
	}
	by := Actor{Name: "token:" + found.token.ID, RequestID: c.RequestID, Address: c.Address}
	d.heard(found, by)
	client, err := d.client(found.workspace, found.connection, by)
	if err != nil {
		return nil, err
	}
	client.TokenID, client.User, client.ClientCredentials = found.token.ID, found.token.User, found.secrets
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
	return token, bare, nil
}

// bearer finds what a bearer token opens: a token of that kind, an access token, or a supplied one.
func (d *Directory) bearer(ctx context.Context, text, connection string) (*admission, error) {
	if a, ok := credential.ParseAccess(text); ok {
		return d.accessCredential(ctx, a)
	}
	root, ok := credential.Bearer.Root(text)
	if !ok {
		return d.supplied(ctx, text, connection)
	}
	hash := credential.Hash(text)
	return d.credential(ctx, hash, func() (Token, error) {
		return d.tokenByHash(ctx, root, TokenBearer, hash)
	})
}

func notBearer(text string) error {
	switch {
	case strings.HasPrefix(text, string(credential.Secret)):
		return malformedToken("an access token: a client secret goes to the connection's token URL, which gives one for it")
	case strings.HasPrefix(text, credential.AccessPrefix):
		return malformedToken("a whole access token as the connection's token URL gave it, with nothing cut off or added")
	}
	return malformedToken("a whole token as it was shown when it was made, " + string(credential.Bearer) + "… with nothing cut off or added")
}

func isBearer(s string) bool { return strings.EqualFold(s, "Bearer") }

// admission is a token with what it opens. Who finds one that is remembered only reads it.
type admission struct {
	token      Token
	expires    time.Time // of the token, or of the access token that was given for it
	inactive   bool      // it is bound to a user who is deactivated or deleted
	connection Connection
	secrets    bool // the connection has live client secrets
	workspace  Workspace
	profile    scim.Profile
	read       time.Time
}

// check says whether the credential may be used now, under the URL of that connection ("" where the URL has none).
func (c *admission) check(urlConnection string, now time.Time) error {
	switch {
	case urlConnection != "" && urlConnection != c.connection.ID:
		return scim.NewError(scim.KindForeignToken, authorization, "", "")
	case !c.token.Revoked.IsZero():
		return scim.NewError(scim.KindRevokedToken, authorization, c.token.Revoked.Format(time.RFC3339), "")
	case !now.Before(c.expires):
		return scim.NewError(scim.KindExpiredToken, authorization, c.expires.Format(time.RFC3339), c.renewal())
	case c.inactive:
		return scim.NewError(scim.KindInactiveUser, authorization, c.token.User, "")
	case c.connection.State == StateDisabled:
		return c.closed(scim.KindDisabled)
	case c.connection.State == StatePaused:
		return c.closed(scim.KindPaused)
	case c.workspace.Settings.Provisioning == ProvisioningUnentitled: // E8
		return scim.NewError(scim.KindNotEntitled, "workspace "+c.workspace.Key, "", "")
	case c.workspace.Settings.Provisioning != ProvisioningEnabled:
		return scim.NewError(scim.KindNotEnabled, "workspace "+c.workspace.Key, "", "")
	}
	return nil
}

// renewal says where the next access token comes from; for other tokens that is for an admin to know.
func (c *admission) renewal() string {
	if c.expires.Before(c.token.Expires) {
		return "a new access token, from the connection's token URL"
	}
	return ""
}

// closed names the connection, who closed it and when (M17).
func (c *admission) closed(k scim.Kind) error {
	return scim.NewError(k, "connection "+c.connection.Name,
		"by "+c.connection.StateBy+" at "+c.connection.StateAt.Format(time.RFC3339), "")
}

// credential returns what was read under that key a moment ago, or else reads the token and what it opens. Unknown
// tokens are not remembered: the checksum keeps typos away from the store, and a memory of guesses would have no
// bound.
func (d *Directory) credential(
	ctx context.Context, key [32]byte, read func() (Token, error),
) (*admission, error) {
	now := d.clock()
	if c, ok := d.credentials.get(key, now); ok {
		return c, nil
	}
	t, err := read()
	var c *admission
	if err == nil {
		c, err = d.readCredential(ctx, t, now)
	}
	if errors.Is(err, ErrNotFound) {
		return nil, scim.NewError(scim.KindUnknownToken, authorization, "", "")
	}
	if err != nil {
		return nil, err
	}
	d.credentials.put(key, c)
	return c, nil
}

// tokenByHash reads a token of that kind: a client secret is no bearer token, nor the other way round.
func (d *Directory) tokenByHash(ctx context.Context, root string, k TokenKind, hash [32]byte) (Token, error) {
	t, err := d.store.TokenByHash(ctx, root, hash)
	if err == nil && (t.Kind != k || subtle.ConstantTimeCompare(t.Hash[:], hash[:]) != 1) {
		err = ErrNotFound
	}
	return t, err
}

// readCredential reads what the token opens.
func (d *Directory) readCredential(ctx context.Context, t Token, now time.Time) (*admission, error) {
	c, err := d.store.Connection(ctx, t.Root, t.Connection)
	if err != nil {
		return nil, err
	}
	w, err := d.store.Workspace(ctx, t.Root, c.Workspace)
	if err != nil {
		return nil, err
	}
	all, err := d.store.Tokens(ctx, t.Root, c.ID)
	if err != nil {
		return nil, err
	}
	active := true
	if t.User != "" {
		if active, err = d.activeUser(ctx, c, t.User); err != nil {
			return nil, err
		}
	}
	profile, _ := scim.ProfileByName(c.Profile)
	return &admission{
		token: t, expires: t.Expires, inactive: !active, connection: c, workspace: w, profile: profile, read: now,
		secrets: slices.ContainsFunc(all, func(t Token) bool { return t.Kind == TokenSecret && t.Live(now) }),
	}, nil
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
	mu    sync.RWMutex
	rows  map[[32]byte]*admission
	bound int // rows whose token is bound to a user, at most
}

func (c *credentialCache) get(hash [32]byte, now time.Time) (*admission, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	row := c.rows[hash]
	if row == nil {
		return nil, false
	}
	age := now.Sub(row.read)
	return row, age >= 0 && age < credentialAge
}

func (c *credentialCache) put(hash [32]byte, row *admission) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || len(c.rows) >= maxCredentials {
		c.rows, c.bound = make(map[[32]byte]*admission), 0
	}
	c.rows[hash] = row
	if row.token.User != "" {
		c.bound++
	}
}

// forget drops what is bound to that user, who was changed.
func (c *credentialCache) forget(user string) {
	c.mu.RLock()
	none := c.bound == 0
	c.mu.RUnlock()
	if none {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.rows, func(_ [32]byte, row *admission) bool { return row.token.User == user })
}

// clear forgets everything, so that what this process changes holds at once.
func (c *credentialCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows, c.bound = nil, 0
}
