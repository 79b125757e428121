package scim

import (
	"testing"

	"pgregory.net/rapid"
)

func TestReplace(t *testing.T) {
	t.Parallel()
	cat := func(s string) string { return user(`"` + urnCatalogue + `":{` + s + `}`) }
	tests := []struct {
		name, old, body, want, externalID string
	}{
		{
			"D-10 absent readWrite is cleared", user(`"nickName":"b","emails":[{"value":"a"}],"name":{"givenName":"x","familyName":"y"}`),
			user(`"name":{"givenName":"z"}`), `{"userName":"bob","name":{"givenName":"z"},"active":true}`, "",
		},
		{"D-10 absent externalId is kept", user(`"externalId":"A"`), user(``), `{"userName":"bob","active":true}`, "A"},
		{"D-10 explicit null clears externalId", user(`"externalId":"A"`), user(`"externalId":null`), `{"userName":"bob","active":true}`, ""},
		{"T-046 externalId is replaced", user(`"externalId":"A"`), user(`"externalId":"B"`), `{"userName":"bob","active":true}`, "B"},
		{"D-10 an extension that is absent is cleared", user(`"department":"d"`), user(``), `{"userName":"bob","active":true}`, ""},
		{"absent active stays false", user(`"active":false`), user(``), `{"userName":"bob","active":false}`, ""},
		{"active true lets in again", user(`"active":false`), user(`"active":true`), `{"userName":"bob","active":true}`, ""},
		{"R-102 immutable is kept", cat(`"country":"CH"`), user(``), `{"userName":"bob","` + urnCatalogue + `":{"country":"CH"},"active":true}`, ""},
		{"R-102 immutable, the same value", cat(`"country":"CH"`), cat(`"country":"CH","role":"r"`), `{"userName":"bob","` + urnCatalogue + `":{"country":"CH","role":"r"},"active":true}`, ""},
		{"R-102 immutable, unset", user(``), cat(`"country":"CH"`), `{"userName":"bob","` + urnCatalogue + `":{"country":"CH"},"active":true}`, ""},
		{"R-106 write-only is kept", cat(`"pin":"1"`), cat(`"role":"r"`), `{"userName":"bob","` + urnCatalogue + `":{"role":"r","pin":"1"},"active":true}`, ""},
		{"R-102 immutable sub-attribute is kept", cat(`"box":{"label":"a","serial":"1"}`), cat(`"box":{"label":"b"}`), `{"userName":"bob","` + urnCatalogue + `":{"box":{"label":"b","serial":"1"}},"active":true}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			old := decoded(t, catalogue(), "okta", tt.old)
			body := decoded(t, catalogue(), "okta", tt.body)
			before := string(old.Body()) + string(body.Body())
			got, err := body.Replace(old)
			if err != nil {
				t.Fatal(err)
			}
			if s := string(got.Body()); s != tt.want || got.ExternalID != tt.externalID {
				t.Errorf("got  %s %q\nwant %s %q", s, got.ExternalID, tt.want, tt.externalID)
			}
			if after := string(old.Body()) + string(body.Body()); after != before {
				t.Errorf("an argument was changed: %s", after)
			}
		})
	}
}

func TestReplace_R103_ServerValuesAreKept(t *testing.T) {
	t.Parallel()
	rec := &Record{Type: catalogue(), Body: []byte(`{"userName":"bob","` + urnCatalogue + `":{"quota":5}}`)}
	old, err := catalogue().Load(rec)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decoded(t, catalogue(), "okta", user(`"`+urnCatalogue+`":{"quota":9}`)).Replace(old)
	if err != nil || string(got.Body()) != `{"userName":"bob","`+urnCatalogue+`":{"quota":5},"active":true}` {
		t.Errorf("got %s, %v", got.Body(), err)
	}
}

func TestReplace_R102_ImmutableIsRefused(t *testing.T) {
	t.Parallel()
	cat := func(s string) string { return user(`"` + urnCatalogue + `":{` + s + `}`) }
	tests := []struct{ name, old, body, where string }{
		{"attribute", cat(`"country":"CH"`), cat(`"country":"DE"`), urnCatalogue + ":country"},
		{"sub-attribute", cat(`"box":{"label":"a","serial":"1"}`), cat(`"box":{"label":"a","serial":"2"}`), urnCatalogue + ":box.serial"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := decoded(t, catalogue(), "okta", tt.body).Replace(decoded(t, catalogue(), "okta", tt.old))
			refused(t, err, KindImmutable, tt.where)
		})
	}
}

func TestReplace_D09_Members(t *testing.T) {
	t.Parallel()
	old := decoded(t, GroupType(), "okta", group(`"members":[{"value":"a"}]`))
	for body, has := range map[string]bool{`"externalId":"x"`: false, `"members":[]`: true} {
		got, err := decoded(t, GroupType(), "okta", group(body)).Replace(old)
		if err != nil || got.HasMembers != has || len(got.Members) != 0 {
			t.Errorf("%s: HasMembers %v, Members %v, %v", body, got.HasMembers, got.Members, err)
		}
	}
}

func TestReplace_D09_EmptyResources(t *testing.T) {
	t.Parallel()
	empty := &Resource{Type: GroupType()}
	got, err := empty.Replace(empty)
	if err != nil || string(got.Body()) != "{}" {
		t.Errorf("got %s, %v", got.Body(), err)
	}
}

// A PUT of what is stored changes nothing (M12), whatever is stored.
func TestReplace_ByItselfIsIdentity(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r, err := UserType().Decode(userBodies().Draw(rt, "body"), profile(t, "okta"))
		if err != nil {
			return
		}
		got, err := r.Replace(r)
		if err != nil || !got.Equal(r) {
			rt.Fatalf("got %s, %v, want %s", got.Body(), err, r.Body())
		}
	})
}
