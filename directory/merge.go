package directory

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// Two subjects turn out to be one person: two connections have each made one, or somebody was invited under an address
// that the identity provider does not send. The one that is kept takes over what hangs on the other: its users, its
// memberships where it has none of its own, its removals, and the tombstones under which it would have come back.
// Of two memberships in one workspace the kept subject's holds; that it is blocked holds from either.

// MergeReport is what a merge of two subjects comes to.
type MergeReport struct {
	Keep, Drop  string
	Users       []User             // that are Keep's from then on
	Memberships []MergedMembership // those of Drop
}

// MergedMembership is a membership of the subject that goes, and what becomes of it.
type MergedMembership struct {
	Workspace string      // key
	Dropped   Membership  // as it was
	Kept      *Membership // what the kept subject has there, which holds; nil: it takes over what is dropped
}

// MergeSubjects makes one person of two: keep stays, with its profile, and drop is gone. The app hears that first
// ([EventSubjectMerged]), then that drop has left and what keep has joined. As a preview it writes nothing.
func (d *Directory) MergeSubjects(
	ctx context.Context, by Actor, w Workspace, keep, drop string, preview bool,
) (MergeReport, error) {
	if keep == drop {
		return MergeReport{}, refuse(RefusedInvalid, "name two subjects", "%q cannot be merged with itself", keep)
	}
	var report MergeReport
	err := d.writeUnless(ctx, preview, by, w, func(ctx context.Context, p *plan) error {
		t, _, err := d.place(ctx, p, w)
		if err != nil {
			return err
		}
		m := merge{plan: p, d: d, t: t}
		if m.keep, err = d.knownPerson(ctx, w, keep); err != nil {
			return err
		}
		if m.drop, err = d.knownPerson(ctx, w, drop); err != nil {
			return err
		}
		if report, err = m.build(ctx); err != nil {
			return err
		}
		return d.byHand(ctx, p, t)
	})
	return report, err
}

// writeUnless commits what is planned, or as a preview plans it once and lets go of it.
func (d *Directory) writeUnless(
	ctx context.Context, preview bool, by Actor, w Workspace, build func(context.Context, *plan) error,
) error {
	if preview {
		return build(ctx, d.newPlan(by, w, ""))
	}
	return d.write(ctx, by, w, "", build)
}

func (d *Directory) knownPerson(ctx context.Context, w Workspace, subject string) (person, error) {
	who, err := d.person(ctx, w.Root, subject)
	if there, err := found(err); err != nil || there {
		return who, err
	}
	return who, refuse(RefusedNotFound, "list the people of the workspace to see who is there", "there is no person %q", subject)
}

// merge plans one. Its plan moves the root's Config: a request that has read the subject that goes must not commit
// after it.
type merge struct {
	*plan
	d          *Directory
	t          *tree
	keep, drop person
	// leaves is the id of a user of keep that the plan takes away; empty: none.
	leaves string
	// regrant, unless nil, gives a membership of keep to another connection.
	regrant func(*Membership)
	edits   []Edit[Membership]
}

// build plans the merge; the caller passes the guard.
func (m *merge) build(ctx context.Context) (MergeReport, error) {
	report := MergeReport{Keep: m.keep.ID, Drop: m.drop.ID}
	m.Reconfigures = true
	var err error
	if report.Users, err = m.users(ctx); err != nil {
		return report, err
	}
	report.Memberships = m.memberships()
	for _, step := range []func() error{
		func() error { return m.removals(ctx) },
		func() error { return m.links(ctx) },
		func() error { return m.tombstones(ctx, report.Users) },
		func() error { return m.remember(ctx) },
		func() error { return m.audits(report.Users) },
		m.tell,
	} {
		if err := step(); err != nil {
			return report, err
		}
	}
	m.subjects()
	return report, nil
}

// users hangs the users of drop on keep. Two users of one connection are two people to its identity provider, each
// with a life of its own, and stay two subjects.
func (m *merge) users(ctx context.Context) ([]User, error) {
	own, err := m.d.store.UsersOf(ctx, m.Root, m.keep.ID)
	if err != nil {
		return nil, err
	}
	own = slices.DeleteFunc(own, func(u User) bool { return u.ID == m.leaves })
	list, err := m.d.store.UsersOf(ctx, m.Root, m.drop.ID)
	if err != nil {
		return nil, err
	}
	for _, u := range list {
		if i := slices.IndexFunc(own, func(o User) bool { return o.Connection == u.Connection }); i >= 0 {
			return nil, refuse(RefusedInvalid, "remove one of the two users in the identity provider first",
				"one connection has a user of each: %q and %q", own[i].UserName, u.UserName)
		}
		after := u
		after.Subject = m.keep.ID
		after.Version++ // whoever has read the user with its old subject plans again
		m.Users = append(m.Users, UserEdit{Edit: update(u, after)})
	}
	return list, nil
}

