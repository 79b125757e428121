package openid

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// What a request may hold. An authorization request with everything in it has some 1,500 bytes.
const (
	maxQuery      = 16 << 10
	maxBody       = 16 << 10
	maxParameters = 40
)

// parameters are what a request says, each once (RFC 6749 §3.1, §3.2).
type parameters struct {
	url.Values
	doubled string // a name that was sent more than once; "" if none was
}

// get returns the value of a parameter, "" when it was not sent. A parameter without a value counts as not sent
// (RFC 6749 §3.1).
func (p parameters) get(name string) string { return p.Get(name) }

// words are the parts of a value that is a list (RFC 6749 §3.3).
func (p parameters) words(name string) []string { return strings.Fields(p.Get(name)) }

// readParameters reads the body of a POST, else the query. What stands in the query of a POST does not count.
func readParameters(w http.ResponseWriter, r *http.Request) (parameters, error) {
	if r.Method == http.MethodPost {
		return readForm(w, r)
	}
	return parseParameters(r.URL.RawQuery, maxQuery)
}

// readForm reads a form-encoded body.
func readForm(w http.ResponseWriter, r *http.Request) (parameters, error) {
	mediaType, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded") {
		return parameters{}, invalidRequest("the body must be application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
			return parameters{}, &protocolError{status: http.StatusRequestEntityTooLarge, Code: codeInvalidRequest, Description: "the body is too large"}
		}
		return parameters{}, invalidRequest("the body ended too early")
	}
	return parseParameters(string(body), maxBody)
}

// parseParameters takes a query or a form apart.
func parseParameters(text string, limit int) (parameters, error) {
	if len(text) > limit || strings.Count(text, "&") >= maxParameters {
		return parameters{}, invalidRequest("the request is too large")
	}
	values, err := url.ParseQuery(text)
	if err != nil {
		return parameters{}, invalidRequest("the request is not form-encoded")
	}
	p := parameters{Values: values}
	for name, sent := range values {
		if len(sent) > 1 {
			p.doubled = max(p.doubled, name, "(empty)") // any one of them, always the same
		}
	}
	return p, nil
}

// isPrintable reports whether a text is printable ASCII, as RFC 6749 appendix A wants nearly all that is sent.
func isPrintable(text string) bool {
	return !strings.ContainsFunc(text, func(c rune) bool { return c < ' ' || c > '~' })
}

// describe replaces what an error_description may not hold (RFC 6749 §4.1.2.1).
func describe(text string) string {
	const longest = 200
	plain := strings.Map(func(c rune) rune {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return '?'
		}
		return c
	}, text)
	return plain[:min(len(plain), longest)]
}
