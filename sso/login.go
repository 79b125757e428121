package sso

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/usher-scim/usher/directory"
)

// login begins a login by a connection and sends the browser to its identity provider.
func (h *Handler) login(v *visit) error {
	party, provider, err := h.party(v)
	if err != nil {
		return err
	}
	wish, err := h.readSignIn(v.r.URL.Query())
	if err != nil {
		return err
	}
	return h.begin(v, party, provider, wish, nil)
}

// link begins a login whose identity becomes one more way into the account of who is signed in. An account with a
// privileged role gets one in no other way (B11).
func (h *Handler) link(v *visit) error {
	party, provider, err := h.party(v)
	if err != nil {
		return err
	}
	session, err := h.signedIn(v)
	if err != nil {
		return err
	}
	return h.begin(v, party, provider, SignIn{Fresh: true}, &session)
}

// party finds the connection of the path, and who speaks its protocol.
func (h *Handler) party(v *visit) (Party, Provider, error) {
	return h.partyOf(v, v.r.PathValue("connection"))
}

func (h *Handler) partyOf(v *visit, id string) (Party, Provider, error) {
	connection, _, err := h.Directory.SignInConnection(v.ctx, id)
	if err != nil {
		return Party{}, nil, err
	}
	v.connection = connection
	return h.partyFor(v.ctx, connection)
}

// logoutParty is the party of the path for what its identity provider says of logouts, which a pause does not keep away.
func (h *Handler) logoutParty(v *visit) (Party, Provider, error) {
	connection, err := h.Directory.LogoutConnection(v.ctx, v.r.PathValue("connection"))
	v.connection = connection
	if err != nil {
		return Party{}, nil, err
	}
	return h.partyFor(v.ctx, connection)
}

func (h *Handler) partyFor(ctx context.Context, connection directory.Connection) (Party, Provider, error) {
	provider := h.Providers[connection.Settings.SignIn.Protocol]
	if provider == nil {
		return Party{}, nil, Refuse(CodeUnconfigured, "nobody speaks the protocol %q", connection.Settings.SignIn.Protocol)
	}
	secret, err := h.Directory.SignInSecret(ctx, connection)
	own := SAMLURLs(h.PublicURL, connection.ID)
	return Party{
		Connection: connection, Secret: secret, Callback: CallbackURL(h.PublicURL, connection.ID), SignedOut: SignedOutURL(h.PublicURL),
		EntityID: own.EntityID, ACS: own.ACS, SLO: own.SLO,
	}, provider, err
}

// Check says what is wrong with a connection's sign-in, as far as nobody has to sign in for it: a *[Refused] says in which
// way. It does not look at whether the sign-in is enabled.
func (h *Handler) Check(ctx context.Context, c directory.Connection) error {
	if c.Settings.SignIn == nil {
		return Refuse(CodeUnconfigured, "nobody signs in by the connection")
	}
	party, provider, err := h.partyFor(ctx, c)
	if err != nil {
		return err
	}
	return provider.Check(ctx, party)
}

// CallbackURL is the redirect URI of a connection, below a public URL, to be registered with its identity provider.
func CallbackURL(publicURL, connection string) string {
	return publicURL + Path + "/" + connection + "/callback"
}

// SignedOutURL is the post-logout redirect URI of every connection, below a public URL, to be registered likewise.
func SignedOutURL(publicURL string) string { return publicURL + Path + "/signed-out" }

// ServiceURLs are Usher's own values at an identity provider of SAML.
type ServiceURLs struct {
	EntityID string // which is where the metadata is as well
	ACS, SLO string // where browsers bring what it says about logins and logouts
}

// SAMLURLs are those of a connection, below a public URL.
func SAMLURLs(publicURL, connection string) ServiceURLs {
	at := publicURL + Path + "/" + connection
	return ServiceURLs{EntityID: at + "/metadata", ACS: at + "/acs", SLO: at + "/slo"}
}

func (h *Handler) begin(v *visit, party Party, provider Provider, wish SignIn, linking *directory.Session) error {
	state, attempt, err := h.Directory.BeginLogin(v.ctx, directory.NewAttempt{
		Connection: party.Connection, Browser: h.bind(v), Workspace: wish.Workspace, Return: wish.Return, Fresh: wish.Fresh,
		Nonce: random(), Verifier: random(), Session: linking, Address: h.Address(v.r), UserAgent: v.r.UserAgent(),
	})
	if err != nil {
		return err
	}
	v.state = state
	place, err := provider.Start(v.ctx, party, attempt, Ask{
		State: state, LoginHint: wish.LoginHint, Contexts: wish.Contexts,
	})
	if err != nil {
		return err
	}
	return v.sendTo(place)
}