// memberships unites those of both.
func (m *merge) memberships() []MergedMembership {
	var report []MergedMembership
	var gained []Edit[Membership]
	for i := range m.drop.memberships {
		gone := &m.drop.memberships[i]
		m.edits = append(m.edits, Edit[Membership]{Before: gone})
		kept := membershipIn(m.keep.memberships, gone.Workspace)
		report = append(report, MergedMembership{Workspace: m.key(gone.Workspace), Dropped: *gone, Kept: kept})
		if kept != nil {
			continue
		}
		after := *gone
		after.Subject, after.Modified, after.Version = m.keep.ID, m.now, 1
		if !m.isEphemeral() {
			after.DeleteAfter = time.Time{} // who was there by other means does not go with a session (J5)
		}
		gained = append(gained, Edit[Membership]{After: &after})
	}
	m.edits = append(m.edits, gained...)
	for i := range m.keep.memberships {
		before := &m.keep.memberships[i]
		after := *before
		if m.regrant != nil {
			m.regrant(&after)
		}
		if gone := membershipIn(m.drop.memberships, before.Workspace); gone != nil && gone.Blocked {
			after.Blocked = true
		}
		if !after.equal(before) {
			after.Modified, after.Version = m.since(before.Modified), before.Version+1
			m.edits = append(m.edits, Edit[Membership]{Before: before, After: &after})
		}
	}
	m.Memberships = append(m.Memberships, m.edits...)
	return report
}

// isEphemeral reports that all that keep is a login has made, for its sessions alone.
func (m *merge) isEphemeral() bool {
	return len(m.keep.memberships) > 0 && !slices.ContainsFunc(m.keep.memberships, func(o Membership) bool { return o.DeleteAfter.IsZero() })
}

// membershipIn finds the one in the workspace, or nil.
func membershipIn(all []Membership, workspace string) *Membership {
	i := slices.IndexFunc(all, func(m Membership) bool { return m.Workspace == workspace })
	if i < 0 {
		return nil
	}
	return &all[i]
}

func (m *merge) key(workspace string) string {
	if b := m.t.workspaces[workspace]; b != nil {
		return b.Key
	}
	return workspace
}

// removals hands over what of drop can still be restored, where keep is nothing and was nothing.
func (m *merge) removals(ctx context.Context) error {
	own, err := m.d.store.RemovalsOf(ctx, m.Root, m.keep.ID)
	if err != nil {
		return err
	}
	list, err := m.d.store.RemovalsOf(ctx, m.Root, m.drop.ID)
	for _, r := range list {
		m.Removals = append(m.Removals, remove(r))
		was := slices.ContainsFunc(own, func(o Removal) bool { return o.Workspace == r.Workspace })
		is := membershipIn(m.keep.memberships, r.Workspace) != nil || membershipIn(m.drop.memberships, r.Workspace) != nil
		if !was && !is {
			r.Subject = m.keep.ID
			m.Removals = append(m.Removals, insert(r))
		}
	}
	return err
}

// links hands over by what drop is known at login, and its second factor where keep has none. What was asserted stays where
// it is. Its sessions end with it.
func (m *merge) links(ctx context.Context) error {
	list, err := m.d.store.LinksOf(ctx, m.Root, m.drop.ID)
	if err != nil {
		return err
	}
	for _, k := range list {
		after := k
		after.Subject, after.Version = m.keep.ID, k.Version+1
		m.Links = append(m.Links, update(k, after))
	}
	theirs, err := m.d.store.Factor(ctx, m.Root, m.drop.ID)
	if there, err := found(err); err != nil || !there {
		return err
	}
	m.Factors = append(m.Factors, remove(theirs))
	_, err = m.d.store.Factor(ctx, m.Root, m.keep.ID)
	if there, err := found(err); err != nil || there {
		return err
	}
	return m.moveFactor(theirs)
}

// moveFactor seals a factor anew for keep. Recovery codes are bound to the person, and are made anew by its holder.
func (m *merge) moveFactor(f Factor) error {
	secret, err := m.d.open(Secret{Root: m.Root, Name: factorSecretName(f.Subject), Sealed: f.Sealed})
	if err != nil {
		return err
	}
	f.Subject, f.Recovery, f.Version = m.keep.ID, nil, 1
	f.Sealed = m.d.seal(m.Root, factorSecretName(f.Subject), secret).Sealed
	m.Factors = append(m.Factors, insert(f))
	return nil
}

