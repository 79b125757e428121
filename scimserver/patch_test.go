package scimserver_test

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// ops is a PATCH body with these operations.
func ops(operations ...string) string {
	return `{"schemas":["` + scim.URNPatchOp + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

func TestPatch(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "D-06 T-098 R-117 a user is answered 200 with the resource", method: "PATCH", path: "/Users/{alice}",
			body: ops(`{"op":"replace","value":{"active":false}}`), status: 200, want: `{"id":"{alice}","active":false}`,
			headers: map[string]string{"ETag": `W/"2"`, "Location": base + "/Users/{alice}"},
			then:    "/Users/{alice}", thenHas: `{"active":false,"userName":"alice@example.com"}`,
		},
		{
			name: "D-06 T-098 R-117 a group is answered 204 with ETag and Location", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"add","path":"members","value":[{"value":"{alice}"}]}`), status: 204,
			headers: map[string]string{"ETag": `W/"2"`, "Location": base + "/Groups/{sales}", "Content-Type": ""},
			then:    "/Groups/{sales}", thenHas: `{"members":[{"value":"{bob}"},{"value":"{alice}"}]}`,
		},
		{
			name: "R-095 T-098 D-06 attributes on a group's PATCH", method: "PATCH", path: "/Groups/{sales}?attributes=displayName",
			body: ops(`{"op":"replace","path":"displayName","value":"New"}`), status: 200, want: `{"displayName":"New"}`, absent: []string{"members"},
		},
		{
			name: "D-06 excludedAttributes on a group's PATCH", method: "PATCH", path: "/Groups/{sales}?excludedAttributes=members",
			body: ops(`{"op":"replace","path":"displayName","value":"New"}`), status: 200, absent: []string{"members"},
		},
		{
			name: "T-072 T-023 Entra's Replace of active as a string", profile: "entra", method: "PATCH", path: "/Users/{alice}",
			body: ops(`{"op":"Replace","path":"active","value":"False"}`), status: 200, want: `{"active":false}`,
		},
		{
			name: "T-077 D-03 Remove with a value removes only those", profile: "entra", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"{alice}"}]}`, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"{bob}"}]}`),
			then: "/Groups/{sales}", status: 204, thenHas: `{"members":[{"value":"{alice}"}]}`,
		},
		{
			name: "T-077 remove with a null value removes all", profile: "keycloak", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"remove","path":"members","value":null}`), status: 204, then: "/Groups/{sales}", thenHas: `{"members":[]}`,
		},
		{
			name: "T-078 D-08 Okta's rename carries the id", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"replace","value":{"id":"{sales}","displayName":"Sales EU"}}`), status: 204,
			then: "/Groups/{sales}", thenHas: `{"displayName":"Sales EU","members":[{"value":"{bob}"}]}`,
		},
		{
			name: "D-08 another id in a PATCH", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"replace","value":{"id":"{empty}","displayName":"Sales EU"}}`), status: 400, want: `{"scimType":"mutability"}`,
		},
		{
			name: "O-1.7 remove by value path, then add", method: "PATCH", path: "/Groups/{sales}",
			body:   ops(`{"op":"remove","path":"members[value eq \"{bob}\"]"}`, `{"op":"add","path":"members","value":[{"value":"{alice}","display":"a"}]}`),
			status: 204, then: "/Groups/{sales}", thenHas: `{"members":[{"value":"{alice}","display":"a"}]}`,
		},
		{
			name: "a selector that needs the list", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"remove","path":"members[type eq \"User\"]"}`), status: 204, then: "/Groups/{sales}", thenHas: `{"members":[]}`,
		},
		{
			name: "T-118 Push Now replaces the members", method: "PATCH", path: "/Groups/{sales}",
			body:   ops(`{"op":"replace","path":"members","value":[{"value":"{carol}"},{"value":"{alice}"}]}`),
			status: 204, then: "/Groups/{sales}", thenHas: `{"members":[{"value":"{carol}"},{"value":"{alice}"}]}`,
		},
		{
			name: "SCIM-SDK-757 Push Now on an empty group", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"replace","path":"members","value":[]}`), status: 204, then: "/Groups/{sales}", thenHas: `{"members":[]}`,
		},
		{
			name: "T-093 R-124 R-125 adding a member again changes nothing", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"add","path":"members","value":[{"value":"{bob}"}]}`), status: 204, headers: map[string]string{"ETag": `W/"1"`},
		},
		{
			name: "T-094 T-121 R-133 removing who is not there succeeds", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"remove","path":"members[value eq \"nobody\"]"}`), status: 204, headers: map[string]string{"ETag": `W/"1"`},
		},
		{
			name: "T-121 a member by externalId is removed by it too", profile: "keycloak", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"remove","path":"members","value":[{"value":"ext-bob"}]}`), status: 204, then: "/Groups/{sales}", thenHas: `{"members":[]}`,
		},
		{
			name: "D-26 T-095 adding an unknown member", method: "PATCH", path: "/Groups/{sales}",
			body: ops(`{"op":"add","path":"members","value":[{"value":"nobody"}]}`), status: 400, want: `{"scimType":"invalidValue"}`,
		},
		{
			name: "R-113 T-097 one bad operation stores nothing", method: "PATCH", path: "/Users/{alice}",
			body:   ops(`{"op":"replace","path":"title","value":"CEO"}`, `{"op":"replace","path":"bogus","value":1}`),
			status: 400, want: `{"scimType":"invalidPath"}`,
		},
		{
			name: "R-113 one bad member stores nothing", method: "PATCH", path: "/Groups/{sales}",
			body:   ops(`{"op":"replace","path":"displayName","value":"X"}`, `{"op":"add","path":"members","value":[{"value":"nobody"}]}`),
			status: 400,
		},
		{name: "R-119 a taken userName", method: "PATCH", path: "/Users/{alice}", body: ops(`{"op":"replace","path":"userName","value":"BOB@example.com"}`), status: 409, want: `{"scimType":"uniqueness"}`},
		{name: "R-114 a readOnly target", method: "PATCH", path: "/Users/{alice}", body: ops(`{"op":"replace","path":"meta.created","value":"2001-01-01T00:00:00Z"}`), status: 400, want: `{"scimType":"mutability"}`},
		{name: "R-132 a required attribute removed", method: "PATCH", path: "/Users/{alice}", body: ops(`{"op":"remove","path":"userName"}`), status: 400, want: `{"scimType":"mutability"}`},
		{name: "R-128 remove without a path", method: "PATCH", path: "/Users/{alice}", body: ops(`{"op":"remove"}`), status: 400, want: `{"scimType":"noTarget"}`},
		{name: "R-110 T-123 an unknown verb", method: "PATCH", path: "/Users/{alice}", body: ops(`{"op":"upsert","path":"title","value":"x"}`), status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "R-118 T-091 a wrong type", method: "PATCH", path: "/Users/{alice}", body: ops(`{"op":"replace","path":"phoneNumbers[type eq \"untyped\"].primary","value":"+1 555"}`), status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "R-111 T-130 a malformed path", method: "PATCH", path: "/Groups/{sales}", body: ops(`{"op":"remove","path":"members[display eq kim,value eq 81ff]"}`), status: 400},
		{name: "T-084 D-24 R-109 no operations", method: "PATCH", path: "/Users/{alice}", body: ops(), status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "T-084 D-24 no operations from Entra", profile: "entra", method: "PATCH", path: "/Users/{alice}", body: ops(), status: 200, want: `{"userName":"alice@example.com"}`},
		{name: "T-085 a PATCH without schemas", method: "PATCH", path: "/Users/{alice}", body: `{"Operations":[{"op":"replace","value":{"active":false}}]}`, status: 200, want: `{"active":false}`},
		{name: "T-085 R-109 a PATCH without schemas in the strict preset", profile: "rfc", method: "PATCH", path: "/Users/{alice}", body: `{"Operations":[{"op":"replace","value":{"active":false}}]}`, status: 400},
		{name: "unknown user", method: "PATCH", path: "/Users/nobody", body: ops(`{"op":"replace","value":{"active":false}}`), status: 404},
		{name: "T-121 unknown group", method: "PATCH", path: "/Groups/nobody", body: ops(`{"op":"remove","path":"members"}`), status: 404},
		{name: "T-074 D-02 an element that is not there is made", profile: "entra", method: "PATCH", path: "/Users/{bob}", body: ops(`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"b@example.com"}`), status: 200, want: `{"emails":[{"type":"work","value":"b@example.com"}]}`},
		{name: "T-074 D-02 R-140 in the strict preset", profile: "rfc", method: "PATCH", path: "/Users/{bob}", body: ops(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"b@example.com"}`), status: 400, want: `{"scimType":"noTarget"}`},
	})
}

