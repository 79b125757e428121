package scim

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	acmeURN   = "urn:ietf:params:scim:schemas:extension:acme:2.0:User"
	deviceURN = "urn:example:params:scim:schemas:Device"
)

// everyType declares one attribute of every type, single and multi-valued, and of every characteristic.
const everyType = `{
	"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
	"id": "` + acmeURN + `", "name": "Acme", "description": "Every type and characteristic",
	"attributes": [
		{"name": "role", "type": "string", "indexed": true, "canonicalValues": ["admin", "viewer"]},
		{"name": "code", "type": "string", "caseExact": true, "indexed": true},
		{"name": "remote", "type": "boolean", "indexed": true},
		{"name": "rate", "type": "decimal", "indexed": true},
		{"name": "level", "type": "integer", "indexed": true},
		{"name": "hired", "type": "dateTime", "indexed": true},
		{"name": "seal", "type": "binary"},
		{"name": "site", "type": "reference", "referenceTypes": ["external"]},
		{"name": "desk", "type": "complex", "subAttributes": [
			{"name": "value", "type": "string", "indexed": true},
			{"name": "floor", "type": "integer"},
			{"name": "lock", "type": "string", "returned": "never"},
			{"name": "since", "type": "dateTime", "mutability": "immutable"}
		]},
		{"name": "tags", "type": "string", "multiValued": true, "indexed": true},
		{"name": "flags", "type": "boolean", "multiValued": true},
		{"name": "rates", "type": "decimal", "multiValued": true},
		{"name": "levels", "type": "integer", "multiValued": true, "indexed": true},
		{"name": "days", "type": "dateTime", "multiValued": true},
		{"name": "seals", "type": "binary", "multiValued": true},
		{"name": "sites", "type": "reference", "multiValued": true, "referenceTypes": ["uri"]},
		{"name": "phones", "type": "complex", "multiValued": true, "subAttributes": [
			{"name": "value", "type": "string", "required": true, "indexed": true},
			{"name": "type", "type": "string"},
			{"name": "primary", "type": "boolean"},
			{"name": "extension", "type": "integer"},
			{"name": "$ref", "type": "reference", "referenceTypes": ["uri"]}
		]},
		{"name": "badge", "type": "string", "uniqueness": "server"},
		{"name": "serial", "type": "integer", "uniqueness": "global"},
		{"name": "born", "type": "string", "mutability": "immutable"},
		{"name": "score", "type": "integer", "mutability": "readOnly"},
		{"name": "pin", "type": "string", "mutability": "writeOnly"},
		{"name": "vault", "type": "string", "returned": "never"},
		{"name": "notes", "type": "string", "returned": "request"},
		{"name": "grade", "type": "string", "returned": "always"}
	]
}`

const deviceSchema = `{"id": "` + deviceURN + `", "name": "Device", "resourceType": "Device", "attributes": [
	{"name": "displayName", "type": "string", "required": true, "indexed": true},
	{"name": "serialNumber", "type": "string", "caseExact": true, "uniqueness": "server"},
	{"name": "active", "type": "boolean"}
]}`

const deviceType = `{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "name": "Device", "endpoint": "/Devices",
	"schema": "` + deviceURN + `"}`

