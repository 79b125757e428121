package directory

import (
	"context"

	"github.com/usher-scim/usher/scim"
)

// MemberRow is one member of a workspace as an operator sees it.
type MemberRow struct {
	Membership Membership
	User       User // zero when no connection holds a document of the subject any more
	Connection Connection
	Groups     []string // display names of those that it is directly in
}

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
	q := ListQuery{Root: c.Root, Connection: c.ID, Type: scim.UserType(), Limit: memberPage}
	for users, err := range d.userPages(ctx, q) {
		if err != nil {
			return err
		}
		groups, err := d.groupsOf(ctx, c.Root, users)
		if err != nil {
			return err
		}
		for _, u := range users {
			bySubject[u.Subject] = MemberRow{User: u, Connection: c, Groups: groupNames(groups[u.ID])}
		}
	}
	return nil
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