// tombstones makes those under which drop would have come back find keep, in connections that know nothing else of it. There
// keep is deleted from then on, as drop was: a login by what it takes over finds it so. Where keep has a user, or gets one,
// nobody is to come back.
func (m *merge) tombstones(ctx context.Context, gained []User) error {
	own, err := m.d.store.UsersOf(ctx, m.Root, m.keep.ID)
	if err != nil {
		return err
	}
	lives := map[string]bool{}
	for _, u := range append(own, gained...) {
		lives[u.Connection] = lives[u.Connection] || u.ID != m.leaves
	}
	both := person{Subject: m.drop.Subject, memberships: slices.Concat(m.keep.memberships, m.drop.memberships)}
	connections, err := m.d.connectionsOf(ctx, both)
	if err != nil {
		return err
	}
	for id := range connections {
		for _, mark := range []string{tombstoneSubject, tombstoneOrphan} {
			if err := m.tombstone(ctx, id, mark, lives[id]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *merge) tombstone(ctx context.Context, connection, mark string, lives bool) error {
	own, err := m.d.buried(ctx, m.Root, connection, mark, m.keep.ID)
	if err != nil {
		return err
	}
	gone, err := m.d.buried(ctx, m.Root, connection, mark, m.drop.ID)
	if err != nil {
		return err
	}
	for _, t := range []*Tombstone{own, gone} {
		if lives && t != nil {
			m.Tombstones = append(m.Tombstones, remove(*t))
		}
	}
	if lives || gone == nil {
		return nil
	}
	after := *gone
	after.Subject = m.keep.ID
	m.Tombstones = append(m.Tombstones, update(*gone, after))
	if own != nil {
		return nil
	}
	kept, err := m.d.tombstone(ctx, m.Root, connection, mark, m.keep.ID, m.keep.ID)
	kept.Created = gone.Created
	m.Tombstones = append(m.Tombstones, insert(kept))
	return err
}

// remember chains the id that goes to the one that stays, so that to erase the person later finds what the log says of
// both (X3). Each id leads to the next one; those of drop's own earlier merges come behind it.
func (m *merge) remember(ctx context.Context) error {
	last := m.drop.ID
	merged, err := m.d.mergedInto(ctx, m.Root, m.drop.ID)
	if err != nil {
		return err
	}
	for _, t := range merged {
		last = t.Subject
	}
	before, err := m.d.buried(ctx, m.Root, "", tombstoneMerged, m.keep.ID)
	if err != nil {
		return err
	}
	if err := m.link(ctx, m.keep.ID, m.drop.ID); err != nil || before == nil {
		return err
	}
	return m.link(ctx, last, before.Subject)
}

func (m *merge) link(ctx context.Context, from, to string) error {
	t, err := m.d.tombstone(ctx, m.Root, "", tombstoneMerged, from, to)
	t.Created = m.now
	m.Tombstones = append(m.Tombstones, insert(t))
	return err
}

// mergedInto lists the chain of the ids that were merged into a subject.
func (d *Directory) mergedInto(ctx context.Context, root, subject string) ([]Tombstone, error) {
	var chain []Tombstone
	for {
		next, err := d.buried(ctx, root, "", tombstoneMerged, subject)
		if err != nil || next == nil {
			return chain, err
		}
		chain = append(chain, *next)
		subject = next.Subject
	}
}

// subjects ends drop. Keep has its own profile, or that of drop when it has none.
func (m *merge) subjects() {
	after := m.keep.Subject
	if after.Profile == nil {
		after.Profile = m.drop.Profile
		after.Name, after.Email = cmp.Or(after.Name, m.drop.Name), cmp.Or(after.Email, m.drop.Email)
	}
	after.Modified, after.Version = m.since(after.Modified), after.Version+1
	m.Subjects = append(m.Subjects, update(m.keep.Subject, after), remove(m.drop.Subject))
}

// mergeDetail is the detail of a merge's entries.
type mergeDetail struct {
	From        string             `json:"from"`
	Into        string             `json:"into"`
	Users       []string           `json:"users,omitempty"` // SCIM ids
	Memberships []membershipChange `json:"memberships,omitempty"`
}

// audits leaves an entry in the plan's workspace, and in each one in which a membership changes with those changes.
func (m *merge) audits(users []User) error {
	by := map[string]*mergeDetail{m.workspace: {From: m.drop.ID, Into: m.keep.ID}}
	for _, u := range users {
		by[m.workspace].Users = append(by[m.workspace].Users, u.ID)
	}
	order := []string{m.workspace}
	for _, e := range m.edits {
		id := workspaceOf(e)
		if by[id] == nil {
			by[id] = &mergeDetail{From: m.drop.ID, Into: m.keep.ID}
			order = append(order, id)
		}
		ch := membershipChange{Workspace: m.key(id), Before: stateOf(e.Before), After: stateOf(e.After)}
		by[id].Memberships = append(by[id].Memberships, ch)
	}
	for _, id := range order {
		if err := m.auditIn(id, ActionSubjectMerge, targetSubject, m.keep.ID, m.keep.ID, by[id]); err != nil {
			return err
		}
	}
	return nil
}

// tell adds the events: the merge, then what it does to memberships, so that a reader who knows nothing of merges
// comes to the same members.
func (m *merge) tell() error {
	if err := m.event(EventSubjectMerged, m.keep.ID, subjectEvent{From: m.drop.ID, Into: m.keep.ID}); err != nil {
		return err
	}
	for _, e := range m.edits {
		var joins *Subject
		if e.Before == nil {
			joins = &m.keep.Subject
		}
		if err := m.tellMember(e, joins); err != nil {
			return err
		}
	}
	return nil
}