func parseDeclaration(t testing.TB, text string) *Declaration {
	t.Helper()
	o, err := ParseJSON([]byte(text), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	d, err := ParseDeclaration(o)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// declaredTypes compiles the types of a workspace with these declarations.
func declaredTypes(t testing.TB, texts ...string) []*ResourceType {
	t.Helper()
	var all []*Declaration
	for _, text := range texts {
		all = append(all, parseDeclaration(t, text))
	}
	if err := CheckDeclarations(all); err != nil {
		t.Fatal(err)
	}
	return ResourceTypes(all)
}

func TestDeclaration_ReadsWhatItWrites(t *testing.T) {
	t.Parallel()
	for _, text := range []string{everyType, deviceSchema, deviceType} {
		d := parseDeclaration(t, text)
		written := string(AppendJSON(nil, d.Object()))
		if diff := cmp.Diff(d, parseDeclaration(t, written)); diff != "" {
			t.Errorf("(-read +written and read again)\n%s", diff)
		}
	}
}

// The defaults are those of RFC 7643 §2.2, but for what follows from the type or the mutability.
func TestDeclaration_R172_Defaults(t *testing.T) {
	t.Parallel()
	s := parseDeclaration(t, everyType).Schema
	if a := s.Attribute("role"); a.CaseExact || a.Mutability != ReadWrite || a.Returned != ReturnedDefault || a.Uniqueness != UniqueNone {
		t.Errorf("role is %+v", a)
	}
	for _, name := range []string{"seal", "site"} {
		if !s.Attribute(name).CaseExact {
			t.Errorf("%s is not case-exact", name)
		}
	}
	if s.Attribute("pin").Returned != ReturnedNever {
		t.Error("what is writeOnly is returned")
	}
}

// attribute wraps one attribute in a schema.
func inSchema(attributes string) string {
	return `{"id": "urn:x:acme:User", "name": "A", "attributes": [` + attributes + `]}`
}

func TestDeclaration_Refuses(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat(`{"name":"a","type":"string"},`, 201), ",")
	for _, row := range []struct{ name, text, want string }{
		{"no attributes", `{"id":"urn:x:acme:User","name":"A"}`, "attributes: a schema has at least one attribute"},
		{"no name", `{"id":"urn:x:acme:User","attributes":[{"name":"a"}]}`, "name: a schema has a name"},
		{"an unknown member", `{"id":"urn:x:acme:User","name":"A","atributes":[]}`, `atributes: is not known here`},
		{"an unknown characteristic", inSchema(`{"name":"a","caseexact2":true}`), `attributes[0].caseexact2: is not known here`},
		{"no URN", `{"id":"acme","name":"A","attributes":[{"name":"a"}]}`, `id: "acme" is no URN`},
		{"a URN that breaks out of JSON", `{"id":"urn:x:\":{\"a","name":"A","attributes":[{"name":"a"}]}`, "is no URN"},
		{"a URN that ends in a colon", `{"id":"urn:x:a:","name":"A","attributes":[{"name":"a"}]}`, "is no URN"},
		{"a message URN", `{"id":"urn:ietf:params:scim:api:messages:2.0:X","name":"A","attributes":[{"name":"a"}]}`, "is reserved"},
		{"a core URN of nobody", `{"id":"urn:ietf:params:scim:schemas:core:2.0:Device","name":"A","attributes":[{"name":"a"}]}`, "is reserved"},
		{"R-013 a name that is none", inSchema(`{"name":"a.b"}`), `attributes[0].name: "a.b" is no attribute name`},
		{"R-013 a name that begins with a digit", inSchema(`{"name":"1a"}`), "is no attribute name"},
		{"$ref at the top", inSchema(`{"name":"$ref","type":"reference","referenceTypes":["uri"]}`), "is no attribute name"},
		{"one name twice", inSchema(`{"name":"a"},{"name":"A"}`), `attributes[1].name: "A" stands there twice`},
		{"a reserved name", inSchema(`{"name":"Password"}`), `attributes[0].name: "Password" is a name that every service`},
		{"a name of the core schema", `{"id":"` + URNUser + `","attributes":[{"name":"USERNAME"}]}`, `has an attribute "userName" already`},
		{"a core schema of another type", `{"id":"` + URNGroup + `","resourceType":"User","attributes":[{"name":"a"}]}`, "belongs to Group"},
		{"an unknown type", inSchema(`{"name":"a","type":"strng"}`), `"strng" is not one of string, boolean`},
		{"R-019 complex in complex", inSchema(`{"name":"a","type":"complex","subAttributes":[{"name":"b","type":"complex","subAttributes":[{"name":"c"}]}]}`), "cannot be complex again"},
		{"complex without sub-attributes", inSchema(`{"name":"a","type":"complex"}`), "has at least one"},
		{"sub-attributes of a string", inSchema(`{"name":"a","subAttributes":[{"name":"b"}]}`), "only a complex attribute has them"},
		{"caseExact of a number", inSchema(`{"name":"a","type":"integer","caseExact":true}`), "means nothing for a integer"},
		{"a reference that ignores case", inSchema(`{"name":"a","type":"reference","caseExact":false,"referenceTypes":["uri"]}`), "always case-exact"},
		{"a reference to nothing", inSchema(`{"name":"a","type":"reference"}`), "referenceTypes: a reference says"},
		{"referenceTypes of a string", inSchema(`{"name":"a","referenceTypes":["User"]}`), "only a reference has them"},
		{"canonical numbers", inSchema(`{"name":"a","type":"integer","canonicalValues":["1"]}`), "are for attributes of type string"},
		{"required and readOnly", inSchema(`{"name":"a","required":true,"mutability":"readOnly"}`), "cannot be required"},
		{"readOnly and never", inSchema(`{"name":"a","returned":"never","mutability":"readOnly"}`), "seen by nobody"},
		{"writeOnly and returned", inSchema(`{"name":"a","returned":"default","mutability":"writeOnly"}`), "returned never"},
		{"R-078 an index of a secret", inSchema(`{"name":"a","returned":"never","indexed":true}`), "is not looked up"},
		{"R-078 an index in a secret", inSchema(`{"name":"a","type":"complex","returned":"never","subAttributes":[{"name":"b","indexed":true}]}`), "is not looked up"},
		{"an index of a complex attribute", inSchema(`{"name":"a","type":"complex","indexed":true,"subAttributes":[{"name":"b"}]}`), "mark the sub-attributes"},
		{"a unique list", inSchema(`{"name":"a","multiValued":true,"uniqueness":"server"}`), "single values only"},
		{"a unique element", inSchema(`{"name":"a","type":"complex","multiValued":true,"subAttributes":[{"name":"b","uniqueness":"server"}]}`), "single values only"},
		{"a unique boolean", inSchema(`{"name":"a","type":"boolean","uniqueness":"server"}`), "is possible for the types"},
		{"a unique secret", inSchema(`{"name":"a","returned":"never","uniqueness":"server"}`), "cannot be unique"},
		{"a primary that is a text", inSchema(`{"name":"a","type":"complex","multiValued":true,"subAttributes":[{"name":"primary"}]}`), "single boolean"},
		{"an attribute that is none", inSchema(`"a"`), "a is no attribute"},
		{"a boolean that is a text", inSchema(`{"name":"a","required":"true"}`), "neither true nor false"},
		{"too many attributes", inSchema(many), "at most 200 are possible"},
		{"a long description", inSchema(`{"name":"a","description":"` + strings.Repeat("x", 1001) + `"}`), "at most 1000"},
		{"a type without an endpoint", `{"schemas":["` + URNResourceType + `"],"name":"Device","schema":"urn:x:y"}`, "is no endpoint"},
		{"a type with a built-in name", `{"name":"user","endpoint":"/Devices","schema":"urn:x:y"}`, "has a resource type User already"},
		{"a type with a built-in endpoint", `{"name":"Device","endpoint":"/users","schema":"urn:x:y"}`, "has an endpoint /Users already"},
		{"an endpoint of two segments", `{"name":"Device","endpoint":"/a/b","schema":"urn:x:y"}`, "is no endpoint"},
		{"a type with a slash", `{"name":"De/vice","endpoint":"/Devices","schema":"urn:x:y"}`, "no name of a resource type"},
		{"a type over a core schema", `{"name":"Device","endpoint":"/Devices","schema":"` + URNUser + `"}`, "belongs to a resource type of the service"},
		{"an extension twice", `{"name":"Device","endpoint":"/Devices","schema":"urn:x:y","schemaExtensions":[{"schema":"urn:x:y"}]}`, "stands there twice"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			o, err := ParseJSON([]byte(row.text), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			d, err := ParseDeclaration(o)
			var e *DeclarationError
			if !errors.As(err, &e) || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, %v, want %q", d, err, row.want)
			}
		})
	}
}

