package sso

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
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

// at is the link to a path of the face.
func (h *Handler) at(path string) string { return h.root + Path + path }

// after is the link to where the browser goes when it is signed in.
func (h *Handler) after(to string) string {
	if to == "" {
		return h.at("/session")
	}
	return h.root + to
}

// signOutAge is how long a link of SignOutURL leads on.
const signOutAge = 10 * time.Minute

// SignOutURL is where a browser goes whose session has ended: it forgets its cookies, signs out at the identity provider
// where the connection says so, and goes on to a place that the caller has checked.
func (h *Handler) SignOutURL(to string) string {
	return SignedOutURL(h.PublicURL) + "?" + url.Values{"state": {h.sealTarget(to)}}.Encode()
}

// sealTarget makes a text of a place to go to, which is good for some minutes and is nobody else's to make.
func (h *Handler) sealTarget(to string) string {
	text := strconv.FormatInt(h.Now().Add(signOutAge).Unix(), 10) + " " + to
	return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + h.seal(text)
}

func (h *Handler) seal(text string) string {
	mac := hmac.New(sha256.New, h.signOut[:])
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// openTarget returns the place that sealTarget was given.
func (h *Handler) openTarget(state string) (to string, err error) {
	encoded, seal, _ := strings.Cut(state, ".")
	text, decodeErr := base64.RawURLEncoding.DecodeString(encoded)
	until, to, _ := strings.Cut(string(text), " ")
	seconds, numberErr := strconv.ParseInt(until, 10, 64)
	if decodeErr != nil || numberErr != nil || !hmac.Equal([]byte(seal), []byte(h.seal(string(text)))) || h.Now().Unix() > seconds {
		return "", Refuse(CodeReturn, "the link to the place after the logout was not made here, or is old")
	}
	return to, nil
}
