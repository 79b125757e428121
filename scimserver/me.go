package scimserver

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// me is /Me, the resource that the credential belongs to (RFC 7644 §3.11). It is answered in place, as its own URL
// would be, with that URL as the location: a redirect would cost a round trip, and few clients follow one with
// a body. POST, which would register somebody, is not offered: whom a credential belongs to is there already.
func (x *exchange) me(segs []string) (actions, error) {
	me := x.caller.Me
	switch {
	case len(segs) > 1:
		return nil, scim.NewError(scim.KindUnknownEndpoint, "path", strings.Join(segs, "/"), x.endpoints())
	case me == nil:
		return nil, scim.NewError(scim.KindNoMe, "path", pathMe, "")
	case x.r.Method == http.MethodPost:
		return nil, notImplemented("POST "+pathMe, "POST to "+me.Type.Endpoint)
	}
	x.typ, x.key = me.Type, me.ID
	return item, nil
}
