package scimclient

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
)

func TestPatch_MarshalJSON(t *testing.T) {
	t.Parallel()
	const head = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`
	object := &scim.Object{Members: []scim.Member{{Name: "active", Value: false}}}
	cases := []struct {
		name string
		p    Patch
		want string
	}{
		{"none", Patch{}, ``},
		{"add", Patch{}.Add("title", "a<b"), `{"op":"add","path":"title","value":"a<b"}`},
		{"without a path", Patch{}.Replace("", map[string]any{"active": false}), `{"op":"replace","value":{"active":false}}`},
		{"value of package scim", Patch{}.Replace("", object), `{"op":"replace","value":{"active":false}}`},
		{"null", Patch{}.Replace("title", nil), `{"op":"replace","path":"title","value":null}`},
		{"typed value", Patch{}.Add("members", []Member{{Value: "1"}}), `{"op":"add","path":"members","value":[{"value":"1"}]}`},
		{"remove", Patch{}.Remove(ValuePath("members", Eq("value", `a"b`), "")), `{"op":"remove","path":"members[value eq \"a\\\"b\"]"}`},
		{
			"in order",
			Patch{}.Remove("x").Add("y", 1).Replace(ValuePath("emails", Eq("type", "work"), "value"), "z"),
			`{"op":"remove","path":"x"},{"op":"add","path":"y","value":1},{"op":"replace","path":"emails[type eq \"work\"].value","value":"z"}`,
		},
		{"path of all values", Patch{}.Remove(ValuePath("emails", Filter{}, "type")), `{"op":"remove","path":"emails.type"}`},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(tt.p) // its escapes for HTML mean the same
			text := strings.NewReplacer(`\u003c`, "<").Replace(string(got))
			if want := head + tt.want + "]}"; err != nil || text != want {
				t.Errorf("got %s, %v\nwant %s", text, err, want)
			}
			if tt.p.Len() != strings.Count(tt.want, `"op":`) {
				t.Errorf("Len is %d", tt.p.Len())
			}
		})
	}
}

func TestPatch_RefusesFaults(t *testing.T) {
	t.Parallel()
	cases := map[string]Patch{
		"remove without a path": Patch{}.Remove(""),
		"value without JSON":    Patch{}.Add("x", func() {}),
		"faulty filter":         Patch{}.Remove(ValuePath("members", Eq("value", "\xff"), "")),
		"faulty attribute":      Patch{}.Remove(ValuePath("a b", Filter{}, "")),
		"faulty sub-attribute":  Patch{}.Remove(ValuePath("a", Pr("b"), "c d")),
	}
	for name, p := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text, err := json.Marshal(p); err == nil {
				t.Errorf("taken: %s", text)
			}
		})
	}
}

// Two patches that share a beginning do not share their ends.
func TestPatch_IsAValue(t *testing.T) {
	t.Parallel()
	begin := Patch{}.Add("a", 1).Add("b", 2).Add("c", 3)
	x, y := begin.Add("x", 4), begin.Add("y", 5)
	for p, path := range map[*Patch]string{&x: "x", &y: "y"} {
		if got := p.operations[3].Path; got != path || begin.Len() != 3 {
			t.Errorf("got %s, want %s", got, path)
		}
	}
}
