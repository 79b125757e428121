package scim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// sortOf is a parsed sort, or a failure.
func sortOf(tb testing.TB, rt *ResourceType, by, order string) *Sort {
	tb.Helper()
	s, err := ParseSort(rt, by, order, profile(tb, "okta"))
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func TestParseSort(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		by, order string
		want      string // attribute.sub and direction, by the names that they are declared under
	}{
		{"R-082 ascending unless told otherwise", "userName", "", "userName asc"},
		{"R-082 ascending", "userName", "ascending", "userName asc"},
		{"R-081 descending in any case", "USERNAME", "Descending", "userName desc"},
		{"R-080 a sub-attribute", "name.familyName", "", "name.familyName asc"},
		{"R-080 a multi-valued attribute by its value", "emails", "", "emails.value asc"},
		{"R-080 a sub-attribute of a multi-valued one", "emails.type", "", "emails.type asc"},
		{"R-073 a URN name", URNUser + ":userName", "", "userName asc"},
		{"R-073 an extension", URNEnterpriseUser + ":department", "descending", "department desc"},
		{"R-080 a reference", URNEnterpriseUser + ":manager", "", "manager.value asc"},
		{"T-058 an extension without its URN", "manager", "", "manager.value asc"},
		{"a common attribute", "meta.lastModified", "", "meta.lastModified asc"},
		{"the id", "id", "", "id asc"},
		{"white space", " title ", " descending ", "title desc"},
		{"groups", "groups", "", "groups.value asc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := sortOf(t, UserType(), tt.by, tt.order)
			got := s.Path.Attr.Name
			if s.Path.Sub != nil {
				got += "." + s.Path.Sub.Name
			}
			got += map[bool]string{false: " asc", true: " desc"}[s.Descending]
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestParseSort_NothingToSortBy(t *testing.T) {
	t.Parallel()
	for _, by := range []string{"", "  "} {
		if s := sortOf(t, UserType(), by, "sideways"); s != nil { // sortOrder alone means nothing
			t.Errorf("sortBy %q: %+v", by, s)
		}
	}
}

func TestParseSort_Refused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, by, order, where string }{
		{"an unknown attribute", "usrName", "", "sortBy"},
		{"an unknown sub-attribute", "name.nick", "", "sortBy"},
		{"an unknown URN", "urn:nobody:title", "", "sortBy"},
		{"R-080 a complex attribute without a value", "name", "", "sortBy"},
		{"R-080 addresses", "addresses", "", "sortBy"},
		{"meta as a whole", "meta", "", "sortBy"},
		{"R-078 password is no oracle", "password", "", "sortBy"},
		{"D-29 the version follows from the answer", "meta.version", "", "sortBy"},
		{"the location follows from the base URL", "meta.location", "", "sortBy"},
		{"the reference of a group", "groups.$ref", "", "sortBy"},
		{"not a name", "userName eq", "", "sortBy"},
		{"a value filter", `emails[type eq "work"].value`, "", "sortBy"},
		{"no order", "userName", "upwards", "sortOrder"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseSort(UserType(), tt.by, tt.order, profile(t, "okta"))
			refused(t, err, KindBadParameter, tt.where)
		})
	}
	if _, err := ParseSort(UserType(), "usrName", "", profile(t, "rfc")); !strings.Contains(err.Error(), "userName") {
		t.Errorf("the nearest name is not told: %v", err)
	}
}

// A type that lacks what another one declares has no values; what none declares is refused.
func TestParseSorts(t *testing.T) {
	t.Parallel()
	types := []*ResourceType{UserType(), GroupType()}
	sorts, err := ParseSorts(types, URNEnterpriseUser+":manager.value", "descending", profile(t, "entra"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := sorts[1].Position(&Record{Type: GroupType(), Seq: 7, Body: []byte(`{"displayName":"A"}`)})
	if err != nil || p != (Position{Missing: true, Seq: 7}) {
		t.Errorf("a group by manager: %+v %v", p, err)
	}
	if sorts[0].Path.Attr == nil || sorts[1].Uses("members") || !sorts[1].Descending {
		t.Errorf("got %+v and %+v", sorts[0], sorts[1])
	}
	for _, by := range []string{"bogus", "urn:nobody:title", "members.bogus", "userName["} {
		_, err := ParseSorts(types, by, "", profile(t, "entra"))
		refused(t, err, KindBadParameter, "sortBy")
	}
}

func TestSort_Position(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 2*MaxKey)
	created := time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC)
	user := func(body string) *Record {
		return &Record{Type: UserType(), ID: "Id1", ExternalID: "Ext", Seq: 3, Created: created, Body: []byte(body)}
	}
	tests := []struct {
		name string
		rec  *Record
		by   string
		want string // "-" is missing
	}{
		{"R-082 caseExact false", user(`{"title":"Boss"}`), "title", "boss"},
		{"R-082 caseExact true", user(`{}`), "externalId", "Ext"},
		{"R-080 the primary element", user(`{"emails":[{"value":"a"},{"value":"B","primary":true}]}`), "emails.value", "b"},
		{"R-080 the first element without a primary one", user(`{"emails":[{"value":"C"},{"value":"b"}]}`), "emails", "c"},
		{"R-080 the primary element lacks it", user(`{"emails":[{"value":"a","type":"work"},{"value":"b","primary":true}]}`), "emails.type", "-"},
		{"R-081 nothing there", user(`{}`), "title", "-"},
		{"a boolean", user(`{"active":false}`), "active", "false"},
		{"a part of a name", user(`{"name":{"familyName":"Z"}}`), "name.familyName", "z"},
		{"a date", user(`{}`), "meta.created", "2026-01-02T03:04:05.000000678Z"},
		{"an extension", user(`{"` + URNEnterpriseUser + `":{"department":"Sales"}}`), URNEnterpriseUser + ":department", "sales"},
		{"the id", user(`{}`), "id", "Id1"},
		{"a long name that identifies is whole", user(`{"userName":"` + long + `"}`), "userName", long},
		{"groups", &Record{Type: UserType(), Seq: 3, Body: []byte(`{}`), HasGroups: true, Groups: []GroupRef{{Value: "g", Display: "G"}}}, "groups.display", "g"},
		{"no groups", &Record{Type: UserType(), Seq: 3, Body: []byte(`{}`), HasGroups: true}, "groups", "-"},
		{"the type", user(`{}`), "meta.resourceType", "User"},
		{"the schemas", user(`{}`), "schemas", URNUser},
		{"a group's name is whole", &Record{Type: GroupType(), Seq: 3, Body: []byte(`{"displayName":"` + long + `"}`)}, "displayName", long},
		{"members", &Record{Type: GroupType(), Seq: 3, Body: []byte(`{}`), HasMembers: true, Members: []MemberRef{{Value: "m"}}}, "members", "m"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := sortOf(t, tt.rec.Type, tt.by, "").Position(tt.rec)
			if err != nil {
				t.Fatal(err)
			}
			want := Position{Key: tt.want, Seq: 3}
			if tt.want == "-" {
				want = Position{Missing: true, Seq: 3}
			}
			if p != want {
				t.Errorf("got %+v, want %+v", p, want)
			}
		})
	}
	other := user(`{"title":"` + long + `"}`)
	if p, err := sortOf(t, UserType(), "title", "").Position(other); err != nil || !strings.HasPrefix(p.Key, long[:MaxKey]+"#") {
		t.Errorf("what identifies nobody is cut like a key: %+v %v", p, err)
	}
}

