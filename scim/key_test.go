package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	r := decoded(t, catalogue(), "entra", user(`"externalId":"E","password":"p","name":{"givenName":"BoB"},
		"emails":[{"value":"A@x","type":"Work","primary":true},{"value":"b@x"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"N7","manager":{"value":"MiXed"}},
		"`+urnCatalogue+`":{"level":-5,"hired":"2008-01-23T04:56:22Z","tags":["X","y"],"pin":"1","box":{"label":"L","sizes":[1,2]}}`))
	minusFive, _ := integer.Fold(Number("-5"))
	one, _ := integer.Fold(Number("1"))
	two, _ := integer.Fold(Number("2"))
	const cat = "urn:example:schemas:extension:catalogue:2.0:user:"
	want := []Key{
		{"username", "bob", 0},
		{"name.givenname", "bob", 0},
		{"emails.value", "a@x", 0},
		{"emails.type", "work", 0},
		{"emails.primary", "true", 0},
		{"emails.value", "b@x", 1},
		{"active", "true", 0},
		{"enterprise:2.0:user:employeenumber", "n7", 0},
		{"enterprise:2.0:user:manager.value", "MiXed", 0},
		{cat + "level", minusFive, 0},
		{cat + "hired", "2008-01-23T04:56:22.000000000Z", 0},
		{cat + "tags", "x", 0},
		{cat + "tags", "y", 1},
		{cat + "box.label", "l", 0},
		{cat + "box.sizes", one, 0},
		{cat + "box.sizes", two, 0},
	}
	if d := cmp.Diff(want, r.Keys()); d != "" {
		t.Error(d)
	}
}

// Stored attributes that the schema no longer declares have no keys.
func TestKeys_UndeclaredAttributes(t *testing.T) {
	t.Parallel()
	r, err := GroupType().Load(&Record{Type: GroupType(), Body: []byte(`{"displayName":"G","old":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Key{{"displayname", "g", 0}}, r.Keys()); d != "" {
		t.Error(d)
	}
	user, err := UserType().Load(&Record{Type: UserType(), Body: []byte(`{"name":{"old":1},"active":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Key{{"active", "true", 0}}, user.Keys()); d != "" {
		t.Error(d)
	}
	if keys := (&Resource{Type: GroupType()}).Keys(); len(keys) != 0 {
		t.Errorf("got %v of a resource without attributes", keys)
	}
}

func TestKeyName(t *testing.T) {
	t.Parallel()
	manager := enterpriseUser.Attribute("manager")
	if got := keyName(enterpriseUser, true, manager, manager.Sub("$ref")); got != "enterprise:2.0:user:manager.$ref" {
		t.Errorf("got %q", got)
	}
	if got := keyName(nil, false, find(commonAttributes, "externalId"), nil); got != "externalid" {
		t.Errorf("got %q", got)
	}
}
