package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/usher-scim/usher/directory/internal/credential"
)

// NewAttempt is what a face says of a login that begins.
type NewAttempt struct {
	Connection Connection
	Browser    [32]byte // SHA-256 of the binding cookie's value
	Workspace  string   // key of the one to be entered; empty: the connection's own
	Return     string   // a handle or path of the face's own, already checked
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
	state = credential.State.New(c.Root)
	a = Attempt{
		Root: c.Root, Hash: credential.Hash(state), Connection: c.ID, Browser: n.Browser, Workspace: n.Workspace, Return: n.Return,
		Nonce: n.Nonce, Verifier: n.Verifier, Address: n.Address, UserAgent: bounded(n.UserAgent, maxUserAgent),
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

// offered returns the connection if people can sign in by it.
func (d *Directory) offered(ctx context.Context, root, id string) (Connection, error) {
	c, err := d.store.Connection(ctx, root, id)
	switch there, err := found(err); {
	case err != nil:
		return c, err
	case !there:
		return c, &LoginError{LoginNotOffered, errors.New("there is no such connection")}
	case !c.Settings.SignIn.on():
		return c, &LoginError{LoginNotOffered, fmt.Errorf("connection %q has no sign-in, or it is disabled", c.Name)}
	case c.State != StateEnabled:
		return c, &LoginError{LoginNotOffered, fmt.Errorf("connection %q is %s", c.Name, c.State)}
	}
	return c, nil
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

// SignInConnection finds the connection of that id by which people can sign in, whichever root it is of, with its
// workspace. A [LoginError] says why there is none.
func (d *Directory) SignInConnection(ctx context.Context, id string) (Connection, Workspace, error) {
	root, err := d.store.RootOf(ctx, id)
	if there, err := found(err); err != nil {
		return Connection{}, Workspace{}, err
	} else if !there {
		return Connection{}, Workspace{}, &LoginError{LoginNotOffered, errors.New("there is no such connection")}
	}
	c, err := d.offered(ctx, root, id)
	if err != nil {
		return Connection{}, Workspace{}, err
	}
	w, err := d.store.Workspace(ctx, c.Root, c.Workspace)
	return c, w, err
}

// SignInConnections lists those of the workspace, or of the nearest one above that has any: for home-realm discovery.
func (d *Directory) SignInConnections(ctx context.Context, w Workspace) ([]Connection, error) {
	t, err := d.treeOf(ctx, w.Root, false)
	if err != nil {
		return nil, err
	}
	all, err := d.signIns(ctx, t, w.Root)
	if err != nil {
		return nil, err
	}
	for b := t.workspaces[w.ID]; b != nil; b = b.above {
		var own []Connection
		for _, c := range all {
			if c.Workspace == b.ID {
				own = append(own, c)
			}
		}
		if len(own) > 0 {
			return own, nil
		}
	}
	return nil, nil
}

// SignInByEmail lists the connections by which somebody with the address may sign in: those of the tenant that has proved
// the address's domain. It tells nothing of the person.
func (d *Directory) SignInByEmail(ctx context.Context, address string) ([]Connection, error) {
	_, name, _ := strings.Cut(address, "@")
	owner, err := d.store.DomainOwner(ctx, strings.ToLower(name))
	if there, err := found(err); err != nil || !there {
		return nil, err
	}
	t, err := d.treeOf(ctx, owner.Root, false)
	if err != nil {
		return nil, err
	}
	return d.signIns(ctx, t, owner.Root)
}

// signIns lists the connections of a root by which people can sign in. The tree keeps those with rules for it, which move
// its Config.
func (d *Directory) signIns(ctx context.Context, t *tree, root string) ([]Connection, error) {
	known := t.signIns.Load()
	if known == nil {
		all, err := d.store.Connections(ctx, root, "")
		if err != nil {
			return nil, err
		}
		all = slices.DeleteFunc(all, func(c Connection) bool { return !c.letsIn() })
		known = &all
		t.signIns.Store(known)
	}
	return *known, nil
}

func signInSecretName(connection string) string { return "sign-in/" + connection }

// SetSignInSecret seals the client secret that the identity provider has given; empty: there is none any more.
func (d *Directory) SetSignInSecret(ctx context.Context, by Actor, c Connection, secret string) error {
	return d.editConnection(ctx, by, c, func(_ context.Context, p *plan, before Connection) error {
		s := Secret{Root: c.Root, Name: signInSecretName(c.ID)}
		if secret != "" {
			s = d.seal(s.Root, s.Name, []byte(secret))
		}
		p.Secrets = append(p.Secrets, s)
		detail := newConnectionDetail(before)
		detail.Changed = []string{"sign_in_secret"}
		return p.audit(ActionConnectionUpdate, targetConnection, c.ID, "", detail)
	})
}

// HasSignInSecret reports whether there is a client secret.
func (d *Directory) HasSignInSecret(ctx context.Context, c Connection) (bool, error) {
	_, err := d.store.Secret(ctx, c.Root, signInSecretName(c.ID))
	return found(err)
}

// SignInSecret opens the client secret; empty: there is none.
func (d *Directory) SignInSecret(ctx context.Context, c Connection) (string, error) {
	s, err := d.store.Secret(ctx, c.Root, signInSecretName(c.ID))
	if there, err := found(err); err != nil || !there {
		return "", err
	}
	plain, err := d.open(s)
	return string(plain), err
}

// bounded is a text of at most so many bytes.
func bounded(text string, most int) string {
	if len(text) > most {
		text = text[:most]
	}
	return strings.ToValidUTF8(text, "")
}
