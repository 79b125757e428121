package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Problem is an error as the API tells it (RFC 9457).
type Problem struct {
	Type      string `json:"type" doc:"What went wrong, for programs: urn:usher:problem: and a word."`
	Title     string `json:"title" doc:"What went wrong, for people; the same for all problems of the type."`
	Status    int    `json:"status" doc:"The HTTP status."`
	Detail    string `json:"detail,omitempty" doc:"What is wrong with which value."`
	Hint      string `json:"hint,omitempty" doc:"What to do about it."`
	RequestID string `json:"request_id,omitempty" doc:"What to ask the operator with; it is in the log too."`
}

// Error implements error.
func (p *Problem) Error() string {
	if p.Detail == "" {
		return p.Title
	}
	return p.Detail
}

// kind is a type of problem.
type kind struct {
	word, title string
	status      int
}

// The types of problems.
var (
	invalid          = kind{"invalid", "The request is not valid", http.StatusBadRequest}
	unauthenticated  = kind{"unauthenticated", "The key is missing or not good", http.StatusUnauthorized}
	forbidden        = kind{"forbidden", "This is not allowed", http.StatusForbidden}
	notFound         = kind{"not_found", "There is no such thing", http.StatusNotFound}
	methodNotAllowed = kind{"method_not_allowed", "The method is not possible", http.StatusMethodNotAllowed}
	conflict         = kind{"conflict", "It is there already, or was changed meanwhile", http.StatusConflict}
	changed          = kind{"changed", "It has another version", http.StatusPreconditionFailed}
	expired          = kind{"expired", "It is not kept any more", http.StatusGone}
	tooLarge         = kind{"too_large", "The body is too large", http.StatusRequestEntityTooLarge}
	unsupportedMedia = kind{"unsupported_media_type", "The media type is not supported", http.StatusUnsupportedMediaType}
	gone             = kind{"gone", "Nobody waits for the answer", 499}
	internal         = kind{"internal", "Something failed here", http.StatusInternalServerError}
	tooMany          = kind{"too_many", "Too many requests at once", http.StatusTooManyRequests}
	busy             = kind{"busy", "Too much to do at the moment", http.StatusServiceUnavailable}
)

// kinds are those that an answer can be of.
func kinds() []kind {
	return []kind{
		invalid, unauthenticated, forbidden, notFound, methodNotAllowed, conflict, changed, expired, tooLarge, unsupportedMedia,
		tooMany, internal, busy,
	}
}

func newProblem(k kind, hint, format string, args ...any) *Problem {
	return &Problem{
		Type: "urn:usher:problem:" + k.word, Title: k.title, Status: k.status,
		Detail: fmt.Sprintf(format, args...), Hint: hint,
	}
}

// problemOf is what may be told of an error.
func problemOf(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		copied := *p
		return &copied
	}
	if r, ok := errors.AsType[*directory.Refusal](err); ok {
		return newProblem(kindOfRefusal(r.Kind), r.Hint, "%s", r.Message)
	}
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status() < http.StatusInternalServerError {
		return newProblem(kindOfStatus(e.Status()), "", "%s", e.Detail())
	}
	if e, ok := errors.AsType[*scim.DeclarationError](err); ok {
		return newProblem(invalid, "docs/schemas.md shows the shape of a declaration", "%s", e.Error())
	}
	switch {
	case errors.Is(err, directory.ErrNotFound):
		return newProblem(notFound, "it may have been deleted meanwhile", "what the request names is not there")
	case errors.Is(err, directory.ErrConflict), errors.Is(err, directory.ErrStale):
		return newProblem(conflict, "send the request again", "others were changing the same thing at the same time")
	case errors.Is(err, directory.ErrTooMany):
		return newProblem(invalid, "narrow the filter", "too many rows would have to be read")
	case errors.Is(err, directory.ErrReadOnly):
		return newProblem(busy, "tell the operator: the log has the reason", "the store refuses writes")
	case errors.Is(err, directory.ErrBusy):
		return newProblem(busy, "send the request again, a little later", "the store has too much to do")
	}
	return newProblem(internal, "give the operator the request id: the log has the reason", "the request failed for a reason that is no fault of its own")
}

// inPath makes 404 of a refusal that says that what the path names is not there.
func inPath(err error) error {
	if r, ok := errors.AsType[*directory.Refusal](err); ok && r.Kind == directory.RefusedNotFound {
		return problemOf(r)
	}
	return err
}

// inBody makes 400 of a refusal that says that what the body names is not there.
func inBody(err error) error {
	if r, ok := errors.AsType[*directory.Refusal](err); ok && r.Kind == directory.RefusedNotFound {
		return newProblem(invalid, r.Hint, "%s", r.Message)
	}
	return err
}

func kindOfRefusal(k directory.RefusalKind) kind {
	switch k {
	case directory.RefusedNotFound:
		return notFound
	case directory.RefusedExists, directory.RefusedInUse, directory.RefusedLastOwner:
		return conflict
	case directory.RefusedChanged:
		return changed
	case directory.RefusedExpired:
		return expired
	case directory.RefusedReadOnly:
		return forbidden
	case directory.RefusedCredential:
		return unauthenticated
	}
	return invalid
}

func kindOfStatus(status int) kind {
	for _, k := range kinds() {
		if k.status == status {
			return k
		}
	}
	return invalid
}

// printable is a text from outside as it may stand in an answer.
func printable(s string) string {
	const most = 100
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '�'
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
