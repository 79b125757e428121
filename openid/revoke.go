package openid

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// revoke ends a refresh token of the app and all that came with it (RFC 7009). What is not known is not told from what
// was revoked.
func (p *Provider) revoke(c *call) error {
	app, sent, err := p.clientRequest(c)
	if err != nil {
		return err
	}
	switch token := sent.get("token"); {
	case token == "":
		return invalidRequest("token is missing")
	case strings.HasPrefix(token, accessPrefix):
		return refuse(codeUnsupportedTokenType, "an access token ends with its refresh token or its session: revoke one of those")
	default:
		if err := p.Directory.RevokeGrant(c.ctx, app, token); err != nil && !errors.Is(err, directory.ErrNotFound) {
			return err
		}
	}
	c.status = http.StatusOK
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// introspection is what an app's own services are told of an access token (RFC 7662 §2.2).
type introspection struct {
	Active  bool   `json:"active"`
	Scope   string `json:"scope,omitempty"`
	Client  string `json:"client_id,omitempty"`
	Type    string `json:"token_type,omitempty"`
	Expires int64  `json:"exp,omitempty"`
	Issuer  string `json:"iss,omitempty"`
	Session string `json:"sid,omitempty"`
	*person
}

// introspect says what an access token of the app opens now. It needs a client with a secret: a token that opens nothing
// is not told from one of somebody else.
func (p *Provider) introspect(c *call) error {
	app, sent, err := p.clientRequest(c)
	if err != nil {
		return err
	}
	if app.IsPublic() {
		return refuse(codeUnauthorizedClient, "introspection needs a client with a secret")
	}
	is, err := p.open(c.ctx, sent.get("token"))
	if errors.Is(err, directory.ErrNotFound) || isLoginError(err) || err == nil && is.App != app.ID {
		return c.json(http.StatusOK, introspection{})
	}
	if err != nil {
		return err
	}
	who := personOf(is.claims, is.Scope)
	return c.json(http.StatusOK, introspection{
		Active: true, Scope: strings.Join(is.Scope, " "), Client: is.App, Type: "Bearer", Expires: is.Expires,
		Issuer: p.Issuer, Session: sessionID(is.Root, is.Session), person: &who,
	})
}
