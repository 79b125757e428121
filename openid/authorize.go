package openid

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

// authorization is a request of an app whose client and redirect URI are proved.
type authorization struct {
	authorizationRequest
	app      directory.App
	redirect string
	sent     parameters
	kept     *directory.Authorization // nil: nothing was kept yet
	handle   string                   // of what was kept
	allowed  bool                     // by the user, just now
}

// authorize is the authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).
func (p *Provider) authorize(c *call) error {
	sent, err := readParameters(c.w, c.r)
	if err != nil {
		return err
	}
	a, err := p.prove(c, sent)
	if err != nil {
		return err
	}
	return p.answer(c, a)
}

// prove finds the app, and the one of its redirect URIs that was sent, compared as texts (RFC 9700 §2.1). Until both are
// proved there is nobody to answer to but the browser. What else is wrong is the app's to know.
func (p *Provider) prove(c *call, sent parameters) (*authorization, error) {
	if len(sent.Values["client_id"]) != 1 || len(sent.get("client_id")) > maxClientID {
		return nil, &pageError{kindUnknownClient}
	}
	app, err := p.Directory.App(c.ctx, sent.get("client_id"))
	if errors.Is(err, directory.ErrNotFound) {
		return nil, &pageError{kindUnknownClient}
	}
	if err != nil {
		return nil, err
	}
	c.app = app.ID
	redirect := sent.get("redirect_uri")
	if len(sent.Values["redirect_uri"]) != 1 || !slices.Contains(app.RedirectURIs, redirect) {
		return nil, &pageError{kindRedirectURI}
	}
	return &authorization{app: app, redirect: redirect, sent: sent}, nil
}

// answer sends the browser back to the app with a code or an error, or first to sign in.
func (p *Provider) answer(c *call, a *authorization) error {
	req, refused := parseAuthorization(a.sent)
	if refused != nil {
		p.tell(c, a, refused)
		return nil
	}
	a.authorizationRequest = req
	err := p.decide(c, a)
	if errors.Is(err, directory.ErrBusy) { // the app can try again, a page cannot (RFC 6749 §4.1.2.1)
		err = tooBusy()
	}
	if told, ok := errors.AsType[*protocolError](err); ok {
		p.tell(c, a, told)
		return nil
	}
	return err
}

// decide issues a code when somebody is signed in who will do.
func (p *Provider) decide(c *call, a *authorization) error {
	session, err := p.signedIn(c, a)
	if err != nil {
		return err
	}
	if session == nil {
		return p.askToSignIn(c, a, SignIn{})
	}
	c.subject = session.Subject
	if session.State != directory.SessionLive {
		return p.askToSignIn(c, a, SignIn{Factor: true})
	}
	if !a.app.FirstParty && !a.allowed {
		return p.askForConsent(c, a)
	}
	entered, err := p.enter(c, a, *session)
	if err != nil {
		return err
	}
	if entered.State != directory.SessionLive {
		return p.askToSignIn(c, a, SignIn{Factor: true})
	}
	return p.issue(c, a, entered)
}

// enter switches the session to the workspace that the app has named. What apps have of the one before opens nothing then,
// so that it waits until nothing else is asked of the user.
func (p *Provider) enter(c *call, a *authorization, s directory.Session) (directory.Session, error) {
	if a.workspace == "" {
		return s, nil
	}
	s, err := p.Directory.EnterWorkspace(c.ctx, s, a.workspace, p.Address(c.r))
	if isLoginError(err) || errors.Is(err, directory.ErrNotFound) {
		err = refuse(codeAccessDenied, "the user may not enter the workspace")
	}
	return s, err
}

// signedIn finds the browser's session, which may enter the workspace that the app has named. nil: nobody is signed in, or
// not as the app wants it. Where no page may be shown nothing is switched: the user would not know.
func (p *Provider) signedIn(c *call, a *authorization) (*directory.Session, error) {
	token := p.Session(c.r)
	if token == "" {
		return nil, nil
	}
	address := p.Address(c.r)
	s, err := p.Directory.SessionByToken(c.ctx, token, address)
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return nil, nil
	case isLoginError(err):
		return nil, refuse(codeAccessDenied, "the user may not sign in from here")
	case err != nil:
		return nil, err
	}
	if suits, err := p.suits(c, a, s); err != nil || !suits {
		return nil, err
	}
	if a.workspace == "" || s.State != directory.SessionLive {
		return &s, nil
	}
	entered, err := p.Directory.WouldEnter(c.ctx, s, a.workspace, address)
	if isLoginError(err) || errors.Is(err, directory.ErrNotFound) {
		return nil, nil // perhaps another login may
	}
	if a.silent() && (entered.Workspace != s.Workspace || entered.State != s.State) {
		return nil, nil
	}
	return &s, err
}

