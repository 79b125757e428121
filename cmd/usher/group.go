package main

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

type groupCmd struct {
	Create groupCreateCmd `cmd:"" help:"Make a group in a connection, as its identity provider would."`
	List   groupListCmd   `cmd:"" help:"List the groups of a connection."`
	Show   groupShowCmd   `cmd:"" help:"Show a group as the identity provider sees it."`
	Delete groupDeleteCmd `cmd:"" help:"Delete a group. Its members stay."`
}

type groupView struct {
	ID          string     `json:"id"`
	DisplayName string     `json:"display_name"`
	ExternalID  string     `json:"external_id"`
	Connection  string     `json:"connection"`
	Members     int        `json:"members"`
	CreatedAt   *time.Time `json:"created_at"`
	ModifiedAt  *time.Time `json:"modified_at"`
}

type groupListCmd struct{ connectionScope }

// Run lists the groups.
func (c *groupListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		v := a.view(f, w, conn)
		views := []groupView{}
		t := a.table("No group yet.", "group", "members", "changed", "id")
		for rec, err := range v.all(v.group(), "") {
			if err != nil {
				return err
			}
			g, err := newGroupView(conn, rec)
			if err != nil {
				return err
			}
			views = append(views, g)
			t.add(g.DisplayName, fmt.Sprint(g.Members), when(rec.LastModified), g.ID)
		}
		return a.print(views, t)
	})
}

func newGroupView(c directory.Connection, rec *scim.Record) (groupView, error) {
	r, err := rec.Type.Load(rec)
	if err != nil {
		return groupView{}, err
	}
	return groupView{
		ID: rec.ID, DisplayName: r.Text("displayName"), ExternalID: rec.ExternalID, Connection: c.Name,
		Members: len(rec.Members), CreatedAt: timestamp(rec.Created), ModifiedAt: timestamp(rec.LastModified),
	}, nil
}

type groupCreateCmd struct {
	Name string `arg:"" help:"displayName of the group."`
	connectionScope
	Member     []string `placeholder:"USER,…" help:"Members: userNames or ids."`
	ExternalID string   `help:"The provider's own id of the group."`
}

// Run makes the group.
func (c *groupCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		v := a.view(f, w, conn)
		o := &scim.Object{}
		o.Set("schemas", scim.Array{scim.URNGroup})
		o.Set("displayName", c.Name)
		setText(o, "externalId", c.ExternalID)
		r, err := v.group().Decode(o, v.Profile)
		if err != nil {
			return err
		}
		if r.Members, err = c.members(v); err != nil {
			return err
		}
		r.HasMembers = len(r.Members) > 0
		rec, err := v.Create(a.ctx, r, scim.Write{Show: &scim.Projection{}})
		if err != nil {
			return err
		}
		return v.print(rec, "Created group "+c.Name+".")
	})
}

func (c *groupCreateCmd) members(v *view) ([]scim.MemberRef, error) {
	var refs []scim.MemberRef
	for _, name := range c.Member {
		rec, err := v.find(v.user(), "userName", name)
		if err != nil {
			return nil, err
		}
		refs = append(refs, scim.MemberRef{Value: rec.ID, Type: rec.Type.Name})
	}
	return refs, nil
}

// namedGroup is the arguments of commands about one group.
type namedGroup struct {
	Group string `arg:"" help:"displayName or id of the group."`
	connectionScope
}

func (n namedGroup) in(a *app, do func(*view, *scim.Record) error) error {
	return n.connectionScope.in(a, func(f *folder, w directory.Workspace, c directory.Connection) error {
		v := a.view(f, w, c)
		rec, err := v.find(v.group(), "displayName", n.Group)
		if err != nil {
			return err
		}
		return do(v, rec)
	})
}

type groupShowCmd struct{ namedGroup }

// Run shows the group.
func (c *groupShowCmd) Run(a *app) error {
	return c.in(a, func(v *view, rec *scim.Record) error { return v.print(rec, "Group "+c.Group) })
}

type groupDeleteCmd struct {
	namedGroup
	consent
}

// Run deletes the group.
func (c *groupDeleteCmd) Run(a *app) error {
	return c.in(a, func(v *view, rec *scim.Record) error {
		return v.remove(c.consent, rec, fmt.Sprintf("group %s of connection %s", c.Group, v.Connection.Name))
	})
}
