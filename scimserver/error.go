package scimserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"

	"github.com/usher-scim/usher/scim"
)

// statusGone is what the log says when the caller went away before the answer. Nobody receives it.
const statusGone = 499

// panicError is a panic in a handler or a backend, kept for the log record.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// caught, when deferred, makes an error of a panic.
func caught(err *error) {
	if p := recover(); p != nil {
		*err = &panicError{value: p, stack: debug.Stack()}
	}
}

// refuse is the one funnel: every error of a request ends here. What is not a *scim.Error is told to nobody but
// the log record; the caller gets the request id to ask with.
func (x *exchange) refuse(err error) answer {
	x.note.err = err
	x.note.gone = errors.Is(x.r.Context().Err(), context.Canceled)
	e := x.refusal(err)
	x.note.refused = e
	if e.Status() == http.StatusUnauthorized {
		x.w.Header().Set("WWW-Authenticate", challenge(e.Kind))
	}
	if x.allow != "" {
		x.w.Header().Set("Allow", x.allow) // RFC 9110 §15.5.6
	}
	if e.Status() == http.StatusServiceUnavailable {
		x.w.Header().Set("Retry-After", "1")
	}
	x.out = e.AppendJSON(x.out[:0])
	x.drain()
	return answer{status: e.Status()}
}

func (x *exchange) refusal(err error) *scim.Error {
	var e *scim.Error
	switch {
	case errors.As(err, &e) && e.Status() != http.StatusInternalServerError:
		return e
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		// A cancelled request has no reader, but middleware may cancel too, and then a 200 without body would
		// be a lie.
		return scim.NewError(scim.KindBusy, "", "", "")
	}
	return scim.NewError(scim.KindInternal, "request "+x.id, "", "")
}

// challenge is the WWW-Authenticate header of a 401. See RFC 6750 §3: without a token there is no error
// code.
func challenge(k scim.Kind) string {
	if k == scim.KindNoToken {
		return `Bearer realm="scim"`
	}
	return `Bearer realm="scim", error="invalid_token", error_description="` + string(k) + `"`
}
