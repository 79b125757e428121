package scimtest

import "time"

// Phases of a step besides the table itself.
const (
	PhaseSetup   = "setup"
	PhaseCleanup = "cleanup"
)

// Step is what became of one step of a scenario.
type Step struct {
	// ID is the step's number in the scenario's source: "7", "O6", "V12b".
	ID   string `json:"id"`
	Name string `json:"name"`
	// Phase is empty for a step of the sequence itself, PhaseSetup or PhaseCleanup
	// for what surrounds it.
	Phase string `json:"phase,omitempty"`
	// Request is the method, and the path as it was sent.
	Request  string `json:"request"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	// Status is that of the answer, 0 when there was none.
	Status   int           `json:"status"`
	Duration time.Duration `json:"duration_ns"`
	Passed   bool          `json:"passed"`
	// Skipped says that the step was not played; Detail says why.
	Skipped bool `json:"skipped,omitempty"`
	// Optional marks a step that the provider documents but may never send. A miss
	// is shown and does not fail the report.
	Optional bool `json:"optional,omitempty"`
	// Detail says what was wrong, one finding a line.
	Detail string `json:"detail,omitempty"`
	// Traps are the interoperability traps that the step covers ("T-003").
	Traps []string `json:"traps,omitempty"`
}

// Report is what became of a scenario.
type Report struct {
	Scenario string        `json:"scenario"`
	Title    string        `json:"title"`
	BaseURL  string        `json:"base_url"`
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	Steps    []Step        `json:"steps"`
	// Left are the resources that the run made and that are still there: an Okta
	// scenario leaves its users deactivated, as Okta never deletes one (T-105).
	Left []string `json:"left,omitempty"`
}

// Failed reports whether a step that counts was missed. A run that played nothing
// has failed too.
func (r *Report) Failed() bool {
	passed, failed, _ := r.Counts()
	return failed > 0 || passed == 0
}

// Counts returns how many steps passed, were missed, and were not played. An
// optional step that was missed counts as not played.
func (r *Report) Counts() (passed, failed, skipped int) {
	for _, s := range r.Steps {
		switch {
		case s.Passed:
			passed++
		case s.Skipped || s.Optional:
			skipped++
		default:
			failed++
		}
	}
	return passed, failed, skipped
}

// Missed returns the steps that did not pass, the optional ones among them, without
// those that were never played.
func (r *Report) Missed() []Step {
	var missed []Step
	for _, s := range r.Steps {
		if !s.Passed && !s.Skipped {
			missed = append(missed, s)
		}
	}
	return missed
}
