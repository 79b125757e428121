package directory

import (
	"context"
	"errors"
)

// EnterWorkspace switches a live session to another workspace of its root, by key. Membership, IP rules and second factor
// are those of home and of the entered one, the stricter ones counting; the session may be pending after it. Its refusals
// are LoginErrors.
func (d *Directory) EnterWorkspace(ctx context.Context, s Session, key, address string) (Session, error) {
	var after Session
	err := d.write(ctx, s.actor(address), s.home(), s.Connection, func(ctx context.Context, p *plan) (err error) {
		after, err = d.planSwitch(ctx, p, s, key, address)
		return err
	})
	return after, err
}

// WouldEnter is what EnterWorkspace would make of the session, with the same refusals. It changes nothing.
func (d *Directory) WouldEnter(ctx context.Context, s Session, key, address string) (Session, error) {
	return d.planSwitch(ctx, d.newPlan(s.actor(address), s.home(), s.Connection), s, key, address)
}

func (d *Directory) planSwitch(ctx context.Context, p *plan, s Session, key, address string) (after Session, err error) {
	before, err := d.freshSession(ctx, s)
	if err != nil {
		return before, err
	}
	if before.State != SessionLive {
		return before, &LoginError{LoginNoAccess, errors.New("the session waits for its second factor")}
	}
	t, home, err := d.place(ctx, p, s.home())
	if err != nil {
		return before, err
	}
	entered, err := t.entered(home, key)
	if err != nil {
		return before, err
	}
	if err := checkReach(entered, before.reach()); err != nil {
		return before, err
	}
	if err := checkAddress(SurfaceSSO, address, home, entered); err != nil {
		return before, err
	}
	if after = before; entered.ID == before.Workspace {
		return after, nil
	}
	err = d.planEnter(ctx, p, home, entered, before, &after)
	return after, err
}

func (d *Directory) planEnter(ctx context.Context, p *plan, home, entered *branch, before Session, after *Session) error {
	all, err := d.store.MembershipsOf(ctx, before.Root, before.Subject)
	_, m := nearestIn(all, entered)
	switch {
	case err != nil:
		return err
	case blocked(all, entered, home) != nil:
		return &LoginError{Code: LoginBlocked}
	case m == nil:
		return &LoginError{Code: LoginNoAccess}
	case m.Status != StatusActive:
		return &LoginError{LoginNoAccess, errors.New("the membership is not active")}
	}
	p.Holds = append(p.Holds, *m)
	rules := home.posture().stricter(entered.posture())
	after.Workspace, after.Idle, after.Seen = entered.ID, min(before.Idle, rules.idle), p.now
	after.Expires = earliest(before.Expires, before.Created.Add(rules.max))
	if owes, err := d.owesFactor(ctx, before, rules); err != nil {
		return err
	} else if owes {
		after.State = SessionPending
	}
	after.Ends = after.ends()
	after.Version++
	p.Sessions = append(p.Sessions, update(before, *after))
	return p.auditIn(entered.ID, ActionSessionEnter, targetSession, before.ID, before.Subject, sessionDetail{Workspace: entered.ID})
}

func (d *Directory) owesFactor(ctx context.Context, s Session, rules posture) (bool, error) {
	if !s.owesFactor(rules, nil) {
		return false, nil
	}
	c, err := d.connectionOf(ctx, s)
	return s.owesFactor(rules, c), err
}

// owesFactor reports that the rules ask for a second factor that the session does not have: neither our own nor, where the
// rules take it, that of the identity provider of its connection.
func (s Session) owesFactor(rules posture, c *Connection) bool {
	if !rules.factor || !s.Factor.IsZero() {
		return false
	}
	accepted := rules.acceptIDP && c != nil && c.Settings.SignIn != nil
	return !accepted || !c.Settings.SignIn.hasFactor(Identity{Methods: s.Methods, Context: s.Context})
}
