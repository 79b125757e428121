package directory

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory/internal/background"
	"github.com/usher-scim/usher/directory/internal/ident"
)

// What follows from the end of a session is durable in its row: the sweep finds it there, in whichever process, also
// after a crash, and does it in the transaction that removes the row. Whom a login has made for its session alone goes
// then, or at the membership's DeleteAfter (J5).

// tombstoneEphemeral leads an identity to the id that its ephemeral person had, and has again at the next login, so that
// second factor and log stay one person's.
const tombstoneEphemeral = "ephemeral"

// sweepBatch is how many rows of one kind a turn of the sweep looks at before it looks again.
const sweepBatch = 100

// sweepPause is how long the sweep rests between two turns: when many people leave at once it looks for all of them.
const sweepPause = 50 * time.Millisecond

// sweepSoon asks for a turn of the sweep. It never waits.
func (d *Directory) sweepSoon() {
	select {
	case d.sweeps <- struct{}{}:
	default:
	}
}

// keepSwept sweeps at once, then after each end of a session in this process, and now and then, until ctx ends.
func (d *Directory) keepSwept(ctx context.Context) {
	tick := time.NewTicker(d.intervals.Sessions)
	defer tick.Stop()
	for {
		if err := background.Guard(ctx, d.SweepSessions); err != nil && ctx.Err() == nil {
			d.log.ErrorContext(ctx, "ended sessions not swept yet; trying again", "error", err)
		}
		select {
		case <-time.After(sweepPause):
		case <-ctx.Done():
			return
		}
		select {
		case <-d.sweeps:
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// SweepSessions removes ephemeral people whose time is over, and closes sessions that are. Run does so by itself.
func (d *Directory) SweepSessions(ctx context.Context) error {
	for ctx.Err() == nil {
		members, err := d.store.DueMemberships(ctx, d.now(), sweepBatch)
		if err != nil {
			return err
		}
		sessions, err := d.store.DueSessions(ctx, d.now(), sweepBatch)
		if err != nil {
			return err
		}
		done, err := sweepAll(ctx, members, d.sweepMembership)
		closed, closeErr := sweepAll(ctx, sessions, d.closeSession)
		if err = cmp.Or(err, closeErr); err != nil || done+closed == 0 { // nothing is due, or others are at it
			return err
		}
	}
	return ctx.Err()
}

// sweepers is how many rows are swept at once, so that they share the wait for the disk.
const sweepers = 8

// sweepAll sweeps rows of one kind and counts those that are done. What fails for one does not keep the others.
func sweepAll[T any](ctx context.Context, rows []T, sweep func(context.Context, T) error) (done int, first error) {
	var mu sync.Mutex
	var work sync.WaitGroup
	free := make(chan struct{}, sweepers)
	for _, row := range rows {
		free <- struct{}{}
		work.Go(func() {
			defer func() { <-free }()
			err := background.Guard(ctx, func(ctx context.Context) error { return sweep(ctx, row) })
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				done++
			case first == nil && !errors.Is(err, ErrConflict):
				first = err
			}
		})
	}
	work.Wait()
	return done, first
}

// closeSession does what follows from the end of a session: apps are told, and an ephemeral person whose last session it
// was goes.
func (d *Directory) closeSession(ctx context.Context, s Session) error {
	return d.write(ctx, system, s.home(), s.Connection, func(ctx context.Context, p *plan) error {
		before, err := d.store.Session(ctx, s.Root, s.ID)
		if there, err := found(err); err != nil || !there || before.Live(p.now) {
			return err
		}
		p.unaudited = true
		p.Sessions = append(p.Sessions, remove(before))
		if err := d.tellApps(ctx, p, before); err != nil {
			return err
		}
		others, err := d.store.Sessions(ctx, SessionQuery{Root: s.Root, Subject: s.Subject, Limit: 1}, p.now)
		if err != nil || len(others) > 0 {
			return err
		}
		memberships, err := d.store.MembershipsOf(ctx, s.Root, s.Subject)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(memberships, func(m Membership) bool { return m.DeleteAfter.IsZero() || m.Connection != s.Connection })
		return d.planEphemeral(ctx, p, s.Subject, gone)
	})
}

// tellApps plans the messages to the apps that were given something in the session.
func (d *Directory) tellApps(ctx context.Context, p *plan, s Session) error {
	ids, err := d.store.AppsOf(ctx, s.Root, s.ID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		a, err := d.App(ctx, id)
		if there, err := found(err); err != nil {
			return err
		} else if !there || a.BackchannelLogoutURI == "" {
			continue
		}
		p.Messages = append(p.Messages, insert(Message{
			Root: s.Root, ID: ident.NewRow(p.now), Kind: MessageLogout, To: id, Session: s.ID, Subject: s.Subject,
			Created: p.now, NextAt: p.now, Version: 1,
		}))
	}
	return nil
}

// sweepMembership removes an ephemeral membership whose time is over, whatever sessions there are.
func (d *Directory) sweepMembership(ctx context.Context, m Membership) error {
	return d.write(ctx, system, Workspace{Root: m.Root, ID: m.Workspace}, m.Connection, func(ctx context.Context, p *plan) error {
		now, err := d.store.Membership(ctx, m.Root, m.Workspace, m.Subject)
		if there, err := found(err); err != nil || !there || now.DeleteAfter.IsZero() || p.now.Before(now.DeleteAfter) {
			return err
		}
		return d.planEphemeral(ctx, p, m.Subject, []Membership{now})
	})
}

// planEphemeral plans that memberships which a login has made are over, and with the last one the person. A block
// outlasts it (J7).
func (d *Directory) planEphemeral(ctx context.Context, p *plan, subject string, gone []Membership) error {
	if len(gone) == 0 {
		return nil
	}
	t, err := d.treeOf(ctx, p.Root, p.attempt > 0)
	if err != nil {
		return err
	}
	removed := 0
	for i := range gone {
		before := &gone[i]
		if before.Blocked {
			after := *before
			after.DeleteAfter = time.Time{}
			p.editMembership(before, &after)
			p.unaudited = true
			continue
		}
		e := Edit[Membership]{Before: before}
		p.Memberships = append(p.Memberships, e)
		removed++
		if err := p.tellMember(e, nil); err != nil {
			return err
		}
		change := membershipChange{Before: stateOf(before), Why: "just-in-time, for the session alone"}
		if b := t.workspaces[before.Workspace]; b != nil {
			change.Workspace = b.Key
		}
		if err := p.auditIn(before.Workspace, ActionUserDelete, targetSubject, subject, subject, memberDetail{membershipChange: change}); err != nil {
			return err
		}
	}
	if removed == 0 {
		return nil
	}
	if err := d.guard(ctx, p, t.roles); err != nil {
		return d.keepOwner(ctx, p, gone, err)
	}
	return d.planVanish(ctx, p, subject, removed)
}

// ownerGrace is how long the last owner of a workspace stays beyond the time.
const ownerGrace = time.Hour

// keepOwner plans, in place of what the guard refuses, that it is tried again later.
func (d *Directory) keepOwner(ctx context.Context, p *plan, gone []Membership, refused error) error {
	d.log.WarnContext(ctx, "an ephemeral person stays: a workspace would lose its last owner", "error", refused)
	p.Change = Change{Root: p.Root, SignInChange: SignInChange{Sessions: p.Sessions, Messages: p.Messages}}
	p.unaudited = true
	for i := range gone {
		after := gone[i]
		after.DeleteAfter = p.now.Add(ownerGrace)
		p.editMembership(&gone[i], &after)
	}
	return nil
}

// planVanish plans that the person goes as well, when nothing else of the person is left. What stays is the way back to
// the id, under a keyed hash.
func (d *Directory) planVanish(ctx context.Context, p *plan, subject string, removed int) error {
	who, err := d.person(ctx, p.Root, subject)
	if there, err := found(err); err != nil || !there || len(who.memberships) > removed {
		return err
	}
	documents, err := d.store.UsersOf(ctx, p.Root, subject)
	if err != nil || len(documents) > 0 {
		return err
	}
	links, err := d.store.LinksOf(ctx, p.Root, subject)
	if err != nil {
		return err
	}
	var identities []Tombstone
	for _, k := range links {
		p.Links = append(p.Links, remove(k))
		if k.Kind != LinkIdentity {
			continue
		}
		t, err := d.tombstone(ctx, p.Root, k.Connection, tombstoneEphemeral, identityText(k.Protocol, k.Key), subject)
		if err != nil {
			return err
		}
		t.Created = p.now
		identities = append(identities, t)
		p.Tombstones = append(p.Tombstones, insert(t))
	}
	p.Subjects = append(p.Subjects, remove(who.Subject))
	if len(identities) == 0 { // nothing leads to the id again
		if err := d.planDropFactor(ctx, p, subject); err != nil {
			return err
		}
	}
	return d.planVanished(ctx, p, subject, identities)
}
