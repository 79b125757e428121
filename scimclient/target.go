package scimclient

import (
	"fmt"
	"net/url"
	"strings"
)

// target joins base URL and path without normalising either: the path's bytes go
// on the wire as they are, raw quotes and doubled slashes included. Only the base
// URL's trailing slash is dropped. A query of the base URL ends the query (T-015).
func target(base, path string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("base URL %q must be an absolute http or https URL", ShownURL(base))
	}
	path, query, _ := strings.Cut(path, "?")
	full := strings.TrimSuffix(u.EscapedPath(), "/") + path
	if !strings.HasPrefix(full, "/") {
		full = "/" + full
	}
	// Opaque is the one field that net/http sends untouched. It may not begin with
	// two slashes, which would read as a host.
	if strings.HasPrefix(full, "//") {
		full = "//" + u.Host + full
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, User: u.User, Opaque: full, RawQuery: joinQuery(query, u.RawQuery)}, nil
}

func joinQuery(own, base string) string {
	if own == "" || base == "" {
		return own + base
	}
	return own + "&" + base
}
