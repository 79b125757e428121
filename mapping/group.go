package mapping

import (
	"slices"
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// groupRule is a compiled [GroupRule].
type groupRule struct {
	GroupRule
	order int // by priority, then as written
	name  string
}

// groupIndex finds the rules of a group: a person in 20 groups costs 20 look-ups, however many rules there are.
type groupIndex struct {
	byName       map[string][]*groupRule // by scim.FoldName of the display name
	byExternalID map[string][]*groupRule
}

func newGroupIndex(list []GroupRule) groupIndex {
	if len(list) == 0 {
		return groupIndex{}
	}
	rules := make([]*groupRule, len(list))
	for i, r := range list {
		rules[i] = &groupRule{GroupRule: r, name: "group rule " + strconv.Quote(r.Group)}
	}
	slices.SortStableFunc(rules, func(a, b *groupRule) int { return a.Priority - b.Priority })
	x := groupIndex{byName: map[string][]*groupRule{}, byExternalID: map[string][]*groupRule{}}
	for i, r := range rules {
		r.order = i
		name := scim.FoldName(r.Group)
		x.byName[name] = append(x.byName[name], r)
		x.byExternalID[r.Group] = append(x.byExternalID[r.Group], r)
	}
	return x
}

// match returns the rules whose group is one of these, by priority, each once.
func (x groupIndex) match(groups []Group) []*groupRule {
	if len(x.byName) == 0 {
		return nil
	}
	var matched []*groupRule
	add := func(g Group, rules []*groupRule) {
		for _, r := range rules {
			if g.Direct || r.Nested {
				matched = append(matched, r)
			}
		}
	}
	for _, g := range groups {
		add(g, x.byName[scim.FoldName(g.Name)])
		if g.ExternalID != "" {
			add(g, x.byExternalID[g.ExternalID])
		}
	}
	slices.SortFunc(matched, func(a, b *groupRule) int { return a.order - b.order })
	return slices.Compact(matched)
}

// covers reports whether the rule grants in the workspace.
func (r *groupRule) covers(workspace, home string) bool {
	if len(r.Accounts) == 0 {
		return workspace == home
	}
	return slices.Contains(r.Accounts, workspace)
}

// Check tells what group rules grant that the tree does not have, so that it is known before somebody comes into the
// group. Compile cannot: roles and workspaces come and go.
func (m *Mapping) Check(t Tree) Problems {
	var problems Problems
	for i := range m.rules.Groups {
		r := groupRule{GroupRule: m.rules.Groups[i]}
		r.check("groups["+strconv.Itoa(i)+"]", t, &problems)
	}
	return problems
}

func (r *groupRule) check(path string, t Tree, problems *Problems) {
	accounts := r.Accounts
	if len(accounts) == 0 {
		accounts = []string{t.Home}
	}
	for _, key := range accounts {
		w, ok := t.Workspaces[key]
		switch {
		case !ok:
			problems.add(path+".accounts", "A connection grants in its own workspace and below: "+t.keys()+".", "there is no workspace %q here", key)
		case r.Role != "" && !slices.Contains(w.Roles, r.Role):
			problems.add(path+".role", "The roles are "+shortList(w.Roles)+".", "workspace %s has no role %q", key, r.Role)
		case r.Role != "" && !slices.Contains(w.Granted, r.Role):
			problems.add(path+".role", "Put it on the connection's list of roles.", "the connection may not grant %q in workspace %s", r.Role, key)
		}
	}
}
