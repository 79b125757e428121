package scim

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func parsedPatch(tb testing.TB, rt *ResourceType, profileName, body string) *Patch {
	tb.Helper()
	p, err := ParsePatch(parsed(tb, body), rt, profile(tb, profileName))
	if err != nil {
		tb.Fatalf("ParsePatch(%s): %v", body, err)
	}
	return p
}

// patchBody wraps operations.
func patchBody(operations ...string) string {
	return `{"schemas":["` + URNPatchOp + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// asBody is a resource as a client would send it.
func asBody(r *Resource) *Object {
	body := &Object{}
	urns := Array{r.Type.Schema.ID}
	for _, e := range r.Type.Extensions {
		urns = append(urns, e.Schema.ID)
	}
	body.Set("schemas", urns)
	if r.ExternalID != "" {
		body.Set("externalId", r.ExternalID)
	}
	body.Members = append(body.Members, Clone(r.Attributes).(*Object).Members...)
	return body
}

// The result of a patch is what decoding it would give: nothing empty, names in schema case, types as declared.
func TestPatch_ResultIsNormal(t *testing.T) {
	t.Parallel()
	for _, v := range patchVectors(t) {
		for _, name := range v.profiles {
			p := profile(t, name)
			after, _, err := patched(decoded(t, v.rt, "generic", v.files["before"]), v.files["patch"], p)
			if err != nil {
				continue
			}
			again, err := v.rt.Decode(asBody(after), p)
			if err != nil || !equalValue(after.Attributes, again.Attributes) || after.ExternalID != again.ExternalID {
				t.Errorf("%s as %s: %s decodes to %v, %v", v.name, name, after.Body(), again, err)
			}
		}
	}
}

// R-125, M12: a patch applied to its own result changes nothing, unless it says that something shall be different.
func TestPatch_Idempotent(t *testing.T) {
	t.Parallel()
	for _, v := range patchVectors(t) {
		p := profile(t, v.profiles[0])
		once, _, err := patched(decoded(t, v.rt, "generic", v.files["before"]), v.files["patch"], p)
		if err != nil {
			continue
		}
		twice, _, err := patched(once, v.files["patch"], p)
		if e, _ := err.(*Error); e != nil && e.Kind == KindNoTarget {
			continue // the strict profile replaced what its filter looked for
		} else if err != nil {
			t.Errorf("%s on %s: %v", v.name, once.Body(), err)
			continue
		}
		if !twice.Equal(once) || memberIDs(twice.Members) != memberIDs(once.Members) {
			t.Errorf("%s: %s became %s", v.name, once.Body(), twice.Body())
		}
	}
}

func TestPatch_ResultsShareNothing(t *testing.T) {
	t.Parallel()
	p := parsedPatch(t, UserType(), "entra", patchBody(
		`{"op":"add","path":"emails","value":[{"type":"work","value":"w"}]}`,
		`{"op":"add","path":"name","value":{"givenName":"g"}}`,
		`{"op":"add","path":"phoneNumbers[type eq \"work\"]","value":{"value":"1"}}`))
	r := decoded(t, UserType(), "rfc", `{"schemas":["`+URNUser+`"],"userName":"u"}`)
	first, err := p.Apply(r)
	if err != nil {
		t.Fatal(err)
	}
	want := string(first.Body())
	for _, name := range []string{"emails", "name", "phoneNumbers"} {
		v, _ := first.Attributes.Get(name)
		if list, ok := v.(Array); ok {
			v = list[0]
		}
		v.(*Object).Set("display", "changed")
	}
	second, err := p.Apply(r)
	if err != nil || string(second.Body()) != want {
		t.Errorf("got %s, want %s: %v", second.Body(), want, err)
	}
}

// D-08, T-078.
func TestPatch_CheckID(t *testing.T) {
	t.Parallel()
	p := parsedPatch(t, UserType(), "okta", patchBody(`{"op":"replace","value":{"id":"a","title":"t"}}`, `{"op":"replace","value":{"ID":null}}`))
	if err := p.CheckID("a"); err != nil {
		t.Error(err)
	}
	refused(t, p.CheckID("b"), KindReadOnly, "Operations[0].value.id")
	_, err := ParsePatch(parsed(t, patchBody(`{"op":"replace","value":{"id":["a"]}}`)), UserType(), profile(t, "okta"))
	refused(t, err, KindWrongType, "Operations[0].value.id")
}

// C9, T-034: the password is in no part of a parsed patch.
func TestPatch_PasswordIsDropped(t *testing.T) {
	t.Parallel()
	for _, op := range []string{
		`{"op":"replace","path":"password","value":"s3cret-horse"}`,
		`{"op":"replace","value":{"password":"s3cret-horse","title":"t"}}`,
		`{"op":"add","path":"` + URNUser + `:password","value":"s3cret-horse"}`,
	} {
		p := parsedPatch(t, UserType(), "okta", patchBody(op))
		if s := fmt.Sprintf("%#v %v", *p, p.Operations); strings.Contains(s, "horse") {
			t.Errorf("%s: kept in %s", op, s)
		}
		out, err := p.Apply(decoded(t, UserType(), "okta", `{"userName":"u"}`))
		if err != nil || !out.Password || strings.Contains(string(out.Body()), "assword") {
			t.Errorf("%s: got %s, %v, %v", op, out.Body(), out.Password, err)
		}
	}
	p := parsedPatch(t, UserType(), "okta", patchBody(`{"op":"remove","path":"password"}`))
	if out, err := p.Apply(decoded(t, UserType(), "okta", `{"userName":"u"}`)); err != nil || out.Password {
		t.Errorf("remove: got %v, %v", out.Password, err)
	}
}

func TestPatch_ExternalIDIsMarked(t *testing.T) {
	t.Parallel()
	r := decoded(t, UserType(), "okta", `{"userName":"u"}`)
	p := parsedPatch(t, UserType(), "okta", patchBody(`{"op":"replace","path":"externalId","value":""}`))
	out, err := p.Apply(r)
	if err != nil || !out.HasExternalID || r.HasExternalID || !out.Equal(r) {
		t.Errorf("got %+v, %v", out, err)
	}
}

// Group members must be taken out before the document is patched: forgetting it is loud.
func TestPatch_ApplyRefusesMembers(t *testing.T) {
	t.Parallel()
	p := parsedPatch(t, GroupType(), "okta", patchBody(`{"op":"add","path":"members","value":[{"value":"a"}]}`))
	_, err := p.Apply(decoded(t, GroupType(), "okta", `{"displayName":"g"}`))
	refused(t, err, KindInternal, "Operations[0]")
}

func TestPatch_MembersOfAUserPatch(t *testing.T) {
	t.Parallel()
	p := parsedPatch(t, UserType(), "okta", patchBody(`{"op":"replace","value":{"active":false}}`, `{"op":"remove","path":"`+URNEnterpriseUser+`"}`))
	delta, rest, err := p.Members()
	if err != nil || !delta.IsZero() || len(rest.Operations) != 2 {
		t.Errorf("got %+v, %v, %v", delta, rest, err)
	}
	if rest.Operations[0].Op.String() != "replace" || rest.Operations[0].Path.String() != "active" {
		t.Errorf("got %+v", rest.Operations[0])
	}
}

// The extension that its type requires stays.
func TestPatch_RequiredExtension(t *testing.T) {
	t.Parallel()
	rt := *UserType()
	rt.Extensions = []Extension{{Schema: enterpriseUser, Required: true}}
	r := decoded(t, &rt, "generic", `{"userName":"u","`+URNEnterpriseUser+`":{"department":"d"}}`)
	_, err := ParsePatch(parsed(t, patchBody(`{"op":"remove","path":"`+URNEnterpriseUser+`"}`)), &rt, profile(t, "okta"))
	refused(t, err, KindNotRemovable, "Operations[0]")
	_, err = parsedPatch(t, &rt, "okta", patchBody(`{"op":"remove","path":"department"}`)).Apply(r)
	refused(t, err, KindMissing, URNEnterpriseUser)
}

// what the server put into an extension stays when a client removes the extension.
func TestPatch_RemoveExtensionKeepsReadOnly(t *testing.T) {
	t.Parallel()
	r := &Resource{Type: catalogue(), Attributes: parsed(t, `{"userName":"u","`+urnCatalogue+`":{"quota":5,"role":"r"}}`)}
	out, err := parsedPatch(t, r.Type, "okta", patchBody(`{"op":"remove","path":"`+urnCatalogue+`"}`)).Apply(r)
	if want := `{"userName":"u","` + urnCatalogue + `":{"quota":5}}`; err != nil || string(AppendJSON(nil, out.Attributes)) != want {
		t.Errorf("got %s, %v", out.Body(), err)
	}
}

// R-114 inside of an element: what is immutable stays when the element is replaced or completed.
func TestPatch_ImmutableInAnElement(t *testing.T) {
	t.Parallel()
	rt := *UserType()
	ext := &Schema{ID: "urn:x:2.0:User", Attributes: []*Attribute{{
		Name: "keys", Type: TypeComplex, MultiValued: true, SubAttributes: []*Attribute{
			{Name: "value"}, {Name: "type"}, {Name: "serial", Mutability: Immutable}, {Name: "seen", Mutability: ReadOnly},
		},
	}}}
	rt.Extensions = []Extension{{Schema: ext}}
	r := &Resource{Type: &rt, Attributes: parsed(t, `{"userName":"u","urn:x:2.0:User":{"keys":[{"value":"a","serial":"1","seen":"s"}]}}`)}
	path := `"path":"urn:x:2.0:User:keys[value eq \"a\"]"`
	for _, row := range []struct{ op, want string }{
		{`{"op":"replace",` + path + `,"value":{"type":"t"}}`, `[{"value":"a","serial":"1","seen":"s","type":"t"}]`},
		{`{"op":"replace",` + path + `,"value":{"serial":"1"}}`, `[{"value":"a","serial":"1","seen":"s"}]`},
		{`{"op":"replace",` + path + `,"value":{"serial":"2"}}`, ""},
		{`{"op":"add",` + path + `,"value":{"serial":"2"}}`, ""},
		{`{"op":"add","path":"urn:x:2.0:User:keys","value":[{"value":"a","serial":"2"}]}`, ""},
		{`{"op":"remove",` + path + `}`, "null"},
	} {
		out, err := parsedPatch(t, &rt, "okta", patchBody(row.op)).Apply(r)
		if row.want == "" {
			refused(t, err, KindImmutable, "Operations[0]")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", row.op, err)
			continue
		}
		v, _ := out.Attributes.Get("urn:x:2.0:User")
		o, _ := v.(*Object)
		keys, _ := o.Get("keys")
		if got := string(AppendJSON(nil, keys)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.op, got, row.want)
		}
	}
}

