package scim

import (
	"errors"
	"testing"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	rec := &Record{
		Type: GroupType(), ID: "1", ExternalID: "x", Body: []byte(`{"displayName":"staff"}`),
		Members: []MemberRef{{Value: "a"}}, HasMembers: true,
	}
	r, err := GroupType().Load(rec)
	if err != nil || r.Text("displayName") != "staff" || r.ExternalID != "x" || !r.HasExternalID || !r.HasMembers || len(r.Members) != 1 {
		t.Errorf("got %+v, %v", r, err)
	}
	rec.Body = []byte(`{`)
	_, err = GroupType().Load(rec)
	var e *Error
	if err == nil || errors.As(err, &e) {
		t.Errorf("got %v: a broken store must be an internal error, not the caller's", err)
	}
	if _, err := rec.Object(); err == nil || errors.As(err, &e) {
		t.Errorf("Object: got %v", err)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	r := decoded(t, catalogue(), "entra", user(`"externalId":"x1","active":false,"name":{"familyName":"Doe"},"department":"d","manager":"m",
		"emails":[{"value":"a"},{"value":"b","primary":true}],"phoneNumbers":[{"value":"1"},{"value":"2"}],
		"addresses":[{"locality":"Bern"}],"`+urnCatalogue+`":{"level":7,"tags":["t"],"box":{"label":"l","sizes":[1]}}`))
	tests := map[string]string{
		"userName": "bob", "USERNAME": "bob", URNUser + ":userName": "bob", "name.familyName": "Doe", "name": "", "active": "false",
		"externalId": "x1", "id": "", "emails": "b", "emails.value": "b", "phoneNumbers.value": "1", "addresses.locality": "Bern",
		"addresses": "", URNEnterpriseUser + ":department": "d", URNEnterpriseUser + ":manager": "m", URNEnterpriseUser: "",
		URNEnterpriseUser + ":division": "", "department": "", "nickName": "", "nothing": "", "": "", "ims": "",
		urnCatalogue + ":level": "7", urnCatalogue + ":tags": "t", urnCatalogue + ":box.sizes": "",
	}
	for path, want := range tests {
		if got := r.Text(path); got != want {
			t.Errorf("Text(%q) = %q, want %q", path, got, want)
		}
	}
	if got := preferred(nil); got != nil {
		t.Errorf("preferred(nil) = %v", got)
	}
}

func TestActive(t *testing.T) {
	t.Parallel()
	for members, want := range map[string]bool{``: true, `"active":true`: true, `"active":"False"`: false, `"active":null`: true} {
		r := decoded(t, UserType(), "entra", user(members))
		if r.Active() != want {
			t.Errorf("%s: Active is %v", members, !want)
		}
		stored, err := UserType().Load(&Record{Type: UserType(), Body: r.Body()})
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := stored.Attributes.Get("active"); !ok || v != want { // Okta's test O1 reads it of every user
			t.Errorf("%s: stored active is %v", members, v)
		}
		if !stored.Equal(r) || !r.Equal(stored) {
			t.Errorf("%s: stored is not equal to decoded", members)
		}
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, a, b string
		want       bool
	}{
		{"M12 order of members", user(`"title":"t","name":{"givenName":"a","familyName":"b"}`), user(`"name":{"familyName":"b","givenName":"a"},"title":"t"`), true},
		{"default of active", user(``), user(`"active":true`), true},
		{"order of elements", user(`"emails":[{"value":"a"},{"value":"b"}]`), user(`"emails":[{"value":"b"},{"value":"a"}]`), false},
		{"a value", user(`"title":"t"`), user(`"title":"T"`), false},
		{"one more attribute", user(`"title":"t"`), user(`"title":"t","nickName":"n"`), false},
		{"other attributes", user(`"title":"t"`), user(`"nickName":"t"`), false},
		{"externalId", user(`"externalId":"a"`), user(`"externalId":"A"`), false},
		{"another sub-attribute", user(`"name":{"givenName":"a"}`), user(`"name":{"familyName":"a"}`), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := decoded(t, UserType(), "okta", tt.a), decoded(t, UserType(), "okta", tt.b)
			if a.Equal(b) != tt.want || b.Equal(a) != tt.want {
				t.Errorf("Equal is %v", !tt.want)
			}
		})
	}
	if equalValue("a", Array{}) || equalValue(Array{}, "a") || equalValue(&Object{}, true) || equalValue(Array{true}, Array{}) {
		t.Error("values of different types are equal")
	}
}
