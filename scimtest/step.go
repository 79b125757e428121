package scimtest

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// request is one exchange and what must hold for its answer. Path and body may hold
// {{variables}}.
type request struct {
	send   string // method and path: "GET /Users/{{user_id}}"
	body   string // a file below bodies/, "okta/user.json", or a literal that begins with {
	header http.Header
	want   []int
	checks []check
}

// step is one row of a scenario. Only its own request is shown and timed.
type step struct {
	id, name string
	traps    string // "T-003 T-005"
	phase    string
	optional bool
	needs    string // a variable without which the step means nothing
	with     vars   // variables for this step's bodies, themselves expanded

	before []request // what the step stands on
	request
	after []request // what must be true of the server afterwards

	// play replaces the request by something that one exchange cannot say: paging,
	// concurrency.
	play func(context.Context, *player) played
	says string // what play expects, in the report's words
}

// played is the outcome of step.play.
type played struct {
	got     string
	misses  []string
	skipped string // why it could not be played after all
}

// outcome is the step's row before it is played.
func (st *step) outcome() Step {
	return Step{
		ID: st.id, Name: st.name, Phase: st.phase, Optional: st.optional,
		Request: st.send, Expected: st.expected(), Traps: strings.Fields(st.traps),
	}
}

// expected puts what must hold in a few words: "200|204, active false; then 2 members".
func (st *step) expected() string {
	words := st.words()
	if st.says != "" {
		words = append(words, st.says)
	}
	text := strings.Join(words, ", ")
	for _, after := range st.after {
		text += "; then " + after.expectedThen()
	}
	return text
}

// expectedThen is shorter: that a look afterwards succeeds goes without saying.
func (r *request) expectedThen() string {
	words := slices.DeleteFunc(r.words(), func(word string) bool { return word == "200" || word == "same id" })
	if len(words) == 0 {
		return "read back"
	}
	return strings.Join(words, ", ")
}

func (r *request) words() []string {
	var words []string
	if len(r.want) > 0 {
		words = append(words, statuses(r.want))
	}
	for _, c := range r.checks {
		if c.says != "" {
			words = append(words, c.says)
		}
	}
	return words
}

func statuses(want []int) string {
	words := make([]string, len(want))
	for i, status := range want {
		words[i] = strconv.Itoa(status)
	}
	return strings.Join(words, "|")
}

// on and must keep the tables of steps short.
func on(status ...int) []int        { return status }
func must(checks ...check) []check  { return checks }
func first(rs ...request) []request { return rs }
func then(rs ...request) []request  { return rs }