// long lists and many operations end in a refusal, not in minutes of work.
func TestPatch_WorkIsBounded(t *testing.T) {
	t.Parallel()
	emails := make(Array, 100_000)
	for i := range emails {
		emails[i] = &Object{Members: []Member{{"value", "v" + strconv.Itoa(i)}, {"type", "work"}}}
	}
	r := &Resource{Type: UserType(), Attributes: &Object{Members: []Member{{"userName", "u"}, {"emails", emails}}}}
	for name, op := range map[string]string{
		"value path": `{"op":"replace","path":"emails[type eq \"x\" and value eq \"y\"].display","value":null}`,
		"append":     `{"op":"add","path":"emails","value":[{"value":"new"}]}`,
		"listed":     `{"op":"remove","path":"emails","value":[{"value":"none"}]}`,
	} {
		start := time.Now()
		_, err := parsedPatch(t, UserType(), "okta", patchBody(slices.Repeat([]string{op}, 1000)...)).Apply(r)
		e, _ := err.(*Error)
		if e == nil || e.Kind != KindTooManyOps {
			t.Errorf("%s: got %v", name, err)
		}
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
	same := make([]string, 5000)
	for i := range same {
		same[i] = `{"value":"v","type":"t` + strconv.Itoa(i) + `"}`
	}
	_, err := parsedPatch(t, UserType(), "okta", patchBody(`{"op":"add","path":"emails","value":[`+strings.Join(same, ",")+`]}`)).Apply(r)
	if e, _ := err.(*Error); e == nil || e.Kind != KindTooManyOps {
		t.Errorf("one value with many types: got %v", err)
	}
}

// phoneModel is the plain model of a list of phone numbers: what a reader of RFC 7644 §3.5.2 would write down.
type phoneModel []phone

type phone struct{ kind, value string }

func (m phoneModel) add(p phone) phoneModel {
	if slices.Contains(m, p) {
		return m
	}
	return append(slices.Clone(m), p)
}

func (m phoneModel) without(drop func(phone) bool) phoneModel {
	return slices.DeleteFunc(slices.Clone(m), drop)
}

// set replaces the value of all phones of a kind, or creates one (D-02). Equal phones are one.
func (m phoneModel) set(kind, value string) phoneModel {
	out, found := slices.Clone(m), false
	for i := range out {
		if out[i].kind == kind {
			out[i].value, found = value, true
		}
	}
	if !found {
		out = append(out, phone{kind, value})
	}
	var once phoneModel
	for _, p := range out {
		once = once.add(p)
	}
	return once
}

func (m phoneModel) String() string {
	var b strings.Builder
	for _, p := range m {
		b.WriteString(p.kind + ":" + p.value + " ")
	}
	return b.String()
}

func phonesOf(r *Resource) string {
	var m phoneModel
	v, _ := r.Attributes.Get("phoneNumbers")
	for _, e := range asList(v) {
		kind, _ := e.(*Object).Get("type")
		value, _ := e.(*Object).Get("value")
		m = append(m, phone{kind.(string), value.(string)})
	}
	return m.String()
}

// a sequence of operations, in one patch or in many, ends where the model ends.
func TestPatch_SequencesFollowAPlainModel(t *testing.T) {
	t.Parallel()
	entra := profile(t, "entra")
	start := decoded(t, UserType(), "entra", `{"userName":"u"}`)
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"work", "home", "fax"})
		value := rapid.SampledFrom([]string{"1", "2", "3"})
		var model phoneModel
		var operations []string
		apart := start
		for range rapid.IntRange(1, 12).Draw(t, "length") {
			k, v := kind.Draw(t, "kind"), value.Draw(t, "value")
			var op string
			switch rapid.IntRange(0, 5).Draw(t, "op") {
			case 0:
				model = model.add(phone{k, v})
				op = fmt.Sprintf(`{"op":"add","path":"phoneNumbers","value":[{"type":%q,"value":%q}]}`, k, v)
			case 1:
				model = model.without(func(p phone) bool { return p == phone{k, v} })
				op = fmt.Sprintf(`{"op":"Remove","path":"phoneNumbers","value":[{"type":%q,"value":%q}]}`, k, v)
			case 2:
				model = model.without(func(p phone) bool { return p.kind == k })
				op = fmt.Sprintf(`{"op":"remove","path":"phoneNumbers[type eq \"%s\"]"}`, k)
			case 3:
				model = model.set(k, v)
				op = fmt.Sprintf(`{"op":"Replace","path":"phoneNumbers[type eq \"%s\"].value","value":%q}`, k, v)
			case 4:
				model = phoneModel{{k, v}}
				op = fmt.Sprintf(`{"op":"replace","value":{"phoneNumbers":[{"type":%q,"value":%q}]}}`, k, v)
			case 5:
				model = model.without(func(p phone) bool { return p.kind == k && p.value == v })
				op = fmt.Sprintf(`{"op":"remove","path":"phoneNumbers[type eq \"%s\" and value eq \"%s\"]"}`, k, v)
			}
			operations = append(operations, op)
			var err error
			if apart, _, err = patched(apart, patchBody(op), entra); err != nil {
				t.Fatalf("%s: %v", op, err)
			}
		}
		together, _, err := patched(start, patchBody(operations...), entra)
		if err != nil {
			t.Fatal(err)
		}
		if phonesOf(together) != model.String() || phonesOf(apart) != model.String() {
			t.Fatalf("%s\n together %s\n apart    %s\n model    %s", operations, phonesOf(together), phonesOf(apart), model)
		}
	})
}

