package directory

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"github.com/usher-scim/usher/scim"
)

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
	LoginRulesChanged    LoginCode = "rules_changed"    // they are not those by which the identity was verified
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
	State string // of the attempt
	// Connection is the one of the URL, with the rules by which the identity was verified: an attempt of another one is unknown,
	// and where the rules are others by now, nobody signs in.
	Connection Connection
	Browser    [32]byte
	Identity   Identity
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
//
// Each login writes the link of its identity, so those of one person go one at a time: where many browser tabs come back
// at once, as after a restart of the browser, none of them may lose against the others for good.
func (d *Directory) Login(ctx context.Context, r LoginRequest) (Signed, error) {
	leave, err := d.turns.Wait(ctx, "login "+r.Connection.ID+" "+identityText("", IdentityKey(r.Identity.Issuer, r.Identity.Subject)))
	if err != nil {
		return Signed{}, err
	}
	defer leave()
	return d.login(ctx, r)
}

// loginAttempts is more than others have: whoever comes back from the identity provider cannot try again later, and in
// each other process another login of the same person may be under way.
const loginAttempts = 8 * maxAttempts

func (d *Directory) login(ctx context.Context, r LoginRequest) (Signed, error) {
	by := Actor{Name: "sso:" + r.Connection.ID, RequestID: r.RequestID, Address: r.Address}
	keepRole := false
	for range maxAttempts {
		var l *login
		err := d.writeWithin(ctx, loginAttempts, by, r.Connection.home(), r.Connection.ID, func(ctx context.Context, p *plan) error {
			l = &login{d: d, r: r, keepRole: keepRole}
			return l.build(ctx, p)
		})
		var owner *scim.Error
		var refused *LoginError
		switch {
		case err == nil:
			return l.signed, nil
		case errors.Is(err, errDue):
			if err := d.sweepMembership(ctx, *l.due); err != nil && !errors.Is(err, ErrConflict) {
				return Signed{}, err
			}
		case errors.As(err, &owner) && owner.Kind == scim.KindLastOwner && !keepRole:
			keepRole = true // the last owner stays one, and signs in
		case errors.As(err, &refused):
			if err := d.RefuseLogin(ctx, RefusedLogin{
				State: r.State, Connection: r.Connection, Code: refused.Code, Cause: refused.Cause, Issuer: r.Identity.Issuer, Verified: true,
				RequestID: r.RequestID, Address: r.Address, UserAgent: r.UserAgent,
			}); err != nil {
				return Signed{}, err
			}
			return Signed{}, refused
		default:
			return Signed{}, err
		}
	}
	return Signed{}, ErrConflict
}

// RefusedLogin is what a face or a Provider has refused.
type RefusedLogin struct {
	// State of the attempt, which is used up; may be empty or nobody's.
	State      string
	Connection Connection
	Code       LoginCode
	Cause      error // for the logs; it says nothing of the person
	Issuer     string
	// Verified: the identity provider has answered the attempt, so that nobody causes such a refusal without it.
	Verified bool

	RequestID string
	Address   string
	UserAgent string
}

// RefuseLogin uses up the attempt and leaves one audit entry and one record in the provisioning log. What the identity
// provider has no part in anybody can cause, with an attempt of their own or with none: of those there is at most one a
// minute for a connection, code and address.
func (d *Directory) RefuseLogin(ctx context.Context, r RefusedLogin) error {
	c := r.Connection
	if c.ID == "" {
		return nil // nobody's: there is no log that it would belong to
	}
	by := Actor{Name: "sso:" + c.ID, RequestID: r.RequestID, Address: r.Address}
	first := sync.OnceValue(func() bool {
		return d.keptOut.tells(by.Name+" "+string(r.Code)+" "+networkOf(r.Address), d.now())
	})
	return d.write(ctx, by, c.home(), c.ID, func(ctx context.Context, p *plan) error {
		a, err := d.attempt(ctx, r.State)
		var unknown *LoginError
		if err != nil && !errors.As(err, &unknown) {
			return err
		}
		isKnown := err == nil && a.Root == c.Root
		if isKnown {
			p.Attempts, p.unaudited = append(p.Attempts, remove(a)), true
		}
		if (!isKnown || !r.Verified) && !first() {
			return nil
		}
		detail := refusedDetail{Code: r.Code, Cause: causeText(r.Cause), Issuer: r.Issuer, UserAgent: bounded(r.UserAgent, maxUserAgent)}
		p.Requests = append(p.Requests, Request{
			Root: c.Root, Connection: c.ID, Time: p.now, RequestID: r.RequestID, Actor: by.Name, Address: r.Address,
			Method: loginMethod, Path: "/sso/" + c.ID, Status: refusedLoginStatus, ScimType: string(r.Code),
			Asked: "sign in", Did: "nothing: it was refused", Cause: cmp.Or(detail.Cause, string(r.Code)), Fix: r.Code.fix(),
		})
		return p.audit(ActionLoginRefuse, targetConnection, c.ID, "", detail)
	})
}

