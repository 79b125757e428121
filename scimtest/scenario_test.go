package scimtest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scimclient"
)

func client(url string) *scimclient.Client {
	return &scimclient.Client{BaseURL: url, Token: testToken}
}

func TestScenarios_PassAgainstAnHonestServer(t *testing.T) {
	t.Parallel()
	for _, s := range All() {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			var trace bytes.Buffer
			c := client(newServer(t, handlerFor(t, s.Name)))
			c.Tap = &trace
			Run(t, c, s.Name, s.Name) // twice: a run must not stumble over the one before
			if t.Failed() {
				t.Log(trace.String())
			}
		})
	}
}

func TestSimulate_UnknownNameListsTheOthers(t *testing.T) {
	t.Parallel()
	_, err := Simulate(t.Context(), client("http://127.0.0.1:1"), "oktaa", Options{})
	if err == nil || !strings.Contains(err.Error(), "entra-flag") {
		t.Errorf("got %v, want an error that names the scenarios", err)
	}
}

func TestRun_EndsWhenTheServerIsGone(t *testing.T) {
	t.Parallel()
	r, err := Simulate(t.Context(), client("http://127.0.0.1:1"), "okta", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Steps[0]; s.Passed || s.Got != "no answer" || s.Skipped {
		t.Errorf("first step: %+v", s)
	}
	for _, s := range r.Steps[1:] {
		if !s.Skipped {
			t.Errorf("step %s was played", s.ID)
		}
	}
	if !r.Failed() {
		t.Error("the report has not failed")
	}
}

func TestRun_T115_WithoutGroupsTheRestIsPlayed(t *testing.T) {
	t.Parallel()
	noGroups := fault{request: func(w http.ResponseWriter, r *http.Request, _ *string) bool {
		if !strings.HasPrefix(r.URL.Path, "/Groups") {
			return false
		}
		w.WriteHeader(http.StatusNotImplemented)
		_, _ = io.WriteString(w, `{"schemas":["`+errorURN+`"],"status":"501","detail":"no groups here"}`)
		return true
	}}
	r, err := Simulate(t.Context(), client(newServer(t, noGroups.before(newHandler(t, "okta")))), "okta", Options{})
	if err != nil {
		t.Fatal(err)
	}
	passed, failed, skipped := r.Counts()
	if r.Failed() || failed != 0 || passed < 15 || skipped != 11 {
		t.Errorf("passed %d, failed %d, skipped %d: %+v", passed, failed, skipped, r.Missed())
	}
}

func TestRun_ProgressAndPurge(t *testing.T) {
	t.Parallel()
	url := newServer(t, newHandler(t, "okta"))
	calls := 0
	r, err := Simulate(t.Context(), client(url), "okta", Options{Run: "fixed", Progress: func(done, total int, s Step) {
		calls++
		if done != calls || total < done || s.ID == "" {
			t.Errorf("call %d: done %d of %d, step %q", calls, done, total, s.ID)
		}
	}})
	if err != nil || calls != len(r.Steps) {
		t.Fatalf("%d calls for %d steps, %v", calls, len(r.Steps), err)
	}
	if len(r.Left) != 2 {
		t.Errorf("T-105: Okta deletes no user, so two are left; got %v", r.Left)
	}
	again, err := Simulate(t.Context(), client(url), "okta", Options{Run: "other", Purge: true})
	if err != nil || len(again.Left) != 0 {
		t.Errorf("purged run left %v, %v", again, err)
	}
}

// TestRun_LeavesNothing: a scenario of a client that deletes, or that no client plays as a whole, cleans up.
func TestRun_LeavesNothing(t *testing.T) {
	t.Parallel()
	for _, s := range All() {
		if s.Profile == "okta" && !s.purge {
			continue // Okta deactivates (T-105)
		}
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			r := s.Run(t.Context(), client(newServer(t, handlerFor(t, s.Name))), Options{})
			if len(r.Left) != 0 {
				t.Errorf("left %v", r.Left)
			}
		})
	}
}

func TestProvision_MakesTheSampleUsers(t *testing.T) {
	t.Parallel()
	url := newServer(t, newHandler(t, "entra"))
	for _, idp := range []string{"okta", "entra"} {
		r, err := Provision(t.Context(), client(url), idp, Options{})
		if err != nil {
			t.Fatal(err)
		}
		Check(t, r)
		if len(r.Left) != 12 {
			t.Errorf("%s: made %d resources, want 10 users and 2 groups", idp, len(r.Left))
		}
	}
	for query, want := range map[string]int{
		"/Users": 20, "/Groups": 4, "/Users?filter=active%20eq%20false": 2,
	} {
		res, err := client(url).Do(t.Context(), scimclient.Request{Method: "GET", Path: query})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := newAnswer(nil, nil, res).number("totalResults"); got != want {
			t.Errorf("%s: totalResults %d, want %d", query, got, want)
		}
	}
	if _, err := Provision(t.Context(), client(url), "onelogin", Options{}); err == nil {
		t.Error("sample users of an unknown provider")
	}
}

// recorder is a T that keeps its errors.
type recorder struct {
	ctx    context.Context
	errors []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return r.ctx }
func (r *recorder) Logf(string, ...any)      {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestRunAndCheck_ReportToTheTest(t *testing.T) {
	t.Parallel()
	rec := &recorder{ctx: t.Context()}
	Run(rec, client("http://127.0.0.1:1"), "okta", "nonsense")
	if len(rec.errors) < 10 || !strings.Contains(rec.errors[len(rec.errors)-1], "nonsense") {
		t.Errorf("got %d errors: %v", len(rec.errors), rec.errors)
	}
	optional := &recorder{}
	Check(optional, &Report{Steps: []Step{{ID: "1", Passed: true}, {ID: "2", Optional: true, Detail: "odd"}}})
	if len(optional.errors) != 1 {
		t.Errorf("Check is strict, so a missed optional step is an error; got %v", optional.errors)
	}
	none := &recorder{}
	Check(none, &Report{Scenario: "x"})
	if len(none.errors) != 1 {
		t.Errorf("a report without steps passed: %v", none.errors)
	}
}
