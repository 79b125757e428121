package oidc

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// maxSubject is how long the name of somebody at the issuer may be (OpenID Connect Core §2).
const maxSubject = 255

// logoutEvent marks a logout token (OpenID Connect Back-Channel Logout §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// checkNonce compares what was sent with the login's request, which binds the token to this login.
func checkNonce(c claims, nonce string) error {
	if got := c.text("nonce"); nonce == "" || subtle.ConstantTimeCompare([]byte(got), []byte(nonce)) != 1 {
		return sso.Refuse(sso.CodeNonce, "the token answers another login")
	}
	return nil
}

// checkAccessToken compares the hash of the access token, where the provider sends one.
func checkAccessToken(c claims, token *oidc.IDToken, accessToken string) error {
	if !c.has("at_hash") {
		return nil
	}
	if err := token.VerifyAccessToken(accessToken); err != nil {
		return &sso.Refused{Code: sso.CodeAccessToken, Cause: err}
	}
	return nil
}

// checkIDToken refuses what is no ID token, though the issuer has signed it, and a token that names nobody.
func checkIDToken(c claims, raw string) error {
	if strings.EqualFold(typeOf(raw), "logout+jwt") || isLogout(c) {
		return sso.Refuse(sso.CodeMalformed, "it is a logout token")
	}
	return checkSubject(c.text("sub"))
}

// checkFresh refuses the provider's word of an older login where a fresh one was asked for: whoever sits at the browser can
// take that out of the request. Where the provider does not say when the login was the session has no such time, and is
// nothing to an app that asks for one.
func checkFresh(c claims, a directory.Attempt) error {
	signedIn, told := c.time("auth_time")
	if a.Fresh && told && signedIn.Before(a.Created.Add(-clockSkew)) {
		return sso.Refuse(sso.CodeNotFresh, "a fresh login was asked for, and that of %s came", signedIn.UTC().Format(time.RFC3339))
	}
	return nil
}

func checkSubject(sub string) error {
	if sub == "" || len(sub) > maxSubject || strings.ContainsFunc(sub, isControl) {
		return sso.Refuse(sso.CodeSubject, "the token names nobody, or with more than %d characters", maxSubject)
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func isLogout(c claims) bool { return c.object("events").has(logoutEvent) }

// typeOf is the typ of a token that was verified.
func typeOf(raw string) string {
	head, _, _ := strings.Cut(raw, ".")
	text, _ := base64.RawURLEncoding.DecodeString(head)
	var header struct {
		Type string `json:"typ"`
	}
	_ = json.Unmarshal(text, &header)
	return header.Type
}
