package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// usage is what follows the name of a command.
func (c *command) usage() (terms []string) {
	for _, p := range parameters(c.PersistentFlags()) {
		if p.has("required") && !p.has("xor") {
			terms = append(terms, p.term())
		}
	}
	for _, p := range c.arguments {
		terms = append(terms, p.term())
	}
	if c.HasSubCommands() {
		terms = append(terms, "<command>")
	}
	return terms
}

// term is a value as it is written.
func (p *parameter) term() string {
	if !p.has("arg") {
		return "--" + p.name + "=" + p.Type()
	}
	term := "<" + p.name + ">"
	if p.isList() {
		term += " ..."
	}
	if p.has("optional") {
		term = "[" + term + "]"
	}
	return term
}

// help is what a value means.
func (p *parameter) help() string {
	help := p.tag.Get("help")
	if variable := p.tag.Get("env"); variable != "" {
		help = strings.TrimSuffix(help, ".") + " ($" + variable + ")."
	}
	return help
}

// help prints what there is to know of a command.
func (c *command) help(called *cobra.Command, _ []string) {
	h := &helpPage{out: called.OutOrStdout(), width: columns(called.OutOrStdout())}
	h.paragraph("Usage: " + called.UseLine())
	h.paragraph(called.Short)
	h.paragraph(called.Long)
	if called == c.Command {
		h.list("Arguments:", c.argumentEntries())
	}
	h.list("Flags:", flagEntries(called.LocalFlags()))
	for _, g := range called.Groups() {
		h.list(g.Title, commandEntries(called, g.ID))
	}
	h.list("Commands:", commandEntries(called, ""))
	h.list("Flags of every command:", flagEntries(called.InheritedFlags()))
	if called.HasAvailableSubCommands() {
		h.paragraph(fmt.Sprintf("Run %q for more information on a command.", called.CommandPath()+" <command> --help"))
	}
}

// entry is what can be written, and what it means.
type entry struct{ term, text string }

func (c *command) argumentEntries() (entries []entry) {
	for _, p := range c.arguments {
		entries = append(entries, entry{p.term(), p.help()})
	}
	return entries
}

func flagEntries(flags *pflag.FlagSet) (entries []entry) {
	flags.SortFlags = false
	flags.VisitAll(func(f *pflag.Flag) {
		term := "    --"
		if f.Shorthand != "" {
			term = "-" + f.Shorthand + ", --"
		}
		switch p := f.Value.(type) {
		case negation:
			return // shown with its flag
		case *parameter:
			if p.has("negatable") {
				term += "[no-]"
			}
		}
		term += f.Name
		if kind := f.Value.Type(); kind != "bool" {
			term += "=" + kind
		}
		entries = append(entries, entry{term, f.Usage})
	})
	return entries
}

func commandEntries(c *cobra.Command, group string) (entries []entry) {
	for _, below := range c.Commands() {
		if below.GroupID == group && below.IsAvailableCommand() {
			entries = append(entries, entry{below.Name(), below.Short})
		}
	}
	return entries
}

// helpPage is help that is printed, in lines of a width.
type helpPage struct {
	out   io.Writer
	width int
	begun bool
}

func (h *helpPage) paragraph(text string) {
	if text == "" {
		return
	}
	if h.begun {
		_, _ = fmt.Fprintln(h.out)
	}
	h.begun = true
	_, _ = fmt.Fprintln(h.out, fold(strings.TrimSpace(text), 0, h.width))
}

func (h *helpPage) list(title string, entries []entry) {
	if len(entries) == 0 {
		return
	}
	h.paragraph(title)
	widest := 0
	for _, e := range entries {
		widest = max(widest, utf8.RuneCountInString(e.term))
	}
	for _, e := range entries {
		_, _ = fmt.Fprintf(h.out, "  %-*s    %s\n", widest, e.term, fold(e.text, widest+6, h.width))
	}
}

// fold breaks lines that are too wide, and indents what follows.
func fold(text string, indent, width int) string {
	room := max(width-indent, 20)
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > room {
			cut := strings.LastIndexByte(line[:room+1], ' ')
			if cut <= 0 { // one long word
				if cut = strings.IndexByte(line, ' '); cut <= 0 {
					break
				}
			}
			lines, line = append(lines, line[:cut]), line[cut+1:]
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n"+strings.Repeat(" ", indent))
}

// columns is how wide the terminal is, or 80.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}
