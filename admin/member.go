package admin

import (
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// Member is one person in one workspace.
type Member struct {
	Subject      string                 `json:"subject" doc:"The id of the person: what the app, events and audit know them by."`
	Workspace    string                 `json:"workspace,omitempty" doc:"The key of the workspace in which the membership stands; not there when the API key does not reach it."`
	Inherited    bool                   `json:"inherited,omitempty" doc:"Whether the membership is of a workspace above."`
	Name         string                 `json:"name,omitempty" doc:"For people."`
	Email        string                 `json:"email,omitempty" doc:"As the identity provider, or who invited, said."`
	Profile      jsontext.Value         `json:"profile" doc:"What is known of the person."`
	Manager      *Manager               `json:"manager,omitempty" doc:"Who the person reports to, when one member is read."`
	Role         string                 `json:"role" doc:"The role."`
	RoleSource   directory.Source       `json:"role_source,omitempty" doc:"Where the role comes from."`
	Teams        []string               `json:"teams" doc:"The teams."`
	TeamsSource  directory.Source       `json:"teams_source,omitempty" doc:"Where the teams come from."`
	Status       directory.MemberStatus `json:"status" doc:"Where the membership stands."`
	StatusSource directory.Source       `json:"status_source,omitempty" doc:"Where the status comes from."`
	Blocked      bool                   `json:"blocked" doc:"No access, whatever the status."`
	Connection   string                 `json:"connection,omitempty" doc:"The id of the connection that grants the membership."`
	JoinedAt     *time.Time             `json:"joined_at,omitempty" doc:"When the person was first active here."`
	DeleteAfter  *time.Time             `json:"delete_after,omitempty" doc:"When the membership ends by itself."`
	RemovedAt    *time.Time             `json:"removed_at,omitempty" doc:"When it was removed; it can be restored for 30 days."`
	CreatedAt    time.Time              `json:"created_at" doc:"When it was made."`
	ModifiedAt   time.Time              `json:"modified_at" doc:"When it was changed last."`
	Version      int64                  `json:"version" doc:"Rises with every change; the ETag."`
}

func (m Member) version() int64 { return m.Version }

// Manager is whom a person reports to.
type Manager struct {
	Value   string `json:"value" doc:"As the identity provider sent it."`
	Subject string `json:"subject,omitempty" doc:"The id of the person; not there as long as nobody is known by the value."`
	Name    string `json:"name,omitempty" doc:"For people."`
	Email   string `json:"email,omitempty" doc:"The e-mail address."`
}

// ChangedMember is a member after a change.
type ChangedMember struct {
	Member
	Note string `json:"note,omitempty" doc:"What the identity provider will overwrite."`
}

// RemovedMember is what is to be said of a removal.
type RemovedMember struct {
	Note string `json:"note,omitempty" doc:"Why the identity provider will bring the person back."`
}

// Invitation makes a member by hand.
type Invitation struct {
	Email   string   `json:"email,omitzero" doc:"Of the person."`
	Name    string   `json:"name,omitzero" doc:"For people."`
	Subject string   `json:"subject,omitzero" doc:"The id of somebody whom the tenant knows already, in place of the e-mail. Takes a key that reaches the whole tenant."`
	Role    string   `json:"role,omitzero" doc:"Defaults to the default role."`
	Teams   []string `json:"teams,omitzero" doc:"The teams."`
}

// MemberChange changes what it names.
type MemberChange struct {
	Role    *string                 `json:"role,omitzero" doc:"The role."`
	Teams   *[]string               `json:"teams,omitzero" doc:"All of the teams."`
	Status  *directory.MemberStatus `json:"status,omitzero" doc:"active or deactivated."`
	Blocked *bool                   `json:"blocked,omitzero" doc:"No access, whatever the identity provider says."`
}

// Members is a page of members, also as CSV.
type Members List[Member]

func (m Members) nextPage() string { return m.Next }

func memberRoutes() []route {
	const (
		all = "/workspaces/{workspace}/members"
		one = all + "/{subject}"
	)
	removed := example{path: map[string]string{"subject": "removed"}}
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listMembers", summary: "List the members of a workspace",
			doc: "A page may have fewer members than its limit, or none, while next is there: of many members it looks at some thousand and goes on where next says.", scope: directory.ScopeMembersRead,
			text: mediaCSV, query: append([]parameter{
				{name: "text", kind: "string", doc: "Only with this in name or e-mail, whatever the case."},
				{name: "role", kind: "string", doc: "Only with this role."},
				{name: "team", kind: "string", doc: "Only in this team."},
				{name: "status", kind: "string", enum: []string{"invited", "active", "deactivated"}, doc: "Only with this status."},
				{name: "connection", kind: "string", doc: "Only those that the connection with this id grants."},
				{name: "inherited", kind: "boolean", doc: "Those too who are members of a workspace above. Defaults to false."},
				formats,
			}, paged...),
			example: example{query: "role=member&limit=1"},
		}, (*call).listMembers),
		accept(route{
			method: "POST", pattern: all, name: "inviteMember", summary: "Invite somebody by hand",
			doc: "Invited until the first login.", scope: directory.ScopeMembersWrite, creates: true,
			example: example{body: `{"email": "dana@partner.example", "name": "Dana Diaz", "role": "viewer", "teams": ["sales"]}`},
		}, (*call).invite),
		answer(route{
			method: "GET", pattern: one, name: "getMember", summary: "Read a member", scope: directory.ScopeMembersRead,
		}, (*call).getMember),
		accept(route{
			method: "PATCH", pattern: one, name: "updateMember", summary: "Change a membership by hand",
			scope: directory.ScopeMembersWrite, matches: true, example: example{body: `{"role": "viewer", "blocked": true}`},
		}, (*call).updateMember),
		answer(route{
			method: "DELETE", pattern: one, name: "removeMember", summary: "Remove a member",
			doc: "It can be restored for 30 days.", scope: directory.ScopeMembersWrite, matches: true,
		}, (*call).removeMember),
		answer(route{
			method: "GET", pattern: one + "/access", name: "getAccess", summary: "Say what somebody may do, and why",
			doc: "The nearest membership counts: that of the workspace, else that of one above.", scope: directory.ScopeMembersRead,
		}, (*call).access),
		answer(route{
			method: "POST", pattern: one + "/login", name: "reportLogin", summary: "Report that somebody has signed in",
			doc: "Who was invited is active from then on.", scope: directory.ScopeMembersWrite,
		}, (*call).reportLogin),
		answer(route{
			method: "POST", pattern: one + "/restore", name: "restoreMember", summary: "Bring a removed member back",
			scope: directory.ScopeMembersWrite, example: removed,
		}, (*call).restoreMember),
		answer(route{
			method: "POST", pattern: one + "/erase", name: "eraseSubject", summary: "Erase a person, and all that is known of them",
			doc:   "From every connection, log and event; the audit log still verifies. There is no way back.",
			scope: directory.ScopeMembersWrite, tenant: true, query: []parameter{confirmation},
			example: example{path: map[string]string{"workspace": "ACME"}, query: "confirm={subject}"},
		}, (*call).erase),
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/removed", name: "listRemoved",
			summary: "List the removed members that can be restored", scope: directory.ScopeMembersRead, query: paged,
		}, (*call).listRemoved),
	}
}

