package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory"
)

type memberCmd struct {
	List    memberListCmd        `cmd:"" help:"List who is a member of a workspace."`
	Show    memberShowCmd        `cmd:"" help:"Show a member."`
	Access  memberAccessCmd      `cmd:"" help:"Say what a person may do in a workspace, and why."`
	Invite  memberInviteCmd      `cmd:"" help:"Invite a person: a member from the first login on."`
	Set     memberSetCmd         `cmd:"" help:"Change a member's role, teams or status by hand."`
	Block   memberBlockCmd       `cmd:"" help:"Take all access away, whatever the identity provider says."`
	Unblock memberUnblockCmd     `cmd:"" help:"Lift a block."`
	Remove  memberRemoveCmd      `cmd:"" help:"Remove a member. The membership can be restored for 30 days."`
	Removed memberRemovedCmd     `cmd:"" help:"List the removed members that can be restored."`
	Restore memberRestoreCmd     `cmd:"" help:"Bring a removed member back."`
	Logins  memberLoginsCmd      `cmd:"" help:"Inspect the last logins of a member: the claims, and what was made of them."`
	Unlink  memberUnlinkCmd      `cmd:"" help:"Say that an identity of the last logins is not that person's. The sessions of it end."`
	Reset   memberResetFactorCmd `cmd:"" name:"reset-factor" help:"Take the second factor away from somebody who has lost it. The sessions end."`
	Merge   memberMergeCmd       `cmd:"" help:"Make one person of two: the users and memberships of the other one go over."`
	Erase   memberEraseCmd       `cmd:"" help:"Erase a person: every document, membership and personal value, for good."`
}

// personView is a member with what is known of the person.
type personView struct {
	Subject      string          `json:"subject"`
	Name         string          `json:"name"`
	Email        string          `json:"email"`
	Workspace    string          `json:"workspace"`
	Connection   string          `json:"connection"` // name of the one that grants it; empty: nobody's
	Role         string          `json:"role"`
	RoleSource   string          `json:"role_source"`
	Teams        []string        `json:"teams"`
	TeamsSource  string          `json:"teams_source"`
	Status       string          `json:"status"`
	StatusSource string          `json:"status_source"`
	Blocked      bool            `json:"blocked"`
	JoinedAt     *time.Time      `json:"joined_at"`
	DeleteAfter  *time.Time      `json:"delete_after"`
	CreatedAt    *time.Time      `json:"created_at"`
	ModifiedAt   *time.Time      `json:"modified_at"`
	RemovedAt    *time.Time      `json:"removed_at,omitempty"`
	Profile      json.RawMessage `json:"profile"`
	Manager      *managerView    `json:"manager,omitempty"`
	Note         string          `json:"note,omitempty"` // that the identity provider will overwrite a change
}

func newPersonView(w directory.Workspace, p directory.Person, connections map[string]string) personView {
	m := p.Membership
	return personView{
		Subject: m.Subject, Name: p.Who.Name, Email: p.Who.Email, Workspace: w.Key, Connection: connections[m.Connection],
		Role: m.Role, RoleSource: string(m.RoleSource), Teams: append([]string{}, m.Teams...), TeamsSource: string(m.TeamsSource),
		Status: string(m.Status), StatusSource: string(m.StatusSource), Blocked: m.Blocked, JoinedAt: timestamp(m.Joined),
		DeleteAfter: timestamp(m.DeleteAfter), CreatedAt: timestamp(m.Created), ModifiedAt: timestamp(m.Modified), Profile: rawOrNull(p.Who.Profile),
		Manager: newManagerView(p.Manager),
	}
}

// managerView is whom a person reports to: as sent, and who that is when that is known.
type managerView struct {
	Value   string `json:"value"`
	Subject string `json:"subject"`
	Name    string `json:"name"`
	Email   string `json:"email"`
}

func newManagerView(m *directory.Manager) *managerView {
	if m == nil {
		return nil
	}
	return &managerView{Value: m.Value, Subject: m.Subject, Name: m.Name, Email: m.Email}
}

func (v *managerView) text() string {
	if v == nil {
		return ""
	}
	return cmp.Or(v.Email, v.Name, v.Value)
}

// called is what people call the person.
func (v personView) called() string { return cmp.Or(v.Email, v.Name, v.Subject) }

