package scim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func storedGroup() *Record {
	return &Record{
		Type: GroupType(), ID: "g1", Version: 7, Body: []byte(`{"displayName":"staff"}`),
		Created: time.Unix(0, 0), LastModified: time.Unix(1, 0),
		Members:    []MemberRef{{Value: "a", Display: "Ann"}, {Value: "b", Type: "Group"}},
		HasMembers: true,
	}
}

func TestRender_Group(t *testing.T) {
	t.Parallel()
	const (
		head = `{"schemas":["` + URNGroup + `"],"id":"g1","displayName":"staff",`
		meta = `"meta":{"resourceType":"Group","created":"1970-01-01T00:00:00.000Z","lastModified":"1970-01-01T00:00:01.000Z","location":"https://x/Groups/g1","version":"W/\"7\""}}`
	)
	empty := storedGroup()
	empty.Members = nil
	without, err := ParseProjection(GroupType(), "", "members")
	if err != nil {
		t.Fatal(err)
	}
	names, err := ParseProjection(GroupType(), "members.display,displayName,meta", "")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		r    Renderer
		rec  *Record
		want string
	}{
		{
			"T-092 R-018 type and absolute $ref",
			Renderer{Base: "https://x"},
			storedGroup(),
			head + `"members":[{"value":"a","$ref":"https://x/Users/a","type":"User","display":"Ann"},{"value":"b","$ref":"https://x/Groups/b","type":"Group"}],` + meta,
		},
		{"D-15 without references", Renderer{Base: "https://x", Profile: Profile{OmitRefs: true}}, storedGroup(), head + `"members":[{"value":"a","display":"Ann"},{"value":"b"}],` + meta},
		{"R-093 one sub-attribute of members", Renderer{Base: "https://x", Show: names}, storedGroup(), head + `"members":[{"display":"Ann"},{}],` + meta},
		{"D-14 no members", Renderer{Base: "https://x"}, empty, head + `"members":[],` + meta},
		{"D-14 V14 members excluded", Renderer{Base: "https://x", Show: without}, storedGroup(), head + meta},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := string(tt.r.Append(nil, tt.rec)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRender_Bare(t *testing.T) {
	t.Parallel()
	none, err := ParseProjection(UserType(), "id", "")
	if err != nil {
		t.Fatal(err)
	}
	const want = `x{"schemas":["` + URNUser + `"],"id":"1"}`
	for name, body := range map[string]string{"no attributes": `{}`, "no body": ``, "a body that does not parse": `{"a`} {
		got := string(Renderer{Show: none}.Append([]byte("x"), &Record{Type: UserType(), ID: "1", Body: []byte(body)}))
		if got != want {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestRender_T031_OnlyTheExtensionItself(t *testing.T) {
	t.Parallel()
	r := decoded(t, UserType(), "okta", user(`"title":"\"`+URNEnterpriseUser+`\":{"`))
	got := string(Renderer{}.Append(nil, &Record{Type: UserType(), ID: "1", Body: r.Body()}))
	if !strings.HasPrefix(got, `{"schemas":["`+URNUser+`"],`) {
		t.Errorf("a text is taken for an extension: %s", got)
	}
}

// What is rendered has the values that were decoded (T-128), and Object agrees with it.
func TestRender_KeepsValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r, err := UserType().Decode(userBodies().Draw(rt, "body"), profile(t, "okta"))
		if err != nil {
			return
		}
		rec := &Record{Type: UserType(), ID: "1", ExternalID: "x", Version: 1, Body: r.Body()}
		shown, err := ParseJSON(Renderer{Base: "https://x"}.Append(nil, rec), Limits{})
		if err != nil {
			rt.Fatal(err)
		}
		for _, m := range r.Attributes.Members {
			if v, _ := shown.Get(m.Name); !equalValue(v, m.Value) {
				rt.Errorf("%s is %s, want %s", m.Name, AppendJSON(nil, v), AppendJSON(nil, m.Value))
			}
		}
		whole, err := rec.Object()
		if err != nil {
			rt.Fatal(err)
		}
		shown.Delete("meta")
		whole.Delete("meta")
		if !equalValue(shown, whole) {
			rt.Errorf("Object is %s, shown %s", AppendJSON(nil, whole), AppendJSON(nil, shown))
		}
	})
}

func TestRecord_Object(t *testing.T) {
	t.Parallel()
	u, err := storedUser().Object()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range u.Members {
		names = append(names, m.Name)
	}
	want := []string{"schemas", "id", "externalId", "userName", "name", "emails", "active", URNEnterpriseUser, urnCatalogue, "groups", "meta"}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	g, err := storedGroup().Object()
	if err != nil {
		t.Fatal(err)
	}
	const wantGroup = `{"schemas":["` + URNGroup + `"],"id":"g1","displayName":"staff","members":[{"value":"a","display":"Ann","type":"User"},{"value":"b","type":"Group"}],` +
		`"meta":{"resourceType":"Group","created":"1970-01-01T00:00:00Z","lastModified":"1970-01-01T00:00:01Z","version":"W/\"7\""}}`
	if got := string(AppendJSON(nil, g)); got != wantGroup {
		t.Errorf("got  %s\nwant %s", got, wantGroup)
	}
}

// What is written by hand is what the format describes.
func TestAppendTime(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		{},
		time.Unix(0, 0), time.Date(2024, 2, 29, 23, 59, 59, 999_999_999, time.FixedZone("", 3600)),
		time.Date(987, 1, 2, 3, 4, 5, 6_000_000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 70_000_000, time.UTC),
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		if got, want := string(appendTime(nil, at)), at.UTC().Format(`"`+timeFormat+`"`); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
