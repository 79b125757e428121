package usher_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/conformance.md anew")

const conformancePage = "docs/conformance.md"

// TestConformancePage holds docs/conformance.md to what is there: every rule of the catalog and every trap has a test
// that names it, or a row of docs/divergences.md that says what Usher does instead; and the page says which.
func TestConformancePage(t *testing.T) {
	t.Parallel()
	rules, err := readCatalog("scimtest/conformance/catalog.tsv")
	if err != nil {
		t.Fatal(err)
	}
	page := conformance{rules: rules, traps: readTraps(t), tests: namedIn(t), rows: divergenceRows(t)}
	for _, id := range page.unheld() {
		t.Errorf("%s: no test names it and no row of docs/divergences.md either", id)
	}
	want := page.markdown()
	if *update {
		if err := os.WriteFile(conformancePage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(conformancePage); err != nil || string(got) != want {
		t.Errorf("%s is stale (%v): run make generate", conformancePage, err)
	}
}

// rule is one row of the catalog, or one trap.
type rule struct{ id, level, section, area, statement string }

// readCatalog reads the rules that `usher check` knows: id, level, section, area, statement.
func readCatalog(file string) ([]rule, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var rules []rule
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 5 {
			return nil, fmt.Errorf("%s: %d columns in %q, want 5", file, len(f), line)
		}
		rules = append(rules, rule{f[0], f[1], f[2], f[3], f[4]})
	}
	return rules, nil
}

// readTraps reads the rows of the traps: their number and what clients do.
func readTraps(t *testing.T) []rule {
	t.Helper()
	var traps []rule
	for _, m := range regexp.MustCompile(`(?m)^\| (T-\d{3}) \| (.*?) \|`).FindAllStringSubmatch(divergences(t), -1) {
		traps = append(traps, rule{id: m[1], statement: m[2]})
	}
	return traps
}

func divergences(t *testing.T) string {
	t.Helper()
	page, err := os.ReadFile("docs/divergences.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

var ruleID = regexp.MustCompile(`\b(?:[RT]-\d{3}|C-\d{2})\b`)

// divergenceRows counts the rows of docs/divergences.md that name an id.
func divergenceRows(t *testing.T) map[string]bool {
	t.Helper()
	rows := map[string]bool{}
	for line := range strings.Lines(divergences(t)) {
		if strings.HasPrefix(line, "|") {
			for _, id := range ruleID.FindAllString(line, -1) {
				rows[id] = true
			}
		}
	}
	return rows
}

// evidence is what names an id: "scim.TestPatch", or a file of promises, steps or vectors.
type evidence map[string]map[string]bool

func (e evidence) add(id, where string) {
	if e[id] == nil {
		e[id] = map[string]bool{}
	}
	e[id][where] = true
}

// namedIn collects what names each id: test functions, the store's promises, the steps of scenarios, the rules of
// `usher check`, and the files of vectors.
func namedIn(t *testing.T) evidence {
	t.Helper()
	found := evidence{}
	err := filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir():
			return err
		case path.Dir(filepath.ToSlash(file)) == checkRoom && !strings.HasSuffix(file, "_test.go"):
			return found.checks(file)
		case isTestSource(file):
			return found.goFile(file)
		case strings.Contains(file, "/testdata/") && !strings.Contains(file, "/fuzz/"):
			return found.vectors(file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// isTestSource reports Go code that tests: also what other packages' tests run.
func isTestSource(file string) bool {
	if !strings.HasSuffix(file, ".go") || strings.HasPrefix(file, "conformance_test") {
		return false
	}
	return strings.HasSuffix(file, "_test.go") || strings.HasPrefix(file, "scimtest/") || strings.HasPrefix(file, "store/storetest/")
}

// checkRoom is where `usher check` has its rules. What the rules of the binary hold, its tests hold of Usher.
const checkRoom = "scimtest/conformance"

// checks collects the rules that `usher check` really checks; of some it only says why it cannot.
func (e evidence) checks(file string) error {
	src, err := os.ReadFile(file)
	for line := range strings.Lines(string(src)) {
		if m := checkRow.FindStringSubmatch(line); m != nil && !strings.Contains(line, "outside:") {
			e.add(m[1], "usher check")
		}
	}
	return err
}

var checkRow = regexp.MustCompile(`^\s*\{id: "([RC]-\d+)"`)

func (e evidence) goFile(file string) error {
	src, err := os.ReadFile(file)
	if err != nil || !ruleID.Match(src) {
		return err
	}
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, src, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, at := range ruleID.FindAllIndex(src, -1) {
		where := path.Clean(filepath.ToSlash(file))
		if name := testAround(files, parsed, at[0]); name != "" {
			where = testPackage(file) + "." + name
		}
		e.add(string(src[at[0]:at[1]]), where)
	}
	return nil
}

// testAround is the name of the test function, with its comment, around a byte of the file.
func testAround(files *token.FileSet, parsed *ast.File, offset int) string {
	for _, d := range parsed.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !testFunction.MatchString("func "+f.Name.Name+"(") {
			continue
		}
		from, to := f.Pos(), f.End()
		if f.Doc != nil {
			from = f.Doc.Pos()
		}
		if files.Position(from).Offset <= offset && offset < files.Position(to).Offset {
			return f.Name.Name
		}
	}
	return ""
}

// testPackage is how the documents name a package: by its folder, and this one by its name.
func testPackage(file string) string {
	if dir := path.Dir(filepath.ToSlash(file)); dir != "." {
		return dir
	}
	return "usher"
}

func (e evidence) vectors(file string) error {
	src, err := os.ReadFile(file)
	for _, id := range ruleID.FindAll(src, -1) {
		e.add(string(id), filepath.ToSlash(file))
	}
	return err
}

// conformance is what the page is made of.
type conformance struct {
	rules, traps []rule
	tests        evidence
	rows         map[string]bool
}

// unheld lists what neither a test nor a row names.
func (c conformance) unheld() []string {
	var ids []string
	for _, r := range slices.Concat(c.rules, c.traps) {
		if len(c.tests[r.id]) == 0 && !c.rows[r.id] {
			ids = append(ids, r.id)
		}
	}
	return ids
}

func (c conformance) markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Conformance

Made by `+"`make generate`"+` from the rules of `+"`usher check`"+`, the tests and [divergences.md](divergences.md); do not edit.
%d rules of RFC 7643, 7644 and 9865, and %d traps that real clients set, with the tests that name them. "differs" leads to
the row that says what Usher does instead, and why.
`, len(c.rules), len(c.traps))
	area := ""
	for _, r := range byArea(c.rules) {
		if r.area != area {
			area = r.area
			fmt.Fprintf(&b, "\n## %s\n\n| rule | level | section | a server | held by |\n|---|---|---|---|---|\n", area)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", r.id, r.level, r.section, r.statement, c.heldBy(r.id))
	}
	b.WriteString("\n## traps\n\n| trap | clients | held by |\n|---|---|---|\n")
	for _, r := range c.traps {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", r.id, r.statement, c.heldBy(r.id))
	}
	return b.String()
}

// byArea keeps the order of the catalog, but for areas that it names more than once.
func byArea(rules []rule) []rule {
	var areas []string
	for _, r := range rules {
		if !slices.Contains(areas, r.area) {
			areas = append(areas, r.area)
		}
	}
	sorted := slices.Clone(rules)
	slices.SortStableFunc(sorted, func(a, b rule) int {
		return slices.Index(areas, a.area) - slices.Index(areas, b.area)
	})
	return sorted
}

const mostShown = 4 // tests of one rule

func (c conformance) heldBy(id string) string {
	var words []string
	for _, test := range slices.Sorted(maps.Keys(c.tests[id])) {
		words = append(words, "`"+test+"`")
	}
	if more := len(words) - mostShown; more > 1 {
		words = append(words[:mostShown], fmt.Sprintf("%d more", more))
	}
	if c.rows[id] && !strings.HasPrefix(id, "T-") || len(words) == 0 {
		words = append(words, "[differs](divergences.md)")
	}
	return strings.Join(words, ", ")
}
