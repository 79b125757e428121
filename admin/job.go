package admin

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

// Job is work that outlives a request, such as a role rule on a large group.
type Job struct {
	ID         string     `json:"id" doc:"Names it."`
	Kind       string     `json:"kind" doc:"What is done."`
	Workspace  string     `json:"workspace" doc:"The key of the workspace."`
	Connection string     `json:"connection,omitempty" doc:"The id of the connection."`
	Target     string     `json:"target,omitempty" doc:"The id of what it works on."`
	Done       int        `json:"done" doc:"How much is done."`
	Total      int        `json:"total" doc:"Of how much."`
	Failure    string     `json:"failure,omitempty" doc:"Why it ended early."`
	CreatedAt  time.Time  `json:"created_at" doc:"When it was begun."`
	FinishedAt *time.Time `json:"finished_at,omitempty" doc:"When it ended."`
}

const maxJobs = 1000

func jobRoutes() []route {
	return []route{answer(route{
		method: "GET", pattern: "/workspaces/{workspace}/jobs", name: "listJobs",
		summary: "List the background work of a workspace and below", doc: "Of the tenant's last 1000 jobs, ended ones too.",
		scope: directory.ScopeConnectionsRead, query: paged,
	}, (*call).listJobs)}
}

func (c *call) listJobs() (List[Job], error) {
	all, err := c.Directory.Jobs(c.ctx, c.workspace, maxJobs)
	if err != nil {
		return List[Job]{}, err
	}
	keys, err := c.keysBelow()
	if err != nil {
		return List[Job]{}, err
	}
	var own []directory.Job
	for _, j := range all {
		if keys[j.Workspace] != "" {
			own = append(own, j)
		}
	}
	return pageOf(c, own, func(j directory.Job) string { return j.ID }, func(j directory.Job) Job { return newJobView(j, keys) })
}

func newJobView(j directory.Job, keys map[string]string) Job {
	return Job{
		ID: j.ID, Kind: j.Kind, Workspace: keys[j.Workspace], Connection: j.Connection, Target: j.Target, Done: j.Done,
		Total: j.Total, Failure: j.Failure, CreatedAt: j.Created, FinishedAt: when(j.Finished),
	}
}
