package directory

import (
	"context"
	"time"
)

// Live reports whether the session opens anything, be it only the page of the second factor.
func (s Session) Live(now time.Time) bool { return s.State != SessionEnded && now.Before(s.Ends) }

// SessionByToken finds the live session of a cookie's value and notes that it was seen, at most once a minute. One that
// is pending is found too: look at State. ErrNotFound: there is none. address is the caller's: the IP rules of the
// session's workspaces are asked with it on each request, and answer with a [LoginError] of code [LoginAddress].
func (d *Directory) SessionByToken(ctx context.Context, token, address string) (Session, error) {
	return Session{}, errNotBuilt
}

// Session finds a session of a root by its id, live or not. ErrNotFound: there is none any more.
func (d *Directory) Session(ctx context.Context, root, id string) (Session, error) {
	return Session{}, errNotBuilt
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

// Sessions lists the live sessions of the workspace and below, by id.
func (d *Directory) Sessions(ctx context.Context, w Workspace, q SessionQuery) ([]Session, error) {
	return nil, errNotBuilt
}

// EndSession ends one session: a logout, or by an admin. Ending one that has ended changes nothing.
func (d *Directory) EndSession(ctx context.Context, by Actor, root, id, reason string) error {
	return errNotBuilt
}

// EndSessions ends the live sessions of the workspace and below that the query finds; it reports how many.
func (d *Directory) EndSessions(ctx context.Context, by Actor, w Workspace, q SessionQuery, reason string) (int, error) {
	return 0, errNotBuilt
}

// IDPLogout is a verified logout token of an identity provider: a session of its own, all of a person, or both.
type IDPLogout struct {
	Connection      Connection
	Session         string // sid; may be empty
	Issuer, Subject string // Subject may be empty
	Replay          string // jti
	ReplayUntil     time.Time
	RequestID       string
	Address         string
}

// EndIDPSessions ends what a logout token names, once; it reports how many sessions that were. A token that was taken
// before is a [LoginError] of code [LoginReplayed].
func (d *Directory) EndIDPSessions(ctx context.Context, l IDPLogout) (int, error) {
	return 0, errNotBuilt
}

// EnterWorkspace switches a live session to another workspace of its root, by key. Membership, IP rules and second factor
// are those of home and of the entered one, the stricter ones counting; the session may be pending after it. Its refusals
// are LoginErrors.
func (d *Directory) EnterWorkspace(ctx context.Context, s Session, key, address string) (Session, error) {
	return Session{}, errNotBuilt
}
