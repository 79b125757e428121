package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The error texts say what a value of each type looks like.
func TestCoerce_Allowed(t *testing.T) {
	t.Parallel()
	ext := catalogue().schema(urnCatalogue)
	tests := []struct{ attr, want string }{
		{"role", "text"},
		{"level", "an integer, without fraction or exponent"},
		{"score", "a number"},
		{"hired", "a date and time such as 2008-01-23T04:56:22Z"},
		{"badge", "base64 text"},
		{"site", "a URI as text"},
		{"box", "an object with label, serial, sizes"},
	}
	for _, tt := range tests {
		_, err := Profile{}.coerceSimple(ext.Attribute(tt.attr), true, tt.attr)
		if e, ok := err.(*Error); !ok || e.Allowed != tt.want || e.Where != tt.attr || e.Value != "true" {
			t.Errorf("%s: got %v, want it to allow %q", tt.attr, err, tt.want)
		}
	}
	if d := describe(&Attribute{Type: TypeBoolean}); d != "true or false" {
		t.Errorf("got %q", d)
	}
}

func TestCoerce_SecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	pin := catalogue().schema(urnCatalogue).Attribute("pin")
	_, _, err := profile(t, "okta").coerce(pin, Array{"1234", "5678"}, "pin")
	if e, ok := err.(*Error); !ok || e.Value != "" || e.Kind != KindWrongType {
		t.Errorf("got %v", err)
	}
}

func TestCoerce_NamesThePlace(t *testing.T) {
	t.Parallel()
	p := profile(t, "okta")
	emails := UserType().Schema.Attribute("emails")
	_, _, err := p.coerce(emails, Array{&Object{}, &Object{Members: []Member{{"Primary", "x"}}}}, "Operations[3].value")
	refused(t, err, KindWrongType, "Operations[3].value[1].primary")
	_, warnings, err := p.coerce(emails, Array{&Object{Members: []Member{{"typ", "x"}}}}, "Operations[3].value")
	if d := cmp.Diff([]string{`unknown attribute "Operations[3].value.typ" ignored; the nearest declared one is "type"`}, warnings); err != nil || d != "" {
		t.Error(err, d)
	}
}

func TestCoerce_Unassigned(t *testing.T) {
	t.Parallel()
	u := UserType().Schema
	for name, v := range map[string]Value{
		"title": nil, "emails": Array{}, "name": &Object{}, "active": nil, "addresses": Array{nil, &Object{}, &Object{Members: []Member{{"region", nil}}}}, "nickName": Array{},
	} {
		got, _, err := Profile{}.coerce(u.Attribute(name), v, name)
		if got != nil || err != nil {
			t.Errorf("R-022 %s: got %v, %v", name, got, err)
		}
	}
	if v, err := (Profile{}).coerceSimple(u.Attribute("title"), nil, ""); v != nil || err != nil {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	want := []string{"rfc", "okta", "entra", "onelogin", "jumpcloud", "ping", "keycloak", "authentik", "generic"}
	if d := cmp.Diff(want, ProfileNames()); d != "" {
		t.Error(d)
	}
	for _, name := range want {
		p, ok := ProfileByName(name)
		if !ok || p.Name != name || p.Has(QuirkIgnoreUnknown) != (name != "rfc") {
			t.Errorf("%s: %+v", name, p)
		}
		if p.Has(QuirkEmptyOperations) != (name == "entra" || name == "generic") {
			t.Errorf("D-24 %s", name)
		}
	}
	if _, ok := ProfileByName("nobody"); ok {
		t.Error("an unknown profile is found")
	}
	if p, _ := ProfileByName("rfc"); p.Quirks != 0 {
		t.Error("rfc has quirks")
	}
}
