package usher

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/usher-scim/usher/directory"
)

// DefaultPublicURL is where a server is that nobody configured.
const DefaultPublicURL = "http://127.0.0.1:8080"

// BaseURL is the SCIM base URL of a connection below a public URL: what is pasted into the identity provider.
func BaseURL(publicURL, connection string) string {
	return strings.TrimRight(publicURL, "/") + "/scim/" + url.PathEscape(connection) + "/v2"
}

// TokenURL is where a connection's client id and client secret are exchanged for access tokens (RFC 6749 §3.2): what
// is pasted into the identity provider beside them.
func TokenURL(publicURL, connection string) string {
	return strings.TrimSuffix(BaseURL(publicURL, connection), "/v2") + "/oauth2/token"
}

// ParsePublicURL checks the URL under which clients reach the server and returns it without trailing slashes.
func ParsePublicURL(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", fmt.Errorf("public URL %q: %w", text, err)
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("public URL %q: it must begin with https:// or http://", text)
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return "", fmt.Errorf("public URL %q: it must be scheme, host and perhaps a path, such as https://scim.example.com", text)
	case strings.Contains(u.Host, "_"):
		// Okta takes no base URL with an underscore (T-017).
		return "", fmt.Errorf("public URL %q: Okta refuses a URL with an underscore in the host", text)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

// ConnectionURL is the base URL to show for a connection: under its own base path where it has one (C1).
func ConnectionURL(publicURL string, c directory.Connection) string {
	if c.Settings.BasePath == "" {
		return BaseURL(publicURL, c.ID)
	}
	return strings.TrimRight(publicURL, "/") + c.Settings.BasePath
}

// base is the base URL that the caller used, for the locations in the answer: the connection's own, or the one that
// several connections share.
func (s *Server) base(e *exchange) string {
	if e.base != "" {
		return s.publicURL + e.base
	}
	if e.connection == "" {
		return s.publicURL + "/scim/v2"
	}
	return BaseURL(s.publicURL, e.connection)
}