func (v personView) card(title string) *card {
	return newCard(title, "name", v.Name, "e-mail", v.Email, "subject", v.Subject, "workspace", v.Workspace, "connection", v.Connection,
		"status", from(v.Status, v.StatusSource), "blocked", onlyYes(v.Blocked), "role", from(v.Role, v.RoleSource),
		"teams", from(strings.Join(v.Teams, ", "), v.TeamsSource), "manager", v.Manager.text(), "note", v.Note)
}

// from says where a value came from.
func from(value, source string) string {
	if value == "" || source == "" {
		return value
	}
	return value + " (" + source + ")"
}

type memberListCmd struct {
	workspaceScope
	Text       string   `placeholder:"TEXT" help:"Only those with this in name or e-mail."`
	Role       string   `placeholder:"ROLE" help:"Only those with this role."`
	Team       string   `placeholder:"TEAM" help:"Only those in this team."`
	Connection string   `short:"c" placeholder:"NAME" help:"Only those that this connection grants."`
	Status     string   `enum:",invited,active,deactivated" default:"" placeholder:"STATUS" help:"Only those with this status: invited, active or deactivated."`
	Inherited  bool     `help:"Also those whose access comes from a workspace above."`
	After      string   `placeholder:"SUBJECT" help:"Begin after this subject: the last one of the page before."`
	Limit      pageSize `default:"100" placeholder:"N" help:"How many, at most 1000. Defaults to 100."`
}

// Run lists the members.
func (c *memberListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		names, err := f.connectionNames(a, w)
		if err != nil {
			return err
		}
		filter := directory.PeopleFilter{
			Text: c.Text, Role: c.Role, Team: c.Team, Status: directory.MemberStatus(c.Status), Inherited: c.Inherited, After: c.After, Limit: int(c.Limit),
		}
		if c.Connection != "" {
			conn, err := f.Connection(a.ctx, w, c.Connection)
			if err != nil {
				return err
			}
			filter.Connection = conn.ID
		}
		all, err := f.People(a.ctx, w, filter)
		if err != nil {
			return err
		}
		views := []personView{}
		t := a.table("Nobody.", "person", "status", "role", "teams", "connection", "subject")
		for _, p := range all {
			v := newPersonView(w, p, names)
			views = append(views, v)
			status := v.Status
			if v.Blocked {
				status = "blocked"
			}
			t.add(v.called(), status, v.Role, strings.Join(v.Teams, ", "), v.Connection, v.Subject)
		}
		return a.print(views, t)
	})
}

// namedMember is the argument of commands about one person in a workspace.
type namedMember struct {
	Member string `arg:"" help:"E-mail address or subject id of the person."`
	workspaceScope
}

// in finds the person's subject: by e-mail among the members, also those whose access comes from above, else as an id.
func (n namedMember) in(a *app, do func(f *folder, w directory.Workspace, subject string) error) error {
	return n.workspaceScope.in(a, func(f *folder, w directory.Workspace) error {
		subject, err := n.subject(a, f, w)
		if err != nil {
			return err
		}
		return do(f, w, subject)
	})
}

func (n namedMember) subject(a *app, f *folder, w directory.Workspace) (string, error) {
	if !strings.Contains(n.Member, "@") {
		return n.Member, nil
	}
	all, err := f.People(a.ctx, w, directory.PeopleFilter{Text: n.Member, Inherited: true, Limit: 1000})
	if err != nil {
		return "", err
	}
	var found []string
	for _, p := range all {
		if strings.EqualFold(p.Who.Email, n.Member) {
			found = append(found, p.Subject)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", hint(fmt.Errorf("workspace %s has no member with the e-mail %s", w.Key, n.Member), "usher member list --workspace %s; a removed person goes by the subject id", w.Key)
	}
	return "", hint(fmt.Errorf("%d members of workspace %s have the e-mail %s", len(found), w.Key, n.Member), "give the subject id: %s", strings.Join(found, " or "))
}

// printPerson shows a member.
func (a *app) printPerson(f *folder, w directory.Workspace, p directory.Person, title, note string) error {
	names, err := f.connectionNames(a, w)
	if err != nil {
		return err
	}
	v := newPersonView(w, p, names)
	v.Note = note
	return a.print(v, v.card(fmt.Sprintf(title, v.called())))
}

type memberShowCmd struct{ namedMember }

// Run shows the member.
func (c *memberShowCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace, subject string) error {
		p, err := f.Member(a.ctx, w, subject)
		if err != nil {
			return err
		}
		return a.printPerson(f, w, p, "Member %s", "")
	})
}
