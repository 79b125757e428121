package scimclient

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestError_OfAnswers(t *testing.T) {
	t.Parallel()
	longText := strings.Repeat("é", 300)
	cases := []struct {
		name   string
		answer answer
		is     error
		want   string
	}{
		{"uniqueness", problem(409, "uniqueness", `userName "bob" is taken`), ErrConflict, `409 Conflict (uniqueness): userName "bob" is taken`},
		{"only its scimType", problem(409, "uniqueness", "x"), &Error{ScimType: "uniqueness"}, `409 Conflict (uniqueness): x`},
		{"not found", problem(404, "", "no such user"), ErrNotFound, `404 Not Found: no such user`},
		{"not modified", status(304), ErrNotModified, `304 Not Modified`},
		{"version", problem(412, "", "changed"), ErrVersion, `412 Precondition Failed: changed`},
		{"forbidden", status(403), ErrForbidden, `403 Forbidden`},
		{"unauthorized", status(401), ErrUnauthorized, `401 Unauthorized`},
		{"unsupported", status(501), ErrUnsupported, `501 Not Implemented`},
		{"rate", status(429), ErrRateLimited, `429 Too Many Requests`},
		{"request id", status(500, "X-Request-Id", "r-1", "X-Correlation-Id", "c-1"), &Error{Status: 500}, `500 Internal Server Error [request r-1]`},
		{"text of a proxy", answer{status: 502, body: "upstream\n is  gone"}, &Error{Status: 502}, `502 Bad Gateway: upstream is gone`},
		{"page for people", answer{status: 502, body: "\n<html><h1>no</h1>"}, &Error{Status: 502}, `502 Bad Gateway`},
		{"long text", answer{status: 500, body: longText}, &Error{Status: 500}, `500 Internal Server Error: ` + longText[:400] + "…"},
		{"JSON of another kind", answer{status: 400, body: `{"error":"x"}`}, &Error{Status: 400}, `400 Bad Request: {"error":"x"}`},
		{"status as a number", answer{status: 400, body: `{"status":400,"detail":"x"}`}, &Error{Status: 400}, `400 Bad Request: x`},
		{"redirect", status(302, "Location", "https://login.example.com/"), &Error{Status: 302}, `302 Found: redirected to https://login.example.com/, which is not followed: is the base URL right?`},
		{"repeats the token", problem(401, "", "token s3cret is unknown"), ErrUnauthorized, `401 Unauthorized: token **** is unknown`},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _, _ := play(t, tt.answer)
			c.Token = "s3cret"
			_, err := c.Users().Get(t.Context(), "1")
			var e *Error
			if !errors.As(err, &e) || e.Error() != "GET /Users/1: "+tt.want || !errors.Is(err, tt.is) {
				t.Errorf("got %v, want GET /Users/1: %s", err, tt.want)
			}
			if errors.Is(err, &Error{Status: 599}) || errors.Is(err, errAny) || errors.Is(err, &Error{Status: e.Status, ScimType: "sensitive"}) {
				t.Error("it is another error too")
			}
		})
	}
}

func TestError_RetryAfter(t *testing.T) {
	t.Parallel()
	c, _, _ := play(t, status(429, "Retry-After", "90"))
	_, err := c.Users().Get(t.Context(), "1")
	var e *Error
	if !errors.As(err, &e) || e.RetryAfter != 90*time.Second {
		t.Errorf("got %+v", e)
	}
}
