package scim

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDiscoveredID(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Admin": "Admin", "read-only_2.0": "read-only_2.0", "..": "~5ec1f7e700f37c3d0b2981d0", // no way up in a path
		"Campaign Manager": "~" + DiscoveredID("Campaign Manager")[1:], ".search": "~" + DiscoveredID(".search")[1:],
	} {
		if got := DiscoveredID(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

// Different names have different ids, and an id stands in a URL as it is.
func TestDiscoveredID_IsOnesOwn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if (DiscoveredID(a) == DiscoveredID(b)) != (a == b) {
			t.Fatalf("%q and %q", a, b)
		}
		for _, c := range []byte(DiscoveredID(a)) {
			if !isNameByte(c) && c != '.' && c != '~' || c == '$' {
				t.Fatalf("%q has the id %q", a, DiscoveredID(a))
			}
		}
	})
}

func TestQueryAnswer(t *testing.T) {
	t.Parallel()
	var all []*Record
	for i, name := range []string{"Analyst", "Editor", "Viewer"} {
		all = append(all, &Record{Type: RoleType(), ID: name, Seq: int64(i + 1), Version: 1, Body: []byte(`{"displayName":"` + name + `"}`)})
	}
	p, _ := ProfileByName("okta")
	ask := func(filter, sortBy, order string, q Query) Page {
		t.Helper()
		var err error
		if filter != "" {
			if q.Filter, err = ParseFilter(filter, RoleType(), p); err != nil {
				t.Fatal(err)
			}
		}
		if sortBy != "" {
			if q.Sort, err = ParseSort(RoleType(), sortBy, order, p); err != nil {
				t.Fatal(err)
			}
		}
		page, err := q.Answer(all)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	tests := []struct {
		filter, sort, order string
		q                   Query
		total               int
		first               string
		len                 int
		more                bool
	}{
		{"", "", "", Query{StartIndex: 1, Count: 2}, 3, "Analyst", 2, true},
		{"", "", "", Query{StartIndex: 3, Count: 2}, 3, "Viewer", 1, false},
		{"", "", "", Query{StartIndex: 9, Count: 2}, 3, "", 0, false},
		{"", "", "", Query{StartIndex: 1}, 3, "", 0, true},
		{"", "", "", Query{After: &Position{Seq: 1}, Count: 5}, 3, "Editor", 2, false},
		{"", "displayName", "descending", Query{StartIndex: 1, Count: 1}, 3, "Viewer", 1, true},
		{`displayName eq "Editor"`, "", "", Query{StartIndex: 1, Count: 5}, 1, "Editor", 1, false},
		{`displayName eq "editor"`, "", "", Query{StartIndex: 1, Count: 5}, 0, "", 0, false},
		{`id eq "Viewer"`, "", "", Query{StartIndex: 1, Count: 5}, 1, "Viewer", 1, false},
	}
	for _, tt := range tests {
		page := ask(tt.filter, tt.sort, tt.order, tt.q)
		first := ""
		if len(page.Records) > 0 {
			first = page.Records[0].ID
		}
		if page.Total != tt.total || first != tt.first || len(page.Records) != tt.len || page.More != tt.more {
			t.Errorf("%+v: got %d, %q, %d, %t", tt, page.Total, first, len(page.Records), page.More)
		}
	}
}