func (c *call) showMember(p directory.Person, keys map[string]string) Member {
	m := p.Membership
	teams := m.Teams
	if teams == nil {
		teams = []string{}
	}
	return Member{
		Subject: m.Subject, Workspace: keys[m.Workspace], Inherited: m.Workspace != c.workspace.ID,
		Name: p.Who.Name, Email: p.Who.Email, Profile: objectOr(p.Who.Profile), Manager: newManager(p.Manager),
		Role: m.Role, RoleSource: m.RoleSource, Teams: teams, TeamsSource: m.TeamsSource,
		Status: m.Status, StatusSource: m.StatusSource, Blocked: m.Blocked, Connection: m.Connection,
		JoinedAt: when(m.Joined), DeleteAfter: when(m.DeleteAfter), CreatedAt: m.Created, ModifiedAt: m.Modified,
		Version: m.Version,
	}
}

func newManager(m *directory.Manager) *Manager {
	if m == nil {
		return nil
	}
	return &Manager{Value: m.Value, Subject: m.Subject, Name: m.Name, Email: m.Email}
}

// showOwn shows a membership of the path's workspace.
func (c *call) showOwn(p directory.Person) Member {
	return c.showMember(p, map[string]string{c.workspace.ID: c.workspace.Key})
}

func (c *call) listMembers() (Members, error) {
	filter, err := c.peopleFilter()
	if err != nil {
		return Members{}, err
	}
	people, err := c.Directory.PeoplePage(c.ctx, c.workspace, filter)
	if err != nil {
		return Members{}, err
	}
	keys, err := c.keys(c.workspace.Root)
	if err != nil {
		return Members{}, err
	}
	page := Members{Items: []Member{}}
	for _, p := range people.People {
		page.Items = append(page.Items, c.showMember(p, keys))
	}
	if people.Next != "" {
		page.Next = c.cursor(people.Next)
	}
	return page, nil
}

