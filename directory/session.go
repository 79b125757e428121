package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// pendingAge is how long a session waits for the second factor.
const pendingAge = 10 * time.Minute

// Live reports whether the session opens anything, be it only the page of the second factor.
func (s Session) Live(now time.Time) bool { return s.State != SessionEnded && now.Before(s.Ends) }

// ends is when the session is over, if nobody is seen any more.
func (s Session) ends() time.Time {
	if s.State == SessionPending {
		return earliest(s.Seen.Add(pendingAge), s.Expires)
	}
	return earliest(s.Seen.Add(s.Idle), s.Expires)
}

// reach is the workspace in which, and below which, the session may enter: the connection's own, or that of the session in
// which its holder has linked the identity. An identity provider of a part of the tenant opens no other part. A break-glass
// session is the operator's word, and may enter wherever its person is a member.
func (s Session) reach() string {
	if s.Connection == "" {
		return s.Root
	}
	return cmp.Or(s.Reach, s.Home)
}

// home is the connection's own workspace, by its ids alone.
func (s Session) home() Workspace { return Workspace{Root: s.Root, ID: s.Home} }

// actor is who changes something by the session, from an address.
func (s Session) actor(address string) Actor { return Actor{Name: "session:" + s.ID, Address: address} }

// checkReach refuses a workspace that is not within the reach.
func checkReach(entered *branch, reach string) error {
	if entered.within(reach) {
		return nil
	}
	return &LoginError{LoginNoAccess, fmt.Errorf("the connection is of another part of the tenant than workspace %s", entered.Key)}
}

// SessionByToken finds the live session of a cookie's value and notes that it was seen, at most once a minute. One that
// is pending is found too: look at State. ErrNotFound: there is none. address is the caller's: the IP rules of the
// session's workspaces are asked with it on each request, and answer with a [LoginError] of code [LoginAddress].
func (d *Directory) SessionByToken(ctx context.Context, token, address string) (Session, error) {
	s, err := d.SessionToEnd(ctx, token)
	if err != nil {
		return Session{}, err
	}
	home, entered, err := d.branchesOf(ctx, s)
	if err != nil {
		return Session{}, err
	}
	if err := checkAddress(SurfaceSSO, address, home, entered); err != nil {
		return Session{}, err
	}
	if s, err = d.asToday(ctx, s, home, entered); err != nil {
		return Session{}, err
	}
	return d.seen(ctx, s, d.now())
}

// SessionToEnd finds the live session of a cookie's value for a logout: by no rules, as whoever may not come in from an
// address may leave from there. ErrNotFound: there is none.
func (d *Directory) SessionToEnd(ctx context.Context, token string) (Session, error) {
	root, ok := credential.Session.Root(token)
	if !ok {
		return Session{}, ErrNotFound
	}
	s, err := d.store.SessionByHash(ctx, root, credential.Hash(token))
	if err == nil && !s.Live(d.now()) {
		err = ErrNotFound
	}
	if err != nil {
		return Session{}, err
	}
	return s, nil
}

// branchesOf are the connection's own workspace and the one that was entered. ErrNotFound: one of them is gone.
func (d *Directory) branchesOf(ctx context.Context, s Session) (home, entered *branch, err error) {
	t, err := d.treeOf(ctx, s.Root, false)
	if err != nil {
		return nil, nil, err
	}
	if home, entered = t.workspaces[s.Home], t.workspaces[s.Workspace]; home == nil || entered == nil {
		return nil, nil, ErrNotFound
	}
	return home, entered, nil
}

// asToday is the session by the rules of today. Its connection is read only where that makes a difference.
func (d *Directory) asToday(ctx context.Context, s Session, home, entered *branch) (Session, error) {
	if s.asToday(home, entered, nil).State == s.State {
		return s, nil
	}
	c, err := d.connectionOf(ctx, s)
	return s.asToday(home, entered, c), err
}

