package openid

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/usher-scim/usher/directory"
)

// algorithms are those that tokens are signed with. Nothing else is ever made or verified: neither "none", nor one under
// which a public key would be taken for a shared secret.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

func algorithmNames() []string {
	names := make([]string, len(algorithms))
	for i, a := range algorithms {
		names[i] = string(a)
	}
	return names
}

// The types of tokens, in their headers (RFC 8725 §3.11). An ID token says JWT, as most verifiers expect; a logout token
// says what it is, and is never taken for one (OpenID Connect Back-Channel Logout §2.4).
const (
	typeID     = "JWT"
	typeLogout = "logout+jwt"
)

// defaultAlgorithm is what clients expect that have not been told another (OpenID Connect Registration §2).
const defaultAlgorithm = directory.AlgorithmRS256

// signer is the key that an app's tokens are signed with now. Where none signs yet it is the next one, which is published as
// well: another replica has made it a moment ago, and its clock is ahead.
func (p *Provider) signer(ctx context.Context, app directory.App) (directory.Signer, error) {
	algorithm := cmp.Or(app.Algorithm, defaultAlgorithm)
	keys, err := p.Directory.Signers(ctx)
	if err != nil {
		return directory.Signer{}, err
	}
	found := slices.DeleteFunc(slices.Clone(keys), func(k directory.Signer) bool { return k.Algorithm != algorithm })
	if len(found) == 0 {
		return directory.Signer{}, fmt.Errorf("openid: there is no %s key", algorithm)
	}
	if i := slices.IndexFunc(found, func(k directory.Signer) bool { return k.Signs }); i >= 0 {
		return found[i], nil
	}
	return found[len(found)-1], nil
}

// sign makes a token. The header names type, algorithm and key.
func sign(key directory.Signer, typ string, claims any) (string, error) {
	signer, err := jose.NewSigner(
		jose.SigningKey{Algorithm: jose.SignatureAlgorithm(key.Algorithm), Key: jose.JSONWebKey{Key: key.Key, KeyID: key.ID}},
		(&jose.SignerOptions{}).WithType(jose.ContentType(typ)))
	if err != nil {
		return "", fmt.Errorf("openid: signing key %s: %w", key.ID, err)
	}
	return jwt.Signed(signer).Claims(claims).Serialize()
}

// errNotOurs says that a token was not made here, or is of another kind. There is nobody to tell more.
var errNotOurs = errors.New("openid: the token is not one of this provider")

// verify opens a token that was made here. The key decides on the algorithm, not the token: a token whose header names
// another one than its key was made for is not ours (RFC 8725 §3.1).
func verify(keys []directory.Signer, typ, text string, claims any) error {
	token, err := jwt.ParseSigned(text, algorithms)
	if err != nil || len(token.Headers) != 1 {
		return errNotOurs
	}
	header := token.Headers[0]
	if header.ExtraHeaders[jose.HeaderType] != typ {
		return errNotOurs
	}
	for _, key := range keys {
		if key.ID == header.KeyID && key.Algorithm == header.Algorithm {
			if token.Claims(key.Key.Public(), claims) != nil {
				return errNotOurs
			}
			return nil
		}
	}
	return errNotOurs
}

// publicKeys is the key set as it is served (RFC 7517).
func publicKeys(keys []directory.Signer) jose.JSONWebKeySet {
	set := jose.JSONWebKeySet{Keys: make([]jose.JSONWebKey, len(keys))}
	for i, key := range keys {
		set.Keys[i] = jose.JSONWebKey{Key: key.Key.Public(), KeyID: key.ID, Algorithm: key.Algorithm, Use: "sig"}
	}
	return set
}

// keys serves the key set. Caches may keep it for a while: a key is published long before it signs.
func (p *Provider) keys(c *call) error {
	keys, err := p.Directory.Signers(c.ctx)
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "public, max-age=900")
	return c.json(http.StatusOK, publicKeys(keys))
}
