package admin

import (
	"maps"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// PreviewInput is what is to be explained: one of the three.
type PreviewInput struct {
	Document jsontext.Value `json:"document,omitzero" doc:"A SCIM User, as the identity provider would POST it."`
	Claims   jsontext.Value `json:"claims,omitzero" doc:"The claims or attributes of a login, an object."`
	User     string         `json:"user,omitzero" doc:"The id or userName of a user of the connection."`
}

// Preview is what would become of a person, and why.
type Preview struct {
	Subject     string              `json:"subject,omitempty" doc:"The id of the person, when known already."`
	Refused     string              `json:"refused,omitempty" doc:"What the identity provider would be answered instead."`
	Status      int                 `json:"status,omitempty" doc:"The HTTP status of that."`
	Profile     []PreviewValue      `json:"profile" doc:"What the app would see of the person."`
	Memberships []PreviewMembership `json:"memberships" doc:"Where the person would be a member."`
	Notes       []string            `json:"notes,omitempty" doc:"Remarks, such as two sources that disagree."`
}

// PreviewValue is one attribute of a profile, with its reason.
type PreviewValue struct {
	Target string         `json:"target" doc:"The attribute of the profile."`
	Value  jsontext.Value `json:"value" doc:"What it would be."`
	Reason mapping.Reason `json:"reason" doc:"The rule and the source that it came from."`
}

// PreviewMembership is one membership as it would be, with the reasons of its values.
type PreviewMembership struct {
	Workspace string                  `json:"workspace" doc:"The key of the workspace."`
	Role      string                  `json:"role,omitempty" doc:"The role."`
	Teams     []string                `json:"teams,omitempty" doc:"The teams."`
	Status    directory.MemberStatus  `json:"status,omitempty" doc:"The status; not there: the membership would be removed."`
	Change    string                  `json:"change" enum:"joined,changed,left,none" doc:"What would happen."`
	Why       string                  `json:"why,omitempty" doc:"Why there is a membership at all."`
	RoleWhy   string                  `json:"role_why,omitempty" doc:"Where the role comes from."`
	TeamsWhy  string                  `json:"teams_why,omitempty" doc:"Where the teams come from."`
	StatusWhy string                  `json:"status_why,omitempty" doc:"Where the status comes from."`
	Before    *directory.PreviewState `json:"before,omitempty" doc:"The membership as it is now."`
}

func previewRoutes() []route {
	return []route{accept(route{
		method: "POST", pattern: "/workspaces/{workspace}/connections/{connection}/preview", name: "preview",
		summary: "Explain what a connection would make of somebody", doc: "Nothing is written.", scope: directory.ScopeMembersRead,
		example: example{body: `{"document": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "cy@acme.example", "name": {"givenName": "Cy", "familyName": "Young"}, "active": true}}`},
	}, (*call).preview)}
}

func (c *call) preview(in PreviewInput) (Preview, error) {
	k, err := c.connection()
	if err != nil {
		return Preview{}, err
	}
	given := 0
	for _, there := range []bool{in.Document != nil, in.Claims != nil, in.User != ""} {
		if there {
			given++
		}
	}
	if given != 1 {
		return Preview{}, newProblem(invalid, "send document, claims or user", "there are %d of the three", given)
	}
	p, err := c.Directory.Preview(c.ctx, c.workspace, k, directory.PreviewInput{
		Document: in.Document, Claims: in.Claims, User: in.User,
	})
	if err != nil {
		return Preview{}, err
	}
	keys, err := c.keysBelow()
	if err != nil {
		return Preview{}, err
	}
	return newPreviewView(p, keys), nil
}

// newPreviewView shows of the memberships those in the path's workspace and below it: where else somebody is a member is
// not for everybody who may look into the connection.
func newPreviewView(p directory.Preview, keys map[string]string) Preview {
	shown := slices.Collect(maps.Values(keys))
	view := Preview{
		Subject: p.Subject, Refused: p.Refused, Status: p.Status, Notes: p.Notes,
		Profile: []PreviewValue{}, Memberships: []PreviewMembership{},
	}
	for _, v := range p.Profile {
		view.Profile = append(view.Profile, PreviewValue{Target: v.Target, Value: scim.AppendJSON(nil, v.Value), Reason: v.Reason})
	}
	for _, m := range p.Memberships {
		if slices.Contains(shown, m.Workspace) {
			view.Memberships = append(view.Memberships, PreviewMembership(m))
		}
	}
	return view
}
