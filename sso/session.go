package sso

import (
	"net/http"

	"github.com/usher-scim/usher/directory"
)

// sessionView is the page of who is signed in.
type sessionView struct {
	Since, Until string
	Session      string // action of the form that switches
	Logout       string
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
	h.show(v.w, http.StatusOK, sessionPage, sessionView{
		Since: session.Created.UTC().Format(pageTime), Until: session.Expires.UTC().Format(pageTime),
		Session: h.root + Path + "/session", Logout: h.root + Path + "/logout",
	})
	return nil
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
	if session, err := h.browserSession(v); err == nil {
		if err := h.Directory.EndSession(v.ctx, h.actor(v, session), session.Root, session.ID, "logout"); err != nil {
			return err
		}
	}
	h.setCookie(v, sessionCookie, "", -1)
	h.show(v.w, http.StatusOK, signedOutPage, nil)
	return nil
}

// signedOut forgets the cookie of a session that an app has ended, and leads on to where the app wants the browser.
func (h *Handler) signedOut(v *visit) error {
	query := v.r.URL.Query()
	if !h.sealed(query) {
		return Refuse(CodeReturn, "the link to the place after the logout was not made here, or is old")
	}
	if _, err := h.browserSession(v); err != nil { // one that has begun since stays
		h.setCookie(v, sessionCookie, "", -1)
	}
	return v.sendTo(query.Get("to"))
}
