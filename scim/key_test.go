package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// everyIndexed is the type with every attribute of its schemas indexed.
func everyIndexed(t *ResourceType) *ResourceType {
	c := *t
	c.Schema = everyIndexedIn(t.Schema)
	c.Extensions = nil
	for _, e := range t.Extensions {
		c.Extensions = append(c.Extensions, Extension{Schema: everyIndexedIn(e.Schema), Required: e.Required})
	}
	return &c
}

func everyIndexedIn(s *Schema) *Schema {
	c := *s
	c.Attributes = allIndexed(s.Attributes)
	return &c
}

func allIndexed(attrs []*Attribute) []*Attribute {
	list := make([]*Attribute, len(attrs))
	for i, a := range attrs {
		c := *a
		c.Indexed = true
		c.SubAttributes = allIndexed(a.SubAttributes)
		list[i] = &c
	}
	return list
}

func TestKeys_EveryAttributeIndexed(t *testing.T) {
	t.Parallel()
	r := decoded(t, everyIndexed(catalogue()), "entra", user(`"externalId":"E","password":"p","name":{"givenName":"BoB"},
		"emails":[{"value":"A@x","type":"Work","primary":true},{"value":"b@x"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"N7","manager":{"value":"MiXed"}},
		"`+urnCatalogue+`":{"level":-5,"hired":"2008-01-23T04:56:22Z","tags":["X","y"],"pin":"1","box":{"label":"L","sizes":[1,2]}}`))
	minusFive, _ := integer.Fold(Number("-5"))
	one, _ := integer.Fold(Number("1"))
	two, _ := integer.Fold(Number("2"))
	const cat = "urn:example:schemas:extension:catalogue:2.0:user:"
	want := []Key{ // by the schemas' order
		{"username", "bob", 0},
		{"name.givenname", "bob", 0},
		{"active", "true", 0},
		{"emails.value", "a@x", 0},
		{"emails.value", "b@x", 1},
		{"emails.type", "work", 0},
		{"emails.primary", "true", 0},
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

// What IdPs look users up by has keys, and nothing else: a row more costs every write a place in an index.
func TestKeys_CoreSchemas(t *testing.T) {
	t.Parallel()
	body := user(`"externalId":"E","password":"p","active":false,"title":"T","locale":"en","displayName":"Bob B",
		"name":{"givenName":"BoB","familyName":"Bü","formatted":"x","middleName":"y"},
		"emails":[{"value":"A@x","type":"Work","primary":true,"display":"d"},{"type":"home"},{"value":"b@x"}],
		"phoneNumbers":[{"value":"1"}],"addresses":[{"locality":"L"}],
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"N7","department":"D",
			"manager":{"value":"MiXed","displayName":"m"}}`)
	want := []Key{
		{"name.familyname", "bü", 0},
		{"name.givenname", "bob", 0},
		{"displayname", "bob b", 0},
		{"emails.value", "a@x", 0},
		{"emails.value", "b@x", 2},
		{"enterprise:2.0:user:employeenumber", "n7", 0},
		{"enterprise:2.0:user:manager.value", "MiXed", 0},
	}
	if d := cmp.Diff(want, decoded(t, UserType(), "entra", body).Keys()); d != "" {
		t.Error(d)
	}
	group := decoded(t, GroupType(), "entra", `{"displayName":"G","externalId":"E","members":[{"value":"1"}]}`)
	if keys := group.Keys(); len(keys) != 0 {
		t.Errorf("got %v of a group, whose name is a column", keys)
	}
}

// Stored attributes that the schema no longer declares have no keys.
func TestKeys_UndeclaredAttributes(t *testing.T) {
	t.Parallel()
	groupType, userType := everyIndexed(GroupType()), everyIndexed(UserType())
	r, err := groupType.Load(&Record{Type: groupType, Body: []byte(`{"displayName":"G","old":1}`)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Key{{"displayname", "g", 0}}, r.Keys()); d != "" {
		t.Error(d)
	}
	user, err := userType.Load(&Record{Type: userType, Body: []byte(`{"name":{"old":1},"active":true}`)})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]Key{{"active", "true", 0}}, user.Keys()); d != "" {
		t.Error(d)
	}
	if keys := (&Resource{Type: groupType}).Keys(); len(keys) != 0 {
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
