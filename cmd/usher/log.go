package main

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/usher-scim/usher/directory"
)

type logCmd struct {
	List logListCmd `cmd:"" help:"List what identity providers asked, what was done, and how to mend what failed."`
}

// requestView is one record of the provisioning log.
type requestView struct {
	Seq        int64      `json:"seq"`
	Time       *time.Time `json:"time"`
	Connection string     `json:"connection"` // name
	RequestID  string     `json:"request_id"`
	Actor      string     `json:"actor"`
	Address    string     `json:"address"`
	Method     string     `json:"method"`
	Path       string     `json:"path"`
	Status     int        `json:"status"`
	ScimType   string     `json:"scim_type"`
	Subject    string     `json:"subject"`
	Target     string     `json:"target"`
	Asked      string     `json:"asked"`
	Did        string     `json:"did"`
	Cause      string     `json:"cause"`
	Fix        string     `json:"fix"`
	Body       string     `json:"body"` // masked but for allowed attributes
}

type logListCmd struct {
	workspaceScope
	Connection string   `short:"c" placeholder:"NAME" help:"Only requests of this connection."`
	Subject    string   `placeholder:"SUBJECT" help:"Only requests about this person."`
	Text       string   `placeholder:"TEXT" help:"Only those with this in path, target or what was asked."`
	Failed     bool     `help:"Only what failed."`
	Before     positive `placeholder:"SEQ" help:"Only those before this sequence number."`
	Limit      pageSize `default:"50" placeholder:"N" help:"How many, the newest, at most 1000. Defaults to 50."`
}

// Run lists the log, oldest first, so that the newest stands above the prompt.
func (c *logListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		names, err := f.connectionNames(a, w)
		if err != nil {
			return err
		}
		q := directory.RequestQuery{Subject: c.Subject, Text: c.Text, Failed: c.Failed, Before: int64(c.Before), Limit: int(c.Limit)}
		if c.Connection != "" {
			conn, err := f.Connection(a.ctx, w, c.Connection)
			if err != nil {
				return err
			}
			q.Connection = conn.ID
		}
		all, err := f.RequestLog(a.ctx, w, q)
		if err != nil {
			return err
		}
		slices.Reverse(all)
		views := []requestView{}
		t := a.table("No request yet.", "time", "connection", "asked", "status", "done, or cause and fix")
		for _, r := range all {
			views = append(views, requestView{
				Seq: r.Seq, Time: timestamp(r.Time), Connection: names[r.Connection], RequestID: r.RequestID, Actor: r.Actor, Address: r.Address,
				Method: r.Method, Path: r.Path, Status: r.Status, ScimType: r.ScimType, Subject: r.Subject, Target: r.Target,
				Asked: r.Asked, Did: r.Did, Cause: r.Cause, Fix: r.Fix, Body: r.Body,
			})
			t.add(when(r.Time), cmp.Or(names[r.Connection], r.Connection), clip(r.Asked, 60), strconv.Itoa(r.Status), outcome(r))
		}
		return a.print(views, t)
	})
}

// outcome is what was done, or why not and what to do.
func outcome(r directory.Request) string {
	if r.Cause == "" {
		return r.Did
	}
	return r.Cause + " → " + r.Fix
}
