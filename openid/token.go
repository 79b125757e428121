package openid

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// The grants of the token endpoint.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
)

// tokens is the successful answer of the token endpoint (RFC 6749 §5.1, OpenID Connect Core §3.1.3.3).
type tokens struct {
	Access    string `json:"access_token"`
	Type      string `json:"token_type"`
	ExpiresIn int    `json:"expires_in"`
	Refresh   string `json:"refresh_token,omitempty"`
	Scope     string `json:"scope"`
	ID        string `json:"id_token"`
}

// token is the token endpoint (RFC 6749 §3.2).
func (p *Provider) token(c *call) error {
	app, sent, err := p.clientRequest(c)
	if err != nil {
		return err
	}
	key, err := p.signer(c.ctx, app) // before anything is used up
	if err != nil {
		return err
	}
	var redeemed directory.Redeemed
	switch sent.get("grant_type") {
	case grantCode:
		redeemed, err = p.redeemCode(c, app, sent)
	case grantRefresh:
		redeemed, err = p.redeemRefresh(c, app, sent)
	case "":
		return invalidRequest("grant_type is missing")
	default:
		return refuse(codeUnsupportedGrantType, "grant_type must be authorization_code or refresh_token")
	}
	if err != nil {
		return p.refusedGrant(c, err)
	}
	return p.give(c, redeemed, key)
}

// clientRequest reads what an app asks by itself, and finds out which it is.
func (p *Provider) clientRequest(c *call) (directory.App, parameters, error) {
	sent, err := readClientForm(c)
	if err != nil {
		return directory.App{}, sent, err
	}
	app, err := p.authenticate(c, sent)
	return app, sent, err
}

// readClientForm reads the form of an app's own request, each parameter once. Secrets in a URL end up in logs.
func readClientForm(c *call) (parameters, error) {
	c.w.Header().Set("Pragma", "no-cache") // with Cache-Control, as RFC 6749 §5.1 asks
	c.w.Header().Set("Cache-Control", "no-store")
	query := c.r.URL.Query()
	for _, secret := range []string{"client_secret", "code", "refresh_token", "token", "code_verifier"} {
		if query.Has(secret) {
			return parameters{}, invalidRequest(secret + " belongs into the body, never into the URL")
		}
	}
	sent, err := readForm(c.w, c.r)
	if err == nil && sent.doubled != "" {
		err = invalidRequest(describe(sent.doubled) + " was sent more than once")
	}
	return sent, err
}

// authenticate finds the app and asks for its secret. A public client has none to show, and may not show one: it proves
// itself by PKCE alone.
func (p *Provider) authenticate(c *call, sent parameters) (directory.App, error) {
	shown, refused := readCredentials(c.r, sent)
	if refused != nil {
		return directory.App{}, refused
	}
	app, err := p.Directory.App(c.ctx, shown.id)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return directory.App{}, err
	}
	if err == nil {
		c.app = app.ID
	}
	known := err == nil && app.IsPublic() == (shown.secret == "")
	if !known || !app.IsPublic() && !p.Directory.CheckAppSecret(app, shown.secret) {
		refused := invalidClient()
		if wait := p.Guessed(c.r); wait > 0 {
			refused.status, refused.Code, refused.retryAfter = http.StatusTooManyRequests, codeBusy, wait
		}
		return directory.App{}, refused
	}
	return app, nil
}

// redeemCode exchanges a code (RFC 6749 §4.1.3): the redirect URI must be the one it was sent to, and the verifier that of
// the request, else it stays as it was.
func (p *Provider) redeemCode(c *call, app directory.App, sent parameters) (directory.Redeemed, error) {
	code, verifier := sent.get("code"), sent.get("code_verifier")
	switch {
	case code == "":
		return directory.Redeemed{}, invalidRequest("code is missing")
	case verifier == "":
		return directory.Redeemed{}, invalidRequest("code_verifier is missing: PKCE is required (RFC 7636)")
	case sent.get("redirect_uri") == "":
		return directory.Redeemed{}, invalidRequest("redirect_uri is missing: it must be the one of the authorization request")
	}
	return p.Directory.RedeemCode(c.ctx, app, code, func(g directory.Grant) error {
		if g.RedirectURI != sent.get("redirect_uri") || !provesChallenge(verifier, g.Challenge) {
			return invalidGrant()
		}
		return nil
	})
}

// redeemRefresh exchanges a refresh token for the next one (RFC 6749 §6, RFC 9700 §4.14). Its scope can be narrowed for
// the access token, never widened.
func (p *Provider) redeemRefresh(c *call, app directory.App, sent parameters) (directory.Redeemed, error) {
	if sent.get("refresh_token") == "" {
		return directory.Redeemed{}, invalidRequest("refresh_token is missing")
	}
	wanted := sent.words("scope")
	for _, scope := range wanted {
		if !slices.Contains(knownScopes, scope) {
			return directory.Redeemed{}, refuse(codeInvalidScope, "scope has more than was granted")
		}
	}
	redeemed, err := p.Directory.RedeemRefresh(c.ctx, app, sent.get("refresh_token"), p.Address(c.r))
	if err != nil {
		return redeemed, err
	}
	redeemed.Grant.Nonce = "" // it was that of one authentication (OpenID Connect Core §12.2)
	if len(wanted) > 0 {
		redeemed.Grant.Scope = slices.DeleteFunc(slices.Clone(redeemed.Grant.Scope), func(granted string) bool {
			return !slices.Contains(wanted, granted)
		})
	}
	return redeemed, nil
}

// refusedGrant says the same of every code and refresh token that gives nothing; the log knows which.
func (p *Provider) refusedGrant(c *call, err error) error {
	if refused, ok := errors.AsType[*directory.LoginError](err); ok {
		c.kind = string(refused.Code)
	}
	switch {
	case errors.Is(err, directory.ErrReplayedGrant):
		c.kind = kindReplayed
		return invalidGrant()
	case errors.Is(err, directory.ErrInvalidGrant), errors.Is(err, directory.ErrNotFound), isLoginError(err):
		return invalidGrant()
	}
	return err
}

// give answers with the tokens of a grant that was redeemed.
func (p *Provider) give(c *call, r directory.Redeemed, key directory.Signer) error {
	c.subject = r.Session.Subject
	claims, err := p.Directory.Claims(c.ctx, r.Session)
	if err != nil {
		return p.refusedGrant(c, err)
	}
	access, life, err := p.newAccess(r.Grant, r.Session)
	if err != nil {
		return p.refusedGrant(c, err)
	}
	id, err := sign(key, typeID, p.idClaimsOf(r.Grant, r.Session, claims, access))
	if err != nil {
		return err
	}
	return c.json(http.StatusOK, tokens{
		Access: access, Type: "Bearer", ExpiresIn: int(life / time.Second), Refresh: r.Refresh, Scope: strings.Join(r.Grant.Scope, " "), ID: id,
	})
}
