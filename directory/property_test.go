package directory_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
)

// The oracle of a group's members is a list: what the operations of a PATCH or PUT mean when they are applied to it
// one by one. The directory must come to the same members by rows, and write exactly when they differ.
func TestProperty_GroupMembersAreWhatTheOperationsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	var ids []string
	for i := range 6 {
		ids = append(ids, w.user(fmt.Sprintf(`{"userName":"u%d"}`, i)).ID)
	}
	groups := 0
	rapid.Check(t, func(rt *rapid.T) {
		groups++
		g := w.group(fmt.Sprintf(`{"displayName":"G%d"}`, groups))
		w.skip()
		want, version := []string{}, g.Version
		some := rapid.SliceOfN(rapid.SampledFrom(ids), 0, 4)
		for range rapid.IntRange(1, 6).Draw(rt, "requests") {
			before := slices.Sorted(slices.Values(want))
			var got *scim.Record
			var err error
			if rapid.Bool().Draw(rt, "put") {
				want = unique(some.Draw(rt, "list"))
				got, err = w.put(w.groupType(), g.ID, fmt.Sprintf(`{"displayName":"G%d","members":%s}`, groups, values(want)))
			} else {
				operations := "["
				for i := range rapid.IntRange(1, 3).Draw(rt, "operations") {
					if i > 0 {
						operations += ","
					}
					var op string
					op, want = drawOperation(rt, some, want)
					operations += op
				}
				got, err = w.patch(w.groupType(), g.ID, operations+"]")
			}
			if err != nil {
				rt.Fatal(err)
			}
			after := slices.Sorted(slices.Values(want))
			changed := !slices.Equal(before, after)
			if changed {
				version++
			}
			if have := slices.Sorted(slices.Values(members(got))); !slices.Equal(have, after) {
				rt.Fatalf("members are %v, want %v", have, after)
			}
			if got.Version != version {
				rt.Fatalf("version is %d, want %d", got.Version, version)
			}
			if n := len(w.happened()); (n == 2) != changed || n > 2 {
				rt.Fatalf("%d entries and events; changed: %t", n, changed)
			}
		}
	})
}

// drawOperation draws one operation on members and applies it to the list.
func drawOperation(rt *rapid.T, some *rapid.Generator[[]string], list []string) (string, []string) {
	ids := unique(some.Draw(rt, "ids"))
	switch kind := rapid.SampledFrom([]string{"add", "remove", "replace", "select", "clear"}).Draw(rt, "op"); {
	case kind == "clear":
		return `{"op":"remove","path":"members"}`, []string{}
	case kind == "replace":
		return fmt.Sprintf(`{"op":"replace","path":"members","value":%s}`, values(ids)), ids
	case len(ids) == 0:
		return `{"op":"add","path":"members","value":[]}`, list
	case kind == "add":
		return fmt.Sprintf(`{"op":"add","path":"members","value":%s}`, values(ids)), unique(append(slices.Clone(list), ids...))
	case kind == "remove":
		return fmt.Sprintf(`{"op":"remove","path":"members","value":%s}`, values(ids)), without(list, ids)
	default:
		return fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, ids[0]), without(list, ids[:1])
	}
}

func values(ids []string) string {
	text := "["
	for i, id := range ids {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(`{"value":%q}`, id)
	}
	return text + "]"
}

func unique(ids []string) []string {
	out := []string{}
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func without(list, ids []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(id string) bool { return slices.Contains(ids, id) })
}
