package usher

import (
	"net/http"
	"strings"
)

// elsewhere is the last row of the mount table: connections that are reached under a path of their own (C1), which may
// change at any time. With none configured nothing is served there. As soon as there is one, a path that no connection has is
// answered like one of a connection for which the token is not good, so that nobody learns without a token which paths
// there are.
func (s *Server) elsewhere(face, nowhere http.Handler) http.Handler {
	own := newMount(FaceSCIM, "/", face)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.EscapedPath()
		if strings.Trim(path, "/") == "" || !s.directory.HasBasePaths(r.Context()) {
			nowhere.ServeHTTP(w, r)
			return
		}
		e := exchangeOf(r.Context())
		e.observed.mount = &own
		var rest string
		e.connection, e.base, rest = s.split(r, path)
		face.ServeHTTP(w, below(r.Context(), r, e, rest))
	})
}

// split takes the base path off a path. Who shows no token gets to public discovery (D-25) below every path alike, which
// is found without a look at those that there are.
func (s *Server) split(r *http.Request, path string) (connection, base, rest string) {
	if authorization(r) == "" {
		base = plainPath(path)
		last := strings.LastIndexByte(base, '/')
		return "", base[:last], base[last:]
	}
	connection, rest, ok := s.directory.ConnectionAt(r.Context(), path)
	if !ok {
		rest = ""
	}
	return connection, plainPath(strings.TrimSuffix(path, rest)), rest
}

// plainPath is the path with one slash before each segment (T-016).
func plainPath(path string) string {
	var b strings.Builder
	for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' }) {
		b.WriteByte('/')
		b.WriteString(segment)
	}
	return b.String()
}
