package sso

import (
	"net/http"
	"net/url"
)

// breakGlassView is the page of a login from the command line.
type breakGlassView struct{ Action, Login string }

const maxBreakGlass = 256 // bytes

// askBreakGlass shows a button: programs that look at links must not use the login up.
func (h *Handler) askBreakGlass(v *visit) error {
	login := v.r.URL.Query().Get("login")
	if login == "" || len(login) > maxBreakGlass {
		return Refuse(CodeMalformed, "there is no login in the link")
	}
	h.show(v.w, http.StatusOK, breakGlassPage(breakGlassView{h.at("/break-glass"), login}))
	return nil
}

// takeBreakGlass uses the login up (B11).
func (h *Handler) takeBreakGlass(v *visit) error {
	login := v.r.PostFormValue("login")
	if login == "" || len(login) > maxBreakGlass {
		return Refuse(CodeMalformed, "there is no login in the form")
	}
	signed, err := h.Directory.RedeemBreakGlass(v.ctx, login, h.Address(v.r), v.r.UserAgent())
	if err != nil {
		return err
	}
	h.leave(v)
	return h.signIn(v, signed, "")
}

// BreakGlassURL is the link of a login that the command line has made, below a public URL.
func BreakGlassURL(publicURL, login string) string {
	return publicURL + Path + "/break-glass?" + url.Values{"login": {login}}.Encode()
}
