package scimserver_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	challenge := `Bearer realm="scim"`
	rows := []struct {
		name, authorization string
		status              int
		challenge           string
	}{
		{"R-003 R-004 no token", "", 401, challenge},
		{"T-006 O11 a word that is no token", "non-token", 401, challenge + `, error="invalid_token", error_description="malformed token"`},
		{"T-007 a doubled prefix", "Bearer Bearer " + token, 401, challenge + `, error="invalid_token", error_description="malformed token"`},
		{"R-005 D-21 an expired token", "Bearer expired", 401, challenge + `, error="invalid_token", error_description="expired token"`},
		{"M17 a paused connection", "Bearer paused", 403, ""},
		{"503", "Bearer busy", 503, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "okta", nil)
			for _, m := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "BREW"} {
				for _, path := range []string{"/Users", "/Users/{bob}", "/Groups", "/Schemas", "/ServiceProviderConfig", "/Bulk", "/nope", "/"} {
					scenario{
						method: m, path: path, header: map[string]string{"Authorization": row.authorization}, body: "junk",
						status: row.status, headers: map[string]string{"WWW-Authenticate": row.challenge, "Allow": ""},
					}.play(t, f)
				}
			}
		})
	}
}

// broken is a backend in which everything goes wrong, in a way that must not be told.
type broken struct{ err error }

const secret = "sql: connection to /var/lib/usher.db refused at store.go:17"

func (b broken) fail() error {
	if b.err == nil {
		panic(secret)
	}
	return b.err
}

func (b broken) Create(context.Context, *scim.Resource, scim.Write) (*scim.Record, error) {
	return nil, b.fail()
}

func (b broken) Get(context.Context, *scim.ResourceType, string, scim.Projection) (*scim.Record, error) {
	return nil, b.fail()
}

func (b broken) List(context.Context, *scim.ResourceType, scim.Query) (scim.Page, error) {
	return scim.Page{}, b.fail()
}

func (b broken) Replace(context.Context, string, *scim.Resource, scim.Write) (*scim.Record, error) {
	return nil, b.fail()
}

func (b broken) Patch(context.Context, string, *scim.Patch, scim.Write) (*scim.Record, error) {
	return nil, b.fail()
}

func (b broken) Delete(context.Context, *scim.ResourceType, string, scim.Write) error {
	return b.fail()
}

var forbidden = []string{"sql:", ".go:", "goroutine", "/var/lib", "panic", token, "Bearer "}

// TestNothingLeaks: every endpoint, every way to fail, no word of the inside.
func TestNothingLeaks(t *testing.T) {
	t.Parallel()
	internal := &scim.Error{Kind: scim.KindInternal, Where: secret, Cause: errors.New(secret)}
	for name, err := range map[string]error{
		"a panic": nil, "an error": errors.New(secret), "a wrapped error": fmt.Errorf("get: %w", errors.New(secret)),
		"an internal error": internal, "a cause": &scim.Error{Kind: scim.KindConflict, Cause: errors.New(secret)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := profile(t, "okta")
			f := bare(t, p, func(o *scimserver.Options) { o.Caller = caller(p, broken{err}) })
			for _, row := range []struct{ method, path, body string }{
				{"GET", "/Users", ""},
				{"GET", "/Users/x", ""},
				{"DELETE", "/Users/x", ""},
				{"POST", "/Users", `{` + userSchemas + `,"userName":"dan"}`},
				{"PUT", "/Users/x", `{` + userSchemas + `,"userName":"dan"}`},
				{"PATCH", "/Users/x", ops(`{"op":"replace","path":"title","value":"x"}`)},
				{"GET", "/Groups", ""},
				{"GET", "/Groups/x", ""},
				{"DELETE", "/Groups/x", ""},
				{"POST", "/Groups", `{"schemas":["` + scim.URNGroup + `"],"displayName":"x"}`},
				{"PUT", "/Groups/x", `{"schemas":["` + scim.URNGroup + `"],"displayName":"x"}`},
				{"PATCH", "/Groups/x", ops(`{"op":"remove","path":"members"}`)},
				{"GET", "/nope", ""},
				{"POST", "/Users", "junk"},
				{"GET", "/Users?filter=junk", ""},
			} {
				a := f.do(row.method, row.path, row.body, map[string]string{"X-Request-Id": "req-1"})
				checkError(t, a)
				answer := a.Body.String() + fmt.Sprint(a.Header())
				for _, word := range forbidden {
					if strings.Contains(answer, word) {
						t.Errorf("%s %s answers %q: %s", row.method, row.path, word, answer)
					}
				}
				if a.Code == 500 && !strings.Contains(a.Body.String(), "req-1") {
					t.Errorf("%s %s: the detail does not name the request: %s", row.method, row.path, a.Body)
				}
				logged := fmt.Sprint(f.log.last(t)["error"])
				if a.Code == 500 && !strings.Contains(logged, secret) {
					t.Errorf("%s %s: the log record lacks the cause: %s", row.method, row.path, logged)
				}
			}
			if strings.Contains(f.log.String(), token) {
				t.Error("the log has the token")
			}
		})
	}
}

func TestPanicInCaller(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), func(o *scimserver.Options) {
		o.Caller = func(*http.Request) (scimserver.Caller, error) { panic(secret) }
	})
	a := f.do("GET", "/Users", "", nil)
	checkError(t, a)
	rec := f.log.last(t)
	stack, _ := rec["stack"].(string)
	if a.Code != 500 || rec["level"] != "ERROR" || !strings.Contains(stack, "goroutine") || rec["error"] != "panic: "+secret {
		t.Errorf("%d %v", a.Code, rec)
	}
}

func TestRequestID(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	for sent, kept := range map[string]bool{
		"req-1.A_b~2": true, strings.Repeat("x", 128): true,
		"": false, strings.Repeat("x", 129): false, "a b": false, "a\"b": false, "a\x00b": false, "é": false,
	} {
		a := f.do("GET", "/nope", "", map[string]string{"X-Request-Id": sent})
		got := a.Header().Get("X-Request-Id")
		if kept != (got == sent) || len(got) < 8 && !kept {
			t.Errorf("%q became %q", sent, got)
		}
		if rec := f.log.last(t); rec["request_id"] != got {
			t.Errorf("header %q, log record %v", got, rec["request_id"])
		}
	}
}
