package usher_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/usher-scim/usher"

// floors are the rooms of the house. An import points to a lower floor, or stays inside its room.
var floors = map[string]int{
	"scim": 1, "internal": 1,
	"scimserver": 2, "scimclient": 2, "mapping": 2,
	"scimtest": 3, "directory": 3,
	"store": 4, "sso": 4, "openid": 4, "delivery": 4, "admin": 4, "console": 4,
	".":   5,
	"cmd": 6, "bench": 6, "examples": 6,
}

// faces are what the outside talks to.
var faces = []string{"scimserver", "sso", "openid", "delivery", "admin", "console"}

// seams are the exported interfaces that may have many implementations, with the two that each has at least.
var seams = map[string]string{
	"scimserver.Backend": "directory.Client and scimserver.Memory",
	"directory.Store":    "store/sqlite and store/postgres",
	"sso.Provider":       "sso/saml and sso/oidc",
	"scimtest.T":         "no seam: the three methods of testing.TB that Run needs, so that binaries do not link testing",
}

// house is what go list knows of the packages of this module and of all that they import.
type house map[string]*listed

type listed struct {
	ImportPath string
	Dir        string
	Standard   bool
	GoFiles    []string
	Imports    []string
	Export     string
}

// TestArchitecture holds the tree to the rules of docs/architecture.md. Rooms that do not exist yet are skipped.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	h := listHouse(t)
	t.Run("imports point down", h.importsPointDown)
	t.Run("faces never import each other", h.facesAreStrangers)
	t.Run("directory knows neither HTTP nor SQL", h.directoryIsPlain)
	t.Run("scim and mapping do no I/O", h.pureRooms)
	t.Run("engines are chosen by the binary alone", h.enginesAreChosen)
	t.Run("seams are the only interfaces", h.seamsOnly)
	t.Run("only the directory calls a store", h.storeCalls)
	t.Run("the binary links no test code", h.binaryIsLean)
	t.Run("nothing in the binary calls methods by name", h.noTemplates)
	t.Run("markup that is not escaped is written in one place", h.rawMarkup)
	t.Run("every package says what it owns", h.packageDocs)
	t.Run("no other top-level folder", topLevelFolders)
	t.Run("files stay readable", h.fileLengths)
	t.Run("links in the documents lead somewhere", documentLinks)
}

func (h house) importsPointDown(t *testing.T) {
	h.eachImport(func(p *listed, imported string) {
		from, to := room(p.ImportPath), room(imported)
		if from != to && floors[from] <= floors[to] {
			t.Errorf("%s (floor %d) imports %s (floor %d)\nwhy: a room can be read, tested and replaced knowing only what is below it",
				short(p.ImportPath), floors[from], short(imported), floors[to])
		}
	})
}

func (h house) facesAreStrangers(t *testing.T) {
	h.eachImport(func(p *listed, imported string) {
		from, to := room(p.ImportPath), room(imported)
		if from != to && slices.Contains(faces, from) && slices.Contains(faces, to) {
			t.Errorf("%s imports %s\nwhy: what two faces share is a rule of the domain and belongs into directory, or both must be released together",
				short(p.ImportPath), short(imported))
		}
	})
}

func (h house) directoryIsPlain(t *testing.T) {
	for _, banned := range []string{"net/http", "database/sql"} {
		if chain := h.chain(module+"/directory", banned); chain != nil {
			t.Errorf("%s\nwhy: the domain must be testable without a server and movable to another engine; Store and Backend are its only doors",
				strings.Join(chain, " → "))
		}
	}
}

func (h house) pureRooms(t *testing.T) {
	const why = "why: previews, fuzzing and embedders run these rules with no file, socket or clock behind them"
	for _, pure := range []string{module + "/scim", module + "/mapping"} {
		for _, banned := range []string{"net", "net/http", "database/sql", "os/exec", "log/slog"} {
			if chain := h.chain(pure, banned); chain != nil {
				t.Errorf("%s\n%s", strings.Join(chain, " → "), why)
			}
		}
		// fmt needs os, so only what the room itself imports counts.
		if p := h[pure]; p != nil && slices.Contains(p.Imports, "os") {
			t.Errorf("%s imports os\n%s", short(pure), why)
		}
	}
}

