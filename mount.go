package usher

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/usher-scim/usher/sso"
)

// mount is one row of the mount table.
type mount struct {
	// face is what is talked to there.
	face string
	// pattern is a path. "{connection}" stands for any one segment; a trailing slash takes everything below.
	pattern  string
	segments []string // of the pattern
	handler  http.Handler
}

func newMount(face, pattern string, handler http.Handler) mount {
	return mount{face, pattern, strings.FieldsFunc(pattern, func(r rune) bool { return r == '/' }), handler}
}

// mountTable is the whole surface of the server. The first row that matches serves.
func (s *Server) mountTable(cfg Config) ([]mount, error) {
	scim := s.noted(s.scimHandler(cfg))
	api, err := s.apiHandler(cfg)
	if err != nil {
		return nil, err
	}
	signIn, err := s.ssoHandler(cfg)
	if err != nil {
		return nil, err
	}
	provider, err := s.openidMounts(cfg, signIn)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]mount{
		newMount(FaceOperations, "/healthz", http.HandlerFunc(s.healthz)),
		newMount(FaceOperations, "/readyz", http.HandlerFunc(s.readyz)),
		newMount(FaceSCIM, "/scim/v2/", scim),
		newMount(FaceSCIM, "/scim/{connection}/v2/", scim),
		newMount(FaceOAuth2, "/scim/{connection}/oauth2/token", http.HandlerFunc(s.oauth2)),
		newMount(FaceSCIM, "/scim/", s.noConnection(cfg)),
		newMount(FaceAdmin, apiPath+"/", s.recorded("admin request", api)),
		newMount(FaceSSO, sso.Path+"/", s.recorded("sign-in request", s.browsers(signIn))),
	}, provider, []mount{
		newMount(FaceNone, "/", s.elsewhere(scim, s.recorded("unserved request", s.nowhere(cfg)))),
	}), nil
}

// ServeHTTP implements [http.Handler].
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := s.exchange(r)
	e.setHeaders(w.Header())
	ctx, w := s.begin(e, w, r)
	path := r.URL.EscapedPath()
	m, rest := s.mountOf(path, e)
	if s.state.Load() == closed {
		e.recorded = m.face == FaceOperations // probes leave no record
		m, rest = &s.refusal, path
	}
	e.observed.mount = m
	r = below(ctx, r, e, rest)
	defer s.end(e, r)
	m.handler.ServeHTTP(w, r)
}

// mountOf finds who serves a path, and what of it is below the mount. The last row takes everything.
func (s *Server) mountOf(path string, e *exchange) (m *mount, rest string) {
	for i := range s.mounts {
		if connection, rest, ok := s.mounts[i].match(path); ok {
			e.connection = connection
			return &s.mounts[i], rest
		}
	}
	return &s.mounts[len(s.mounts)-1], path
}

// match compares an escaped path with the pattern, segment by segment, and returns what is below it. Doubled
// slashes count as one here, and are kept in the rest, where package scimserver treats them (T-016).
func (m mount) match(path string) (connection, rest string, ok bool) {
	for _, want := range m.segments {
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
func below(ctx context.Context, r *http.Request, e *exchange, rest string) *http.Request {
	r = r.WithContext(exchangeContext{ctx, e})
	u := *r.URL
	u.Path, u.RawPath = "/", ""
	if plain, err := url.PathUnescape(rest); err == nil && rest != "" {
		u.Path, u.RawPath = plain, rest
	}
	r.URL = &u
	return r
}
