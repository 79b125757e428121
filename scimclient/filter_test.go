package scimclient

import (
	"encoding/json"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
)

func TestFilter_String(t *testing.T) {
	t.Parallel()
	type color string
	a, b, c := Eq("a", 1), Eq("b", 2), Eq("c", 3)
	cases := []struct {
		name string
		f    Filter
		want string
	}{
		{"string", Eq("userName", "jane"), `userName eq "jane"`},
		{"quotes and escapes", Eq("userName", "a\"b\\c\nd\u00e9"), `userName eq "a\"b\\c\ndé"`},
		{"text that looks like a filter", Eq("userName", `" or id pr or userName eq "`), `userName eq "\" or id pr or userName eq \""`},
		{"named string", Eq("x", color("red")), `x eq "red"`},
		{"bool", Ne("active", false), `active ne false`},
		{"int", Gt("x", -3), `x gt -3`},
		{"uint", Ge("x", uint64(math.MaxUint64)), `x ge 18446744073709551615`},
		{"float", Lt("x", 2.5), `x lt 2.5`},
		{"large float", Le("x", 1e30), `x le 1e+30`},
		{"float32", Eq("x", float32(0.1)), `x eq 0.1`},
		{"number", Eq("x", json.Number("1.50")), `x eq 1.50`},
		{"number of package scim", Eq("x", scim.Number("7")), `x eq 7`},
		{"time", Gt("meta.lastModified", time.Date(2026, 1, 2, 3, 4, 5, 600, time.FixedZone("", 3600))), `meta.lastModified gt "2026-01-02T02:04:05.0000006Z"`},
		{"binary", Eq("x509Certificates.value", []byte{0xfb, 0xff}), `x509Certificates.value eq "+/8="`},
		{"text marshaler", Eq("x", netip.MustParseAddr("::1")), `x eq "::1"`},
		{"pointer", Eq("active", new(true)), `active eq true`},
		{"nil", Eq("nickName", nil), `nickName eq null`},
		{"nil pointer", Eq("nickName", (*string)(nil)), `nickName eq null`},
		{"nil pointer of a text marshaler", Eq("x", (*time.Time)(nil)), `x eq null`},
		{"substrings", Co("a", "x").And(Sw("b", "y"), Ew("c", "z")), `a co "x" and b sw "y" and c ew "z"`},
		{"present", Pr("name.familyName"), `name.familyName pr`},
		{"extension", Eq(scim.URNEnterpriseUser+":manager.value", "1"), scim.URNEnterpriseUser + `:manager.value eq "1"`},
		{"reference", Eq("members.$ref", "x"), `members.$ref eq "x"`},
		{"value path", Has("emails", Eq("type", "work").And(Ew("value", "@x.com"))), `emails[type eq "work" and value ew "@x.com"]`},
		{"not", Not(a.Or(b)), `not (a eq 1 or b eq 2)`},
		{"or in and", a.Or(b).And(c), `(a eq 1 or b eq 2) and c eq 3`},
		{"and in or", a.And(b).Or(c), `a eq 1 and b eq 2 or c eq 3`},
		{"chain of or", a.Or(b).Or(c), `a eq 1 or b eq 2 or c eq 3`},
		{"raw among others", Raw("a eq 1 or b eq 2").And(c), `(a eq 1 or b eq 2) and c eq 3`},
		{"raw in or", c.Or(Raw("x")), `c eq 3 or (x)`},
		{"raw alone", Raw("x pr"), `x pr`},
		{"zero is left out", Filter{}.And(a, Filter{}).Or(Filter{}), `a eq 1`},
		{"zero", Filter{}.And(Filter{}), ``},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tt.f.String(); got != tt.want || tt.f.Err() != nil {
				t.Errorf("got %s, %v\nwant %s", got, tt.f.Err(), tt.want)
			}
		})
	}
}

func TestFilter_IsAValue(t *testing.T) {
	t.Parallel()
	f := Eq("a", 1)
	_, _ = f.And(Eq("b", 2)), f.Or(Eq("c", 3))
	if f.String() != "a eq 1" {
		t.Errorf("combining changed it: %s", f)
	}
}