func TestSort_PositionFails(t *testing.T) {
	t.Parallel()
	rec := &Record{Type: UserType(), Seq: 4, Body: []byte(`{"userName":"x"}`)}
	if _, err := sortOf(t, UserType(), "groups", "").Position(rec); err == nil {
		t.Error("groups were not loaded, and that is not told")
	}
	group := &Record{Type: GroupType(), Body: []byte(`{}`)}
	if _, err := sortOf(t, GroupType(), "members", "").Position(group); err == nil {
		t.Error("members were not loaded, and that is not told")
	}
	broken := &Record{Type: UserType(), Body: []byte(`{`)}
	if _, err := sortOf(t, UserType(), "title", "").Position(broken); err == nil {
		t.Error("a broken body has a position")
	}
	var none *Sort
	if p, err := none.Position(broken); err != nil || p.Seq != 0 || none.Uses("groups") {
		t.Errorf("without a sort the body is not read: %+v %v", p, err)
	}
}

func TestSort_KeyAndUses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		by, key         string
		groups, members bool
	}{
		{"emails", "emails.value", false, false},
		{URNEnterpriseUser + ":manager", "enterprise:2.0:user:manager.value", false, false},
		{"id", "", false, false},
		{"groups.display", "", true, false},
	}
	for _, tt := range tests {
		s := sortOf(t, UserType(), tt.by, "")
		if key, ok := s.Key(); key != tt.key || ok != (tt.key != "") {
			t.Errorf("%s: key %q %v", tt.by, key, ok)
		}
		if s.Uses("groups") != tt.groups || s.Uses("members") != tt.members {
			t.Errorf("%s: uses groups %v, members %v", tt.by, s.Uses("groups"), s.Uses("members"))
		}
	}
}

// missing values are last in ascending and first in descending order; equal values keep the order of creation in
// both.
func TestSort_R081_Compare(t *testing.T) {
	t.Parallel()
	all := []Position{{Key: "b", Seq: 1}, {Missing: true, Seq: 2}, {Key: "a", Seq: 3}, {Key: "b", Seq: 4}, {Missing: true, Seq: 5}}
	tests := []struct {
		sort *Sort
		want string
	}{
		{nil, "1 2 3 4 5"},
		{&Sort{}, "3 1 4 2 5"},
		{&Sort{Descending: true}, "2 5 1 4 3"},
	}
	for _, tt := range tests {
		sorted := slices.Clone(all)
		slices.Reverse(sorted)
		slices.SortFunc(sorted, tt.sort.Compare)
		var seqs []string
		for _, p := range sorted {
			seqs = append(seqs, fmt.Sprint(p.Seq))
		}
		if got := strings.Join(seqs, " "); got != tt.want {
			t.Errorf("%+v: got %s, want %s", tt.sort, got, tt.want)
		}
	}
}

// The order is a total one: antisymmetric, transitive, and only a position equals itself.
func TestSort_CompareIsATotalOrder(t *testing.T) {
	t.Parallel()
	position := rapid.Custom(func(t *rapid.T) Position {
		p := Position{Missing: rapid.Bool().Draw(t, "missing"), Seq: rapid.Int64Range(0, 3).Draw(t, "seq")}
		if !p.Missing {
			p.Key = rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "key")
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		s := &Sort{Descending: rapid.Bool().Draw(t, "descending")}
		a, b, c := position.Draw(t, "a"), position.Draw(t, "b"), position.Draw(t, "c")
		if cmp.Compare(s.Compare(a, b), 0) != -cmp.Compare(s.Compare(b, a), 0) || (s.Compare(a, b) == 0) != (a == b) {
			t.Fatalf("%+v and %+v", a, b)
		}
		if s.Compare(a, b) <= 0 && s.Compare(b, c) <= 0 && s.Compare(a, c) > 0 {
			t.Fatalf("%+v, %+v and %+v", a, b, c)
		}
	})
}
