package admin

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/usher-scim/usher/directory"
)

// MemberQuery asks for one page of members. Empty fields match everything.
type MemberQuery struct {
	Text, Role, Team, Connection string
	Status                       directory.MemberStatus
	Inherited                    bool
	Limit                        int
	Cursor                       string
}

func (q MemberQuery) values() url.Values {
	values := url.Values{}
	for name, value := range map[string]string{
		"text": q.Text, "role": q.Role, "team": q.Team, "connection": q.Connection, "status": string(q.Status), "cursor": q.Cursor,
	} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.Inherited {
		values.Set("inherited", "true")
	}
	if q.Limit > 0 {
		values.Set("limit", strconv.Itoa(q.Limit))
	}
	return values
}

// Members reads one page of the members of a workspace.
func (c *Client) Members(ctx context.Context, workspace string, q MemberQuery) (List[Member], error) {
	return get[List[Member]](ctx, c, within(workspace, "members"), q.values())
}

// AllMembers walks all members of a workspace that match.
func (c *Client) AllMembers(ctx context.Context, workspace string, q MemberQuery) iter.Seq2[Member, error] {
	return pages[Member](ctx, c, within(workspace, "members"), q.values())
}

// Member reads a member.
func (c *Client) Member(ctx context.Context, workspace, subject string) (Member, error) {
	return get[Member](ctx, c, within(workspace, "members", subject), nil)
}

// Access says what somebody may do, and why.
func (c *Client) Access(ctx context.Context, workspace, subject string) (Access, error) {
	return get[Access](ctx, c, within(workspace, "members", subject, "access"), nil)
}

// Invite invites somebody by hand.
func (c *Client) Invite(ctx context.Context, workspace string, i Invitation) (Member, error) {
	return post[Member](ctx, c, within(workspace, "members"), i)
}

// UpdateMember changes a membership by hand.
func (c *Client) UpdateMember(ctx context.Context, workspace, subject string, change MemberChange) (ChangedMember, error) {
	return patch[ChangedMember](ctx, c, within(workspace, "members", subject), change)
}

// RemoveMember removes a member.
func (c *Client) RemoveMember(ctx context.Context, workspace, subject string) (RemovedMember, error) {
	var out RemovedMember
	err := c.send(ctx, http.MethodDelete, within(workspace, "members", subject), nil, nil, &out)
	return out, err
}

// RestoreMember brings a removed member back.
func (c *Client) RestoreMember(ctx context.Context, workspace, subject string) (Member, error) {
	return post[Member](ctx, c, within(workspace, "members", subject, "restore"), nil)
}

// MergeSubjects makes one person of two: subject stays.
func (c *Client) MergeSubjects(ctx context.Context, workspace, subject string, m Merge) (MergeReport, error) {
	return post[MergeReport](ctx, c, within(workspace, "members", subject, "merge"), m)
}

// Removed lists the removed members that can be restored.
func (c *Client) Removed(ctx context.Context, workspace string) ([]Member, error) {
	return every[Member](ctx, c, within(workspace, "removed"))
}

// ReportLogin reports that somebody has signed in.
func (c *Client) ReportLogin(ctx context.Context, workspace, subject string) error {
	return c.send(ctx, http.MethodPost, within(workspace, "members", subject, "login"), nil, nil, nil)
}

// EraseSubject erases a person, and all that is known of them. There is no way back.
func (c *Client) EraseSubject(ctx context.Context, workspace, subject string) error {
	return c.send(ctx, http.MethodPost, within(workspace, "members", subject, "erase"), url.Values{"confirm": {subject}}, nil, nil)
}

// Events reads what happened after a position, in a workspace and below, or in all that the key reaches when workspace
// is "". When nothing did it waits for up to a minute.
func (c *Client) Events(ctx context.Context, workspace string, after int64, limit int, wait time.Duration) (Feed, error) {
	path := "/events"
	if workspace != "" {
		path = within(workspace, "events")
	}
	return get[Feed](ctx, c, path, url.Values{
		"after": {number(after)}, "limit": {strconv.Itoa(limit)}, "wait": {strconv.Itoa(int(wait / time.Second))},
	})
}

// Audit walks the audit log of a workspace, oldest first.
func (c *Client) Audit(ctx context.Context, workspace string) iter.Seq2[AuditEntry, error] {
	return pages[AuditEntry](ctx, c, within(workspace, "audit"), nil)
}

// LogQuery asks for records of the provisioning log. Empty fields match everything.
type LogQuery struct {
	Connection, Subject, Text string
	Failed                    bool
}

// Log walks the provisioning log of a workspace and below, newest first.
func (c *Client) Log(ctx context.Context, workspace string, q LogQuery) iter.Seq2[LogRecord, error] {
	values := url.Values{}
	for name, value := range map[string]string{"connection": q.Connection, "subject": q.Subject, "text": q.Text} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if q.Failed {
		values.Set("failed", "true")
	}
	return pages[LogRecord](ctx, c, within(workspace, "log"), values)
}
