package admin

import (
	"time"

	"github.com/usher-scim/usher/directory"
)

// LogRecord is one request of an identity provider in the provisioning log.
type LogRecord struct {
	Seq        int64     `json:"seq" doc:"Its place in the log of the tenant."`
	Time       time.Time `json:"time" doc:"When it came."`
	Connection string    `json:"connection" doc:"The id of the connection."`
	RequestID  string    `json:"request_id,omitempty" doc:"What the answer carried."`
	Actor      string    `json:"actor,omitempty" doc:"The token that it came with."`
	Address    string    `json:"address,omitempty" doc:"From where it came."`
	Method     string    `json:"method" doc:"Of HTTP."`
	Path       string    `json:"path" doc:"Below the base URL."`
	Status     int       `json:"status" doc:"Of HTTP."`
	SCIMType   string    `json:"scim_type,omitempty" doc:"Of a refusal (RFC 7644, table 9)."`
	Subject    string    `json:"subject,omitempty" doc:"The id of the person."`
	Target     string    `json:"target,omitempty" doc:"The SCIM id of the resource."`
	Asked      string    `json:"asked,omitempty" doc:"What was asked, in plain words."`
	Did        string    `json:"did,omitempty" doc:"What was done."`
	Cause      string    `json:"cause,omitempty" doc:"Why it failed."`
	Fix        string    `json:"fix,omitempty" doc:"What to do about that."`
	Body       string    `json:"body,omitempty" doc:"What was sent, but for values that are not kept."`
}

func logRoutes() []route {
	return []route{answer(route{
		method: "GET", pattern: "/workspaces/{workspace}/log", name: "listLog",
		summary: "Read the provisioning log of a workspace and below, newest first", scope: directory.ScopeLogsRead,
		query: append([]parameter{
			{name: "connection", kind: "string", doc: "Only of the connection with this id."},
			{name: "subject", kind: "string", doc: "Only about the person with this id."},
			{name: "failed", kind: "boolean", doc: "Only what was refused or failed."},
			{name: "text", kind: "string", doc: "Only with this in path, target, asked or cause."},
		}, paged...),
	}, (*call).listLog)}
}

func (c *call) listLog() (List[LogRecord], error) {
	limit, err := c.limit()
	if err != nil {
		return List[LogRecord]{}, err
	}
	before, err := c.afterNumber()
	if err != nil {
		return List[LogRecord]{}, err
	}
	failed, err := c.boolean("failed")
	if err != nil {
		return List[LogRecord]{}, err
	}
	records, err := c.Directory.RequestLog(c.ctx, c.workspace, directory.RequestQuery{
		Connection: c.query.Get("connection"), Subject: c.query.Get("subject"), Failed: failed, Text: c.query.Get("text"),
		Before: before, Limit: limit + 1,
	})
	if err != nil {
		return List[LogRecord]{}, err
	}
	return showPage(c, records, limit, func(r directory.Request) string { return number(r.Seq) }, newLogView), nil
}

func newLogView(r directory.Request) LogRecord {
	return LogRecord{
		Seq: r.Seq, Time: r.Time, Connection: r.Connection, RequestID: r.RequestID, Actor: r.Actor, Address: r.Address,
		Method: r.Method, Path: r.Path, Status: r.Status, SCIMType: r.ScimType, Subject: r.Subject, Target: r.Target,
		Asked: r.Asked, Did: r.Did, Cause: r.Cause, Fix: r.Fix, Body: r.Body,
	}
}
