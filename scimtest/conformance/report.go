package conformance

import (
	"fmt"
	"time"
)

// Outcome is what became of one rule.
type Outcome string

// The outcomes. A missed Must is Failed, a missed Should is Warned, a missed May is Noted.
const (
	Passed    Outcome = "passed"
	Failed    Outcome = "failed"
	Warned    Outcome = "warning"
	Noted     Outcome = "note"
	Skipped   Outcome = "skipped"
	Unchecked Outcome = "not checked" // not to be seen from outside
)

// Reason is why a rule was skipped. The list is closed.
type Reason string

// The reasons.
const (
	NotAnnounced     Reason = "not announced"
	NeedsCredential  Reason = "needs a credential"
	NeedsSecond      Reason = "needs a second credential"
	ReadOnlyServer   Reason = "read-only server"
	FailedFirst      Reason = "another rule failed first"
	WasStopped       Reason = "the check was stopped"
	OutsideOfTesting Reason = "not testable from outside"
)

// Result is what became of one rule.
type Result struct {
	Rule
	Outcome Outcome `json:"outcome"`
	// Reason and Detail say why a rule was skipped or not checked: "not announced", "sorting".
	Reason Reason `json:"reason,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Expected and Got say what was missed.
	Expected string `json:"expected,omitempty"`
	Got      string `json:"got,omitempty"`
	// Exchanges are the last ones before the miss, the one that shows it at the end.
	Exchanges []Exchange    `json:"exchanges,omitempty"`
	Requests  int           `json:"requests"`
	Duration  time.Duration `json:"duration_ns"`
}

// Missed reports whether the server did not do what the rule says.
func (r Result) Missed() bool {
	return r.Outcome == Failed || r.Outcome == Warned || r.Outcome == Noted
}

// Exchange is one request and its answer as text, secrets masked, long bodies cut.
type Exchange struct {
	Request  string `json:"request"`
	Response string `json:"response"`
}

// Report is what a run found.
type Report struct {
	BaseURL  string        `json:"base_url"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	Requests int           `json:"requests"`
	// Announced is what the server says it can do, in a few words: "PATCH", "filters", …
	Announced []string `json:"announced"`
	// Stopped says why the run ended early, or could not begin; empty when it was complete.
	Stopped string   `json:"stopped,omitempty"`
	Results []Result `json:"results"`
	// Left are resources that the run made and could not delete, or was told to keep.
	Left []string `json:"left,omitempty"`
}

// Failed reports whether a Must was missed, the run could not be made to its end, or there was nothing to test.
func (r *Report) Failed() bool { return r.Stopped != "" || r.Count(Failed) > 0 || r.untested() }

// untested reports that nothing was found out at all.
func (r *Report) untested() bool { return r.Count(Skipped)+r.Count(Unchecked) == len(r.Results) }

// Count returns how many rules had the outcome.
func (r *Report) Count(o Outcome) int {
	n := 0
	for _, res := range r.Results {
		if res.Outcome == o {
			n++
		}
	}
	return n
}

// Missed returns the results with what was missed, Musts first.
func (r *Report) Missed() []Result {
	var missed []Result
	for _, o := range []Outcome{Failed, Warned, Noted} {
		for _, res := range r.Results {
			if res.Outcome == o {
				missed = append(missed, res)
			}
		}
	}
	return missed
}

// Verdict says in one line what came of it.
func (r *Report) Verdict() string {
	switch failed, warned := r.Count(Failed), r.Count(Warned); {
	case r.Stopped != "" && r.untested():
		return "NOT TESTED: " + r.Stopped
	case r.Stopped != "":
		return "NOT TESTED TO THE END: " + r.Stopped
	case r.untested():
		return "NOT TESTED: of the chosen rules none can be tested here."
	case failed > 0:
		return fmt.Sprintf("DOES NOT CONFORM: %s, and %s.", plural(failed, "MUST is missed", "MUSTs are missed"), plural(warned, "SHOULD", "SHOULDs"))
	case warned > 0:
		return fmt.Sprintf("CONFORMS, with %s.", plural(warned, "SHOULD missed", "SHOULDs missed"))
	default:
		return "CONFORMS: every MUST and SHOULD that could be tested holds."
	}
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// AreaResults are the results of one area.
type AreaResults struct {
	Area
	Results []Result
}

// Count returns how many rules of the area had the outcome.
func (a AreaResults) Count(o Outcome) int { return (&Report{Results: a.Results}).Count(o) }

// ByArea groups the results; areas without any are left out.
func (r *Report) ByArea() []AreaResults {
	var groups []AreaResults
	for _, area := range areas {
		group := AreaResults{Area: area}
		for _, res := range r.Results {
			if res.Area == area.Slug {
				group.Results = append(group.Results, res)
			}
		}
		if len(group.Results) > 0 {
			groups = append(groups, group)
		}
	}
	return groups
}