func (h house) enginesAreChosen(t *testing.T) {
	h.eachImport(func(p *listed, imported string) {
		from := room(p.ImportPath)
		if h.isEngine(imported) && from != "store" && floors[from] < floors["cmd"] {
			t.Errorf("%s imports %s\nwhy: an embedder brings one engine and must not link the others", short(p.ImportPath), short(imported))
		}
		if strings.Contains(imported, "/store/internal/") && !h.isEngine(p.ImportPath) && p.ImportPath != imported {
			t.Errorf("%s imports %s\nwhy: the queries are one text under the engines, nobody else's", short(p.ImportPath), short(imported))
		}
	})
}

func (h house) seamsOnly(t *testing.T) {
	for _, p := range h.own() {
		for _, name := range exportedInterfaces(t, p) {
			full := short(p.ImportPath) + "." + name
			if seams[full] == "" && room(p.ImportPath) != "bench" {
				t.Errorf("%s is an exported interface\nwhy: a seam costs every reader a guess at what is behind it; there are three, each with two implementations. Use the concrete type, or a func value", full)
			}
		}
	}
}

// storeCalls type-checks what is above the store, to see through which values its methods are called.
func (h house) storeCalls(t *testing.T) {
	fset := token.NewFileSet()
	from := importer.ForCompiler(fset, "gc", h.exportData)
	domain, err := from.Import(module + "/directory")
	if err != nil {
		t.Skipf("directory does not build: %v", err)
	}
	store, ok := domain.Scope().Lookup("Store").Type().Underlying().(*types.Interface)
	if !ok {
		t.Fatal("directory.Store is no interface")
	}
	for _, p := range h.own() {
		if r := room(p.ImportPath); r == "store" || r == "directory" || h.chain(p.ImportPath, module+"/directory") == nil {
			continue
		}
		info := &types.Info{Selections: map[*ast.SelectorExpr]*types.Selection{}}
		config := types.Config{Importer: from, Error: func(error) {}}
		config.Check(p.ImportPath, fset, parse(t, fset, p), info) // the compiler reports its errors better
		for expr, s := range info.Selections {
			if isStoreMethod(s, store) {
				t.Errorf("%s: %s is called\nwhy: only the directory's plan may write, or audit, events and guards are passed by",
					fset.Position(expr.Pos()), s.Obj().Name())
			}
		}
	}
}

// isStoreMethod tells whether the selection is a method of directory.Store, on the interface or on an engine.
func isStoreMethod(s *types.Selection, store *types.Interface) bool {
	if s.Kind() == types.FieldVal || !types.Implements(s.Recv(), store) {
		return false
	}
	for m := range store.Methods() {
		if m.Name() == s.Obj().Name() {
			return true
		}
	}
	return false
}

func (h house) binaryIsLean(t *testing.T) {
	for _, banned := range []string{"testing", "pgregory.net/rapid", module + "/store/storetest"} {
		if chain := h.chain(module+"/cmd/usher", banned); chain != nil {
			t.Errorf("%s\nwhy: test code registers flags, and weighs", strings.Join(chain, " → "))
		}
	}
}

// noTemplates holds for the packages of this module: what others import and do not execute is left out by the linker.
func (h house) noTemplates(t *testing.T) {
	for _, p := range h.own() {
		if h.chain(module+"/cmd/usher", p.ImportPath) == nil {
			continue
		}
		for _, banned := range []string{"html/template", "text/template"} {
			if slices.Contains(p.Imports, banned) {
				t.Errorf("%s imports %s\nwhy: a template calls methods by name, so that the linker keeps every exported method of every type there is, and the binary is twice as large. Write pages in a .templ file, texts in Go (docs/decisions/0027)",
					short(p.ImportPath), banned)
			}
		}
	}
}

// rawDoor is a call by which templ takes a value as it is.
var rawDoor = regexp.MustCompile(`templ\.(Raw|SafeURL|SafeCSS\w*|SafeScript\w*|JSUnsafeFuncCall)\(`)

func (h house) rawMarkup(t *testing.T) {
	for _, p := range h.own() {
		for _, name := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if door := rawDoor.Find(text); door != nil && short(p.ImportPath) != "internal/page" {
				t.Errorf("%s/%s: %s\nwhy: whoever chooses a value there writes the page; what is no value stands in the .templ file as it is", short(p.ImportPath), name, door)
			}
		}
	}
}

func (h house) packageDocs(t *testing.T) {
	for _, p := range h.own() {
		if !slices.Contains(p.GoFiles, "doc.go") {
			t.Errorf("%s has no doc.go\nwhy: it is where a reader learns what the package owns and what it refuses", short(p.ImportPath))
		}
	}
}