func TestPatch_GroupPatchBody(t *testing.T) {
	t.Parallel()
	p := profile(t, "okta") // D-06: switchable
	p.GroupPatchBody = true
	f := bare(t, p, nil)
	f.add(t, "sales", "/Groups", `{"schemas":["`+scim.URNGroup+`"],"displayName":"Sales"}`)
	a := f.do("PATCH", "/Groups/{sales}", ops(`{"op":"replace","value":{"displayName":"New"}}`), nil)
	if a.Code != 200 {
		t.Fatalf("status %d: %s", a.Code, a.Body)
	}
	contains(t, a.Body.Bytes(), `{"displayName":"New","members":[]}`)
}

func TestProfile_OmitRefs(t *testing.T) {
	t.Parallel()
	p := profile(t, "okta") // D-15 T-092: switchable
	p.OmitRefs = true
	f := bare(t, p, nil)
	f.add(t, "bob", "/Users", `{`+userSchemas+`,"userName":"bob"}`)
	f.add(t, "sales", "/Groups", f.expand(`{"schemas":["`+scim.URNGroup+`"],"displayName":"Sales","members":[{"value":"{bob}"}]}`))
	for _, path := range []string{"/Users/{bob}", "/Groups/{sales}"} {
		if a := f.do("GET", path, "", nil); strings.Contains(a.Body.String(), "$ref") {
			t.Errorf("%s: %s", path, a.Body)
		}
	}
}

func TestPatch_TooManyOperations(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", func(o *scimserver.Options) { o.MaxOperations = 2 })
	op := `{"op":"replace","path":"title","value":"x"}`
	if a := f.do("PATCH", "/Users/{bob}", ops(op, op), nil); a.Code != 200 {
		t.Errorf("two operations: %d %s", a.Code, a.Body)
	}
	a := f.do("PATCH", "/Users/{bob}", ops(op, op, op), nil)
	checkError(t, a)
	if a.Code < 400 || a.Code >= 500 || !strings.Contains(a.Body.String(), "at most 2") {
		t.Errorf("three operations: %d %s", a.Code, a.Body)
	}
}
