package main

import (
	"encoding/json"
	"time"

	"github.com/usher-scim/usher/directory"
)

type eventCmd struct {
	List eventListCmd `cmd:"" help:"List the events of a workspace."`
}

type eventView struct {
	Seq        int64           `json:"seq"`
	ID         string          `json:"id"`
	Time       *time.Time      `json:"time"`
	Type       string          `json:"type"`
	Subject    string          `json:"subject"`
	Connection string          `json:"connection"` // id
	Data       json.RawMessage `json:"data"`
}

type eventListCmd struct {
	workspaceScope
	paging
}

// Run lists the events.
func (c *eventListCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		events, err := entryLog[directory.Event]{
			next: func(after int64, limit int) ([]directory.Event, error) { return f.EventLog(a.ctx, w, after, limit) },
			seq:  func(e directory.Event) int64 { return e.Seq },
		}.page(c.paging)
		if err != nil {
			return err
		}
		views := []eventView{}
		t := a.table("No event yet.", "time", "type", "subject", "name", "data")
		for _, e := range events {
			views = append(views, eventView{e.Seq, e.ID, timestamp(e.Time), e.Type, e.Subject, e.Connection, rawOrNull(e.Data)})
			name, rest := summary(e.Data)
			t.add(when(e.Time), e.Type, e.Subject, name, clip(rest, 60))
		}
		return a.print(views, t)
	})
}
