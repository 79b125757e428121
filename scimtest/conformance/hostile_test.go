package conformance

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-scim/usher/scimclient"
)

// quick bounds a run against a server that behaves badly.
var quick = Options{Timeout: 200 * time.Millisecond, Limit: 5 * time.Second, MaxRequests: 1000, tick: time.Millisecond}

// The server asks for patience while the run tidies up: it gets it, and nothing is left behind.
func TestRun_TidiesUpPatiently(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	refused := map[string]bool{}
	c := newServer(t, "rfc", fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			first := r.Method == http.MethodDelete && !refused[r.URL.Path]
			refused[r.URL.Path] = refused[r.URL.Path] || first
			mu.Unlock()
			if first {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	report, err := Run(t.Context(), c, Options{Only: []string{"users", "groups"}})
	if err != nil || len(report.Left) > 0 || len(refused) == 0 {
		t.Errorf("%v, left %q, of %d", err, report.Left, len(refused))
	}
}

// Whatever answers, the run ends and the verdict says what is wrong.
func TestRun_NoSCIMServer(t *testing.T) {
	t.Parallel()
	const loop = `{"schemas":["` + listURN + `"],"totalResults":1,"Resources":[{"id":"x","schemas":[7,null],"meta":[]}],"nextCursor":"x"}`
	answer := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	tests := []struct {
		name    string
		handler http.HandlerFunc
		verdict string
	}{
		{"HTML", answer(200, "text/html", "<h1>Welcome</h1>"), "NOT TESTED: GET /Users is answered with text/html"},
		{"a redirect", http.RedirectHandler("https://login.example.com/", http.StatusFound).ServeHTTP, "NOT TESTED: GET /Users is redirected to https://login.example.com/"},
		{"404", answer(404, "text/plain", "not found"), "NOT TESTED: GET /Users is answered with 404"},
		{"500", answer(500, "text/plain", "oops"), "NOT TESTED: the server fails"},
		{"401", answer(401, "application/json", "{}"), "NOT TESTED: GET /Users is refused with 401"},
		{"nothing", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "NOT TESTED: GET /Users had no answer: context deadline exceeded"},
		{"a reset", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "NOT TESTED: GET /Users had no answer"},
		{"an empty object for everything", answer(200, mediaSCIM, "{}"), "DOES NOT CONFORM"},
		{"one list for everything", answer(200, mediaSCIM, loop), "DOES NOT CONFORM"},
		{"null for everything", answer(200, mediaSCIM, "null"), "NOT TESTED: GET /Users is answered with application/scim+json, not with JSON"},
		{"deep JSON", answer(200, mediaSCIM, strings.Repeat("[", 1e6)), "NOT TESTED"},
		{"a resource of wrong shapes", answer(201, mediaSCIM, `{"id":{},"schemas":"x","meta":"y","emails":{"a":[[]]},"Resources":{"a":1},"totalResults":"many","Operations":[null,1,{"status":[]}]}`), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tt.handler)
			t.Cleanup(s.Close)
			report, err := Run(t.Context(), &scimclient.Client{BaseURL: s.URL}, quick)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(report.Verdict(), tt.verdict) {
				t.Errorf("verdict %q, want %q", report.Verdict(), tt.verdict)
			}
			if !report.Failed() {
				t.Error("the report is a success")
			}
			renders(t, report)
		})
	}
}

// renders writes the report in every form.
func renders(t *testing.T, r *Report) (text, html string) {
	t.Helper()
	var plain, page, junit bytes.Buffer
	if err := (Text{}).Write(&plain, r); err != nil {
		t.Error(err)
	}
	if err := r.WriteHTML(&page); err != nil {
		t.Error(err)
	}
	if err := r.WriteJUnit(&junit); err != nil {
		t.Error(err)
	}
	if err := xml.Unmarshal(junit.Bytes(), &junitSuites{}); err != nil {
		t.Errorf("JUnit: %v", err)
	}
	return plain.String(), page.String()
}

