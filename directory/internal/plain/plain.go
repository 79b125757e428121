package plain

import (
	"slices"
	"strings"
)

// Tree is what can be granted: the first workspace is the connection's own. All have the same roles.
type Tree struct {
	Workspaces []string
	Default    string
}

// Rule is a group rule.
type Rule struct {
	Group string
	Role  string
	Teams []string
	To    []string // workspaces; empty: the connection's own
}

// Account is an entry of the accounts attribute.
type Account struct {
	To, Role string
	Teams    []string
	Inactive bool
}

// User is a document, as the identity provider has sent it.
type User struct {
	Subject  string
	Inactive bool
	Role     string
	Accounts []Account // nil: the attribute is not there
}

// Member is a membership. GaveRole and GaveTeams say that the identity provider did.
type Member struct {
	Role      string
	Teams     []string
	Status    string
	GaveRole  bool
	GaveTeams bool
	ByHand    bool // no document grants it
}

// World is everything.
type World struct {
	Tree
	Rules   []Rule              // in the order of priority
	Users   map[string]*User    // by userName
	Groups  map[string][]string // userNames by the group's name
	Members map[[2]string]*Member
	Known   map[string]bool // subjects that have been there
}

// New returns an empty world.
func New(t Tree, rules []Rule) *World {
	return &World{
		Tree: t, Rules: rules,
		Users: map[string]*User{}, Groups: map[string][]string{}, Members: map[[2]string]*Member{}, Known: map[string]bool{},
	}
}

// grant is what the identity provider wants in one workspace.
type grant struct {
	role     string
	teams    []string
	inactive bool
}

// grants is what a user's document and groups come to.
func (w *World) grants(name string) map[string]grant {
	u := w.Users[name]
	all := map[string]grant{}
	for _, a := range u.Accounts {
		g := grant{a.Role, a.Teams, a.Inactive}
		if g.role == "" {
			g.role = w.elsewhere(name, a.To)
		}
		if g.teams == nil {
			g.teams = w.teams(name, a.To)
		}
		all[a.To] = g
	}
	if u.Accounts != nil {
		return all
	}
	for _, to := range w.Workspaces {
		g := grant{role: w.byGroups(name, to), teams: w.teams(name, to)}
		if to == w.Workspaces[0] {
			g.role = w.elsewhere(name, to)
		}
		if to == w.Workspaces[0] || len(w.matching(name, to)) > 0 {
			all[to] = g
		}
	}
	return all
}

func (w *World) teams(name, to string) []string {
	var names []string
	for _, r := range w.matching(name, to) {
		names = append(names, r.Teams...)
	}
	return names
}

// elsewhere is the role where no account gives one: the document's own, else that of a group.
func (w *World) elsewhere(name, to string) string {
	if w.Users[name].Role != "" {
		return w.Users[name].Role
	}
	return w.byGroups(name, to)
}

func (w *World) byGroups(name, to string) string {
	for _, r := range w.matching(name, to) {
		if r.Role != "" {
			return r.Role
		}
	}
	return ""
}

func (w *World) matching(name, to string) []Rule {
	var list []Rule
	for _, r := range w.Rules {
		where := r.To
		if len(where) == 0 {
			where = w.Workspaces[:1]
		}
		if slices.Contains(w.Groups[r.Group], name) && slices.Contains(where, to) {
			list = append(list, r)
		}
	}
	return list
}

// Sync makes the memberships of a user what document and groups want.
func (w *World) Sync(name string) {
	u := w.Users[name]
	isNew := !w.Known[u.Subject]
	w.Known[u.Subject] = true
	all := w.grants(name)
	for _, to := range w.Workspaces {
		g, granted := all[to]
		key := [2]string{to, u.Subject}
		m := w.Members[key]
		switch {
		case !granted && m != nil && !m.ByHand:
			delete(w.Members, key)
		case !granted:
		case m == nil && u.Inactive && !isNew:
		default:
			if m == nil {
				m = &Member{Role: w.Default}
				w.Members[key] = m
				m.take(g, w.Default)
			} else if !u.Inactive {
				m.take(g, w.Default)
			}
			m.ByHand = false
			m.Status = "active"
			if u.Inactive || g.inactive {
				m.Status = "deactivated"
			}
		}
	}
}

// SyncFor does so when a rule is about the group.
func (w *World) SyncFor(group, name string) {
	if slices.ContainsFunc(w.Rules, func(r Rule) bool { return r.Group == group }) {
		w.Sync(name)
	}
}

// take is the rule of given, taken and kept values.
func (m *Member) take(g grant, otherwise string) {
	if g.role != "" {
		m.Role, m.GaveRole = g.role, true
	} else if m.GaveRole {
		m.Role, m.GaveRole = otherwise, false
	}
	if len(g.teams) > 0 {
		m.Teams, m.GaveTeams = tidy(g.teams), true
	} else if m.GaveTeams {
		m.Teams, m.GaveTeams = nil, false
	}
}

func tidy(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

// Leave ends what the document of a user grants, and the document.
func (w *World) Leave(name string) {
	u := w.Users[name]
	for key, m := range w.Members {
		if key[1] == u.Subject && !m.ByHand {
			m.Status = "deactivated"
		}
	}
	for group, names := range w.Groups {
		w.Groups[group] = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
	}
	delete(w.Users, name)
}

// Lines prints the memberships, sorted: "workspace subject role [teams] status".
func (w *World) Lines() []string {
	var lines []string
	for key, m := range w.Members {
		lines = append(lines, Line(key[0], key[1], m.Role, m.Teams, m.Status))
	}
	slices.Sort(lines)
	return lines
}

// Line prints one membership.
func Line(workspace, subject, role string, teams []string, status string) string {
	return strings.Join([]string{workspace, subject, role, "[" + strings.Join(teams, " ") + "]", status}, " ")
}
