package directory

import (
	"context"
	"slices"
	"time"
)

// removalAge is how long a removed membership can be restored (B10).
const removalAge = 30 * 24 * time.Hour

// maxRemovals bounds the list of those that can be restored.
const maxRemovals = 1000

// Removed lists the memberships that can be restored, at most 1000.
func (d *Directory) Removed(ctx context.Context, w Workspace) ([]Removal, error) {
	all, err := d.store.Removals(ctx, w.Root, w.ID, maxRemovals)
	now := d.now()
	return slices.DeleteFunc(all, func(r Removal) bool { return r.expired(now) }), err
}

func (r Removal) expired(now time.Time) bool { return !now.Before(r.Removed.Add(removalAge)) }

// RestoreMember brings back a membership as it was removed, or activates one that is deactivated: an identity provider
// that deletes a user does the one or the other, by the connection's settings. What finds the person when it is posted
// again stays, so that it is the same one. A role that is gone meanwhile is the default one.
func (d *Directory) RestoreMember(ctx context.Context, by Actor, w Workspace, subject string) (Person, error) {
	err := d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		before, err := d.store.Membership(ctx, w.Root, w.ID, subject)
		there, err := found(err)
		if err != nil {
			return err
		}
		var e Edit[Membership]
		if there {
			e, err = p.reactivate(b, &before)
		} else {
			e, err = d.restore(ctx, p, b, subject)
		}
		if err != nil {
			return err
		}
		return d.planByHand(ctx, p, t, b, e, ActionMemberRestore, nil)
	})
	if err != nil {
		return Person{}, err
	}
	return d.Member(ctx, w, subject)
}

// reactivate plans that who is still a member has access again.
func (p *plan) reactivate(b *branch, before *Membership) (Edit[Membership], error) {
	if before.Status != StatusDeactivated {
		return Edit[Membership]{}, refuse(RefusedExists, "change the membership instead", "%q is a member of workspace %s", before.Subject, b.Key)
	}
	after := *before
	after.setStatus(StatusActive, SourceManual, b.firstStatus(), p.now)
	return p.editMembership(before, &after), nil
}

// restore plans that who was removed is a member again.
func (d *Directory) restore(ctx context.Context, p *plan, b *branch, subject string) (Edit[Membership], error) {
	removal, err := d.removal(ctx, b, subject)
	if err != nil {
		return Edit[Membership]{}, err
	}
	if removal == nil || removal.expired(p.now) {
		return Edit[Membership]{}, refuse(RefusedNotFound, "list the removed members; they are kept for 30 days",
			"workspace %s has no removed member %q", b.Key, subject)
	}
	after := removal.Membership
	if after.Status == StatusActive {
		after.StatusSource = SourceManual // whoever has removed it: a login asks who lets the person in (J2)
	}
	if _, ok := b.role(after.Role); !ok {
		after.Role, after.RoleSource = b.DefaultRole, SourceDefault
	}
	if err := d.planTeams(ctx, p, b, after.Teams); err != nil {
		return Edit[Membership]{}, err
	}
	p.Removals = append(p.Removals, remove(*removal))
	return p.editMembership(nil, &after), nil
}

// removal returns the record of a membership that was removed from the workspace, or nil.
func (d *Directory) removal(ctx context.Context, b *branch, subject string) (*Removal, error) {
	all, err := d.store.RemovalsOf(ctx, b.Root, subject)
	if i := slices.IndexFunc(all, func(r Removal) bool { return r.Workspace == b.ID }); i >= 0 {
		return &all[i], err
	}
	return nil, err
}

// pruneRemovals drops the records of memberships that can be restored no more.
func (d *Directory) pruneRemovals(ctx context.Context) error {
	return d.eachRoot(ctx, func(ctx context.Context, root string) error {
		for ctx.Err() == nil {
			n, err := d.store.PruneRemovals(ctx, root, d.now().Add(-removalAge))
			if err != nil || n == 0 {
				return err
			}
		}
		return ctx.Err()
	})
}