// suits reports whether a session is what the app asks for: of its tenant, of the person it names, and not too old.
func (p *Provider) suits(c *call, a *authorization, s directory.Session) (bool, error) {
	if a.app.Root != "" && a.app.Root != s.Root {
		return false, nil
	}
	if a.hint != "" {
		claims, err := p.readHint(c.ctx, a.hint)
		if err != nil {
			return false, err
		}
		if claims.Subject != s.Subject {
			return false, nil
		}
	}
	// A login that was asked for is one that was begun after it was.
	if a.asksForLogin() && (a.kept == nil || s.Created.Before(a.kept.Created)) {
		return false, nil
	}
	// The user can take the wish for it out of the request to the identity provider, whose word counts therefore.
	if slices.Contains(a.prompt, promptLogin) && s.AuthTime.Before(a.kept.Created.Add(-clockSkew)) {
		return false, nil
	}
	if a.maxAge < 0 {
		return true, nil
	}
	since := p.Now()
	if a.kept != nil {
		since = a.kept.Created // who was fresh enough when the app asked is so when the second factor is done
	}
	return since.Sub(s.AuthTime) <= a.maxAge+clockSkew, nil
}

// clockSkew is how far an identity provider's clock, which says when somebody signed in, may be off.
const clockSkew = 30 * time.Second

// askToSignIn keeps the request and sends the browser to the page of sign-in. A browser that comes from there is not sent
// again, unless only the second factor is missing: it would go round for ever.
func (p *Provider) askToSignIn(c *call, a *authorization, to SignIn) error {
	switch {
	case a.silent():
		return refuse(codeLoginRequired, "the user is not signed in, or must sign in again")
	case a.kept != nil && !to.Factor:
		return refuse(codeAccessDenied, "the user has not signed in as the app asks, or may not enter the workspace")
	}
	if a.hint != "" { // nothing is kept of who makes one up
		if _, err := p.readHint(c.ctx, a.hint); err != nil {
			return err
		}
	}
	if err := p.keep(c, a); err != nil {
		return err
	}
	to.Return = PathContinue + "?" + url.Values{"request": {a.handle}}.Encode()
	to.Workspace, to.LoginHint, to.Contexts = a.workspace, a.login, a.contexts
	to.Fresh = a.asksForLogin() || a.maxAge >= 0
	c.sendTo(p.SignIn(to))
	return nil
}

// keep stores the request, bound to the browser.
func (p *Provider) keep(c *call, a *authorization) error {
	if a.kept != nil {
		return nil
	}
	handle, kept, err := p.Directory.BeginAuthorization(c.ctx, directory.NewAuthorization{
		App: a.app, Browser: p.bind(c), Parameters: a.keptParameters(),
	})
	if err != nil {
		return err
	}
	a.handle, a.kept = handle, &kept
	return nil
}

// keptParameters are those that mean something here; they are read again when the browser comes back.
func (a *authorization) keptParameters() map[string]string {
	kept := map[string]string{}
	for _, name := range []string{
		"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge",
		"code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint", "acr_values", "workspace",
	} {
		if value := a.sent.get(name); value != "" {
			kept[name] = value
		}
	}
	return kept
}

// resume is where the browser comes back to from sign-in, and where the page of consent is answered. The request is proved
// again: the app may have changed in between.
func (p *Provider) resume(c *call) error {
	given, err := readParameters(c.w, c.r)
	if err != nil {
		return err
	}
	browser, ok := p.binding(c)
	handle := given.get("request")
	if !ok || handle == "" || given.doubled != "" {
		return &pageError{kindHandle}
	}
	kept, err := p.Directory.Authorization(c.ctx, handle, browser)
	if errors.Is(err, directory.ErrNotFound) {
		return &pageError{kindHandle}
	}
	if err != nil {
		return err
	}
	sent := parameters{Values: url.Values{}}
	for name, value := range kept.Parameters {
		sent.Set(name, value)
	}
	a, err := p.prove(c, sent)
	if err != nil {
		return err
	}
	a.kept, a.handle = &kept, handle
	if c.r.Method == http.MethodPost {
		return p.answerConsent(c, a, given)
	}
	return p.answer(c, a)
}

// issue sends the browser to the app with a code.
func (p *Provider) issue(c *call, a *authorization, s directory.Session) error {
	browser, _ := p.binding(c)
	code, err := p.Directory.IssueCode(c.ctx, directory.CodeRequest{
		Session: s, App: a.app, Authorization: a.handle, Browser: browser,
		Scope: a.scopes, Nonce: a.nonce, RedirectURI: a.redirect, Challenge: a.challenge,
	})
	if errors.Is(err, directory.ErrNotFound) {
		return &pageError{kindHandle}
	}
	if isLoginError(err) {
		return refuse(codeAccessDenied, "the user may not enter the workspace")
	}
	if err != nil {
		return err
	}
	p.sendToApp(c, a, url.Values{"code": {code}})
	return nil
}

// tell sends the browser to the app with an error.
func (p *Provider) tell(c *call, a *authorization, err *protocolError) {
	c.kind = err.Code
	p.sendToApp(c, a, err.parameters())
}

// sendToApp answers at the redirect URI, which stays as it was registered. The issuer is in every answer, so that an app
// with several providers knows whose it is (RFC 9207).
func (p *Provider) sendToApp(c *call, a *authorization, answer url.Values) {
	answer.Set("iss", p.Issuer)
	if state := a.sent.Values["state"]; len(state) == 1 && state[0] != "" {
		answer.Set("state", state[0])
	}
	c.sendTo(withQuery(a.redirect, answer))
}

// withQuery adds parameters to a registered URI, which stays as it was written.
func withQuery(uri string, parameters url.Values) string {
	separator := "?"
	if strings.Contains(uri, "?") {
		separator = "&"
	}
	return uri + separator + parameters.Encode()
}
