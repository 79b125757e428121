package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

type userCmd struct {
	Create userCreateCmd `cmd:"" help:"Make a user in a connection, as its identity provider would."`
	List   userListCmd   `cmd:"" help:"List the members of a workspace."`
	Show   userShowCmd   `cmd:"" help:"Show a user as the identity provider sees it."`
	Delete userDeleteCmd `cmd:"" help:"Delete a user from a connection; the membership is deactivated."`
}

type memberView struct {
	ID         string     `json:"id"` // of the SCIM user; empty when no connection has one any more
	UserName   string     `json:"user_name"`
	ExternalID string     `json:"external_id"`
	Workspace  string     `json:"workspace"`
	Connection string     `json:"connection"`
	Subject    string     `json:"subject"`
	Status     string     `json:"status"`
	Role       string     `json:"role"`
	RoleSource string     `json:"role_source"`
	Groups     []string   `json:"groups"`
	CreatedAt  *time.Time `json:"created_at"`
	ModifiedAt *time.Time `json:"modified_at"`
}

func newMemberView(w directory.Workspace, m directory.MemberRow) memberView {
	return memberView{
		ID: m.User.ID, UserName: m.User.UserName, ExternalID: m.User.ExternalID, Workspace: w.Key, Connection: m.Connection.Name,
		Subject: m.Membership.Subject, Status: string(m.Membership.Status), Role: m.Membership.Role,
		RoleSource: string(m.Membership.RoleSource), Groups: append([]string{}, m.Groups...),
		CreatedAt: timestamp(m.Membership.Created), ModifiedAt: timestamp(m.Membership.Modified),
	}
}

type userListCmd struct {
	workspaceScope
	Connection string `short:"c" placeholder:"NAME" help:"Only those of this connection."`
}

// Run lists the members.
func (c *userListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		members, err := f.MembersOf(a.ctx, w, c.Connection)
		if err != nil {
			return err
		}
		views := []memberView{}
		t := a.memberTable()
		t.head = append(t.head, "id")
		for _, m := range inOrder(members) {
			v := newMemberView(w, m)
			views = append(views, v)
			t.add(cmp.Or(v.UserName, "subject "+v.Subject), v.Connection, v.Status, v.Role, strings.Join(v.Groups, ", "), v.ID)
		}
		return a.print(views, t)
	})
}

// memberTable is how members are shown.
func (a *app) memberTable() *table {
	return a.table("Nobody yet.", "user", "connection", "status", "role", "groups")
}

// inOrder sorts members as people look for them.
func inOrder(members []directory.MemberRow) []directory.MemberRow {
	slices.SortFunc(members, func(a, b directory.MemberRow) int {
		return cmp.Or(cmp.Compare(a.Connection.Name, b.Connection.Name), cmp.Compare(a.User.UserNameKey, b.User.UserNameKey))
	})
	return members
}

type userCreateCmd struct {
	UserName string `arg:"" help:"userName, often the e-mail address."`
	connectionScope
	GivenName  string `help:"Given name."`
	FamilyName string `help:"Family name."`
	Email      string `help:"Work e-mail address."`
	ExternalID string `help:"The provider's own id of the user."`
	Inactive   bool   `help:"Make the user inactive."`
}

// Run makes the user.
func (c *userCreateCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, conn directory.Connection) error {
		v := a.view(f, w, conn)
		r, err := v.user().Decode(c.document(), v.Profile)
		if err != nil {
			return err
		}
		rec, err := v.Create(a.ctx, r, scim.Write{Show: &scim.Projection{}})
		if err != nil {
			return err
		}
		return v.print(rec, "Created user "+c.UserName+".")
	})
}

// document is the SCIM user that the flags describe.
func (c *userCreateCmd) document() *scim.Object {
	o := &scim.Object{}
	o.Set("schemas", scim.Array{scim.URNUser})
	o.Set("userName", c.UserName)
	o.Set("active", !c.Inactive)
	setText(o, "externalId", c.ExternalID)
	name := &scim.Object{}
	setText(name, "givenName", c.GivenName)
	setText(name, "familyName", c.FamilyName)
	if name.Len() > 0 {
		o.Set("name", name)
	}
	if c.Email != "" {
		o.Set("emails", scim.Array{&scim.Object{Members: []scim.Member{{Name: "value", Value: c.Email}, {Name: "type", Value: "work"}, {Name: "primary", Value: true}}}})
	}
	return o
}

func setText(o *scim.Object, name, value string) {
	if value != "" {
		o.Set(name, value)
	}
}

// namedUser is the arguments of commands about one user.
type namedUser struct {
	User string `arg:"" help:"userName or id of the user."`
	connectionScope
}

func (n namedUser) in(a *app, do func(*view, *scim.Record) error) error {
	return n.connectionScope.in(a, func(f *folder, w directory.Workspace, c directory.Connection) error {
		v := a.view(f, w, c)
		rec, err := v.find(v.user(), "userName", n.User)
		if err != nil {
			return err
		}
		return do(v, rec)
	})
}

type userShowCmd struct{ namedUser }

// Run shows the user.
func (c *userShowCmd) Run(a *app) error {
	return c.in(a, func(v *view, rec *scim.Record) error { return v.print(rec, "User "+c.User) })
}

type userDeleteCmd struct {
	namedUser
	consent
}

// Run deletes the user.
func (c *userDeleteCmd) Run(a *app) error {
	return c.in(a, func(v *view, rec *scim.Record) error {
		return v.remove(c.consent, rec, fmt.Sprintf("user %s of connection %s", c.User, v.Connection.Name))
	})
}

// indent lays out a document for people.
func indent(doc []byte) (json.RawMessage, error) {
	var raw json.RawMessage
	err := json.Unmarshal(doc, &raw)
	return raw, err
}