// asToday is the session by the rules of today: a live one waits where a second factor has come to be asked for since, and
// goes on once it is passed. A break-glass session needs none at home. c is the connection; nil: there is none.
func (s Session) asToday(home, entered *branch, c *Connection) Session {
	isBreakGlass := s.Connection == "" && s.Workspace == s.Home
	if s.State == SessionLive && !isBreakGlass && s.owesFactor(home.posture().stricter(entered.posture()), c) {
		s.State = SessionPending
	}
	return s
}

// seenEvery is how often it is written down that a session is in use.
const seenEvery = time.Minute

// seen notes that the session is in use. A pending one does not live longer by that.
func (d *Directory) seen(ctx context.Context, s Session, now time.Time) (Session, error) {
	if s.State != SessionLive || now.Sub(s.Seen) < min(seenEvery, s.Idle/4) {
		return s, nil
	}
	s.Seen = now
	s.Ends = s.ends()
	return s, d.store.TouchSession(ctx, s.Root, s.ID, s.Seen, s.Ends)
}

// freshSession reads a session again, if it is live still; by the rules of today it may be pending.
func (d *Directory) freshSession(ctx context.Context, s Session) (Session, error) {
	s, err := d.store.Session(ctx, s.Root, s.ID)
	if err == nil && !s.Live(d.now()) {
		err = ErrNotFound
	}
	if err != nil {
		return s, err
	}
	home, entered, err := d.branchesOf(ctx, s)
	if err != nil {
		return s, err
	}
	return d.asToday(ctx, s, home, entered)
}

// Session finds a session of a root by its id, live or not, as it is stored. ErrNotFound: there is none any more.
func (d *Directory) Session(ctx context.Context, root, id string) (Session, error) {
	return d.store.Session(ctx, root, id)
}

// SessionQuery asks for live sessions. Empty fields match everything.
type SessionQuery struct {
	Root       string
	Subject    string
	Workspaces []string // ids, entered or home; nil: any
	Connection string
	After      string // id of the last one of the page before
	Limit      int    // 100 unless told, at most 1000
}

const (
	sessionPage    = 100
	maxSessionPage = 1000
)

// Sessions lists the live sessions of the workspace and below, by id, with the state and the role that they have now.
func (d *Directory) Sessions(ctx context.Context, w Workspace, q SessionQuery) ([]Session, error) {
	list, err := d.sessions(ctx, w, q)
	if err != nil {
		return nil, err
	}
	return list, d.asOfNow(ctx, w.Root, list)
}

func (d *Directory) sessions(ctx context.Context, w Workspace, q SessionQuery) ([]Session, error) {
	q.Root, q.Workspaces = w.Root, nil
	if q.Limit <= 0 || q.Limit > maxSessionPage {
		q.Limit = sessionPage
	}
	within, err := d.below(ctx, w)
	if err != nil {
		return nil, err
	}
	for id := range within {
		q.Workspaces = append(q.Workspaces, id)
	}
	return d.store.Sessions(ctx, q, d.now())
}

// sessionDetail is the detail of what was done to a session.
type sessionDetail struct {
	Workspace string `json:"workspace,omitempty"` // id
	Reason    string `json:"reason,omitempty"`
}

// EndSession ends one session: a logout, or by an admin. Ending one that has ended changes nothing.
func (d *Directory) EndSession(ctx context.Context, by Actor, root, id, reason string) error {
	s, err := d.store.Session(ctx, root, id)
	if there, err := found(err); err != nil || !there {
		return err
	}
	return d.write(ctx, by, Workspace{Root: root, ID: s.Workspace}, s.Connection, func(ctx context.Context, p *plan) error {
		before, err := d.store.Session(ctx, root, id)
		if there, err := found(err); err != nil || !there || !before.Live(p.now) {
			return err
		}
		return p.endSession(before, reason)
	})
}

// endSession plans the end of a session, with its entry.
func (p *plan) endSession(s Session, reason string) error {
	p.Ends = append(p.Ends, SessionEnd{ID: s.ID, Reason: reason, At: p.now})
	return p.auditIn(s.Workspace, ActionSessionEnd, targetSession, s.ID, s.Subject, sessionDetail{Workspace: s.Workspace, Reason: reason})
}

