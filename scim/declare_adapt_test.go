package scim

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// one declares an extension with one attribute and returns the User type with it.
func one(t testing.TB, attribute string) *ResourceType {
	t.Helper()
	return declaredTypes(t, `{"id":"`+acmeURN+`","name":"A","attributes":[`+attribute+`]}`)[0]
}

func TestAdapt_ConvertsWhatTheNewTypeCanTake(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		to, value, want string
		lost            int
	}{
		{`"type":"integer"`, `"42"`, `42`, 0},
		{`"type":"integer"`, `42.0`, `42`, 0},
		{`"type":"integer"`, `"4.5"`, ``, 1},
		{`"type":"integer"`, `"4,\"m\":5"`, ``, 1},
		{`"type":"integer"`, `" 7 "`, `7`, 0},
		{`"type":"decimal"`, `"1e3"`, `1e3`, 0},
		{`"type":"decimal"`, `true`, ``, 1},
		{`"type":"boolean"`, `"True"`, `true`, 0},
		{`"type":"boolean"`, `"yes"`, ``, 1},
		{`"type":"boolean"`, `1`, ``, 1},
		{`"type":"string"`, `42`, `"42"`, 0},
		{`"type":"string"`, `false`, `"false"`, 0},
		{`"type":"dateTime"`, `"2026-01-02T03:04:05Z"`, `"2026-01-02T03:04:05Z"`, 0},
		{`"type":"dateTime"`, `"tomorrow"`, ``, 1},
		{`"type":"binary"`, `"YQ=="`, `"YQ=="`, 0},
		{`"type":"binary"`, `"not base64!"`, ``, 1},
		{`"type":"reference","referenceTypes":["uri"]`, `"urn:x:y"`, `"urn:x:y"`, 0},
		{`"type":"string","multiValued":true`, `"a"`, `["a"]`, 0},
		{`"type":"integer","multiValued":true`, `["1","x","2"]`, `[1,2]`, 1},
		{`"type":"string"`, `["a"]`, `"a"`, 0},
		{`"type":"string"`, `["a","b","c"]`, `"a"`, 2},
		{`"type":"string"`, `[{"value":"a"},{"value":"b","primary":true}]`, `"b"`, 2},
		{`"type":"string"`, `{"value":"a","type":"work"}`, `"a"`, 1},
		{`"type":"string"`, `{"type":"work"}`, ``, 1},
		{`"type":"complex","subAttributes":[{"name":"value"}]`, `"a"`, `{"value":"a"}`, 0},
		{`"type":"complex","subAttributes":[{"name":"floor","type":"integer"}]`, `{"floor":"3","lock":"x"}`, `{"floor":3}`, 1},
		{`"type":"complex","subAttributes":[{"name":"floor"}]`, `"a"`, ``, 1},
	} {
		t.Run(row.to+" "+row.value, func(t *testing.T) {
			t.Parallel()
			user := one(t, `{"name":"a",`+row.to+`}`)
			adapted, lost := user.Adapt(parsed(t, `{"userName":"ada","`+acmeURN+`":{"a":`+row.value+`}}`))
			want := `{"userName":"ada"}`
			if row.want != "" {
				want = `{"userName":"ada","` + acmeURN + `":{"a":` + row.want + `}}`
			}
			if got := string(AppendJSON(nil, adapted)); got != want || lost != row.lost {
				t.Errorf("%s, %d lost\nwant %s, %d lost", got, lost, want, row.lost)
			}
		})
	}
}

