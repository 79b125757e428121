package admin

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

// SigningKey is a key of the OpenID Provider. Its public part is at /oauth2/jwks.
type SigningKey struct {
	ID        string    `json:"id" doc:"The kid of the key set."`
	Algorithm string    `json:"algorithm" enum:"ES256,RS256" doc:"What it signs with."`
	State     string    `json:"state" enum:"signing,next,previous" doc:"signing: tokens are signed with it now; next: it is published so that caches know it; previous: it has signed what is still good."`
	CreatedAt time.Time `json:"created_at" doc:"When it was made."`
}

func signingKeyRoutes() []route {
	return []route{
		answer(route{
			method: "GET", pattern: "/signing-keys", name: "listSigningKeys", summary: "List the keys with which the OpenID Provider signs",
			doc: "Those that the key set shows.", scope: directory.ScopeSecurityRead, installation: true, query: paged,
		}, (*call).listSigningKeys),
		answer(route{
			method: "POST", pattern: "/signing-keys/rotate", name: "rotateSigningKeys", summary: "Begin to sign with the next keys",
			doc:   "They are published already. It happens by itself every 90 days. The keys of before stay in the key set for a week.",
			scope: directory.ScopeSecurityWrite, installation: true,
		}, (*call).rotateSigningKeys),
	}
}

func newSigningKeyView(s directory.Signer) SigningKey {
	state := "previous"
	switch {
	case s.Signs:
		state = "signing"
	case s.Next:
		state = "next"
	}
	return SigningKey{ID: s.ID, Algorithm: s.Algorithm, State: state, CreatedAt: s.Created}
}

func (c *call) listSigningKeys() (List[SigningKey], error) {
	all, err := c.Directory.Signers(c.ctx)
	if err != nil {
		return List[SigningKey]{}, err
	}
	return pageOf(c, all, func(s directory.Signer) string { return s.Algorithm + s.ID }, newSigningKeyView)
}

func (c *call) rotateSigningKeys() (none, error) {
	return none{}, c.Directory.RotateSigningKeys(c.ctx, c.by)
}
