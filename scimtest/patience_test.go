package scimtest

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// limited refuses the requests that refuse says, with the given headers.
func limited(after, but int32, header http.Header) fault {
	var seen, refused atomic.Int32
	return fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
		if r.Method != http.MethodGet || seen.Add(1) <= after || refused.Add(1) > but {
			return false
		}
		for name, values := range header {
			w.Header()[name] = values
		}
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"schemas":["`+errorURN+`"],"status":"429","detail":"slow down"}`)
		return true
	}}
}

func TestSend_T019_WaitsAsTheServerSays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		but    int32 // how many requests are refused
		header http.Header
		status int
	}{
		{"whole seconds", 3, http.Header{"Retry-After": {"0"}}, 200},
		{"for ever", 99, http.Header{"Retry-After": {"0"}}, 429},
		{"no header", 1, nil, 429},
		{"a date", 1, http.Header{"Retry-After": {"Wed, 21 Oct 2026 07:28:00 GMT"}}, 429},
		{"longer than a run waits", 1, http.Header{"Retry-After": {"3600"}}, 429},
		{"negative", 1, http.Header{"Retry-After": {"-1"}}, 429},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := newServer(t, limited(0, tt.but, tt.header).before(newHandler(t, "okta")))
			p := newPlayer(oktaOIN(), client(url), "run")
			a, err := p.exchange(t.Context(), &request{send: "GET /Users"})
			if err != nil || a.Status != tt.status {
				t.Errorf("got %v, %v; want %d", a, err, tt.status)
			}
		})
	}
}

func TestRetry429_T019_T020(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault fault
		want  string // of the miss; empty: the step passes
	}{
		{"an honest limit", limited(51, 10, http.Header{"Retry-After": {"0"}}), ""},
		{"a date", limited(51, 20, http.Header{"Retry-After": {"Wed, 21 Oct 2026 07:28:00 GMT"}}), "want whole seconds"},
		{"no header", limited(51, 20, nil), `Retry-After is ""`},
		{"the server does not keep its word", limited(51, 999, http.Header{"Retry-After": {"0"}}), "status 429, want 200"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := newServer(t, tt.fault.before(newHandler(t, "okta")))
			r, err := Simulate(t.Context(), client(url), "misbehaving-retry-429", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if s := r.Steps[1]; s.Passed != (tt.want == "") || s.Skipped || !strings.Contains(s.Detail, tt.want) {
				t.Errorf("got %+v, want %q", s, tt.want)
			}
		})
	}
}

// TestRetry429_WithoutALimit: the step says that there was nothing to see, and does not fail the report of the suite.
func TestRetry429_WithoutALimit(t *testing.T) {
	t.Parallel()
	r, err := Simulate(t.Context(), client(newServer(t, newHandler(t, "okta"))), "misbehaving-retry-429", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Steps[1]; r.Failed() || !s.Skipped || !s.Optional || !strings.Contains(s.Detail, "met no limit") {
		t.Errorf("got %+v", s)
	}
}

// TestLookup_Names: every name, alias and code leads to a scenario, and no two are alike.
func TestLookup_Names(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{"": true}
	for _, s := range slices.Concat(All(), MisbehavingModes()) {
		for _, name := range []string{s.Name, s.Alias, s.Code} {
			if seen[name] && name != "" {
				t.Errorf("%s is not unique", name)
			}
			seen[name] = true
			if got, err := Lookup(name); name != "" && (err != nil || got.Name != s.Name) {
				t.Errorf("Lookup(%q) is %q, %v", name, got.Name, err)
			}
		}
	}
	for _, name := range []string{"microsoft-validator", "parallel", "S-KC-LIBRE"} {
		if !seen[name] {
			t.Errorf("no scenario %q", name)
		}
	}
	if _, err := Lookup(""); err == nil {
		t.Error("nothing is the name of a scenario")
	}
}
