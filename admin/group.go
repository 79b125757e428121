package admin

import (
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// Group is a group that an identity provider has pushed.
type Group struct {
	ID          string    `json:"id" doc:"Its SCIM id."`
	DisplayName string    `json:"display_name" doc:"What mappings may name it by."`
	ExternalID  string    `json:"external_id,omitempty" doc:"The identity provider's own id."`
	CreatedAt   time.Time `json:"created_at" doc:"When it was pushed."`
	ModifiedAt  time.Time `json:"modified_at" doc:"When it was changed last."`
}

func groupRoutes() []route {
	return []route{answer(route{
		method: "GET", pattern: "/workspaces/{workspace}/connections/{connection}/groups", name: "listGroups",
		summary: "List the groups that the identity provider has pushed", doc: "In the order of their creation.",
		scope: directory.ScopeConnectionsRead, query: paged,
	}, (*call).listGroups)}
}

func (c *call) listGroups() (List[Group], error) {
	k, err := c.connection()
	if err != nil {
		return List[Group]{}, err
	}
	q, err := c.groupQuery()
	if err != nil {
		return List[Group]{}, err
	}
	client := c.Directory.ClientFor(c.workspace, k, c.by)
	groups := client.Types[1]
	if q.Show, err = scim.ParseProjection(groups, "", "members"); err != nil {
		return List[Group]{}, err
	}
	found, err := client.List(c.ctx, groups, q)
	if err != nil {
		return List[Group]{}, err
	}
	page := List[Group]{Items: []Group{}}
	for _, rec := range found.Records {
		view, err := newGroupView(rec)
		if err != nil {
			return List[Group]{}, err
		}
		page.Items = append(page.Items, view)
	}
	if n := len(found.Records); n > 0 && found.More {
		page.Next = c.cursor(number(found.Records[n-1].Seq))
	}
	return page, nil
}

func (c *call) groupQuery() (scim.Query, error) {
	limit, err := c.limit()
	if err != nil {
		return scim.Query{}, err
	}
	after, err := c.afterNumber()
	q := scim.Query{StartIndex: 1, Count: limit}
	if after > 0 {
		q.After = &scim.Position{Seq: after}
	}
	return q, err
}

func newGroupView(rec *scim.Record) (Group, error) {
	r, err := rec.Type.Load(rec)
	if err != nil {
		return Group{}, err
	}
	return Group{
		ID: rec.ID, DisplayName: r.Text("displayName"), ExternalID: rec.ExternalID,
		CreatedAt: rec.Created, ModifiedAt: rec.LastModified,
	}, nil
}
