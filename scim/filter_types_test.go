package scim

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// both is what a query at the root reads.
func both() []*ResourceType { return []*ResourceType{UserType(), GroupType()} }

// printed shows a filter of [ParseFilters]: "all" restricts nothing, "none" lets nothing through.
func printed(f *Filter) string {
	switch {
	case f == nil:
		return "all"
	case f.Never():
		return "none"
	}
	return Print(f.Root)
}

func TestParseFilters(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, src, user, group string }{
		{"an attribute of both", `displayName eq "x"`, `displayName eq "x"`, `displayName eq "x"`},
		{"R-058 eq on what a type lacks", `userName eq "x"`, `userName eq "x"`, "none"},
		{"R-058 pr on what a type lacks", `members pr`, "none", `members pr`},
		{"R-058 D-32 ne on what a type lacks", `userName ne "x"`, `userName ne "x"`, "all"},
		{"R-058 not", `not (userName eq "x")`, `not (userName eq "x")`, "all"},
		{"R-058 null", `userName eq null`, `not (userName pr)`, "all"},
		{"R-058 an extension by its URN", URNEnterpriseUser + `:manager.value eq "x"`, URNEnterpriseUser + `:manager.value eq "x"`, "none"},
		{"T-058 an extension without its URN", `manager eq "x"`, `manager eq "x"`, "none"},
		{"T-090 a dot behind the URN", URNUser + `.name.givenName eq "x"`, URNUser + `:name.givenName eq "x"`, "none"},
		{"R-073 the other type's URN", URNGroup + `:displayName eq "x"`, "none", URNGroup + `:displayName eq "x"`},
		{"a value path on what a type lacks", `emails[type eq "work"]`, `emails[type eq "work"]`, "none"},
		{"T-055 a value path with ne", `emails[type eq "work"].value ne "x"`, `not (emails[type eq "work" and value eq "x"])`, "all"},
		{"R-056 one type", `meta.resourceType eq "Group"`, "none", "all"},
		{"R-056 one type and more", `meta.resourceType eq "Group" and displayName sw "x"`, "none", `displayName sw "x"`},
		{"R-056 either", `meta.resourceType eq "User" or displayName eq "x"`, "all", `displayName eq "x"`},
		{"R-056 another type", `not (meta.resourceType ne "User")`, "all", "none"},
		{"R-056 no type", `meta.resourceType sw "X" or meta.resourceType gt "V"`, "none", "none"},
		{"mixed", `userName eq "a" or displayName eq "a" and members.value eq "b"`, `userName eq "a"`, `displayName eq "a" and members.value eq "b"`},
		{"what is not of a type only stays", `not (title pr and meta.created gt "2026-01-01T00:00:00Z")`, `not (title pr and meta.created gt "2026-01-01T00:00:00Z")`, "all"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			filters, err := ParseFilters(tt.src, both(), profile(t, "entra"))
			if err != nil {
				t.Fatal(err)
			}
			if got := printed(filters[0]); got != tt.user {
				t.Errorf("users: got %s, want %s", got, tt.user)
			}
			if got := printed(filters[1]); got != tt.group {
				t.Errorf("groups: got %s, want %s", got, tt.group)
			}
		})
	}
}

