package sso

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"time"
)

// SignIn is what a login is asked for with.
type SignIn struct {
	Return    string   // the path of Options.Returns, with a query, to which the browser comes back; empty: it stays here
	Workspace string   // key of the one to be entered; empty: the connection's own
	LoginHint string   // an e-mail address; may be empty
	Contexts  []string // that the identity provider is asked for (acr_values)
	// Fresh asks for a login now, whatever the identity provider remembers.
	Fresh bool
	// Factor says that somebody is signed in and only the second factor is missing.
	Factor bool
}

// SignInURL is where a browser goes to sign in.
func (h *Handler) SignInURL(s SignIn) string {
	if s.Factor {
		return h.PublicURL + Path + "/factor?" + url.Values{"to": {s.Return}}.Encode()
	}
	return h.PublicURL + Path + "/start?" + s.query().Encode()
}

// query is how a login's wishes are handed from page to page.
func (s SignIn) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		"to": s.Return, "workspace": s.Workspace, "login_hint": s.LoginHint, "acr_values": strings.Join(s.Contexts, " "),
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if s.Fresh {
		q.Set("fresh", "1")
	}
	return q
}

// readSignIn reads the wishes. The place to return to must be one that is registered.
func (h *Handler) readSignIn(q url.Values) (SignIn, error) {
	s := SignIn{
		Return: q.Get("to"), Workspace: q.Get("workspace"), LoginHint: q.Get("login_hint"),
		Contexts: strings.Fields(q.Get("acr_values")), Fresh: q.Has("fresh"),
	}
	if err := h.checkReturn(s.Return); err != nil {
		return SignIn{}, err
	}
	if len(s.Workspace) > maxWish || len(s.LoginHint) > maxWish || len(q.Get("acr_values")) > maxWish {
		return SignIn{}, Refuse(CodeMalformed, "the request has a value of more than %d bytes", maxWish)
	}
	return s, nil
}

const (
	maxWish   = 320 // bytes: an e-mail address is the longest
	maxReturn = 1024
)

// checkReturn takes the registered paths alone, written as they are: a browser reads //host, /\host and others as
// another host.
func (h *Handler) checkReturn(to string) error {
	if to == "" {
		return nil
	}
	path, query, _ := strings.Cut(to, "?")
	if len(to) > maxReturn || !slices.Contains(h.Returns, path) || strings.ContainsFunc(query, notQuery) {
		return Refuse(CodeReturn, "the browser would be sent to %q", to[:min(len(to), maxReturn)])
	}
	return nil
}

func notQuery(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`\"<>#`, r) }

// after is the link to where the browser goes when it is signed in.
func (h *Handler) after(to string) string {
	if to == "" {
		return h.root + Path + "/session"
	}
	return h.root + to
}

// signOutAge is how long a link of SignOutURL leads on.
const signOutAge = 10 * time.Minute

// SignOutURL is where a browser goes whose session has ended: it forgets its cookie and goes on to a place that the caller
// has checked.
func (h *Handler) SignOutURL(to string) string {
	until := h.Now().Add(signOutAge).UTC().Format(time.RFC3339)
	return h.PublicURL + Path + "/signed-out?" + url.Values{"to": {to}, "until": {until}, "seal": {h.seal(to, until)}}.Encode()
}

func (h *Handler) seal(to, until string) string {
	mac := hmac.New(sha256.New, h.signOut[:])
	mac.Write([]byte(until + "\n" + to))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// sealed reports whether SignOutURL has made the link, not long ago.
func (h *Handler) sealed(q url.Values) bool {
	until, err := time.Parse(time.RFC3339, q.Get("until"))
	return err == nil && h.Now().Before(until) && hmac.Equal([]byte(q.Get("seal")), []byte(h.seal(q.Get("to"), q.Get("until"))))
}
