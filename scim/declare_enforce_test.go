package scim

import (
	"errors"
	"strings"
	"testing"
)

// enforced is a row of the test below.
type enforced struct {
	name, stored string
	put          string // the extension's object in a PUT
	patch        string // or operations
	want         string // the extension's object afterwards
	kind         Kind   // or the refusal
	secret       string // which must not be in its detail
}

func (row enforced) run(t *testing.T, user *ResourceType) (*Resource, error) {
	t.Helper()
	body := func(extension string) string {
		if extension == "" {
			return `{"schemas":["` + URNUser + `"],"userName":"ada"}`
		}
		return `{"schemas":["` + URNUser + `","` + acmeURN + `"],"userName":"ada","` + acmeURN + `":` + extension + `}`
	}
	attrs := parsed(t, body(row.stored))
	attrs.Delete("schemas")
	stored, err := user.Load(&Record{Type: user, Stamp: user.Stamp, Body: AppendJSON(nil, attrs)})
	if err != nil {
		t.Fatal(err)
	}
	p := profile(t, "generic")
	if row.patch != "" {
		patch, err := ParsePatch(parsed(t, `{"schemas":["`+URNPatchOp+`"],"Operations":`+row.patch+`}`), user, p)
		if err != nil {
			return nil, err
		}
		return patch.Apply(stored)
	}
	r, err := user.Decode(parsed(t, body(row.put)), p)
	if err != nil {
		return nil, err
	}
	return r.Replace(stored)
}

