package directory

import (
	"context"
	"errors"
	"strings"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// NewAttempt is what a face says of a login that begins.
type NewAttempt struct {
	Connection Connection
	Browser    [32]byte // SHA-256 of the binding cookie's value
	Workspace  string   // key of the one to be entered; empty: the connection's own
	Return     string   // a handle or path of the face's own, already checked
	Fresh      bool     // asks for a login now, whatever the identity provider remembers
	Nonce      string
	Verifier   string
	// Session, unless nil, is the live session of who asks to link the identity with that account: the one way in which
	// an account with a privileged role is linked (B11).
	Session   *Session
	Address   string
	UserAgent string
}

// maxUserAgent bounds what is kept of a browser's name.
const maxUserAgent = 256

// BeginLogin keeps an attempt for ten minutes, and returns the state that the identity provider gives back. It is refused
// where nobody signs in by the connection, or not to that workspace.
func (d *Directory) BeginLogin(ctx context.Context, n NewAttempt) (state string, a Attempt, err error) {
	c, err := d.offered(ctx, n.Connection.Root, n.Connection.ID)
	if err != nil {
		return "", Attempt{}, err
	}
	home, entered, err := d.places(ctx, c, n.Workspace)
	if err != nil {
		return "", Attempt{}, err
	}
	if err := checkAddress(SurfaceSSO, n.Address, home, entered); err != nil {
		return "", Attempt{}, err
	}
	now := d.now()
	if err := d.attempts.add(c.Root, now); err != nil {
		return "", Attempt{}, err
	}
	state = credential.State.New(c.Root)
	a = Attempt{
		Root: c.Root, Hash: credential.Hash(state), Connection: c.ID, Browser: n.Browser, Workspace: n.Workspace, Return: n.Return,
		Fresh: n.Fresh, Nonce: n.Nonce, Verifier: n.Verifier, Address: n.Address, UserAgent: bounded(n.UserAgent, maxUserAgent),
		Created: now, Expires: now.Add(attemptAge),
	}
	if n.Session != nil {
		if n.Session.Root != c.Root {
			return "", Attempt{}, &LoginError{LoginNoAccess, errors.New("the session is of another tenant")}
		}
		a.Subject, a.Session = n.Session.Subject, n.Session.ID
		s, err := d.asking(ctx, a)
		if err != nil {
			return "", Attempt{}, err
		}
		a.Reach = s.reach()
	}
	change := &Change{Root: c.Root, SignInChange: SignInChange{Attempts: []Edit[Attempt]{insert(a)}}}
	return state, a, d.store.Commit(ctx, change)
}

// asking is the session in which somebody asks to link an identity. It must be live still.
func (d *Directory) asking(ctx context.Context, a Attempt) (Session, error) {
	s, err := d.freshSession(ctx, Session{Root: a.Root, ID: a.Session})
	if there, err := found(err); err != nil {
		return s, err
	} else if !there || s.State != SessionLive || s.Subject != a.Subject {
		return s, &LoginError{LoginNoAccess, errors.New("the session that asks for the link is over")}
	}
	return s, nil
}

// places returns the connection's own workspace, and the one that is to be entered.
func (d *Directory) places(ctx context.Context, c Connection, key string) (home, entered *branch, err error) {
	t, err := d.treeOf(ctx, c.Root, false)
	if err != nil {
		return nil, nil, err
	}
	if home = t.workspaces[c.Workspace]; home == nil {
		return nil, nil, &LoginError{LoginNotOffered, errors.New("the connection's workspace is gone")}
	}
	entered, err = t.entered(home, key)
	return home, entered, err
}

// entered is the workspace that somebody asks for: the home one unless told.
func (t *tree) entered(home *branch, key string) (*branch, error) {
	if key == "" {
		return home, nil
	}
	if b := t.keys[key]; b != nil {
		return b, nil
	}
	return nil, &LoginError{LoginNoAccess, errors.New("the tenant has no workspace of the key that was asked for")}
}

// Attempt returns what a state stands for, with the connection and its workspace. It does not use it up: Login and
// RefuseLogin do. What is unknown, over or used is a [LoginError].
func (d *Directory) Attempt(ctx context.Context, state string) (Attempt, Connection, Workspace, error) {
	a, err := d.attempt(ctx, state)
	if err != nil {
		return Attempt{}, Connection{}, Workspace{}, err
	}
	c, err := d.offered(ctx, a.Root, a.Connection)
	if err != nil {
		return Attempt{}, Connection{}, Workspace{}, err
	}
	w, err := d.store.Workspace(ctx, c.Root, c.Workspace)
	return a, c, w, err
}

func (d *Directory) attempt(ctx context.Context, state string) (Attempt, error) {
	unknown := &LoginError{Code: LoginUnknownState}
	root, ok := credential.State.Root(state)
	if !ok {
		return Attempt{}, unknown
	}
	a, err := d.store.Attempt(ctx, root, credential.Hash(state))
	if there, err := found(err); err != nil {
		return a, err
	} else if !there || !d.now().Before(a.Expires) {
		return Attempt{}, unknown
	}
	return a, nil
}

// bounded is a text of at most so many bytes.
func bounded(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}
