package scimclient

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
)

func TestResources_Requests(t *testing.T) {
	t.Parallel()
	type call func(Resources[User]) error
	discard := func(_ *User, err error) error { return err }
	cases := []struct {
		name   string
		answer answer
		call   call
		want   []string
	}{
		{"get", ok(`{}`), func(u Resources[User]) error { return discard(u.Get(t.Context(), "a/b?c d%")) }, []string{"GET /Users/a%2Fb%3Fc%20d%25"}},
		{
			"attributes", ok(`{}`),
			func(u Resources[User]) error {
				return discard(u.With(Options{Attributes: []string{"userName", "name.familyName"}}).Get(t.Context(), "1"))
			},
			[]string{"GET /Users/1?attributes=userName%2Cname.familyName"},
		},
		{
			"excluded", ok(`{}`),
			func(u Resources[User]) error {
				return discard(u.With(Options{ExcludedAttributes: []string{"groups"}}).Patch(t.Context(), "1", Patch{}.Remove("x")))
			},
			[]string{`PATCH /Users/1?excludedAttributes=groups | {"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"x"}]}`},
		},
		{
			"conditions go where they mean something", ok(`{"id":"1"}`),
			func(u Resources[User]) error {
				u = u.With(Options{IfMatch: `W/"1"`, IfNoneMatch: `W/"2"`})
				return errors.Join(discard(u.Get(t.Context(), "1")), discard(u.Create(t.Context(), &User{})), u.Delete(t.Context(), "1"))
			},
			[]string{`GET /Users/1 | If-None-Match: W/"2"`, `POST /Users | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"]}`, `DELETE /Users/1 | If-Match: W/"1"`},
		},
		{
			"extensions are named in schemas", ok(`{}`),
			func(u Resources[User]) error {
				return discard(u.Create(t.Context(), &User{Active: new(false), Enterprise: &EnterpriseUser{Department: "R&D"}, Emails: []Email{}}))
			},
			[]string{`POST /Users | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"active":false,"emails":[],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R&D"}}`},
		},
		{
			"schemas of the caller", ok(`{}`),
			func(u Resources[User]) error {
				return discard(u.Create(t.Context(), &User{Schemas: []string{"urn:X"}}))
			},
			[]string{`POST /Users | {"schemas":["urn:X"]}`},
		},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, tt.answer)
			if err := tt.call(c.Users()); err != nil {
				t.Error(err)
			}
			s.want(tt.want...)
		})
	}
}

func TestCreate_WithoutAnAnswerReads(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, status(201, "Location", "https://x.example.com/v2/Users/a%20b"), ok(`{"id":"a b"}`))
	u, err := c.Users().Create(t.Context(), &User{UserName: "jane"})
	if err != nil || u.ID != "a b" {
		t.Errorf("got %+v, %v", u, err)
	}
	s.want(`POST /Users | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"jane"}`, "GET /Users/a%20b")
	for _, location := range []string{"", "%"} {
		c, _, _ := play(t, status(201, "Location", location))
		if u, err := c.Users().Create(t.Context(), &User{}); err == nil {
			t.Errorf("location %q: got %+v", location, u)
		}
	}
}

func TestResources_MediaTypesOfTheClientStand(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{}`))
	c.Header = map[string][]string{"Accept": {"application/json"}, "Content-Type": {"application/json"}}
	_, _ = c.Groups().Create(t.Context(), &Group{DisplayName: "x"})
	s.want(`POST /Groups | Accept: application/json | Content-Type: application/json | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"x"}`)
}

func TestResources_RefuseWhatIsNoID(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{}`))
	for _, id := range []string{"", ".", ".."} {
		_, get := c.Users().Get(t.Context(), id)
		_, replace := c.Users().Replace(t.Context(), id, &User{})
		_, patch := c.Users().Patch(t.Context(), id, Patch{})
		_, update := c.Users().Update(t.Context(), id, func(*User) error { return nil })
		for _, err := range []error{get, replace, patch, update, c.Users().Delete(t.Context(), id)} {
			if err == nil {
				t.Errorf("%q was taken", id)
			}
		}
	}
	s.want()
}

func TestResources_RefuseWhatCannotBeWritten(t *testing.T) {
	t.Parallel()
	type odd struct{ F func() }
	c, s, _ := play(t, ok(`{}`))
	odds := Resources[odd]{Client: c, Endpoint: "/Odds"}
	texts := Resources[string]{Client: c, Endpoint: "/Texts"}
	_, create := odds.Create(t.Context(), &odd{})
	_, replace := odds.Replace(t.Context(), "1", &odd{})
	_, text := texts.Create(t.Context(), new("x"))
	_, none := Resources[scim.Object]{Client: c}.Create(t.Context(), nil)
	_, patch := c.Users().Patch(t.Context(), "1", Patch{}.Remove(""))
	for i, err := range []error{create, replace, text, none, patch} {
		if err == nil {
			t.Errorf("value %d was taken", i)
		}
	}
	s.want()
}

