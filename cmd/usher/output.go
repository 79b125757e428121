package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
)

// print writes v as JSON, or else as text.
func (a *app) print(v any, text io.WriterTo) error {
	if a.JSON {
		return printJSON(a.out, v)
	}
	_, err := text.WriteTo(a.out)
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// table is columns of text under a head, aligned. With a palette, known words are coloured.
type table struct {
	head    []string
	rows    [][]string
	empty   string // printed instead, when there are no rows
	palette palette
}

func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// printable takes what would steer the terminal out of a text: names come from outside.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '·'
	}, text)
}

// printableLines is a text of several lines, each of them [printable].
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return strings.Join(lines, "\n")
}

// WriteTo implements [io.WriterTo].
func (t *table) WriteTo(w io.Writer) (int64, error) {
	if len(t.rows) == 0 {
		n, err := fmt.Fprintln(w, t.empty)
		return int64(n), err
	}
	widths := t.widths()
	var b strings.Builder
	for i, cell := range t.head {
		b.WriteString(t.palette.paint(pad(strings.ToUpper(cell), widths, i), "head"))
	}
	for _, row := range t.rows {
		b.WriteByte('\n')
		for i, cell := range row {
			b.WriteString(t.palette.paint(pad(cell, widths, i), cell))
		}
	}
	b.WriteByte('\n')
	n, err := io.WriteString(w, trailing.ReplaceAllString(b.String(), "\n"))
	return int64(n), err
}

// trailing is the blanks that an empty last cell leaves.
var trailing = regexp.MustCompile(` +\n`)

func (t *table) widths() []int {
	widths := make([]int, len(t.head))
	for i := range t.head {
		widths[i] = utf8.RuneCountInString(t.head[i])
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	return widths
}

// pad fills a cell up to its column's width and the gap to the next; the last column stays as it is.
func pad(cell string, widths []int, i int) string {
	if i == len(widths)-1 {
		return cell
	}
	return cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2)
}

// palette maps words to terminal colours; nil paints nothing.
type palette map[string]string

var colours = palette{
	"head": "\x1b[1m", "dim": "\x1b[2m", "command": "\x1b[36m",
	"active": "\x1b[32m", "enabled": "\x1b[32m", "live": "\x1b[32m", "ok": "\x1b[32m",
	"paused": "\x1b[33m", "inactive": "\x1b[33m", "deactivated": "\x1b[33m", "warn": "\x1b[33m",
	"disabled": "\x1b[31m", "expired": "\x1b[31m", "revoked": "\x1b[31m", "fail": "\x1b[31m", "MISS": "\x1b[31m",
}

func (p palette) paint(text, word string) string {
	if colour := p[word]; colour != "" {
		return colour + text + "\x1b[0m"
	}
	return text
}

// paletteFor returns the colours for a terminal, and nil for a file, a pipe or where NO_COLOR is set.
func paletteFor(w io.Writer) palette {
	if os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" || !isTerminal(w) {
		return nil
	}
	return colours
}

func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (a *app) table(empty string, head ...string) *table {
	return &table{head: head, empty: empty, palette: paletteFor(a.out)}
}

// card is one object: a title and its named values.
type card struct {
	title string
	pairs [][2]string
}

func newCard(title string, pairs ...string) *card {
	c := &card{title: title}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.pairs = append(c.pairs, [2]string{pairs[i], pairs[i+1]})
	}
	return c
}

// WriteTo implements [io.WriterTo]. Pairs without a value are left out.
func (c *card) WriteTo(w io.Writer) (int64, error) {
	width := 0
	for _, p := range c.pairs {
		width = max(width, len(p[0]))
	}
	var b strings.Builder
	b.WriteString(c.title + "\n")
	for _, p := range c.pairs {
		if p[1] != "" {
			fmt.Fprintf(&b, "  %-*s  %s\n", width, p[0], printable(p[1]))
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// line is one line of text.
type line string

// WriteTo implements [io.WriterTo].
func (l line) WriteTo(w io.Writer) (int64, error) {
	n, err := fmt.Fprintln(w, string(l))
	return int64(n), err
}

// when writes a time for people; the zero time is empty.
func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05")
}

// timestamp writes a time for programs: nil, JSON's null, for the zero time.
func timestamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// texts are written one after the other.
type texts []io.WriterTo

// WriteTo implements [io.WriterTo].
func (ts texts) WriteTo(w io.Writer) (n int64, err error) {
	for _, t := range ts {
		written, err := t.WriteTo(w)
		n += written
		if err != nil {
			return n, err
		}
	}
	return n, nil
}
