package directory

import (
	"context"
	"errors"
	"time"
)

var errNotBuilt = errors.New("directory: not built")

// LoginCode says why a login was refused. It stands in the audit log and in the provisioning log; a browser never sees it.
type LoginCode string

// The codes of refused logins. A Provider has more of its own (RefuseLogin).
const (
	LoginUnknownState    LoginCode = "unknown_state"    // never begun, over, or used
	LoginOtherBrowser    LoginCode = "other_browser"    // begun in another browser
	LoginReplayed        LoginCode = "replayed"         // the assertion was taken before
	LoginNotOffered      LoginCode = "not_offered"      // nobody signs in by the connection
	LoginNotProvisioned  LoginCode = "not_provisioned"  // nobody known, and a login makes nobody here
	LoginDeleted         LoginCode = "deleted"          // SCIM has deleted the person (J2)
	LoginDeactivated     LoginCode = "deactivated"      // by SCIM or by an admin
	LoginBlocked         LoginCode = "blocked"          // by an admin (J7)
	LoginNoAccess        LoginCode = "no_access"        // known, and no member of the workspace
	LoginNeedsConsent    LoginCode = "needs_consent"    // an account with a privileged role links itself alone (B11)
	LoginForeignUser     LoginCode = "foreign_user"     // the address is that of another connection's user
	LoginForeignTenant   LoginCode = "foreign_tenant"   // not on SignIn.Tenants (X15)
	LoginUnknownRole     LoginCode = "unknown_role"     // and UnknownRole is refuse (J3)
	LoginRefusedByRules  LoginCode = "refused_by_rules" // the mapping, the hook or a guard
	LoginAddress         LoginCode = "address"          // the IP rules (J8)
	LoginExpired         LoginCode = "expired"          // the identity provider's own session is over
	LoginLinkedElsewhere LoginCode = "linked_elsewhere" // the identity is another person's already
)

// LoginError is a login that was refused, with the cause for the logs. A face shows one page for all of them.
type LoginError struct {
	Code  LoginCode
	Cause error // may be nil
}

func (e *LoginError) Error() string {
	text := "login refused: " + string(e.Code)
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *LoginError) Unwrap() error { return e.Cause }

// LoginRequest is a verified answer of an identity provider.
type LoginRequest struct {
	State    string // of the attempt
	Browser  [32]byte
	Identity Identity
	// Replay is the id of the assertion, which counts once until ReplayUntil; empty: it has none (the code was used up).
	Replay      string
	ReplayUntil time.Time
	RequestID   string
	Address     string
	UserAgent   string
}

// Signed is somebody who has signed in.
type Signed struct {
	Session Session
	// Token is the value of the session's cookie. It is shown this once.
	Token   string
	Subject Subject
	// NeedsFactor: the session is pending until VerifyFactor, or, where HasFactor is false, until ConfirmFactor.
	NeedsFactor bool
	HasFactor   bool
	Return      string // of the attempt
}

// Login lets somebody in, in one transaction: the attempt is used up, the assertion remembered, person, link and
// membership made or updated by the rules (J1 to J6), the session begun, with audit entries, events and the record in the
// provisioning log. Who is refused gets a [LoginError], and the logs one entry each.
func (d *Directory) Login(ctx context.Context, r LoginRequest) (Signed, error) {
	return Signed{}, errNotBuilt
}

// RefusedLogin is what a face or a Provider has refused.
type RefusedLogin struct {
	// State of the attempt, which is used up; may be empty or nobody's.
	State      string
	Connection Connection
	Code       LoginCode
	Cause      error // for the logs
	RequestID  string
	Address    string
	UserAgent  string
}

// RefuseLogin uses up the attempt and leaves one audit entry and one record in the provisioning log.
func (d *Directory) RefuseLogin(ctx context.Context, r RefusedLogin) error {
	return errNotBuilt
}

// Match is whom an identity or a user would be taken for.
type Match struct {
	Subject string // empty: somebody new
	By      string // "link", "principal", "e-mail"
	Code    LoginCode
	Cause   string
}

// TestMatch says whom a login with the identity would find, and whom SCIM knows by the same principal, and changes
// nothing: the connection test shows whether both would meet (X12).
func (d *Directory) TestMatch(ctx context.Context, c Connection, i Identity) (login, scim Match, err error) {
	return Match{}, Match{}, errNotBuilt
}
