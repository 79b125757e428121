package scimtest

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// Render says how a report is written; the zero value is plain text.
type Render struct {
	// Color marks passed and missed steps by ANSI colours.
	Color bool
}

// column is one of the table's columns: longer text is cut, for a step that was missed
// stands in full beneath its row.
type column struct {
	title string
	most  int
}

var columns = []column{{"", 4}, {"step", 32}, {"request", 38}, {"expected", 36}, {"got", 24}, {"ms", 8}}

// Write writes the report as a table, with what was wrong beneath each step that was
// missed, and a line that sums it up.
func (f Render) Write(w io.Writer, r *Report) error {
	rows := make([][]string, len(r.Steps))
	for i, s := range r.Steps {
		rows[i] = cells(s)
	}
	widths := widths(rows)
	var b strings.Builder
	fmt.Fprintf(&b, "%s against %s\n\n", r.Title, r.BaseURL)
	b.WriteString("      " + line(titles(), widths) + "\n")
	for i, s := range r.Steps {
		b.WriteString(f.paint(s, mark(s)) + "  " + line(rows[i], widths) + "\n")
		for detail := range strings.Lines(s.Detail) {
			b.WriteString("            " + strings.TrimRight(detail, "\n") + "\n")
		}
	}
	b.WriteString("\n" + summary(r) + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func titles() []string {
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	return titles
}

func cells(s Step) []string {
	cells := []string{s.ID, s.Name, s.Request, s.Expected, s.Got, milliseconds(s)}
	for i, c := range columns {
		cells[i] = cut(cells[i], c.most)
	}
	return cells
}

func milliseconds(s Step) string {
	if s.Skipped {
		return ""
	}
	return fmt.Sprintf("%.1f", float64(s.Duration)/float64(time.Millisecond))
}

func widths(rows [][]string) []int {
	widths := make([]int, len(columns))
	for _, row := range append(rows, titles()) {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

// line pads the cells; the last column, a number, stands to the right.
func line(row []string, widths []int) string {
	padded := make([]string, len(row))
	for i, cell := range row {
		space := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i == len(row)-1 {
			padded[i] = space + cell
		} else {
			padded[i] = cell + space
		}
	}
	return strings.TrimRight(strings.Join(padded, "  "), " ")
}

func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

func mark(s Step) string {
	switch {
	case s.Passed:
		return "ok  "
	case s.Skipped:
		return "skip"
	case s.Optional:
		return "note"
	default:
		return "FAIL"
	}
}

func (f Render) paint(s Step, text string) string {
	const green, yellow, red, reset = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
	switch {
	case !f.Color:
		return text
	case s.Passed:
		return green + text + reset
	case s.Skipped || s.Optional:
		return yellow + text + reset
	default:
		return red + text + reset
	}
}

func summary(r *Report) string {
	passed, failed, skipped := r.Counts()
	verdict := "PASSED"
	if r.Failed() {
		verdict = "FAILED"
	}
	text := fmt.Sprintf("%s  %s: %d of %d steps passed", verdict, r.Scenario, passed, len(r.Steps))
	if failed > 0 {
		text += fmt.Sprintf(", %d failed", failed)
	}
	if skipped > 0 {
		text += fmt.Sprintf(", %d skipped or optional", skipped)
	}
	return text + fmt.Sprintf(", in %.0f ms", float64(r.Duration)/float64(time.Millisecond))
}
