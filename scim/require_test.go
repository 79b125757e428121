package scim

import (
	"errors"
	"testing"
)

const urnRequireDepartment = URNEnterpriseUser + ":department"

func TestRequire_C2(t *testing.T) {
	t.Parallel()
	required := []string{"userName", "name.givenName", "name.familyName", `emails[type eq "work"].value`, urnRequireDepartment}
	const names, mail, department = `"name":{"givenName":"B","familyName":"D"}`, `"emails":[{"value":"b@x.example","type":"work"}]`, `"department":"d"`
	tests := []struct{ members, stored, missing string }{
		{names + "," + mail + "," + department, "", ""},
		{`"name":{"givenName":"B"},` + mail + "," + department, "", "name.familyName"},
		{`"name":{"givenName":" ","familyName":"D"},` + mail + "," + department, "", "name.givenName"},
		{names + "," + department, "", `emails[type eq "work"].value`},
		{names + `,"emails":[{"value":"b@x.example","type":"home"}],` + department, "", `emails[type eq "work"].value`},
		{names + `,"emails":[{"display":"B","type":"work"}],` + department, "", `emails[type eq "work"].value`},
		{names + "," + mail, "", urnRequireDepartment},
		// What was never there is not asked of a change, and what is there cannot go.
		{names, names, ""},
		{`"name":{"givenName":"B"},` + mail, names + "," + mail, "name.familyName"},
		{names + `,"active":false`, names, ""},
	}
	for _, tt := range tests {
		var before *Resource
		if tt.stored != "" {
			before = decoded(t, UserType(), "entra", user(tt.stored))
		}
		err := decoded(t, UserType(), "entra", user(tt.members)).Require(required, before)
		var e *Error
		switch {
		case tt.missing == "" && err != nil:
			t.Errorf("%s: %v", tt.members, err)
		case tt.missing != "" && (!errors.As(err, &e) || e.Kind != KindMissing || e.Where != tt.missing):
			t.Errorf("%s: got %v, want %s missing", tt.members, err, tt.missing)
		}
	}
}

func TestHas(t *testing.T) {
	t.Parallel()
	r := decoded(t, UserType(), "entra", user(`"externalId":"x","active":false,"emails":[{"value":"a@x.example"}],"manager":"m"`))
	for src, want := range map[string]bool{
		"externalId": true, "id": true, "active": true, "emails": true, "emails.value": true, "emails.type": false,
		`emails[value eq "a@x.example"]`: true, `emails[value eq "b"]`: false, "name": false, "name.givenName": false,
		URNEnterpriseUser: true, URNEnterpriseUser + ":manager": true, URNEnterpriseUser + ":manager.value": true,
		URNEnterpriseUser + ":department": false, "groups": false,
	} {
		p, err := ParsePath(src, UserType(), Profile{})
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if got := r.Has(p); got != want {
			t.Errorf("%s: got %t", src, got)
		}
	}
	if err := r.Require([]string{"favourite"}, nil); err == nil {
		t.Error("an attribute that nobody declares was not missed")
	}
}

func TestCheckEmailUserName_M15(t *testing.T) {
	t.Parallel()
	for members, ok := range map[string]bool{
		`"userName":"bob@x.example","emails":[{"value":"other@x.example"},{"value":"Bob@X.example"}]`: true,
		`"userName":"bob@x.example","emails":[{"value":"robert@x.example"}]`:                          false,
		`"userName":"bob@x.example"`: false,
	} {
		err := decoded(t, UserType(), "entra", `{"schemas":["`+URNUser+`"],`+members+`}`).CheckEmailUserName(nil)
		var e *Error
		if ok != (err == nil) || !ok && (!errors.As(err, &e) || e.Kind != KindNotAnEmail || e.Value != "bob@x.example") {
			t.Errorf("%s: %v", members, err)
		}
	}
	old, leaving := decoded(t, UserType(), "entra", user(``)), decoded(t, UserType(), "entra", user(`"active":false`))
	if err := leaving.CheckEmailUserName(old); err != nil {
		t.Errorf("who was let in without an e-mail cannot leave: %v", err)
	}
}

func TestFilterUserName_M6(t *testing.T) {
	t.Parallel()
	p, _ := ProfileByName("entra")
	for src, want := range map[string]string{
		`userName eq "a@x.example"`: "a@x.example", `USERNAME Eq "A"`: "A", URNUser + `:userName eq "a"`: "a",
		`userName sw "a"`: "", `userName eq "a" and active eq true`: "", `not (userName eq "a")`: "",
		`emails.value eq "a"`: "", `name.givenName eq "a"`: "", `userName pr`: "",
	} {
		f, err := ParseFilter(src, UserType(), p)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if got, ok := f.UserName(); got != want || ok != (want != "") {
			t.Errorf("%s: got %q, %t", src, got, ok)
		}
	}
}

func TestHasEmail_M6_OnlyThePrimaryOne(t *testing.T) {
	t.Parallel()
	tests := []struct {
		emails, email string
		want          bool
	}{
		{`[{"value":"a@x.example"},{"value":"B@x.example","primary":true}]`, "b@X.example", true},
		{`[{"value":"a@x.example"},{"value":"B@x.example","primary":true}]`, "a@x.example", false},
		{`[{"value":"a@x.example"},{"value":"b@x.example"}]`, "a@x.example", true},
		{`[]`, "", false},
	}
	for _, tt := range tests {
		r := decoded(t, UserType(), "entra", user(`"emails":`+tt.emails))
		if got := r.HasEmail(tt.email); got != tt.want {
			t.Errorf("%s has %s: %t", tt.emails, tt.email, got)
		}
		f, err := EmailFilter(UserType(), tt.email)
		if err != nil {
			t.Fatal(err)
		}
		c, _ := f.Root.(*Compare)
		if name, _, ok := c.Key(); !ok || name != "emails.value" {
			t.Errorf("the filter is not served by an index: %q %t", name, ok)
		}
	}
}
