package openid

import (
	"errors"
	"net/http"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// userInfo tells who the person of an access token is now (OpenID Connect Core §5.3).
func (p *Provider) userInfo(c *call) error {
	c.w.Header().Set("Cache-Control", "no-store")
	token, err := readBearer(c.w, c.r)
	if errors.Is(err, errNoBearer) {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="usher"`)
		return &protocolError{status: http.StatusUnauthorized, Code: codeInvalidToken, Description: "send an access token as Authorization: Bearer"}
	}
	if err != nil {
		return err
	}
	is, err := p.open(c.ctx, token)
	if err == nil {
		err = p.Directory.AdmitDevice(c.ctx, is.app, is.Root, is.Session, p.Address(c.r))
	}
	if errors.Is(err, directory.ErrNotFound) || isLoginError(err) {
		c.w.Header().Set("WWW-Authenticate", `Bearer realm="usher", error="invalid_token"`)
		return &protocolError{status: http.StatusUnauthorized, Code: codeInvalidToken, Description: "the access token is not known, expired or revoked"}
	}
	if err != nil {
		return err
	}
	c.app, c.subject = is.App, is.claims.Subject
	return c.json(http.StatusOK, personOf(is.claims, is.Scope))
}

// readBearer takes the access token from the header, or from the body of a form, never from both and never from the URL
// (RFC 6750 §2).
func readBearer(w http.ResponseWriter, r *http.Request) (string, error) {
	var inBody string
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "" {
		sent, err := readForm(w, r)
		if err != nil {
			return "", err
		}
		inBody = sent.get("access_token")
	}
	header := r.Header["Authorization"]
	switch {
	case len(header) > 1 || len(header) == 1 && inBody != "":
		return "", invalidRequest("the access token was sent in more than one way")
	case inBody != "":
		return inBody, nil
	case len(header) == 0:
		return "", errNoBearer
	}
	scheme, token, _ := strings.Cut(header[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", errNoBearer
	}
	return strings.TrimSpace(token), nil
}
