package scimclient

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
)

const hidden = "****"

// secretNames are the JSON members and form fields that carry credentials: the
// User's password (RFC 7643 §4.1.1) and what OAuth 2.0 token endpoints exchange.
const secretNames = `password|access_token|refresh_token|id_token|token|client_secret|client_assertion|assertion|secret|code_verifier`

// The patterns work on text, not on a decoded document: the tap shows literal
// bytes, and a body that is not JSON may hold a secret too. A string that the tap
// cut off in the middle is masked to its end.
var (
	jsonString = `"(?:[^"\\]|\\.)*(?:"|$)`
	jsonScalar = `(?:` + jsonString + `|[^\s"\[{,}\]][^\s,}\]]*)`
	jsonValue  = `(?:` + jsonScalar + `|\[[^\[\]{}]*\]?|\{[^\[\]{}]*\}?)`

	secretMember = regexp.MustCompile(`(?is)("(?:[^"\\]*:)?(?:` + secretNames + `)"\s*:\s*)` + jsonValue)
	// A PATCH operation names the secret in "path" and carries it in "value", in
	// either order (RFC 7644 §3.5.2).
	secretPathFirst = regexp.MustCompile(`(?is)("path"\s*:\s*"(?:[^"\\]*:)?(?:` + secretNames + `)"[^{}]*?"value"\s*:\s*)` + jsonValue)
	secretPathLast  = regexp.MustCompile(`(?is)("value"\s*:\s*)` + jsonValue + `((?:\s*,\s*"\w+"\s*:\s*` + jsonScalar + `)*?\s*,\s*"path"\s*:\s*"(?:[^"\\]*:)?(?:` + secretNames + `)")`)
	secretField     = regexp.MustCompile(`(?i)\b((?:` + secretNames + `)=)[^&\s"]+`)
)

// maskText hides credentials in a body or a whole exchange, and the token wherever
// a server repeats it.
func maskText(text []byte, token string) []byte {
	if token != "" {
		text = bytes.ReplaceAll(text, []byte(token), []byte(hidden))
	}
	text = secretMember.ReplaceAll(text, []byte(`${1}"`+hidden+`"`))
	text = secretPathFirst.ReplaceAll(text, []byte(`${1}"`+hidden+`"`))
	text = secretPathLast.ReplaceAll(text, []byte(`${1}"`+hidden+`"${2}`))
	return secretField.ReplaceAll(text, []byte(`${1}`+hidden))
}

// maskHeader hides the value of a header that authenticates, and keeps the scheme,
// which is what a reader of a trace looks for (T-007).
func maskHeader(name, value string) string {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization":
		if scheme, _, ok := strings.Cut(value, " "); ok {
			return scheme + " " + hidden
		}
		return hidden
	case "cookie", "set-cookie", "x-api-key":
		return hidden
	default:
		return value
	}
}

// ShownURL is a base URL, or what should be one, as reports and logs may show it: without the credentials in it. Where they
// may begin anywhere, as before an @ in a path, the host goes with them.
func ShownURL(text string) string {
	text = secretField.ReplaceAllString(text, "${1}"+hidden)
	at := strings.LastIndexByte(text, '@')
	u, err := url.Parse(text)
	switch {
	case err == nil && u.User != nil:
		if _, has := u.User.Password(); !has { // a token, perhaps
			u.User = url.User("xxxxx")
		}
		return u.Redacted()
	case at < 0 || err == nil && u.Host != "" && !strings.Contains(u.Host, ":"):
		return text
	}
	return "…" + text[at:] // a / in the password ends the host as one after the port does
}

// ReferenceBase is a base URL as references begin with it: without credentials, query and trailing slash.
func ReferenceBase(base string) string {
	base, _, _ = strings.Cut(base, "?")
	if u, err := url.Parse(base); err == nil && u.User != nil {
		u.User = nil
		base = u.String()
	}
	return strings.TrimSuffix(base, "/")
}