func TestDeclarations_RefuseEachOther(t *testing.T) {
	t.Parallel()
	simple := func(id, more string) string {
		return `{"id":"` + id + `","name":"A"` + more + `,"attributes":[{"name":"a"}]}`
	}
	for _, row := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"one URN twice", []string{simple("urn:x:a", ""), simple("URN:X:A", "")}, "declared already"},
		{"URNs that continue each other", []string{simple("urn:x:a", ""), simple("urn:x:a:b", "")}, "begin with one another"},
		{"a URN that continues a core one", []string{simple(URNEnterpriseUser+":more", "")}, "begin with one another"},
		{"a type without its schema", []string{deviceType}, "is not declared"},
		{"a type over an extension", []string{strings.Replace(deviceSchema, `"resourceType": "Device",`, "", 1), deviceType}, `"resourceType": "Device"`},
		{"two types at one endpoint", []string{
			deviceSchema, deviceType, simple("urn:x:a", `,"resourceType":"Thing"`),
			`{"name":"Thing","endpoint":"/devices","schema":"urn:x:a"}`,
		}, "is the endpoint of Device"},
		{"an unknown extension", []string{deviceSchema, strings.Replace(deviceType, `"/Devices"`, `"/Devices","schemaExtensions":[{"schema":"urn:x:y"}]`, 1)}, "is not declared"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var all []*Declaration
			for _, text := range row.texts {
				all = append(all, parseDeclaration(t, text))
			}
			if err := CheckDeclarations(all); err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("%v, want %q", err, row.want)
			}
		})
	}
}

