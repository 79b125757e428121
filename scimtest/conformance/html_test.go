package conformance

import (
	"flag"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/internal/page/pagetest"
)

var update = flag.Bool("update", false, "write testdata/pages anew")

// everyOutcome is a report with something to show everywhere. The function v may put others in the place of its texts.
func everyOutcome(v func(string) string) *Report {
	r := &Report{
		BaseURL: v("https://scim.example.com"), Started: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC), Duration: 1234567 * time.Microsecond,
		Requests: 42, Announced: []string{v("PATCH"), v("filters")}, Left: []string{v("/Users/1"), v("/Groups/2")},
	}
	for i, outcome := range []Outcome{Passed, Failed, Warned, Noted, Skipped, Unchecked, Passed} {
		one := Result{Rule: Rule{
			ID: v("R-" + string(rune('A'+i))), Area: areas[i%2].Slug, Level: []Level{Must, Must, Should, May}[i%4],
			Section: v("RFC 7644 §3.4.2"), Statement: v("A server answers <so>."),
		}, Outcome: outcome}
		if one.Missed() {
			one.Expected, one.Got = v("status 200"), v("status 500")
			exchange := Exchange{
				v("GET /Users HTTP/1.1\nAuthorization: Bearer …"),
				v("HTTP/1.1 200 OK (1ms)\nContent-Type: application/scim+json\n\n{\"a\":[1,2],\"b\":\"<i>\"}"),
			}
			one.Exchanges = []Exchange{exchange, exchange}[:1+i%2]
		}
		if outcome == Skipped || outcome == Unchecked {
			one.Reason, one.Detail = NotAnnounced, v("sorting")
		}
		r.Results = append(r.Results, one)
	}
	return r
}

func pageOf(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteHTML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWriteHTML_Golden(t *testing.T) {
	t.Parallel()
	same := func(text string) string { return text }
	pagetest.Golden(t, *update, "report", pageOf(t, everyOutcome(same)))
	stopped := everyOutcome(same)
	stopped.Stopped, stopped.Left, stopped.Announced = "it was interrupted", nil, nil
	pagetest.Golden(t, *update, "report-stopped", pageOf(t, stopped))
	for i := range stopped.Results {
		stopped.Results[i] = Result{Rule: stopped.Results[i].Rule, Outcome: Skipped, Reason: WasStopped}
	}
	pagetest.Golden(t, *update, "report-untested", pageOf(t, stopped))
	passed := everyOutcome(same)
	passed.Results = passed.Results[:1]
	pagetest.Golden(t, *update, "report-passed", pageOf(t, passed))
}

func TestWriteHTML_HostileValues(t *testing.T) {
	t.Parallel()
	pagetest.CheckHostile(t, func(text string) string { return pageOf(t, everyOutcome(func(string) string { return text })) })
}
