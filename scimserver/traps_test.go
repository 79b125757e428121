package scimserver_test

import (
	"testing"

	"github.com/usher-scim/usher/scim"
)

const (
	enterprise = scim.URNEnterpriseUser
	anyGroup   = `"schemas":["` + scim.URNGroup + `"]`
)

// TestTraps_Bodies: what Okta and Entra put into bodies, from the request to the answer.
func TestTraps_Bodies(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "T-022 numbers for strings", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","externalId":701984,"` + enterprise + `":{"employeeNumber":42,"costCenter":1e2}}`,
			want: `{"externalId":"701984","` + enterprise + `":{"employeeNumber":"42"}}`,
		},
		{
			name: "T-024 primary as a string becomes a boolean", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","roles":[{"primary":"True","value":"Admin"}]}`,
			want: `{"roles":[{"primary":true,"value":"Admin"}]}`,
		},
		{
			name: "T-030 a malformed URN, and attributes of the extension at the top", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{"schemas":["` + scim.URNUser + `","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],"externalId":"jyoung",
				"userName":"jyoung@testuser.com","active":true,"addresses":null,"displayName":"Joy Young","phoneNumbers":null,
				"meta":{"resourceType":"User"},"name":{"familyName":"Young","givenName":"Joy"},"department":"R&D","manager":null}`,
			want:   `{"schemas":["` + scim.URNUser + `","` + enterprise + `"],"` + enterprise + `":{"department":"R&D"}}`,
			absent: []string{"department", "manager", "addresses", enterprise + "/manager"},
		},
		{
			name: "D-13 T-035 T-036 empty strings and rows of them are no values", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","title":"","name":{"givenName":"Dan","middleName":""},
				"addresses":[{"type":"work","streetAddress":"","postalCode":""}],"phoneNumbers":[{"type":"work","value":""}]}`,
			want: `{"name":{"givenName":"Dan"}}`, absent: []string{"title", "name/middleName", "addresses", "phoneNumbers"},
		},
		{
			name: "T-041 values that no standard knows", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","locale":"RJWNTUNNOHNZ","profileUrl":"BAPNQLJSRQGD","timezone":"America/Guayaquil",
				"addresses":[{"type":"work","country":"Sierra Leone"}]}`,
			want: `{"locale":"RJWNTUNNOHNZ","profileUrl":"BAPNQLJSRQGD","addresses":[{"country":"Sierra Leone"}]}`,
		},
		{
			name: "T-042 D-12 two e-mails of one type", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","emails":[{"type":"work","value":"a@x","primary":true},{"type":"work","value":"b@x","primary":false}]}`,
			want: `{"emails":[{"value":"a@x"},{"value":"b@x"}]}`,
		},
		{
			name: "T-038 T-047 T-048 display of an e-mail comes back, nothing is computed", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","emails":[{"value":"d@x","display":"Dan"}],"name":{"givenName":"Dan","familyName":"D"}}`,
			want: `{"emails":[{"value":"d@x","display":"Dan"}]}`, absent: []string{"displayName", "name/formatted", "emails/0/type", "emails/0/primary"},
		},
		{
			name: "T-099 manager as a string", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","` + enterprise + `":{"manager":"123456"}}`,
			want: `{"` + enterprise + `":{"manager":{"value":"123456"}}}`,
		},
		{
			name: "T-137 displayName of a role", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{` + userSchemas + `,"userName":"dan","roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Admin","value":"Admin"}]}`,
			want: `{"roles":[{"value":"Admin","display":"Admin","primary":false}]}`,
		},
		{
			name: "T-128 the answer to a POST has all that was sent", profile: "entra", method: "POST", path: "/Users", status: 201,
			body: `{"schemas":["` + scim.URNUser + `","` + enterprise + `"],"userName":"dan","nickName":"D","userType":"x","ims":[{"value":"d","type":"skype"}],
				"` + enterprise + `":{"division":"EU","manager":{"value":"XYMK"}}}`,
			want: `{"userName":"dan","nickName":"D","userType":"x","ims":[{"value":"d","type":"skype"}],"` + enterprise + `":{"division":"EU","manager":{"value":"XYMK"}}}`,
		},
		{
			name: "T-117 a group as a member", method: "POST", path: "/Groups", status: 201,
			body: `{` + anyGroup + `,"displayName":"All","members":[{"value":"{sales}"}]}`,
			want: `{"members":[{"value":"{sales}","type":"Group","$ref":"` + base + `/Groups/{sales}"}]}`,
		},
		{
			name: "T-110 a PUT that changes userName", method: "PUT", path: "/Users/{bob}", status: 200,
			body: `{` + userSchemas + `,"userName":"robert@example.com"}`, want: `{"id":"{bob}","userName":"robert@example.com","groups":[{"value":"{sales}"}]}`,
			then: "/Users?filter=userName+eq+%22bob@example.com%22", thenHas: `{"totalResults":0}`,
		},
		{name: "T-054 a filter without a space before the quote", path: find(`userName eq"bob@example.com"`), status: 200, want: `{"totalResults":1}`},
		{name: "T-067 T-134 a plain list is never too many", path: "/Groups", status: 200, want: `{"totalResults":2,"itemsPerPage":2}`},
		{
			name: "T-056 R-077 dates with seven digits and the year 1", profile: "entra", status: 200, want: `{"totalResults":2}`,
			path: find(`(ActiVe eq true) and (meta.lastModified ge "0001-01-03T00:00:00.0000000Z" and meta.lastModified le "2999-01-01T00:00:00.1234567Z")`),
		},
		{name: "T-026 a boolean as a string in a filter", profile: "entra", path: find(`active eq "False"`), status: 200, want: `{"totalResults":1,"Resources":[{"id":"{carol}"}]}`},
	})
}

// TestTraps_Patch: what Okta and Entra put into PATCH, from the request to the answer.
func TestTraps_Patch(t *testing.T) {
	t.Parallel()
	rows := []scenario{
		{
			name: "T-026 roles[primary eq \"True\"] is made with a boolean", body: ops(`{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"Admin"}`),
			want: `{"roles":[{"primary":true,"value":"Admin"}]}`,
		},
		{
			name: "T-028 capitals in paths",
			body: ops(`{"op":"Add","path":"addresses[type eq \"other\"].Formatted","value":"x"}`, `{"op":"Add","path":"emails[type eq \"other\"].Value","value":"o@x"}`),
			want: `{"addresses":[{"type":"other","formatted":"x"}],"emails":[{"value":"alice@example.com"},{"type":"other","value":"o@x"}]}`,
		},
		{
			name: "T-043 D-12 a replace hits every match",
			body: ops(`{"op":"Add","path":"emails","value":[{"type":"work","value":"b@x"}]}`, `{"op":"Replace","path":"emails[type eq \"work\"].display","value":"W"}`),
			want: `{"emails":[{"value":"alice@example.com","display":"W"},{"value":"b@x","display":"W"}]}`,
		},
		{name: "T-046 externalId changes", body: ops(`{"op":"Replace","path":"externalId","value":"Eqpj"}`), want: `{"externalId":"Eqpj"}`},
		{
			name: "T-073 keys that are paths",
			body: ops(`{"op":"replace","value":{"displayName":"Bjfe","name.givenName":"Kkom","name.familyName":"Unua","` + enterprise + `:employeeNumber":"Aklq"}}`),
			want: `{"displayName":"Bjfe","name":{"givenName":"Kkom","familyName":"Unua"},"` + enterprise + `":{"employeeNumber":"Aklq"}}`,
		},
		{
			name: "T-075 add makes the element", body: ops(`{"op":"add","path":"phoneNumbers[type eq \"mobile\"].value","value":"10-040"}`),
			want: `{"phoneNumbers":[{"type":"mobile","value":"10-040"}]}`,
		},
		{
			name: "T-076 every equality is set", body: ops(`{"op":"add","path":"phoneNumbers[type eq \"fax\" and primary eq \"True\"].value","value":"1"}`),
			want: `{"phoneNumbers":[{"type":"fax","primary":true,"value":"1"}]}`,
		},
		{
			name: "T-079 T-080 what is not mentioned stays",
			body: ops(`{"op":"replace","value":{` + userSchemas + `,"id":"{alice}","displayName":"A","meta":{"resourceType":"User"}}}`),
			want: `{"displayName":"A","userName":"alice@example.com","emails":[{"value":"alice@example.com"}]}`,
		},
		{name: "T-081 a replace of name keeps its siblings", body: ops(`{"op":"Replace","path":"name","value":{"familyName":"Z"}}`), want: `{"name":{"givenName":"Alice","familyName":"Z"}}`},
		{name: "T-082 a nested null clears only that", body: ops(`{"op":"replace","value":{"name":{"familyName":null}}}`), want: `{"name":{"givenName":"Alice"}}`, absent: []string{"name/familyName"}},
		{name: "T-086 extra members", body: `{"schemas":["` + scim.URNPatchOp + `"],"id":"x","Operations":[{"name":"n","op":"Replace","path":"title","value":"t"}]}`, want: `{"title":"t"}`},
		{
			name: "T-089 manager as a list of one, without its URN", body: ops(`{"op":"Add","path":"manager","value":[{"$ref":"http://x/scim/Users/m1","value":"m1"}]}`),
			want: `{"schemas":["` + scim.URNUser + `","` + enterprise + `"],"` + enterprise + `":{"manager":{"value":"m1"}}}`,
		},
		{name: "T-089 manager as a string", body: ops(`{"op":"add","path":"` + enterprise + `:manager","value":"m1"}`), want: `{"` + enterprise + `":{"manager":{"value":"m1"}}}`},
		{name: "T-090 a dot after the URN", body: ops(`{"op":"replace","path":"` + enterprise + `.manager","value":"m1"}`), want: `{"` + enterprise + `":{"manager":{"value":"m1"}}}`},
		{
			name: "T-113 T-136 JSON texts in roles, twice, are one role",
			body: ops(`{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"06b07648\",\"value\":\"25\",\"displayName\":\"Role1234\"}"}]}`,
				`{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"06b07648\",\"value\":\"25\",\"displayName\":\"Role1234\"}"}]}`),
			want: `{"roles":[{"value":"25","display":"Role1234"}]}`,
		},
		{name: "T-140 an extension's attribute in any case", body: ops(`{"op":"Replace","path":"` + enterprise + `:DEPARTMENT","value":"x"}`), want: `{"` + enterprise + `":{"department":"x"}}`},
		{
			name: "T-142 an empty value path drops the element", body: ops(`{"op":"replace","path":"emails[type eq \"work\"].value","value":""}`, `{"op":"replace","path":"title","value":null}`),
			absent: []string{"emails/0/value", "title"},
		},
		{name: "T-025 active in small letters", body: ops(`{"op":"replace","path":"active","value":"false"}`), want: `{"active":false}`},
		{name: "P2 several operations on one attribute", body: ops(`{"op":"remove","path":"externalId"}`, `{"op":"add","path":"externalId","value":"a"}`, `{"op":"replace","path":"externalId","value":"b"}`), want: `{"externalId":"b"}`},
	}
	for _, value := range []string{`null`, `""`, `{"value":""}`} {
		rows = append(rows, scenario{
			name:   "T-083 R-116 R-141 manager replaced by " + value,
			body:   ops(`{"op":"add","path":"`+enterprise+`:manager","value":{"value":"m1"}}`, `{"op":"replace","path":"`+enterprise+`:manager","value":`+value+`}`),
			want:   `{"schemas":["` + scim.URNUser + `"]}`,
			absent: []string{enterprise},
		})
	}
	for i := range rows {
		rows[i].profile, rows[i].method, rows[i].path, rows[i].status = "entra", "PATCH", "/Users/{alice}", 200
	}
	play(t, rows)
}

// TestTraps_Members: what Okta and Entra do to the members of a group.
func TestTraps_Members(t *testing.T) {
	t.Parallel()
	both := `{"members":[{"value":"{bob}"},{"value":"{alice}"}]}`
	rows := []scenario{
		{name: "T-087 a bare string", body: ops(`{"name":"addMember","op":"add","path":"members","value":"{alice}"}`), thenHas: both},
		{name: "T-088 a null $ref", body: ops(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"{alice}"}]}`), thenHas: both},
		{name: "T-122 members without a path", body: ops(`{"op":"add","value":{"members":[{"display":"a","value":"{alice}"}]}}`), thenHas: both},
		{
			name:    "T-079 a whole group without members leaves them",
			body:    ops(`{"op":"replace","value":{` + anyGroup + `,"id":"{sales}","displayName":"Sales EU","externalId":"g1"}}`),
			thenHas: `{"displayName":"Sales EU","externalId":"g1","members":[{"value":"{bob}"}]}`,
		},
		{name: "T-077 remove without a value", body: ops(`{"op":"remove","path":"members"}`), thenHas: `{"members":[]}`},
		{
			name: "P5 add and remove of one member", body: ops(`{"op":"add","path":"members","value":[{"value":"{alice}"}]}`, `{"op":"remove","path":"members[value eq \"{alice}\"]"}`),
			thenHas: `{"members":[{"value":"{bob}"}]}`,
		},
	}
	for i := range rows {
		rows[i].profile, rows[i].method, rows[i].path, rows[i].status, rows[i].then = "entra", "PATCH", "/Groups/{sales}", 204, "/Groups/{sales}"
	}
	play(t, rows)
}

