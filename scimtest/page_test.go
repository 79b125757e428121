package scimtest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// fill creates n users on the server.
func fill(t *testing.T, url string, n int) {
	t.Helper()
	p := newPlayer(Parallel(), client(url), "fill")
	for i := range n {
		p.vars["user_name"] = fmt.Sprintf("user%d@example.com", i)
		if _, misses := p.shoot(t.Context(), &request{send: "POST /Users", body: "user.json", want: on(201)}); len(misses) > 0 {
			t.Fatal(misses)
		}
	}
}

func TestImportAll_T061_PagesToTheEnd(t *testing.T) {
	t.Parallel()
	capped := rewrite("GET", "/Users", func(r *http.Request, body string) string {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "count=100", "count=50", 1)
		return body
	})
	repeated := rewrite("GET", "/Users", func(r *http.Request, body string) string {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "startIndex=101", "startIndex=100", 1)
		return body
	})
	unstable := fault{answer: func(r *http.Request, a *spoiled) {
		if strings.Contains(r.URL.RawQuery, "startIndex=101") {
			a.body = strings.Replace(a.body, `"totalResults":230`, `"totalResults":231`, 1)
		}
	}}
	short := fault{answer: func(_ *http.Request, a *spoiled) {
		a.body = strings.Replace(a.body, `"totalResults":230`, `"totalResults":100`, 1)
	}}
	tests := []struct {
		name   string
		fault  fault
		wanted []string
		got    string
		miss   string
	}{
		{"honest", fault{}, []string{"known_id"}, "230 of 230, pages: 3", ""},
		{"a resource is missing", fault{}, []string{"unknown_id"}, "230 of 230, pages: 3", "is on no page"},
		{"T-061 pages are capped below 100", capped, nil, "", "the page has 50 resources, want 100 of 230"},
		{"T-068 pages overlap", repeated, nil, "", "startIndex is 100, want 101"},
		{"T-066 the total changes", unstable, nil, "", "totalResults is 231, was 230"},
		{"T-066 the total is too small", short, []string{"known_id"}, "100 of 100, pages: 1", "is on no page"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			honest := newHandler(t, "okta")
			direct := newServer(t, honest)
			fill(t, direct, 230)
			p := newPlayer(oktaOIN(), client(newServer(t, tt.fault.before(honest))), "page")
			p.vars["unknown_id"] = "nobody"
			known := newPlayer(oktaOIN(), client(direct), "known")
			a, misses := known.shoot(t.Context(), &request{send: "GET /Users?startIndex=230&count=1", want: on(200)})
			if len(misses) > 0 {
				t.Fatal(misses)
			}
			p.vars["known_id"] = a.text("Resources/0/id")

			out := importAll("/Users", tt.wanted...)(t.Context(), p)
			if tt.got != "" && out.got != tt.got {
				t.Errorf("got %q, want %q", out.got, tt.got)
			}
			if all := strings.Join(out.misses, "\n"); (tt.miss == "") != (all == "") || !strings.Contains(all, tt.miss) {
				t.Errorf("misses %q, want %q", all, tt.miss)
			}
		})
	}
}
