package admin

import (
	"slices"

	"github.com/usher-scim/usher/directory"
)

// Method asks for another way in which people come into a workspace.
type Method struct {
	Method  directory.Method `json:"method" doc:"manual: by invitation; jit: a login makes members; scim: an identity provider provisions; scim+jit: both, and whom SCIM knows is SCIM's."`
	Confirm bool             `json:"confirm,omitzero" doc:"Do it. Without it the answer says what it would come to, and nothing is changed."`
}

// MethodReport says what another method comes to.
type MethodReport struct {
	From    directory.Method `json:"from" doc:"The method as it was."`
	To      directory.Method `json:"to" doc:"The one that is asked for."`
	Applied bool             `json:"applied" doc:"Whether it was changed."`
	Blocked []string         `json:"blocked" doc:"What has to be switched off before: SCIM and just-in-time provisioning exclude each other, but for scim+jit."`
	Stops   []string         `json:"stops" doc:"What stops with it."`
	Begins  []string         `json:"begins" doc:"What begins with it."`
	Version int64            `json:"version" doc:"The version of the workspace; the ETag."`
}

func (m MethodReport) version() int64 { return m.Version }

func methodRoutes() []route {
	return []route{accept(route{
		method: "POST", pattern: "/workspaces/{workspace}/method", name: "setMethod",
		summary: "Choose how people come into a workspace, or see what that would come to",
		doc: "Without confirm nothing is changed. The other settings of security are those of updateWorkspace; sign-in itself is " +
			"a setting of the connection.",
		scope: directory.ScopeSecurityWrite, matches: true, example: example{body: `{"method": "scim+jit", "confirm": true}`},
	}, (*call).setMethod)}
}

func (c *call) setMethod(in Method) (MethodReport, error) {
	w := c.workspace
	if err := c.match(w.Version); err != nil {
		return MethodReport{}, err
	}
	change, err := c.Directory.MethodChange(c.ctx, w, in.Method)
	if err != nil {
		return MethodReport{}, err
	}
	if in.Confirm {
		settings := w.Settings
		settings.Method = in.Method
		if w, err = c.Directory.UpdateWorkspace(c.ctx, c.by, w, directory.WorkspaceChange{Settings: &settings, Version: w.Version}); err != nil {
			return MethodReport{}, err
		}
	}
	return MethodReport{
		From: change.From, To: change.To, Applied: in.Confirm, Version: w.Version,
		Blocked: orEmpty(change.Blocked), Stops: orEmpty(change.Stops), Begins: orEmpty(change.Begins),
	}, nil
}

// unconfirmed refuses another method that comes with other changes: nobody has been told what it would stop (J1).
func unconfirmed(before, after directory.WorkspaceSettings) error {
	if before.Method == after.Method {
		return nil
	}
	return newProblem(invalid, "leave it out, and change it by POST …/method, which says what will stop",
		"settings.method cannot be changed here")
}

// orEmpty is the list, one that is shown when it is empty.
func orEmpty(list []string) []string { return slices.Concat([]string{}, list) }