// Whatever was stored: what is read of it is what the type would have taken, and reading it again changes nothing.
func TestProperty_AdaptMakesDocumentsOfTheType(t *testing.T) {
	t.Parallel()
	types := []string{"string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex"}
	values := []string{
		`"a"`, `"42"`, `42`, `4.5`, `true`, `"false"`, `"2026-01-02T03:04:05Z"`, `"YQ=="`, `{"value":"7","floor":1}`,
		`["a",1,true]`, `[{"value":1},{"value":"b","primary":true}]`, `{"floor":"2"}`, `["YQ==","x"]`,
	}
	rapid.Check(t, func(rt *rapid.T) {
		kind := rapid.SampledFrom(types).Draw(rt, "type")
		attribute := fmt.Sprintf(`{"name":"a","type":%q,"multiValued":%t`, kind, rapid.Bool().Draw(rt, "multi-valued"))
		switch kind {
		case "complex":
			attribute += `,"subAttributes":[{"name":"value"},{"name":"floor","type":"integer"}]`
		case "reference":
			attribute += `,"referenceTypes":["uri"]`
		}
		user := one(t, attribute+"}")
		stored := parsed(t, `{"userName":"ada","`+acmeURN+`":{"a":`+rapid.SampledFrom(values).Draw(rt, "value")+`,"b":1},"urn:x:gone":{"c":2}}`)
		adapted, lost := user.Adapt(stored)
		if lost < 2 {
			rt.Fatalf("what is not declared was kept: %s", AppendJSON(nil, adapted))
		}
		again, lost := user.Adapt(adapted)
		if !equalValue(adapted, again) || lost != 0 {
			rt.Fatalf("adapted again: %s, %d lost", AppendJSON(nil, again), lost)
		}
		sent := Clone(adapted).(*Object)
		sent.Set("schemas", Array{URNUser, acmeURN})
		r, err := user.Decode(sent, profile(t, "rfc"))
		if err != nil {
			rt.Fatalf("%s: %v", AppendJSON(nil, adapted), err)
		}
		if !equalValue(r.Attributes, adapted) {
			rt.Fatalf("decoded %s, adapted %s", AppendJSON(nil, r.Attributes), AppendJSON(nil, adapted))
		}
	})
}

// What was stored before it became `never`, `request` or undeclared is not shown by an answer: neither from stored
// bytes, nor through a filter, nor by an error.
func TestRender_NothingLeaksOfAnotherDeclaration(t *testing.T) {
	t.Parallel()
	const body = `{"userName":"ada","active":true,"` + acmeURN + `":{"vault":"top secret","notes":"on request","gone":"undeclared","role":"admin"}}`
	user := declaredTypes(t, everyType)[0]
	for _, row := range []struct {
		name       string
		stamp      int64
		attributes string
		want       string
	}{
		{"stored under the same declarations", user.Stamp, "", `{"role":"admin"}`},
		{"stored under others", 7, "", `{"role":"admin"}`},
		{"stored under none", 0, "", `{"role":"admin"}`},
		{"R-094 asked for by name", 7, "userName," + acmeURN + ":vault," + acmeURN + ":notes", `{"notes":"on request"}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			text := body
			if row.stamp == user.Stamp {
				text = strings.Replace(body, `"gone":"undeclared",`, "", 1)
			}
			show, err := ParseProjection(user, row.attributes, "")
			if err != nil {
				t.Fatal(err)
			}
			rec := &Record{Type: user, ID: "1", Version: 1, Stamp: row.stamp, Body: []byte(text)}
			got := string(Renderer{Show: show}.Append(nil, rec))
			if !strings.Contains(got, `"`+acmeURN+`":`+row.want) || strings.Contains(got, "secret") || strings.Contains(got, "undeclared") {
				t.Errorf("%s, want %s", got, row.want)
			}
			f, err := ParseFilter(acmeURN+`:role eq "admin"`, user, profile(t, "generic"))
			if err != nil {
				t.Fatal(err)
			}
			if ok, err := f.Match(rec); !ok || err != nil {
				t.Errorf("the filter does not match: %v", err)
			}
		})
	}
}

// A sub-attribute that happens to be called password is hidden like any other.
func TestRender_NeverIsNotAboutTheName(t *testing.T) {
	t.Parallel()
	user := one(t, `{"name":"vpn","type":"complex","subAttributes":[{"name":"user"},{"name":"password","returned":"never"}]}`)
	rec := &Record{
		Type: user, ID: "1", Version: 1, Stamp: user.Stamp,
		Body: []byte(`{"userName":"ada","` + acmeURN + `":{"vpn":{"user":"a","password":"hunter2"}}}`),
	}
	if got := string(Renderer{}.Append(nil, rec)); strings.Contains(got, "hunter2") || !strings.Contains(got, `"vpn":{"user":"a"}`) {
		t.Error(got)
	}
}

// Documents of built-in types are served as stored, also with a projection that hides nothing.
func TestRender_SameStampKeepsTheStoredBytes(t *testing.T) {
	t.Parallel()
	user := one(t, `{"name":"role"}`)
	const body = `{"userName":"ada",  "x":1}` // no renderer would write that
	rec := &Record{Type: user, ID: "1", Version: 1, Stamp: user.Stamp, Body: []byte(body)}
	if got := string(Renderer{}.Append(nil, rec)); !strings.Contains(got, body[1:len(body)-1]) {
		t.Error(got)
	}
	rec.Stamp++
	if got := string(Renderer{}.Append(nil, rec)); strings.Contains(got, `"x"`) {
		t.Error(got)
	}
}
