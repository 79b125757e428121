package sso

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// factorView is the page of the second factor: a code is asked for, after a set-up where there was none yet.
type factorView struct {
	Action, Return, Notice string
	Enrolment              *directory.Enrolment // nil: set up already
	QR                     drawnQR              // of the enrolment
}

// askFactor asks for the second factor.
func (h *Handler) askFactor(v *visit) error {
	to := v.r.URL.Query().Get("to")
	session, err := h.factorSession(v, to)
	if err != nil {
		return err
	}
	if session.State == directory.SessionLive {
		return v.sendTo(h.after(to))
	}
	return h.showFactor(v, session, to, http.StatusOK, "")
}

// factorSession is the session of the browser, and the place to return to is checked.
func (h *Handler) factorSession(v *visit, to string) (directory.Session, error) {
	if err := h.checkReturn(to); err != nil {
		return directory.Session{}, err
	}
	return h.browserSession(v)
}

func (h *Handler) showFactor(v *visit, s directory.Session, to string, status int, notice string) error {
	view := factorView{Action: h.at("/factor"), Return: to, Notice: notice}
	has, err := h.Directory.HasFactor(v.ctx, s)
	if err != nil {
		return err
	}
	if !has {
		enrolment, err := h.Directory.EnrolFactor(v.ctx, s)
		if err != nil {
			return err
		}
		if view.QR, err = drawQR(enrolment.URL); err != nil {
			return err
		}
		enrolment.Secret = inFours(enrolment.Secret)
		view.Enrolment = &enrolment
	}
	h.show(v.w, status, factorPage(view))
	return nil
}

// inFours breaks a secret that has to be typed into groups.
func inFours(secret string) string {
	var b strings.Builder
	for i, c := range secret {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// takeFactor takes a code: of the app that shows them, or a recovery code.
func (h *Handler) takeFactor(v *visit) error {
	to, code := v.r.PostFormValue("to"), normalCode(v.r.PostFormValue("code"))
	session, err := h.factorSession(v, to)
	if err != nil {
		return err
	}
	if session.State == directory.SessionLive {
		return v.sendTo(h.after(to))
	}
	has, err := h.Directory.HasFactor(v.ctx, session)
	if err != nil {
		return err
	}
	var token string
	var recovery []string
	if has {
		_, token, err = h.Directory.VerifyFactor(v.ctx, session, code, h.Address(v.r))
	} else {
		_, token, recovery, err = h.Directory.ConfirmFactor(v.ctx, session, code, h.Address(v.r))
	}
	if status, notice := wrongCode(err); notice != "" {
		return h.showFactor(v, session, to, status, notice)
	}
	if err != nil {
		return err
	}
	h.setCookie(v, sessionCookie, token, 0)
	if len(recovery) == 0 {
		return v.sendTo(h.after(to))
	}
	h.show(v.w, http.StatusOK, recoveryPage(recoveryView{Codes: recovery, Next: h.after(to)}))
	return nil
}

// wrongCode is what is said of a code that was not taken.
func wrongCode(err error) (status int, notice string) {
	switch {
	case errors.Is(err, directory.ErrWrongCode):
		return http.StatusUnprocessableEntity, "That code did not work. Wait for the next one, and try again."
	case errors.Is(err, directory.ErrLockedOut):
		return http.StatusTooManyRequests, "There were too many wrong codes. Try again in a quarter of an hour."
	}
	return 0, ""
}

// renewRecovery makes new recovery codes for who gives a code. The old ones are void.
func (h *Handler) renewRecovery(v *visit) error {
	session, err := h.signedIn(v)
	if err != nil {
		return err
	}
	codes, err := h.Directory.RenewRecovery(v.ctx, session, normalCode(v.r.PostFormValue("code")), h.Address(v.r))
	if status, notice := wrongCode(err); notice != "" {
		return h.showSession(v, session, status, notice)
	}
	if err != nil {
		return err
	}
	h.show(v.w, http.StatusOK, recoveryPage(recoveryView{Codes: codes, Next: h.after("")}))
	return nil
}

// recoveryView shows recovery codes, this once.
type recoveryView struct {
	Codes []string
	Next  string
}

const maxCode = 64 // bytes

// normalCode is a code as people type it, without the spaces.
func normalCode(text string) string {
	text = strings.Join(strings.Fields(text), "")
	return text[:min(len(text), maxCode)]
}