func topLevelFolders(t *testing.T) {
	known := []string{"docs", "tools", "bin", "usher-data"} // the last two are made by make build and by serve
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name := e.Name()
		_, isRoom := floors[name]
		if e.IsDir() && !isRoom && !slices.Contains(known, name) && !strings.HasPrefix(name, ".") {
			t.Errorf("%s/ is no room of the house\nwhy: the top level is the map that a newcomer reads; add to a room, or change docs/architecture.md and this test", name)
		}
	}
}

func (h house) fileLengths(t *testing.T) {
	const longest = 700
	for _, p := range h.own() {
		for _, name := range p.GoFiles {
			if written, ok := strings.CutSuffix(name, "_templ.go"); ok {
				name = written + ".templ"
			}
			text, err := os.ReadFile(filepath.Join(p.Dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), "\n"); n > longest {
				t.Errorf("%s/%s has %d lines, more than %d\nwhy: a file holds one subject, which its name tells", short(p.ImportPath), name, n, longest)
			}
		}
	}
}

var documentLink = regexp.MustCompile(`\]\(([^)#:\s]+)(#[^)]*)?\)`)

func documentLinks(t *testing.T) {
	var documents []string
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, found...)
	}
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range documentLink.FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(document), link[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", document, link[1])
			}
		}
	}
}

func listHouse(t *testing.T) house {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-export", "-deps", "-json=ImportPath,Dir,Standard,GoFiles,Imports,Export", "./...")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	h := house{}
	for decoder := json.NewDecoder(out); ; {
		p := &listed{}
		if err := decoder.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		h[p.ImportPath] = p
	}
	if err := cmd.Wait(); err != nil || h[module+"/scim"] == nil {
		t.Fatalf("go list found %d packages: %v", len(h), err)
	}
	return h
}

// own lists the packages of this module, in order.
func (h house) own() []*listed {
	var all []*listed
	for path, p := range h {
		if isOwn(path) {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b *listed) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return all
}

// eachImport visits every import of one package of this module by another, tests aside.
func (h house) eachImport(visit func(p *listed, imported string)) {
	for _, p := range h.own() {
		for _, imported := range p.Imports {
			if isOwn(imported) {
				visit(p, imported)
			}
		}
	}
}

// chain is a way by which one package imports another, directly or through others; nil if there is none.
func (h house) chain(from, to string) []string {
	seen := map[string]bool{}
	var walk func(string) []string
	walk = func(path string) []string {
		if path == to {
			return []string{short(path)}
		}
		p := h[path]
		if p == nil || seen[path] {
			return nil
		}
		seen[path] = true
		for _, next := range p.Imports {
			if rest := walk(next); rest != nil {
				return append([]string{short(path)}, rest...)
			}
		}
		return nil
	}
	return walk(from)
}

func (h house) exportData(path string) (io.ReadCloser, error) {
	if p := h[path]; p != nil && p.Export != "" {
		return os.Open(p.Export)
	}
	return nil, fmt.Errorf("%s does not build", path)
}

// isEngine tells whether the package is a database engine: a room of store/ but the queries and their tests.
func (h house) isEngine(path string) bool {
	name, ok := strings.CutPrefix(path, module+"/store/")
	return ok && !strings.HasPrefix(name, "internal/") && name != "storetest"
}

func isOwn(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

func short(path string) string {
	if path == module {
		return "usher"
	}
	return strings.TrimPrefix(path, module+"/")
}

// room is the top-level folder of a package of this module.
func room(path string) string {
	if path == module {
		return "."
	}
	name, _, _ := strings.Cut(short(path), "/")
	return name
}

func parse(t *testing.T, fset *token.FileSet, p *listed) []*ast.File {
	t.Helper()
	files := make([]*ast.File, len(p.GoFiles))
	for i, name := range p.GoFiles {
		file, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files[i] = file
	}
	return files
}

// exportedInterfaces names the interfaces that others could implement: one with an unexported method is a closed sum.
func exportedInterfaces(t *testing.T, p *listed) []string {
	t.Helper()
	var all []string
	for _, file := range parse(t, token.NewFileSet(), p) {
		for node := range ast.Preorder(file) {
			spec, ok := node.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				continue
			}
			if i, ok := spec.Type.(*ast.InterfaceType); ok && !isClosed(i) {
				all = append(all, spec.Name.Name)
			}
		}
	}
	return all
}

func isClosed(i *ast.InterfaceType) bool {
	return slices.ContainsFunc(i.Methods.List, func(m *ast.Field) bool {
		return len(m.Names) == 1 && !m.Names[0].IsExported()
	})
}
