package directory

import (
	"fmt"
	"strings"

	"github.com/usher-scim/usher/directory/internal/refusal"
)

// Refusal is an error for an operator: its Kind says what a face answers, its Message what is wrong, and its Hint what
// to do about it.
type Refusal = refusal.Error

// RefusalKind groups refusals by what a face answers.
type RefusalKind = refusal.Kind

// The kinds of refusals.
const (
	RefusedInvalid  = refusal.Invalid
	RefusedNotFound = refusal.NotFound
	RefusedExists   = refusal.Exists
	// RefusedInUse: something else rests on it.
	RefusedInUse = refusal.InUse
	// RefusedReadOnly: a configuration file declares it (X11).
	RefusedReadOnly = refusal.ReadOnly
	// RefusedLastOwner: the workspace would lose its last owner (B11).
	RefusedLastOwner = refusal.LastOwner
	// RefusedChanged: it has another version than the one that the change was decided on.
	RefusedChanged = refusal.Changed
	// RefusedExpired: it was kept for some time, and is not any more.
	RefusedExpired = refusal.Expired
	// RefusedCredential: what was shown opens nothing.
	RefusedCredential = refusal.Credential
)

func refuse(k RefusalKind, hint, format string, args ...any) *Refusal {
	return refusal.New(k, hint, format, args...)
}

// rests refuses a change that was decided on another version than the one that there is; 0 rests on none.
func rests(wanted, there int64) error {
	if wanted == 0 || wanted == there {
		return nil
	}
	return refuse(RefusedChanged, "read it again, and decide again", "it has version %d by now, not %d", there, wanted)
}

// readOnly refuses to change what a configuration file declares, but for the file itself (X11).
func readOnly(by Actor, origin, what, name string) error {
	if origin == "" || by.Name == ActorConfig {
		return nil
	}
	return refuse(RefusedReadOnly, "change it there; it is applied when the service starts", "%s %s is declared in %s", what, name, origin)
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
