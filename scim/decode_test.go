package scim

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// user wraps members into a User body.
func user(members string) string {
	if members != "" {
		members = "," + members
	}
	return `{"schemas":["` + URNUser + `"],"userName":"bob"` + members + `}`
}

func group(members string) string {
	return `{"schemas":["` + URNGroup + `"],"displayName":"staff",` + members + `}`
}

func TestDecode_Stores(t *testing.T) {
	t.Parallel()
	enterprise := func(s string) string { return `"` + URNEnterpriseUser + `":{` + s + `}` }
	tests := []struct {
		name, profile, members, want string
	}{
		{"T-022 number for a string", "okta", enterprise(`"employeeNumber":701984,"manager":{"value":17}`), enterprise(`"employeeNumber":"701984","manager":{"value":"17"}`)},
		{"T-022 number inside an element", "okta", `"addresses":[{"postalCode":12345}]`, `"addresses":[{"postalCode":"12345"}]`},
		{"T-023 D-04 boolean as text", "entra", `"active":"False"`, `"active":false`},
		{"T-024 primary as text is stored as a boolean", "entra", `"roles":[{"primary":"True","value":"x"}]`, `"roles":[{"primary":true,"value":"x"}]`},
		{"T-025 boolean as lower-case text", "keycloak", `"active":"true"`, `"active":true`},
		{"D-04 never on strings", "entra", `"title":"True"`, `"title":"True"`},
		{"T-027 R-013 names in any case", "entra", `"EMAILS":[{"Primary":true,"VALUE":"b@x"}],` + `"URN:ietf:params:scim:schemas:extension:ENTERPRISE:2.0:User":{"Department":"d","Manager":{"Value":"m"}}`, `"emails":[{"primary":true,"value":"b@x"}],` + enterprise(`"department":"d","manager":{"value":"m"}`)},
		{"T-029 R-022 nulls are absent", "rfc", `"addresses":null,"title":null,"emails":[],"name":{},"phoneNumbers":[null,{"value":null}]`, ``},
		{"T-030 enterprise attributes at the top level", "entra", `"department":"d","manager":"42"`, enterprise(`"department":"d","manager":{"value":"42"}`)},
		{"T-030 nulls at the top level", "entra", `"department":null,"manager":null`, ``},
		{"T-030 the extension's own value counts", "entra", `"department":"top",` + enterprise(`"department":"own"`), enterprise(`"department":"own"`)},
		{"T-031 extension without its URN in schemas", "rfc", enterprise(`"division":"x"`), enterprise(`"division":"x"`)},
		{"an extension that is null", "rfc", `"` + URNEnterpriseUser + `":null`, ``},
		{"T-032 T-033 T-050 the server's attributes are ignored", "rfc", `"id":"z","groups":[{"value":"g"}],"meta":{"created":"x"}`, ``},
		{"T-034 C9 password is discarded", "rfc", `"password":"1mz050nq"`, ``},
		{"T-035 D-13 empty text unassigns", "okta", `"title":"","name":{"middleName":"","givenName":"B"},"profileUrl":""`, `"name":{"givenName":"B"}`},
		{"D-13 empty text is a value in rfc", "rfc", `"title":""`, `"title":""`},
		{"T-036 rows of empty texts are dropped", "onelogin", `"addresses":[{"type":"work","locality":"","country":""}],"phoneNumbers":[{"type":"fax","value":""},{"type":"work","value":"1"}],` + enterprise(`"department":"","manager":{"value":"","displayName":" "}`), `"phoneNumbers":[{"type":"work","value":"1"}]`},
		{"T-036 an element that only has a type stays if nothing was taken from it", "onelogin", `"emails":[{"type":"work"}]`, `"emails":[{"type":"work"}]`},
		{"T-037 one object for a list", "onelogin", `"emails":{"value":"b@x"}`, `"emails":[{"value":"b@x"}]`},
		{"T-089 T-099 manager as a list of one, as text", "entra", enterprise(`"manager":[{"$ref":"http://x/Users/1","value":"1"}]`), enterprise(`"manager":{"$ref":"http://x/Users/1","value":"1"}`)},
		{"an extension as a list of one", "entra", `"` + URNEnterpriseUser + `":[{"division":"x"}]`, enterprise(`"division":"x"`)},
		{"T-099 bare text in a multi-valued attribute", "entra", `"emails":["b@x"]`, `"emails":[{"value":"b@x"}]`},
		{"T-041 formats are not enforced", "rfc", `"locale":"RJWNTUNNOHNZ","profileUrl":"BAPNQLJSRQGD","addresses":[{"country":"Sierra Leone"}]`, `"locale":"RJWNTUNNOHNZ","profileUrl":"BAPNQLJSRQGD","addresses":[{"country":"Sierra Leone"}]`},
		{"T-042 T-043 D-12 two elements of one type", "rfc", `"emails":[{"type":"work","value":"a"},{"type":"work","value":"b","primary":false}]`, `"emails":[{"type":"work","value":"a"},{"type":"work","value":"b","primary":false}]`},
		{"T-045 D-11 values as sent", "entra", `"phoneNumbers":[{"value":"+1 (555) 0100 "}],"emails":[{"value":"Bob@EXAMPLE.com"}]`, `"phoneNumbers":[{"value":"+1 (555) 0100 "}],"emails":[{"value":"Bob@EXAMPLE.com"}]`},
		{"T-047 T-038 nothing is invented", "rfc", `"name":{"givenName":"B"},"emails":[{"value":"b@x"}]`, `"name":{"givenName":"B"},"emails":[{"value":"b@x"}]`},
		{"T-048 emails.display comes back", "okta", `"emails":[{"value":"b@x","display":"Bob"}]`, `"emails":[{"value":"b@x","display":"Bob"}]`},
		{"T-113 T-136 a role as JSON text", "entra", `"roles":[{"value":"{\"id\":\"06b0\",\"value\":\"25\",\"displayName\":\"Role1234\"}"}]`, `"roles":[{"value":"25","display":"Role1234"}]`},
		{"T-113 a text that only looks like JSON", "entra", `"roles":[{"value":"{x"},{"value":"{\"a\":1}"},{"value":"{\"value\":\"v\",\"displayName\":7}"}]`, `"roles":[{"value":"{x"},{"value":"{\"a\":1}"},{"value":"v"}]`},
		{"T-113 only roles", "entra", `"entitlements":[{"value":"{\"value\":\"25\"}"}]`, `"entitlements":[{"value":"{\"value\":\"25\"}"}]`},
		{"T-113 not in rfc", "rfc", `"roles":[{"value":"{\"value\":\"25\"}"}]`, `"roles":[{"value":"{\"value\":\"25\"}"}]`},
		{"T-137 displayName for display in roles", "entra", `"roles":[{"displayName":"Admin","value":"a"}]`, `"roles":[{"display":"Admin","value":"a"}]`},
		{"T-137 display before displayName", "entra", `"roles":[{"display":"A","displayName":"B","value":"a"}]`, `"roles":[{"display":"A","value":"a"}]`},
		{"R-017 certificates in base64 and base64url", "rfc", `"x509Certificates":[{"value":"+/8="},{"value":"-_8"}]`, `"x509Certificates":[{"value":"+/8="},{"value":"-_8"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decoded(t, UserType(), tt.profile, user(tt.members))
			got := string(AppendJSON(nil, r.Attributes))
			want := `{"userName":"bob"}`
			if tt.want != "" {
				want = `{"userName":"bob",` + tt.want + `}`
			}
			if got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestDecode_Refuses(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxValue+1)
	tests := []struct {
		name, profile, body string
		kind                Kind
		where               string
	}{
		{"T-040 R-048 R-034 userName missing", "okta", `{"schemas":["` + URNUser + `"],"userame":"bob"}`, KindMissing, "userName"},
		{"T-040 R-034 userName empty", "rfc", `{"schemas":["` + URNUser + `"],"userName":""}`, KindMissing, "userName"},
		{"R-034 userName of white space", "rfc", `{"schemas":["` + URNUser + `"],"userName":" \u00a0\t"}`, KindMissing, "userName"},
		{"R-034 userName of white space, lenient", "okta", `{"userName":"  "}`, KindMissing, "userName"},
		{"D-13 userName empty, lenient", "okta", `{"userName":""}`, KindMissing, "userName"},
		{"T-044 D-32 R-020 two primaries", "okta", user(`"emails":[{"value":"a","primary":true},{"value":"b","primary":"True"}]`), KindTwoPrimaries, "emails[1]"},
		{"D-07 unknown attribute in rfc", "rfc", user(`"shoeSize":44`), KindUnknownAttribute, ""},
		{"D-07 misspelt attribute in rfc", "rfc", user(`"nickname2":"x"`), KindUnknownAttribute, ""},
		{"D-07 unknown sub-attribute in rfc", "rfc", user(`"name":{"nick":"x"}`), KindUnknownAttribute, "name"},
		{"D-07 unknown attribute in an extension", "okta", user(`"` + URNEnterpriseUser + `":{"departmnet":"x"}`), KindUnknownInExtension, URNEnterpriseUser},
		{"D-07 extension attribute with its URN as name", "okta", user(`"` + URNEnterpriseUser + `:department":"x"`), KindUnknownInExtension, URNEnterpriseUser + ":department"},
		{"D-07 undeclared extension in rfc", "rfc", user(`"urn:x:y":{"a":1}`), KindUnknownAttribute, ""},
		{"R-024 schemas missing in rfc", "rfc", `{"userName":"bob"}`, KindBadSchemas, "schemas"},
		{"R-024 schemas without the base schema", "rfc", `{"schemas":["` + URNEnterpriseUser + `"],"userName":"bob"}`, KindBadSchemas, "schemas"},
		{"R-024 T-051 schemas with another URN", "rfc", `{"schemas":["` + URNUser + `","` + URNGroup + `"],"userName":"bob"}`, KindBadSchemas, "schemas"},
		{"R-024 schemas with a URN twice", "rfc", `{"schemas":["` + URNUser + `","` + strings.ToUpper(URNUser) + `"],"userName":"bob"}`, KindBadSchemas, "schemas"},
		{"schemas of numbers", "okta", `{"schemas":[1],"userName":"bob"}`, KindBadSchemas, "schemas"},
		{"schemas as an object", "okta", `{"schemas":{},"userName":"bob"}`, KindBadSchemas, "schemas"},
		{"boolean as text in rfc", "rfc", user(`"active":"true"`), KindWrongType, "active"},
		{"boolean as other text", "entra", user(`"active":"yes"`), KindWrongType, "active"},
		{"empty text is no boolean", "entra", user(`"active":""`), KindWrongType, "active"},
		{"T-022 number for a string in rfc", "rfc", user(`"title":1`), KindWrongType, "title"},
		{"boolean for a string", "okta", user(`"title":true`), KindWrongType, "title"},
		{"object for a string", "okta", user(`"title":{}`), KindWrongType, "title"},
		{"T-037 object for a list in rfc", "rfc", user(`"emails":{"value":"x"}`), KindWrongType, "emails"},
		{"text for a complex value in rfc", "rfc", user(`"emails":["x"]`), KindWrongType, "emails[0]"},
		{"text for a complex attribute without value", "okta", user(`"name":"Bob"`), KindWrongType, "name"},
		{"list of two for a single value", "okta", user(`"title":["a","b"]`), KindWrongType, "title"},
		{"list in a list", "okta", user(`"emails":[["a","b"]]`), KindWrongType, "emails[0]"},
		{"wrong type inside an element", "okta", user(`"emails":[{"value":"a"},{"value":{"x":1}}]`), KindWrongType, "emails[1].value"},
		{"T-091 text for primary", "entra", user(`"phoneNumbers":[{"type":"untyped","primary":"+1 555"}]`), KindWrongType, "phoneNumbers[0].primary"},
		{"NUL in a text", "okta", user(`"title":"a\u0000b"`), KindWrongType, "title"},
		{"R-180 too many values", "okta", user(`"emails":[` + strings.Repeat(`{"value":"a@x.test"},`, maxValues) + `{"value":"b@x.test"}]`), KindTooManyValues, "emails"},
		{"value too long", "okta", user(`"nickName":"` + long + `"`), KindValueTooLong, "nickName"},
		{"R-017 certificate that is no base64", "okta", user(`"x509Certificates":[{"value":"!!"}]`), KindWrongType, "x509Certificates[0].value"},
		{"extension that is no object", "okta", user(`"` + URNEnterpriseUser + `":7`), KindWrongType, URNEnterpriseUser},
		{"enterprise attribute of the wrong type at the top level", "entra", user(`"department":{"x":1}`), KindWrongType, "department"},
		{"externalId of the wrong type", "okta", user(`"externalId":true`), KindWrongType, "externalId"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := UserType().Decode(parsed(t, tt.body), profile(t, tt.profile))
			refused(t, err, tt.kind, tt.where)
		})
	}
}

func TestDecode_SchemasLeniently(t *testing.T) {
	t.Parallel()
	for _, schemas := range []string{`null`, `[]`, `"` + URNUser + `"`, `["urn:ietf:params:scim:schemas:extension:enterprise:2.0User"]`, `["` + URNGroup + `","` + URNGroup + `"]`} {
		r := decoded(t, UserType(), "onelogin", `{"schemas":`+schemas+`,"userName":"bob"}`)
		if got := string(AppendJSON(nil, r.Attributes)); got != `{"userName":"bob"}` {
			t.Errorf("T-030 T-051 schemas %s: %s", schemas, got)
		}
	}
}

func TestDecode_NilBody(t *testing.T) {
	t.Parallel()
	_, err := UserType().Decode(nil, profile(t, "okta"))
	refused(t, err, KindMissing, "userName")
}

func TestDecode_DeclaredTypes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, members, want string // want is empty when the value is refused
		where               string
	}{
		{"R-015 integer", `"level":-7`, `"level":-7`, ""},
		{"R-015 integer with a fraction", `"level":1.0`, "", "level"},
		{"R-015 integer with an exponent", `"level":1e2`, "", "level"},
		{"integer as text", `"level":"7"`, "", "level"},
		{"decimal keeps its digits", `"score":1.500`, `"score":1.500`, ""},
		{"R-016 dateTime", `"hired":"2008-01-23T04:56:22Z"`, `"hired":"2008-01-23T04:56:22Z"`, ""},
		{"R-016 dateTime with seven digits and a zone", `"hired":"2015-10-10T14:38:21.8617979-07:00"`, `"hired":"2015-10-10T14:38:21.8617979-07:00"`, ""},
		{"R-016 dateTime without a zone", `"hired":"2008-01-23T04:56:22"`, `"hired":"2008-01-23T04:56:22"`, ""},
		{"R-016 a date is no dateTime", `"hired":"2008-01-23"`, "", "hired"},
		{"number for a dateTime", `"hired":2008`, "", "hired"},
		{"number for a binary", `"badge":2008`, "", "badge"},
		{"number for a reference", `"site":2008`, `"site":"2008"`, ""},
		{"multi-valued texts", `"tags":["a","","b",null,7]`, `"tags":["a","b","7"]`, ""},
		{"one text for a list of texts", `"codes":"a"`, `"codes":["a"]`, ""},
		{"wrong element of a list of texts", `"tags":["a",true]`, "", "tags[1]"},
		{"R-043 read-only is ignored", `"quota":5`, ``, ""},
		{"required sub-attribute", `"box":{"serial":"1"}`, "", "box.label"},
		{"multi-valued sub-attribute", `"box":{"label":"l","sizes":[1,2]}`, `"box":{"label":"l","sizes":[1,2]}`, ""},
		{"wrong element of a multi-valued sub-attribute", `"box":{"label":"l","sizes":[1,"x"]}`, "", "box.sizes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := parsed(t, user(`"`+urnCatalogue+`":{`+tt.members+`}`))
			r, err := catalogue().Decode(body, profile(t, "okta"))
			if tt.want == "" && tt.where != "" {
				e, ok := err.(*Error)
				if !ok || e.Where != urnCatalogue+":"+tt.where {
					t.Fatalf("got %v, want a refusal at %s", err, tt.where)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			v, _ := r.Attributes.Get(urnCatalogue)
			ext, _ := v.(*Object)
			want := parsed(t, "{"+tt.want+"}")
			if got := string(AppendJSON(nil, Clone(Value(ext)))); ext.Len() > 0 && got != string(AppendJSON(nil, want)) || ext.Len() != want.Len() {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDecode_RequiredExtension(t *testing.T) {
	t.Parallel()
	rt := *UserType()
	rt.Extensions = []Extension{{Schema: enterpriseUser, Required: true}}
	_, err := rt.Decode(parsed(t, user("")), profile(t, "okta"))
	refused(t, err, KindMissing, URNEnterpriseUser)
	if _, err := rt.Decode(parsed(t, user(`"department":"d"`)), profile(t, "okta")); err != nil {
		t.Error(err)
	}
	strict := &Schema{ID: "urn:x", Attributes: []*Attribute{{Name: "badge", Required: true}}}
	rt.Extensions = []Extension{{Schema: strict, Required: true}}
	_, err = rt.Decode(parsed(t, user("")), profile(t, "okta"))
	refused(t, err, KindMissing, "urn:x:badge")
}

func TestDecode_ExternalID(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, id string
		has            bool
	}{
		{"absent", user(``), "", false},
		{"given, any case of the name", user(`"EXTERNALID":"A1"`), "A1", true},
		{"T-022 a number", user(`"externalId":701984`), "701984", true},
		{"D-10 null clears", user(`"externalId":null`), "", true},
		{"D-10 empty text clears", user(`"externalId":""`), "", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decoded(t, UserType(), "okta", tt.body)
			if r.ExternalID != tt.id || r.HasExternalID != tt.has {
				t.Errorf("got %q %v, want %q %v", r.ExternalID, r.HasExternalID, tt.id, tt.has)
			}
			if _, ok := r.Attributes.Get("externalId"); ok {
				t.Error("externalId is among the attributes")
			}
		})
	}
}

func TestDecode_C9_PasswordLeavesNoTrace(t *testing.T) {
	t.Parallel()
	const secret = "x8Fh2kQz"
	r := decoded(t, everyIndexed(UserType()), "okta", user(`"PassWord":"`+secret+`"`))
	if !r.Password {
		t.Error("Password is not reported")
	}
	for _, k := range r.Keys() {
		if strings.Contains(k.Value, strings.ToLower(secret)) || k.Attr == "password" {
			t.Errorf("key %v", k)
		}
	}
	if s := string(r.Body()) + strings.Join(r.Warnings, ""); strings.Contains(s, secret) {
		t.Errorf("the password is in %s", s)
	}
}

func TestDecode_Warnings(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, want string }{
		{"D-07 T-039 misspelt", user(`"prefferedLanguage":"en"`), `unknown attribute "prefferedLanguage" ignored; the nearest declared one is "preferredLanguage"`},
		{"D-07 nothing near", user(`"companyName":"x"`), `unknown attribute "companyName" ignored`},
		{"D-07 T-039 sub-attribute", user(`"addresses":[{"city":"x","locality":"y"}]`), `unknown attribute "addresses.city" ignored`},
		{"an undeclared extension", user(`"urn:x:y":{"a":1}`), `unknown attribute "urn:x:y" ignored`},
		{"the base schema's URN as a name", user(`"` + URNUser + `":{"title":"t"}`), `unknown attribute "` + URNUser + `" ignored`},
		{"a long name", user(`"` + strings.Repeat("n", 300) + `":1`), `unknown attribute "` + strings.Repeat("n", 120) + `…" ignored`},
		{"T-030 twice", user(`"department":"a","` + URNEnterpriseUser + `":{"department":"b"}`), `attribute "department" at the top level ignored; the one under ` + URNEnterpriseUser + ` counts`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decoded(t, UserType(), "okta", tt.body)
			if d := cmp.Diff([]string{tt.want}, r.Warnings); d != "" {
				t.Error(d)
			}
		})
	}
	once := decoded(t, UserType(), "okta", user(`"addresses":[`+strings.Repeat(`{"city":1,"region":"r"},`, 50)+`{"city":1}]`))
	if len(once.Warnings) != 1 {
		t.Errorf("D-07 %d warnings about one name", len(once.Warnings))
	}
	for where, wrap := range map[string]string{"body": "%", "element": `"emails":[{%}]`} {
		var names []string
		for i := range 50 {
			names = append(names, `"unknown`+strconv.Itoa(i)+`":1`)
		}
		many := decoded(t, UserType(), "okta", user(strings.ReplaceAll(wrap, "%", strings.Join(names, ","))))
		if len(many.Warnings) != maxWarnings {
			t.Errorf("%s: %d warnings, want them bounded", where, len(many.Warnings))
		}
	}
}

func TestDecode_Members(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, profile, members string
		has                    bool
		want                   []MemberRef
	}{
		{"D-09 absent", "okta", `"externalId":"g"`, false, nil},
		{"D-09 empty", "okta", `"members":[]`, true, nil},
		{"D-09 null", "okta", `"members":null`, true, nil},
		{"T-087 bare text", "entra", `"members":"string id 1"`, true, []MemberRef{{Value: "string id 1"}}},
		{"T-088 $ref null", "entra", `"members":[{"$ref":null,"value":"a"}]`, true, []MemberRef{{Value: "a"}}},
		{"T-092 type and relative $ref", "keycloak", `"members":[{"value":"a","$ref":"Users/a","type":"group"}]`, true, []MemberRef{{Value: "a", Type: "Group"}}},
		{"T-124 displayName for display", "entra", `"members":[{"displayName":"new User","value":"a"}]`, true, []MemberRef{{Value: "a", Display: "new User"}}},
		{"T-093 the same member twice", "okta", `"members":[{"value":"a","display":"1"},{"value":"b"},{"value":"a"}]`, true, []MemberRef{{Value: "a", Display: "1"}, {Value: "b"}}},
		{"caseExact ids", "okta", `"members":[{"value":"a"},{"value":"A"}]`, true, []MemberRef{{Value: "a"}, {Value: "A"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decoded(t, GroupType(), tt.profile, group(tt.members))
			if d := cmp.Diff(tt.want, r.Members); d != "" || r.HasMembers != tt.has {
				t.Errorf("HasMembers %v, want %v; %s", r.HasMembers, tt.has, d)
			}
			if _, ok := r.Attributes.Get("members"); ok {
				t.Error("members are among the attributes")
			}
		})
	}
}

func TestDecode_MembersRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, members string
		kind          Kind
		where         string
	}{
		{"R-040 no value", `"members":[{"value":"a"},{"display":"x"}]`, KindMissing, "members[1].value"},
		{"T-123 only unknown sub-attributes", `"members":[{"foo":"x"}]`, KindMissing, "members[0].value"},
		{"T-123 nothing at all", `"members":[{}]`, KindMissing, "members[0].value"},
		{"T-123 an empty id", `"members":[{"value":""}]`, KindMissing, "members[0].value"},
		{"another type", `"members":[{"value":"a","type":"Robot"}]`, KindNotCanonical, "members.type"},
		{"a boolean", `"members":[true]`, KindWrongType, "members[0]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := GroupType().Decode(parsed(t, group(tt.members)), profile(t, "okta"))
			refused(t, err, tt.kind, tt.where)
		})
	}
	_, err := GroupType().Decode(parsed(t, `{"displayName":""}`), profile(t, "entra"))
	refused(t, err, KindMissing, "displayName")
}

func TestDecode_LeavesTheBodyAlone(t *testing.T) {
	t.Parallel()
	for name, src := range bodies(t) {
		body := parsed(t, src)
		before := string(AppendJSON(nil, body))
		if _, err := bodyType(name).Decode(body, profile(t, "entra")); err != nil {
			t.Fatal(name, err)
		}
		if after := string(AppendJSON(nil, body)); after != before {
			t.Errorf("%s was changed to %s", name, after)
		}
	}
}

// userBodies draws bodies that are near to what clients send: declared names in odd cases, right and wrong values.
func userBodies() *rapid.Generator[*Object] {
	value := jsonValues()
	return rapid.Custom(func(t *rapid.T) *Object {
		o := &Object{Members: []Member{{"userName", rapid.StringN(1, 8, -1).Draw(t, "userName")}}}
		for _, a := range UserType().Schema.Attributes[1:] {
			if !rapid.Bool().Draw(t, a.Name) {
				continue
			}
			o.Set(a.Name, drawValue(t, a, value))
		}
		if rapid.Bool().Draw(t, "extension") {
			ext := &Object{}
			for _, a := range enterpriseUser.Attributes {
				ext.Set(a.Name, drawValue(t, a, value))
			}
			o.Set(URNEnterpriseUser, ext)
		}
		return o
	})
}

func drawValue(t *rapid.T, a *Attribute, wild *rapid.Generator[Value]) Value {
	if rapid.IntRange(0, 40).Draw(t, "wild") == 0 {
		return wild.Draw(t, "value")
	}
	one := func() Value {
		switch a.Type {
		case TypeComplex:
			o := &Object{}
			for _, sub := range a.SubAttributes {
				if sub.Name != "primary" && rapid.Bool().Draw(t, "has") {
					o.Set(sub.Name, drawValue(t, sub, wild))
				}
			}
			return o
		case TypeBoolean:
			return rapid.SampledFrom([]Value{true, false, "True", "false", nil}).Draw(t, "boolean")
		case TypeBinary:
			return rapid.StringMatching(`([A-Za-z0-9]{4}){0,3}`).Draw(t, "binary")
		}
		return rapid.SampledFrom([]Value{"", "a", "Ünï", "x y", Number("7"), nil}).Draw(t, "text")
	}
	if !a.MultiValued {
		return one()
	}
	list := Array{}
	for range rapid.IntRange(0, 3).Draw(t, "elements") {
		list = append(list, one())
	}
	return list
}

func TestDecode_IsIdempotent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		p := profiles[rapid.IntRange(1, len(profiles)-1).Draw(rt, "profile")]
		first, err := UserType().Decode(userBodies().Draw(rt, "body"), p)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				rt.Fatalf("%T is not an *Error", err)
			}
			return
		}
		again, err := ParseJSON(first.Body(), Limits{})
		if err != nil {
			rt.Fatal(err)
		}
		for _, q := range []Profile{p, {Quirks: QuirkIgnoreUnknown}} { // what is stored needs no quirk but the lenient schemas
			second, err := UserType().Decode(again, q)
			if err != nil {
				rt.Fatalf("stored %s is refused: %v", first.Body(), err)
			}
			if !first.Equal(second) || len(second.Warnings) > 0 {
				rt.Fatalf("decoded again: %s, first %s; %v", second.Body(), first.Body(), second.Warnings)
			}
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, src := range bodies(f) {
		f.Add([]byte(src), uint8(2))
	}
	for i := range profiles {
		f.Add([]byte(user(`"emails":"x","manager":[{"value":1}],"roles":{"value":"{\"value\":\"v\"}"}`)), uint8(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, n uint8) {
		body, err := ParseJSON(data, Limits{})
		if err != nil {
			return
		}
		p := profiles[int(n)%len(profiles)]
		for _, rt := range []*ResourceType{UserType(), GroupType()} {
			r, err := rt.Decode(body, p)
			if err != nil {
				if _, ok := err.(*Error); !ok {
					t.Fatalf("%T is not an *Error", err)
				}
				continue
			}
			loaded, err := rt.Load(&Record{Type: rt, ExternalID: r.ExternalID, Body: r.Body()})
			if err != nil {
				t.Fatalf("%s does not load: %v", r.Body(), err)
			}
			if !loaded.Equal(r) {
				t.Fatalf("loaded %s, stored %s", loaded.Body(), r.Body())
			}
			r.Keys()
		}
	})
}

// R-021, D-12: equal pairs of type and value become one, which keeps what either of them says; elements that share only
// their type stay apart.
func TestDecode_R021_UnitesTwins(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, emails, want string }{
		{"twins", `[{"type":"work","value":"a@x"},{"type":"work","value":"a@x"}]`, `[{"type":"work","value":"a@x"}]`},
		{"by folded text, the first spelling stays", `[{"type":"work","value":"A@x"},{"type":"WORK","value":"a@X"}]`, `[{"type":"work","value":"A@x"}]`},
		{
			"what either says", `[{"type":"work","value":"a"},{"type":"work","value":"a","display":"A","primary":true}]`,
			`[{"type":"work","value":"a","display":"A","primary":true}]`,
		},
		{"without a type", `[{"value":"a"},{"value":"b"},{"value":"a"}]`, `[{"value":"a"},{"value":"b"}]`},
		{"D-12 equal types", `[{"type":"work","value":"a"},{"type":"work","value":"b"}]`, `[{"type":"work","value":"a"},{"type":"work","value":"b"}]`},
		{"equal values", `[{"type":"work","value":"a"},{"type":"home","value":"a"},{"value":"a"}]`, `[{"type":"work","value":"a"},{"type":"home","value":"a"},{"value":"a"}]`},
		{"no values", `[{"type":"work"},{"type":"work"}]`, `[{"type":"work"},{"type":"work"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := decoded(t, UserType(), "rfc", `{"schemas":["`+URNUser+`"],"userName":"u","emails":`+tt.emails+`}`)
			emails, _ := r.Attributes.Get("emails")
			if got := string(AppendJSON(nil, emails)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	r := decoded(t, UserType(), "entra", `{"userName":"u","emails":[{"type":"work","value":"a"},{"type":"work","value":"b"}]}`)
	after, _, err := patched(r, patchBody(`{"op":"replace","path":"emails[type eq \"work\"].value","value":"c"}`), profile(t, "entra"))
	if err != nil {
		t.Fatal(err)
	}
	if emails, _ := after.Attributes.Get("emails"); len(emails.(Array)) != 1 {
		t.Errorf("a PATCH made twins of %s", AppendJSON(nil, emails))
	}
}

// A body, or a PATCH without path, that names an attribute of an extension by its path is told where it belongs; that
// the extension did not have it would not be true (D-07).
func TestDecode_D07_FlattenedExtensionSaysWhere(t *testing.T) {
	t.Parallel()
	const name, want = URNEnterpriseUser + ":manager.value", `"manager" in an object under ` + URNEnterpriseUser
	_, inBody := userType.Decode(parsed(t, `{"schemas":["`+URNUser+`"],"userName":"ada","`+name+`":"x"}`), profile(t, "rfc"))
	_, inPatch := ParsePatch(parsed(t, `{"schemas":["`+URNPatchOp+`"],"Operations":[{"op":"replace","value":{"`+name+`":"x"}}]}`), userType, profile(t, "rfc"))
	for _, err := range []error{inBody, inPatch} {
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindUnknownInExtension || e.Where != name || e.Allowed != want {
			t.Errorf("%v", err)
		}
	}
}

// What identifies a resource is short enough for the cursor of a list that is sorted by it.
func TestDecode_IdentifiersAreShorter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rt   *ResourceType
		body string // %s is the value
	}{
		{UserType(), `{"schemas":["` + URNUser + `"],"userName":"%s"}`},
		{UserType(), `{"schemas":["` + URNUser + `"],"userName":"u","externalId":"%s"}`},
		{GroupType(), `{"schemas":["` + URNGroup + `"],"displayName":"%s"}`},
	} {
		for value, want := range map[string]Kind{
			strings.Repeat("x", maxIdentifier): "", strings.Repeat("x", maxIdentifier+1): KindValueTooLong,
			strings.Repeat("ﷺ", 62): "", strings.Repeat("ﷺ", 63): KindValueTooLong, // folded: 33 bytes each
		} {
			doc, err := ParseJSON(fmt.Appendf(nil, tt.body, value), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			_, err = tt.rt.Decode(doc, profile(t, "rfc"))
			var got Kind
			if e, ok := err.(*Error); ok {
				got = e.Kind
			}
			if got != want {
				t.Errorf("%s of %d bytes: %q, want %q", tt.body, len(value), got, want)
			}
		}
	}
}