func TestResourceTypes_ShareWhatIsBuiltIn(t *testing.T) {
	t.Parallel()
	types := ResourceTypes(nil)
	if len(types) != 2 || types[0] != UserType() || types[1] != GroupType() {
		t.Error("without declarations the types are not the built-in ones")
	}
	types = declaredTypes(t, everyType, deviceSchema, deviceType, `{"id":"`+URNUser+`","attributes":[{"name":"role","indexed":true}]}`,
		`{"id":"`+URNEnterpriseUser+`","attributes":[{"name":"badge"}]}`)
	user := types[0]
	if types[1] != GroupType() || UserType().Stamp != 0 || user.Stamp == 0 {
		t.Error("a type is changed that nothing is declared for, or one is not that something is")
	}
	if len(types) != 3 || types[2].Endpoint != "/Devices" || types[2].Stamp == 0 {
		t.Fatalf("the declared type is missing: %v", types)
	}
	for _, name := range []string{"role", acmeURN + ":level", URNEnterpriseUser + ":badge", "userName", URNEnterpriseUser + ":department"} {
		if _, a, _, ok := user.lookup(name); !ok || a == nil {
			t.Errorf("%s is not found", name)
		}
	}
	if UserType().Schema.Attribute("role") != nil {
		t.Error("the built-in schema was changed")
	}
}

// A key of another generation is no key: its name differs.
func TestResource_KeysNameTheirGeneration(t *testing.T) {
	t.Parallel()
	user := declaredTypes(t, everyType)[0]
	_, err := user.Decode(parsed(t, `{"schemas":["`+URNUser+`"],"userName":"ada","displayName":"Ada","`+acmeURN+`":{"role":"ÄB","levels":[1,2.0e0],"phones":[{"value":"7"}],"badge":"X-1","vault":"s"}}`), profile(t, "generic"))
	if err == nil {
		t.Fatal("R-015 an integer with a fraction was taken")
	}
	r, err := user.Decode(parsed(t, `{"schemas":["`+URNUser+`"],"userName":"ada","displayName":"Ada","`+acmeURN+`":{"role":"ÄB","levels":[1,2],"phones":[{"value":"7"}],"badge":"X-1","vault":"s"}}`), profile(t, "generic"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Key{
		{"displayname", "ada", 0},
		{"acme:2.0:user:role#1", "äb", 0},
		{"acme:2.0:user:levels#1", "250000000011", 0},
		{"acme:2.0:user:levels#1", "250000000012", 1},
		{"acme:2.0:user:phones.value#1", "7", 0},
	}
	if diff := cmp.Diff(want, r.Keys()); diff != "" {
		t.Errorf("keys (-want +got)\n%s", diff)
	}
	unique := []UniqueValue{{Key: Key{"acme:2.0:user:badge#1", "x-1", 0}, Path: acmeURN + ":badge", Text: "X-1"}}
	if diff := cmp.Diff(unique, r.UniqueValues()); diff != "" {
		t.Errorf("unique values (-want +got)\n%s", diff)
	}
	for _, k := range r.Keys() {
		if want := int64(strings.Count(k.Attr, "#")); KeyGeneration(k.Attr) != want {
			t.Errorf("the generation of %s is %d", k.Attr, KeyGeneration(k.Attr))
		}
	}
}

func FuzzDeclaration(f *testing.F) {
	for _, text := range []string{everyType, deviceSchema, deviceType, inSchema(`{"name":"a","type":"complex"}`), inSchema("7"), `{"schemas":[1]}`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := ParseJSON([]byte(text), Limits{})
		if err != nil {
			return
		}
		d, err := ParseDeclaration(o)
		if err != nil {
			var e *DeclarationError
			if !errors.As(err, &e) {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again := parseDeclaration(t, string(AppendJSON(nil, d.Object())))
		if diff := cmp.Diff(d, again); diff != "" {
			t.Fatalf("(-read +written and read again)\n%s", diff)
		}
		if CheckDeclarations([]*Declaration{d}) == nil {
			ResourceTypes([]*Declaration{d})
		}
	})
}