func TestResources_UnreadableAnswers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `{`, `[]`, `"x"`, `{"userName":1}`, `{"meta":[]}`} {
		c, _, _ := play(t, ok(body))
		if u, err := c.Users().Get(t.Context(), "1"); err == nil {
			t.Errorf("%s read as %+v", body, u)
		}
		if body == `{"userName":1}` || body == `{"meta":[]}` {
			continue
		}
		untyped := Resources[scim.Object]{Client: c, Endpoint: "/Users"}
		if o, err := untyped.Get(t.Context(), "1"); err == nil {
			t.Errorf("%s read as %+v", body, o)
		}
	}
}

func TestResources_Version(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, header, body, want string }{
		{"header", `W/"2"`, `{"meta":{"version":"W/\"1\""}}`, `W/"2"`},
		{"meta", "", `{"meta":{"version":"W/\"1\""}}`, `W/"1"`},
		{"none", "", `{}`, ""},
	}
	for _, tt := range cases {
		c, _, _ := play(t, answer{status: 200, body: tt.body, header: map[string][]string{"Etag": {tt.header}}})
		u, err := c.Users().Get(t.Context(), "1")
		if err != nil || u.Version() != tt.want {
			t.Errorf("%s: got %q, %v", tt.name, u.Version(), err)
		}
	}
}

func TestResources_PatchWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	c, _, _ := play(t, status(204))
	if g, err := c.Groups().Patch(t.Context(), "1", Patch{}.Remove("members")); g != nil || err != nil {
		t.Errorf("got %v, %v", g, err)
	}
}

func TestResources_ReplaceWithoutAnAnswerReads(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, status(204), ok(`{"id":"1","title":"x"}`))
	u, err := c.Users().With(Options{IfMatch: `"1"`, IfNoneMatch: `"1"`}).Replace(t.Context(), "1", &User{Schemas: []string{"s"}})
	if err != nil || u.Title != "x" {
		t.Errorf("got %+v, %v", u, err)
	}
	s.want(`PUT /Users/1 | If-Match: "1" | {"schemas":["s"]}`, "GET /Users/1")
}

// A user with an extension that User does not declare, an unknown attribute, and an unknown sub-attribute in a list.
const rich = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1","userName":"jane",` +
	`"emails":[{"value":"a","x":1},{"value":"b","x":2}],"shoe":42,"name":{"givenName":"J","nick":"j"},` +
	`"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":7}}`

func TestReplace_KeepsWhatTheTypeDoesNotDeclare(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		id   string
		edit func(*User)
		want string
	}{
		{"nothing changed", "1", func(*User) {}, rich},
		{
			"changed, added and removed", "1",
			func(u *User) { u.UserName, u.Title, u.Name.GivenName, u.Emails = "", "Dr", "", u.Emails[1:] },
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1",` +
				`"emails":[{"value":"b","x":2}],"shoe":42,` +
				`"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":7},"title":"Dr"}`,
		},
		{
			"an element in its place, and a part of a complex value", "1",
			func(u *User) { u.Emails[0].Type, u.Name.FamilyName = "work", "D" },
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1","userName":"jane",` +
				`"emails":[{"value":"a","x":1,"type":"work"},{"value":"b","x":2}],"shoe":42,"name":{"givenName":"J","nick":"j","familyName":"D"},` +
				`"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":7}}`,
		},
		{
			"elements in another order, and one more", "1",
			func(u *User) { u.Emails = []Email{{Value: "c"}, u.Emails[1], u.Emails[0]} },
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1","userName":"jane",` +
				`"emails":[{"value":"c"},{"value":"b","x":2},{"value":"a","x":1}],"shoe":42,"name":{"givenName":"J","nick":"j"},` +
				`"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":7}}`,
		},
		{
			"an extension is added to schemas", "1",
			func(u *User) { u.Enterprise = &EnterpriseUser{Department: "d"} },
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"id":"1","userName":"jane",` +
				`"emails":[{"value":"a","x":1},{"value":"b","x":2}],"shoe":42,"name":{"givenName":"J","nick":"j"},` +
				`"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":7},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"d"}}`,
		},
		{
			"another resource gets what is declared alone", "2",
			func(*User) {},
			`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1","meta":{"version":"W/\"1\""},"userName":"jane",` +
				`"name":{"givenName":"J"},"emails":[{"value":"a"},{"value":"b"}]}`,
		},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, ok(rich))
			u, err := c.Users().Get(t.Context(), "1")
			if err != nil {
				t.Fatal(err)
			}
			tt.edit(u)
			if _, err := c.Users().Replace(t.Context(), tt.id, u); err != nil {
				t.Fatal(err)
			}
			s.want("GET /Users/1", "PUT /Users/"+tt.id+" | "+tt.want)
		})
	}
}

func TestReceived_Object(t *testing.T) {
	t.Parallel()
	c, _, _ := play(t, ok(rich))
	u, err := c.Users().Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	o := u.Object()
	if shoe, _ := o.Get("shoe"); shoe != scim.Number("42") {
		t.Errorf("got %v", o)
	}
	o.Set("shoe", nil)
	if shoe, _ := u.Object().Get("shoe"); shoe != scim.Number("42") {
		t.Error("a caller changed what was received")
	}
	if (&User{}).Object() != nil {
		t.Error("a user from nowhere has a document")
	}
}

// employee has an extension of its own beside what User declares.
type employee struct {
	User
	Acme struct {
		Badge int `json:"badge,omitempty"`
	} `json:"urn:acme,omitzero"`
}

func TestResources_OfAnEmbeddingType(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(rich))
	staff := Resources[employee]{Client: c, Endpoint: "/Users", Schema: scim.URNUser}
	e, err := staff.Get(t.Context(), "1")
	if err != nil || e.Acme.Badge != 7 || e.UserName != "jane" || e.Version() != `W/"1"` {
		t.Fatalf("got %+v, %v", e, err)
	}
	e.Acme.Badge = 8
	_, _ = staff.Replace(t.Context(), "1", e)
	_, _ = staff.Create(t.Context(), &employee{User: User{UserName: "bob"}, Acme: e.Acme})
	s.want("GET /Users/1", `PUT /Users/1 | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1","userName":"jane",`+
		`"emails":[{"value":"a","x":1},{"value":"b","x":2}],"shoe":42,"name":{"givenName":"J","nick":"j"},`+
		`"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":8}}`,
		`POST /Users | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"userName":"bob","urn:acme":{"badge":8}}`)
}

