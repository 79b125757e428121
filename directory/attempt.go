package directory

import "context"

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

// BeginLogin keeps an attempt for ten minutes, and returns the state that the identity provider gives back. It is refused
// where nobody signs in by the connection, or not to that workspace.
func (d *Directory) BeginLogin(ctx context.Context, n NewAttempt) (state string, a Attempt, err error) {
	return "", Attempt{}, errNotBuilt
}

// Attempt returns what a state stands for, with the connection and its workspace. It does not use it up: Login and
// RefuseLogin do. What is unknown, over or used is a [LoginError].
func (d *Directory) Attempt(ctx context.Context, state string) (Attempt, Connection, Workspace, error) {
	return Attempt{}, Connection{}, Workspace{}, errNotBuilt
}

// SignInConnection finds the connection of that id by which people can sign in, whichever root it is of, with its
// workspace. A [LoginError] says why there is none.
func (d *Directory) SignInConnection(ctx context.Context, id string) (Connection, Workspace, error) {
	return Connection{}, Workspace{}, errNotBuilt
}

// SignInConnections lists those of the workspace, or of the nearest one above that has any: for home-realm discovery.
func (d *Directory) SignInConnections(ctx context.Context, w Workspace) ([]Connection, error) {
	return nil, errNotBuilt
}

// SignInByEmail lists the connections by which somebody with the address may sign in: those of the tenant that has proved
// the address's domain. It tells nothing of the person.
func (d *Directory) SignInByEmail(ctx context.Context, address string) ([]Connection, error) {
	return nil, errNotBuilt
}

// SetSignInSecret seals the client secret that the identity provider has given; empty: there is none any more.
func (d *Directory) SetSignInSecret(ctx context.Context, by Actor, c Connection, secret string) error {
	return errNotBuilt
}

// SignInSecret opens the client secret; empty: there is none.
func (d *Directory) SignInSecret(ctx context.Context, c Connection) (string, error) {
	return "", errNotBuilt
}
