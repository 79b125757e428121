package main

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/usher-scim/usher/cmd/usher/internal/spelling"
)

// problem is one thing that is wrong in a configuration file.
type problem struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"` // of the value: connections[0].settings.key
	What   string `json:"what"`
	Hint   string `json:"hint"`
}

// String is the problem without its hint.
func (p problem) String() string { return fmt.Sprintf("%d:%d: %s", p.Line, p.Column, p.What) }

type problems []problem

// sort puts them in the order of the file.
func (ps problems) sort() {
	slices.SortStableFunc(ps, func(a, b problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// and adds problems, but for those on lines that have one already: they may only follow from it.
func (ps problems) and(more problems) problems {
	lines := map[int]bool{}
	for _, p := range ps {
		lines[p.Line] = true
	}
	return append(ps, slices.DeleteFunc(more, func(p problem) bool { return lines[p.Line] })...)
}

// nearest returns the candidate that the word was most likely meant to be, "" when none is near.
func nearest(word string, candidates []string) string {
	best, least := "", len(word)/3+2
	for _, c := range candidates {
		if d := spelling.Distance(word, c); d < least {
			best, least = c, d
		}
	}
	return best
}
