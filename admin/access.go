package admin

import (
	"strings"

	"github.com/usher-scim/usher/directory"
)

// Access is what somebody may do in a workspace, and why.
type Access struct {
	Subject      string                 `json:"subject" doc:"The id of the person."`
	Workspace    string                 `json:"workspace" doc:"The key of the workspace that was asked about."`
	Member       bool                   `json:"member" doc:"Whether there is a membership at all."`
	Allowed      bool                   `json:"allowed" doc:"Whether the person may enter now: active, and not blocked."`
	Role         string                 `json:"role,omitempty" doc:"The role."`
	Permissions  []string               `json:"permissions" doc:"What the person may do now."`
	Teams        []string               `json:"teams" doc:"The teams."`
	Status       directory.MemberStatus `json:"status,omitempty" doc:"Where the membership stands."`
	Blocked      bool                   `json:"blocked" doc:"No access, whatever the status."`
	From         string                 `json:"from,omitempty" doc:"The key of the workspace whose membership counts, as far as the API key reaches."`
	Inherited    bool                   `json:"inherited" doc:"Whether that is a workspace above."`
	Connection   string                 `json:"connection,omitempty" doc:"The id of the connection that grants it."`
	RoleSource   directory.Source       `json:"role_source,omitempty" doc:"Where the role comes from."`
	TeamsSource  directory.Source       `json:"teams_source,omitempty" doc:"Where the teams come from."`
	StatusSource directory.Source       `json:"status_source,omitempty" doc:"Where the status comes from."`
	Why          string                 `json:"why" doc:"All this in one sentence."`
}

// accessOf asks for the path's person. Whether somebody beyond the key's reach exists cannot be told from the answer.
func (c *call) accessOf() (directory.Access, error) {
	a, err := c.Directory.AccessOf(c.ctx, c.workspace, c.path("subject"))
	if err != nil {
		return a, c.discreet(err)
	}
	if a.Status == "" && !c.reachesTenant() {
		return a, c.noMember()
	}
	return a, nil
}

func (c *call) access() (Access, error) {
	a, err := c.accessOf()
	if err != nil {
		return Access{}, err
	}
	reached, err := c.reachedKey(a.From)
	if err != nil {
		return Access{}, err
	}
	view := Access{
		Subject: a.Subject, Workspace: a.Workspace, Member: a.Status != "",
		Allowed: a.Status == directory.StatusActive && !a.Blocked,
		Role:    a.Role, Permissions: a.Permissions, Teams: a.Teams, Status: a.Status, Blocked: a.Blocked,
		From: a.From, Inherited: a.From != "" && a.From != a.Workspace, Connection: a.Connection,
		RoleSource: a.RoleSource, TeamsSource: a.TeamsSource, StatusSource: a.StatusSource, Why: a.Why,
	}
	if !reached {
		view.From = ""
		view.Why = strings.Replace(view.Why, "member of "+a.From+", a workspace above", "member of a workspace above", 1)
	}
	return view, nil
}

// reachedKey reports whether the key reaches the workspace with that key, or names none.
func (c *call) reachedKey(key string) (bool, error) {
	keys, err := c.keys(c.workspace.Root)
	for _, k := range keys {
		if k == key {
			return true, err
		}
	}
	return key == "", err
}

func (c *call) reportLogin() (none, error) {
	a, err := c.accessOf()
	switch {
	case err != nil:
		return none{}, err
	case a.Status == directory.StatusDeactivated, a.Blocked:
		return none{}, newProblem(conflict, "end the session", "the person has no access: deactivated or blocked")
	}
	return none{}, c.discreet(c.Directory.ReportLogin(c.ctx, c.by, c.workspace, a.Subject))
}

func (c *call) erase() (none, error) {
	subject := c.path("subject")
	if err := c.confirmed(subject); err != nil {
		return none{}, err
	}
	return none{}, c.Directory.EraseSubject(c.ctx, c.by, c.workspace, subject)
}