// EndSessions ends the live sessions of the workspace and below that the query finds; it reports how many.
func (d *Directory) EndSessions(ctx context.Context, by Actor, w Workspace, q SessionQuery, reason string) (int, error) {
	ended := 0
	q.After, q.Limit = "", sessionPage
	for {
		var page []Session
		err := d.write(ctx, by, w, "", func(ctx context.Context, p *plan) (err error) {
			if page, err = d.sessions(ctx, w, q); err != nil {
				return err
			}
			for _, s := range page {
				if err := p.endSession(s, reason); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(page) == 0 {
			return ended, err
		}
		ended += len(page)
		q.After = page[len(page)-1].ID
	}
}

// IDPLogout is a verified logout of an identity provider: a session of its own, all of a person, or both.
type IDPLogout struct {
	Connection      Connection
	Session         string // sid; may be empty
	Issuer, Subject string // Subject may be empty
	Replay          string // jti
	ReplayUntil     time.Time
	RequestID       string
	Address         string
}

// logoutDetail is the detail of a logout at the identity provider.
type logoutDetail struct {
	Sessions int `json:"sessions"`
}

// EndIDPSessions ends what a logout names, once. Where it names a person too, those sessions of theirs end with it that the
// identity provider has given no name at the login: each may be the one. ended is how many sessions that were, left how many
// of the person's go on. A logout that was taken before is a [LoginError] of code [LoginReplayed].
func (d *Directory) EndIDPSessions(ctx context.Context, l IDPLogout) (ended, left int, err error) {
	if l.Session == "" && l.Subject == "" {
		return 0, 0, &LoginError{LoginRefusedByRules, errors.New("the logout names neither a session nor a subject")}
	}
	c := l.Connection
	by := Actor{Name: "sso:" + c.ID, RequestID: l.RequestID, Address: l.Address}
	err = d.write(ctx, by, c.home(), c.ID, func(ctx context.Context, p *plan) error {
		taken, err := d.takeOnce(ctx, p, c.ID, credential.Hash("logout\x00"+l.Replay), l.ReplayUntil)
		if err != nil {
			return err
		}
		if taken {
			return &LoginError{Code: LoginReplayed}
		}
		e := l.end(p.now)
		p.Ends = append(p.Ends, e)
		if ended, left, err = d.countEnded(ctx, e, c); err != nil {
			return err
		}
		return p.audit(ActionSessionLogout, targetConnection, c.ID, "", logoutDetail{ended})
	})
	return ended, left, err
}

// end are the sessions that the logout ends.
func (l IDPLogout) end(now time.Time) SessionEnd {
	e := SessionEnd{Connection: l.Connection.ID, Reason: ReasonIDP, At: now}
	if l.Session != "" {
		e.IDPSessions = []string{l.Session}
	}
	if l.Subject != "" {
		e.Identity = IdentityKey(l.Issuer, l.Subject)
		if l.Session != "" {
			e.IDPSessions = append(e.IDPSessions, "")
		}
	}
	return e
}

// countEnded counts the sessions that a logout ends, and the person's others.
func (d *Directory) countEnded(ctx context.Context, e SessionEnd, c Connection) (ended, left int, err error) {
	q := SessionQuery{Root: c.Root, Connection: c.ID, Limit: maxSessionPage}
	if e.Identity != [32]byte{} {
		k, err := d.store.Link(ctx, c.Root, c.ID, LinkIdentity, e.Identity)
		if there, err := found(err); err != nil || !there {
			return 0, 0, err
		}
		q.Subject = k.Subject
	}
	list, err := d.store.Sessions(ctx, q, e.At)
	for _, s := range list {
		switch {
		case e.Identity != [32]byte{} && s.Identity != e.Identity: // another's, or by another way in
		case e.IDPSessions == nil || slices.Contains(e.IDPSessions, s.IDPSession):
			ended++
		case e.Identity != [32]byte{}:
			left++
		}
	}
	return ended, left, err
}
