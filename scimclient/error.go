package scimclient

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error is an answer that is not the one asked for. See RFC 7644 §3.12.
//
// [errors.Is] compares it with the Err… values of this package, or with an Error of
// which only what matters is set: errors.Is(err, &Error{ScimType: "uniqueness"}).
type Error struct {
	// Method and Path are those of the call, without its query, which may hold personal
	// data. Empty for an operation of a bulk request.
	Method, Path string

	Status   int
	ScimType string // "uniqueness", "invalidFilter", …; often empty
	Detail   string // what the server says, for people
	// RetryAfter is how long the server asks to wait; zero when it does not say.
	RetryAfter time.Duration
	RequestID  string // by which the server's operator finds the request; often empty

	waits bool // RetryAfter was sent, be it zero
}

// The answers that callers tell apart, for [errors.Is].
var (
	ErrNotModified  error = &Error{Status: http.StatusNotModified}        // Options.IfNoneMatch is the present version
	ErrUnauthorized error = &Error{Status: http.StatusUnauthorized}       // the token is missing, unknown or expired
	ErrForbidden    error = &Error{Status: http.StatusForbidden}          // the token does not allow it
	ErrNotFound     error = &Error{Status: http.StatusNotFound}           // no such resource, or no such endpoint
	ErrConflict     error = &Error{Status: http.StatusConflict}           // most often a userName that is taken
	ErrVersion      error = &Error{Status: http.StatusPreconditionFailed} // Options.IfMatch is no longer the version
	ErrRateLimited  error = &Error{Status: http.StatusTooManyRequests}    // too many requests: see RetryAfter
	ErrUnsupported  error = &Error{Status: http.StatusNotImplemented}     // the server lacks the feature
)

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Method != "" {
		b.WriteString(e.Method + " " + e.Path + ": ")
	}
	fmt.Fprintf(&b, "%d %s", e.Status, http.StatusText(e.Status))
	if e.ScimType != "" {
		b.WriteString(" (" + e.ScimType + ")")
	}
	if e.Detail != "" {
		b.WriteString(": " + e.Detail)
	}
	if e.RequestID != "" {
		b.WriteString(" [request " + e.RequestID + "]")
	}
	return b.String()
}

// Is reports whether the target is an Error whose status and scimType, as far as they are set, are those of e.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && (t.Status == 0 || t.Status == e.Status) && (t.ScimType == "" || t.ScimType == e.ScimType)
}

// requestIDs are the headers in which servers name a request.
var requestIDs = []string{"X-Request-Id", "Request-Id", "X-Correlation-Id"}

// newError reads an answer that is no success. The token is hidden where the server repeats it: errors are logged.
func newError(r Request, res *Response, token string, now time.Time) *Error {
	e := &Error{Method: r.Method, Status: res.Status}
	e.Path, _, _ = strings.Cut(r.Path, "?")
	for _, name := range requestIDs {
		if e.RequestID == "" {
			e.RequestID = res.Header.Get(name)
		}
	}
	e.RetryAfter, e.waits = retryAfter(res.Header, now)
	e.message(res.Body)
	if location := res.Header.Get("Location"); e.Detail == "" && e.Status/100 == 3 && location != "" {
		e.Detail = "redirected to " + location + ", which is not followed: is the base URL right?"
	}
	e.Detail = string(maskText([]byte(e.Detail), token))
	return e
}

// message reads an Error message. Anything else, such as the text of a proxy, is shown by its beginning.
func (e *Error) message(body []byte) {
	var m struct {
		ScimType string `json:"scimType"`
		Detail   string `json:"detail"`
	}
	if json.Unmarshal(body, &m) == nil {
		e.ScimType, e.Detail = m.ScimType, m.Detail
	}
	if e.Detail == "" && e.ScimType == "" {
		e.Detail = excerpt(body)
	}
}

// excerpt is the beginning of a text for an error, on one line; nothing of a page for people.
func excerpt(body []byte) string {
	const most = 200
	text := strings.ToValidUTF8(strings.Join(strings.Fields(string(body[:min(len(body), 4*most)])), " "), "")
	if strings.HasPrefix(text, "<") {
		return ""
	}
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
