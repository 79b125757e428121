package directory

import (
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/scim"
)

// planReturn is for a person who was deleted and is posted again: the membership follows the document, the role
// stays. The membership is written in any case, so that of two documents that claim one subject at the same time
// only one gets it. When access does not change, the event says that there is a document again.
func (c *Client) planReturn(ctx context.Context, p *plan, u User, attributes []string) error {
	before, err := c.directory.store.Membership(ctx, u.Root, c.Workspace.ID, u.Subject)
	if errors.Is(err, ErrNotFound) {
		return c.planJoin(p, u)
	}
	if err != nil {
		return err
	}
	after := p.setStatus(before, u)
	if after.Status == before.Status {
		return p.event(EventMemberUpdated, u.Subject, newMemberEvent(u, attributes))
	}
	return p.statusEvent(u, after)
}

// planUpdate is for a document with new values. A later update leaves the role alone (X6).
func (c *Client) planUpdate(ctx context.Context, p *plan, u User, changed []string) error {
	others := slices.DeleteFunc(slices.Clone(changed), func(name string) bool { return name == "active" })
	if len(others) > 0 {
		if err := p.event(EventMemberUpdated, u.Subject, newMemberEvent(u, others)); err != nil {
			return err
		}
	}
	if len(others) == len(changed) {
		return nil
	}
	return c.planStatus(ctx, p, u)
}

// statusOf is what a document asks for. It is deactivated, never removed: the person may come back (T-102).
func statusOf(u User) MemberStatus {
	if u.Active {
		return StatusActive
	}
	return StatusDeactivated
}

func newMemberEvent(u User, changed []string) memberEvent {
	return memberEvent{User: u.ID, UserName: u.UserName, Status: statusOf(u), Changed: changed}
}

// planJoin makes a membership with the workspace's default role.
func (c *Client) planJoin(p *plan, u User) error {
	m := Membership{
		Root: u.Root, Workspace: c.Workspace.ID, Subject: u.Subject,
		Role: c.Workspace.DefaultRole, RoleSource: SourceDefault, Status: statusOf(u), StatusSource: SourceSCIM,
		Created: p.now, Modified: p.now, Version: 1,
	}
	p.Memberships = append(p.Memberships, insert(m))
	return p.memberEvent(EventMemberJoined, u, m)
}

// planStatus gives the membership the status that the document asks for, where it differs. Who was removed from the
// workspace by hand joins again by an active document, and has nothing to lose by another.
func (c *Client) planStatus(ctx context.Context, p *plan, u User) error {
	before, err := c.directory.store.Membership(ctx, u.Root, c.Workspace.ID, u.Subject)
	switch {
	case errors.Is(err, ErrNotFound) && u.Active:
		return c.planJoin(p, u)
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil || before.Status == statusOf(u):
		return err
	}
	return p.statusEvent(u, p.setStatus(before, u))
}

// setStatus writes the membership with the status that the document asks for.
func (p *plan) setStatus(before Membership, u User) Membership {
	after := before
	after.Status, after.StatusSource, after.Modified = statusOf(u), SourceSCIM, p.since(before.Modified)
	after.Version++
	p.Memberships = append(p.Memberships, update(before, after))
	return after
}

func (p *plan) statusEvent(u User, m Membership) error {
	if m.Status == StatusDeactivated {
		return p.memberEvent(EventMemberDeactivated, u, m)
	}
	return p.memberEvent(EventMemberReactivated, u, m)
}

func (p *plan) memberEvent(eventType string, u User, m Membership) error {
	e := newMemberEvent(u, nil)
	e.Role = m.Role
	return p.event(eventType, u.Subject, e)
}

// MemberRow is one member of a workspace as an operator sees it.
type MemberRow struct {
	Membership Membership
	User       User // zero when no connection holds a document of the subject any more
	Connection Connection
	Groups     []string // display names of those that it is directly in
}

// memberPage is how many rows MembersOf reads at a time.
const memberPage = 500

// MembersOf lists a workspace's members, optionally those of one connection only (name or id).
func (d *Directory) MembersOf(ctx context.Context, w Workspace, connection string) ([]MemberRow, error) {
	connections, err := d.membersConnections(ctx, w, connection)
	if err != nil {
		return nil, err
	}
	documents := make(map[string]MemberRow)
	for _, c := range connections {
		if err := d.addDocuments(ctx, c, documents); err != nil {
			return nil, err
		}
	}
	var rows []MemberRow
	for after := ""; ; {
		page, err := d.store.Memberships(ctx, w.Root, w.ID, after, memberPage)
		if err != nil {
			return nil, err
		}
		for _, m := range page {
			row, documented := documents[m.Subject]
			row.Membership = m
			if documented || connection == "" {
				rows = append(rows, row)
			}
			after = m.Subject
		}
		if len(page) < memberPage {
			return rows, nil
		}
	}
}

func (d *Directory) membersConnections(ctx context.Context, w Workspace, connection string) ([]Connection, error) {
	if connection == "" {
		return d.Connections(ctx, w)
	}
	c, err := d.Connection(ctx, w, connection)
	return []Connection{c}, err
}

// addDocuments adds the users of the connection, with the names of their groups, under their subjects.
func (d *Directory) addDocuments(ctx context.Context, c Connection, bySubject map[string]MemberRow) error {
	q := ListQuery{Root: c.Root, Connection: c.ID, Type: scim.UserType(), StartIndex: 1, Limit: memberPage}
	for { // by cursor: who stays is met once, whoever comes and goes meanwhile
		page, err := d.store.Users(ctx, q)
		if err != nil {
			return err
		}
		groups, err := d.groupsOf(ctx, c.Root, page.Users)
		if err != nil {
			return err
		}
		for _, u := range page.Users {
			bySubject[u.Subject] = MemberRow{User: u, Connection: c, Groups: groupNames(groups[u.ID])}
			q.After = &scim.Position{Seq: u.Seq}
		}
		if !page.More {
			return nil
		}
	}
}

func groupNames(groups []GroupOf) []string {
	var names []string
	for _, g := range groups {
		if g.Direct {
			names = append(names, g.DisplayName)
		}
	}
	return names
}