func TestFilter_Err(t *testing.T) {
	t.Parallel()
	cases := map[string]Filter{
		"name with a condition in it": Eq(`userName pr or id`, "x"),
		"empty name":                  Pr(""),
		"name of a value path":        Has("emails[", Pr("value")),
		"value path without a filter": Has("emails", Filter{}),
		"negation of nothing":         Not(Filter{}),
		"not UTF-8":                   Eq("a", "\xff"),
		"NaN":                         Eq("a", math.NaN()),
		"infinity":                    Eq("a", math.Inf(1)),
		"number that is none":         Eq("a", json.Number("1 or b pr")),
		"literal that is no number":   Eq("a", json.Number("true")),
		"struct":                      Eq("a", struct{}{}),
		"text marshaler that fails":   Eq("a", badText{}),
		"in a conjunction":            Pr("x").And(Pr("y"), Pr("")),
		"before a conjunction":        Pr("").And(Pr("y")),
		"in a value path":             Has("emails", Pr("")),
	}
	for name, f := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if f.Err() == nil {
				t.Fatalf("taken: %s", f)
			}
			if _, err := scim.ParseFilter(f.String(), scim.UserType(), scim.Profile{}); err == nil {
				t.Errorf("a server would take %s", f)
			}
		})
	}
}

type badText struct{}

func (badText) MarshalText() ([]byte, error) { return nil, errAny }

// condition is what a filter means: the oracle of the property below.
type condition struct {
	op    string // a comparison operator, "pr", "has", "not", "and" or "or"
	attr  string
	value any
	terms []condition
}

func (c condition) filter() Filter {
	compare := map[string]func(string, any) Filter{"eq": Eq, "ne": Ne, "co": Co, "sw": Sw, "ew": Ew, "gt": Gt, "ge": Ge, "lt": Lt, "le": Le}
	switch c.op {
	case "pr":
		return Pr(c.attr)
	case "has":
		return Has(c.attr, c.terms[0].filter())
	case "not":
		return Not(c.terms[0].filter())
	case "and", "or":
		f := c.terms[0].filter()
		for _, term := range c.terms[1:] {
			if c.op == "and" {
				f = f.And(term.filter())
			} else {
				f = f.Or(term.filter())
			}
		}
		return f
	}
	return compare[c.op](c.attr, c.value)
}

// holds evaluates the condition on a plain document.
func (c condition) holds(doc map[string]any) bool {
	holds := func(term condition) bool { return term.holds(doc) }
	switch c.op {
	case "and":
		return !slices.ContainsFunc(c.terms, func(term condition) bool { return !holds(term) })
	case "or":
		return slices.ContainsFunc(c.terms, holds)
	case "not":
		return !holds(c.terms[0])
	case "has":
		list, _ := doc[c.attr].([]any)
		return slices.ContainsFunc(list, func(v any) bool { return c.terms[0].holds(v.(map[string]any)) })
	}
	v, there := doc[c.attr]
	if there && v == "" {
		there = false
	}
	if c.op == "pr" || c.op == "ne" || !there {
		return c.op == "pr" && there || c.op == "ne" && (!there || !c.compares("eq", v))
	}
	return c.compares(c.op, v)
}

func (c condition) compares(op string, v any) bool {
	if at, ok := c.value.(time.Time); ok {
		sent, _ := time.Parse(time.RFC3339Nano, v.(string))
		return ordered(op, sent.Compare(at))
	}
	if b, ok := v.(bool); ok {
		return b == c.value
	}
	a, b := v.(string), c.value.(string)
	if c.attr != "externalId" { // the only attribute here whose case counts
		a, b = strings.ToLower(a), strings.ToLower(b)
	}
	switch op {
	case "co":
		return strings.Contains(a, b)
	case "sw":
		return strings.HasPrefix(a, b)
	case "ew":
		return strings.HasSuffix(a, b)
	}
	return ordered(op, strings.Compare(a, b))
}

func ordered(op string, order int) bool {
	switch op {
	case "eq":
		return order == 0
	case "gt":
		return order > 0
	case "ge":
		return order >= 0
	case "lt":
		return order < 0
	}
	return order <= 0
}

