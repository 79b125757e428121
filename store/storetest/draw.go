package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
)

// testSchema has attributes of every type, with rows in an index and without, alone and inside of others.
var testSchema = &scim.Schema{
	ID: "urn:ietf:params:scim:schemas:extension:test:2.0:User", Name: "Test", Description: "Every type",
	Attributes: []*scim.Attribute{
		{Name: "count", Type: scim.TypeInteger, Indexed: true},
		{Name: "floor", Type: scim.TypeInteger},
		{Name: "rate", Type: scim.TypeDecimal},
		{Name: "ratio", Type: scim.TypeDecimal, Indexed: true},
		{Name: "hired", Type: scim.TypeDateTime, Indexed: true},
		{Name: "left", Type: scim.TypeDateTime},
		{Name: "exact", Type: scim.TypeString, CaseExact: true},
		{Name: "code", Type: scim.TypeString, CaseExact: true, Indexed: true},
		{Name: "tags", Type: scim.TypeString, MultiValued: true, Indexed: true},
		{Name: "nicks", Type: scim.TypeString, MultiValued: true},
		{Name: "flag", Type: scim.TypeBoolean},
		{Name: "on", Type: scim.TypeBoolean, Indexed: true},
		{Name: "blob", Type: scim.TypeBinary, CaseExact: true},
		{Name: "cert", Type: scim.TypeBinary, CaseExact: true, Indexed: true},
		{Name: "site", Type: scim.TypeReference, CaseExact: true},
		{Name: "link", Type: scim.TypeReference, CaseExact: true, Indexed: true},
		{Name: "desk", Type: scim.TypeComplex, SubAttributes: everyType()},
		{Name: "badges", Type: scim.TypeComplex, MultiValued: true, SubAttributes: append(everyType(),
			&scim.Attribute{Name: "primary", Type: scim.TypeBoolean})},
	},
}

// everyType are sub-attributes of every type.
func everyType() []*scim.Attribute {
	return []*scim.Attribute{
		{Name: "value", Type: scim.TypeString, Indexed: true},
		{Name: "level", Type: scim.TypeInteger, Indexed: true},
		{Name: "weight", Type: scim.TypeDecimal},
		{Name: "since", Type: scim.TypeDateTime, Indexed: true},
		{Name: "fixed", Type: scim.TypeBoolean},
		{Name: "plan", Type: scim.TypeBinary, CaseExact: true},
		{Name: "$ref", Type: scim.TypeReference, CaseExact: true},
		{Name: "marks", Type: scim.TypeString, MultiValued: true, Indexed: true},
	}
}

// widerUser is the User type with testSchema as a second extension.
func widerUser() *scim.ResourceType {
	t := *scim.UserType()
	t.Extensions = append(t.Extensions[:len(t.Extensions):len(t.Extensions)], scim.Extension{Schema: testSchema})
	return &t
}

// The pools are small, so that filters hit; they hold what SQL, folding and cutting might trip over.
var (
	long  = strings.Repeat("x", scim.MaxKey)
	texts = []string{
		"a", "A", "b", "ab", "Ab", "B a", "%", "a%", "_", `a\`, "ä", "Ä", "ß", "ss", "é", "ﬁ", "\U0010FFFF", "\uE000",
		long, long + "y", long + "z", "\u0000", "\uFDD0", "'", `"`, "?", "$1", "work", "home", "true", "1",
	}
	numbers  = []string{"-10", "-1.5", "-1", "0", "1", "1.0", "1e1", "10", "9007199254740993", "0.1"}
	integers = []string{"-10", "-1", "0", "1", "10", "9007199254740993"}
	dates    = []string{
		"2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-01-01T00:00:00.1234567Z",
		"2026-01-01T00:00:00.1234568Z", "2026-01-01T00:00:00.123456789012Z",
		"0001-01-01T00:00:00Z", "0600-01-01T00:00:00Z", "1500-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z",
	}
	blobs = []string{"YQ==", "YWI=", "Yg=="}
)

func drawTime(rt *rapid.T) time.Time {
	at, err := time.Parse(time.RFC3339Nano, rapid.SampledFrom([]string{
		"2026-01-01T00:00:00Z", "2026-01-01T00:00:00.1234567Z", "1970-01-01T00:00:01Z",
	}).Draw(rt, "created"))
	if err != nil {
		rt.Fatal(err)
	}
	return at
}

