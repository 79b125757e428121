package scimserver

import (
	"net/http"
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// patch is PATCH. See RFC 7644 §3.5.2; what is answered is D-06: Users 200 with the resource, Groups 204 unless the
// caller named attributes or the profile wants the body (T-098).
func (x *exchange) patch() (answer, error) {
	show, err := x.projection()
	if err != nil {
		return answer{}, err
	}
	w := scim.Write{}
	if w.IfMatch, err = x.precondition("If-Match"); err != nil {
		return answer{}, err
	}
	p, err := x.readPatch()
	if err != nil {
		return answer{}, err
	}
	show = show.SentPatch(p)
	body := x.patchHasBody()
	if body {
		w.Show = x.shown(&show)
	}
	rec, err := x.caller.Backend.Patch(x.r.Context(), x.key, p, w)
	if err != nil {
		return answer{}, err
	}
	if !body {
		return x.withoutBody(http.StatusNoContent, rec), nil
	}
	return x.resource(http.StatusOK, rec, show), nil
}

func (x *exchange) patchHasBody() bool {
	return x.typ.ID != "Group" || x.caller.Profile.GroupPatchBody || x.query.projected()
}

func (x *exchange) readPatch() (*scim.Patch, error) {
	body, err := x.readObject()
	if err != nil {
		return nil, err
	}
	if v, _ := body.Get("Operations"); v != nil {
		if ops, ok := v.(scim.Array); ok && len(ops) > x.opt.MaxOperations {
			return nil, scim.NewError(scim.KindTooManyOps, "Operations", strconv.Itoa(len(ops)),
				"at most "+strconv.Itoa(x.opt.MaxOperations)+" in one request")
		}
	}
	p, err := scim.ParsePatch(body, x.typ, x.caller.Profile)
	if err != nil {
		return nil, err
	}
	x.note.warnings = p.Warnings
	return p, p.CheckID(x.key) // D-08
}
