package scim

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// archive is a text archive: a comment, then files that begin with a line "-- name --".
type archive struct {
	comment string
	files   map[string]string
}

func readArchive(tb testing.TB, path string) archive {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	a := archive{files: map[string]string{}}
	name := ""
	for line := range strings.Lines(string(data)) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(n, " --") {
			name = strings.TrimSuffix(n, " --")
			a.files[name] = ""
		} else if name == "" {
			a.comment += line
		} else {
			a.files[name] += line
		}
	}
	return a
}

// header returns the value of a "key: value" line of the comment.
func (a archive) header(key string) string {
	for line := range strings.Lines(a.comment) {
		if v, ok := strings.CutPrefix(line, key+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// patchVector is one file of testdata/patch: a resource, a PATCH body, and what must come of it.
type patchVector struct {
	name, title string
	profiles    []string
	rt          *ResourceType
	archive
}

func patchVectors(tb testing.TB) []patchVector {
	tb.Helper()
	files, _ := filepath.Glob("testdata/patch/*.txtar")
	if len(files) == 0 {
		tb.Fatal("the corpus of patches is empty")
	}
	types := map[string]*ResourceType{"User": UserType(), "Group": GroupType(), "Catalogue": catalogue()}
	vectors := make([]patchVector, len(files))
	for i, f := range files {
		a := readArchive(tb, f)
		title, _, _ := strings.Cut(a.comment, "\n")
		v := patchVector{
			name: strings.TrimSuffix(filepath.Base(f), ".txtar"), title: title,
			profiles: strings.Fields(a.header("profile")), rt: types[a.header("type")], archive: a,
		}
		if len(v.profiles) == 0 || v.rt == nil || v.files["patch"] == "" {
			tb.Fatalf("%s: a profile, a type and a patch are needed", f)
		}
		vectors[i] = v
	}
	return vectors
}

func TestPatch_Vectors(t *testing.T) {
	t.Parallel()
	for _, v := range patchVectors(t) {
		for _, p := range v.profiles {
			t.Run(v.name+"/"+p+"/"+v.title, func(t *testing.T) {
				t.Parallel()
				v.run(t, profile(t, p))
			})
		}
	}
}

func (v patchVector) run(t *testing.T, p Profile) {
	before := decoded(t, v.rt, "generic", v.files["before"])
	kept := decoded(t, v.rt, "generic", v.files["before"])
	after, warnings, err := patched(before, v.files["patch"], p)
	if !before.Equal(kept) || !slices.Equal(before.Members, kept.Members) {
		t.Errorf("R-113 the resource was changed in place: %s", before.Body())
	}
	if want, ok := v.files["error"]; ok {
		kind, where, _ := strings.Cut(strings.TrimSpace(want), " @ ")
		refused(t, err, Kind(kind), where)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	v.check(t, before, after)
	for want := range strings.Lines(v.files["warnings"]) {
		if !strings.Contains(strings.Join(warnings, "\n"), strings.TrimSpace(want)) {
			t.Errorf("warnings %q lack %q", warnings, want)
		}
	}
}

func (v patchVector) check(t *testing.T, before, after *Resource) {
	t.Helper()
	if _, ok := v.files["unchanged"]; ok {
		if !after.Equal(before) || !slices.Equal(after.Members, before.Members) {
			t.Errorf("got %s %v, want no change", after.Body(), after.Members)
		}
		return
	}
	want := parsed(t, v.files["after"])
	externalID, _ := want.Get("externalId")
	if s, _ := externalID.(string); s != after.ExternalID {
		t.Errorf("got externalId %q, want %q", after.ExternalID, s)
	}
	want.Delete("externalId")
	if members, ok := want.Get("members"); ok {
		if got := memberIDs(after.Members); got != strings.Join(textsOf(members), " ") {
			t.Errorf("got members %q, want %v", got, members)
		}
		want.Delete("members")
	}
	if !equalValue(after.Attributes, want) {
		t.Errorf("got  %s\nwant %s", AppendJSON(nil, after.Attributes), AppendJSON(nil, want))
	}
}

// patched does what a backend does with a PATCH.
func patched(r *Resource, body string, p Profile) (*Resource, []string, error) {
	o, err := ParseJSON([]byte(body), Limits{})
	if err != nil {
		return nil, nil, err
	}
	patch, err := ParsePatch(o, r.Type, p)
	if err != nil {
		return nil, nil, err
	}
	if err := patch.CheckID("2819c223"); err != nil {
		return nil, nil, err
	}
	delta, rest, err := patch.Members()
	if err != nil {
		return nil, nil, err
	}
	out, err := rest.Apply(r)
	if err != nil {
		return nil, nil, err
	}
	out.Members = delta.applyTo(r.Members)
	return out, out.Warnings, nil
}

// applyTo applies a delta to a list, as a backend does to rows.
func (d MemberDelta) applyTo(members []MemberRef) []MemberRef {
	var out []MemberRef
	for _, m := range members {
		selected := slices.ContainsFunc(d.Select, func(n Node) bool { return MatchMember(n, m) })
		if !d.Reset && !selected && !slices.Contains(d.Remove, m.Value) {
			out = append(out, m)
		}
	}
	for _, m := range d.Add {
		if !slices.ContainsFunc(out, func(o MemberRef) bool { return o.Value == m.Value }) {
			out = append(out, m)
		}
	}
	return out
}

// memberIDs shows members as "id id/display id/display".
func memberIDs(members []MemberRef) string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Value
		if m.Display != "" {
			ids[i] += "/" + m.Display
		}
	}
	return strings.Join(ids, " ")
}

func textsOf(v Value) []string {
	var out []string
	for _, e := range asList(v) {
		out = append(out, e.(string))
	}
	return out
}
