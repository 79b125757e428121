package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/postgres"
	"github.com/usher-scim/usher/store/sqlite"
)

// failure is an error with what to do about it, and the exit status if that is not 1.
type failure struct {
	err    error
	hint   string
	status int
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// hint says what to do about an error.
func hint(err error, format string, args ...any) error {
	return &failure{err: err, hint: fmt.Sprintf(format, args...)}
}

// errReported ends a command with status 1 whose output has said everything already.
var errReported = errors.New("reported")

// fail prints an error as "usher: …" and "hint: …" and returns the exit status. What others have said may stand in it, so
// nothing of it steers the terminal.
func fail(w io.Writer, err error) int {
	if errors.Is(err, errReported) {
		return exitFailed
	}
	text, hint, status := err.Error(), "", exitFailed
	if f, ok := errors.AsType[*failure](err); ok {
		hint, status = f.hint, cmp.Or(f.status, exitFailed)
	} else if r, ok := errors.AsType[*directory.Refusal](err); ok {
		hint = r.Hint
	} else if e, ok := errors.AsType[*scim.Error](err); ok {
		text = e.Detail()
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		hint = e.Hint
	}
	if postgres.IsReadOnly(err) {
		text, hint = "the database refuses writes: "+text, postgres.HintReadOnly
	}
	_, _ = fmt.Fprintf(w, "usher: %s\n", printableLines(text))
	if hint != "" {
		_, _ = fmt.Fprintf(w, "hint: %s\n", printableLines(hint))
	}
	return status
}
