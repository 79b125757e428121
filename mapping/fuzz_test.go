package mapping_test

import (
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// seeds calls f with the document of every vector that has the attribute; an empty corpus is a fault.
func seeds(f *testing.F, attribute string, add func(v vector, value scim.Value)) {
	_, all := readVectors(f)
	n := 0
	for _, v := range all {
		o, err := scim.ParseJSON([]byte(v.doc), scim.Limits{})
		if err != nil {
			f.Fatal(err)
		}
		if value, ok := o.Get(attribute); ok || attribute == "" {
			add(v, value)
			n++
		}
	}
	if n < 10 {
		f.Fatalf("%d vectors have %s", n, attribute)
	}
}

// FuzzAccounts reads any text as accounts, alone and as the element of a list.
func FuzzAccounts(f *testing.F) {
	seeds(f, "accounts", func(_ vector, value scim.Value) {
		list, ok := value.(scim.Array)
		if !ok {
			list = scim.Array{value}
		}
		for _, e := range list {
			if s, ok := e.(string); ok {
				f.Add(s)
			}
		}
	})
	m := compile(f, mapping.Rules{}, nil)
	f.Fuzz(func(t *testing.T, s string) {
		for _, value := range []scim.Value{s, scim.Array{s}} {
			doc := &scim.Object{Members: []scim.Member{{Name: "accounts", Value: value}}}
			d, err := m.Decide(mapping.Person{Attributes: doc, Active: true}, acme())
			checkOutcome(t, d, err)
		}
	})
}

// FuzzRoles reads any JSON as roles, of a user and of a login.
func FuzzRoles(f *testing.F) {
	for _, name := range []string{"role", "roles"} {
		seeds(f, name, func(_ vector, value scim.Value) { f.Add(string(scim.AppendJSON(nil, value))) })
	}
	m := compile(f, mapping.Rules{}, nil)
	f.Fuzz(func(t *testing.T, s string) {
		o, err := scim.ParseJSON([]byte(`{"role":`+s+`,"roles":`+s+"}"), scim.Limits{})
		if err != nil {
			return
		}
		for _, login := range []bool{false, true} {
			d, err := m.Decide(mapping.Person{Attributes: o, Active: true, Login: login}, acme())
			if login && err != nil {
				t.Fatalf("a role stopped a login: %v", err)
			}
			checkOutcome(t, d, err)
		}
	})
}

// FuzzDecide reads any document under any rules.
func FuzzDecide(f *testing.F) {
	seeds(f, "", func(v vector, _ scim.Value) { f.Add(v.rules, v.doc, v.login) })
	f.Fuzz(func(t *testing.T, rules, doc string, login bool) {
		var r mapping.Rules
		if rules != "" && json.Unmarshal([]byte(rules), &r) != nil {
			return
		}
		m, err := mapping.Compile(r, constant)
		if err != nil {
			return
		}
		o, err := scim.ParseJSON([]byte(doc), scim.Limits{})
		if err != nil {
			return
		}
		groups := []mapping.Group{{Name: "a", Direct: true}, {Name: "Sales", ExternalID: "abc-123"}}
		d, err := m.Decide(mapping.Person{Attributes: o, Active: true, Creating: true, Login: login, Groups: groups}, acme())
		checkOutcome(t, d, err)
	})
}
