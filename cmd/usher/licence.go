package main

import (
	"cmp"
	"strconv"
	"time"

	"github.com/usher-scim/usher/directory"
)

// licenceCmd shows how many active members there are, over time (X14).
type licenceCmd struct {
	workspaceScope
	Days positive `default:"30" placeholder:"N" help:"How many days back. Defaults to 30."`
}

type licenceView struct {
	Day        string `json:"day"`
	Workspace  string `json:"workspace"`  // key
	Connection string `json:"connection"` // name; empty: by hand, or of a deleted connection
	Active     int    `json:"active"`
}

// Run shows the counts.
func (c *licenceCmd) Run(a *app) error {
	return c.in(a, func(f *folder, w directory.Workspace) error {
		counts, err := f.Licence(a.ctx, w, a.now().AddDate(0, 0, 1-int(c.Days)), a.now())
		if err != nil {
			return err
		}
		keys, names, err := f.namesIn(a, w)
		if err != nil {
			return err
		}
		views := []licenceView{}
		t := a.table("No active member.", "day", "workspace", "connection", "active")
		for _, n := range counts {
			v := licenceView{n.Day.Format(time.DateOnly), keys[n.Workspace], names[n.Connection], n.Active}
			views = append(views, v)
			t.add(v.Day, v.Workspace, cmp.Or(v.Connection, "none"), strconv.Itoa(v.Active))
		}
		return a.print(views, t)
	})
}

// namesIn are the keys of the tree's workspaces and the names of their connections, by id.
func (f *folder) namesIn(a *app, w directory.Workspace) (keys, connections map[string]string, err error) {
	keys, connections = map[string]string{}, map[string]string{}
	all, err := f.Workspaces(a.ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, other := range all {
		if other.Root != w.Root {
			continue
		}
		keys[other.ID] = other.Key
		list, err := f.Connections(a.ctx, other)
		if err != nil {
			return nil, nil, err
		}
		for _, c := range list {
			connections[c.ID] = c.Name
		}
	}
	return keys, connections, nil
}