func TestParseFilters_Refused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, src string
		kind      Kind
		where     string
	}{
		{"R-058 nobody's attribute", `bogus eq "x"`, KindUnknownInFilter, "filter at byte 0"},
		{"nobody's sub-attribute", `members.bogus eq "x"`, KindUnknownInFilter, "filter at byte 0"},
		{"a value of the wrong type", `active eq "x"`, KindFilterNotAllowed, "filter at byte 0"},
		{"an operator of the wrong type", `displayName pr and active gt true`, KindFilterNotAllowed, "filter at byte 19"},
		{"R-078 password is no oracle", `password pr`, KindFilterNotAllowed, "filter at byte 0"},
		{"what the second type refuses", `members.$ref pr`, KindFilterNotAllowed, "filter at byte 0"},
		{"syntax", `userName eq`, KindBadFilter, "filter at byte 11"},
		{"T-126 nothing", ``, KindBadFilter, "filter at byte 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseFilters(tt.src, both(), profile(t, "rfc"))
			refused(t, err, tt.kind, tt.where)
		})
	}
	for _, name := range []string{"usrName", "membrs"} {
		_, inFilter := ParseFilters(name+" pr", both(), profile(t, "rfc"))
		_, inSort := ParseSorts(both(), name, "", profile(t, "rfc"))
		for _, err := range []error{inFilter, inSort} {
			var e *Error
			if !errors.As(err, &e) || !strings.HasPrefix(e.Allowed, "an attribute of the schemas of User, Group; the nearest is ") {
				t.Errorf("the hint for %s is about one type: %v", name, err)
			}
		}
	}
	if filters, err := ParseFilters("id pr", nil, profile(t, "rfc")); len(filters) != 0 || err != nil {
		t.Errorf("no types: %v %v", filters, err)
	}
}

// A filter for several types says of each resource what it says of a type that declares the attributes of all.
func TestParseFilters_IsTheFilterOfAllAttributes(t *testing.T) {
	t.Parallel()
	everything := &ResourceType{ID: "All", Schema: &Schema{ID: "urn:all"}, Extensions: UserType().Extensions}
	everything.Schema.Attributes = append(everything.Schema.Attributes, UserType().Schema.Attributes...)
	everything.Schema.Attributes = append(everything.Schema.Attributes, GroupType().Schema.Attribute("members"))
	p := profile(t, "rfc")
	atom := rapid.SampledFrom([]string{
		`userName eq "a"`, `userName ne "a"`, `title pr`, `displayName eq "a"`, `displayName sw "b"`, `members pr`,
		`members.value eq "a"`, `members[value eq "b" and type eq "User"]`, `emails[type eq "work"]`, `emails.value co "a"`,
		`meta.resourceType eq "User"`, `meta.resourceType ne "User"`, `id eq "a"`,
	})
	var filter func(depth int) *rapid.Generator[string]
	filter = func(depth int) *rapid.Generator[string] {
		return rapid.Custom(func(t *rapid.T) string {
			switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
			case depth == 0 || kind == 0:
				return atom.Draw(t, "atom")
			case kind == 1:
				return "not (" + filter(depth-1).Draw(t, "term") + ")"
			default:
				join := map[int]string{2: " and ", 3: " or "}[kind]
				return "(" + filter(depth-1).Draw(t, "left") + join + filter(depth-1).Draw(t, "right") + ")"
			}
		})
	}
	docs := []*Object{
		parsed(t, `{"id":"a","userName":"a","emails":[{"value":"ab","type":"work"}],"meta":{"resourceType":"User"}}`),
		parsed(t, `{"id":"b","userName":"b","displayName":"A","title":"x","meta":{"resourceType":"User"}}`),
		parsed(t, `{"id":"a","displayName":"a","members":[{"value":"a","type":"User"}],"meta":{"resourceType":"Group"}}`),
		parsed(t, `{"id":"b","displayName":"B","members":[{"value":"b","type":"User"}],"meta":{"resourceType":"Group"}}`),
	}
	rapid.Check(t, func(t *rapid.T) {
		src := filter(3).Draw(t, "filter")
		oracle, err := ParseFilter(src, everything, p)
		if err != nil {
			t.Fatal(err)
		}
		filters, err := ParseFilters(src, both(), p)
		if err != nil {
			t.Fatal(err)
		}
		for i, doc := range docs {
			f := filters[i/2]
			if got := f == nil || f.MatchObject(doc); got != oracle.MatchObject(doc) {
				t.Fatalf("%s on %s: got %v by %s", src, AppendJSON(nil, doc), got, printed(f))
			}
		}
	})
}
