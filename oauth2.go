package usher

import (
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/internal/record"
	"github.com/usher-scim/usher/scim"
)

const (
	// maxTokenRequest bounds the body of a token request; one is some 200 bytes long.
	maxTokenRequest = 16 << 10
	// The lifetime of an access token: Entra's gallery asks for one to six hours.
	defaultAccessTokenTTL = time.Hour
	maxAccessTokenTTL     = 24 * time.Hour
)

// oauth2 answers at a connection's token URL: client credentials are exchanged for an access token (RFC 6749 §4.4).
// The client id is the connection's id.
func (s *Server) oauth2(w http.ResponseWriter, r *http.Request) {
	start, e := s.now(), exchangeOf(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Pragma", "no-cache") // with Cache-Control as RFC 6749 §5.1 asks; every answer has that
	granted, err := s.grant(w, r)
	status, body := http.StatusOK, any(granted)
	if err != nil {
		refused := asTokenError(err, e.requestID)
		e.observed.kind = refused.Code
		refused.setHeaders(w.Header())
		status, body = refused.status, refused
	}
	text, _ := json.Marshal(body) // structs of texts and numbers
	text = append(text, '\n')
	w.WriteHeader(status)
	_, _ = w.Write(text) // fails only when the client is gone
	s.logGrant(r, e, granted, err, slog.Int("status", status), record.Duration(s.now().Sub(start)), slog.Int("bytes", len(text)))
}

// tokenAnswer is the successful answer of RFC 6749 §5.1.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string `json:"scope,omitempty"`

	secret string // id of the client secret
}

func (s *Server) grant(w http.ResponseWriter, r *http.Request) (tokenAnswer, error) {
	e := exchangeOf(r.Context())
	if err := e.refuseInsecure(); err != nil {
		return tokenAnswer{}, err
	}
	req, err := readTokenRequest(w, r)
	if err != nil {
		return tokenAnswer{}, err
	}
	granted, err := s.directory.GrantAccess(r.Context(), directory.ClientCredentials{
		Connection: e.connection, ID: strings.TrimSpace(req.id), Secret: strings.TrimSpace(req.secret),
	}, s.accessTTL)
	if err != nil {
		return tokenAnswer{}, s.slowGuessing(e, err)
	}
	e.observed.connection = e.connection
	if err := s.refuseFlood(e, e.connection); err != nil {
		return tokenAnswer{}, err
	}
	return tokenAnswer{
		AccessToken: granted.Text, TokenType: "Bearer", ExpiresIn: int(granted.Lifetime.Seconds()), Scope: req.scope,
		secret: granted.Secret,
	}, nil
}

// logGrant writes the request's log record. Nothing that was sent is in it but what has proved to be no secret.
func (s *Server) logGrant(r *http.Request, e *exchange, granted tokenAnswer, err error, attrs ...slog.Attr) {
	level := slog.LevelInfo
	attrs = append(attrs, slog.String("method", methodName(r.Method)), slog.String("path", "/oauth2/token"), slog.String("request_id", e.requestID))
	attrs = append(attrs, e.log()...)
	if err == nil {
		attrs = append(attrs, slog.String("connection", e.connection), slog.String("token", granted.secret))
	}
	var refused *tokenError
	var known *scim.Error
	switch {
	case errors.As(err, &refused):
		attrs = append(attrs, slog.String("kind", refused.Code))
	case errors.As(err, &known):
		attrs = append(attrs, slog.String("kind", string(known.Kind)))
	case err != nil:
		level = slog.LevelError
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.log.LogAttrs(r.Context(), level, "token request", attrs...)
}

// tokenRequest is what was sent in a body or a header.
type tokenRequest struct{ id, secret, scope string }

// readTokenRequest reads client credentials in one of the two ways of RFC 6749 §2.3.1.
func readTokenRequest(w http.ResponseWriter, r *http.Request) (tokenRequest, error) {
	form, err := readForm(w, r)
	if err != nil {
		return tokenRequest{}, err
	}
	switch grant := form.Get("grant_type"); grant {
	case "client_credentials":
	case "":
		return tokenRequest{}, badRequest("grant_type is missing: it must be client_credentials")
	default:
		return tokenRequest{}, &tokenError{
			status: http.StatusBadRequest, Code: "unsupported_grant_type",
			Description: "the only grant_type here is client_credentials",
		}
	}
	req := tokenRequest{id: form.Get("client_id"), secret: form.Get("client_secret"), scope: form.Get("scope")}
	if !isScope(req.scope) {
		return tokenRequest{}, &tokenError{
			status: http.StatusBadRequest, Code: "invalid_scope", Description: "scope must be printable ASCII words; none is needed",
		}
	}
	switch authorization(r) {
	case "":
		return req, req.checkComplete(form)
	case r.Header.Get("Authorization"):
		return req.withBasic(r)
	}
	return req, badRequest("the Authorization header was sent more than once")
}

// readForm reads the body, each parameter once (RFC 6749 §3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, &tokenError{status: http.StatusMethodNotAllowed, Code: "invalid_request", Description: "send a POST"}
	}
	query := r.URL.Query()
	if query.Has("client_secret") || query.Has("client_assertion") { // it is in somebody's log now
		return nil, badRequest("credentials belong in the body or in the Authorization header, never in the URL")
	}
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded") {
		return nil, badRequest("the body must be application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTokenRequest))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return nil, &tokenError{status: http.StatusRequestEntityTooLarge, Code: "invalid_request", Description: "the body is larger than 16384 bytes"}
		}
		return nil, badRequest("the body ended too early")
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, badRequest("the body is not form-encoded")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, badRequest(describe(name) + " was sent more than once")
		}
	}
	return form, nil
}

