package sso

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// The cookies. Over TLS their names keep other hosts from setting them (RFC 6265bis §4.1.3.2).
const (
	sessionCookie = "usher_session"
	// bindingCookie ties a login to the browser in which it was begun: the answer to somebody else's opens nothing.
	bindingCookie = "usher_login"
	// loginCookie names the connection by which the browser is signed in, and the session: its logout asks for them when the
	// session is over. It opens nothing.
	loginCookie = "usher_connection"
	// leavingCookie keeps the ID of a logout and the way back, while the browser signs out at an identity provider that brings no
	// state of that size.
	leavingCookie = "usher_leaving"
	hostPrefix    = "__Host-"
	bindingAge    = 60 * 60 // seconds
	maxCookie     = 2048    // bytes of a value
)

// SessionToken is the value of the session's cookie; empty: there is none.
func (h *Handler) SessionToken(r *http.Request) string { return h.cookie(r, sessionCookie) }

func (h *Handler) cookie(r *http.Request, name string) string {
	if h.Secure(r) {
		name = hostPrefix + name
	}
	c, err := r.Cookie(name)
	if err != nil || len(c.Value) > maxCookie {
		return ""
	}
	return c.Value
}

// setCookie writes a cookie that no script reads and no request of another site brings along, but for links that are
// followed: the way back from the identity provider is one. seconds 0 are until the browser closes, below 0 they forget it.
func (h *Handler) setCookie(v *visit, name, value string, seconds int) {
	secure := h.Secure(v.r)
	if secure {
		name = hostPrefix + name
	}
	http.SetCookie(v.w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode,
	})
}

// bind returns the hash of the browser's binding cookie, which it gets if it has none.
func (h *Handler) bind(v *visit) [32]byte {
	value := h.cookie(v.r, bindingCookie)
	if value == "" {
		value = random()
	}
	h.setCookie(v, bindingCookie, value, bindingAge)
	return sha256.Sum256([]byte(value))
}

// bound is the hash of the binding cookie that the browser brings; ok is false where it has none.
func (h *Handler) bound(v *visit) (hash [32]byte, ok bool) {
	value := h.cookie(v.r, bindingCookie)
	return sha256.Sum256([]byte(value)), value != ""
}

// random is 32 random bytes as text: also what PKCE takes for a verifier (RFC 7636 §4.1).
func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
