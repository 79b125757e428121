package openid

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// hintClaims is what is read of an ID token that comes back as a hint.
type hintClaims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Subject  string `json:"sub"`
	Session  string `json:"sid"`
}

// readHint opens an ID token that comes back. It may be past its time: a session lasts longer than its ID token
// (RP-Initiated Logout §2).
func (p *Provider) readHint(ctx context.Context, hint string) (hintClaims, error) {
	keys, err := p.Directory.Signers(ctx)
	if err != nil {
		return hintClaims{}, err
	}
	var claims hintClaims
	if verify(keys, typeID, hint, &claims) != nil || claims.Issuer != p.Issuer || claims.Subject == "" {
		return hintClaims{}, invalidRequest("id_token_hint is no ID token of this provider")
	}
	return claims, nil
}

// logout ends the session (RP-Initiated Logout). An ID token of it says who asks; without one the user is asked first.
func (p *Provider) logout(c *call) error {
	sent, err := readParameters(c.w, c.r)
	if err != nil {
		return err
	}
	if sent.doubled != "" {
		return &pageError{codeInvalidRequest}
	}
	hint := sent.get("id_token_hint")
	if hint == "" {
		return p.logoutByUser(c, sent)
	}
	claims, err := p.readHint(c.ctx, hint)
	if err != nil {
		return err
	}
	if client := sent.get("client_id"); client != "" && client != claims.Audience {
		return &pageError{kindUnknownClient}
	}
	to, err := p.afterLogout(c, claims.Audience, sent)
	if err != nil {
		return err
	}
	root, session := parseSessionID(claims.Session)
	c.subject = claims.Subject
	return p.end(c, root, session, to)
}

// afterLogout is where the app wants the browser to be sent: one of its registered places, as a text. Else nothing is
// ended, and the browser stays here: somebody has made up the link.
func (p *Provider) afterLogout(c *call, client string, sent parameters) (string, error) {
	app, err := p.Directory.App(c.ctx, client)
	if errors.Is(err, directory.ErrNotFound) {
		return "", &pageError{kindUnknownClient}
	}
	if err != nil {
		return "", err
	}
	c.app = app.ID
	to := sent.get("post_logout_redirect_uri")
	if to == "" {
		return "", nil
	}
	if !slices.Contains(app.PostLogoutURIs, to) {
		return "", &pageError{kindRedirectURI}
	}
	state := sent.get("state")
	if state == "" {
		return to, nil
	}
	if len(state) > maxState || !isPrintable(state) {
		return "", &pageError{codeInvalidRequest}
	}
	return withQuery(to, url.Values{"state": {state}}), nil
}

// end ends a session and sends the browser on, by way of where it signs out of what else it is signed in to, or says that it
// is done.
func (p *Provider) end(c *call, root, session, to string) error {
	by := directory.Actor{Name: "app:" + c.app, RequestID: p.RequestID(c.r), Address: p.Address(c.r)}
	err := p.Directory.EndSession(c.ctx, by, root, session, directory.ReasonLogout)
	if err != nil && !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	if place := p.SignOut(to); place != "" {
		c.sendTo(place)
		return nil
	}
	c.page(http.StatusOK, noticePage(signedOut))
	return nil
}

// logoutByUser is a logout that no ID token vouches for: the user is asked, so that no foreign page can sign anybody out,
// and the browser stays here.
func (p *Provider) logoutByUser(c *call, sent parameters) error {
	s, err := p.Directory.SessionToEnd(c.ctx, p.Session(c.r))
	if errors.Is(err, directory.ErrNotFound) {
		c.page(http.StatusOK, noticePage(signedOut))
		return nil
	}
	if err != nil {
		return err
	}
	c.subject = s.Subject
	if c.r.Method != http.MethodPost || sent.get("decision") != decisionAllow {
		c.page(http.StatusOK, logoutPage(p.Issuer+PathLogout))
		return nil
	}
	if err := http.NewCrossOriginProtection().Check(c.r); err != nil {
		return &pageError{kindCrossOrigin}
	}
	return p.end(c, s.Root, s.ID, "")
}

// logoutClaims are a logout token (OpenID Connect Back-Channel Logout §2.4): no nonce, so that it is no ID token.
type logoutClaims struct {
	Issuer   string              `json:"iss"`
	Subject  string              `json:"sub"`
	Audience string              `json:"aud"`
	Issued   int64               `json:"iat"`
	Expires  int64               `json:"exp"`
	ID       string              `json:"jti"`
	Session  string              `json:"sid"`
	Events   map[string]struct{} `json:"events"`
}

const (
	logoutEvent    = "http://schemas.openid.net/event/backchannel-logout"
	logoutTokenAge = 2 * time.Minute
)

// LogoutToken makes the token of a message of kind logout, which tells an app that a session has ended. It is posted to the
// app's back-channel logout URI as the parameter logout_token; each try has a token of its own. ErrNotFound: there is no such
// app any more.
func (p *Provider) LogoutToken(ctx context.Context, m directory.Message) (string, error) {
	app, err := p.Directory.App(ctx, m.To)
	if err != nil {
		return "", err
	}
	key, err := p.signer(ctx, app)
	if err != nil {
		return "", err
	}
	now := p.Now()
	return sign(key, typeLogout, logoutClaims{
		Issuer: p.Issuer, Subject: m.Subject, Audience: m.To, Issued: now.Unix(), Expires: now.Add(logoutTokenAge).Unix(),
		ID: rand.Text(), Session: sessionID(m.Root, m.Session), Events: map[string]struct{}{logoutEvent: {}},
	})
}