// checkComplete refuses a request without credentials, and says how they are sent.
func (req tokenRequest) checkComplete(form url.Values) error {
	switch {
	case form.Has("client_assertion"):
		return badClient("client assertions are not offered: send client_id and client_secret")
	case req.id == "" || req.secret == "":
		return badClient("send client_id and client_secret in the body, or both by HTTP Basic authentication")
	}
	return nil
}

// withBasic takes the credentials from the Authorization header, where each of the two is form-encoded first.
func (req tokenRequest) withBasic(r *http.Request) (tokenRequest, error) {
	id, secret, ok := r.BasicAuth()
	if !ok {
		return req, badClient("the Authorization header must be of the scheme Basic, with client_id and client_secret")
	}
	id, err1 := url.QueryUnescape(id)
	secret, err2 := url.QueryUnescape(secret)
	switch {
	case err1 != nil || err2 != nil:
		return req, badClient("client_id and client_secret must be form-encoded inside of the Authorization header")
	case req.secret != "":
		return req, badRequest("client_secret was sent twice: in the body and in the Authorization header")
	case req.id != "" && req.id != id:
		return req, badRequest("the client_id in the body is not the one in the Authorization header")
	}
	req.id, req.secret = id, secret
	return req, req.checkComplete(nil)
}

// isScope reports whether text is a list of scope tokens (RFC 6749 §3.3). Usher knows none: what is asked for is
// granted, and means what the connection may do anyway.
func isScope(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return !inDescription(c) })
}

// tokenError is the answer to a request that is refused (RFC 6749 §5.2).
type tokenError struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`

	status     int
	retryAfter int // seconds
}

func (e *tokenError) Error() string { return e.Code + ": " + e.Description }

func (e *tokenError) setHeaders(h http.Header) {
	if e.status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Basic realm="scim", charset="UTF-8"`)
	}
	if e.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(e.retryAfter))
	}
}

func badRequest(description string) *tokenError {
	return &tokenError{status: http.StatusBadRequest, Code: "invalid_request", Description: description}
}

func badClient(description string) *tokenError {
	return &tokenError{status: http.StatusUnauthorized, Code: "invalid_client", Description: description}
}

// badGrant is for a client who is known and may not have a token now.
func badGrant(description string) *tokenError {
	return &tokenError{status: http.StatusBadRequest, Code: "unauthorized_client", Description: description}
}

// asTokenError is the funnel of the token endpoint: what an admin reads in the IdP's console.
func asTokenError(err error, requestID string) *tokenError {
	var told *tokenError
	var known *scim.Error
	if errors.As(err, &told) {
		return told
	}
	if !errors.As(err, &known) {
		return &tokenError{
			status: http.StatusInternalServerError, Code: "server_error",
			Description: "the service failed; give its operator the request id " + requestID,
		}
	}
	where, value := describe(known.Where), describe(known.Value)
	switch known.Kind {
	case scim.KindMalformedToken:
		return badClient("this client_secret is not one of this service: copy it again, whole")
	case scim.KindForeignToken:
		return badClient("the client_id, the client_secret and this address do not belong to one connection: copy all three again")
	case scim.KindExpiredToken:
		return badClient("the client_secret expired at " + value + ": create a new one for the connection and enter it")
	case scim.KindRevokedToken:
		return badClient("the client_secret was revoked at " + value + ": create a new one for the connection and enter it")
	case scim.KindPaused:
		return badGrant(where + " is paused " + value + ": ask the admin of the workspace to resume it")
	case scim.KindDisabled:
		return badGrant(where + " is disabled " + value + ": ask the admin of the workspace to enable it")
	case scim.KindRateLimited:
		return &tokenError{status: http.StatusTooManyRequests, Code: "temporarily_unavailable", Description: "too many requests: wait, then try again"}
	case scim.KindInsecureTransport:
		return &tokenError{status: http.StatusForbidden, Code: "invalid_request", Description: "credentials over plain HTTP are refused: use the https address"}
	case scim.KindBusy:
		return &tokenError{status: http.StatusServiceUnavailable, Code: "temporarily_unavailable", Description: "the service is busy: try again", retryAfter: 1}
	}
	return badClient("the client_secret is not known: create a new one for the connection and enter it whole")
}

// describe replaces what an error_description may not hold.
func describe(text string) string {
	return strings.Map(func(c rune) rune {
		if inDescription(c) {
			return c
		}
		return '?'
	}, text)
}

// inDescription is the alphabet of error_description and, with blanks between words, of scope (RFC 6749 appendix A).
func inDescription(c rune) bool { return c >= ' ' && c <= '~' && c != '"' && c != '\\' }
