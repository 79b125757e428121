package admin

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

// LicenceCount is how many members of a workspace were active on a day.
type LicenceCount struct {
	Day        string `json:"day" doc:"Of the year, in UTC: 2030-01-02."`
	Workspace  string `json:"workspace" doc:"The key of the workspace; empty when that is gone."`
	Connection string `json:"connection,omitempty" doc:"The id of the connection that grants them; not there: none does."`
	Active     int    `json:"active" doc:"How many."`
}

// LicenceView is how many members were active over time.
type LicenceView struct {
	Items []LicenceCount `json:"items" doc:"By day, workspace and connection. Days on which nothing counted are missing."`
}

const maxLicenceDays = 366

func licenceRoutes() []route {
	return []route{answer(route{
		method: "GET", pattern: "/workspaces/{workspace}/licence", name: "getLicence",
		summary: "Count the active members of a workspace and below, day by day", scope: directory.ScopeMembersRead,
		query: []parameter{
			{name: "from", kind: "date", doc: "The first day. Defaults to 30 days before to."},
			{name: "to", kind: "date", doc: "The last day, at most a year after from. Defaults to today."},
		},
	}, (*call).licence)}
}

func (c *call) licence() (LicenceView, error) {
	to, err := c.day("to", c.Now())
	if err != nil {
		return LicenceView{}, err
	}
	from, err := c.day("from", to.AddDate(0, 0, -30))
	if err != nil {
		return LicenceView{}, err
	}
	if to.Sub(from) > maxLicenceDays*24*time.Hour {
		return LicenceView{}, newProblem(invalid, "ask for a year at a time", "from and to are more than %d days apart", maxLicenceDays)
	}
	counts, err := c.Directory.Licence(c.ctx, c.workspace, from, to)
	if err != nil {
		return LicenceView{}, err
	}
	keys, err := c.keys(c.workspace.Root)
	if err != nil {
		return LicenceView{}, err
	}
	view := LicenceView{Items: []LicenceCount{}}
	for _, n := range counts {
		view.Items = append(view.Items, newLicenceCount(n, keys))
	}
	return view, nil
}

func newLicenceCount(n directory.LicenceCount, keys map[string]string) LicenceCount {
	return LicenceCount{
		Day: n.Day.Format(time.DateOnly), Workspace: keys[n.Workspace], Connection: n.Connection, Active: n.Active,
	}
}

// day is a query parameter that is a date.
func (c *call) day(name string, otherwise time.Time) (time.Time, error) {
	text := c.query.Get(name)
	if text == "" {
		return otherwise.UTC(), nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, newProblem(invalid, "send a date such as 2030-01-02", "%s cannot be %q", name, printable(text))
	}
	return t, nil
}