func (c *call) peopleFilter() (f directory.PeopleFilter, err error) {
	if f.Limit, err = c.limit(); err != nil {
		return f, err
	}
	if f.After, err = c.after(); err != nil {
		return f, err
	}
	if f.Inherited, err = c.boolean("inherited"); err != nil {
		return f, err
	}
	if _, err = c.oneOf("format"); err != nil {
		return f, err
	}
	status, err := c.oneOf("status")
	f.Status = directory.MemberStatus(status)
	f.Text, f.Role, f.Team, f.Connection = c.query.Get("text"), c.query.Get("role"), c.query.Get("team"), c.query.Get("connection")
	return f, err
}

// table is the page as CSV.
func (m Members) table() [][]string {
	rows := [][]string{{"subject", "name", "email", "workspace", "role", "teams", "status", "blocked", "connection", "joined_at"}}
	for _, one := range m.Items {
		joined := ""
		if one.JoinedAt != nil {
			joined = one.JoinedAt.UTC().Format(time.RFC3339)
		}
		rows = append(rows, []string{
			one.Subject, one.Name, one.Email, one.Workspace, one.Role, strings.Join(one.Teams, ","), string(one.Status),
			strconv.FormatBool(one.Blocked), one.Connection, joined,
		})
	}
	return rows
}

func (c *call) invite(in Invitation) (Member, error) {
	if in.Subject != "" && !c.reachesTenant() {
		return Member{}, newProblem(forbidden, "name the e-mail", "to invite by subject takes a key of the root workspace")
	}
	p, err := c.Directory.Invite(c.ctx, c.by, c.workspace, directory.Invitation{
		Email: in.Email, Name: in.Name, Subject: in.Subject, Role: in.Role, Teams: in.Teams,
	})
	if err != nil {
		return Member{}, err
	}
	c.about = p.Subject
	c.location("workspaces", c.workspace.Key, "members", p.Subject)
	return c.showOwn(p), nil
}

// member is the one of the workspace itself that the path names.
func (c *call) member() (directory.Person, error) {
	p, err := c.Directory.Member(c.ctx, c.workspace, c.path("subject"))
	return p, inPath(c.discreet(err))
}

// discreet keeps a refusal from telling of workspaces above the reach of the key.
func (c *call) discreet(err error) error {
	if err == nil || c.reachesTenant() || problemOf(err).Status != notFound.status {
		return err
	}
	return c.noMember()
}

func (c *call) noMember() error {
	return newProblem(notFound, "list the members of the workspace to see who is there",
		"workspace %s has no member %q", c.workspace.Key, printable(c.path("subject")))
}

func (c *call) getMember() (Member, error) {
	p, err := c.member()
	return c.showOwn(p), err
}

func (c *call) updateMember(in MemberChange) (ChangedMember, error) {
	before, err := c.member()
	if err != nil {
		return ChangedMember{}, err
	}
	if err := c.match(before.Version); err != nil {
		return ChangedMember{}, err
	}
	after, note, err := c.Directory.ChangeMember(c.ctx, c.by, c.workspace, before.Subject, directory.MemberChange{
		Role: in.Role, Teams: in.Teams, Status: in.Status, Blocked: in.Blocked, Version: c.held(before.Version),
	})
	if err != nil {
		return ChangedMember{}, err
	}
	return ChangedMember{Member: c.showOwn(after), Note: note}, nil
}

func (c *call) removeMember() (RemovedMember, error) {
	p, err := c.member()
	if err != nil {
		return RemovedMember{}, err
	}
	if err := c.match(p.Version); err != nil {
		return RemovedMember{}, err
	}
	note, err := c.Directory.RemoveMember(c.ctx, c.by, c.workspace, p.Subject)
	return RemovedMember{Note: note}, err
}

func (c *call) restoreMember() (Member, error) {
	p, err := c.Directory.RestoreMember(c.ctx, c.by, c.workspace, c.path("subject"))
	return c.showOwn(p), err
}

func (c *call) listRemoved() (List[Member], error) {
	all, err := c.Directory.Removed(c.ctx, c.workspace)
	if err != nil {
		return List[Member]{}, err
	}
	return pageOf(c, all, func(r directory.Removal) string { return r.Subject }, func(r directory.Removal) Member {
		m := c.showOwn(directory.Person{Membership: r.Membership})
		m.RemovedAt = when(r.Removed)
		return m
	})
}