// What stands in the provisioning log where a request has its method, and the status of one that is refused: the browser
// gets its page with that.
const (
	loginMethod        = "LOGIN"
	refusedLoginStatus = 403
)

// refusedDetail is the detail of a refused login. It has no value of a person's: nobody knows whose it would be.
type refusedDetail struct {
	Code      LoginCode `json:"code"`
	Cause     string    `json:"cause,omitempty"`
	Issuer    string    `json:"issuer,omitempty"`
	UserAgent string    `json:"user_agent,omitempty"`
}

const maxCause = 500

func causeText(err error) string {
	if err == nil {
		return ""
	}
	if refused, ok := errors.AsType[*scim.Error](err); ok { // without the value, which may be personal
		shown := *refused
		shown.Value = ""
		return bounded(shown.Problem(), maxCause)
	}
	return bounded(err.Error(), maxCause)
}

// fix says what an admin does about a refused login.
func (c LoginCode) fix() string {
	if text, ok := loginFixes[c]; ok {
		return text
	}
	return "Compare the settings of the connection with those of the identity provider."
}

var loginFixes = map[LoginCode]string{
	LoginUnknownState:    "Nothing has to be set: the person begins again, within ten minutes and once.",
	LoginOtherBrowser:    "Nothing has to be set: a login ends in the browser in which it was begun.",
	LoginReplayed:        "Nothing has to be set: an answer counts once. If it comes again, look into who has it.",
	LoginNotOffered:      "Enable the connection and its sign-in.",
	LoginNotProvisioned:  "Have SCIM provision the person, invite the person, or set the method to jit or scim+jit.",
	LoginDeleted:         "Assign the person again in the identity provider, or restore the membership here.",
	LoginDeactivated:     "Activate the person in the identity provider, or here where an admin has deactivated the membership.",
	LoginBlocked:         "Unblock the person here, if that is meant.",
	LoginNoAccess:        "Give the person a membership of the workspace.",
	LoginNeedsConsent:    "The holder of the account signs in another way, such as by a break-glass link, and links the identity.",
	LoginForeignUser:     "The person signs in by the connection that provisions the account; or merge or move the two.",
	LoginForeignTenant:   "Add the tenant to the connection's tenants, if its people may come in.",
	LoginUnknownRole:     "Send a role that the workspace has, or let the connection give the default one.",
	LoginRefusedByRules:  "The cause names the rule: change the mapping, what the hook answers, or what the identity provider sends.",
	LoginAddress:         "Add the address to the IP rules of the surface sso.",
	LoginExpired:         "Nothing has to be set: the person signs in at the identity provider again.",
	LoginLinkedElsewhere: "Decide which account of the identity provider is the person's, and remove the other link.",
	LoginRulesChanged:    "Nothing has to be set: the sign-in was changed meanwhile, and the person begins again.",
}

// Match is whom an identity or a user would be taken for.
type Match struct {
	Subject string // empty: somebody new
	By      string // "link", "principal", "e-mail" or "new"
	Code    LoginCode
	Cause   string
}

// TestMatch says whom a login with the identity would find, and whom SCIM knows by the same principal, and changes
// nothing: the connection test shows whether both would meet (X12).
func (d *Directory) TestMatch(ctx context.Context, c Connection, i Identity) (byLogin, bySCIM Match, err error) {
	p := d.newPlan(system, c.home(), c.ID)
	l := &login{plan: p, d: d, r: LoginRequest{Identity: i, Connection: c}}
	if l.client, err = d.freshClient(ctx, c, system); err != nil {
		return byLogin, bySCIM, err
	}
	p.Basis = l.client.basis
	if l.pol, err = d.policy(ctx, p, l.client.Connection); err != nil {
		return byLogin, bySCIM, err
	}
	if l.rules, l.method = l.client.Connection.Settings.SignIn, l.pol.home.Settings.Method; l.rules == nil {
		return byLogin, bySCIM, &LoginError{LoginNotOffered, errors.New("the connection has no sign-in")}
	}
	m, err := l.match(ctx, "")
	var refused *LoginError
	switch {
	case errors.As(err, &refused):
		byLogin = Match{Code: refused.Code, Cause: causeText(refused.Cause)}
	case err != nil:
		return byLogin, bySCIM, err
	case m.by == matchNew:
		byLogin = Match{By: m.by}
	default:
		byLogin = Match{Subject: m.ID, By: m.by}
	}
	if bySCIM.Subject, err = l.byPrincipal(ctx); err != nil || bySCIM.Subject == "" {
		return byLogin, bySCIM, err
	}
	bySCIM.By = matchPrincipal
	return byLogin, bySCIM, nil
}
