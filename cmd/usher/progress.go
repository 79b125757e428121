package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// progress tells how far something is: a line that is drawn again on a terminal, nothing elsewhere. What became of
// it is a plain line in either case.
type progress struct {
	w       io.Writer
	live    bool
	palette palette
}

func newProgress(w io.Writer) *progress {
	return &progress{w: w, live: isTerminal(w), palette: paletteFor(w)}
}

const (
	barWidth  = 24
	lineWidth = 78
)

// step draws the line: ███████░░░  7/31  okta: deactivate user
func (p *progress) step(done, total int, text string) {
	if !p.live || total == 0 {
		return
	}
	p.draw(done, total, fmt.Sprintf("%*d/%d", len(fmt.Sprint(total)), done, total), text)
}

// portion draws the line of what is too much to be counted: ███████░░░  23 %  20,000 rows
func (p *progress) portion(done, total int64, text string) {
	if !p.live {
		return
	}
	if total == 0 {
		_, _ = fmt.Fprintf(p.w, "\r\x1b[K  %s", clip(text, lineWidth))
		return
	}
	share := int(100 * min(done, total) / total)
	p.draw(share, 100, fmt.Sprintf("%3d %%", share), text)
}

func (p *progress) draw(done, total int, count, text string) {
	full := barWidth * done / total
	drawn := fmt.Sprintf("  %s%s %s  %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), count, text)
	_, _ = fmt.Fprintf(p.w, "\r\x1b[K%s", clip(drawn, lineWidth))
}

// clear takes the drawn line away.
func (p *progress) clear() {
	if p.live {
		_, _ = fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// done replaces the line by what became of it.
func (p *progress) done(ok bool, text string) {
	p.clear()
	mark, word := "ok", "ok"
	if !ok {
		mark, word = "MISS", "fail"
	}
	_, _ = fmt.Fprintf(p.w, "  %s  %s\n", p.palette.paint(fmt.Sprintf("%-4s", mark), word), text)
}

func clip(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
