package mapping_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/usher-scim/usher/mapping"
)

// TestDocs_ThePageIsTrue holds docs/mapping.md to the code: its table names every target, and its accounts can be read.
func TestDocs_ThePageIsTrue(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/mapping.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, a := range mapping.Defaults() {
		want = append(want, a.Target)
	}
	want = append(want, mapping.TargetUserType)
	rows := regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\|").FindAllSubmatch(page, -1)
	if len(rows) != len(want) {
		t.Fatalf("%d rows, want %q", len(rows), want)
	}
	for i, row := range rows {
		if string(row[1]) != want[i] {
			t.Errorf("row %d is %s, want %s", i, row[1], want[i])
		}
	}
	examples := regexp.MustCompile("(?s)```json accounts\n(.*?)```").FindAllSubmatch(page, -1)
	if len(examples) != 3 {
		t.Fatalf("%d examples of accounts", len(examples))
	}
	m := compile(t, mapping.Rules{}, nil)
	for _, e := range examples {
		d, err := m.Decide(mapping.Person{Attributes: document(t, `{"accounts":`+string(e[1])+"}"), Active: true}, acme())
		if err != nil || len(d.Grants) != 2 || d.Grants[0].Workspace != "ACC1" || d.Grants[1].Workspace != "ACC2" {
			t.Errorf("%s: %+v %v", e[1], d.Grants, err)
		}
	}
}
