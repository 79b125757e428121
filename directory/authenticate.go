package directory

import (
	"context"
	"crypto/subtle"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/firewall"
	"github.com/usher-scim/usher/directory/internal/requestlog"
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
	text, bare, err := credential.ParseAuthorization(c.Authorization)
	if err != nil {
		return nil, err
	}
	found, err := d.bearer(ctx, text, c.Connection)
	if err != nil {
		return nil, scimError(err)
	}
	if bare && !found.profile.Has(scim.QuirkBareToken) {
		return nil, credential.Malformed("the word Bearer, a blank, then the token")
	}
	if c.BasePath != "" && c.BasePath != found.connection.Settings.BasePath {
		return nil, scim.NewError(scim.KindForeignToken, authorization, "", "")
	}
	if err := found.check(c.Connection, d.clock()); err != nil {
		requestlog.NoteOf(ctx).RefusedBy(found.connection.ID)
		return nil, err
	}
	if !found.rules.Allow(c.Address) { // J8
		requestlog.NoteOf(ctx).RefusedBy(found.connection.ID)
		return nil, scim.NewError(scim.KindAddress, "the IP rules of the workspace", c.Address, "")
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

const authorization = credential.Authorization

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

// admission is a token with what it opens. Who finds one that is remembered only reads it.
type admission struct {
	token      Token
	expires    time.Time // of the token, or of the access token that was given for it
	inactive   bool      // it is bound to a user who is deactivated or deleted
	connection Connection
	secrets    bool // the connection has live client secrets
	workspace  Workspace
	rules      firewall.Rules // of the SCIM surface
	profile    scim.Profile
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
	case !c.workspace.Settings.Method.TakesSCIM(): // J2
		return scim.NewError(scim.KindNotEnabled, "workspace "+c.workspace.Key, "its method is "+string(c.workspace.Settings.Method), "")
	case c.workspace.Settings.RequireSSO && !c.connection.Settings.SignIn.on(): // M2
		return scim.NewError(scim.KindNotEnabled, "workspace "+c.workspace.Key, "it takes SCIM when people can sign in by the connection", "")
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
	if c, ok := d.credentials.Get(key, now); ok {
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
	d.credentials.put(key, c, now)
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
	tree, err := d.treeOf(ctx, t.Root, false)
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
		token: t, expires: t.Expires, inactive: !active, connection: c, workspace: w, profile: profile,
		rules:   tree.workspaces[c.Workspace].rules(SurfaceSCIM),
		secrets: slices.ContainsFunc(all, func(t Token) bool { return t.Kind == TokenSecret && t.Live(now) }),
	}, nil
}

// admissions keep recent look-ups by the hash of the token. The zero value is empty.
type admissions struct {
	credential.Cache[*admission]
	bound atomic.Bool // there was one whose token is bound to a user
}

func (c *admissions) put(hash [32]byte, row *admission, at time.Time) {
	if row.token.User != "" {
		c.bound.Store(true)
	}
	c.Put(hash, row, at)
}

// forget drops what is bound to that user, who was changed.
func (c *admissions) forget(user string) {
	if c.bound.Load() {
		c.Forget(func(row *admission) bool { return row.token.User == user })
	}
}
