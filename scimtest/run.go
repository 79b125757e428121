package scimtest

import (
	"context"
	"strings"

	"github.com/usher-scim/usher/scimclient"
)

// T is what Run needs of a *testing.T.
type T interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

// Run plays scenarios and suites by name inside a Go test, all those that there are
// when none is named. Unlike Report.Failed it is strict: an optional step that was
// missed is an error too, and so is a step that was not played, unless it is optional.
//
//	c := &scimclient.Client{BaseURL: server.URL, Token: token}
//	scimtest.Run(t, c, "okta", "okta-aiw", "okta-spec")
func Run(t T, c *scimclient.Client, names ...string) {
	t.Helper()
	if len(names) == 0 {
		names = Names()
	}
	for _, name := range names {
		r, err := Simulate(t.Context(), c, name, Options{Purge: true})
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		Check(t, r)
	}
}

// Check fails the test for each step of a report that did not pass, or was not played
// though it is not optional.
func Check(t T, r *Report) {
	t.Helper()
	passed, _, _ := r.Counts()
	if passed == 0 {
		t.Errorf("%s: no step passed", r.Scenario)
	}
	for _, s := range r.Steps {
		switch {
		case s.Passed:
		case s.Skipped && s.Optional:
			t.Logf("%s %s %s: %s", r.Scenario, s.ID, s.Name, s.Detail)
		default:
			t.Errorf("%s %s %s (%s): %s [%s]", r.Scenario, s.ID, s.Name, s.Request, s.Detail, strings.Join(s.Traps, " "))
		}
	}
	for _, left := range r.Left {
		t.Logf("%s left %s", r.Scenario, left)
	}
}
