package directory

import (
	"context"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/input"
	"github.com/usher-scim/usher/directory/internal/profile"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// person is whom a document is about: the subject as it is stored, and where it is a member.
type person struct {
	Subject
	isNew       bool
	reserved    string // id under which the person was shown already; see shared.go
	memberships []Membership
}

// person reads a subject with its memberships.
func (d *Directory) person(ctx context.Context, root, subject string) (person, error) {
	s, memberships, err := d.store.SubjectAndMemberships(ctx, root, subject)
	return person{Subject: s, memberships: memberships}, err
}

// membershipChange is what a plan does to one membership, for the audit entry.
type membershipChange struct {
	Workspace string           `json:"workspace"` // key
	Before    *membershipState `json:"before,omitempty"`
	After     *membershipState `json:"after,omitempty"`
	Why       string           `json:"why,omitempty"`
}

type membershipState struct {
	Role   string       `json:"role"`
	Teams  []string     `json:"teams,omitempty"`
	Status MemberStatus `json:"status"`
}

func stateOf(m *Membership) *membershipState {
	if m == nil {
		return nil
	}
	return &membershipState{m.Role, m.Teams, m.Status}
}

// provision plans what a user's document, or a login, means for the person: the profile, and one membership for each
// grant of the connection's mapping.
type provision struct {
	*plan
	login    *SignIn // the rules of a login; nil: a document of SCIM
	d        *Directory
	pol      *policy
	user     User
	who      person
	decision mapping.Decision
	changes  []membershipChange
	reasons  map[string]mapping.Grant // by workspace id
	edits    []Edit[Membership]
	profile  []byte   // as it will be
	altered  []string // its attributes that have new values
	name     string   // what the person is searched by, when it is altered
	email    string
}

// provision plans for the person what follows from the document. What the mapping refuses is refused whole, but not
// for who is not active: leaving must never fail because a role is gone.
func (c *Client) provision(
	ctx context.Context, p *plan, pol *policy, u User, r *scim.Resource, who person, groups []GroupOf,
) (*provision, error) {
	v := c.newProvision(p, pol, u, who)
	decision, err := pol.decide(u, r, groups, who.isNew)
	if err != nil && u.Active {
		return nil, err
	}
	v.decision = decision
	if err != nil {
		v.leaveAll()
		return v, nil
	}
	if err := v.setProfile(decision); err != nil {
		return nil, err
	}
	op := HookUpdate
	if who.isNew {
		op = HookCreate
	}
	grants, err := v.ask(ctx, op, decision.Grants)
	if err != nil {
		return nil, err
	}
	if err := v.memberships(ctx, grants); err != nil {
		return nil, err
	}
	if err := v.checkDefaults(); err != nil {
		return nil, err
	}
	if err := v.teams(ctx); err != nil {
		return nil, err
	}
	v.commitTo()
	return v, nil
}

// checkDefaults refuses to give a default role that is privileged when the connection may not grant it (B11): the mapping
// answers for the roles that the identity provider names.
func (v *provision) checkDefaults() error {
	for _, e := range v.edits {
		if e.After == nil || e.Before != nil && e.Before.Role == e.After.Role {
			continue
		}
		b := v.pol.workspaces[e.After.Workspace]
		if b == nil {
			continue // gone meanwhile, which the commit finds
		}
		if r, ok := b.role(e.After.Role); ok && r.Privileged() && !v.pol.connection.Settings.grants(r) {
			return scim.NewError(scim.KindRoleNotGranted, "the default role (workspace "+b.Key+")", r.Name, shortList(v.pol.grants(b).Granted))
		}
	}
	return nil
}

func (c *Client) newProvision(p *plan, pol *policy, u User, who person) *provision {
	return &provision{plan: p, d: c.directory, pol: pol, user: u, who: who, reasons: map[string]mapping.Grant{}}
}

// decide asks the mapping.
func (pol *policy) decide(u User, r *scim.Resource, groups []GroupOf, creating bool) (mapping.Decision, error) {
	return pol.mapping.Decide(mapping.Person{
		Attributes: r.Attributes, ExternalID: u.ExternalID, Active: u.Active, Creating: creating,
		Groups:   mappedGroups(groups),
		Language: pol.home.Settings.Language, TimeZone: pol.home.Settings.TimeZone,
	}, pol.grantable)
}

func mappedGroups(groups []GroupOf) []mapping.Group {
	if len(groups) == 0 {
		return nil
	}
	list := make([]mapping.Group, len(groups))
	for i, g := range groups {
		list[i] = mapping.Group{ID: g.ID, Name: g.DisplayName, ExternalID: g.ExternalID, Direct: g.Direct}
	}
	return list
}

// setProfile takes what the identity provider says into the profile.
func (v *provision) setProfile(d mapping.Decision) error {
	merged, err := profile.Profile(v.who.Profile).Merge(d)
	if err != nil {
		return err
	}
	v.profile, v.altered = merged.Profile, merged.Altered
	if len(v.altered) > 0 {
		v.name, v.email = merged.Names(v.user.UserName)
	}
	return nil
}

// memberships compares what is to be with what is there. Two connections never fight over one membership: what another
// live one grants is left alone.
func (v *provision) memberships(ctx context.Context, grants []mapping.Grant) error {
	granted := make(map[string]bool, len(grants))
	remove := !v.user.Active && v.pol.connection.Settings.RemoveInactive
	for _, g := range grants {
		b := v.pol.keys[g.Workspace]
		current := v.current(b.ID)
		if current != nil {
			mine, err := v.mayWrite(ctx, *current)
			if err != nil {
				return err
			}
			if !mine {
				v.decision.Notes = append(v.decision.Notes, "the membership in "+b.Key+" is another connection's and stays as it is")
				granted[b.ID] = true
				continue
			}
		}
		v.reasons[b.ID] = g
		switch {
		case remove && current != nil:
			v.edit(current, nil)
		case remove:
		case current != nil:
			v.edit(current, v.changed(*current, g, b))
		case v.user.Active || v.who.isNew:
			v.edit(nil, v.joining(g, b))
		}
		granted[b.ID] = true
	}
	for i, m := range v.who.memberships {
		if m.Connection == v.pol.connection.ID && !granted[m.Workspace] && (v.login == nil || m.StatusSource == SourceJIT) {
			v.edit(&v.who.memberships[i], nil)
		}
	}
	return nil
}

// leaveAll is for who is not active, or deleted: what the connection granted ends, by its setting.
func (v *provision) leaveAll() {
	for i, m := range v.who.memberships {
		switch {
		case m.Connection != v.pol.connection.ID:
		case v.pol.connection.Settings.RemoveInactive:
			v.edit(&v.who.memberships[i], nil)
		default:
			after := m
			after.setStatus(StatusDeactivated, SourceSCIM, StatusActive, v.now)
			v.edit(&v.who.memberships[i], &after)
		}
	}
	v.commitTo()
}

func (v *provision) current(workspace string) *Membership {
	i := slices.IndexFunc(v.who.memberships, func(m Membership) bool { return m.Workspace == workspace })
	if i < 0 {
		return nil
	}
	return &v.who.memberships[i]
}

// mayWrite reports whether the membership is this connection's, or nobody's: given by hand, or left by a connection
// that is gone.
func (v *provision) mayWrite(ctx context.Context, m Membership) (bool, error) {
	if m.Connection == "" || m.Connection == v.pol.connection.ID {
		return true, nil
	}
	_, err := v.d.store.Connection(ctx, m.Root, m.Connection)
	live, err := found(err)
	return !live, err
}

// joining is the membership of who had none.
func (v *provision) joining(g mapping.Grant, b *branch) *Membership {
	m := Membership{
		Root: v.user.Root, Workspace: b.ID, Subject: v.who.ID, Connection: v.pol.connection.ID,
		Role: b.DefaultRole, RoleSource: SourceDefault, TeamsSource: SourceDefault,
		Created: v.now, Modified: v.now, Version: 1,
	}
	if v.login != nil {
		m.join(g, v.login, v.now)
		return &m
	}
	m.setRole(g, b)
	m.setTeams(g)
	m.setStatus(statusOf(g.Active), SourceSCIM, b.firstStatus(), v.now)
	return &m
}

// changed is the membership as the grant wants it. Who is not active keeps role and teams until that changes.
func (v *provision) changed(m Membership, g mapping.Grant, b *branch) *Membership {
	m.Connection = v.pol.connection.ID
	if v.login != nil {
		m.signIn(g, v.login, v.now)
		return &m
	}
	m.DeleteAfter = time.Time{} // whom SCIM knows stays (J5)
	if v.user.Active {
		m.setRole(g, b)
		m.setTeams(g)
	}
	m.setStatus(statusOf(g.Active), SourceSCIM, b.firstStatus(), v.now)
	return &m
}

// edit notes a membership before and after, unless nothing differs (M12).
func (v *provision) edit(before, after *Membership) {
	if before != nil && after == nil && before.Blocked { // a block outlasts what the identity provider does
		kept := *before
		kept.Status, kept.StatusSource = StatusDeactivated, SourceSCIM
		after = &kept
	}
	switch {
	case before != nil && after != nil && before.equal(after):
		return
	case before != nil && after != nil:
		after.Modified = v.since(before.Modified)
		after.Version = before.Version + 1
	}
	v.edits = append(v.edits, Edit[Membership]{Before: before, After: after})
}

// teams makes the teams that are named and do not exist, or refuses them, as the workspace decides (C3).
func (v *provision) teams(ctx context.Context) error {
	for _, e := range v.edits {
		if e.After == nil || len(e.After.Teams) == 0 || e.Before != nil && slices.Equal(e.Before.Teams, e.After.Teams) {
			continue
		}
		known, err := v.d.store.HasTeams(ctx, v.user.Root, e.After.Workspace, e.After.Teams)
		if err != nil {
			return err
		}
		for _, name := range e.After.Teams {
			if known[name] {
				continue
			}
			if err := v.team(ctx, v.pol.workspaces[e.After.Workspace], name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *provision) team(ctx context.Context, b *branch, name string) error {
	if b.Settings.KnownTeams {
		return v.unknownTeam(ctx, b, name)
	}
	if slices.ContainsFunc(v.Teams, func(e Edit[Team]) bool { return e.After.Workspace == b.ID && e.After.Name == name }) {
		return nil // somebody else in this plan has it made
	}
	if err := input.Name("team", name); err != nil {
		return scim.NewError(scim.KindUnknownTeam, v.reasons[b.ID].TeamsReason.Source, name, "a name of 1 to 100 printable characters")
	}
	return v.insertTeam(&Team{Root: v.user.Root, Workspace: b.ID, Name: name, Version: 1})
}

func (v *provision) unknownTeam(ctx context.Context, b *branch, name string) error {
	all, err := v.d.store.Teams(ctx, v.user.Root, b.ID)
	if err != nil {
		return err
	}
	names := make([]string, len(all))
	for i, t := range all {
		names[i] = t.Name
	}
	return scim.NewError(scim.KindUnknownTeam, v.reasons[b.ID].TeamsReason.Source, name, shortList(names))
}

// commitTo adds the edits to the plan, with a record of each removal. Where groups grant, the subject's version moves
// with them: of two changes that were planned from different sets of groups only one holds.
func (v *provision) commitTo() {
	for _, e := range v.edits {
		v.Memberships = append(v.Memberships, e)
		if e.After == nil {
			v.Removals = append(v.Removals, insert(Removal{Membership: *e.Before, Removed: v.now}))
		}
		v.changes = append(v.changes, v.change(e))
	}
	v.commitSubject()
}

func (v *provision) change(e Edit[Membership]) membershipChange {
	ch := membershipChange{Before: stateOf(e.Before), After: stateOf(e.After)}
	id := workspaceOf(e)
	if b := v.pol.workspaces[id]; b != nil {
		ch.Workspace = b.Key
	}
	if g, ok := v.reasons[id]; ok {
		ch.Why = g.Why.String()
	}
	return ch
}

func (v *provision) commitSubject() {
	after := v.who.Subject
	if len(v.altered) > 0 {
		after.Profile, after.Name, after.Email = v.profile, v.name, v.email
	}
	if v.who.isNew {
		after.Modified, after.Version = v.now, 1
		v.Subjects = append(v.Subjects, insert(after))
		return
	}
	if len(v.altered) > 0 || len(v.pol.rules) > 0 {
		after.Modified = v.since(v.who.Modified)
		after.Version++
		v.Subjects = append(v.Subjects, update(v.who.Subject, after))
	}
}

// isChange reports whether anything but a lock is planned.
func (v *provision) isChange() bool { return len(v.edits) > 0 || len(v.altered) > 0 }
