package scimclient

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
)

// declared are the names that the type of the property below knows; it knows nothing of others, at any depth.
var declared = map[string]bool{"a": true, "b": true, "c": true}

// project is what a type holds of a document.
func project(v scim.Value) scim.Value {
	switch v := v.(type) {
	case *scim.Object:
		known := &scim.Object{}
		for _, m := range v.Members {
			if declared[m.Name] {
				known.Set(m.Name, project(m.Value))
			}
		}
		return known
	case scim.Array:
		known := make(scim.Array, len(v))
		for i := range v {
			known[i] = project(v[i])
		}
		return known
	}
	return v
}

func values(depth int, names []string) *rapid.Generator[scim.Value] {
	return rapid.Custom(func(t *rapid.T) scim.Value {
		kind := rapid.IntRange(0, 2).Draw(t, "kind")
		switch {
		case depth == 0 || kind == 0:
			return rapid.SampledFrom([]scim.Value{nil, true, "x", "y", scim.Number("1")}).Draw(t, "scalar")
		case kind == 1:
			return scim.Array(rapid.SliceOfN(values(depth-1, names), 0, 3).Draw(t, "array"))
		}
		return objects(depth-1, names).Draw(t, "object")
	})
}

func objects(depth int, names []string) *rapid.Generator[*scim.Object] {
	return rapid.Custom(func(t *rapid.T) *scim.Object {
		o := &scim.Object{}
		for _, name := range names {
			if rapid.Bool().Draw(t, "has "+name) {
				o.Set(name, values(depth, names).Draw(t, name))
			}
		}
		return o
	})
}

// canonical is the text of a value in which the order of members does not count.
func canonical(v scim.Value) string {
	switch v := v.(type) {
	case *scim.Object:
		text := "{"
		for _, name := range []string{"a", "b", "c", "x", "y"} {
			if inner, ok := v.Get(name); ok {
				text += name + ":" + canonical(inner) + ","
			}
		}
		return text + "}"
	case scim.Array:
		text := "["
		for _, inner := range v {
			text += canonical(inner) + ","
		}
		return text + "]"
	}
	return string(scim.AppendJSON(nil, v))
}

// Whatever a caller makes of what it knows, the merged document says exactly that, and everything that it could not
// know is still there.
func TestMerge_ChangesWhatIsDeclaredAndNothingElse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := objects(3, []string{"a", "b", "c", "x", "y"}).Draw(t, "whole")
		before := project(whole).(*scim.Object)
		after := objects(3, []string{"a", "b", "c"}).Draw(t, "after")
		for _, m := range before.Members { // some attributes stay as they were
			if rapid.Bool().Draw(t, "keeps "+m.Name) {
				after.Set(m.Name, m.Value)
			}
		}
		text := canonical(whole)
		merged := merge(whole, before, after)
		if got, want := canonical(project(merged)), canonical(after); got != want {
			t.Fatalf("the caller says %s\nsent      %s", want, got)
		}
		for _, name := range []string{"x", "y"} {
			had, was := whole.Get(name)
			got, is := merged.Get(name)
			if was != is || canonical(got) != canonical(had) {
				t.Fatalf("%s was %v, is %v", name, had, got)
			}
		}
		for _, m := range before.Members {
			now, kept := after.Get(m.Name)
			if kept && equal(now, m.Value) {
				had, _ := whole.Get(m.Name)
				if got, _ := merged.Get(m.Name); canonical(got) != canonical(had) {
					t.Fatalf("%s was not touched: %v, now %v", m.Name, had, got)
				}
			}
		}
		if canonical(whole) != text {
			t.Fatal("the received document was changed")
		}
	})
}