// whatever is patched, at most one element is primary.
func TestPatch_AtMostOnePrimary(t *testing.T) {
	t.Parallel()
	entra := profile(t, "entra")
	rapid.Check(t, func(t *rapid.T) {
		r := &Resource{Type: UserType(), Attributes: &Object{Members: []Member{{"userName", "u"}}}}
		for range rapid.IntRange(1, 10).Draw(t, "length") {
			k := rapid.SampledFrom([]string{"work", "home"}).Draw(t, "kind")
			b := rapid.Bool().Draw(t, "primary")
			op := rapid.SampledFrom([]string{
				fmt.Sprintf(`{"op":"add","path":"emails","value":[{"type":%q,"value":"x","primary":%v}]}`, k, b),
				fmt.Sprintf(`{"op":"replace","path":"emails[type eq \"%s\"].primary","value":%v}`, k, b),
				fmt.Sprintf(`{"op":"replace","path":"emails[type eq \"%s\"]","value":{"value":"y","primary":%v}}`, k, b),
				fmt.Sprintf(`{"op":"add","path":"emails[type eq \"%s\" and primary eq %v].value","value":"z"}`, k, b),
				fmt.Sprintf(`{"op":"replace","path":"emails[primary eq %v].type","value":%q}`, b, k),
			}).Draw(t, "op")
			out, _, err := patched(r, patchBody(op), entra)
			if err != nil {
				if e, ok := err.(*Error); !ok || e.Kind != KindTwoPrimaries {
					t.Fatalf("%s on %s: %v", op, r.Body(), err)
				}
				continue
			}
			r = out
			v, _ := r.Attributes.Get("emails")
			primaries := 0
			for _, e := range asList(v) {
				if isPrimary(e) {
					primaries++
				}
			}
			if primaries > 1 {
				t.Fatalf("%s gives %s", op, r.Body())
			}
		}
	})
}

