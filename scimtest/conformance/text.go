package conformance

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Text writes a report for people at a terminal; the zero value is plain text.
type Text struct {
	// Color marks outcomes by ANSI colours.
	Color bool
}

// Write writes what was found by area, then each miss with the exchange that shows it, then what was left out and why,
// and the verdict as the last line.
func (f Text) Write(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "SCIM 2.0 conformance of %s\n", plainText(r.BaseURL))
	if r.Stopped != "" && r.untested() {
		fmt.Fprintf(&b, "\n%s\n", f.paint(Failed, plainText(r.Verdict())))
		_, err := io.WriteString(w, b.String())
		return err
	}
	if len(r.Announced) > 0 {
		fmt.Fprintf(&b, "It announces %s.\n", plainText(strings.Join(r.Announced, ", ")))
	}
	f.areas(&b, r)
	for _, res := range r.Missed() {
		f.miss(&b, res)
	}
	f.leftOut(&b, r)
	if len(r.Left) > 0 {
		fmt.Fprintf(&b, "\nLeft on the server: %s\n", plainText(strings.Join(r.Left, " ")))
	}
	fmt.Fprintf(&b, "\n%s\n%s\n", r.Counts(), f.paint(r.outcome(), plainText(r.Verdict())))
	_, err := io.WriteString(w, b.String())
	return err
}

// Counts says in one line how much was tested.
func (r *Report) Counts() string {
	parts := []string{fmt.Sprintf("%d passed", r.Count(Passed))}
	for _, c := range []struct {
		outcome Outcome
		word    string
	}{{Failed, "failed"}, {Warned, "warned of"}, {Noted, "noted"}, {Skipped, "skipped"}, {Unchecked, "not testable from outside"}} {
		if n := r.Count(c.outcome); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, c.word))
		}
	}
	return fmt.Sprintf("%d rules: %s; %d requests in %s", len(r.Results), strings.Join(parts, ", "), r.Requests, r.Duration.Round(10*time.Millisecond))
}

func (r *Report) outcome() Outcome {
	switch {
	case r.Failed():
		return Failed
	case r.Count(Warned) > 0:
		return Warned
	}
	return Passed
}

func (f Text) areas(b *strings.Builder, r *Report) {
	b.WriteString("\n")
	for _, a := range r.ByArea() {
		counts := []string{}
		for _, o := range []Outcome{Passed, Failed, Warned, Noted, Skipped, Unchecked} {
			if n := a.Count(o); n > 0 {
				counts = append(counts, f.paint(o, fmt.Sprintf("%d %s", n, o)))
			}
		}
		fmt.Fprintf(b, "  %-18s  %-28s  %s\n", a.Section, a.Title, strings.Join(counts, ", "))
	}
}

var marks = map[Outcome]string{Passed: "ok", Failed: "FAIL", Warned: "WARN", Noted: "note", Skipped: "skip", Unchecked: "-"}

func (f Text) miss(b *strings.Builder, res Result) {
	fmt.Fprintf(b, "\n%s  %s  %s  %s\n", f.paint(res.Outcome, fmt.Sprintf("%-4s", marks[res.Outcome])), res.ID, res.Section, res.Statement)
	fmt.Fprintf(b, "      expected  %s\n      got       %s\n", plainText(res.Expected), plainText(res.Got))
	if len(res.Exchanges) == 0 {
		return
	}
	last := res.Exchanges[len(res.Exchanges)-1]
	for _, side := range []struct{ sign, text string }{{">", last.Request}, {"<", last.Response}} {
		for line := range strings.Lines(side.text) {
			fmt.Fprintf(b, "      %s %s\n", side.sign, plainText(strings.TrimRight(line, "\r\n")))
		}
	}
}

// leftOut lists what was skipped by its reason, and what cannot be seen from outside.
func (f Text) leftOut(b *strings.Builder, r *Report) {
	for _, part := range []struct {
		title   string
		outcome Outcome
	}{{"Skipped", Skipped}, {"Not testable from outside", Unchecked}} {
		reasons, ids := reasonsOf(r, part.outcome)
		if len(reasons) > 0 {
			fmt.Fprintf(b, "\n%s\n", part.title)
		}
		for _, reason := range reasons {
			fmt.Fprintf(b, "  %s: %s\n", plainText(reason), strings.Join(ids[reason], " "))
		}
	}
}

// reasonsOf groups the rules with an outcome by why they have it.
func reasonsOf(r *Report, o Outcome) (reasons []string, ids map[string][]string) {
	ids = map[string][]string{}
	for _, res := range r.Results {
		if res.Outcome != o {
			continue
		}
		reason := res.Why()
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
		ids[reason] = append(ids[reason], res.ID)
	}
	return reasons, ids
}

// Why is the reason of what was skipped or not checked, in a few words.
func (r Result) Why() string {
	switch {
	case r.Detail == "":
		return string(r.Reason)
	case r.Reason == OutsideOfTesting, r.Reason == FailedFirst, r.Reason == WasStopped:
		return r.Detail
	default:
		return string(r.Reason) + ": " + r.Detail
	}
}

// plainText takes out what would steer a terminal: much of a report comes from the server.
func plainText(text string) string {
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "·")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) || r == '\t' {
			return r
		}
		return '·'
	}, text)
}

func (f Text) paint(o Outcome, text string) string {
	colour := map[Outcome]string{Passed: "\x1b[32m", Failed: "\x1b[31m", Warned: "\x1b[33m", Noted: "\x1b[36m", Skipped: "\x1b[2m", Unchecked: "\x1b[2m"}[o]
	if !f.Color || colour == "" {
		return text
	}
	return colour + text + "\x1b[0m"
}
