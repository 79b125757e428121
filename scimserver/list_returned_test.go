package scimserver_test

import (
	"net/http"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// badge is an extension with attributes that are returned on request only.
var badge = &scim.Schema{ID: "urn:example:badge", Attributes: []*scim.Attribute{
	{Name: "colour", Returned: scim.ReturnedRequest},
	{Name: "shape"},
	{Name: "box", Type: scim.TypeComplex, SubAttributes: []*scim.Attribute{{Name: "label"}, {Name: "code", Returned: scim.ReturnedRequest}}},
	{Name: "locks", Type: scim.TypeComplex, MultiValued: true, SubAttributes: []*scim.Attribute{{Name: "door"}, {Name: "pin", Returned: scim.ReturnedRequest}}},
}}

// what is returned on request only comes back from the write that sent it, and from a query that names it.
func TestReturned_R094_OnRequest(t *testing.T) {
	t.Parallel()
	typ := *scim.UserType()
	typ.Extensions = append(typ.Extensions[:1:1], scim.Extension{Schema: badge})
	f := bare(t, profile(t, "okta"), func(o *scimserver.Options) {
		ask := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := ask(r)
			c.Types = []*scim.ResourceType{&typ}
			return c, err
		}
	})
	const whole = `{"colour":"red","shape":"round","box":{"label":"A","code":"1"},"locks":[{"door":"N","pin":"2"}]}`
	body := func(ext string) string {
		return `{` + userSchemas + `,"userName":"dan","urn:example:badge":` + ext + `}`
	}
	f.add(t, "dan", "/Users", body(whole))
	const ext = "urn:example:badge"
	hidden := []string{ext + "/colour", ext + "/box/code", ext + "/locks/0/pin"}
	for _, s := range []scenario{
		{name: "a query", path: "/Users/{dan}", status: 200, want: `{"` + ext + `":{"shape":"round","box":{"label":"A"}}}`, absent: hidden},
		{name: "a query that names one", path: "/Users/{dan}?attributes=" + ext + ":colour", status: 200, want: `{"` + ext + `":{"colour":"red"}}`, absent: []string{ext + "/shape"}},
		{name: "a list", path: "/Users", status: 200, absent: []string{"Resources/0/" + ext + "/colour"}},
		{name: "a list that names one", path: "/Users?attributes=" + ext + ":box.code", status: 200, want: `{"Resources":[{"` + ext + `":{"box":{"code":"1"}}}]}`},
		{name: "PUT with all", method: "PUT", path: "/Users/{dan}", body: body(whole), status: 200, want: `{"` + ext + `":` + whole + `}`},
		{name: "PUT without what is on request", method: "PUT", path: "/Users/{dan}", body: body(`{"shape":"round","box":{"label":"A"}}`), status: 200, absent: hidden},
		{name: "PUT with all, but for one", method: "PUT", path: "/Users/{dan}?excludedAttributes=" + ext + ":colour", body: body(whole), status: 200, want: `{"` + ext + `":{"box":{"code":"1"}}}`, absent: hidden[:1]},
		{name: "PUT with other attributes wanted", method: "PUT", path: "/Users/{dan}?attributes=userName", body: body(whole), status: 200, absent: []string{ext}},
		{name: "PATCH of one", method: "PATCH", path: "/Users/{dan}", body: ops(`{"op":"replace","path":"` + ext + `:colour","value":"blue"}`), status: 200, want: `{"` + ext + `":{"colour":"blue"}}`, absent: hidden[1:]},
		{name: "PATCH of a part", method: "PATCH", path: "/Users/{dan}", body: ops(`{"op":"replace","path":"` + ext + `:box.code","value":"3"}`), status: 200, want: `{"` + ext + `":{"box":{"label":"A","code":"3"}}}`, absent: hidden[:1]},
		{name: "PATCH of an object", method: "PATCH", path: "/Users/{dan}", body: ops(`{"op":"add","value":{"` + ext + `":{"locks":[{"door":"S","pin":"4"}]}}}`), status: 200, want: `{"` + ext + `":{"locks":[{"door":"N","pin":"2"},{"door":"S","pin":"4"}]}}`, absent: hidden[:2]},
		{name: "PATCH of something else", method: "PATCH", path: "/Users/{dan}", body: ops(`{"op":"replace","path":"title","value":"x"}`), status: 200, absent: hidden},
		{name: "PATCH that removes all", method: "PATCH", path: "/Users/{dan}", body: ops(`{"op":"remove","path":"` + ext + `"}`), status: 200, absent: []string{ext}},
		{name: "POST", method: "POST", path: "/Users", body: `{` + userSchemas + `,"userName":"eve","` + ext + `":{"colour":"red","box":{"label":"B"}}}`, status: 201, want: `{"` + ext + `":{"colour":"red","box":{"label":"B"}}}`},
	} {
		t.Run("R-094 "+s.name, func(t *testing.T) { s.play(t, f) })
	}
}
