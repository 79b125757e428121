package input

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

const (
	maxName        = 100 // runes of a name that people give
	maxDescription = 500 // runes
)

// Name refuses a name that could not be shown, typed or found again. what says whose name it is.
func Name(what, name string) error {
	const hint = "use 1 to 100 printable characters, with no blank at either end"
	switch {
	case name == "":
		return refusal.New(refusal.Invalid, hint, "the %s is empty", what)
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return refusal.New(refusal.Invalid, hint, "the %s %q has characters that cannot be printed", what, name)
	case utf8.RuneCountInString(name) > maxName:
		return refusal.New(refusal.Invalid, hint, "the %s has more than %d characters", what, maxName)
	case strings.TrimSpace(name) != name:
		return refusal.New(refusal.Invalid, hint, "the %s %q begins or ends with a blank", what, name)
	}
	return nil
}

// Description refuses a text that is too long to be shown beside a name.
func Description(what, text string) error {
	if utf8.RuneCountInString(text) > maxDescription || strings.ContainsRune(text, 0) {
		return refusal.New(refusal.Invalid, "say it shorter", "the description of the %s has more than %d characters", what, maxDescription)
	}
	return nil
}

// Set returns the texts in order, each once; nil when there are none.
func Set(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}
