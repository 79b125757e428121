package directory

import (
	"context"
	"crypto/subtle"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
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
	root, ok := credential.Secret.Root(c.Secret)
	if !ok {
		return AccessToken{}, scim.NewError(scim.KindMalformedToken, "client_secret", "", string(credential.Secret)+"… with nothing cut off or added")
	}
	if subtle.ConstantTimeCompare([]byte(c.ID), []byte(c.Connection)) != 1 {
		return AccessToken{}, scim.NewError(scim.KindForeignToken, "client_id", "", "")
	}
	hash := credential.Hash(c.Secret)
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
	a := credential.Access{Root: root, Secret: found.token.ID, Expires: now.Add(life)}
	return AccessToken{Text: a.Text(d.accessKey), Lifetime: life, Secret: a.Secret}, nil
}

// accessCredential finds what a genuine access token opens: what its client secret opens, until the token's own end.
func (d *Directory) accessCredential(ctx context.Context, a credential.Access) (*admission, error) {
	if !a.Verify(d.accessKey) {
		return nil, scim.NewError(scim.KindUnknownToken, authorization, "", "")
	}
	key := credential.Hash(a.Root + "_" + a.Secret) // one look-up for all access tokens of a secret
	c, err := d.credential(ctx, key, func() (Token, error) {
		t, err := d.store.Token(ctx, a.Root, a.Secret)
		if err == nil && t.Kind != TokenSecret {
			err = ErrNotFound
		}
		return t, err
	})
	if err != nil || !a.Expires.Before(c.expires) {
		return c, err
	}
	shorter := *c // what is remembered is shared
	shorter.expires = a.Expires
	return &shorter, nil
}
