package profile_test

import (
	"slices"
	"testing"

	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		before  profile.Profile
		given   []mapping.Value
		absent  []string
		want    string
		altered []string
	}{
		{
			"the first", nil,
			[]mapping.Value{{Target: "title", Value: "Chief"}, {Target: "email", Value: "ann@example.com"}},
			nil,
			`{"email":"ann@example.com","title":"Chief"}`,
			[]string{"email", "title"},
		},
		{"the same", profile.Profile(`{"title":"Chief"}`), []mapping.Value{{Target: "title", Value: "Chief"}}, nil, `{"title":"Chief"}`, nil},
		{
			"what it does not speak of stays", profile.Profile(`{"phone":"1","title":"Chief"}`),
			[]mapping.Value{{Target: "title", Value: "Queen"}},
			nil,
			`{"phone":"1","title":"Queen"}`,
			[]string{"title"},
		},
		{"what it took back goes", profile.Profile(`{"phone":"1","title":"Chief"}`), nil, []string{"title"}, `{"phone":"1"}`, []string{"title"}},
	} {
		merged, err := row.before.Merge(mapping.Decision{Profile: row.given, Absent: row.absent})
		if err != nil || string(merged.Profile) != row.want || !slices.Equal(merged.Altered, row.altered) {
			t.Errorf("%s: %s altered %q, %v; want %s altered %q", row.name, merged.Profile, merged.Altered, err, row.want, row.altered)
		}
	}
}

func TestUser_HasWhatIsKnown(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"": `{"userName":"u","active":true}`,
		`{"` + mapping.TargetFirstName + `":"Ann","` + mapping.TargetTitle + `":"Chief"}`: `{"userName":"u","name":{"givenName":"Ann"},"title":"Chief","active":true}`,
	} {
		var p profile.Profile
		if given != "" {
			p = profile.Profile(given)
		}
		doc, err := p.User("u", "", true)
		if got := string(scim.AppendJSON(nil, doc)); err != nil || got != want {
			t.Errorf("the User of %q is %s, %v; want %s", given, got, err, want)
		}
	}
}

func TestNew_IsFoundByItsNames(t *testing.T) {
	t.Parallel()
	merged, err := profile.New("Ann", "ann@example.com").Merge(mapping.Decision{})
	if name, email := merged.Names("u"); err != nil || name != "Ann" || email != "ann@example.com" {
		t.Errorf("the names are %q, %q, %v", name, email, err)
	}
}
