package directory

import (
	"context"
	"errors"
	"slices"

	"github.com/usher-scim/usher/scim"
)

// guard refuses a plan after whose memberships a workspace that has an owner would have none: an active member who is
// not blocked, with a role that holds [PermissionOwn] (B11). Every road passes it. roles are those of a workspace.
//
// A plan that takes an owner away moves the root's Config. So of two that take the last two only one is committed.
func (d *Directory) guard(ctx context.Context, p *plan, roles func(workspace string) []Role) error {
	losing := map[string]map[string]bool{} // by workspace: the subjects who are owners no more
	kept := map[string]bool{}              // workspaces to which the plan itself leaves an owner
	owning := map[string][]string{}
	for _, e := range p.Memberships {
		id := workspaceOf(e)
		if _, known := owning[id]; !known {
			owning[id] = rolesThatOwn(roles(id))
		}
		was, is := e.Before.owns(owning[id]), e.After.owns(owning[id])
		switch {
		case is:
			kept[id] = true
		case was && losing[id] == nil:
			losing[id] = map[string]bool{e.Before.Subject: true}
		case was:
			losing[id][e.Before.Subject] = true
		}
	}
	if len(losing) == 0 {
		return nil
	}
	if err := d.serialise(ctx, p); err != nil {
		return err
	}
	for id, subjects := range losing {
		if kept[id] {
			continue
		}
		other, err := d.hasOtherOwner(ctx, p.Root, id, subjects, owning[id])
		if err != nil {
			return err
		}
		if !other {
			return scim.NewError(scim.KindLastOwner, "", "", "")
		}
	}
	return nil
}

// serialise makes the plan conflict with every other one that does the same.
func (d *Directory) serialise(ctx context.Context, p *plan) error {
	if p.Config == 0 {
		t, err := d.treeOf(ctx, p.Root, true)
		if err != nil {
			return err
		}
		p.Config = t.config
	}
	p.Reconfigures = true
	return nil
}

func rolesThatOwn(roles []Role) []string {
	var names []string
	for _, r := range roles {
		if slices.Contains(r.Permissions, PermissionOwn) {
			names = append(names, r.Name)
		}
	}
	return names
}

// owns reports an owner. A nil membership owns nothing.
func (m *Membership) owns(roles []string) bool {
	return m != nil && m.Status == StatusActive && !m.Blocked && slices.Contains(roles, m.Role)
}

// hasOtherOwner reports whether the workspace has an owner besides the subjects.
func (d *Directory) hasOtherOwner(
	ctx context.Context, root, workspace string, subjects map[string]bool, roles []string,
) (bool, error) {
	if len(subjects) == 1 {
		for only := range subjects {
			return d.store.HasOtherOwner(ctx, root, workspace, only, roles)
		}
	}
	for _, role := range roles {
		q := PeopleQuery{Root: root, Workspaces: []string{workspace}, Role: role, Status: StatusActive}
		for p, err := range d.eachPerson(ctx, q) {
			if err != nil {
				return false, err
			}
			if p.owns(roles) && !subjects[p.Subject] {
				return true, nil
			}
		}
	}
	return false, nil
}

// guardRole refuses a change of a role after which the workspace would have no owner.
func (d *Directory) guardRole(ctx context.Context, b *branch, before, after Role) error {
	if !slices.Contains(before.Permissions, PermissionOwn) || slices.Contains(after.Permissions, PermissionOwn) {
		return nil
	}
	with := rolesThatOwn(b.roles)
	has, err := d.store.HasOtherOwner(ctx, b.Root, b.ID, "", with)
	if err != nil || !has {
		return err
	}
	without := slices.DeleteFunc(with, func(name string) bool { return name == before.Name })
	if has, err = d.store.HasOtherOwner(ctx, b.Root, b.ID, "", without); err != nil || has {
		return err
	}
	return refuse(RefusedLastOwner, "give a member another role with "+PermissionOwn+" first",
		"workspace %s has no owner but by the role %q", b.Key, before.Name)
}

// byHand is the guard for a plan of an operator.
func (d *Directory) byHand(ctx context.Context, p *plan, t *tree) error {
	err := d.guard(ctx, p, t.roles)
	var refused *scim.Error
	if errors.As(err, &refused) && refused.Kind == scim.KindLastOwner {
		return refuse(RefusedLastOwner, "give another member the owner's role first", "the workspace would lose its last owner")
	}
	return err
}