// drawText draws a string that an attribute may hold.
func drawText(rt *rapid.T) string {
	if rapid.Bool().Draw(rt, "any text") {
		return strings.ToValidUTF8(rapid.StringN(0, 5, 12).Draw(rt, "text"), "")
	}
	return rapid.SampledFrom(texts).Draw(rt, "text")
}

// drawResource draws a resource with any of its attributes; ok is false for the few draws that the type refuses.
func drawResource(rt *rapid.T, t *scim.ResourceType) (*scim.Resource, bool) {
	body := drawObject(rt, t.Schema.Attributes)
	for _, e := range t.Extensions {
		if o := drawObject(rt, e.Schema.Attributes); o.Len() > 0 {
			body.Set(e.Schema.ID, o)
		}
	}
	if rapid.Bool().Draw(rt, "externalId") {
		body.Set("externalId", drawText(rt))
	}
	profile, _ := scim.ProfileByName("generic")
	r, err := t.Decode(body, profile)
	return r, err == nil
}

func drawObject(rt *rapid.T, attrs []*scim.Attribute) *scim.Object {
	o := &scim.Object{}
	for _, a := range attrs {
		if a.Name == "members" || a.Name == "groups" || a.Name == "password" {
			continue
		}
		if !a.Required && rapid.IntRange(0, 2).Draw(rt, "has "+a.Name) > 0 {
			continue
		}
		if !a.MultiValued {
			o.Set(a.Name, drawValue(rt, a))
			continue
		}
		var list scim.Array
		for range rapid.IntRange(0, 3).Draw(rt, "elements") {
			list = append(list, drawValue(rt, a))
		}
		o.Set(a.Name, list)
	}
	return o
}

func drawValue(rt *rapid.T, a *scim.Attribute) scim.Value {
	switch a.Type {
	case scim.TypeComplex:
		return drawObject(rt, a.SubAttributes)
	case scim.TypeBoolean:
		return rapid.Bool().Draw(rt, a.Name)
	case scim.TypeInteger:
		return scim.Number(rapid.SampledFrom(integers).Draw(rt, a.Name))
	case scim.TypeDecimal:
		return scim.Number(rapid.SampledFrom(numbers).Draw(rt, a.Name))
	case scim.TypeDateTime:
		return rapid.SampledFrom(dates).Draw(rt, a.Name)
	case scim.TypeBinary:
		return rapid.SampledFrom(blobs).Draw(rt, a.Name)
	}
	return drawText(rt)
}

// path is something that a filter can name, with the values that it may be compared to.
type path struct {
	name     string
	typ      scim.Type
	literals []string // JSON; nil: by type
	subs     []path   // of a complex attribute: what brackets may hold
}

// pathsOf lists the paths of a type's schemas and the common attributes.
func pathsOf(t *scim.ResourceType) []path {
	paths := []path{
		{name: "id"},
		{name: "externalId"},
		{name: "schemas", typ: scim.TypeReference, literals: []string{
			`"` + t.Schema.ID + `"`, `"` + testSchema.ID + `"`,
		}},
		{name: "meta.created", typ: scim.TypeDateTime},
		{name: "meta.lastModified", typ: scim.TypeDateTime},
		{name: "meta.resourceType", literals: []string{`"User"`, `"Group"`, `"user"`}},
	}
	paths = append(paths, schemaPaths(t.Schema, "")...)
	for _, e := range t.Extensions {
		paths = append(paths, schemaPaths(e.Schema, e.Schema.ID+":")...)
	}
	return paths
}

func schemaPaths(s *scim.Schema, prefix string) []path {
	var paths []path
	for _, a := range s.Attributes {
		if a.Name == "members" || a.Name == "groups" || a.Name == "password" {
			continue
		}
		whole := path{name: prefix + a.Name, typ: a.Type}
		for _, sub := range a.SubAttributes {
			whole.subs = append(whole.subs, path{name: sub.Name, typ: sub.Type})
			paths = append(paths, path{name: prefix + a.Name + "." + sub.Name, typ: sub.Type})
		}
		paths = append(paths, whole)
	}
	return paths
}