// TestTraps_ReadYourWrite: T-129, a GET right after the answer shows what was answered.
func TestTraps_ReadYourWrite(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), nil)
	posted := f.do("POST", "/Users", `{`+userSchemas+`,"userName":"dan","active":true}`, nil)
	var id string
	if v, ok := lookup(decode(t, posted.Body.Bytes()), "id"); ok {
		id = v.(string)
	}
	got := f.do("GET", "/Users/"+id, "", nil)
	if got.Body.String() != posted.Body.String() || got.Header().Get("ETag") != posted.Header().Get("ETag") {
		t.Errorf("T-129 POST answered %s, GET %s", posted.Body, got.Body)
	}
	listed := f.do("GET", "/Users?filter=userName+eq+%22DAN%22", "", nil)
	contains(t, listed.Body.Bytes(), `{"totalResults":1,"Resources":[`+posted.Body.String()+`]}`)
}

// TestTraps_LastWriterWins: T-107, a PUT without If-Match overwrites; with the ETag of its GET it is refused.
func TestTraps_LastWriterWins(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	etag := f.do("GET", "/Users/{bob}", "", nil).Header().Get("ETag")
	f.do("PATCH", "/Users/{bob}", ops(`{"op":"replace","path":"title","value":"x"}`), nil)
	put := `{` + userSchemas + `,"userName":"bob@example.com","title":"y"}`
	if a := f.do("PUT", "/Users/{bob}", put, map[string]string{"If-Match": etag}); a.Code != 412 {
		t.Errorf("T-107 with a stale ETag: %d", a.Code)
	}
	if a := f.do("PUT", "/Users/{bob}", put, nil); a.Code != 200 {
		t.Errorf("T-107 T-069 without If-Match: %d", a.Code)
	}
}

// TestTraps_VanishedMember: T-131, an addition does not fail because of another member who is gone.
func TestTraps_VanishedMember(t *testing.T) {
	t.Parallel()
	f := setup(t, "entra", nil) // T-131
	f.do("DELETE", "/Users/{bob}", "", nil)
	add := ops(`{"op":"Add","path":"members","value":[{"value":"{alice}"}]}`)
	scenario{method: "PATCH", path: "/Groups/{sales}", body: add, status: 204, then: "/Groups/{sales}", thenHas: `{"members":[{"value":"{alice}"}]}`}.play(t, f)
}