func FuzzPatch(f *testing.F) {
	for _, v := range patchVectors(f) {
		f.Add([]byte(v.files["patch"]), v.rt == GroupType(), v.profiles[0] != "rfc")
	}
	bodies := map[bool]string{
		false: `{"userName":"u","active":false,"name":{"givenName":"g"},"emails":[{"type":"work","value":"w","primary":true},{"type":"home","value":"h"}],"` + URNEnterpriseUser + `":{"department":"d","manager":{"value":"m"}}}`,
		true:  `{"displayName":"g","members":[{"value":"a"},{"value":"b","display":"B"}]}`,
	}
	types := map[bool]*ResourceType{false: UserType(), true: GroupType()}
	f.Fuzz(func(t *testing.T, body []byte, group, lenient bool) {
		p := profile(t, "rfc")
		if lenient {
			p = profile(t, "generic")
		}
		before := decoded(t, types[group], "generic", bodies[group])
		after, _, err := patched(before, string(body), p)
		if !before.Equal(decoded(t, types[group], "generic", bodies[group])) {
			t.Fatalf("changed in place: %s", before.Body())
		}
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		again, err := types[group].Decode(asBody(after), p)
		if err != nil || !equalValue(after.Attributes, again.Attributes) {
			t.Fatalf("%s is not normal: %v", after.Body(), err)
		}
	})
}

func BenchmarkPatch_ParseActive(b *testing.B) {
	body := parsed(b, patchBody(`{"op":"Replace","path":"active","value":"False"}`))
	p := profile(b, "entra")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParsePatch(body, UserType(), p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPatch_ApplyActive(b *testing.B) {
	r := decoded(b, UserType(), "okta", bodies(b)["entra-validator-user"])
	p := parsedPatch(b, UserType(), "okta", patchBody(`{"op":"replace","value":{"active":false}}`))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Apply(r); err != nil {
			b.Fatal(err)
		}
	}
}
