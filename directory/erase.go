package directory

import "context"

// EraseSubject erases a person: the users of all connections with their places in groups, the memberships, and every
// personal value in logs, events and removals. Audit entries stay with their digests, so that the chain verifies (X3).
// Who is given back by an identity provider is somebody new. A person who is a member outside the workspace and what is
// below it is not erased from there.
func (d *Directory) EraseSubject(ctx context.Context, by Actor, w Workspace, subject string) error {
	err := d.writeIn(ctx, by, w, func(ctx context.Context, p *plan, t *tree, b *branch) error {
		gone, err := false, error(nil)
		if b.ID == b.Root {
			gone, err = d.planEraseVanished(ctx, p, subject)
		}
		if err == nil && !gone {
			err = d.planEraseKnown(ctx, p, t, b, subject)
		}
		if err != nil {
			return err
		}
		if err := d.byHand(ctx, p, t); err != nil {
			return err
		}
		return p.audit(ActionSubjectErase, targetSubject, subject, subject, struct{}{})
	})
	if err != nil {
		return err
	}
	d.credentials.Clear() // tokens that are bound to the users
	if err := d.store.Scrub(ctx); err != nil {
		d.log.WarnContext(ctx, "erased values not overwritten yet", "error", err)
		d.scrubSoon()
	}
	return nil
}

func (d *Directory) planEraseKnown(ctx context.Context, p *plan, t *tree, b *branch, subject string) error {
	if err := d.checkErasable(ctx, t, b, subject); err != nil {
		return err
	}
	return d.planErase(ctx, p, b.Root, subject)
}

// checkErasable refuses to erase who is not known, or has something outside the workspace's subtree.
func (d *Directory) checkErasable(ctx context.Context, t *tree, home *branch, subject string) error {
	who, err := d.person(ctx, home.Root, subject)
	if there, err := found(err); err != nil {
		return err
	} else if !there {
		return refuse(RefusedNotFound, "list the people of the workspace to see who is there", "there is no person %q", subject)
	}
	outside, err := d.isKnownOutside(ctx, t, home, who)
	if err != nil {
		return err
	}
	if outside || home.ID != home.Root && len(who.memberships) == 0 {
		return refuse(RefusedInvalid, "erase the person from a workspace above", "%q is known outside workspace %s as well", subject, home.Key)
	}
	return nil
}

// isKnownOutside reports whether the person is a member, or has a user, outside the workspace and what is below it.
func (d *Directory) isKnownOutside(ctx context.Context, t *tree, home *branch, who person) (bool, error) {
	for _, m := range who.memberships {
		if !t.workspaces[m.Workspace].within(home.ID) {
			return true, nil
		}
	}
	users, err := d.store.UsersOf(ctx, home.Root, who.ID)
	if err != nil {
		return false, err
	}
	for _, u := range users {
		c, err := d.store.Connection(ctx, u.Root, u.Connection)
		if there, err := found(err); err != nil {
			return false, err
		} else if there && !t.workspaces[c.Workspace].within(home.ID) {
			return true, nil
		}
	}
	return false, nil
}

// planErase plans that nothing of the person is left: subject, users, memberships, and all personal values elsewhere.
// The caller passes the guard, leaves the audit entry, and has the store scrubbed after the commit.
func (d *Directory) planErase(ctx context.Context, p *plan, root, subject string) error {
	who, err := d.person(ctx, root, subject)
	if err != nil {
		return err
	}
	users, err := d.store.UsersOf(ctx, root, subject)
	if err != nil {
		return err
	}
	for _, u := range users {
		if err := d.planDrop(ctx, p, u); err != nil {
			return err
		}
	}
	return d.planForget(ctx, p, who)
}

// planForget plans that nothing is left of a person whose documents go: memberships, with their events, the keys under
// which the person would be found again, the subject, and what the logs say.
func (d *Directory) planForget(ctx context.Context, p *plan, who person) error {
	for i := range who.memberships {
		e := Edit[Membership]{Before: &who.memberships[i]}
		p.Memberships = append(p.Memberships, e)
		if err := p.tellMember(e, nil); err != nil {
			return err
		}
	}
	if err := d.planUnbury(ctx, p, who); err != nil {
		return err
	}
	p.Subjects = append(p.Subjects, remove(who.Subject))
	p.Erase = append(p.Erase, who.ID)
	return nil
}

// planDrop plans that a user's document is gone. Its places in groups go with it.
func (d *Directory) planDrop(ctx context.Context, p *plan, u User) error {
	client, err := d.freshClient(ctx, Connection{Root: u.Root, ID: u.Connection, Name: u.Connection}, p.by)
	if err != nil {
		return err
	}
	stored, err := client.userType().Load(client.bareUserRecord(u))
	if err != nil {
		return err
	}
	p.Users = append(p.Users, UserEdit{Edit: remove(u), BeforeKeys: stored.Keys()})
	return nil
}

// planUnbury lifts the tombstones by which the person would be found again: under the connections of the root, and
// under those that are gone and had granted something. Who was merged into the person is erased as well.
func (d *Directory) planUnbury(ctx context.Context, p *plan, who person) error {
	connections, err := d.connectionsOf(ctx, who)
	if err != nil {
		return err
	}
	merged, err := d.mergedInto(ctx, who.Root, who.ID)
	if err != nil {
		return err
	}
	ids := []string{who.ID}
	for _, t := range merged {
		p.Tombstones = append(p.Tombstones, remove(t))
		p.Erase = append(p.Erase, t.Subject)
		ids = append(ids, t.Subject)
	}
	for connection := range connections {
		for _, id := range ids {
			if err := d.planUnburyIn(ctx, p, who.Root, connection, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// planUnburyIn lifts those of one connection.
func (d *Directory) planUnburyIn(ctx context.Context, p *plan, root, connection, subject string) error {
	for _, mark := range []string{tombstoneSubject, tombstoneOrphan} {
		gone, err := d.buried(ctx, root, connection, mark, subject)
		if err != nil {
			return err
		}
		if gone != nil {
			p.Tombstones = append(p.Tombstones, remove(*gone))
		}
	}
	return nil
}

// connectionsOf collects the connections, also deleted ones, in which the person may have been known.
func (d *Directory) connectionsOf(ctx context.Context, who person) (map[string]bool, error) {
	ids := map[string]bool{}
	for _, m := range who.memberships {
		ids[m.Connection] = true
	}
	removals, err := d.store.RemovalsOf(ctx, who.Root, who.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range removals {
		ids[r.Connection] = true
	}
	all, err := d.store.Tree(ctx, who.Root)
	if err != nil {
		return nil, err
	}
	for _, w := range all {
		connections, err := d.store.Connections(ctx, who.Root, w.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range connections {
			ids[c.ID] = true
		}
	}
	delete(ids, "")
	return ids, nil
}
