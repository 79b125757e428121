package directory

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-scim/usher/directory/internal/requestlog"
)

// note adds what was done to the provisioning log, in plain words, in the transaction of the change itself (B4).
func (p *plan) note(ctx context.Context) {
	n := requestlog.NoteOf(ctx)
	if n == nil || len(p.Audit) == 0 {
		return
	}
	first := p.Audit[0]
	for _, e := range p.Audit { // teams that come with a user stand before it
		if e.TargetType != targetTeam {
			first = e
			break
		}
	}
	did := p.did
	if did == "" {
		did = strings.NewReplacer(".create", " created", ".update", " changed", ".delete", " deleted").Replace(first.Action)
	}
	p.Requests = append(p.Requests, Request(n.Change(requestlog.Record{
		Root: p.Root, Connection: p.connection, Time: p.now,
		RequestID: p.by.RequestID, Actor: p.by.Name, Address: p.by.Address,
		Target: first.Target, Subject: first.Subject, Did: did,
	})))
}

// didUser says what became of a user.
func didUser(action string, changed []string, changes []membershipChange, notes []string) string {
	var parts []string
	switch {
	case action == ActionUserCreate:
		parts = append(parts, "user created")
	case action == ActionUserDelete:
		parts = append(parts, "user deleted")
	case len(changed) > 0:
		parts = append(parts, "changed "+strings.Join(changed, ", "))
	}
	for _, ch := range changes {
		parts = append(parts, ch.String())
	}
	for _, n := range notes {
		parts = append(parts, "note: "+n)
	}
	return strings.Join(parts, "; ")
}

// String says it for people.
func (ch membershipChange) String() string {
	switch {
	case ch.Before == nil:
		return "joined " + ch.Workspace + " as " + ch.After.String()
	case ch.After == nil:
		return "left " + ch.Workspace
	}
	return "in " + ch.Workspace + " now " + ch.After.String()
}

func (s *membershipState) String() string {
	in := ""
	if len(s.Teams) > 0 {
		in = " in " + strings.Join(s.Teams, ", ")
	}
	return s.Role + in + ", " + string(s.Status)
}

// didGroup says what became of a group.
func didGroup(action string, e groupEvent) string {
	var parts []string
	switch action {
	case ActionGroupCreate:
		parts = append(parts, "group created")
	case ActionGroupDelete:
		parts = append(parts, "group deleted")
	}
	if len(e.Changed) > 0 {
		parts = append(parts, "changed "+strings.Join(e.Changed, ", "))
	}
	if e.RemovedAll {
		parts = append(parts, "all members removed")
	}
	if n := len(e.Removed); n > 0 {
		parts = append(parts, fmt.Sprintf("%d members removed", n))
	}
	if n := len(e.Added); n > 0 {
		parts = append(parts, fmt.Sprintf("%d members added", n))
	}
	return strings.Join(parts, "; ")
}
