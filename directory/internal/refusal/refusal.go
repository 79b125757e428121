package refusal

import "fmt"

// Error says what is wrong and what to do.
type Error struct {
	Kind    Kind
	Message string
	Hint    string
}

// Kind groups refusals by what a face answers.
type Kind string

// The kinds of refusals.
const (
	Invalid  Kind = "invalid"
	NotFound Kind = "not found"
	Exists   Kind = "exists"
	// InUse: something else rests on it.
	InUse Kind = "in use"
	// ReadOnly: a configuration file declares it (X11).
	ReadOnly Kind = "read-only"
	// LastOwner: the workspace would lose its last owner (B11).
	LastOwner Kind = "last owner"
	// Changed: it has another version than the one that the change was decided on.
	Changed Kind = "changed"
	// Expired: it was kept for some time, and is not any more.
	Expired Kind = "expired"
	// Credential: what was shown opens nothing.
	Credential Kind = "credential"
)

// Error implements error. The hint is apart, so that a face can show it on a line of its own.
func (r *Error) Error() string { return r.Message }

// New makes a refusal.
func New(k Kind, hint, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), Hint: hint}
}
