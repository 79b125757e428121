package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"
)

// importView is an import for programs.
type importView struct {
	DryRun  bool                 `json:"dry_run"`
	Whole   bool                 `json:"whole"` // every row was looked at
	Seconds float64              `json:"seconds"`
	Types   map[string]rowCounts `json:"types"`
	Refused int                  `json:"refused"`
	// Refusals are the first ones; a report has all.
	Refusals []refusalView  `json:"refusals"`
	Ignored  map[string]int `json:"ignored"` // remarks and how many rows they are about
}

func (t *tally) view(dryRun bool, cut error) importView {
	t.mu.Lock()
	defer t.mu.Unlock()
	v := importView{
		DryRun: dryRun, Whole: cut == nil, Seconds: time.Since(t.began).Seconds(), Types: map[string]rowCounts{},
		Refused: t.sum().Refused + t.managers, Refusals: append([]refusalView{}, t.refused...), Ignored: t.ignored,
	}
	slices.SortStableFunc(v.Refusals, func(a, b refusalView) int { return cmp.Or(cmp.Compare(a.part, b.part), cmp.Compare(a.Line, b.Line)) })
	for k, c := range t.counts {
		if c.Rows > 0 {
			v.Types[rowKinds[k]] = c
		}
	}
	return v
}

// text is the summary for people.
func (v importView) text(a *app, report string) io.WriterTo {
	counts := a.table("There were no rows.", "", "rows", "created", "updated", "unchanged", "refused")
	rows := 0
	for _, kind := range rowKinds {
		c, ok := v.Types[kind]
		if !ok {
			continue
		}
		rows += c.Rows
		counts.add(kind, thousands(c.Rows), thousands(c.Created), thousands(c.Updated), thousands(c.Unchanged), thousands(c.Refused))
	}
	if rows == 0 && !v.Whole {
		return texts{} // the error says it all
	}
	all := texts{counts, line(fmt.Sprintf("\n%s in %.1f s, %s a second.", quantity(rows, "row"), v.Seconds,
		thousands(rate(rows, time.Duration(v.Seconds*float64(time.Second))))))}
	for _, remark := range slices.Sorted(maps.Keys(v.Ignored)) {
		all = append(all, line(fmt.Sprintf("note: %s (rows: %s)", printable(remark), thousands(v.Ignored[remark]))))
	}
	if v.Refused > 0 {
		all = append(all, line(""), v.refusals(a))
		all = append(all, line(v.rest(report)))
	}
	if v.DryRun {
		all = append(all, line("\nNothing was written."))
	}
	return all
}

func (v importView) refusals(a *app) *table {
	t := a.table("", "where", "row", "cause", "fix")
	for _, r := range v.Refusals[:min(len(v.Refusals), maxShownRefusals)] {
		where := r.File
		if r.Line > 0 {
			where += ":" + strconv.Itoa(r.Line)
		}
		t.add(where, clip(r.Row, 40), r.Cause, r.Fix)
	}
	return t
}

// rest says where the other refusals are.
func (v importView) rest(report string) string {
	switch more := v.Refused - min(v.Refused, maxShownRefusals); {
	case report != "" && v.Refused == 1:
		return "\nThe refused row is in " + report + "."
	case report != "":
		return fmt.Sprintf("\nAll %s refused rows are in %s.", thousands(v.Refused), report)
	case more == 1:
		return "\n1 more was refused: --report FILE.csv lists them all."
	case more > 0:
		return fmt.Sprintf("\n%s more were refused: --report FILE.csv lists them all.", thousands(more))
	case v.DryRun:
		return "\nCorrect these rows before the import."
	case v.Whole && v.accepted() > 0:
		return "\nThe others are in. Correct these rows, and import the file again."
	}
	return "\nCorrect these rows, and import the file again."
}

// accepted counts the rows that were not refused.
func (v importView) accepted() (n int) {
	for _, c := range v.Types {
		n += c.Rows - c.Refused
	}
	return n
}