var (
	words = rapid.SampledFrom([]string{"a", "A", "ab", "b a", `"`, `a"b`, `\`, "]", "(a", " and ", "null", "true", "a\nb"})
	times = rapid.Map(rapid.IntRange(0, 4), func(n int) time.Time { return time.Unix(1_700_000_000+int64(n), 500_000_000) })
)

// conditions draws a condition; inside is true between the brackets of a value path.
func conditions(depth int, inside bool) *rapid.Generator[condition] {
	return rapid.Custom(func(t *rapid.T) condition {
		kinds := []string{"text", "bool"}
		if !inside {
			kinds = append(kinds, "time", "has")
		}
		if depth > 0 {
			kinds = append(kinds, "and", "or", "not")
		}
		switch kind := rapid.SampledFrom(kinds).Draw(t, "kind"); kind {
		case "and", "or":
			return condition{op: kind, terms: rapid.SliceOfN(conditions(depth-1, inside), 2, 3).Draw(t, "terms")}
		case "not":
			return condition{op: "not", terms: []condition{conditions(depth-1, inside).Draw(t, "term")}}
		case "has":
			return condition{op: "has", attr: "emails", terms: []condition{conditions(depth, true).Draw(t, "filter")}}
		case "bool":
			attr := map[bool]string{false: "active", true: "primary"}[inside]
			return condition{op: rapid.SampledFrom([]string{"eq", "ne", "pr"}).Draw(t, "op"), attr: attr, value: rapid.Bool().Draw(t, "value")}
		case "time":
			op := rapid.SampledFrom([]string{"eq", "ne", "gt", "ge", "lt", "le", "pr"}).Draw(t, "op")
			return condition{op: op, attr: "meta.lastModified", value: times.Draw(t, "value")}
		}
		attrs := []string{"userName", "nickName", "externalId", "name.familyName"}
		if inside {
			attrs = []string{"type", "value"}
		}
		return condition{
			op:   rapid.SampledFrom([]string{"eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "pr"}).Draw(t, "op"),
			attr: rapid.SampledFrom(attrs).Draw(t, "attr"), value: words.Draw(t, "value"),
		}
	})
}

// documents draws a flat document, in which a dot stands in the name of a sub-attribute.
func documents() *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		doc := map[string]any{"meta.lastModified": times.Draw(t, "time").UTC().Format(time.RFC3339Nano)}
		for _, name := range []string{"userName", "nickName", "externalId", "name.familyName"} {
			if rapid.Bool().Draw(t, "has "+name) {
				doc[name] = words.Draw(t, name)
			}
		}
		if rapid.Bool().Draw(t, "has active") {
			doc["active"] = rapid.Bool().Draw(t, "active")
		}
		emails := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "emails") {
			e := map[string]any{"value": words.Draw(t, "value"), "type": words.Draw(t, "type")}
			if rapid.Bool().Draw(t, "has primary") {
				e["primary"] = rapid.Bool().Draw(t, "primary")
			}
			emails = append(emails, e)
		}
		doc["emails"] = emails
		return doc
	})
}

// nested makes the JSON document of a flat one.
func nested(t *rapid.T, flat map[string]any) *scim.Object {
	doc := map[string]any{"schemas": []any{scim.URNUser}}
	for name, v := range flat {
		if outer, inner, ok := strings.Cut(name, "."); ok {
			doc[outer] = map[string]any{inner: v}
		} else {
			doc[name] = v
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	o, err := scim.ParseJSON(text, scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// A server reads what was meant: every filter parses, and holds for the documents for which its condition does.
func TestFilter_MeansWhatItSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := conditions(3, false).Draw(t, "condition")
		f := c.filter()
		if f.Err() != nil {
			t.Fatal(f.Err())
		}
		parsed, err := scim.ParseFilter(f.String(), scim.UserType(), scim.Profile{})
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		if again := Raw(scim.Print(parsed.Root)); again.String() != f.String() {
			t.Fatalf("printed %s\nread as  %s", f, again)
		}
		doc := documents().Draw(t, "document")
		if got, want := parsed.MatchObject(nested(t, doc)), c.holds(doc); got != want {
			t.Fatalf("%s\non %v: got %v, want %v", f, doc, got, want)
		}
	})
}
