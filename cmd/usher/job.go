package main

import (
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory"
)

type jobCmd struct {
	List jobListCmd `cmd:"" help:"List the background work of a workspace's tree, the newest first."`
}

type jobView struct {
	ID         string     `json:"id"`
	Kind       string     `json:"kind"`
	Connection string     `json:"connection"` // id
	Target     string     `json:"target"`     // id of what it works on
	Done       int        `json:"done"`
	Total      int        `json:"total"`
	Failure    string     `json:"failure"`
	CreatedAt  *time.Time `json:"created_at"`
	FinishedAt *time.Time `json:"finished_at"`
}

type jobListCmd struct {
	workspaceScope
	Limit positive `default:"50" placeholder:"N" help:"How many. Defaults to 50."`
}

// Run lists the jobs.
func (c *jobListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		all, err := f.Jobs(a.ctx, w, int(c.Limit))
		if err != nil {
			return err
		}
		views := []jobView{}
		t := a.table("No background work.", "id", "kind", "state", "done", "begun", "connection", "failure")
		for _, j := range all {
			views = append(views, jobView{
				ID: j.ID, Kind: j.Kind, Connection: j.Connection, Target: j.Target, Done: j.Done, Total: j.Total, Failure: j.Failure,
				CreatedAt: timestamp(j.Created), FinishedAt: timestamp(j.Finished),
			})
			t.add(j.ID, j.Kind, jobState(j), fmt.Sprintf("%d/%d", j.Done, j.Total), when(j.Created), j.Connection, j.Failure)
		}
		return a.print(views, t)
	})
}

func jobState(j directory.Job) string {
	switch {
	case j.Finished.IsZero():
		return "open"
	case j.Failure != "":
		return "fail"
	}
	return "ok"
}
