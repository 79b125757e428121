package sso

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"net/http"
)

// hintCookie holds what the identity provider wants to hear at a logout. It stays in the browser, where it is used: the server
// keeps no ID token. It is sealed, as it tells of a person, and goes to this face alone, as it is large.
const (
	hintCookie = "usher_logout"
	hintPrefix = "__Secure-"
	// maxHint bounds what is kept: sealed and encoded a cookie of it has less than the 4096 bytes that browsers keep (RFC 6265
	// §6.1). Who signs in with a larger token signs out without it.
	maxHint = 2900
)

func newHintSeal(key [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// keepHint gives the browser the hint of a login, or takes an older one away. It is good beside the cookie of that login alone,
// which no other host can set, as it can this one.
func (h *Handler) keepHint(v *visit, login, hint string) {
	if hint == "" || len(hint) > maxHint {
		h.dropHint(v)
		return
	}
	sealed := h.hintSeal.Seal(nil, nil, []byte(hint), []byte(login))
	h.setHint(v, base64.RawURLEncoding.EncodeToString(sealed), 0)
}

func (h *Handler) dropHint(v *visit) {
	if _, err := v.r.Cookie(h.hintName(v.r)); err == nil {
		h.setHint(v, "", -1)
	}
}

// hint is what the browser's login has left; empty: nothing.
func (h *Handler) hint(v *visit, login string) string {
	c, err := v.r.Cookie(h.hintName(v.r))
	if err != nil {
		return ""
	}
	sealed, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return ""
	}
	hint, err := h.hintSeal.Open(nil, nil, sealed, []byte(login))
	if err != nil { // another login's, or the key has changed
		return ""
	}
	return string(hint)
}

func (h *Handler) hintName(r *http.Request) string {
	if h.Secure(r) {
		return hintPrefix + hintCookie
	}
	return hintCookie
}

func (h *Handler) setHint(v *visit, value string, seconds int) {
	http.SetCookie(v.w, &http.Cookie{
		Name: h.hintName(v.r), Value: value, Path: h.root + Path, MaxAge: seconds,
		HttpOnly: true, Secure: h.Secure(v.r), SameSite: http.SameSiteLaxMode,
	})
}