// callback ends a login: the identity provider has sent the browser back.
func (h *Handler) callback(v *visit) error {
	party, provider, err := h.party(v)
	if err != nil {
		return err
	}
	return h.finish(v, party, provider, v.r.URL.Query()["state"])
}

// finish signs in whom the identity provider's answer is about.
func (h *Handler) finish(v *visit, party Party, provider Provider, states []string) error {
	state, attempt, browser, err := h.attempt(v, party, states)
	if err != nil {
		return err
	}
	answer, err := provider.Finish(v.ctx, party, attempt, v.r)
	if err != nil {
		v.state = spent(state, err)
		return err
	}
	signed, err := h.Directory.Login(v.ctx, directory.LoginRequest{
		State: state, Connection: party.Connection, Browser: browser, Identity: answer.Identity, Replay: answer.Replay, ReplayUntil: answer.ReplayUntil,
		RequestID: h.RequestID(v.r), Address: h.Address(v.r), UserAgent: v.r.UserAgent(),
	})
	if err != nil {
		return logged{err}
	}
	h.leave(v)
	hint := ""
	if party.SignIn().LogoutRedirect {
		hint = answer.SignOutHint
	}
	return h.signIn(v, signed, hint)
}

// spent is the state that a refusal uses up. A callback that comes twice at once, as browsers send it, fails once at the
// exchange of its code: the other one must not fail for that.
func spent(state string, err error) string {
	if code, _, _ := codeOf(err); code == CodeExchange || code == CodeUnreachable {
		return ""
	}
	return state
}

// attempt finds the login that the browser comes back from: begun here, at this connection, in this browser.
func (h *Handler) attempt(v *visit, party Party, states []string) (state string, a directory.Attempt, browser [32]byte, err error) {
	if len(states) != 1 {
		return "", a, browser, Refuse(CodeMalformed, "there are %d states, not one", len(states))
	}
	a, connection, _, err := h.Directory.Attempt(v.ctx, states[0])
	if err != nil {
		return "", a, browser, err
	}
	if connection.ID != party.Connection.ID || connection.Root != party.Connection.Root {
		return "", a, browser, Refuse(CodeWrongConnection, "the login was begun at connection %s", connection.ID)
	}
	browser, ok := h.bound(v)
	if !ok || subtle.ConstantTimeCompare(browser[:], a.Browser[:]) != 1 {
		v.state = states[0] // somebody has got hold of it
		return "", a, browser, &directory.LoginError{Code: directory.LoginOtherBrowser}
	}
	return states[0], a, browser, nil
}

// leave ends the session that the browser had before: nobody could reach it any more, to log out.
func (h *Handler) leave(v *visit) {
	before, there, err := h.sessionToEnd(v)
	if there {
		err = h.Directory.EndSession(v.ctx, h.actor(v, before), before.Root, before.ID, directory.ReasonReplaced)
	}
	if err != nil {
		h.Log.ErrorContext(v.ctx, "session not ended", "session", before.ID, "error", err)
	}
}

// signIn gives the browser its session, with the hint for the logout at the identity provider, and sends it on: to the second
// factor, where one is missing.
func (h *Handler) signIn(v *visit, signed directory.Signed, hint string) error {
	h.setCookie(v, sessionCookie, signed.Token, 0)
	login := ""
	if signed.Session.Connection != "" {
		login = signed.Session.Connection + "." + signed.Session.ID
	}
	h.setCookie(v, loginCookie, login, 0)
	h.keepHint(v, login, hint)
	if signed.NeedsFactor {
		return v.sendTo(h.SignInURL(SignIn{Factor: true, Return: signed.Return}))
	}
	return v.sendTo(h.after(signed.Return))
}

// signedIn is the live session of the browser.
func (h *Handler) signedIn(v *visit) (directory.Session, error) {
	session, err := h.browserSession(v)
	if err == nil && session.State != directory.SessionLive {
		return session, Refuse(CodeNoSession, "the second factor is missing")
	}
	return session, err
}

// browserSession is the session of the browser, live or waiting for the second factor.
func (h *Handler) browserSession(v *visit) (directory.Session, error) {
	token := h.SessionToken(v.r)
	if token == "" {
		return directory.Session{}, Refuse(CodeNoSession, "nobody is signed in")
	}
	session, err := h.Directory.SessionByToken(v.ctx, token, h.Address(v.r))
	if errors.Is(err, directory.ErrNotFound) {
		return session, Refuse(CodeNoSession, "the session is over")
	}
	return session, err
}
