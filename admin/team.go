package admin

import (
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Team is a named set of members of a workspace.
type Team struct {
	Name        string    `json:"name" doc:"Unique in its workspace; upper and lower case differ."`
	Description string    `json:"description,omitempty" doc:"For people."`
	CreatedAt   time.Time `json:"created_at" doc:"When it was made."`
	Version     int64     `json:"version" doc:"Rises with every change; the ETag."`
}

func (t Team) version() int64 { return t.Version }

// NewTeam makes a team.
type NewTeam struct {
	Name        string `json:"name" doc:"Unique in its workspace; upper and lower case differ."`
	Description string `json:"description,omitzero" doc:"For people."`
}

// TeamChange changes what it names.
type TeamChange struct {
	Description *string `json:"description,omitzero" doc:"For people."`
}

func teamRoutes() []route {
	return []route{
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/teams", name: "listTeams", summary: "List the teams",
			scope: directory.ScopeWorkspacesRead, query: paged,
		}, (*call).listTeams),
		accept(route{
			method: "POST", pattern: "/workspaces/{workspace}/teams", name: "createTeam", summary: "Make a team",
			scope: directory.ScopeWorkspacesWrite, creates: true,
			example: example{body: `{"name": "Field sales", "description": "On the road"}`},
		}, (*call).createTeam),
		answer(route{
			method: "GET", pattern: "/workspaces/{workspace}/teams/{team}", name: "getTeam", summary: "Read a team",
			scope: directory.ScopeWorkspacesRead,
		}, (*call).getTeam),
		accept(route{
			method: "PATCH", pattern: "/workspaces/{workspace}/teams/{team}", name: "updateTeam", summary: "Change a team",
			scope: directory.ScopeWorkspacesWrite, matches: true, example: example{body: `{"description": "In the office"}`},
		}, (*call).updateTeam),
		answer(route{
			method: "DELETE", pattern: "/workspaces/{workspace}/teams/{team}", name: "deleteTeam", summary: "Delete a team",
			scope: directory.ScopeWorkspacesWrite, matches: true,
		}, (*call).deleteTeam),
	}
}

func newTeamView(t directory.Team) Team {
	return Team{Name: t.Name, Description: t.Description, CreatedAt: t.Created, Version: t.Version}
}

func (c *call) listTeams() (List[Team], error) {
	all, err := c.Directory.Teams(c.ctx, c.workspace)
	if err != nil {
		return List[Team]{}, err
	}
	return pageOf(c, all, func(t directory.Team) string { return t.Name }, newTeamView)
}

func (c *call) createTeam(in NewTeam) (Team, error) {
	t, err := c.Directory.CreateTeam(c.ctx, c.by, c.workspace, directory.Team{Name: in.Name, Description: in.Description})
	if err != nil {
		return Team{}, err
	}
	c.location("workspaces", c.workspace.Key, "teams", t.Name)
	return newTeamView(t), nil
}

// team is the one that the path names.
func (c *call) team() (directory.Team, error) {
	name := c.path("team")
	all, err := c.Directory.Teams(c.ctx, c.workspace)
	if err != nil {
		return directory.Team{}, err
	}
	i := slices.IndexFunc(all, func(t directory.Team) bool { return t.Name == name })
	if i < 0 {
		return directory.Team{}, newProblem(notFound, "names are case-sensitive; list the teams to see them",
			"workspace %s has no team %q", c.workspace.Key, printable(name))
	}
	return all[i], nil
}

func (c *call) getTeam() (Team, error) {
	t, err := c.team()
	return newTeamView(t), err
}

func (c *call) updateTeam(in TeamChange) (Team, error) {
	before, err := c.team()
	if err != nil {
		return Team{}, err
	}
	if err := c.match(before.Version); err != nil {
		return Team{}, err
	}
	after, err := c.Directory.UpdateTeam(c.ctx, c.by, c.workspace, before.Name, directory.TeamChange{
		Description: in.Description, Version: c.held(before.Version),
	})
	return newTeamView(after), err
}

func (c *call) deleteTeam() (none, error) {
	t, err := c.team()
	if err != nil {
		return none{}, err
	}
	if err := c.match(t.Version); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.DeleteTeam(c.ctx, c.by, c.workspace, t.Name)
}
