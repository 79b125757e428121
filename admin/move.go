package admin

import "github.com/usher-scim/usher/directory"

// Move moves the users of a connection to another one.
type Move struct {
	To      string `json:"to" doc:"The name or id of the other connection of the workspace."`
	Preview bool   `json:"preview,omitzero" doc:"Say what it would come to, and write nothing."`
	Pause   bool   `json:"pause,omitzero" doc:"Pause the connection first if it is enabled; it stays paused. Without it an enabled one is refused."`
}

// MoveReport is what a move comes to. Its lists are cut at 1000, its numbers are not.
type MoveReport struct {
	Users     int             `json:"users" doc:"How many users the connection has."`
	Moved     int             `json:"moved" doc:"How many go over as they are, under their ids."`
	Merged    int             `json:"merged" doc:"How many both connections know: each is one person from then on."`
	Conflicts int             `json:"conflicts" doc:"How many stay where they are."`
	Merges    []MergeReport   `json:"merges" doc:"Who of them was two subjects."`
	Groups    []MovedGroup    `json:"groups" doc:"The groups that users leave; they stay where they are."`
	Roles     []UngrantedRole `json:"roles" doc:"The roles that the other connection may not grant; each stays until that one updates the person."`
	Stay      []MoveConflict  `json:"stay" doc:"Who stays, and why."`
	Job       string          `json:"job,omitempty" doc:"The id of the job that does it, when there are more than 500; the numbers are then its own."`
}

// MovedGroup is a group that users leave.
type MovedGroup struct {
	ID          string `json:"id" doc:"Its SCIM id."`
	DisplayName string `json:"display_name" doc:"Its name."`
	Users       int    `json:"users" doc:"How many leave it."`
}

// UngrantedRole is a role that a connection may not grant.
type UngrantedRole struct {
	Workspace string `json:"workspace" doc:"The key of its workspace."`
	Role      string `json:"role" doc:"Its name."`
	People    int    `json:"people" doc:"How many have it by the identity provider."`
}

// MoveConflict is a user who cannot be moved.
type MoveConflict struct {
	User     string `json:"user" doc:"The SCIM id."`
	UserName string `json:"user_name" doc:"As the identity provider sent it."`
	Why      string `json:"why" doc:"What is in the way."`
	Hint     string `json:"hint,omitempty" doc:"What to do."`
}

// RolledBack is what a roll-back came to.
type RolledBack struct {
	Restored int `json:"restored" doc:"How many have their memberships back."`
}

func moveRoutes() []route {
	const one = "/workspaces/{workspace}/connections/{connection}"
	return []route{
		accept(route{
			method: "POST", pattern: one + "/move", name: "moveUsers", summary: "Move the users of a connection to another one",
			doc: "From one identity provider to the next: people keep their subjects and memberships. Whom both know is one person " +
				"from then on; any other goes over under its id, for the new one to find. More than 500 are a job.",
			scope: directory.ScopeConnectionsWrite, example: example{body: `{"to": "entra-next", "preview": true}`},
		}, (*call).moveUsers),
		answer(route{
			method: "POST", pattern: one + "/release", name: "releaseLeavers", summary: "Let the leavers of a connection through for an hour",
			doc:   "Those whom the brake holds; the identity provider tries again by itself.",
			scope: directory.ScopeConnectionsWrite, matches: true,
		}, func(c *call) (Connection, error) {
			return c.changeState(func(c *call, k directory.Connection) (directory.Connection, error) {
				return c.Directory.ReleaseBrake(c.ctx, c.by, k)
			})
		}),
		answer(route{
			method: "POST", pattern: one + "/rollback", name: "rollBackLeavers", summary: "Give those who left within the last hour their memberships back",
			doc:   "The identity provider takes them away again unless its own cause is mended.",
			scope: directory.ScopeConnectionsWrite,
		}, (*call).rollBackLeavers),
	}
}

func (c *call) moveUsers(in Move) (MoveReport, error) {
	from, err := c.connection()
	if err != nil {
		return MoveReport{}, err
	}
	to, err := c.Directory.Connection(c.ctx, c.workspace, in.To)
	if err != nil {
		return MoveReport{}, err
	}
	keys, err := c.keys(c.workspace.Root)
	if err != nil {
		return MoveReport{}, err
	}
	if in.Pause && !in.Preview {
		if err := c.maySwitch(from); err != nil {
			return MoveReport{}, err
		}
	}
	r, err := c.Directory.MoveUsers(c.ctx, c.by, from, to, directory.MoveOptions{Preview: in.Preview, Pause: in.Pause})
	return showMove(r, keys), err
}

func showMove(r directory.MoveReport, keys map[string]string) MoveReport {
	out := MoveReport{
		Users: r.Users, Moved: r.Moved, Merged: r.Merged, Conflicts: r.Conflicts, Job: r.Job,
		Merges: []MergeReport{}, Groups: []MovedGroup{}, Roles: []UngrantedRole{}, Stay: []MoveConflict{},
	}
	for _, m := range r.Merges {
		out.Merges = append(out.Merges, newMergeReport(m, keys))
	}
	for _, g := range r.Groups {
		out.Groups = append(out.Groups, MovedGroup(g))
	}
	for _, o := range r.Roles {
		out.Roles = append(out.Roles, UngrantedRole(o))
	}
	for _, s := range r.Stay {
		out.Stay = append(out.Stay, MoveConflict(s))
	}
	return out
}

func (c *call) rollBackLeavers() (RolledBack, error) {
	k, err := c.connection()
	if err != nil {
		return RolledBack{}, err
	}
	n, err := c.Directory.RollBackLeavers(c.ctx, c.by, k)
	return RolledBack{Restored: n}, err
}
