package document_test

import (
	"slices"
	"testing"

	"github.com/usher-scim/usher/directory/internal/document"
	"github.com/usher-scim/usher/scim"
)

func TestChanged(t *testing.T) {
	t.Parallel()
	const urn = scim.URNEnterpriseUser
	rows := []struct {
		name, before, after string
		want                []string
	}{
		{"nothing", `{"a":1,"b":[true,{"x":"y"}]}`, `{"a":1,"b":[true,{"x":"y"}]}`, nil},
		{"order and case of names", `{"a":{"x":1,"y":2},"b":3}`, `{"b":3,"A":{"Y":2,"x":1}}`, nil},
		{"a value", `{"a":"x"}`, `{"a":"X"}`, []string{"a"}},
		{"another type", `{"a":"1"}`, `{"a":1}`, []string{"a"}},
		{"a scalar for an object", `{"a":"1"}`, `{"a":{"b":"1"}}`, []string{"a"}},
		{"an object for an array", `{"a":{"b":"1"}}`, `{"a":[{"b":"1"}]}`, []string{"a"}},
		{"added and removed", `{"a":1}`, `{"b":1}`, []string{"a", "b"}},
		{"order of an array", `{"a":[1,2]}`, `{"a":[2,1]}`, []string{"a"}},
		{"length of an array", `{"a":[1,2]}`, `{"a":[1]}`, []string{"a"}},
		{"a member more", `{"a":{"x":1}}`, `{"a":{"x":1,"y":2}}`, []string{"a"}},
		{"another member", `{"a":{"x":1}}`, `{"a":{"y":1}}`, []string{"a"}},
		{"empty objects", `{"a":{}}`, `{"a":{}}`, nil},
		{"an extension's parts", `{"` + urn + `":{"x":1,"y":2}}`, `{"` + urn + `":{"x":2,"y":2}}`, []string{urn + ":x"}},
		{"a whole extension", `{}`, `{"` + urn + `":{"x":1,"y":2}}`, []string{urn + ":x", urn + ":y"}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			before, after := resource(t, row.before), resource(t, row.after)
			for _, got := range [][]string{document.Changed(before, after), document.Changed(after, before)} {
				if !slices.Equal(got, row.want) {
					t.Errorf("%q have changed, want %q", got, row.want)
				}
			}
			after.ExternalID = "e"
			if got := document.Changed(before, after); len(got) != len(row.want)+1 {
				t.Errorf("with another externalId: %q", got)
			}
		})
	}
}

func resource(t *testing.T, attributes string) *scim.Resource {
	t.Helper()
	o, err := scim.ParseJSON([]byte(attributes), scim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return &scim.Resource{Attributes: o}
}
