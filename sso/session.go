package sso

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// sessionView is the page of who is signed in.
type sessionView struct {
	Notice               string
	Who, Workspace, Role string
	Since, Until         string
	// The actions of the forms; Recovery is empty where there is no second factor.
	Session, Logout, Recovery string
	// Links are the sign-ins by which one more identity can be linked to the account.
	Links []choice
}

const pageTime = "2 January 2006, 15:04 MST"

// session shows who is signed in and where no app waits.
func (h *Handler) session(v *visit) error {
	session, err := h.browserSession(v)
	if err != nil {
		return err
	}
	if session.State != directory.SessionLive {
		return v.sendTo(h.SignInURL(SignIn{Factor: true}))
	}
	return h.showSession(v, session, http.StatusOK, "")
}

func (h *Handler) showSession(v *visit, session directory.Session, status int, notice string) error {
	claims, err := h.Directory.Claims(v.ctx, session)
	if errors.Is(err, directory.ErrNotFound) {
		return Refuse(CodeNoSession, "the person has no access any more")
	}
	if err != nil {
		return err
	}
	has, err := h.Directory.HasFactor(v.ctx, session)
	if err != nil {
		return err
	}
	view := sessionView{
		Notice: notice,
		Who:    cmp.Or(claims.Name, claims.Email, "Somebody"), Workspace: claims.Workspace, Role: claims.Role,
		Since: session.Created.UTC().Format(pageTime), Until: session.Expires.UTC().Format(pageTime),
		Session: h.at("/session"), Logout: h.at("/logout"),
	}
	if view.Links, err = h.linksOf(v, session); err != nil {
		return err
	}
	if has {
		view.Recovery = h.at("/recovery")
	}
	h.show(v.w, status, sessionPage(view))
	return nil
}

// linksOf are the sign-ins that can be linked to the account of who is signed in: those of where the person is at home.
func (h *Handler) linksOf(v *visit, s directory.Session) ([]choice, error) {
	all, err := h.Directory.SignInConnections(v.ctx, directory.Workspace{Root: s.Root, ID: s.Home})
	if err != nil {
		return nil, err
	}
	links := make([]choice, len(all))
	for i, c := range all {
		links[i] = choice{Name: c.Name, Link: h.at("/" + url.PathEscape(c.ID) + "/link")}
	}
	return links, nil
}

// enter switches the session to another workspace. What both workspaces ask for is asked for again.
func (h *Handler) enter(v *visit) error {
	session, err := h.signedIn(v)
	if err != nil {
		return err
	}
	session, err = h.Directory.EnterWorkspace(v.ctx, session, v.r.PostFormValue("workspace"), h.Address(v.r))
	if err != nil {
		return err
	}
	if session.State != directory.SessionLive {
		return v.sendTo(h.SignInURL(SignIn{Factor: true}))
	}
	return v.sendTo(h.after(""))
}

// logout ends the session of the browser. Nobody is told whether there was one.
func (h *Handler) logout(v *visit) error {
	session, there, err := h.sessionToEnd(v)
	if err != nil {
		return err
	}
	if there {
		if err := h.Directory.EndSession(v.ctx, h.actor(v, session), session.Root, session.ID, directory.ReasonLogout); err != nil {
			return err
		}
	}
	return h.forget(v, h.sealTarget(""))
}

// sessionToEnd is the session of the browser, wherever the browser is; there is false where it has none.
func (h *Handler) sessionToEnd(v *visit) (s directory.Session, there bool, err error) {
	s, err = h.Directory.SessionToEnd(v.ctx, h.SessionToken(v.r))
	there, err = found(err)
	return s, there, err
}

// signedOut is where a browser comes whose session is over: from an app that has ended it, or back from the identity
// provider.
func (h *Handler) signedOut(v *visit) error {
	state := v.r.URL.Query().Get("state")
	if state == "" {
		_, state = h.leaving(v)
	}
	to, err := h.openTarget(state)
	if err != nil {
		return err
	}
	_, there, err := h.sessionToEnd(v)
	switch {
	case err != nil:
		return err
	case !there:
		return h.forget(v, state)
	case to == "": // somebody has signed in since, and must not be told otherwise
		return v.sendTo(h.at("/session"))
	}
	return v.sendTo(to)
}

// forget takes the browser's cookies, and signs out at the identity provider on the way where the connection says so.
func (h *Handler) forget(v *visit, state string) error {
	login := h.cookie(v.r, loginCookie)
	h.setCookie(v, sessionCookie, "", -1)
	h.setCookie(v, loginCookie, "", -1)
	h.dropHint(v)
	if login == "" {
		return h.goOn(v, state)
	}
	place, err := h.signOutPlace(v, login, state)
	if err != nil { // the session here is over all the same
		h.Log.WarnContext(v.ctx, "no logout at the identity provider", "login", login, "error", err)
	}
	if place == "" {
		return h.goOn(v, state)
	}
	return v.sendTo(place)
}

// signOutPlace is where the browser signs out at the identity provider; empty: nowhere.
func (h *Handler) signOutPlace(v *visit, login, state string) (string, error) {
	connection, _, _ := strings.Cut(login, ".")
	party, provider, err := h.partyOf(v, connection)
	if err != nil || !party.SignIn().LogoutRedirect {
		return "", err
	}
	out := SignOut{ID: random(), State: state, Hint: h.hint(v, login)}
	if party.SignIn().SAML != nil { // a relay state is short
		leaving := out.ID + "." + state
		if len(leaving) > maxCookie {
			return "", fmt.Errorf("the way back takes %d bytes of a cookie, more than %d", len(leaving), maxCookie)
		}
		h.setCookie(v, leavingCookie, leaving, int(signOutAge.Seconds()))
	}
	return provider.SignOut(v.ctx, party, out)
}

// leaving are the ID of the logout that the browser is sent to the identity provider with, and the way back.
func (h *Handler) leaving(v *visit) (id, state string) {
	id, state, _ = strings.Cut(h.cookie(v.r, leavingCookie), ".")
	return id, state
}

// goOn sends the browser to where the logout was asked for, or says that it is done.
func (h *Handler) goOn(v *visit, state string) error {
	to, err := h.openTarget(state)
	if err != nil {
		return err
	}
	if to != "" {
		return v.sendTo(to)
	}
	h.show(v.w, http.StatusOK, signedOutPage())
	return nil
}
