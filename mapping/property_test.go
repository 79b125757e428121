package mapping_test

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// account is one account and what is to come of it: the oracle of the properties below.
type account struct {
	id, role string
	teams    []string
	inactive bool
}

func accountsOf(t *rapid.T) []account {
	ids := rapid.Permutation([]string{"HOME", "ACC1", "ACC2"}).Draw(t, "ids")
	list := make([]account, rapid.IntRange(0, len(ids)).Draw(t, "n"))
	for i := range list {
		list[i] = account{
			id:       ids[i],
			role:     rapid.SampledFrom([]string{"", "User"}).Draw(t, "role"),
			teams:    rapid.SampledFrom([][]string{nil, {"A"}, {"A", "B"}}).Draw(t, "teams"),
			inactive: rapid.Bool().Draw(t, "inactive"),
		}
	}
	return list
}

// text writes the account as JSON, in one of the many ways, with white space between the tokens.
func (a account) text(t *rapid.T) string {
	space := rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n  "}).Draw(t, "space")
	name := func(s string) string {
		if rapid.Bool().Draw(t, "upper") {
			s = strings.ToUpper(s)
		}
		return space + `"` + s + `"` + space + ":" + space
	}
	members := []string{name("accountId") + `"` + a.id + `"`}
	if a.role != "" {
		members = append(members, name("roles")+`"`+a.role+`"`)
	}
	if a.teams != nil {
		if rapid.Bool().Draw(t, "list") {
			members = append(members, name("teams")+`["`+strings.Join(a.teams, `",`+space+`"`)+`"]`)
		} else {
			members = append(members, name("teams")+`"`+strings.Join(a.teams, ", ")+`"`)
		}
	}
	if a.inactive {
		members = append(members, name("status")+`"Inactive"`)
	}
	members = rapid.Permutation(members).Draw(t, "members")
	return space + "{" + strings.Join(members, space+","+space) + space + "}" + space
}

// grants is what a decision comes to, without its reasons.
type grants map[string]account

func grantsOf(d mapping.Decision) grants {
	g := grants{}
	for _, x := range d.Grants {
		g[x.Workspace] = account{x.Workspace, x.Role, x.Teams, !x.Active}
	}
	return g
}

// TestProperty_C3_AccountsAreWhatTheySay holds every way of writing the same accounts, in every order, to one outcome:
// white space, letter case, order and shape change nothing (C3, M12).
func TestProperty_C3_AccountsAreWhatTheySay(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rules{}, nil)
	rapid.Check(t, func(t *rapid.T) {
		list := accountsOf(t)
		want := grants{}
		texts := scim.Array{}
		for _, a := range list {
			want[a.id] = a
			texts = append(texts, a.text(t))
		}
		var value scim.Value = texts
		if rapid.Bool().Draw(t, "one text") {
			all := make([]string, len(texts))
			for i := range texts {
				all[i] = texts[i].(string)
			}
			value = "[" + strings.Join(all, ",") + "]"
		}
		doc := &scim.Object{Members: []scim.Member{{Name: "accounts", Value: value}}}
		d, err := m.Decide(mapping.Person{Attributes: doc, Active: true}, acme())
		if err != nil {
			t.Fatalf("%v: %v", value, err)
		}
		if diff := cmp.Diff(want, grantsOf(d), cmp.AllowUnexported(account{})); diff != "" {
			t.Fatalf("%v: %s", value, diff)
		}
	})
}

// TestProperty_C5_ADamagedTextIsRefusedOrRead proves that a byte taken out of a text never grants anything else than
// the tree has, and that a refusal says where.
func TestProperty_C5_ADamagedTextIsRefusedOrRead(t *testing.T) {
	t.Parallel()
	m := compile(t, mapping.Rules{}, nil)
	rapid.Check(t, func(t *rapid.T) {
		list := accountsOf(t)
		if len(list) == 0 {
			return
		}
		s := list[0].text(t)
		at := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		damaged := s[:at] + rapid.SampledFrom([]string{"", ",", "}", "//", "\"", "\\", "\n"}).Draw(t, "with") + s[at+1:]
		doc := &scim.Object{Members: []scim.Member{{Name: "accounts", Value: damaged}}}
		d, err := m.Decide(mapping.Person{Attributes: doc, Active: true}, acme())
		checkOutcome(t, d, err)
	})
}

// checkOutcome holds any outcome to what is always true.
func checkOutcome(t interface {
	Fatalf(format string, args ...any)
}, d mapping.Decision, err error,
) {
	if err != nil {
		var refused *scim.Error
		if !errors.As(err, &refused) || refused.Status() < 400 || refused.Status() >= 500 || refused.Where == "" {
			t.Fatalf("no refusal that says where: %v", err)
		}
		return
	}
	tree := acme()
	seen := map[string]bool{}
	for _, g := range d.Grants {
		w, ok := tree.Workspaces[g.Workspace]
		if !ok || seen[g.Workspace] {
			t.Fatalf("granted in %q", g.Workspace)
		}
		seen[g.Workspace] = true
		if g.Role != "" && !contains(w.Granted, g.Role) {
			t.Fatalf("role %q in %s", g.Role, g.Workspace)
		}
		if g.Why.Rule == "" || g.RoleReason.Rule == "" || g.Teams != nil && g.TeamsReason.Rule == "" || !g.Active && g.WhyInactive.Rule == "" {
			t.Fatalf("without a reason: %+v", g)
		}
	}
}

func contains(list []string, s string) bool {
	for _, e := range list {
		if e == s {
			return true
		}
	}
	return false
}

// TestProperty_M10_TheOrderOfGroupsDoesNotCount: priorities do.
func TestProperty_M10_TheOrderOfGroupsDoesNotCount(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d"}
	rapid.Check(t, func(t *rapid.T) {
		var rules mapping.Rules
		for range rapid.IntRange(1, 6).Draw(t, "rules") {
			rules.Groups = append(rules.Groups, mapping.GroupRule{
				Group:    rapid.SampledFrom(names).Draw(t, "group"),
				Priority: rapid.IntRange(0, 3).Draw(t, "priority"),
				Role:     rapid.SampledFrom([]string{"", "User"}).Draw(t, "role"),
				Teams:    []string{rapid.SampledFrom(names).Draw(t, "team")},
				Accounts: rapid.SampledFrom([][]string{nil, {"ACC1"}, {"ACC1", "ACC2"}}).Draw(t, "accounts"),
			})
		}
		m, err := mapping.Compile(rules, nil)
		if err != nil {
			t.Fatal(err)
		}
		var groups []mapping.Group
		for _, n := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID).Draw(t, "groups") {
			groups = append(groups, mapping.Group{Name: strings.ToUpper(n), Direct: true})
		}
		decide := func() mapping.Decision {
			d, err := m.Decide(mapping.Person{Active: true, Groups: groups}, acme())
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		before := decide()
		rand.Shuffle(len(groups), func(i, j int) { groups[i], groups[j] = groups[j], groups[i] })
		if diff := cmp.Diff(before, decide()); diff != "" {
			t.Fatal(diff)
		}
	})
}
