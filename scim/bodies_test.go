package scim

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// bodies are the literal create and replace bodies of real clients, by file name.
func bodies(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("testdata/bodies/*.json")
	if err != nil || len(files) == 0 {
		tb.Fatalf("the corpus of bodies is empty: %v", err)
	}
	out := make(map[string]string, len(files))
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(f), ".json")] = string(data)
	}
	return out
}

// bodyType is the resource type that a body is sent for.
func bodyType(name string) *ResourceType {
	if strings.Contains(name, "group") {
		return GroupType()
	}
	return UserType()
}

func profile(tb testing.TB, name string) Profile {
	tb.Helper()
	p, ok := ProfileByName(name)
	if !ok {
		tb.Fatalf("no profile %q", name)
	}
	return p
}

func parsed(tb testing.TB, src string) *Object {
	tb.Helper()
	o, err := ParseJSON([]byte(src), Limits{})
	if err != nil {
		tb.Fatalf("ParseJSON(%s): %v", src, err)
	}
	return o
}

func decoded(tb testing.TB, rt *ResourceType, profileName, src string) *Resource {
	tb.Helper()
	r, err := rt.Decode(parsed(tb, src), profile(tb, profileName))
	if err != nil {
		tb.Fatalf("Decode(%s): %v", src, err)
	}
	return r
}

// refused asserts an *Error of the kind and place.
func refused(tb testing.TB, err error, k Kind, where string) {
	tb.Helper()
	e, ok := err.(*Error)
	if !ok {
		tb.Fatalf("got %v, want an *Error of kind %q", err, k)
	}
	if e.Kind != k || e.Where != where {
		tb.Errorf("got kind %q at %q (%v), want %q at %q", e.Kind, e.Where, err, k, where)
	}
}

// catalogue is a resource type with every data type and characteristic, as an application may declare one.
func catalogue() *ResourceType {
	ext := &Schema{
		ID: "urn:example:schemas:extension:catalogue:2.0:User", Name: "Catalogue",
		Attributes: []*Attribute{
			{Name: "role"},
			{Name: "level", Type: TypeInteger},
			{Name: "score", Type: TypeDecimal},
			{Name: "hired", Type: TypeDateTime},
			{Name: "badge", Type: TypeBinary, CaseExact: true},
			{Name: "site", Type: TypeReference, CaseExact: true, ReferenceTypes: []string{"uri"}},
			{Name: "tags", MultiValued: true},
			{Name: "codes", CaseExact: true, MultiValued: true},
			{Name: "country", Mutability: Immutable},
			{Name: "quota", Type: TypeInteger, Mutability: ReadOnly},
			{Name: "pin", Mutability: WriteOnly, Returned: ReturnedNever},
			{Name: "notes", Returned: ReturnedRequest},
			{Name: "tier", Returned: ReturnedAlways},
			{Name: "box", Type: TypeComplex, SubAttributes: []*Attribute{
				{Name: "label", Required: true},
				{Name: "serial", Mutability: Immutable},
				{Name: "sizes", Type: TypeInteger, MultiValued: true},
			}},
		},
	}
	t := *UserType()
	t.Extensions = append(slices.Clone(t.Extensions), Extension{Schema: ext})
	return &t
}

const urnCatalogue = "urn:example:schemas:extension:catalogue:2.0:User"

func TestBodies_EveryClientBodyDecodes(t *testing.T) {
	t.Parallel()
	for name, src := range bodies(t) {
		for _, profileName := range ProfileNames()[1:] {
			r, err := bodyType(name).Decode(parsed(t, src), profile(t, profileName))
			if err != nil {
				t.Errorf("%s as %s: %v", name, profileName, err)
				continue
			}
			if strings.Contains(string(r.Body()), "null") {
				t.Errorf("%s as %s: T-135 null in %s", name, profileName, r.Body())
			}
		}
	}
}
