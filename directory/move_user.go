package directory

import (
	"context"
	"errors"
	"slices"
)

// step is the move of one user.
type step struct {
	*mover
	*plan
	t         *tree
	user      User // as it was in the old connection
	who       person
	gone      bool  // deleted, or moved, meanwhile
	known     *User // of the new connection, who is the same person; nil: the user itself goes over
	merged    *MergeReport
	groups    []GroupOf
	ungranted []UngrantedRole
}

// build plans the move.
func (s *step) build(ctx context.Context, id string) error {
	c := s.from.Connection
	var err error
	if s.user, err = s.d.store.User(ctx, c.Root, c.ID, id); errors.Is(err, ErrNotFound) {
		s.gone = true
		return nil
	} else if err != nil {
		return err
	}
	if s.t, _, err = s.d.place(ctx, s.plan, s.from.Workspace); err != nil {
		return err
	}
	s.Basis = s.to.basis
	if s.known, err = s.same(ctx, s.user); err != nil {
		return err
	}
	if s.who, err = s.d.person(ctx, c.Root, s.user.Subject); err != nil {
		return err
	}
	s.ungranted = s.ungrantedOf(s.t, s.who.memberships)
	for _, part := range []func(context.Context) error{s.leave, s.arrive, s.regrantRemovals, s.tellGroups} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	if err := s.d.byHand(ctx, s.plan, s.t); err != nil {
		return err
	}
	return s.audit()
}

// leave takes the user out of the old connection, and leaves there that the person is gone: posted again, it is the same
// subject.
func (s *step) leave(ctx context.Context) error {
	stored, err := s.from.userType().Load(s.from.bareUserRecord(s.user))
	if err != nil {
		return err
	}
	s.Users = append(s.Users, UserEdit{Edit: remove(s.user), BeforeKeys: stored.Keys()})
	if err := s.d.bury(ctx, s.plan, s.user, tombstoneSubject); err != nil || s.user.Groups == 0 {
		return err
	}
	of, err := s.d.store.GroupsOf(ctx, s.user.Root, []string{s.user.ID})
	s.groups = slices.DeleteFunc(of[s.user.ID], func(g GroupOf) bool { return !g.Direct })
	return err
}

// arrive makes the person one of the new connection's.
func (s *step) arrive(ctx context.Context) error {
	if s.known != nil && s.known.Subject != s.user.Subject {
		return s.merge(ctx)
	}
	if s.known == nil {
		if err := s.carry(ctx); err != nil {
			return err
		}
	}
	for i := range s.who.memberships {
		before := &s.who.memberships[i]
		after := *before
		if s.regrant(&after); !after.equal(before) {
			s.editMembership(before, &after) // the app sees nothing of it
		}
	}
	return nil
}

// merge makes one subject of both: the old connection's, which has the memberships.
func (s *step) merge(ctx context.Context) error {
	drop, err := s.d.person(ctx, s.user.Root, s.known.Subject)
	if err != nil {
		return err
	}
	home := s.t.workspaces[s.to.Connection.Workspace]
	for _, who := range []person{s.who, drop} {
		if outside, err := s.d.isKnownOutside(ctx, s.t, home, who); err != nil {
			return err
		} else if outside { // whoever may move here need have no say there
			return refuse(RefusedInvalid, "merge the two subjects first, as an operator of the whole tenant: "+s.who.ID+" and "+drop.ID,
				"the person is two subjects, and %q is known outside workspace %s as well", who.ID, home.Key)
		}
	}
	m := merge{plan: s.plan, d: s.d, t: s.t, keep: s.who, drop: drop, leaves: s.user.ID, regrant: s.regrant}
	report, err := m.build(ctx)
	s.merged = &report
	return err
}

// carry takes the document over, as what it says under what the new connection announces.
func (s *step) carry(ctx context.Context) error {
	c := s.to
	r, err := c.userType().Load(c.bareUserRecord(s.user))
	if err != nil {
		return err
	}
	after := s.user
	after.Connection, after.Seq, after.Groups = c.Connection.ID, 0, 0
	after.setDocument(r)
	after.Version++
	if err := c.checkKeyFree(ctx, "", nil, r); err != nil {
		return err
	}
	claims, err := c.planClaims(ctx, r.Type, nil, r.UniqueValues())
	if err != nil {
		return err
	}
	s.Users = append(s.Users, UserEdit{Edit: insert(after), AfterKeys: r.Keys(), Claims: claims})
	gone, err := s.d.buried(ctx, s.user.Root, c.Connection.ID, tombstoneSubject, s.user.Subject)
	if gone != nil {
		s.Tombstones = append(s.Tombstones, remove(*gone))
	}
	return err
}

// regrantRemovals makes what can still be restored of the person the new connection's as well.
func (s *step) regrantRemovals(ctx context.Context) error {
	list, err := s.d.store.RemovalsOf(ctx, s.user.Root, s.user.Subject)
	for _, r := range list {
		before := r.Connection
		if s.regrant(&r.Membership); r.Connection != before {
			s.Removals = append(s.Removals, insert(r)) // in place of the one that is there
		}
	}
	return err
}

// tellGroups says which groups the user leaves: they are the old connection's and stay there.
func (s *step) tellGroups(context.Context) error {
	for _, g := range s.groups {
		data := groupEvent{Group: g.ID, DisplayName: g.DisplayName, memberChange: memberChange{Removed: []string{s.user.ID}}}
		if err := s.event(EventGroupUpdated, "", data); err != nil {
			return err
		}
	}
	return nil
}

// audit leaves the entry of the move, in both workspaces when they differ.
func (s *step) audit() error {
	detail := moveDetail{UserName: s.user.UserName, From: s.from.Connection.ID, To: s.to.Connection.ID}
	if s.known != nil {
		detail.User = s.known.ID
	}
	for _, g := range s.groups {
		detail.Groups = append(detail.Groups, g.ID)
	}
	for _, w := range slices.Compact([]string{s.from.Connection.Workspace, s.to.Connection.Workspace}) {
		if err := s.auditIn(w, ActionUserMove, typeUser, s.user.ID, s.user.Subject, detail); err != nil {
			return err
		}
	}
	return nil
}
