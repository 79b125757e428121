package scim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filterVector is one line of testdata/filter: what a filter must do by a profile.
type filterVector struct {
	file     string
	line     int
	verb     string // match, miss, print, refuse
	src      string
	want     string
	profiles []string
	rt       *ResourceType
	doc      string
}

func filterVectors(tb testing.TB) []filterVector {
	tb.Helper()
	files, _ := filepath.Glob("testdata/filter/*.txt")
	var all []filterVector
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, readFilterVectors(tb, f, string(data))...)
	}
	if len(all) == 0 {
		tb.Fatal("the corpus of filters is empty")
	}
	return all
}

func readFilterVectors(tb testing.TB, file, text string) []filterVector {
	tb.Helper()
	types := map[string]*ResourceType{"User": UserType(), "Group": GroupType(), "Catalogue": catalogue()}
	var all []filterVector
	v := filterVector{file: file}
	for line := range strings.Lines(text) {
		v.line++
		verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch verb {
		case "", "#":
		case "type":
			v.rt = types[rest]
		case "profile":
			v.profiles = strings.Fields(rest)
		case "doc":
			v.doc = rest
		case "match", "miss":
			v.verb, v.src = verb, rest
			all = append(all, v)
		case "print", "refuse":
			v.verb = verb
			v.src, v.want, _ = strings.Cut(rest, " => ")
			all = append(all, v)
		default:
			tb.Fatalf("%s:%d: %q", file, v.line, line)
		}
	}
	return all
}

func TestFilter_Vectors(t *testing.T) {
	t.Parallel()
	for _, v := range filterVectors(t) {
		for _, p := range v.profiles {
			v.run(t, profile(t, p))
		}
	}
}

func (v filterVector) run(t *testing.T, p Profile) {
	t.Helper()
	f, err := ParseFilter(v.src, v.rt, p)
	if v.verb == "refuse" {
		e, ok := err.(*Error)
		if !ok || string(e.Kind)+" @ "+e.Where != v.want {
			t.Errorf("%s:%d as %s: %s\n got %v\nwant %s", v.file, v.line, p.Name, v.src, err, v.want)
		}
		return
	}
	if err != nil {
		t.Errorf("%s:%d as %s: %v", v.file, v.line, p.Name, err)
		return
	}
	if f.String() != v.src {
		t.Errorf("%s:%d: String is %q", v.file, v.line, f.String())
	}
	if v.verb == "print" {
		if got := Print(f.Root); got != v.want {
			t.Errorf("%s:%d as %s: got %s, want %s", v.file, v.line, p.Name, got, v.want)
		}
		return
	}
	if got := f.MatchObject(parsed(t, v.doc)); got != (v.verb == "match") {
		t.Errorf("%s:%d as %s: %s %s: got %v", v.file, v.line, p.Name, v.verb, v.src, got)
	}
	canonical, err := ParseFilter(Print(f.Root), v.rt, p)
	if err != nil || canonical.MatchObject(parsed(t, v.doc)) != (v.verb == "match") {
		t.Errorf("%s:%d as %s: the canonical form %s behaves otherwise: %v", v.file, v.line, p.Name, Print(f.Root), err)
	}
}
