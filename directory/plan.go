package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/ident"
)

// plan is one attempt at a change: what the reads of this attempt make of the request. It becomes a [Change] when
// it is worth an audit entry: no entry, no change (M12).
type plan struct {
	Change
	now        time.Time
	attempt    int     // attempts before this one, which met conflicts
	policy     *policy // what it rests on, once it was asked for
	presumes   bool    // whom it is about is new until the commit says otherwise; see presume
	unaudited  bool    // it is committed without an entry too: a job's progress
	did        string  // what is done, for the provisioning log
	leased     []Job   // new ones on which the caller works itself
	by         Actor
	workspace  string
	connection string // may be empty
}

func (d *Directory) newPlan(by Actor, w Workspace, connection string) *plan {
	return &plan{
		Change: Change{Root: w.Root}, now: d.now(),
		by: by, workspace: w.ID, connection: connection,
	}
}

// maxAttempts bounds how often a change is planned. Each conflict means that somebody else's change has succeeded,
// so the system moves on; a caller who loses that often is better served by trying again later.
const maxAttempts = 8

// write plans and commits until the versions that the plan rests on still hold at the commit. Most writers never
// meet a conflict and wait for nobody; those who did go on one at a time, so that many requests for one resource
// end one after the other and do not defeat each other.
func (d *Directory) write(
	ctx context.Context, by Actor, w Workspace, connection string, build func(context.Context, *plan) error,
) error {
	return d.writeWithin(ctx, maxAttempts, by, w, connection, build)
}

// writeWithin is write with so many attempts.
func (d *Directory) writeWithin(
	ctx context.Context, attempts int, by Actor, w Workspace, connection string, build func(context.Context, *plan) error,
) error {
	err := d.try(ctx, d.newPlan(by, w, connection), build)
	if !errors.Is(err, ErrConflict) {
		return err
	}
	d.counts.conflicts.Add(1)
	leave, err := d.turns.Wait(ctx, connection)
	if err != nil {
		return err
	}
	defer leave()
	for i := range attempts - 1 {
		p := d.newPlan(by, w, connection)
		p.attempt = i + 1
		err = d.try(ctx, p, build)
		if !errors.Is(err, ErrConflict) {
			return err
		}
		d.counts.conflicts.Add(1)
	}
	d.counts.givenUp.Add(1)
	return ErrConflict
}

// try is one attempt.
func (d *Directory) try(ctx context.Context, p *plan, build func(context.Context, *plan) error) error {
	err := d.part(ctx, SpanPlan, func(ctx context.Context) error { return build(ctx, p) })
	if err != nil || len(p.Audit) == 0 && !p.unaudited {
		return err
	}
	if err := d.forgetNames(ctx, p); err != nil {
		return err
	}
	if err := d.endSessions(ctx, p); err != nil {
		return err
	}
	err = d.part(ctx, SpanCommit, func(ctx context.Context) error { return d.store.Commit(ctx, &p.Change) })
	if err == nil {
		if p.Reconfigures {
			d.trees.Delete(p.Root)
		}
		d.left(p)
		d.committed(ctx, &p.Change)
	}
	return err
}

// standing returns the tree as it is now, and the workspace in it.
func (d *Directory) standing(ctx context.Context, w Workspace) (*tree, *branch, error) {
	t, err := d.treeOf(ctx, w.Root, true)
	if errors.Is(err, ErrNotFound) || err == nil && t.workspaces[w.ID] == nil {
		return nil, nil, refuse(RefusedNotFound, "list the workspaces to see what is there", "workspace %s is gone", cmp.Or(w.Key, w.ID))
	}
	if err != nil {
		return nil, nil, err
	}
	return t, t.workspaces[w.ID], nil
}

// place is standing for a plan, which rests on that tree from then on.
func (d *Directory) place(ctx context.Context, p *plan, w Workspace) (*tree, *branch, error) {
	t, b, err := d.standing(ctx, w)
	if err == nil {
		p.Config = t.config
	}
	return t, b, err
}

// writeIn plans a change of the people in a workspace, which rests on the tree as it is.
func (d *Directory) writeIn(
	ctx context.Context, by Actor, w Workspace, build func(context.Context, *plan, *tree, *branch) error,
) error {
	return d.write(ctx, by, w, "", func(ctx context.Context, p *plan) error {
		t, b, err := d.place(ctx, p, w)
		if err != nil {
			return err
		}
		return build(ctx, p, t, b)
	})
}

// reconfigure plans a change of what other plans rest on. It holds at once in this process.
func (d *Directory) reconfigure(
	ctx context.Context, by Actor, w Workspace, connection string, build func(context.Context, *plan) error,
) error {
	err := d.write(ctx, by, w, connection, func(ctx context.Context, p *plan) error {
		p.Reconfigures = true
		return build(ctx, p)
	})
	d.trees.Delete(w.Root)
	d.credentials.Clear()
	return err
}

// audit adds the entry of the change. detail is encoded as a JSON object.
func (p *plan) audit(action, targetType, target, subject string, detail any) error {
	return p.auditIn(p.workspace, action, targetType, target, subject, detail)
}

// auditIn adds one of another workspace than the plan's.
func (p *plan) auditIn(workspace, action, targetType, target, subject string, detail any) error {
	text, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("directory: detail of %s: %w", action, err)
	}
	e := AuditEntry{
		Root: p.Root, ID: ident.NewRow(p.now), Time: p.now,
		Workspace: workspace, Connection: p.connection,
		Actor: p.by.Name, RequestID: p.by.RequestID, Address: p.by.Address,
		Action: action, TargetType: targetType, Target: target, Subject: subject,
	}
	e.setDetail(text)
	p.Audit = append(p.Audit, e)
	return nil
}

// event adds a row to the outbox. data is encoded as a JSON object.
func (p *plan) event(eventType, subject string, data any) error {
	return p.eventIn(p.workspace, eventType, subject, data)
}

// eventIn adds one of another workspace than the plan's.
func (p *plan) eventIn(workspace, eventType, subject string, data any) error {
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("directory: data of %s: %w", eventType, err)
	}
	p.Events = append(p.Events, Event{
		Root: p.Root, ID: ident.NewRow(p.now), Time: p.now, Type: eventType,
		Workspace: workspace, Connection: p.connection, Subject: subject, Data: text,
	})
	return nil
}

// since is the time of a change of something that was last changed at that time. A clock that was put back makes no
// lastModified that is older than the one before, or than the creation.
func (p *plan) since(last time.Time) time.Time {
	if p.now.Before(last) {
		return last
	}
	return p.now
}

// insert, update and remove make the edits of a change from values.
func insert[T any](after T) Edit[T]         { return Edit[T]{After: &after} }
func update[T any](before, after T) Edit[T] { return Edit[T]{Before: &before, After: &after} }
func remove[T any](before T) Edit[T]        { return Edit[T]{Before: &before} }

// set takes a new value, if there is one.
func set[T any](to *T, value *T) {
	if value != nil {
		*to = *value
	}
}
