package directory

import (
	"cmp"
	"context"
	"slices"
	"strings"
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
	s, err := d.store.Subject(ctx, root, subject)
	if err != nil {
		return person{}, err
	}
	memberships, err := d.store.MembershipsOf(ctx, root, subject)
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

// provision plans what a user's document means for the person: the profile, and one membership for each grant of the
// connection's mapping.
type provision struct {
	*plan
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
		if m.Connection == v.pol.connection.ID && !granted[m.Workspace] {
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
	m.setRole(g, b)
	m.setTeams(g)
	m.setStatus(statusOf(g.Active), SourceSCIM, b.firstStatus(), v.now)
	return &m
}

// changed is the membership as the grant wants it. Who is not active keeps role and teams until that changes.
func (v *provision) changed(m Membership, g mapping.Grant, b *branch) *Membership {
	m.Connection = v.pol.connection.ID
	if v.user.Active {
		m.setRole(g, b)
		m.setTeams(g)
	}
	m.setStatus(statusOf(g.Active), SourceSCIM, b.firstStatus(), v.now)
	return &m
}

// firstStatus is the one with which somebody joins the workspace (M11).
func (b *branch) firstStatus() MemberStatus {
	return cmp.Or(b.Settings.FirstStatus, StatusActive)
}

func statusOf(active bool) MemberStatus {
	if active {
		return StatusActive
	}
	return StatusDeactivated
}

// setRole takes the role that the identity provider gives. One that it gave before and gives no longer is the default
// again; one that somebody else gave stays (M8, X6).
func (m *Membership) setRole(g mapping.Grant, b *branch) {
	switch {
	case g.Role != "":
		m.Role, m.RoleSource = g.Role, SourceSCIM
	case m.RoleSource == SourceSCIM:
		m.Role, m.RoleSource = b.DefaultRole, SourceDefault
	}
}

// setTeams likewise.
func (m *Membership) setTeams(g mapping.Grant) {
	switch {
	case g.Teams != nil:
		teams := slices.Clone(g.Teams)
		slices.Sort(teams)
		m.Teams, m.TeamsSource = slices.Compact(teams), SourceSCIM
	case m.TeamsSource == SourceSCIM:
		m.Teams, m.TeamsSource = nil, SourceDefault
	}
}

// setStatus gives access or takes it. Who has never been active here gets the first status, and is invited until the
// first login when that is the workspace's way (M11).
func (m *Membership) setStatus(to MemberStatus, from Source, first MemberStatus, now time.Time) {
	if to == StatusActive && m.Joined.IsZero() {
		to = first
	}
	if to == StatusActive && m.Joined.IsZero() {
		m.Joined = now
	}
	if to == m.Status {
		return
	}
	m.Status, m.StatusSource = to, from
}

// equal reports that nothing of a membership differs that would have to be written.
func (m *Membership) equal(o *Membership) bool {
	return m.Connection == o.Connection && m.Role == o.Role && m.RoleSource == o.RoleSource &&
		slices.Equal(m.Teams, o.Teams) && m.TeamsSource == o.TeamsSource &&
		m.Status == o.Status && m.StatusSource == o.StatusSource && m.Blocked == o.Blocked &&
		m.Joined.Equal(o.Joined) && m.DeleteAfter.Equal(o.DeleteAfter)
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
	v.Teams = append(v.Teams, insert(Team{Root: v.user.Root, Workspace: b.ID, Name: name, Created: v.now, Version: 1}))
	return v.auditIn(b.ID, ActionTeamCreate, targetTeam, name, "", struct {
		Name string `json:"name"`
	}{name})
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

// tell adds one event for each membership that changes, with all of its state, and one more in the connection's
// workspace for attributes that changed where none of those can carry them. changed are the names of the document's
// attributes; of a document that is new to a known person those of the profile count.
func (v *provision) tell(changed []string) error {
	pending := slices.DeleteFunc(slices.Clone(changed), func(name string) bool {
		// What accounts mean, the memberships tell; white space in them means nothing (C3).
		return name == "active" || len(v.altered) == 0 && strings.EqualFold(name, v.pol.mapping.AccountsAttribute())
	})
	if changed == nil && !v.who.isNew {
		pending = v.altered
	}
	home := v.current(v.workspace)
	told := len(pending) == 0
	var events []func() error
	for _, e := range v.edits {
		id := workspaceOf(e)
		if id == v.workspace {
			home = e.After
		}
		typ := memberEventOf(e)
		if typ == "" {
			continue
		}
		data := v.eventData(e.After)
		switch typ {
		case EventMemberUpdated:
			data.Changed = changedOf(e)
			if id == v.workspace && !told {
				data.Changed, told = append(slices.Clone(pending), data.Changed...), true
				data.Profile = v.newProfile()
			}
		case EventMemberJoined:
			data.Profile = v.profile
			told = told || id == v.workspace
		}
		events = append(events, func() error { return v.eventIn(id, typ, v.who.ID, data) })
	}
	if !told {
		data := v.eventData(home)
		data.Changed, data.Profile = pending, v.newProfile()
		if err := v.event(EventMemberUpdated, v.who.ID, data); err != nil {
			return err
		}
	}
	for _, add := range events {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// newProfile is the profile if it has changed.
func (v *provision) newProfile() []byte {
	if len(v.altered) == 0 {
		return nil
	}
	return v.profile
}

func (v *provision) eventData(m *Membership) memberEvent {
	e := memberEvent{User: v.user.ID, UserName: v.user.UserName}
	if m != nil {
		e.setMembership(*m)
	}
	return e
}

func workspaceOf(e Edit[Membership]) string {
	if e.Before != nil {
		return e.Before.Workspace
	}
	return e.After.Workspace
}

// memberEventOf says what an edit of a membership is for the app; "" for nothing that it sees.
func memberEventOf(e Edit[Membership]) string {
	switch {
	case e.Before == nil:
		return EventMemberJoined
	case e.After == nil:
		return EventMemberLeft
	case e.Before.Status != StatusDeactivated && e.After.Status == StatusDeactivated:
		return EventMemberDeactivated
	case e.Before.Status == StatusDeactivated && e.After.Status != StatusDeactivated:
		return EventMemberReactivated
	case len(changedOf(e)) > 0:
		return EventMemberUpdated
	}
	return ""
}

// changedOf names what differs of a membership that stays.
func changedOf(e Edit[Membership]) []string {
	var names []string
	if e.Before.Role != e.After.Role {
		names = append(names, "role")
	}
	if !slices.Equal(e.Before.Teams, e.After.Teams) {
		names = append(names, "teams")
	}
	if e.Before.Status != e.After.Status {
		names = append(names, "status")
	}
	if e.Before.Blocked != e.After.Blocked {
		names = append(names, "blocked")
	}
	return names
}
