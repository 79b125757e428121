package oidc

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

const (
	maxToken  = 64 << 10         // bytes of a token
	maxAge    = 10 * time.Minute // since it was made: Entra dates tokens back by five
	clockSkew = time.Minute
)

// asymmetric are the algorithms that prove who has signed. The shared secret of HS256 would prove nothing to the other
// connections of the same client, and a public key must never be taken for one.
var asymmetric = []jose.SignatureAlgorithm{
	jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512,
	jose.ES256, jose.ES384, jose.ES512, jose.EdDSA,
}

// compact is the only form of a token that is read (RFC 7515 §3.1).
var compact = regexp.MustCompile(`^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*$`)

// verification checks tokens of one issuer for one client.
type verification struct {
	issuer     *issuer
	client     string   // id
	algorithms []string // that the connection takes; empty: RS256
	tenants    []string // of an issuer of many
	now        func() time.Time
}

// defaultAlgorithms is the one that every provider must have (OpenID Connect Core §15.1). What discovery announces does not
// count: it would let the provider's answer decide how the provider is verified.
var defaultAlgorithms = []string{string(jose.RS256)}

// captured remembers what the key set found, as the library hands on no more than a text.
type captured struct {
	keys    *keySet
	payload []byte
	err     error
}

// VerifySignature implements the library's KeySet.
func (c *captured) VerifySignature(ctx context.Context, token string) ([]byte, error) {
	c.payload, c.err = c.keys.VerifySignature(ctx, token)
	return c.payload, c.err
}

// verifier is the library's, over keys that remember. Where the issuer is one of many its name is checked here alone.
func (v *verification) verifier(keys *captured) *oidc.IDTokenVerifier {
	algorithms := v.algorithms
	if len(algorithms) == 0 {
		algorithms = defaultAlgorithms
	}
	return oidc.NewVerifier(v.issuer.Name, keys, &oidc.Config{
		ClientID: v.client, SupportedSigningAlgs: algorithms, Now: v.now, SkipIssuerCheck: v.issuer.manyTenants(),
	})
}

// idToken checks an ID token (OpenID Connect Core §3.1.3.7): by the library, and once more by a reader of our own, which
// also checks what the library leaves to its users, and knows the reason. A token must pass both.
func (v *verification) idToken(ctx context.Context, raw, nonce, accessToken string) (claims, error) {
	keys := &captured{keys: v.issuer.keys}
	token, err := read(raw, func() (*oidc.IDToken, error) { return v.verifier(keys).Verify(ctx, raw) })
	c, refused := v.judge(keys, err)
	if refused != nil {
		return claims{}, refused
	}
	for _, check := range []func() error{
		func() error { return v.checkParty(c) },
		func() error { return v.checkTimes(c, true) },
		func() error { return checkNonce(c, nonce) },
		func() error { return checkAccessToken(c, token, accessToken) },
		func() error { return checkIDToken(c, raw) },
	} {
		if err := check(); err != nil {
			return claims{}, err
		}
	}
	return c, nil
}

// read keeps what cannot be a token from the libraries.
func read[T any](raw string, verify func() (*T, error)) (*T, error) {
	if len(raw) > maxToken || !compact.MatchString(raw) {
		return nil, errNoToken
	}
	return verify()
}

var errNoToken = errors.New("it is no signed token in compact form, or too long")

// judge returns the claims of a token that the library has verified, or why it was refused.
func (v *verification) judge(keys *captured, err error) (claims, error) {
	var unreachable *unreachableError
	switch {
	case errors.As(keys.err, &unreachable):
		return claims{}, &sso.Refused{Code: sso.CodeUnreachable, Cause: keys.err}
	case keys.err != nil:
		return claims{}, &sso.Refused{Code: sso.CodeSignature, Cause: keys.err}
	case keys.payload == nil && err != nil && strings.Contains(err.Error(), "unexpected signature algorithm"):
		return claims{}, &sso.Refused{Code: sso.CodeAlgorithm, Cause: err}
	case keys.payload == nil:
		return claims{}, &sso.Refused{Code: sso.CodeMalformed, Cause: err}
	}
	c, readErr := readClaims(keys.payload)
	if readErr != nil {
		return claims{}, sso.Refuse(sso.CodeMalformed, "the token's claims: %w", readErr)
	}
	for _, check := range []func(claims) error{v.checkIssuer, v.checkAudience, v.checkExpiry} {
		if err := check(c); err != nil {
			return claims{}, err
		}
	}
	if err != nil {
		return claims{}, &sso.Refused{Code: sso.CodeMalformed, Cause: err}
	}
	return c, nil
}

// checkIssuer compares the issuer, and the tenant: people of another tenant may have the same e-mail (X15).
func (v *verification) checkIssuer(c claims) error {
	tenant := c.text(v.issuer.tenantClaim())
	if len(v.tenants) > 0 && !slices.Contains(v.tenants, tenant) {
		return sso.Refuse(directory.LoginForeignTenant, "the tenant %q is none of the connection's", tenant)
	}
	if v.issuer.anybodys() && len(v.tenants) == 0 {
		return sso.Refuse(sso.CodeUnconfigured, "the issuer serves many tenants, and the connection names none")
	}
	if got := c.text("iss"); got != v.issuer.of(tenant) && !v.isGoogle(got) {
		return sso.Refuse(sso.CodeIssuer, "the token is of issuer %q, not %q", got, v.issuer.of(tenant))
	}
	return nil
}

// isGoogle tells whether it is the name that Google sometimes uses in the place of its own.
func (v *verification) isGoogle(name string) bool {
	return v.issuer.Name == google && name == strings.TrimPrefix(google, "https://")
}

func (v *verification) checkAudience(c claims) error {
	if audience := c.texts("aud"); !slices.Contains(audience, v.client) {
		return sso.Refuse(sso.CodeAudience, "the token is for %q, not for %q", audience, v.client)
	}
	return nil
}

// checkParty refuses a token that was made for this client among others, and given to one of those.
func (v *verification) checkParty(c claims) error {
	party := c.text("azp")
	if c.has("azp") && party != v.client || party == "" && len(c.texts("aud")) > 1 {
		return sso.Refuse(sso.CodeAudience, "the token was given to %q, not to %q", party, v.client)
	}
	return nil
}

func (v *verification) checkExpiry(c claims) error {
	if expires, ok := c.time("exp"); !ok || expires.Before(v.now()) {
		return sso.Refuse(sso.CodeExpired, "the token is expired, or says no time")
	}
	return nil
}

// checkTimes refuses a token that was made in the future or too long ago, and sessions that end before they begin.
func (v *verification) checkTimes(c claims, young bool) error {
	now := v.now()
	made, ok := c.time("iat")
	switch {
	case !ok || made.After(now.Add(clockSkew)):
		return sso.Refuse(sso.CodeIssuedAt, "the token was made at %s, which is not yet, or never", made.UTC().Format(time.RFC3339))
	case young && made.Before(now.Add(-maxAge)):
		return sso.Refuse(sso.CodeIssuedAt, "the token was made at %s, too long ago", made.UTC().Format(time.RFC3339))
	}
	if from, ok := c.time("nbf"); c.has("nbf") && (!ok || from.After(now.Add(clockSkew))) {
		return sso.Refuse(sso.CodeIssuedAt, "the token is not good yet")
	}
	return nil
}