// The characteristics of declared attributes hold wherever a client can write: in a body, in a PUT over what is
// stored, in a PATCH by path and without one. Each row is the extension's object that is stored, what is sent, and
// what becomes of it.
func TestDeclared_R042_CharacteristicsHold(t *testing.T) {
	t.Parallel()
	user := declaredTypes(t, everyType)[0]
	const path = acmeURN + ":"
	for _, row := range []enforced{
		{name: "R-102 immutable is set once", patch: `[{"op":"add","path":"` + path + `born","value":"x"}]`, want: `{"born":"x"}`},
		{name: "R-102 immutable, same value", stored: `{"born":"x"}`, put: `{"born":"x"}`, want: `{"born":"x"}`},
		{name: "R-102 immutable, left out of a PUT", stored: `{"born":"x"}`, put: `{"role":"a"}`, want: `{"role":"a","born":"x"}`},
		{name: "R-102 immutable, another value by PUT", stored: `{"born":"x"}`, put: `{"born":"y"}`, kind: KindImmutable},
		{name: "R-114 immutable, another value by PATCH", stored: `{"born":"x"}`, patch: `[{"op":"replace","path":"` + path + `born","value":"y"}]`, kind: KindImmutable},
		{name: "R-114 immutable goes not with the extension", stored: `{"born":"x"}`, patch: `[{"op":"remove","path":"` + acmeURN + `"}]`, kind: KindImmutable},
		{name: "R-102 immutable sub-attribute", stored: `{"desk":{"value":"d","since":"2026-01-01T00:00:00Z"}}`, patch: `[{"op":"replace","path":"` + path + `desk.since","value":"2027-01-01T00:00:00Z"}]`, kind: KindImmutable},
		{name: "R-103 readOnly in a PUT", stored: `{"score":1}`, put: `{"score":2,"role":"a"}`, want: `{"role":"a","score":1}`},
		{name: "R-114 readOnly by path", patch: `[{"op":"add","path":"` + path + `score","value":2}]`, kind: KindReadOnly},
		{name: "R-106 writeOnly, left out of a PUT", stored: `{"pin":"1234"}`, put: `{"role":"a"}`, want: `{"role":"a","pin":"1234"}`},
		{name: "R-106 writeOnly, replaced", stored: `{"pin":"1234"}`, put: `{"pin":"5678"}`, want: `{"pin":"5678"}`},
		{name: "R-118 a secret of the wrong type is not repeated", patch: `[{"op":"add","path":"` + path + `desk.lock","value":{"hunter2":true}}]`, kind: KindWrongType, secret: "hunter2"},
		{name: "R-118 string", put: `{"role":{}}`, kind: KindWrongType},
		{name: "R-118 boolean", put: `{"remote":"perhaps"}`, kind: KindWrongType},
		{name: "R-118 decimal", put: `{"rate":"x"}`, kind: KindWrongType},
		{name: "R-015 integer with a fraction", put: `{"level":1.5}`, kind: KindWrongType},
		{name: "R-015 integer with an exponent", put: `{"level":1e3}`, kind: KindWrongType},
		{name: "R-016 dateTime without a time", put: `{"hired":"2026-01-01"}`, kind: KindWrongType},
		{name: "R-017 binary that is none", put: `{"seal":"?"}`, kind: KindWrongType},
		{name: "R-118 list of integers", put: `{"levels":[1,"x"]}`, kind: KindWrongType},
		{name: "R-118 list of booleans", put: `{"flags":[true,7]}`, kind: KindWrongType},
		{name: "R-118 list of dateTimes", put: `{"days":["2026-01-01T00:00:00Z","soon"]}`, kind: KindWrongType},
		{name: "R-118 list of binaries", put: `{"seals":["YQ==","?"]}`, kind: KindWrongType},
		{name: "R-118 list of references", put: `{"sites":[7,{}]}`, kind: KindWrongType},
		{name: "R-118 sub-attribute", put: `{"desk":{"floor":"third"}}`, kind: KindWrongType},
		{name: "R-118 sub-attribute of an element", put: `{"phones":[{"value":"1","extension":"x"}]}`, kind: KindWrongType},
		{name: "R-048 required in an element", put: `{"phones":[{"type":"work"}]}`, kind: KindMissing},
		{name: "R-020 two primaries", put: `{"phones":[{"value":"1","primary":true},{"value":"2","primary":true}]}`, kind: KindTwoPrimaries},
		{name: "R-115 a new primary", stored: `{"phones":[{"value":"1","primary":true}]}`, patch: `[{"op":"add","path":"` + path + `phones","value":[{"value":"2","primary":true}]}]`, want: `{"phones":[{"value":"1","primary":false},{"value":"2","primary":true}]}`},
		{name: "T-041 canonical values are suggestions", put: `{"role":"somebody"}`, want: `{"role":"somebody"}`},
		{name: "R-014 caseExact values are kept and differ by case", stored: `{"code":"a"}`, patch: `[{"op":"replace","path":"` + path + `code","value":"A"}]`, want: `{"code":"A"}`},
		{name: "R-124 a list that ignores case", stored: `{"tags":["a"]}`, patch: `[{"op":"add","path":"` + path + `tags","value":["A","b"]}]`, want: `{"tags":["a","b"]}`},
		{name: "R-124 a list of numbers", stored: `{"rates":[1.0]}`, patch: `[{"op":"add","path":"` + path + `rates","value":[1,2]}]`, want: `{"rates":[1.0,2]}`},
		{name: "R-124 a list of booleans", stored: `{"flags":[true]}`, patch: `[{"op":"add","path":"` + path + `flags","value":[true,false]}]`, want: `{"flags":[true,false]}`},
		{name: "R-124 a list of instants", stored: `{"days":["2026-01-01T00:00:00Z"]}`, patch: `[{"op":"add","path":"` + path + `days","value":["2026-01-01T01:00:00+01:00"]}]`, want: `{"days":["2026-01-01T00:00:00Z"]}`},
		{name: "R-124 a list of binaries is exact", stored: `{"seals":["YQ=="]}`, patch: `[{"op":"add","path":"` + path + `seals","value":["yq=="]}]`, want: `{"seals":["YQ==","yq=="]}`},
		{name: "T-077 listed elements go", stored: `{"levels":[1,2,3]}`, patch: `[{"op":"remove","path":"` + path + `levels","value":[2]}]`, want: `{"levels":[1,3]}`},
		{name: "R-129 a list goes", stored: `{"levels":[1,2]}`, patch: `[{"op":"remove","path":"` + path + `levels"}]`, want: ``},
		{name: "R-131 a sub-attribute of the selected element", stored: `{"phones":[{"value":"1","type":"work","extension":7},{"value":"2","type":"home","extension":8}]}`, patch: `[{"op":"remove","path":"` + path + `phones[type eq \"work\"].extension"}]`, want: `{"phones":[{"value":"1","type":"work"},{"value":"2","type":"home","extension":8}]}`},
		{name: "R-135 without a path", patch: `[{"op":"replace","value":{"` + acmeURN + `":{"level":7,"desk":{"floor":3}}}}]`, want: `{"level":7,"desk":{"floor":3}}`},
		{name: "R-138 the other attributes of the extension stay", stored: `{"role":"a"}`, patch: `[{"op":"replace","path":"` + acmeURN + `","value":{"level":7}}]`, want: `{"role":"a","level":7}`},
		{name: "D-07 a mistyped attribute is refused", put: `{"rol":"a"}`, kind: KindUnknownInExtension},
		{name: "R-013 names ignore case", put: `{"ROLE":"a"}`, want: `{"role":"a"}`},
		{name: "D-10 what a PUT leaves out is cleared", stored: `{"role":"a","level":1}`, put: `{"level":2}`, want: `{"level":2}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			got, err := row.run(t, user)
			var e *Error
			switch {
			case row.kind == "" && err != nil:
				t.Fatal(err)
			case row.kind != "" && (!errors.As(err, &e) || e.Kind != row.kind):
				t.Fatalf("%v, want %s", err, row.kind)
			case row.kind != "":
				if row.secret != "" && strings.Contains(e.Detail(), row.secret) {
					t.Errorf("the detail tells a secret: %s", e.Detail())
				}
				return
			}
			v, _ := got.Attributes.Get(acmeURN)
			if text := string(AppendJSON(nil, v)); v == nil && row.want != "" || v != nil && text != row.want {
				t.Errorf("%s\nwant %s", text, row.want)
			}
		})
	}
}

// required binds an extension's attribute where there is the extension, a core schema's everywhere, and a required
// extension every resource.
func TestDeclared_R048_Required(t *testing.T) {
	t.Parallel()
	const ext = `{"id":"` + acmeURN + `","name":"A"%s,"attributes":[{"name":"role","required":true},{"name":"b"}]}`
	optional := strings.Replace(ext, "%s", "", 1)
	required := strings.Replace(ext, "%s", `,"required":true`, 1)
	core := `{"id":"` + URNUser + `","attributes":[{"name":"role","required":true}]}`
	for _, row := range []struct {
		name, declaration, body string
		ok                      bool
	}{
		{"no extension, none required", optional, `{}`, true},
		{"the extension without its required attribute", optional, `{"` + acmeURN + `":{"b":"x"}}`, false},
		{"the extension with it", optional, `{"` + acmeURN + `":{"role":"x"}}`, true},
		{"blank is nothing", optional, `{"` + acmeURN + `":{"role":" "}}`, false},
		{"a required extension is missing", required, `{}`, false},
		{"a required extension", required, `{"` + acmeURN + `":{"role":"x"}}`, true},
		{"M8 a core attribute is missing", core, `{}`, false},
		{"M8 a core attribute", core, `{"role":"x"}`, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			user := declaredTypes(t, row.declaration)[0]
			o := parsed(t, row.body)
			o.Set("userName", "ada")
			if _, err := user.Decode(o, profile(t, "generic")); (err == nil) != row.ok {
				t.Errorf("%v", err)
			}
		})
	}
	user := declaredTypes(t, required)[0]
	for _, path := range []string{acmeURN, acmeURN + ":role"} {
		_, err := ParsePatch(parsed(t, `{"schemas":["`+URNPatchOp+`"],"Operations":[{"op":"remove","path":"`+path+`"}]}`), user, profile(t, "generic"))
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindNotRemovable {
			t.Errorf("R-132 remove %s: %v", path, err)
		}
	}
}

// What is declared to be required after resources were stored does not stand in the way of a PATCH about something else,
// such as a deactivation. What a resource has, or gets, must be complete.
func TestDeclared_R048_RequiredLater(t *testing.T) {
	t.Parallel()
	const attrs = `"attributes":[{"name":"role","required":true},{"name":"b"}]}`
	core := `{"id":"` + URNUser + `",` + attrs
	optional := `{"id":"` + acmeURN + `","name":"A",` + attrs
	required := `{"id":"` + acmeURN + `","name":"A","required":true,` + attrs
	deactivate := `{"op":"replace","path":"active","value":false}`
	setB := `{"op":"replace","path":"` + acmeURN + `:b","value":"x"}`
	for _, row := range []struct {
		name, declaration, stored, patch string
		ok                               bool
	}{
		{"a core attribute was lacking", core, `{}`, deactivate, true},
		{"a core attribute becomes blank", core, `{"role":"x"}`, `{"op":"replace","path":"role","value":" "}`, false},
		{"a required extension was lacking", required, `{}`, deactivate, true},
		{"an attribute of the extension was lacking", required, `{"` + acmeURN + `":{"b":"y"}}`, deactivate, true},
		{"it was lacking, and another one changes", optional, `{"` + acmeURN + `":{"b":"y"}}`, setB, true},
		{"the extension comes without it", optional, `{}`, setB, false},
		{"the required extension comes without it", required, `{}`, setB, false},
		{"userName is required as ever", core, `{}`, `{"op":"replace","path":"userName","value":" "}`, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			user := declaredTypes(t, row.declaration)[0]
			o := parsed(t, row.stored)
			o.Set("userName", "ada")
			stored, err := user.Load(&Record{Type: user, Stamp: user.Stamp, Body: AppendJSON(nil, o)})
			if err != nil {
				t.Fatal(err)
			}
			patch, err := ParsePatch(parsed(t, `{"schemas":["`+URNPatchOp+`"],"Operations":[`+row.patch+`]}`), user, profile(t, "generic"))
			if err == nil {
				_, err = patch.Apply(stored)
			}
			if (err == nil) != row.ok {
				t.Errorf("%v", err)
			}
		})
	}
}

// Filters work on every type, by the characteristics, and never on what is not returned.
func TestDeclared_FiltersOnEveryType(t *testing.T) {
	t.Parallel()
	user := declaredTypes(t, everyType)[0]
	rec := &Record{Type: user, ID: "1", Stamp: user.Stamp, Body: []byte(`{"userName":"ada","` + acmeURN + `":{"role":"Admin","code":"aB",
		"remote":true,"rate":1.50,"level":7,"hired":"2026-01-01T00:00:00Z","seal":"YQ==","site":"https://x/Y",
		"desk":{"value":"D1","floor":3},"tags":["a","B"],"flags":[false],"rates":[0.5,2],"levels":[1,20],
		"days":["2026-02-01T00:00:00Z"],"seals":["YQ=="],"sites":["urn:x"],
		"phones":[{"value":"1","type":"work","extension":7},{"value":"2","type":"home","extension":9}]}}`)}
	for filter, want := range map[string]bool{
		`role eq "admin"`: true, `code eq "ab"`: false, `code eq "aB"`: true, `remote eq true`: true, `rate eq 1.5`: true,
		`rate gt 1.4`: true, `level lt 10`: true, `hired ge "2026-01-01T01:00:00+01:00"`: true, `seal eq "YQ=="`: true,
		`seal eq "yq=="`: false, `site sw "https://x/Y"`: true, `site sw "https://x/y"`: false, `desk eq "d1"`: true,
		`desk.floor ge 3`: true, `tags eq "b"`: true, `tags sw "A"`: true, `flags eq false`: true, `flags eq true`: false,
		`rates gt 1`: true, `levels gt 15`: true, `levels gt 20`: false, `days lt "2026-03-01T00:00:00Z"`: true,
		`seals eq "YQ=="`: true, `sites eq "urn:X"`: false, `phones[type eq "work" and extension eq 7]`: true,
		`phones[type eq "work" and extension eq 9]`: false, `phones.extension gt 8`: true, `phones eq "2"`: true,
		`badge pr`: false, `notes pr`: false,
	} {
		f, err := ParseFilter(acmeURN+":"+filter, user, profile(t, "generic"))
		if err != nil {
			t.Errorf("%s: %v", filter, err)
			continue
		}
		if got, err := f.Match(rec); got != want || err != nil {
			t.Errorf("%s is %t, %v", filter, got, err)
		}
	}
	for _, filter := range []string{`pin pr`, `vault eq "x"`, `desk.lock pr`, `desk[lock eq "x"]`, `level co "7"`, `flags gt true`, `seal sw "Y"`} {
		if _, err := ParseFilter(acmeURN+":"+filter, user, profile(t, "generic")); err == nil {
			t.Errorf("R-078 R-064 R-065 %s was taken", filter)
		}
	}
}
