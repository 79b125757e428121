package scim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestETag_D29(t *testing.T) {
	t.Parallel()
	rec := &Record{Type: UserType(), Version: 3, HasGroups: true}
	if got := rec.ETag(); got != `W/"3"` {
		t.Errorf("without groups: %s", got)
	}
	a, b := GroupRef{Value: "a", Display: "A"}, GroupRef{Value: "b", Type: "direct"}
	tag := func(g ...GroupRef) string {
		rec.Groups = g
		return rec.ETag()
	}
	if tag(a, b) != tag(b, a) {
		t.Error("the order of the groups changes the tag")
	}
	seen := map[string]bool{}
	for _, groups := range [][]GroupRef{nil, {a}, {b}, {a, b}, {{Value: "a", Display: "B"}}, {{Value: "aA"}}} {
		if s := tag(groups...); seen[s] {
			t.Errorf("%v has the tag %s of other groups", groups, s)
		} else {
			seen[s] = true
		}
	}
}

func TestParsePrecondition(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header string
		want         Precondition
		ok           bool
	}{
		{"no header", ``, Precondition{}, true},
		{"R-159 any", ` * `, Precondition{Any: true}, true},
		{"weak", `W/"3"`, Precondition{Tags: []string{"3"}}, true},
		{"strong", `"3.5f0c"`, Precondition{Tags: []string{"3.5f0c"}}, true},
		{"list", `W/"3", "4" ,W/"5"`, Precondition{Tags: []string{"3", "4", "5"}}, true},
		{"empty tag", `""`, Precondition{Tags: []string{""}}, true},
		{"trailing comma", `"3",`, Precondition{Tags: []string{"3"}}, true},
		{"no quotes", `3`, Precondition{}, false},
		{"no end", `W/"3`, Precondition{}, false},
		{"no comma", `"3" "4"`, Precondition{}, false},
		{"any in a list", `"3", *`, Precondition{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParsePrecondition(tt.header)
			if !tt.ok {
				refused(t, err, KindBadParameter, "If-Match or If-None-Match")
				return
			}
			if d := cmp.Diff(tt.want, got); err != nil || d != "" {
				t.Errorf("%v %s", err, d)
			}
			if got.IsZero() != (tt.header == "") {
				t.Errorf("IsZero is %v", got.IsZero())
			}
		})
	}
}

func TestPrecondition_Holds(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, header, etag string
		version            int64
		match, whole       bool
	}{
		{"R-158 no header", ``, `W/"3"`, 3, true, true},
		{"R-159 any", `*`, `W/"3"`, 3, true, true},
		{"R-158 equal", `W/"3"`, `W/"3"`, 3, true, true},
		{"R-158 other", `W/"3"`, `W/"4"`, 4, false, false},
		{"D-29 If-Match looks at the version only", `W/"3.aa"`, `W/"3.bb"`, 3, true, false},
		{"D-29 the whole is equal", `W/"3.aa"`, `W/"3.aa"`, 3, true, true},
		{"D-29 groups appeared", `W/"3"`, `W/"3.aa"`, 3, true, false},
		{"one of a list", `"1","3"`, `W/"3"`, 3, true, true},
		{"a version is no prefix", `"3"`, `W/"33"`, 33, false, false},
		{"a broken tag", `"3"`, `3`, 3, true, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := ParsePrecondition(tt.header)
			if err != nil {
				t.Fatal(err)
			}
			if p.HoldsFor(tt.version) != tt.match || p.HoldsForTag(tt.etag) != tt.whole {
				t.Errorf("HoldsFor %v, HoldsForTag %v", p.HoldsFor(tt.version), p.HoldsForTag(tt.etag))
			}
		})
	}
}
