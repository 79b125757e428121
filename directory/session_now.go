package directory

import "context"

// A session that is shown says what it is now, by the same rules by which it is used: the state that SessionByToken would
// find, but for the address, and the role that Claims would give. For a page of them that costs one read of memberships
// for each person and one of each connection, beside the rows and the tree.

// sessionsNow is what the sessions of one page share.
type sessionsNow struct {
	d           *Directory
	t           *tree
	memberships map[string][]Membership // by subject
	connections map[string]*Connection  // nil: it is gone
}

// asOfNow gives sessions of a root the state and the role that they have now.
func (d *Directory) asOfNow(ctx context.Context, root string, list []Session) error {
	t, err := d.treeOf(ctx, root, false)
	if err != nil {
		return err
	}
	now := sessionsNow{d: d, t: t, memberships: map[string][]Membership{}, connections: map[string]*Connection{}}
	for i := range list {
		if err := now.show(ctx, &list[i]); err != nil {
			return err
		}
	}
	return nil
}

// SessionNow finds a session of a root by its id, live or not, with the state and the role that it has now. ErrNotFound:
// there is none any more.
func (d *Directory) SessionNow(ctx context.Context, root, id string) (Session, error) {
	s, err := d.store.Session(ctx, root, id)
	if err != nil {
		return s, err
	}
	list := []Session{s}
	err = d.asOfNow(ctx, root, list)
	return list[0], err
}

func (n *sessionsNow) show(ctx context.Context, s *Session) error {
	home, entered := n.t.workspaces[s.Home], n.t.workspaces[s.Workspace]
	if !s.Live(n.d.now()) || home == nil || entered == nil {
		s.State = SessionEnded
		return nil
	}
	c, err := n.connection(ctx, s)
	if err != nil {
		return err
	}
	if *s = s.asToday(home, entered, c); s.State != SessionLive {
		return nil
	}
	all, err := n.membershipsOf(ctx, s)
	if err != nil {
		return err
	}
	if at, m := accessIn(all, entered, home); m != nil {
		s.Role = s.role(at, m, c)
	}
	return nil
}

func (n *sessionsNow) connection(ctx context.Context, s *Session) (c *Connection, err error) {
	c, known := n.connections[s.Connection]
	if !known {
		c, err = n.d.connectionOf(ctx, *s)
		n.connections[s.Connection] = c
	}
	return c, err
}

func (n *sessionsNow) membershipsOf(ctx context.Context, s *Session) (all []Membership, err error) {
	all, known := n.memberships[s.Subject]
	if !known {
		all, err = n.d.store.MembershipsOf(ctx, s.Root, s.Subject)
		n.memberships[s.Subject] = all
	}
	return all, err
}

// connectionOf is the session's connection; nil: it is gone, or the session is a break-glass one.
func (d *Directory) connectionOf(ctx context.Context, s Session) (*Connection, error) {
	if s.Connection == "" {
		return nil, nil
	}
	c, err := d.store.Connection(ctx, s.Root, s.Connection)
	if there, err := found(err); err != nil || !there {
		return nil, err
	}
	return &c, nil
}
