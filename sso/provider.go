package sso

import (
	"context"
	"net/http"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Provider speaks one protocol of sign-in. It knows no session and keeps no row. Packages sso/oidc and sso/saml are two.
type Provider interface {
	// Check says what is wrong with the connection's rules or with its identity provider, as far as nobody has to sign in
	// for it.
	Check(ctx context.Context, p Party) error
	// Start returns where to send the browser, for an attempt that has been kept. Where that asks for a fresh login the
	// identity provider is asked for one, and Finish does not take an older one.
	Start(ctx context.Context, p Party, a directory.Attempt, ask Ask) (redirect string, err error)
	// Finish verifies what the browser brings back and says who it is. It refuses with a *[Refused].
	Finish(ctx context.Context, p Party, a directory.Attempt, r *http.Request) (Answer, error)
	// Logout verifies what the identity provider says of a session that is over. It refuses with a *[Refused].
	Logout(ctx context.Context, p Party, r *http.Request) (Logout, error)
	// Metadata is the document by which the identity provider gets to know us; nil: the protocol has none.
	Metadata(p Party) ([]byte, error)
	// SignOut returns where the browser signs out at the identity provider, to come back with the state; empty: nowhere.
	SignOut(ctx context.Context, p Party, s SignOut) (redirect string, err error)
	// SignedOut verifies what the identity provider answers to the SignOut of that ID. It refuses with a *[Refused].
	SignedOut(ctx context.Context, p Party, id string, r *http.Request) error
}

// Party is our side of one connection: what a Provider has to know to speak for it.
type Party struct {
	Connection directory.Connection // Settings.SignIn is there
	Secret     string               // of the client; may be empty
	Callback   string               // the URL to which the browser comes back from a login
	SignedOut  string               // and from a logout
	// Of SAML: our name at the identity provider, which is the URL of our metadata, and where its browsers bring what it
	// says about logins and logouts.
	EntityID, ACS, SLO string
}

// SignIn are the rules of the connection.
func (p Party) SignIn() directory.SignIn { return *p.Connection.Settings.SignIn }

// Ask is what an identity provider is asked with.
type Ask struct {
	State     string   // comes back with the answer
	LoginHint string   // an e-mail address; may be empty
	Contexts  []string // acr_values, AuthnContextClassRef; may be empty
}

// Answer is who has signed in.
type Answer struct {
	Identity directory.Identity
	// Replay is the id of the assertion, which counts once until ReplayUntil; empty where the protocol itself sees to that.
	Replay      string
	ReplayUntil time.Time
	// SignOutHint is what the identity provider wants to hear when the browser signs out there, such as the ID token. The
	// browser keeps it, sealed, unless it is too large for a cookie.
	SignOutHint string
}

// SignOut is a logout that goes on to the identity provider.
type SignOut struct {
	ID    string // new for each; the answer names it, where the protocol has one
	State string // comes back with the browser
	Hint  string // Answer.SignOutHint of the login; empty where it was not kept
}

// Logout names the sessions that are over: one, or all of a person.
type Logout struct {
	Issuer, Subject string // Subject may be empty
	Session         string // as the identity provider calls it; may be empty
	Replay          string // id of the message, which counts once until ReplayUntil
	ReplayUntil     time.Time
	// Answer is where the browser that has brought it goes afterwards, with the answer whether the sessions are over; empty:
	// nowhere. Nil: no browser has.
	Answer func(over bool) string
}
