package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/brake"
	"github.com/usher-scim/usher/scim"
)

// The brake holds a connection whose members leave in masses: a wrong filter at the identity provider empties a
// workspace within minutes (B10). What is over the bound within an hour is refused, and the identity provider tries
// again by itself until an admin lets it through. Who joined within that hour is no leaver: tests come and go.
const (
	brakeMembers = 50
	brakePercent = 10
	// brakeOpen is how long the brake stays open once it was released.
	brakeOpen = time.Hour
)

// leaving counts those whom the plan takes out of a workspace in which they have been for a while.
func (p *plan) leaving() int {
	n := 0
	for _, e := range p.Memberships {
		switch {
		case e.Before == nil || e.Before.Status == StatusDeactivated || p.now.Sub(e.Before.Created) < brake.Window:
		case e.After == nil || e.After.Status == StatusDeactivated:
			n++
		}
	}
	return n
}

// brake refuses a plan with which too many would leave.
func (d *Directory) brake(ctx context.Context, p *plan, c Connection) error {
	n := p.leaving()
	set := c.Settings.Brake
	if n == 0 || set != nil && set.Off || p.now.Before(c.Settings.BrakeOpenUntil) {
		return nil
	}
	gone, err := d.leftBy(ctx, c, p.now)
	if err != nil {
		return err
	}
	members, percent := set.bounds()
	if gone+n <= members {
		return nil
	}
	active, err := d.activeOf(ctx, c, p.now)
	if err != nil || gone+n <= active*percent/100 {
		return err
	}
	return scim.NewError(scim.KindHeld, "connection "+c.Name, fmt.Sprintf("%d leavers within an hour", gone+n),
		fmt.Sprintf("%d", max(members, active*percent/100)))
}

// leftBy is how many have left by the connection within the window. The count begins with what the store knows.
func (d *Directory) leftBy(ctx context.Context, c Connection, now time.Time) (int, error) {
	if n, ok := d.leavers.Left(c.ID, now); ok {
		return n, nil
	}
	rows, err := d.store.Leavers(ctx, c.Root, c.ID, now.Add(-brake.Window))
	if err != nil {
		return 0, err
	}
	var left []time.Time
	for _, m := range rows {
		if m.Modified.Sub(m.Created) >= brake.Window {
			left = append(left, m.Modified)
		}
	}
	d.leavers.Begin(c.ID, left)
	n, _ := d.leavers.Left(c.ID, now)
	return n, nil
}

// activeOf is how many active members the connection grants, or lately granted.
func (d *Directory) activeOf(ctx context.Context, c Connection, now time.Time) (int, error) {
	if n, ok := d.leavers.Active(c.Root, c.ID, now); ok {
		return n, nil
	}
	counts, err := d.store.CountActive(ctx, c.Root)
	if err != nil {
		return 0, err
	}
	return d.countedActive(c.Root, counts, now)[c.ID], nil
}

// countedActive takes a count of the root's active members.
func (d *Directory) countedActive(root string, counts []LicenceCount, now time.Time) map[string]int {
	by := map[string]int{}
	for _, n := range counts {
		by[n.Connection] += n.Active
	}
	d.leavers.Counted(root, by, now)
	return by
}

// left notes who has left by a plan that was committed.
func (d *Directory) left(p *plan) {
	if n := p.leaving(); n > 0 {
		d.leavers.Add(p.connection, n, p.now)
	}
}

// tellHeld says once in an hour that leavers of the connection are held, in the audit log and to the app.
func (c *Client) tellHeld(ctx context.Context, held error) {
	d := c.directory
	if !d.leavers.Tell(c.Connection.ID, d.now()) {
		return
	}
	err := d.write(ctx, c.by, c.Workspace, c.Connection.ID, func(_ context.Context, p *plan) error {
		detail := heldDetail{Connection: c.Connection.ID, Name: c.Connection.Name}
		if err := p.audit(ActionConnectionHold, targetConnection, c.Connection.ID, "", detail); err != nil {
			return err
		}
		return p.event(EventConnectionHeld, "", detail)
	})
	d.log.WarnContext(ctx, "leavers are held", "connection", c.Connection.ID, "refusal", held, "error", err)
}

type heldDetail struct {
	Connection string `json:"connection"`
	Name       string `json:"name"`
}

// ReleaseBrake lets the leavers of a connection through for an hour, within which the identity provider tries again.
func (d *Directory) ReleaseBrake(ctx context.Context, by Actor, c Connection) (Connection, error) {
	var after Connection
	err := d.editConnection(ctx, by, c, func(_ context.Context, p *plan, before Connection) error {
		after = before
		after.Settings.BrakeOpenUntil = p.now.Add(brakeOpen)
		p.updateConnection(before, &after)
		p.Reconfigures = true
		return p.audit(ActionConnectionRelease, targetConnection, c.ID, "", newConnectionDetail(after))
	})
	return after, err
}

// RollBackLeavers gives those who left by the connection within the last hour their memberships back, as they were.
// The identity provider takes them away again unless what made it do so is corrected there. It returns how many came
// back.
func (d *Directory) RollBackLeavers(ctx context.Context, by Actor, c Connection) (int, error) {
	left, err := d.store.Leavers(ctx, c.Root, c.ID, d.now().Add(-brake.Window))
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range left {
		if m.Status == StatusDeactivated && m.StatusSource == SourceManual {
			continue // by an admin's hand
		}
		back, err := d.bringBack(ctx, by, c, m)
		if err != nil {
			return n, err
		}
		if back {
			n++
		}
	}
	d.leavers.Forget(c.ID)
	return n, nil
}

// bringBack gives one leaver the membership back: activates it, or restores it when it was removed.
func (d *Directory) bringBack(ctx context.Context, by Actor, c Connection, left Membership) (back bool, err error) {
	w := Workspace{Root: left.Root, ID: left.Workspace}
	err = d.write(ctx, by, w, c.ID, func(ctx context.Context, p *plan) error {
		before, err := d.store.Membership(ctx, left.Root, left.Workspace, left.Subject)
		there, err := found(err)
		if err != nil || there && before.Status != StatusDeactivated {
			return err
		}
		e := Edit[Membership]{After: new(Membership)}
		*e.After = left
		e.After.Status, e.After.StatusSource, e.After.Modified = StatusActive, SourceManual, p.now
		if there {
			*e.After = before
			e.Before = &before
			e.After.Status, e.After.StatusSource = StatusActive, SourceManual
			e.After.Modified, e.After.Version = p.since(before.Modified), before.Version+1
		}
		if !there {
			if err := d.dropRemoval(ctx, p, &branch{Workspace: w}, left.Subject); err != nil {
				return err
			}
		}
		p.Memberships, back = append(p.Memberships, e), true
		if err := p.audit(ActionMemberUpdate, targetMember, left.Subject, left.Subject, stateOf(e.After)); err != nil {
			return err
		}
		var data memberEvent
		data.setMembership(*e.After)
		return p.event(memberEventOf(e), left.Subject, data)
	})
	return back, err
}
