package usher_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// trapCount is the number of interoperability traps that docs/divergences.md lists: T-001 to T-142.
const trapCount = 142

var (
	trapRow      = regexp.MustCompile(`(?m)^\| (T-\d{3}) .*$`)
	testName     = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	testFunction = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestDivergences_TrapsAreAccountedFor holds docs/divergences.md to the tests: each trap has one row, and each test
// that a row names exists.
func TestDivergences_TrapsAreAccountedFor(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	tests := testFunctions(t)
	rows := map[string]int{}
	for _, m := range trapRow.FindAllStringSubmatch(string(page), -1) {
		rows[m[1]]++
		for _, name := range testName.FindAllString(m[0], -1) {
			if !tests[name] {
				t.Errorf("%s names %s, and there is no such test", m[1], name)
			}
		}
	}
	for i := 1; i <= trapCount; i++ {
		if id := fmt.Sprintf("T-%03d", i); rows[id] != 1 {
			t.Errorf("%s has %d rows in docs/divergences.md, want 1", id, rows[id])
		}
	}
	if len(rows) != trapCount {
		t.Errorf("%d traps have rows, want %d", len(rows), trapCount)
	}
}

// testFunctions is the names of all tests and fuzz targets of the module.
func testFunctions(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range testFunction.FindAllStringSubmatch(string(src), -1) {
			names[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
