package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/usher-scim/usher/cmd/usher/internal/sheet"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// tally counts what became of the rows, and reports those that were refused.
type tally struct {
	mu      sync.Mutex
	counts  [len(rowKinds)]rowCounts
	refused []refusalView // the first ones
	// managers are refusals of a manager alone, whose rows were counted as made.
	managers int
	ignored  map[string]int
	file     *newFile // of the report; nil: none is asked for
	report   *sheet.Writer
	err      error // of the report
	began    time.Time
}

// The bounds of what a summary repeats; the report has every row.
const (
	maxShownRefusals = 20
	maxKeptRefusals  = 100
	maxIgnored       = 100
)

type rowCounts struct {
	Rows      int `json:"rows"`
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"`
	Refused   int `json:"refused"`
}

type refusalView struct {
	File  string `json:"file"`
	Line  int    `json:"line,omitempty"`
	Type  string `json:"type"`
	Row   string `json:"row"`
	Cause string `json:"cause"`
	Fix   string `json:"fix"`

	part int // the file's place among the files
}

func newTally(report string, replace bool) (*tally, error) {
	t := &tally{began: time.Now(), ignored: map[string]int{}}
	if report == "" {
		return t, nil
	}
	file, err := createFile(report, replace)
	if err != nil {
		return nil, err
	}
	t.file, t.report = file, sheet.NewWriter(file)
	return t, t.report.Write("file", "line", "type", "row", "cause", "fix")
}

// count takes what became of a row; err is why it was refused.
func (t *tally) count(row *importRow, became rowOutcome, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts[row.kind].Rows++
	t.settle(row, became, err)
}

// recount takes that a row that was counted became something else in the end.
func (t *tally) recount(row *importRow, was, became rowOutcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	*t.counts[row.kind].of(was)--
	*t.counts[row.kind].of(became)++
}

// refuseManager takes that the manager of a row that was counted was refused: the user stays what the row made of it.
func (t *tally) refuseManager(row *importRow, err error) {
	cause, fix := causeAndFix(err)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.managers++
	t.refuse(row, &refusedRow{cause: "the user is in, but the manager was refused: " + cause, fix: fix})
}

func (t *tally) settle(row *importRow, became rowOutcome, err error) {
	*t.counts[row.kind].of(became)++
	if became == failed {
		t.refuse(row, err)
	}
}

// of is the count of an outcome.
func (c *rowCounts) of(o rowOutcome) *int {
	return [...]*int{created: &c.Created, updated: &c.Updated, unchanged: &c.Unchanged, failed: &c.Refused}[o]
}

func (t *tally) refuse(row *importRow, err error) {
	v := refusalView{part: row.part, File: row.file, Line: row.line, Type: rowKinds[row.kind], Row: rowName(row)}
	v.Cause, v.Fix = causeAndFix(err)
	if len(t.refused) < maxKeptRefusals {
		t.refused = append(t.refused, v)
	}
	if t.report == nil || t.err != nil {
		return
	}
	line := ""
	if v.Line > 0 {
		line = strconv.Itoa(v.Line)
	}
	t.err = t.report.Write(v.File, line, v.Type, v.Row, v.Cause, v.Fix)
}

// rowName is what a row that could be read is about.
func rowName(row *importRow) string {
	if row.called != "" {
		return row.called
	}
	if row.kind == memberRow || row.document != nil || row.cells != nil {
		return row.shown()
	}
	return ""
}

// fixes say what to do about a refusal in a file: the words of the SCIM road name screens of identity providers.
var fixes = map[scim.Kind]string{
	scim.KindTaken:       "Give the row another value, or find what is there by another attribute: --match.",
	scim.KindMissing:     "Fill in the value.",
	scim.KindUnknownRole: "Correct the role, or make it: usher role create. Roles tell upper from lower case.",
	scim.KindUnknownTeam: "Correct the team, or make it: usher team create.",
	scim.KindHeld:        "Let the leavers through first: usher connection release.",
	scim.KindNoCreate:    "Let the connection create users for the time of the import: usher connection update.",
}

func causeAndFix(err error) (cause, fix string) {
	const correct = "Correct the row, and import the file again: what is there already is left as it is."
	if e, ok := errors.AsType[*refusedRow](err); ok {
		return e.cause, cmp.Or(e.fix, correct)
	}
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Problem(), cmp.Or(fixes[e.Kind], correct)
	}
	if e, ok := errors.AsType[*directory.Refusal](err); ok {
		return e.Error(), cmp.Or(e.Hint, correct)
	}
	return err.Error(), correct
}

// warn counts remarks, such as attributes that nothing takes.
func (t *tally) warn(warnings []string) {
	if len(warnings) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range warnings {
		if _, known := t.ignored[w]; known || len(t.ignored) < maxIgnored {
			t.ignored[w]++
		}
	}
}

// close ends the report. It gets its name also when the import was cut: what was refused until then is in it.
func (t *tally) close() error {
	if t.report == nil {
		return nil
	}
	return errors.Join(t.err, t.report.Flush(), t.file.keep())
}

// show draws how far it is, until the returned function is called.
func (t *tally) show(a *app, s rowSource) (stop func()) {
	p := newProgress(a.err)
	if !p.live {
		return func() {}
	}
	ended, drawn := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(drawn)
		tick := time.NewTicker(redraw)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				p.clear()
				return
			case <-tick.C:
				done, total := s.done()
				p.portion(done, total, t.line())
			}
		}
	}()
	return func() { close(ended); <-drawn }
}

// redraw is how often progress is shown.
const redraw = 100 * time.Millisecond

func (t *tally) line() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.sum()
	text := fmt.Sprintf("%s, %s a second", quantity(sum.Rows, "row"), thousands(rate(sum.Rows, time.Since(t.began))))
	if sum.Refused > 0 {
		text += fmt.Sprintf(", %s refused", thousands(sum.Refused))
	}
	return text
}

func (t *tally) sum() (sum rowCounts) {
	for _, c := range t.counts {
		sum.Rows += c.Rows
		sum.Created += c.Created
		sum.Updated += c.Updated
		sum.Unchanged += c.Unchanged
		sum.Refused += c.Refused
	}
	return sum
}

func rate(n int, d time.Duration) int {
	return int(float64(n) / max(d.Seconds(), 0.001))
}

// quantity is a number of things: 1 row, 20,000 rows.
func quantity(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return thousands(n) + " " + what + "s"
}

// thousands writes a count as people read it: 20,000.
func thousands(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
