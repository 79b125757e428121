package admin

import (
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher/directory"
)

// AuditEntry says who did what, from where.
type AuditEntry struct {
	ID         string         `json:"id" doc:"Unique."`
	Seq        int64          `json:"seq" doc:"Its place in the log of the tenant."`
	Time       time.Time      `json:"time" doc:"When it was done."`
	Actor      string         `json:"actor" doc:"Who did it: token:ID, apikey:ID, cli:NAME, system."`
	Action     string         `json:"action" doc:"What was done, such as connection.pause."`
	TargetType string         `json:"target_type,omitempty" doc:"The kind of thing that it was done to."`
	Target     string         `json:"target,omitempty" doc:"Its id."`
	Connection string         `json:"connection,omitempty" doc:"The id of the connection."`
	Subject    string         `json:"subject,omitempty" doc:"The id of the person."`
	RequestID  string         `json:"request_id,omitempty" doc:"Of the request that did it."`
	Address    string         `json:"address,omitempty" doc:"From where that came."`
	Detail     jsontext.Value `json:"detail" doc:"Names and changed attributes; empty when they were erased."`
}

// Check is what a verification compares the log with.
type Check struct {
	Checkpoint *directory.AuditCheckpoint `json:"checkpoint,omitzero" doc:"One that was kept elsewhere. Without one, a log whose end was cut off cannot be told from a shorter one."`
}

func auditRoutes() []route {
	const all = "/workspaces/{workspace}/audit"
	return []route{
		answer(route{
			method: "GET", pattern: all, name: "listAudit", summary: "Read the audit log of a workspace, oldest first",
			scope: directory.ScopeAuditRead, query: paged, example: example{query: "limit=1"},
		}, (*call).listAudit),
		accept(route{
			method: "POST", pattern: all + "/verify", name: "verifyAudit", summary: "Verify the sealed chain of the tenant's audit log",
			scope: directory.ScopeAuditRead, tenant: true,
			example: example{path: map[string]string{"workspace": "ACME"}, body: `{}`},
		}, (*call).verifyAudit),
		answer(route{
			method: "GET", pattern: all + "/checkpoint", name: "getCheckpoint", summary: "Seal what is there and get the signed end of the chain",
			doc: "To be kept elsewhere.", scope: directory.ScopeAuditRead, tenant: true,
			example: example{path: map[string]string{"workspace": "ACME"}},
		}, (*call).checkpoint),
	}
}

func (c *call) listAudit() (List[AuditEntry], error) {
	limit, err := c.limit()
	if err != nil {
		return List[AuditEntry]{}, err
	}
	after, err := c.afterNumber()
	if err != nil {
		return List[AuditEntry]{}, err
	}
	entries, err := c.Directory.AuditLog(c.ctx, c.workspace, after, limit+1)
	if err != nil {
		return List[AuditEntry]{}, err
	}
	return showPage(c, entries, limit, func(e directory.AuditEntry) string { return number(e.Seq) }, newAuditView), nil
}

// afterNumber is where the page of a list that is ordered by a number begins.
func (c *call) afterNumber() (int64, error) {
	place, err := c.after()
	if err != nil || place == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(place, 10, 64)
	if err != nil {
		return 0, newProblem(invalid, "send what next said, or none to begin again", "the cursor is none of this list")
	}
	return n, nil
}

func newAuditView(e directory.AuditEntry) AuditEntry {
	return AuditEntry{
		ID: e.ID, Seq: e.Seq, Time: e.Time, Actor: e.Actor, Action: e.Action, TargetType: e.TargetType, Target: e.Target,
		Connection: e.Connection, Subject: e.Subject, RequestID: e.RequestID, Address: e.Address, Detail: objectOr(e.Detail),
	}
}

func (c *call) verifyAudit(in Check) (directory.Verification, error) {
	return c.Directory.VerifyAudit(c.ctx, c.workspace, in.Checkpoint)
}

func (c *call) checkpoint() (directory.AuditCheckpoint, error) {
	return c.Directory.Checkpoint(c.ctx, c.workspace)
}
