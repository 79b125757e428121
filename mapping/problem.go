package mapping

import (
	"fmt"
	"strings"
)

// Problem is one fault of a set of rules, for the person who wrote them.
type Problem struct {
	Path    string `json:"path"` // where in the rules: "attributes[2].target"
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do
}

// Error implements error.
func (p Problem) Error() string { return p.Path + ": " + p.Message }

// Problems are all the faults of a set of rules: whoever corrects them wants to see them at once. It is the error of
// [Compile].
type Problems []Problem

// Error implements error.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return "mapping: " + strings.Join(lines, "; ")
}

// add notes a fault. The message is a format.
func (ps *Problems) add(path, hint, message string, args ...any) {
	*ps = append(*ps, Problem{Path: path, Message: fmt.Sprintf(message, args...), Hint: hint})
}

// err is nil when nothing was found.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}
