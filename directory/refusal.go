package directory

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Refusal is an error for an operator: what is wrong and what to do.
type Refusal struct {
	Kind    RefusalKind
	Message string
	Hint    string
}

// RefusalKind groups refusals by what a face answers.
type RefusalKind string

// The kinds of refusals.
const (
	RefusedInvalid  RefusalKind = "invalid"
	RefusedNotFound RefusalKind = "not found"
	RefusedExists   RefusalKind = "exists"
	// RefusedInUse: something else rests on it.
	RefusedInUse RefusalKind = "in use"
	// RefusedReadOnly: a configuration file declares it (X11).
	RefusedReadOnly RefusalKind = "read-only"
	// RefusedLastOwner: the workspace would lose its last owner (B11).
	RefusedLastOwner RefusalKind = "last owner"
	// RefusedChanged: it has another version than the one that the change was decided on.
	RefusedChanged RefusalKind = "changed"
	// RefusedCredential: what was shown opens nothing.
	RefusedCredential RefusalKind = "credential"
)

// Error implements error. The hint is apart, so that a face can show it on a line of its own.
func (r *Refusal) Error() string { return r.Message }

func refuse(k RefusalKind, hint, format string, args ...any) *Refusal {
	return &Refusal{Kind: k, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// rests refuses a change that was decided on another version than the one that there is; 0 rests on none.
func rests(wanted, there int64) error {
	if wanted == 0 || wanted == there {
		return nil
	}
	return refuse(RefusedChanged, "read it again, and decide again", "it has version %d by now, not %d", there, wanted)
}

const maxName = 100 // runes of a name that people give

// checkName refuses a name that could not be shown, typed or found again. what says whose name it is.
func checkName(what, name string) error {
	const hint = "use 1 to 100 printable characters, with no blank at either end"
	switch {
	case name == "":
		return refuse(RefusedInvalid, hint, "the %s is empty", what)
	case !utf8.ValidString(name), strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return refuse(RefusedInvalid, hint, "the %s %q has characters that cannot be printed", what, name)
	case utf8.RuneCountInString(name) > maxName:
		return refuse(RefusedInvalid, hint, "the %s has more than %d characters", what, maxName)
	case strings.TrimSpace(name) != name:
		return refuse(RefusedInvalid, hint, "the %s %q begins or ends with a blank", what, name)
	}
	return nil
}

const maxListed = 20

// shortList names what is possible, in a line that fits a console.
func shortList(names []string) string {
	switch {
	case len(names) == 0:
		return "none yet"
	case len(names) > maxListed:
		return strings.Join(names[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxListed)
	}
	return strings.Join(names, ", ")
}
