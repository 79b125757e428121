package oidc

import (
	"context"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/usher-scim/usher/sso"
)

// maxLogoutLife is how far in the future a logout token may expire: so long its id is remembered. Two minutes are
// recommended (OpenID Connect Back-Channel Logout §4).
const maxLogoutLife = 24 * time.Hour

// maxID is how long the id of a token or of a session may be.
const maxID = 255

// logoutToken checks a logout token (OpenID Connect Back-Channel Logout §2.6). Whether it was used before only the
// caller can tell, by its id.
func (v *verification) logoutToken(ctx context.Context, raw string) (claims, error) {
	keys := &captured{keys: v.issuer.keys}
	_, err := read(raw, func() (*oidc.LogoutToken, error) { return v.verifier(keys).VerifyLogout(ctx, raw) })
	c, refused := v.judge(keys, err)
	if refused != nil {
		return claims{}, refused
	}
	for _, check := range []func() error{
		func() error { return v.checkTimes(c, false) },
		func() error { return v.checkLogout(c, raw) },
	} {
		if err := check(); err != nil {
			return claims{}, err
		}
	}
	return c, nil
}

func (v *verification) checkLogout(c claims, raw string) error {
	expires, _ := c.time("exp")
	sub, sid, id := c.text("sub"), c.text("sid"), c.text("jti")
	switch kind := typeOf(raw); {
	case kind != "" && kind != "JWT" && kind != "logout+jwt":
		return sso.Refuse(sso.CodeLogoutToken, "its type is %q", kind)
	case !isLogout(c), c.has("nonce"):
		return sso.Refuse(sso.CodeLogoutToken, "it is no logout token")
	case id == "" || len(id) > maxID:
		return sso.Refuse(sso.CodeLogoutToken, "it has no id, or one with more than %d characters", maxID)
	case sub == "" && sid == "", len(sub) > maxSubject, len(sid) > maxID:
		return sso.Refuse(sso.CodeLogoutToken, "it names neither person nor session, or with too many characters")
	case expires.After(v.now().Add(maxLogoutLife)):
		return sso.Refuse(sso.CodeLogoutToken, "it is good until %s, which is too long", expires.UTC().Format(time.RFC3339))
	}
	return nil
}
