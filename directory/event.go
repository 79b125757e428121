package directory

import (
	"context"
	"encoding/json"
)

// The types of events. An event's Subject is the person it tells of; group events have none. Data is a JSON
// object: see memberEvent and groupEvent. A change that ends or begins access and changes other attributes as well
// is two facts and two events.
const (
	// EventMemberJoined: a person became a member of a workspace. Data has the role and the status.
	EventMemberJoined = "member.joined"
	// EventMemberUpdated: the person's attributes other than active, or the membership's role or teams, have new values.
	// Data.changed names them.
	EventMemberUpdated = "member.updated"
	// EventMemberDeactivated: the person lost access: active became false, or the user was deleted, which takes the
	// user out of its groups with no event of theirs.
	EventMemberDeactivated = "member.deactivated"
	// EventMemberReactivated: the person has access again.
	EventMemberReactivated = "member.reactivated"
	// EventMemberLeft: the membership is removed.
	EventMemberLeft = "member.left"
	// EventSubjectMerged: two subjects are one person from now on. Data has the one that is gone, from, and the one that
	// stays, into. Events of their memberships follow.
	EventSubjectMerged = "subject.merged"
	// EventWorkspaceDeleted: a workspace below a root is gone, with all of its memberships. Those get no event of their
	// own. Data has its key.
	EventWorkspaceDeleted = "workspace.deleted"
	// EventConnectionHeld: so many members would leave at once that the connection's leavers are held.
	EventConnectionHeld = "connection.held"
	// EventGroupCreated: a group was made. Data.added lists its first members.
	EventGroupCreated = "group.created"
	// EventGroupUpdated: a group's name or members changed. Data says what.
	EventGroupUpdated = "group.updated"
	// EventGroupDeleted: a group is gone, and with it everybody's membership in it.
	EventGroupDeleted = "group.deleted"
	// EventResourceCreated, EventResourceUpdated and EventResourceDeleted tell of the resources of declared types.
	EventResourceCreated = "resource.created"
	EventResourceUpdated = "resource.updated"
	EventResourceDeleted = "resource.deleted"
)

// memberEvent is the data of the member events: the whole state of the membership after the change, so that a reader
// who replays events needs nothing else. Role, teams and status are empty when the person is no member there (any
// more).
type memberEvent struct {
	User     string       `json:"user,omitempty"` // SCIM id
	UserName string       `json:"user_name,omitempty"`
	Role     string       `json:"role,omitempty"`
	Teams    []string     `json:"teams,omitempty"`
	Status   MemberStatus `json:"status,omitempty"`
	Blocked  bool         `json:"blocked,omitempty"`
	// Changed names the attributes that have new values; role, teams and status among them are the membership's.
	Changed []string `json:"changed,omitempty"`
	// Profile is what the app sees of the person, when it is new or has changed.
	Profile json.RawMessage `json:"profile,omitempty"`
}

func (e *memberEvent) setMembership(m Membership) {
	e.Role, e.Teams, e.Status, e.Blocked = m.Role, m.Teams, m.Status, m.Blocked
}

// subjectEvent is the data of the subject events.
type subjectEvent struct {
	From string `json:"from"`
	Into string `json:"into"`
}

// workspaceEvent is the data of the workspace events.
type workspaceEvent struct {
	Key string `json:"key"`
}

// groupEvent is the data of the group events.
type groupEvent struct {
	Group       string   `json:"group"` // SCIM id
	DisplayName string   `json:"display_name"`
	Changed     []string `json:"changed,omitempty"`
	memberChange
}

// memberChange says whose membership in a group began and ended, by SCIM id. RemovedAll stands for everybody who
// was there before Added.
type memberChange struct {
	Added      []string `json:"added,omitempty"`
	Removed    []string `json:"removed,omitempty"`
	RemovedAll bool     `json:"removed_all,omitempty"`
}

// resourceEvent is the data of the events of declared types.
type resourceEvent struct {
	Type       string   `json:"resource_type"`
	Resource   string   `json:"resource"` // SCIM id
	ExternalID string   `json:"external_id,omitempty"`
	Changed    []string `json:"changed,omitempty"`
}

// EventLog pages through the outbox of the workspace's tree, oldest first, after the given Seq.
func (d *Directory) EventLog(ctx context.Context, w Workspace, after int64, limit int) ([]Event, error) {
	return d.store.Events(ctx, w.Root, after, limit)
}
