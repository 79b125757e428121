package openid

import (
	"net/http"
	"net/url"
)

// credentials are what a client shows of itself (RFC 6749 §2.3.1). A public client shows its id alone.
type credentials struct{ id, secret string }

// maxClientID bounds a client id; those that Usher makes are shorter.
const maxClientID = 128

// readCredentials takes a client's id and secret from the header or from the body, never from both.
func readCredentials(r *http.Request, p parameters) (credentials, *protocolError) {
	c := credentials{id: p.get("client_id"), secret: p.get("client_secret")}
	switch {
	case p.get("client_assertion") != "" || p.get("client_assertion_type") != "":
		return c, invalidClient()
	case len(r.Header["Authorization"]) > 1:
		return c, invalidRequest("the Authorization header was sent more than once")
	case r.Header.Get("Authorization") != "":
		return c.withBasic(r)
	case c.id == "" || len(c.id) > maxClientID:
		return c, invalidClient()
	}
	return c, nil
}

// withBasic takes id and secret from the header, where each of the two is form-encoded first.
func (c credentials) withBasic(r *http.Request) (credentials, *protocolError) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return c, invalidClient()
	}
	id, err1 := url.QueryUnescape(id)
	secret, err2 := url.QueryUnescape(secret)
	switch {
	case err1 != nil || err2 != nil || id == "" || len(id) > maxClientID:
		return c, invalidClient()
	case c.secret != "":
		return c, invalidRequest("client_secret was sent twice: in the body and in the Authorization header")
	case c.id != "" && c.id != id:
		return c, invalidRequest("the client_id in the body is not the one in the Authorization header")
	}
	return credentials{id, secret}, nil
}
