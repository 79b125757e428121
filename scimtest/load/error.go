package load

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error is a request without an answer, or with a wrong one.
type Error struct {
	Server       string
	Operation    string
	Method, Path string
	Status       int    // 0: there was no answer
	RetryAfter   string // the header, where the answer had one
	Answer       string // the beginning of the body
	Err          error  // what is wrong

	answered int64 // correct answers until then, and in which time: by them a limit can be told
	within   time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	asked := fmt.Sprintf("%s: %s: %s %s", e.Server, e.Operation, e.Method, e.Path)
	switch {
	case e.Limited():
		return fmt.Sprintf("%s: the server limits this connection: 429%s after %d answers in %s%s", asked,
			e.wait(), e.answered, e.within.Round(time.Millisecond), e.said())
	case e.Status == 0:
		return fmt.Sprintf("%s: no answer: %v", asked, e.Err)
	}
	return fmt.Sprintf("%s: %v%s", asked, e.Err, e.said())
}

// Unwrap returns what is wrong.
func (e *Error) Unwrap() error { return e.Err }

// Limited tells whether the server refused the request as one too many.
func (e *Error) Limited() bool { return e.Status == http.StatusTooManyRequests }

func (e *Error) wait() string {
	if e.RetryAfter == "" {
		return ""
	}
	return " with Retry-After: " + e.RetryAfter
}

// said is the detail of a SCIM error (RFC 7644 §3.12), or else the beginning of the answer.
func (e *Error) said() string {
	if text := e.detail(); text != "" {
		return "; the server says: " + text
	}
	return ""
}

func (e *Error) detail() string {
	text := cmp.Or(e.refusal().Detail, strings.TrimSpace(e.Answer))
	const longest = 300
	return text[:min(len(text), longest)]
}

// Declined tells whether the server refused a filter because it would have to look through too many resources.
func (e *Error) Declined() bool {
	return e.Status == http.StatusBadRequest && e.refusal().ScimType == "tooMany"
}

type refusal struct{ Detail, ScimType string }

func (e *Error) refusal() (r refusal) {
	_ = json.Unmarshal([]byte(e.Answer), &r) // what is no JSON is shown as it is
	return r
}

// Hint says what to do about it.
func (e *Error) Hint() string {
	switch e.Status {
	case 0:
		return "check the URL, and that the server runs"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "is the token whole, in time, and allowed to read and write users and groups?"
	case http.StatusTooManyRequests:
		return "lift the server's limit for the time of the measurement (Usher: serve --rate-limit 0), or measure below it: --day --rate"
	case http.StatusBadRequest:
		if e.Method == http.MethodPatch {
			return "Entra writes a boolean as a text, \"False\", which a strict server refuses (Usher: take a connection of --profile entra); " +
				"usher check tells which rule of the RFCs a server misses"
		}
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		return "is the base URL whole, such as https://scim.example.com/scim/v2?"
	case http.StatusNotImplemented:
		return "leave out with --ops what the server does not offer"
	case http.StatusRequestEntityTooLarge:
		return "the server bounds its requests: leave out large groups with --ops, or seed without bulk requests: --no-bulk"
	}
	if errors.Is(e.Err, errTotal) {
		return "does anybody else write to this server? a measurement wants it for itself; if not, its totals are wrong: usher check"
	}
	if e.Status >= http.StatusInternalServerError {
		return "look into the server's log; fewer --workers may pass"
	}
	return "usher check tells which rule of the RFCs the server misses"
}

// kind is what errors have in common that differ only in whom they hit.
func (e *Error) kind() string {
	if e.Status == 0 {
		return e.Operation + " without answer"
	}
	return fmt.Sprintf("%s %d", e.Operation, e.Status)
}

// errTotal marks a list whose total is not the number of users.
var errTotal = errors.New("wrong totalResults")

// failed describes a wrong answer.
func (s *Server) failed(operation string, c call, a answer, err error) *Error {
	const enough = 2 << 10
	return &Error{
		Server: s.Name, Operation: operation, Method: c.method, Path: c.path, Status: a.status, RetryAfter: a.retryAfter,
		Answer: string(bytes.ToValidUTF8(a.body[:min(len(a.body), enough)], []byte("·"))), Err: err,
		answered: s.answered.Load(), within: time.Since(s.begun),
	}
}
