package conformance

import (
	"context"

	"github.com/usher-scim/usher/scimclient"
)

// tests is what Test needs of a *testing.T, so that binaries do not link package testing.
type tests[T any] interface {
	Helper()
	Context() context.Context
	Run(name string, f func(T)) bool
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Skipf(format string, args ...any)
}

// Test checks a server inside a Go test, with a subtest for each rule: a missed Must is an error, a missed Should or
// May a line in the log.
//
//	func TestConformance(t *testing.T) {
//		conformance.Test(t, &scimclient.Client{BaseURL: server.URL, Token: token}, conformance.Options{})
//	}
func Test[T tests[T]](t T, c *scimclient.Client, o Options) *Report {
	t.Helper()
	report, err := Run(t.Context(), c, o)
	if err != nil {
		t.Fatalf("%v", err)
		return nil
	}
	for _, res := range report.Results {
		t.Run(res.ID+" "+res.Area, func(t T) {
			t.Helper()
			show(t, res)
		})
	}
	if report.Stopped != "" {
		t.Errorf("%s", report.Verdict())
	}
	for _, path := range report.Left {
		t.Logf("left on the server: %s", path)
	}
	return report
}

func show[T tests[T]](t T, res Result) {
	t.Helper()
	const format = "%s (%s, %s)\nexpected %s\ngot %s\n%s"
	switch res.Outcome {
	case Failed:
		t.Errorf(format, res.Statement, res.Level, res.Section, res.Expected, res.Got, evidence(res))
	case Warned, Noted:
		t.Logf(format, res.Statement, res.Level, res.Section, res.Expected, res.Got, evidence(res))
	case Skipped, Unchecked:
		t.Skipf("%s: %s", res.Statement, res.Why())
	}
}
