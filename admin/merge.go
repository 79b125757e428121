package admin

import "github.com/usher-scim/usher/directory"

// Merge names the subject that goes.
type Merge struct {
	Drop    string `json:"drop" doc:"The id of the subject that is merged into the path's, and is gone."`
	Preview bool   `json:"preview,omitzero" doc:"Say what it would come to, and write nothing."`
}

// MergeReport is what a merge of two subjects comes to.
type MergeReport struct {
	Keep        string             `json:"keep" doc:"The subject that stays, with its profile."`
	Drop        string             `json:"drop" doc:"The subject that is gone."`
	Users       []MergedUser       `json:"users" doc:"The users of the subject that is gone; they are those of the one that stays."`
	Memberships []MergedMembership `json:"memberships" doc:"The memberships of the subject that is gone, in workspaces that the API key reaches."`
}

// MergedUser is a SCIM user who belongs to another subject from then on.
type MergedUser struct {
	User       string `json:"user" doc:"The SCIM id."`
	UserName   string `json:"user_name" doc:"As the identity provider sent it."`
	Connection string `json:"connection" doc:"The id of its connection."`
}

// MergedMembership is a membership of the subject that is gone.
type MergedMembership struct {
	Workspace string          `json:"workspace" doc:"The key of the workspace."`
	Dropped   MembershipState `json:"dropped" doc:"What the subject that is gone had there."`
	// Kept is nil where the subject that stays takes over what is dropped.
	Kept *MembershipState `json:"kept,omitempty" doc:"What the subject that stays has there, which holds; not there: it takes over what is dropped."`
}

// MembershipState is what a membership gives.
type MembershipState struct {
	Role    string                 `json:"role" doc:"The role."`
	Teams   []string               `json:"teams" doc:"The teams."`
	Status  directory.MemberStatus `json:"status" doc:"Where the membership stands."`
	Blocked bool                   `json:"blocked" doc:"No access, whatever the status. It holds from either."`
}

func mergeRoutes() []route {
	return []route{accept(route{
		method: "POST", pattern: "/workspaces/{workspace}/members/{subject}/merge", name: "mergeSubjects",
		summary: "Make one person of two",
		doc: "The path's subject takes over the users, memberships and tombstones of the other one, which is gone. Where both are members " +
			"its own membership holds. The app hears subject.merged, then what changes of memberships.",
		scope: directory.ScopeMembersWrite, tenant: true,
		example: example{path: map[string]string{"workspace": "ACME"}, body: `{"drop": "{removed}"}`},
	}, (*call).mergeSubjects)}
}

func (c *call) mergeSubjects(in Merge) (MergeReport, error) {
	r, err := c.Directory.MergeSubjects(c.ctx, c.by, c.workspace, c.path("subject"), in.Drop, in.Preview)
	if err != nil {
		return MergeReport{}, err
	}
	keys, err := c.keys(c.workspace.Root)
	return newMergeReport(r, keys), err
}

// newMergeReport tells of the workspaces that the key reaches.
func newMergeReport(r directory.MergeReport, keys map[string]string) MergeReport {
	out := MergeReport{Keep: r.Keep, Drop: r.Drop, Users: []MergedUser{}, Memberships: []MergedMembership{}}
	for _, u := range r.Users {
		out.Users = append(out.Users, MergedUser{User: u.ID, UserName: u.UserName, Connection: u.Connection})
	}
	for _, m := range r.Memberships {
		if keys[m.Dropped.Workspace] == "" {
			continue
		}
		one := MergedMembership{Workspace: m.Workspace, Dropped: newMembershipState(m.Dropped)}
		if m.Kept != nil {
			kept := newMembershipState(*m.Kept)
			one.Kept = &kept
		}
		out.Memberships = append(out.Memberships, one)
	}
	return out
}

func newMembershipState(m directory.Membership) MembershipState {
	return MembershipState{Role: m.Role, Teams: append([]string{}, m.Teams...), Status: m.Status, Blocked: m.Blocked}
}
