package usher

import (
	"net/http"
	"net/url"
	"strings"
)

// mount is one row of the mount table.
type mount struct {
	// pattern is a path. "{connection}" stands for any one segment; a trailing slash takes everything below.
	pattern string
	handler http.Handler
}

// mountTable is the whole surface of the server. The first row that matches serves.
func (s *Server) mountTable(cfg Config) ([]mount, error) {
	scim := s.noted(s.scimHandler(cfg))
	api, err := s.apiHandler(cfg)
	if err != nil {
		return nil, err
	}
	return []mount{
		{"/healthz", http.HandlerFunc(s.healthz)},
		{"/readyz", http.HandlerFunc(s.readyz)},
		{"/scim/v2/", scim},
		{"/scim/{connection}/v2/", scim},
		{"/scim/{connection}/oauth2/token", http.HandlerFunc(s.oauth2)},
		{"/scim/", s.noConnection(cfg)},
		{apiPath + "/", api},
		{"/", s.elsewhere(scim)},
	}, nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := s.exchange(r)
	e.setHeaders(w.Header())
	if s.state.Load() == closed {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "closed", http.StatusServiceUnavailable)
		return
	}
	path := r.URL.EscapedPath()
	for _, m := range s.mounts {
		if connection, rest, ok := m.match(path); ok {
			e.connection = connection
			m.handler.ServeHTTP(w, below(r, e, rest))
			return
		}
	}
}

// match compares an escaped path with the pattern, segment by segment, and returns what is below it. Doubled
// slashes count as one here, and are kept in the rest, where package scimserver treats them (T-016).
func (m mount) match(path string) (connection, rest string, ok bool) {
	for want := range strings.FieldsFuncSeq(m.pattern, func(r rune) bool { return r == '/' }) {
		got, after := firstSegment(path)
		if want == "{connection}" {
			connection, want = got, got
		}
		if got != want || got == "" {
			return "", "", false
		}
		path = after
	}
	return connection, path, path == "" || strings.HasSuffix(m.pattern, "/")
}

func firstSegment(path string) (segment, after string) {
	path = strings.TrimLeft(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// below returns the request as the mounted handler sees it: the path below the mount, and the exchange at hand.
func below(r *http.Request, e *exchange, rest string) *http.Request {
	r = r.WithContext(exchangeContext{r.Context(), e})
	u := *r.URL
	u.Path, u.RawPath = "/", ""
	if plain, err := url.PathUnescape(rest); err == nil && rest != "" {
		u.Path, u.RawPath = plain, rest
	}
	r.URL = &u
	return r
}
