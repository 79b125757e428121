package directory

import (
	"cmp"
	"slices"
	"time"

	"github.com/usher-scim/usher/mapping"
)

// What of a membership changes, and what that is for the app. Nothing here reads or writes.

// setRole takes the role that the identity provider gives by SCIM. One that it gave before and gives no longer is the
// default again; one that somebody else gave stays (M8, X6).
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

// signIn takes what a login grants to who is a member: the role only where it follows the login, and one that is not named
// stays (J3, J4). Who was invited has come; who was deactivated stays so.
func (m *Membership) signIn(g mapping.Grant, rules *SignIn, now time.Time) {
	if rules.UpdateRole && g.Role != "" && g.Role != m.Role {
		m.Role, m.RoleSource = g.Role, SourceJIT
	}
	if g.Teams != nil {
		before := m.Teams
		source := m.TeamsSource
		if m.setTeams(g); slices.Equal(before, m.Teams) {
			m.TeamsSource = source
		} else {
			m.TeamsSource = SourceJIT
		}
	}
	if m.Status == StatusInvited {
		m.setStatus(StatusActive, SourceJIT, StatusActive, now)
	}
}

// join is the membership of who comes by a login for the first time: with the role that is named, else the default one.
func (m *Membership) join(g mapping.Grant, rules *SignIn, now time.Time) {
	if g.Role != "" {
		m.Role, m.RoleSource = g.Role, SourceJIT
	}
	if m.setTeams(g); g.Teams != nil {
		m.TeamsSource = SourceJIT
	}
	m.setStatus(statusOf(g.Active), SourceJIT, StatusActive, now)
	if rules.Ephemeral {
		m.DeleteAfter = now.Add(ephemeralAge) // J5
	}
}

// equal reports that nothing of a membership differs that would have to be written.
func (m *Membership) equal(o *Membership) bool {
	return m.Connection == o.Connection && m.Role == o.Role && m.RoleSource == o.RoleSource &&
		slices.Equal(m.Teams, o.Teams) && m.TeamsSource == o.TeamsSource &&
		m.Status == o.Status && m.StatusSource == o.StatusSource && m.Blocked == o.Blocked &&
		m.Joined.Equal(o.Joined) && m.DeleteAfter.Equal(o.DeleteAfter)
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
