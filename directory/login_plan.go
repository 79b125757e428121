package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/ident"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// login plans one.
type login struct {
	*plan
	d        *Directory
	r        LoginRequest
	attempt  Attempt
	client   *Client
	pol      *policy
	rules    *SignIn
	method   Method
	entered  *branch
	keepRole bool // the stored role stays, though it follows logins: the last owner's

	who      matched
	v        *provision // nil: a login changes nothing of the person's
	decision mapping.Decision
	signed   Signed
	due      *Membership // an ephemeral one that has to go first
}

// errDue: an ephemeral membership of the person is over, and goes before the person may come again.
var errDue = errors.New("directory: an ephemeral membership is due")

// build plans a login, or refuses it.
func (l *login) build(ctx context.Context, p *plan) error {
	l.plan = p
	for _, step := range []func(context.Context) error{
		l.begin, l.remember, l.find, l.provision, l.enter, l.link, l.record,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return l.d.guard(ctx, p, l.pol.roles)
}

// begin uses up the attempt, where it is one of this connection and browser, and reads the rules, which must be those by which the
// identity was verified: between the two a browser may take its time, and meanwhile a certificate or an issuer was taken away.
// Secrets say nothing of whom we believe, so that a login outlives them.
func (l *login) begin(ctx context.Context) (err error) {
	if l.attempt, err = l.d.attempt(ctx, l.r.State); err != nil {
		return err
	}
	c := l.r.Connection
	switch {
	case l.attempt.Connection != c.ID || l.attempt.Root != c.Root:
		return &LoginError{LoginUnknownState, errors.New("the login was begun at another connection")}
	case l.attempt.Browser != l.r.Browser:
		return &LoginError{Code: LoginOtherBrowser}
	}
	l.Attempts = append(l.Attempts, remove(l.attempt))
	if err := l.mayLink(ctx); err != nil {
		return err
	}
	if c, err = l.d.offered(ctx, c.Root, c.ID); err != nil {
		return err
	}
	if !c.Settings.SignIn.equal(l.r.Connection.Settings.SignIn) {
		return &LoginError{LoginRulesChanged, errors.New("the sign-in of the connection was changed meanwhile: begin again")}
	}
	if l.client, err = l.d.freshClient(ctx, c, l.by); err != nil {
		return err
	}
	l.Basis = l.client.basis
	if l.pol, err = l.d.policy(ctx, l.plan, c); err != nil {
		return err
	}
	if l.rules, l.method = l.pol.connection.Settings.SignIn, l.pol.home.Settings.Method; !l.rules.equal(c.Settings.SignIn) {
		return ErrConflict // the tree is older than the connection, or newer
	}
	if l.entered, err = l.pol.entered(l.pol.home, l.attempt.Workspace); err != nil {
		return err
	}
	return checkAddress(SurfaceSSO, l.r.Address, l.pol.home, l.entered)
}

// mayLink refuses a link whose session has ended since it was asked for, and makes one that ends meanwhile a conflict.
func (l *login) mayLink(ctx context.Context) error {
	if l.attempt.Subject == "" {
		return nil
	}
	before, err := l.d.asking(ctx, l.attempt)
	if err != nil {
		return err
	}
	after := before
	after.Version++
	l.Sessions = append(l.Sessions, update(before, after))
	return nil
}

// maxIdentifier bounds what names a person or a session at the identity provider.
const maxIdentifier = 1 << 10

// remember refuses what is not for here or was taken before, and takes it.
func (l *login) remember(ctx context.Context) error {
	i := l.r.Identity
	switch {
	case i.Issuer == "" || i.Subject == "":
		return &LoginError{LoginRefusedByRules, errors.New("the identity has no issuer or no subject")}
	case max(len(i.Issuer), len(i.Subject), len(i.Principal), len(i.Email), len(i.Session), len(i.Context)) > maxIdentifier:
		return &LoginError{LoginRefusedByRules, fmt.Errorf("an identifier of the identity has more than %d bytes", maxIdentifier)}
	case len(l.rules.Tenants) > 0 && !slices.Contains(l.rules.Tenants, i.Tenant):
		return &LoginError{LoginForeignTenant, fmt.Errorf("tenant %q is not listed", bounded(i.Tenant, 100))}
	case !i.Expires.IsZero() && !l.now.Before(i.Expires):
		return &LoginError{LoginExpired, errors.New("the identity provider's session is over")}
	case l.r.Replay == "":
		return nil
	}
	taken, err := l.d.takeOnce(ctx, l.plan, l.pol.connection.ID, credential.Hash("assertion\x00"+l.r.Replay), l.r.ReplayUntil)
	if taken {
		return &LoginError{Code: LoginReplayed}
	}
	return err
}

// find matches the person, whom a block keeps out.
func (l *login) find(ctx context.Context) (err error) {
	if l.who, err = l.match(ctx, l.attempt.Subject); err != nil {
		return err
	}
	for i, m := range l.who.memberships {
		if !m.DeleteAfter.IsZero() && !l.now.Before(m.DeleteAfter) {
			l.due = &l.who.memberships[i]
			return errDue
		}
	}
	if m := blocked(l.who.memberships, l.entered, l.pol.home); m != nil {
		return &LoginError{LoginBlocked, fmt.Errorf("blocked in workspace %s", l.pol.workspaces[m.Workspace].Key)}
	}
	return nil
}

// isSCIMs reports a person of whom a login changes nothing: whom SCIM knows, where SCIM is on (J2), and everybody where
// no login provisions.
func (l *login) isSCIMs() bool {
	return !l.method.TakesJIT() || l.method.TakesSCIM() && len(l.who.documents) > 0
}

// provision plans what the login means for the person, by the same rules as a document of SCIM.
func (l *login) provision(ctx context.Context) (err error) {
	if l.isSCIMs() {
		return nil
	}
	who := l.who.person
	if l.decision, err = l.pol.decideLogin(l.r.Identity, who.isNew); err != nil {
		return refusedByRules(err)
	}
	home, ok := l.granted(l.pol.home)
	if ok && who.isNew && home.Role == "" && l.rules.UnknownRole == UnknownRoleRefuse {
		return &LoginError{LoginUnknownRole, errors.New(cmp.Or(strings.Join(l.decision.Notes, " "), "the login names no role"))}
	}
	l.v = l.newProvision(who)
	if len(l.who.documents) == 0 { // what SCIM has said of the person stays (J6)
		if err := l.v.setProfile(l.decision); err != nil {
			return err
		}
	}
	return refusedByRules(l.grants(ctx))
}

// granted is what the claims grant in a workspace.
func (l *login) granted(b *branch) (mapping.Grant, bool) {
	i := slices.IndexFunc(l.decision.Grants, func(g mapping.Grant) bool { return g.Workspace == b.Key })
	if i < 0 {
		return mapping.Grant{}, false
	}
	return l.decision.Grants[i], true
}

func (l *login) newProvision(who person) *provision {
	rules := *l.rules
	rules.UpdateRole = rules.UpdateRole && !l.keepRole
	name := cmp.Or(l.r.Identity.Email, l.r.Identity.Name, l.r.Identity.Subject)
	return &provision{
		plan: l.plan, d: l.d, pol: l.pol, login: &rules, who: who, decision: l.decision, reasons: map[string]mapping.Grant{},
		user: User{
			Root: l.Root, Connection: l.pol.connection.ID, Subject: who.ID, UserName: name, UserNameKey: scim.FoldName(name),
			Active: true, Body: claimsText(l.r.Identity.Attributes, maxInspected),
		},
	}
}

// asserted is the role that the login gives for the session alone, in place of the membership's (J4); "": none. Over what
// another connection grants it has no say.
func (l *login) asserted(m *Membership) string {
	if l.v == nil || l.v.login.UpdateRole {
		return ""
	}
	if g, mine := l.v.reasons[m.Workspace]; mine && g.Role != m.Role {
		return g.Role
	}
	return ""
}

// isAsked reports a login of which the hook has something to say: it changes a membership, or gives a role for the session.
func (l *login) isAsked() bool {
	asserts := func(m Membership) bool { return l.asserted(&m) != "" }
	return l.d.hooked(l.pol.connection) && (len(l.v.edits) > 0 || slices.ContainsFunc(l.who.memberships, asserts))
}

// grants plans the memberships.
func (l *login) grants(ctx context.Context) error {
	v := l.v
	if err := v.memberships(ctx, l.decision.Grants); err != nil {
		return err
	}
	if l.isAsked() {
		op := HookUpdate
		if v.who.isNew {
			op = HookCreate
		}
		grants, err := v.ask(ctx, op, l.decision.Grants)
		if err != nil {
			return err
		}
		v.edits, v.reasons = nil, map[string]mapping.Grant{}
		if err := v.memberships(ctx, grants); err != nil {
			return err
		}
	}
	if err := v.checkDefaults(); err != nil {
		return err
	}
	if err := v.teams(ctx); err != nil {
		return err
	}
	v.commitTo()
	return nil
}

// refusedByRules makes a refused login of what the rules of provisioning refuse.
func refusedByRules(err error) error {
	if refused, ok := errors.AsType[*scim.Error](err); ok && refused.Kind != scim.KindBusy {
		return &LoginError{LoginRefusedByRules, refused}
	}
	return err
}

// enter begins the session, where the person has access.
func (l *login) enter(ctx context.Context) error {
	if err := checkReach(l.entered, l.reach()); err != nil {
		return err
	}
	at, m := l.nearest()
	switch {
	case m == nil:
		return &LoginError{LoginNoAccess, fmt.Errorf("no member of workspace %s", l.entered.Key)}
	case m.Status == StatusDeactivated:
		return &LoginError{LoginDeactivated, fmt.Errorf("deactivated in workspace %s", at.Key)}
	}
	kept := *m
	if err := l.hold(at, &kept); err != nil {
		return err
	}
	l.keep()
	return l.begins(ctx, at, kept)
}

// reach is the workspace in which, and below which, the login may enter; see [Session.reach].
func (l *login) reach() string {
	reach := l.pol.home.ID
	consented := l.attempt.Reach
	if known := l.who.identity; consented == "" && known != nil {
		consented = known.Reach
	}
	if consented != "" && l.pol.home.within(consented) {
		reach = consented
	}
	return reach
}

// nearest is the membership that counts in the workspace that is entered, as the plan leaves it.
func (l *login) nearest() (*branch, *Membership) {
	for b := l.entered; b != nil; b = b.above {
		if m := l.planned(b.ID); m != nil {
			return b, m
		}
	}
	return nil, nil
}

func (l *login) planned(workspace string) *Membership {
	for _, e := range l.Memberships {
		if workspaceOf(e) == workspace {
			return e.After
		}
	}
	return membershipIn(l.who.memberships, workspace)
}

// hold makes the session rest on the membership. Who was invited has come.
func (l *login) hold(at *branch, m *Membership) error {
	switch before := *m; {
	case l.isEdited(m.Workspace):
	case m.Status == StatusInvited: // the first login (M11)
		m.setStatus(StatusActive, m.StatusSource, StatusActive, l.now)
		e := l.editMembership(&before, m)
		detail := memberDetail{
			membershipChange: membershipChange{Workspace: at.Key, Before: stateOf(e.Before), After: stateOf(e.After)}, Changed: changedOf(e),
		}
		if err := l.auditIn(at.ID, ActionMemberLogin, targetMember, m.Subject, m.Subject, detail); err != nil {
			return err
		}
		return l.tellMember(e, nil)
	case m.DeleteAfter.IsZero():
		l.Holds = append(l.Holds, before)
	}
	return nil
}

func (l *login) isEdited(workspace string) bool {
	return slices.ContainsFunc(l.Memberships, func(e Edit[Membership]) bool { return workspaceOf(e) == workspace })
}

// keep moves the ephemeral memberships, so that a sweep that is under way and has found that nobody is signed in takes none
// of them, nor the person.
func (l *login) keep() {
	for _, m := range l.who.memberships {
		if !m.DeleteAfter.IsZero() && !l.isEdited(m.Workspace) {
			after := m
			after.Version++
			l.Memberships = append(l.Memberships, update(m, after))
		}
	}
}

// begins plans the session.
func (l *login) begins(ctx context.Context, at *branch, m Membership) error {
	i, rules := l.r.Identity, l.pol.home.posture().stricter(l.entered.posture())
	token := credential.Session.New(l.Root)
	s := Session{
		Root: l.Root, ID: ident.NewRow(l.now), Hash: credential.Hash(token), Subject: m.Subject, Workspace: l.entered.ID, Home: l.pol.home.ID,
		Connection: l.pol.connection.ID, Identity: IdentityKey(i.Issuer, i.Subject), IDPSession: i.Session,
		Methods: i.Methods, Context: i.Context, AuthTime: i.AuthTime, State: SessionLive, Closing: l.ephemeral(),
		Reach: l.reach(), Created: l.now, Seen: l.now, Idle: rules.idle, Expires: earliest(l.now.Add(rules.max), i.Expires, m.DeleteAfter),
		Address: l.r.Address, UserAgent: bounded(l.r.UserAgent, maxUserAgent), Version: 1,
	}
	if role := l.asserted(&m); role != "" {
		s.AssertedRole, s.AssertedIn, s.AssertedOver = role, at.ID, m.Role
	}
	l.signed = Signed{Token: token, Subject: l.who.Subject, Return: l.attempt.Return}
	if l.v != nil && len(l.v.altered) > 0 {
		l.signed.Subject.Profile, l.signed.Subject.Name, l.signed.Subject.Email = l.v.profile, l.v.name, l.v.email
	}
	var err error
	if s.Email, err = l.vouched(ctx); err != nil {
		return err
	}
	if rules.factor && !(rules.acceptIDP && l.rules.hasFactor(i)) {
		s.State, l.signed.NeedsFactor = SessionPending, true
		f, err := l.d.store.Factor(ctx, l.Root, s.Subject)
		if _, err := found(err); err != nil {
			return err
		}
		l.signed.HasFactor = !f.Confirmed.IsZero()
	}
	s.Ends = s.ends()
	l.signed.Session = s
	l.Sessions = append(l.Sessions, insert(s))
	return nil
}

// ephemeral reports that the connection has given the person a membership, in whichever workspace, that ends with the last
// session (J5).
func (l *login) ephemeral() bool {
	ends := func(m *Membership) bool {
		return m != nil && m.Connection == l.pol.connection.ID && !m.DeleteAfter.IsZero()
	}
	return slices.ContainsFunc(l.who.memberships, func(m Membership) bool { return ends(l.planned(m.Workspace)) }) ||
		slices.ContainsFunc(l.Memberships, func(e Edit[Membership]) bool { return ends(e.After) })
}

// vouched is the person's address where somebody answers for it: a connection of the whole tenant, whose identity provider
// has verified it, or which has it by SCIM. That it is in a proved domain says nothing of whose it is there, and a workspace
// below has no say in that either.
func (l *login) vouched(ctx context.Context) (string, error) {
	i, email := l.r.Identity, l.signed.Subject.Email
	is := func(address string) bool { return scim.FoldName(address) == scim.FoldName(email) }
	switch {
	case !l.pol.proves(email):
		return "", nil
	case l.pol.home.ID == l.Root && i.EmailVerified && is(i.Email):
		return email, nil
	}
	for _, u := range l.who.documents {
		c, err := l.d.freshClient(ctx, Connection{Root: u.Root, ID: u.Connection, Name: u.Connection}, l.by)
		if err != nil {
			return "", err
		}
		if c.Connection.Workspace != l.Root {
			continue
		}
		r, err := c.userType().Load(c.bareUserRecord(u))
		if err != nil || is(r.Email()) {
			return email, err
		}
	}
	return "", nil
}

// earliest is the first of the times that are set.
func earliest(first time.Time, others ...time.Time) time.Time {
	for _, t := range others {
		if !t.IsZero() && t.Before(first) {
			first = t
		}
	}
	return first
}

// factorMethods are what is a second factor unless the connection says (RFC 8176).
var factorMethods = []string{"mfa", "otp", "hwk", "swk", "fido"}

// hasFactor reports that the identity provider has asked for a second factor.
func (s *SignIn) hasFactor(i Identity) bool {
	methods := s.FactorMethods
	if methods == nil {
		methods = factorMethods
	}
	return slices.ContainsFunc(i.Methods, func(m string) bool { return slices.Contains(methods, m) }) ||
		i.Context != "" && slices.Contains(s.FactorContexts, i.Context)
}

// link plans the links under which the person is found the next time. The identity's keeps what was made of the login.
func (l *login) link(_ context.Context) error {
	i := l.r.Identity
	last, err := l.inspection()
	if err != nil {
		return err
	}
	k := Link{
		Root: l.Root, Connection: l.pol.connection.ID, Kind: LinkIdentity, Key: IdentityKey(i.Issuer, i.Subject), Subject: l.who.ID,
		Issuer: i.Issuer, Name: i.Subject, Tenant: i.Tenant, Protocol: l.rules.Protocol, Last: last, Reach: l.reach(), Created: l.now, Used: l.now, Version: 1,
	}
	if before := l.who.identity; before != nil {
		k.Created, k.Version = before.Created, before.Version+1
		l.Links = append(l.Links, update(*before, k))
	} else {
		l.Links = append(l.Links, insert(k))
	}
	if i.Principal != "" && l.who.principal == nil {
		l.Links = append(l.Links, insert(l.pol.connection.principalLink(i.Principal, l.who.ID, l.now)))
	}
	return nil
}

// principalLink is the one that a login and SCIM both make, so that of two who make the same person at once only one does.
func (c Connection) principalLink(principal, subject string, now time.Time) Link {
	return Link{
		Root: c.Root, Connection: c.ID, Kind: LinkPrincipal, Key: principalKey(principal), Subject: subject,
		Created: now, Used: now, Version: 1,
	}
}
