package mapping_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

var update = flag.Bool("update", false, "rewrite what the vectors expect")

// vector is one case of testdata/*.txtar: "title/rules", "title/user" or "title/login", perhaps "title/person", and
// "title/want".
type vector struct {
	file, title string
	rules, doc  string
	person      string
	login       bool
	profile     bool // the file is about profiles: they are shown too
	want        *txtar.File
}

// acme is the tree of the vectors: HOME with ACC1 and ACC2 below it. GHOST is another tenant's.
func acme() mapping.Tree {
	roles := []string{"Admin", "Editor", "User", "Viewer", "Sales, EMEA", "25"}
	granted := []string{"Editor", "User", "Viewer", "Sales, EMEA", "25"}
	return mapping.Tree{Home: "HOME", Workspaces: map[string]mapping.Workspace{
		"HOME": {Key: "HOME", DefaultRole: "Viewer", Roles: roles, Granted: granted},
		"ACC1": {Key: "ACC1", DefaultRole: "Viewer", Roles: roles, Granted: granted},
		"ACC2": {Key: "ACC2", DefaultRole: "User", Roles: []string{"User"}, Granted: []string{"User"}},
	}}
}

func readVectors(t testing.TB) (map[string]*txtar.Archive, []vector) {
	t.Helper()
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	archives := map[string]*txtar.Archive{}
	var all []vector
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		archives[file] = a
		all = append(all, vectorsOf(t, file, a)...)
	}
	return archives, all
}

func vectorsOf(t testing.TB, file string, a *txtar.Archive) []vector {
	var all []vector
	v := vector{}
	for i := range a.Files {
		f := &a.Files[i]
		at := strings.LastIndexByte(f.Name, '/')
		title, part := f.Name[:max(at, 0)], f.Name[at+1:]
		if title != v.title {
			v = vector{file: file, title: title, profile: strings.Contains(file, "profile")}
		}
		switch part {
		case "rules":
			v.rules = string(f.Data)
		case "user", "login":
			v.doc, v.login = string(f.Data), part == "login"
		case "person":
			v.person = string(f.Data)
		case "want":
			v.want = f
			all = append(all, v)
		default:
			t.Fatalf("%s: unknown part %q", file, f.Name)
		}
	}
	return all
}

// decide runs the vector.
func (v vector) decide(t *testing.T) (mapping.Decision, error) {
	var rules mapping.Rules
	if v.rules != "" {
		if err := json.Unmarshal([]byte(v.rules), &rules, json.RejectUnknownMembers(true)); err != nil {
			t.Fatal(err)
		}
	}
	m, err := mapping.Compile(rules, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := mapping.Person{Active: true, Creating: true}
	if v.person != "" {
		p = mapping.Person{}
		if err := json.Unmarshal([]byte(v.person), &p, json.RejectUnknownMembers(true)); err != nil {
			t.Fatal(err)
		}
	}
	if p.Attributes, err = scim.ParseJSON([]byte(v.doc), scim.Limits{}); err != nil {
		t.Fatal(err)
	}
	p.Login = v.login
	return m.Decide(p, acme())
}

func (v vector) shown(d mapping.Decision, err error) string {
	var refused *scim.Error
	if errors.As(err, &refused) {
		return fmt.Sprintf("refused: %s\n%s\n", refused.Kind, refused.Detail())
	}
	var b strings.Builder
	if v.profile {
		for _, p := range d.Profile {
			fmt.Fprintf(&b, "%s = %s  ← %s\n", p.Target, scim.AppendJSON(nil, p.Value), p.Reason)
		}
		fmt.Fprintf(&b, "absent: %s\n", strings.Join(d.Absent, " "))
	} else {
		showGrants(&b, d)
	}
	for _, n := range d.Notes {
		fmt.Fprintf(&b, "note: %s\n", n)
	}
	return b.String()
}

func showGrants(b *strings.Builder, d mapping.Decision) {
	if len(d.Grants) == 0 {
		b.WriteString("no membership\n")
	}
	for _, g := range d.Grants {
		fmt.Fprintf(b, "%s  ← %s\n", g.Workspace, g.Why)
		fmt.Fprintf(b, "  role %q  ← %s\n", g.Role, g.RoleReason)
		if g.Teams != nil {
			fmt.Fprintf(b, "  teams %q  ← %s\n", g.Teams, g.TeamsReason)
		}
		if !g.Active {
			fmt.Fprintf(b, "  deactivated  ← %s\n", g.WhyInactive)
		}
	}
}

// TestVectors holds decisions to testdata/*.txtar. After a change of a rule, run with -update and read the difference.
func TestVectors(t *testing.T) {
	t.Parallel()
	archives, all := readVectors(t)
	for _, v := range all {
		t.Run(filepath.Base(v.file)+"/"+v.title, func(t *testing.T) {
			got := v.shown(v.decide(t))
			if *update {
				v.want.Data = []byte(got)
			} else if want := string(v.want.Data); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
	if *update {
		for file, a := range archives {
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
