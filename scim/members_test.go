package scim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// memberModel is the list of members that a naive server would keep and change, one operation after the other.
type memberModel []MemberRef

func (m memberModel) add(refs ...MemberRef) memberModel {
	out := slices.Clone(m)
	for _, r := range refs {
		if !slices.ContainsFunc(out, func(o MemberRef) bool { return o.Value == r.Value }) {
			out = append(out, r)
		}
	}
	return out
}

func (m memberModel) without(drop func(MemberRef) bool) memberModel {
	return slices.DeleteFunc(slices.Clone(m), drop)
}

func (m memberModel) ids() string {
	ids := make([]string, len(m))
	for i, r := range m {
		ids[i] = r.Value
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// The closed form, applied to any list, gives the members that the operations give one by one (T-096, R-112).
func TestPatch_MembersClosedForm(t *testing.T) {
	t.Parallel()
	entra := profile(t, "entra")
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"})
		var start memberModel
		for _, id := range rapid.SliceOfDistinct(id, rapid.ID).Draw(t, "start") {
			start = append(start, MemberRef{Value: id, Display: "d" + id})
		}
		model, added := start, false
		var operations []string
		for range rapid.IntRange(1, 12).Draw(t, "length") {
			x, y := id.Draw(t, "x"), id.Draw(t, "y")
			is := func(m MemberRef) bool { return m.Value == x || m.Value == y }
			var op string
			switch rapid.IntRange(0, 9).Draw(t, "op") {
			case 0:
				op = fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":%q},{"value":%q}]}`, x, y)
				model, added = model.add(MemberRef{Value: x}, MemberRef{Value: y}), true
			case 1:
				op = fmt.Sprintf(`{"op":"add","value":{"members":%q}}`, x)
				model, added = model.add(MemberRef{Value: x}), true
			case 2:
				op = fmt.Sprintf(`{"op":"remove","path":"members","value":[{"value":%q},{"value":%q}]}`, x, y)
				model = model.without(is)
			case 3:
				op = fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\" or value eq \"%s\"]"}`, x, y)
				model = model.without(is)
			case 4:
				op = fmt.Sprintf(`{"op":"replace","path":"members","value":[{"value":%q}]}`, x)
				model, added = memberModel{{Value: x}}, true
			case 5:
				op = `{"op":"remove","path":"members"}`
				model, added = nil, false
			case 6:
				op = `{"op":"replace","value":{"members":[]}}`
				model, added = nil, false
			case 7:
				op = fmt.Sprintf(`{"op":"add","path":"members[value eq \"%s\"]","value":{"display":"d"}}`, x)
				model, added = model.add(MemberRef{Value: x}), true
			case 8:
				op = `{"op":"remove","path":"members","value":[]}`
			case 9:
				if added {
					continue // refused: see the vector group-select-after-add
				}
				op = fmt.Sprintf(`{"op":"remove","path":"members[display eq \"d%s\"]"}`, x)
				model = model.without(func(m MemberRef) bool { return m.Display == "d"+x })
			}
			operations = append(operations, op)
		}
		body := patchBody(operations...)
		if len(operations) == 0 {
			return
		}
		o, err := ParseJSON([]byte(body), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		p, err := ParsePatch(o, GroupType(), entra)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		delta, rest, err := p.Members()
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if got := memberModel(delta.applyTo(start)); got.ids() != model.ids() {
			t.Fatalf("%s on %s: got %s, want %s by %+v", body, start.ids(), got.ids(), model.ids(), delta)
		}
		if len(rest.Operations) != 0 {
			t.Fatalf("left over: %v", rest.Operations)
		}
	})
}

func TestPatch_MembersDelta(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name, ops, want string
	}{
		{"T-093 twice the same", `{"op":"add","path":"members","value":[{"value":"a"},{"value":"a"}]}`, "{Reset:false Remove:[] Add:[{Value:a Type: Display:}] Select:[]}"},
		{"R-112 the last word", `{"op":"add","path":"members","value":"a"},{"op":"remove","path":"members[value eq \"a\"]"}`, "{Reset:false Remove:[a] Add:[] Select:[]}"},
		{"R-137 after a reset nothing is left to remove", `{"op":"replace","path":"members","value":["a","b"]},{"op":"remove","path":"members[value eq \"a\"]"}`, "{Reset:true Remove:[] Add:[{Value:b Type: Display:}] Select:[]}"},
		{"T-092 type in schema case", `{"op":"add","path":"members","value":[{"value":"a","type":"user","display":"D"}]}`, "{Reset:false Remove:[] Add:[{Value:a Type:User Display:D}] Select:[]}"},
		{"T-077 null and nothing: all", `{"op":"remove","path":"members","value":null}`, "{Reset:true Remove:[] Add:[] Select:[]}"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			delta, _, err := parsedPatch(t, GroupType(), "entra", patchBody(row.ops)).Members()
			if got := fmt.Sprintf("%+v", delta); err != nil || got != row.want {
				t.Errorf("got %s, %v, want %s", got, err, row.want)
			}
		})
	}
}
