package mapping_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

func compile(t testing.TB, r mapping.Rules, e mapping.Expressions) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Compile(r, e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func document(t testing.TB, text string) *scim.Object {
	t.Helper()
	o, err := scim.ParseJSON([]byte(text), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func computed(result any, err error) mapping.Expressions {
	return func(string) (mapping.Expression, error) {
		return func(map[string]any) (any, error) { return result, err }, nil
	}
}

func TestDecide_Expressions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		kind   string
		result any
		want   string
	}{
		{"text", "", "x", `"x"`},
		{"none", "", nil, ""},
		{"empty", "", "", ""},
		{"boolean", "boolean", true, "true"},
		{"whole number", "number", int64(7), "7"},
		{"number", "number", 7.5, "7.5"},
		{"number as a text", "", int64(7), `"7"`},
		{"list", "list", []any{"a", int64(1), nil}, `["a","1"]`},
		{"an object is nothing", "", map[string]any{}, ""},
		{"infinity is nothing", "number", math.Inf(1), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := compile(t, attributes(mapping.Attribute{Target: "out", Type: tt.kind, Expression: "e"}), computed(tt.result, nil))
			d, err := m.Decide(mapping.Person{Active: true}, acme())
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if d.Profile[0].Target == "out" {
				got = string(scim.AppendJSON(nil, d.Profile[0].Value))
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDecide_ExpressionsSeeThePerson(t *testing.T) {
	t.Parallel()
	var seen map[string]any
	m := compile(t, attributes(mapping.Attribute{Target: "out", Expression: "e"}), func(string) (mapping.Expression, error) {
		return func(v map[string]any) (any, error) { seen = v; return nil, nil }, nil
	})
	person := mapping.Person{
		Attributes: document(t, `{"userName":"ada","level":2,"big":1e400,"half":0.5,"emails":[{"value":"a@b.example","primary":true}]}`),
		ExternalID: "x1", Active: true, Groups: []mapping.Group{{Name: "Sales"}},
	}
	if _, err := m.Decide(person, acme()); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"user": map[string]any{
			"userName": "ada", "level": int64(2), "big": "1e400", "half": 0.5,
			"emails": []any{map[string]any{"value": "a@b.example", "primary": true}},
		},
		"external_id": "x1", "active": true, "groups": []any{"Sales"},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Error(diff)
	}
}

// TestDecide_AnExpressionThatFails refuses the user whole, but never a login (J3).
func TestDecide_AnExpressionThatFails(t *testing.T) {
	t.Parallel()
	cause := errors.New("cost limit exceeded")
	m := compile(t, attributes(mapping.Attribute{Target: "out", Expression: "e"}), computed(nil, cause))
	_, err := m.Decide(mapping.Person{Active: true}, acme())
	var refused *scim.Error
	if !errors.As(err, &refused) || refused.Kind != scim.KindBadMapping || !errors.Is(err, cause) || !strings.Contains(refused.Detail(), "expression of out: the connection's mapping cannot use the value: \"cost limit exceeded\"") {
		t.Errorf("got %v", err)
	}
	d, err := m.Decide(mapping.Person{Active: true, Login: true}, acme())
	if err != nil || len(d.Notes) != 1 {
		t.Errorf("login: %v %v", d.Notes, err)
	}
}

func TestDecide_AnExpressionOfTheWrongType(t *testing.T) {
	t.Parallel()
	m := compile(t, attributes(mapping.Attribute{Target: "out", Type: "boolean", Expression: "e", Required: true}), computed("maybe", nil))
	_, err := m.Decide(mapping.Person{Active: true}, acme())
	if err == nil || !strings.Contains(err.Error(), `expression of out: the connection's mapping cannot use the value: "maybe"`) {
		t.Errorf("got %v", err)
	}
	m = compile(t, attributes(mapping.Attribute{Target: "out", Expression: "e", Required: true}), computed(nil, nil))
	_, err = m.Decide(mapping.Person{Active: true}, acme())
	if err == nil || !strings.Contains(err.Error(), "expression of out: a required value is missing") {
		t.Errorf("got %v", err)
	}
}

func TestDecide_C5_Bounds(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rules{}, nil)
	many := scim.Array{}
	for i := range 1001 {
		many = append(many, fmt.Sprint("A", i))
	}
	for want, accounts := range map[string]scim.Value{
		"accounts[1000]: too many":             many,
		"accounts[0]: too long":                scim.Array{strings.Repeat("x", 64<<10+1)},
		"accounts: texts in texts in texts":    quoted(6),
		"position 31: roles cannot be read":    `{"accountId":"ACC1","roles":  ` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + "}",
		"position 32: the text ends too early": `{"accountId":"ACC1","roles":  [`,
		"accounts: position 1: unexpected":     `x"`,
	} {
		_, err := m.Decide(mapping.Person{Active: true, Attributes: &scim.Object{Members: []scim.Member{{Name: "accounts", Value: accounts}}}}, acme())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %s, got %v", want, err)
		}
	}
}

// quoted is an id as a JSON text in a JSON text, and so on.
func quoted(depth int) scim.Value {
	s := "ACC1"
	for range depth {
		s = string(scim.AppendJSON(nil, s))
	}
	return s
}

// TestDecide_NotesAreBounded so that one user cannot fill the log.
func TestDecide_NotesAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 500 {
		fmt.Fprintf(&b, `,"x%d":1`, i)
	}
	doc := &scim.Object{Members: []scim.Member{{Name: "accounts", Value: `{"accountId":"ACC1"` + b.String() + "}"}}}
	d, err := compile(t, mapping.Rules{}, nil).Decide(mapping.Person{Attributes: doc}, acme())
	if err != nil || len(d.Notes) != 50 {
		t.Errorf("%d notes, %v", len(d.Notes), err)
	}
}

func TestDecide_LongListsOfRolesAreShortened(t *testing.T) {
	t.Parallel()
	tree := mapping.Tree{Home: "H", Workspaces: map[string]mapping.Workspace{"H": {Key: "H"}}}
	m := compile(t, mapping.Rules{}, nil)
	person := mapping.Person{Active: true, Attributes: document(t, `{"role":"x"}`)}
	if _, err := m.Decide(person, tree); err == nil || !strings.Contains(err.Error(), "Allowed: none.") {
		t.Errorf("got %v", err)
	}
	w := mapping.Workspace{Key: "H"}
	for i := range 13 {
		w.Roles = append(w.Roles, fmt.Sprint("r", i))
	}
	tree.Workspaces["H"] = w
	if _, err := m.Decide(person, tree); err == nil || !strings.Contains(err.Error(), "r9 and 3 more.") {
		t.Errorf("got %v", err)
	}
}

func TestReason_String(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]mapping.Reason{
		`roles: "Admin"`:                  {Rule: "roles", Source: "roles", Value: "Admin"},
		`extension role (urn:x): "Admin"`: {Rule: "extension role", Source: "urn:x", Value: "Admin"},
		`user_type`:                       {Rule: "user_type"},
	} {
		if got := r.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

const plainUser = `{"userName":"ada.byron@acme.example","name":{"givenName":"Ada","familyName":"Byron"},"displayName":"Ada Byron",
	"emails":[{"value":"ada.byron@acme.example","type":"work","primary":true}],"title":"Analyst","active":true,"locale":"en-GB",
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","department":"Engines"}}`

func BenchmarkDecide(b *testing.B) {
	accounts := `{"userName":"ada@acme.example","accounts":["{\"accountId\":\"ACC1\",\"roles\":\"Editor\",\"teams\":\"Marketing\",\"status\":\"Active\"}","{\"accountId\":\"ACC2\",\"roles\":\"User\"}"]}`
	rules := mapping.Rules{RoleAttribute: "urn:ietf:params:scim:schemas:extension:acme:2.0:User:role"}
	for i := range 100 {
		rules.Groups = append(rules.Groups, mapping.GroupRule{Group: fmt.Sprint("Group ", i), Role: "User"})
	}
	groups := make([]mapping.Group, 20)
	for i := range groups {
		groups[i] = mapping.Group{ID: fmt.Sprint(i), Name: fmt.Sprint("GROUP ", i*7), Direct: true}
	}
	for _, bb := range []struct {
		name   string
		rules  mapping.Rules
		doc    string
		groups []mapping.Group
	}{
		{"plain", mapping.Rules{}, plainUser, nil},
		{"role", rules, strings.Replace(plainUser, "{", `{"role":"Editor",`, 1), nil},
		{"groups", rules, plainUser, groups},
		{"accounts", mapping.Rules{}, accounts, nil},
	} {
		b.Run(bb.name, func(b *testing.B) {
			m, tree := compile(b, bb.rules, nil), acme()
			p := mapping.Person{Attributes: document(b, bb.doc), Active: true, Groups: bb.groups}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := m.Decide(p, tree); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mapping.Compile(mapping.Rules{}, nil); err != nil {
			b.Fatal(err)
		}
	}
}