func TestResources_Untyped(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(rich))
	users := Resources[scim.Object]{Client: c, Endpoint: "/Users", Schema: scim.URNUser}
	u, err := users.Update(t.Context(), "1", func(o *scim.Object) error { o.Delete("emails"); return nil })
	if err != nil || u.Len() == 0 {
		t.Fatalf("got %v, %v", u, err)
	}
	s.want("GET /Users/1", `PUT /Users/1 | If-Match: W/"1" | {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:acme"],"id":"1","userName":"jane",`+
		`"shoe":42,"name":{"givenName":"J","nick":"j"},"meta":{"version":"W/\"1\"","color":"red"},"urn:acme":{"badge":7}}`)
	if text, err := encode(*u, ""); err != nil || string(text) != rich {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	old := answer{status: 200, body: `{"schemas":["s"],"id":"1","title":"a"}`, header: map[string][]string{"Etag": {`"1"`}}}
	newer := answer{status: 200, body: `{"schemas":["s"],"id":"1","title":"b"}`, header: map[string][]string{"Etag": {`"2"`}}}
	dr := func(u *User) error { u.Title = "Dr " + u.Title; return nil }
	const put1, put2 = `PUT /Users/1 | If-Match: "1" | {"schemas":["s"],"id":"1","title":"Dr a"}`, `PUT /Users/1 | If-Match: "2" | {"schemas":["s"],"id":"1","title":"Dr b"}`
	lost := []string{"GET /Users/1", put1, "GET /Users/1", put2, "GET /Users/1", put2, "GET /Users/1", put2, "GET /Users/1", put2}
	cases := []struct {
		name    string
		edit    func(*User) error
		answers []answer
		want    []string
		err     error
	}{
		{"changed", dr, []answer{old, newer}, []string{"GET /Users/1", put1}, nil},
		{"left as it is", func(*User) error { return nil }, []answer{old}, []string{"GET /Users/1"}, nil},
		{"given up", func(*User) error { return errAny }, []answer{old}, []string{"GET /Users/1"}, errAny},
		{"unknown", dr, []answer{status(404)}, []string{"GET /Users/1"}, ErrNotFound},
		{"another one was faster", dr, []answer{old, status(412), newer, newer}, []string{"GET /Users/1", put1, "GET /Users/1", put2}, nil},
		{"for ever", dr, []answer{old, status(412), newer, status(412), newer, status(412), newer, status(412), newer, status(412)}, lost, ErrVersion},
		{"server without versions", dr, []answer{ok(old.body)}, []string{"GET /Users/1", `PUT /Users/1 | {"schemas":["s"],"id":"1","title":"Dr a"}`}, nil},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, tt.answers...)
			_, err := c.Users().With(Options{Attributes: []string{"title"}}).Update(t.Context(), "1", tt.edit)
			if !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			s.want(tt.want...)
		})
	}
}

func TestMeta_ReadsWhatServersWrite(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-01-02T03:04:05Z": at, "2026-01-02T04:04:05.0000000+01:00": at, "2026-01-02T03:04:05": at, "yesterday": {}, "": {},
	} {
		var m Meta
		if err := json.Unmarshal([]byte(`{"created":"`+text+`","resourceType":"User"}`), &m); err != nil || !m.Created.Equal(want) || m.ResourceType != "User" {
			t.Errorf("%q: got %+v, %v", text, m, err)
		}
	}
}

func TestUser_IsActive(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{`{}`: true, `{"active":true}`: true, `{"active":false}`: false} {
		var u User
		if err := json.Unmarshal([]byte(text), &u); err != nil || u.IsActive() != want {
			t.Errorf("%s: got %v, %v", text, u.IsActive(), err)
		}
	}
}
