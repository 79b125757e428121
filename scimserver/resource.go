package scimserver

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// create is POST to a resource type's endpoint. See RFC 7644 §3.3.
func (x *exchange) create() (answer, error) {
	show, r, err := x.decode()
	if err != nil {
		return answer{}, err
	}
	rec, err := x.caller.Backend.Create(x.r.Context(), r, scim.Write{Show: x.shown(&show)})
	if err != nil {
		return answer{}, err
	}
	return x.resource(http.StatusCreated, rec, show), nil
}

// get is GET of one resource. See RFC 7644 §3.4.1; If-None-Match is §3.14.
func (x *exchange) get() (answer, error) {
	show, err := x.projection()
	if err != nil {
		return answer{}, err
	}
	known, err := x.precondition("If-None-Match")
	if err != nil {
		return answer{}, err
	}
	rec, err := x.caller.Backend.Get(x.r.Context(), x.typ, x.key, show)
	if err != nil {
		return answer{}, err
	}
	if !known.IsZero() && known.HoldsForTag(rec.ETag()) {
		return x.withoutBody(http.StatusNotModified, rec), nil
	}
	return x.resource(http.StatusOK, rec, show), nil
}

// replace is PUT. See RFC 7644 §3.5.1, D-09, D-10.
func (x *exchange) replace() (answer, error) {
	match, err := x.precondition("If-Match")
	if err != nil {
		return answer{}, err
	}
	show, r, err := x.decode()
	if err != nil {
		return answer{}, err
	}
	rec, err := x.caller.Backend.Replace(x.r.Context(), x.key, r, scim.Write{IfMatch: match, Show: x.shown(&show)})
	if err != nil {
		return answer{}, err
	}
	return x.resource(http.StatusOK, rec, show), nil
}

// remove is DELETE. See RFC 7644 §3.6.
func (x *exchange) remove() (answer, error) {
	match, err := x.precondition("If-Match")
	if err != nil {
		return answer{}, err
	}
	if err := x.caller.Backend.Delete(x.r.Context(), x.typ, x.key, scim.Write{IfMatch: match}); err != nil {
		return answer{}, err
	}
	x.note.resource = x.key
	return answer{status: http.StatusNoContent, empty: true}, nil
}

// decode reads what POST and PUT have in common: the projection and the resource.
func (x *exchange) decode() (scim.Projection, *scim.Resource, error) {
	show, err := x.projection()
	if err != nil {
		return show, nil, err
	}
	body, err := x.readObject()
	if err != nil {
		return show, nil, err
	}
	r, err := x.typ.Decode(body, x.caller.Profile)
	if err != nil {
		return show, nil, err
	}
	x.note.warnings = r.Warnings
	return show.Sent(r), r, nil
}

// precondition parses If-Match or If-None-Match, which may come on several lines (RFC 9110 §5.3).
func (x *exchange) precondition(header string) (scim.Precondition, error) {
	return scim.ParsePrecondition(strings.Join(x.r.Header.Values(header), ", "))
}

// shown is what a write hands back to be answered. The result of an operation of a bulk request has the entity tag
// alone, which needs a user's groups (D-29) and nothing of a group.
func (x *exchange) shown(show *scim.Projection) *scim.Projection {
	if x.inner && x.typ.Schema.ID != scim.URNUser {
		return nil
	}
	return show
}

// resource renders a record as the answer.
func (x *exchange) resource(status int, rec *scim.Record, show scim.Projection) answer {
	a := x.withoutBody(status, rec)
	if x.inner {
		return a
	}
	a.empty = false
	x.out = x.renderer(show).Append(x.out, rec)
	return a
}

// withoutBody answers with the headers of a resource alone.
func (x *exchange) withoutBody(status int, rec *scim.Record) answer {
	x.note.resource = rec.ID
	return answer{
		status:   status,
		etag:     rec.ETag(),
		location: x.renderer(scim.Projection{}).Location(x.typ, rec.ID),
		empty:    true,
	}
}

func (x *exchange) renderer(show scim.Projection) scim.Renderer {
	return scim.Renderer{Base: x.caller.BaseURL, Profile: x.caller.Profile, Show: show}
}
