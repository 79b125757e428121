package mapping

import (
	"slices"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// The rules that a grant's reasons name, beside accounts[n], "extension role" and group rules.
const (
	ruleHome   = "connection's own workspace"
	ruleActive = "active"
	ruleTeams  = "teams"
)

// grants decides the memberships. A list of accounts is the whole truth; without one the person is in the connection's
// own workspace and where group rules say (C3, M10).
func (d *decider) grants() error {
	d.matched = d.m.groups.match(d.p.Groups)
	roles := d.personRoles()
	entries, listed, err := d.accounts()
	switch {
	case err != nil:
		return err
	case listed:
		err = d.grantEntries(entries, roles)
	default:
		err = d.grantHome(roles)
	}
	if err != nil {
		return err
	}
	slices.SortFunc(d.Grants, func(a, b Grant) int {
		if aHome, bHome := a.Workspace == d.t.Home, b.Workspace == d.t.Home; aHome != bHome {
			if aHome {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Workspace, b.Workspace)
	})
	return nil
}

func (d *decider) grantEntries(entries []entry, roles []roleSource) error {
	d.Grants = make([]Grant, 0, len(entries))
	for i := range entries {
		e := &entries[i]
		g := Grant{Workspace: e.account, Active: d.p.Active && e.active, Why: Reason{Rule: e.where, Source: d.m.accounts.text, Value: e.account}}
		switch {
		case !d.p.Active:
			g.WhyInactive = Reason{Rule: ruleActive, Source: ruleActive, Value: "false"}
		case !e.active:
			g.WhyInactive = Reason{Rule: e.where, Source: "status", Value: e.status}
		}
		sources := roles
		if len(e.roles) > 0 {
			sources = append([]roleSource{{e.where, e.where + ".roles", e.roles}}, roles...)
		}
		if err := d.role(&g, d.withGroups(sources, e.account)); err != nil {
			return err
		}
		if g.Teams = e.teams; g.Teams != nil {
			g.TeamsReason = Reason{Rule: e.where, Source: e.where + ".teams", Value: strings.Join(e.teams, ", ")}
		} else {
			d.teams(&g)
		}
		d.Grants = append(d.Grants, g)
	}
	return nil
}

func (d *decider) grantHome(roles []roleSource) error {
	d.Grants = make([]Grant, 0, 1)
	if err := d.grant(d.t.Home, Reason{Rule: ruleHome, Value: d.t.Home}, roles); err != nil {
		return err
	}
	for _, r := range d.matched {
		for _, key := range r.Accounts {
			if err := d.grantByRule(r, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// grantByRule grants in a workspace that a group rule names. What the person's own attributes say of a role is said of
// the connection's workspace, not of this one.
func (d *decider) grantByRule(r *groupRule, key string) error {
	if slices.ContainsFunc(d.Grants, func(g Grant) bool { return g.Workspace == key }) {
		return nil
	}
	if _, ok := d.t.Workspaces[key]; !ok {
		d.note(r.name + ": there is no workspace " + key + " that this connection may grant, so nothing was granted there")
		return nil
	}
	return d.grant(key, Reason{Rule: r.name, Source: r.Group, Value: key}, nil)
}

func (d *decider) grant(key string, why Reason, roles []roleSource) error {
	g := Grant{Workspace: key, Active: d.p.Active, Why: why}
	if !g.Active {
		g.WhyInactive = Reason{Rule: ruleActive, Source: ruleActive, Value: "false"}
	}
	if err := d.role(&g, d.withGroups(roles, key)); err != nil {
		return err
	}
	d.teams(&g)
	d.Grants = append(d.Grants, g)
	return nil
}

// withGroups adds what the first matching group rule says of the workspace, as the last source.
func (d *decider) withGroups(sources []roleSource, workspace string) []roleSource {
	for _, r := range d.matched {
		if r.Role != "" && r.covers(workspace, d.t.Home) {
			rule := roleSource{rule: r.name, source: r.name, values: []roleValue{{value: r.Role}}}
			return append(slices.Clip(sources), rule)
		}
	}
	return sources
}

// teams decides the teams of a grant whose accounts entry names none: those of the attribute, for the connection's own
// workspace, and those of every matching rule.
func (d *decider) teams(g *Grant) {
	var names, from []string
	if g.Workspace == d.t.Home {
		if own, where := d.ownTeams(); len(own) > 0 {
			names, from = append(names, own...), append(from, where)
		}
	}
	for _, r := range d.matched {
		if len(r.Teams) > 0 && r.covers(g.Workspace, d.t.Home) {
			names, from = append(names, r.Teams...), append(from, r.name)
		}
	}
	if len(names) == 0 {
		return
	}
	slices.Sort(names)
	g.Teams = slices.Compact(names)
	g.TeamsReason = Reason{Rule: strings.Join(from, ", "), Value: strings.Join(g.Teams, ", ")}
}

// ownTeams reads the teams beside the role: those of the extension, else the core ones.
func (d *decider) ownTeams() (names []string, where string) {
	if p := d.m.teamsAttribute; p != nil {
		if v, _ := p.raw(d.p.Attributes, d.p.Login); !isEmpty(v) {
			return texts(v), p.text
		}
	}
	if v, _ := d.p.Attributes.Get(ruleTeams); v != nil {
		return texts(v), ruleTeams
	}
	return d.teamEntitlements()
}

const ruleEntitlements = "entitlements"

// teamEntitlements are the teams that an identity provider chose from those that discovery lists (scim.TeamType).
func (d *decider) teamEntitlements() (names []string, where string) {
	v, _ := d.p.Attributes.Get(ruleEntitlements)
	list, _ := v.(scim.Array)
	for _, e := range list {
		o, _ := e.(*scim.Object)
		if typ, _ := o.Get("type"); typ != scim.TeamType().ID {
			continue
		}
		for _, name := range []string{"display", "value"} {
			if text, _ := o.Get(name); text != nil && text != "" {
				names = append(names, texts(text)...)
				break
			}
		}
	}
	if len(names) == 0 {
		return nil, ""
	}
	return names, ruleEntitlements
}

// keys lists the tree's workspaces, for an error.
func (t Tree) keys() string {
	keys := make([]string, 0, len(t.Workspaces))
	for key := range t.Workspaces {
		if key != t.Home {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return shortList(append([]string{t.Home}, keys...))
}
