package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:generate go test -count=1 -run ^TestSeeds$ . -update

const seedsPage = "../../docs/seeds.md"

// behaviour is a row of the page: what an app of its kind promises, and the test that shows it.
type behaviour struct {
	name string // "M9 role names count with upper and lower case, …"
	play func(*row)
	also string // what of it another test shows: "`TestX` moves the clock"
}

// example is a configuration of examples/, with the behaviours that are shown on it.
type example struct {
	name, title string
	workspace   string // its root
	owns        string // the role that owns it
	env         []string
	behaviours  []behaviour
	// after looks at what a server that has stopped leaves behind.
	after func(*testing.T, *installation)
}

func seedExamples() []example {
	return []example{
		{name: "moengage-like", title: "Roles from the identity provider", workspace: "DC03", owns: "Admin", behaviours: moengageRows()},
		{
			name: "engagedly-like", title: "One named connection, the default table of attributes",
			workspace: "PEOPLE", owns: "Administrator", behaviours: engagedlyRows(),
		},
		{
			name: "mendix-like", title: "Set when the app is deployed", workspace: "APP", owns: "Administrator", behaviours: mendixRows(),
			env: []string{"SCIM_API_KEY=" + mendixKey}, after: mendixLeaves,
		},
		{
			name: "clevertap-like", title: "Accounts as JSON, without sign-in", workspace: "ACC100", owns: "Admin",
			behaviours: clevertapRows(), after: clevertapLeaves,
		},
		{name: "jit-like", title: "People come by signing in", workspace: "DC03", owns: "Admin", behaviours: jitRows()},
	}
}

// TestSeeds shows every behaviour of the table on a running server: each example is served as it is, Okta and Entra send
// what they send, people sign in, and the admin API and the command line say what became of it. docs/seeds.md is the outcome.
func TestSeeds(t *testing.T) {
	t.Parallel()
	page := &seeds{results: map[string]string{}}
	t.Run("examples", func(t *testing.T) {
		for _, e := range seedExamples() {
			t.Run(e.name, func(t *testing.T) {
				t.Parallel()
				in := install(t, e.name, e.env...)
				in.owner(t, e.workspace, e.owns)
				t.Run("rows", func(t *testing.T) {
					for _, b := range e.behaviours {
						t.Run(b.name, func(t *testing.T) { page.play(t, in, b) })
					}
				})
				in.stop(t)
				if e.after != nil {
					e.after(t, in)
				}
			})
		}
	})
	page.compare(t)
}

// id is the row's: "M9".
func (b behaviour) id() string {
	id, _, _ := strings.Cut(b.name, " ")
	return id
}

// seeds gathers what the page says.
type seeds struct {
	mu      sync.Mutex
	results map[string]string // row → passes
}

func (s *seeds) play(t *testing.T, in *installation, b behaviour) {
	t.Parallel()
	t.Cleanup(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.results[b.id()] = "passes"
		if t.Failed() {
			s.results[b.id()] = "fails"
		}
	})
	b.play(&row{T: t, installation: in, id: b.id()})
}

// compare holds docs/seeds.md to what was run, when all of it was.
func (s *seeds) compare(t *testing.T) {
	for _, id := range seedIDs() {
		if !slices.ContainsFunc(seedExamples(), func(e example) bool {
			return slices.ContainsFunc(e.behaviours, func(b behaviour) bool { return b.id() == id })
		}) {
			t.Errorf("%s has no test", id)
		}
	}
	want, complete := s.markdown()
	if !complete {
		t.Log("not all rows were run: the page is not compared")
		return
	}
	if *updateKeys {
		if err := os.WriteFile(seedsPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(seedsPage); err != nil || string(got) != want {
		t.Errorf("docs/seeds.md is stale (%v): run make generate", err)
	}
}

// seedIDs are the rows that there have to be.
func seedIDs() []string {
	var ids []string
	for _, group := range []struct {
		letter string
		rows   int
	}{{"M", 17}, {"E", 8}, {"X", 16}, {"C", 9}, {"J", 14}} {
		for n := range group.rows {
			ids = append(ids, fmt.Sprint(group.letter, n+1))
		}
	}
	return ids
}

func (s *seeds) markdown() (page string, complete bool) {
	var b strings.Builder
	b.WriteString(`# What each kind of app promises, and the test that shows it

Made by ` + "`make generate`" + ` from a run of the tests; do not edit. Each example of [examples/](../examples) is served by a
process of its own. Okta and Microsoft Entra ID are played against it with the bodies of ` + "`usher simulate`" + `, people
sign in to it by an OpenID provider; then the admin API and the command line are asked what became of it. What takes hours or
days is shown with a clock that is moved: by the tests of package [sso](../sso) that stand beside the result. Those,
` + "`TestAcceptance_J1`" + ` to ` + "`TestAcceptance_J14`" + `, play each row of sign-in once more, by OpenID Connect and by SAML.

` + "```\ngo test -run TestSeeds ./cmd/usher\ngo test -run TestAcceptance_J ./sso\n```\n")
	complete = true
	for _, e := range seedExamples() {
		fmt.Fprintf(&b, "\n## [%s](../examples/%s)\n\n%s.\n\n| row | behaviour | test | result |\n|---|---|---|---|\n", e.name, e.name, e.title)
		for _, row := range e.behaviours {
			_, text, _ := strings.Cut(row.name, " ")
			result, ran := s.results[row.id()]
			complete = complete && ran
			test := "`TestSeeds/examples/" + e.name + "/rows/" + row.id() + "_`"
			if row.also != "" {
				result += "; " + row.also
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.id(), text, test, result)
		}
	}
	return b.String(), complete
}