// answered are the paths that columns, rows or the side table answer. Half of all comparisons are of these.
var answered = []string{
	"id", "externalId", "userName", "displayName", "name.familyName", "name.givenName", "emails", "emails.value", "active",
	"meta.created", "meta.lastModified", "groups", "groups.value", "members", "members.value",
	scim.URNEnterpriseUser + ":employeeNumber", scim.URNEnterpriseUser + ":manager", scim.URNEnterpriseUser + ":manager.value",
	testSchema.ID + ":count", testSchema.ID + ":hired", testSchema.ID + ":tags", testSchema.ID + ":ratio",
	testSchema.ID + ":code", testSchema.ID + ":on", testSchema.ID + ":link", testSchema.ID + ":desk",
	testSchema.ID + ":desk.level", testSchema.ID + ":badges", testSchema.ID + ":badges.since",
}

func drawPath(rt *rapid.T, paths []path) path {
	if rapid.Bool().Draw(rt, "answered") {
		var some []path
		for _, p := range paths {
			if slices.Contains(answered, p.name) || p.name == "value" {
				some = append(some, p)
			}
		}
		if len(some) > 0 {
			paths = some
		}
	}
	return rapid.SampledFrom(paths).Draw(rt, "path")
}

// rowPaths are those of an attribute that is kept as rows.
func rowPaths(name string, ids []string, types ...string) []path {
	literals := make([]string, len(ids))
	for i, id := range ids {
		literals[i] = fmt.Sprintf("%q", id)
	}
	subs := []path{
		{name: "value", literals: literals},
		{name: "display", literals: []string{`"one"`, `"TWO"`, `"ada"`, `"a"`, `"Ä"`}},
		{name: "type", literals: types},
	}
	paths := []path{{name: name, typ: scim.TypeComplex, subs: subs}}
	for _, sub := range subs {
		paths = append(paths, path{name: name + "." + sub.name, literals: sub.literals})
	}
	return paths
}

// drawFilter draws the text of a filter of at most that depth.
func drawFilter(rt *rapid.T, paths []path, depth int) string {
	kind := rapid.IntRange(0, 5).Draw(rt, "kind")
	if depth == 0 {
		kind = 5
	}
	sub := func() string { return drawFilter(rt, paths, depth-1) }
	switch kind {
	case 0:
		return "(" + sub() + " and " + sub() + ")"
	case 1:
		return "(" + sub() + " or " + sub() + ")"
	case 2:
		return "not (" + sub() + ")"
	}
	p := drawPath(rt, paths)
	if len(p.subs) > 0 && rapid.IntRange(0, 3).Draw(rt, "brackets") > 0 {
		return p.name + "[" + drawFilter(rt, p.subs, min(depth, 2)) + "]"
	}
	if p.typ == scim.TypeComplex {
		return p.name + " pr"
	}
	op := drawOperator(rt, p.typ)
	if op == "pr" {
		return p.name + " pr"
	}
	return p.name + " " + op + " " + drawLiteral(rt, p)
}

// drawOperator draws an operator, and those most often that an index answers.
func drawOperator(rt *rapid.T, t scim.Type) string {
	ops := append(operators(t), "eq", "eq")
	if slices.Contains(ops, "sw") {
		ops = append(ops, "sw", "co", "ew")
	}
	return rapid.SampledFrom(ops).Draw(rt, "operator")
}

// operators are those that a type takes.
func operators(t scim.Type) []string {
	switch t {
	case scim.TypeBoolean, scim.TypeBinary:
		return []string{"eq", "ne", "pr"}
	case scim.TypeInteger, scim.TypeDecimal, scim.TypeDateTime:
		return []string{"eq", "ne", "pr", "gt", "ge", "lt", "le"}
	}
	return []string{"eq", "ne", "pr", "gt", "ge", "lt", "le", "sw", "co", "ew"}
}

func drawLiteral(rt *rapid.T, p path) string {
	if p.literals != nil {
		return rapid.SampledFrom(p.literals).Draw(rt, "literal")
	}
	switch p.typ {
	case scim.TypeBoolean:
		return rapid.SampledFrom([]string{"true", "false"}).Draw(rt, "literal")
	case scim.TypeInteger:
		return rapid.SampledFrom(integers).Draw(rt, "literal")
	case scim.TypeDecimal:
		return rapid.SampledFrom(numbers).Draw(rt, "literal")
	case scim.TypeDateTime:
		return `"` + rapid.SampledFrom(dates).Draw(rt, "literal") + `"`
	case scim.TypeBinary:
		return `"` + rapid.SampledFrom(blobs).Draw(rt, "literal") + `"`
	}
	return string(scim.AppendJSON(nil, strings.ReplaceAll(drawText(rt), "\x00", "")))
}