// A server that goes away in the middle ends the run; so do the bounds.
func TestRun_EndsEarly(t *testing.T) {
	t.Parallel()
	t.Run("the server goes away", func(t *testing.T) {
		t.Parallel()
		var requests atomic.Int64
		c := newServer(t, "rfc", fault{handler: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 100 {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(w, r)
			})
		}})
		report, _ := Run(t.Context(), c, quick)
		if !strings.Contains(report.Stopped, "5 requests in a row had no answer") || len(report.Left) == 0 {
			t.Errorf("stopped %q, left %q", report.Stopped, report.Left)
		}
	})
	t.Run("too many requests", func(t *testing.T) {
		t.Parallel()
		o := quick
		o.MaxRequests = 50
		report, _ := Run(t.Context(), newServer(t, "rfc", fault{}), o)
		if report.Requests > 50 || !strings.Contains(report.Stopped, "50 requests") || len(report.Left) > 0 {
			t.Errorf("%d requests, stopped %q, left %q", report.Requests, report.Stopped, report.Left)
		}
	})
	t.Run("interrupted, it still cleans up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		c := newServer(t, "rfc", fault{})
		o := quick
		o.Progress = func(done, _ int, _ Result) {
			if done == 40 {
				cancel()
			}
		}
		report, _ := Run(ctx, c, o)
		if report.Stopped != "it was interrupted" || len(report.Left) > 0 {
			t.Errorf("stopped %q, left %q", report.Stopped, report.Left)
		}
		if n, err := Users(t.Context(), c); n != 0 || err != nil {
			t.Errorf("%d users are left, %v", n, err)
		}
	})
}

// A server that asks for patience gets it.
func TestRun_WaitsWhenAskedTo(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	c := newServer(t, "rfc", fault{handler: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) == 7 {
				w.Header().Set("Retry-After", "0")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	report, err := Run(t.Context(), c, Options{Only: []string{"create", "read"}})
	if err != nil || report.Failed() {
		t.Errorf("%v %s", err, report.Verdict())
	}
}

// A server without discovery is tested by what is assumed, and told so by R-166 alone.
func TestRun_NoDiscovery(t *testing.T) {
	t.Parallel()
	c := newServer(t, "okta", answers(func(v *served) {
		switch v.request.URL.Path {
		case "/ServiceProviderConfig", "/Schemas", "/ResourceTypes":
			v.status, v.doc = 404, refusal(404)
		}
	}))
	report, err := Run(t.Context(), c, Options{tick: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Missed() {
		if r.ID != "R-166" {
			t.Errorf("%s: expected %s, got %s", r.ID, r.Expected, r.Got)
		}
	}
	if report.Count(Passed) < 80 {
		t.Errorf("only %d passed", report.Count(Passed))
	}
}

func TestRun_CleansUpOrKeeps(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		c := newServer(t, "rfc", fault{})
		report, err := Run(t.Context(), c, Options{Only: []string{"R-045", "R-145"}, Keep: keep})
		if err != nil {
			t.Fatal(err)
		}
		n, err := Users(t.Context(), c)
		if err != nil || (n > 0) != keep || (len(report.Left) > 0) != keep {
			t.Errorf("keep %t: %d users, left %q, %v", keep, n, report.Left, err)
		}
	}
}

func TestRun_RefusesUnknownNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"R-999", "", "filter"} {
		if _, err := Run(t.Context(), &scimclient.Client{BaseURL: "http://127.0.0.1:1"}, Options{Only: []string{name}}); err == nil {
			t.Errorf("%q was taken", name)
		}
	}
}

// What a server says is shown as it is: no markup of it becomes ours, no secret and no control character gets out.
func TestReport_ShowsHostileTextSafely(t *testing.T) {
	t.Parallel()
	const evil = "</pre><script>alert(1)</script>\x1b[2J ]]> \u202e"
	c := newServer(t, "rfc", answers(func(v *served) {
		if v.isUser() {
			v.set("displayName", evil+v.request.Header.Get("Authorization"))
		}
		if v.status == 201 {
			v.header.Del("Location")
		}
		if v.status == 404 {
			v.status, v.doc = 400, object{"schemas": array{errorURN}, "status": "404", "detail": evil}
		}
	}))
	report, err := Run(t.Context(), c, Options{tick: time.Millisecond, Only: []string{"create", "read", "errors"}})
	if err != nil {
		t.Fatal(err)
	}
	text, html := renders(t, report)
	if strings.Contains(html, "<script") || strings.Contains(text, "\x1b[2J") {
		t.Error("the server's markup or control characters got out")
	}
	if strings.Contains(text, testToken) || strings.Contains(html, testToken) {
		t.Error("the token is shown")
	}
	for _, want := range []string{"FAIL  R-045", "expected  a Location header", "> POST /scim/v2/Users", "< 201 Created", "DOES NOT CONFORM"} {
		if !strings.Contains(text, want) {
			t.Errorf("missing %q in\n%s", want, text)
		}
	}
	for _, want := range []string{"https://www.rfc-editor.org/rfc/rfc7644#section-3.3", "&lt;script&gt;", "prefers-color-scheme: dark", "@media print"} {
		if !strings.Contains(html, want) {
			t.Errorf("missing %q in the page", want)
		}
	}
}
