package usher

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/usher-scim/usher/internal/record"
)

// Why a request was refused that no face took.
const (
	kindUnknownPath = "unknown path"
	kindClosed      = "closed"
)

// recorded leaves the log record of each request that next does not leave one of by itself: that of a face which has none,
// and of who is turned away before a face is asked.
func (s *Server) recorded(what string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, answer := s.now(), &record.Answer{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil { // so that no record was left; net/http breaks the connection off
				answer.Status = http.StatusInternalServerError
				s.record(what, r, answer, began, slog.String("error", fmt.Sprint("panic: ", p)), slog.String("stack", string(debug.Stack())))
				panic(p)
			}
			if !exchangeOf(r.Context()).recorded {
				s.record(what, r, answer, began)
			}
		}()
		next.ServeHTTP(answer, r)
	})
}

// record leaves the log record of a request.
func (s *Server) record(what string, r *http.Request, answer *record.Answer, began time.Time, more ...slog.Attr) {
	e := exchangeOf(r.Context())
	path, status := e.route(r), cmp.Or(answer.Status, http.StatusOK)
	if e.observed.mount.face == FaceNone {
		path = strangePath(r.URL.Path)
	}
	attrs := []slog.Attr{
		slog.String("method", record.Method(r.Method)), slog.String("path", path), slog.Int("status", status),
		record.Duration(s.now().Sub(began)), slog.Int64("bytes", answer.Bytes), slog.String("request_id", e.requestID),
	}
	attrs = append(attrs, e.log()...)
	if kind := e.observed.kind; kind != "" {
		attrs = append(attrs, slog.String("kind", kind))
	}
	s.log.LogAttrs(r.Context(), record.Level(status), what, append(attrs, more...)...)
}

// records is a face that leaves the log record of each request by itself.
func records(face http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).recorded = true
		face.ServeHTTP(w, r)
	})
}

// refuse answers when the server has closed.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request) {
	exchangeOf(r.Context()).observed.kind = kindClosed
	w.Header().Set("Retry-After", "5")
	http.Error(w, "closed", http.StatusServiceUnavailable)
}

// nowhere answers where nothing is served. Who means a SCIM server, as with a base URL that is mistyped, is told so in its
// form, and where the base URLs are.
func (s *Server) nowhere(cfg Config) http.Handler {
	cfg.Log = slog.New(slog.DiscardHandler) // its path would be that of an endpoint
	scim := s.noConnection(cfg)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).observed.kind = kindUnknownPath
		if meansSCIM(r) {
			scim.ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	})
}

// meansSCIM reports a request that says so by its path or by a media type.
func meansSCIM(r *http.Request) bool {
	const media = "scim+json"
	return scimPart(r.URL.Path) != "" || strings.Contains(r.Header.Get("Accept"), media) || strings.Contains(r.Header.Get("Content-Type"), media)
}

// scimPart is what of a path begins with the name of an endpoint of RFC 7644; empty: nothing does.
func scimPart(path string) string {
	for path != "" {
		name, after := firstSegment(path)
		if _, ok := scimRoutes[name]; ok && name != "" {
			return path
		}
		path = after
	}
	return ""
}

// strangePath is as much of a path that nothing serves as may be repeated: its first segment, if it is a word that base URLs
// have, and an endpoint of SCIM. The rest may name a person, or be a secret.
func strangePath(path string) string {
	first, after := firstSegment(path)
	shown, part := "/…", scimPart(path)
	if baseWords[strings.ToLower(first)] {
		shown = "/" + first
	}
	switch {
	case first == "":
		return "/"
	case part == "" && shown == "/…":
		return otherName
	case part == "" && strings.Trim(after, "/") == "":
		return shown
	case part == "":
		return shown + "/…"
	case len(part) == len(path):
		return scimRoute(part)
	case len(part) == len(after) || shown == "/…":
		return shown + scimRoute(part)
	default:
		return shown + "/…" + scimRoute(part)
	}
}

// baseWords are what a base URL may begin with that was mistyped, or is that of another server or of another face of this one.
var baseWords = map[string]bool{
	"scim": true, "scim2": true, "v1": true, "v2": true, "users": true, "groups": true, "rest": true, "api": true, "oauth": true,
	"oauth2": true, "token": true, "sso": true, "saml": true, "saml2": true, "oidc": true, "openid": true, ".well-known": true,
	"login": true, "logout": true, "admin": true, "console": true, "health": true, "healthz": true, "readyz": true, "metrics": true,
}
