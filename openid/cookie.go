package openid

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"time"
)

// The binding cookie ties a kept authorization request to the browser that began it: a link to its continuation, sent to
// somebody else, opens nothing. Over TLS its name keeps other hosts from setting it (RFC 6265bis §4.1.3.2).
const (
	bindingCookie       = "usher_app_request"
	secureBindingCookie = "__Host-" + bindingCookie
	bindingAge          = time.Hour
)

func (p *Provider) bindingName(r *http.Request) string {
	if p.Secure(r) {
		return secureBindingCookie
	}
	return bindingCookie
}

// binding is the hash of the browser's binding cookie; ok is false where it has none.
func (p *Provider) binding(c *call) (hash [32]byte, ok bool) {
	value := cookieValue(c.r, p.bindingName(c.r))
	return sha256.Sum256([]byte(value)), value != ""
}

// bind returns the hash of the browser's binding cookie, which it gets if it has none.
func (p *Provider) bind(c *call) [32]byte {
	if hash, ok := p.binding(c); ok {
		return hash
	}
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails
	value := base64.RawURLEncoding.EncodeToString(random[:])
	http.SetCookie(c.w, &http.Cookie{
		Name: p.bindingName(c.r), Value: value, Path: "/", MaxAge: int(bindingAge.Seconds()),
		HttpOnly: true, Secure: p.Secure(c.r), SameSite: http.SameSiteLaxMode,
	})
	return sha256.Sum256([]byte(value))
}

func cookieValue(r *http.Request, name string) string {
	cookie, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return cookie.Value
}
