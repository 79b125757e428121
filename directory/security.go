package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/usher-scim/usher/directory/internal/firewall"
	"github.com/usher-scim/usher/directory/internal/input"
)

// What a workspace says nothing of, the nearest one above says (J8). Of a session the stricter of the workspace that was
// entered and of the connection's own counts (J14).

var surfaces = []Surface{SurfaceAdmin, SurfaceSCIM, SurfaceSSO}

const maxSessionMinutes = 60 * 24 * 365

func (m Method) check() error {
	switch m {
	case "", MethodSCIM, MethodManual, MethodJIT, MethodBoth:
		return nil
	}
	return refuse(RefusedInvalid, "choose manual, jit, scim or scim+jit", "there is no method %q", m)
}

func (s Security) check() error {
	for surface, rules := range s.IPRules {
		if !slices.Contains(surfaces, surface) {
			return refuse(RefusedInvalid, "choose admin, scim or sso", "there is no surface %q", surface)
		}
		if _, err := firewall.Parse(rules); err != nil {
			return err
		}
	}
	if s.SecondFactor != "" && s.SecondFactor != FactorRequired {
		return refuse(RefusedInvalid, "write required, or leave it empty", "a second factor cannot be %q", s.SecondFactor)
	}
	for _, minutes := range []int{s.SessionIdle, s.SessionMax} {
		if minutes < 0 || minutes > maxSessionMinutes {
			return refuse(RefusedInvalid, "give minutes, from 1 to a year", "a session cannot last %d minutes", minutes)
		}
	}
	return nil
}

// checkLockout refuses IP rules that keep out who makes them: of the admin surface and of sign-in.
func (s Security) checkLockout(by Actor) error {
	if by.Address == "" {
		return nil
	}
	for _, surface := range []Surface{SurfaceAdmin, SurfaceSSO} {
		rules, err := firewall.Parse(s.IPRules[surface])
		if err != nil {
			return err
		}
		if !rules.Allow(by.Address) {
			return refuse(RefusedInvalid, "add your own address, "+by.Address+", or make the change from a network that stays allowed",
				"the IP rules of the surface %s would lock you out", surface)
		}
	}
	return nil
}

// rules are those of a surface: the branch's own, or the nearest ones above.
func (b *branch) rules(on Surface) firewall.Rules {
	for ; b != nil; b = b.above {
		if own := b.Settings.Security.IPRules[on]; len(own) > 0 {
			rules, err := firewall.Parse(own)
			if err != nil { // they were checked: what cannot be read lets nobody in
				return firewall.Rules{{}}
			}
			return rules
		}
	}
	return nil
}

// posture is what counts of the security settings for a session.
type posture struct {
	factor    bool // a second factor is asked for
	acceptIDP bool // and the identity provider's is one
	idle, max time.Duration
}

func (b *branch) posture() posture {
	p := posture{}
	for ; b != nil; b = b.above {
		s := b.Settings.Security
		if !p.factor && s.SecondFactor == FactorRequired {
			p.factor, p.acceptIDP = true, s.AcceptIDPFactor
		}
		p.idle = cmp.Or(p.idle, time.Duration(s.SessionIdle)*time.Minute)
		p.max = cmp.Or(p.max, time.Duration(s.SessionMax)*time.Minute)
	}
	p.idle, p.max = cmp.Or(p.idle, sessionIdle), cmp.Or(p.max, sessionMax)
	return p
}

// stricter is what holds where both do.
func (p posture) stricter(o posture) posture {
	return posture{
		factor:    p.factor || o.factor,
		acceptIDP: (!p.factor || p.acceptIDP) && (!o.factor || o.acceptIDP),
		idle:      min(p.idle, o.idle), max: min(p.max, o.max),
	}
}

// checkAddress refuses an address from which one of the branches may not be reached.
func checkAddress(on Surface, address string, branches ...*branch) error {
	for _, b := range branches {
		if !b.rules(on).Allow(address) {
			return &LoginError{LoginAddress, fmt.Errorf("workspace %s may not be reached from %q", b.Key, address)}
		}
	}
	return nil
}

// CheckAddress asks the IP rules of a workspace whether a surface may be reached from the address (J8): its own, or those
// of the nearest workspace above that has any. A refusal is a [LoginError] of code [LoginAddress]. The rules are at most
// half a second old.
func (d *Directory) CheckAddress(ctx context.Context, root, workspace string, on Surface, address string) error {
	t, err := d.treeOf(ctx, root, false)
	if errors.Is(err, ErrNotFound) || err == nil && t.workspaces[workspace] == nil {
		return ErrNotFound
	}
	if err != nil {
		return err
	}
	return checkAddress(on, address, t.workspaces[workspace])
}

// check refuses sign-in that could not work, or not safely.
func (s *SignIn) check() error {
	if s == nil {
		return nil
	}
	checkProtocol, known := map[string]func() error{ProtocolOIDC: s.checkOIDC, ProtocolSAML: s.checkSAML}[s.Protocol]
	if !known {
		return refuse(RefusedInvalid, "write oidc or saml", "people cannot sign in by %q", s.Protocol)
	}
	if err := checkProtocol(); err != nil {
		return err
	}
	if !slices.Contains([]string{"", UnknownRoleDefault, UnknownRoleRefuse}, s.UnknownRole) {
		return refuse(RefusedInvalid, "write default or refuse", "an unknown role cannot be met with %q", s.UnknownRole)
	}
	return nil
}

// checkProtocol refuses to change the protocol under people who have signed in: the name that one protocol has for somebody
// may be somebody else's in another, and issuers of both are called alike.
func (d *Directory) checkProtocol(ctx context.Context, before *SignIn, c Connection) error {
	after := c.Settings.SignIn
	if after == nil || before != nil && before.Protocol == after.Protocol {
		return nil
	}
	k, err := d.store.AnyIdentity(ctx, c.Root, c.ID)
	if linked, err := found(err); err != nil || !linked || k.protocol() == after.Protocol {
		return err
	}
	return refuse(RefusedInvalid, "make another connection for "+after.Protocol, "people have signed in by the connection with %s", k.protocol())
}

// protocol is that in which an identity has its name. Links of before there were several say none: they are of OpenID Connect.
func (k Link) protocol() string { return cmp.Or(k.Protocol, ProtocolOIDC) }

func (s *SignIn) checkOIDC() error {
	if s.SAML != nil {
		return refuse(RefusedInvalid, "write protocol saml, or take saml away", "sign-in by OpenID Connect has rules for SAML")
	}
	if err := input.Address("issuer", s.Issuer); err != nil {
		return err
	}
	if s.ClientID == "" || len(s.ClientID) > 200 {
		return refuse(RefusedInvalid, "copy the client id from the identity provider", "the client id is empty or longer than 200 bytes")
	}
	for _, a := range s.Algorithms {
		if !slices.Contains(signInAlgorithms, a) {
			return refuse(RefusedInvalid, "choose from "+strings.Join(signInAlgorithms, ", "), "ID tokens cannot be signed with %q", a)
		}
	}
	if fix := s.OpenToAnybody(); fix != "" {
		whose := "Microsoft"
		if s.isGoogle() {
			whose = "Google"
		}
		return refuse(RefusedInvalid, fix, "anybody with a %s account could sign in by the issuer %q", whose, s.Issuer)
	}
	if slices.Contains(writableClaims, s.PrincipalClaim) && (len(s.Tenants) > 1 || s.isMultiTenant()) {
		return refuse(RefusedInvalid, "use a claim that the identity provider gives and nobody writes: oid for Entra, sub elsewhere",
			"with several tenants, people of one could write the %s of another's", s.PrincipalClaim)
	}
	return nil
}

// writableClaims are names and addresses that a tenant of the identity provider gives its own people at will.
var writableClaims = []string{"email", "upn", "preferred_username", "unique_name"}

// signInAlgorithms are those that a key of the identity provider alone can make.
var signInAlgorithms = []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}

// privateAccounts is the tenant of Entra that everybody with a private account at Microsoft is of.
const privateAccounts = "9188040d-6c67-4c5b-b112-36a304b66dad"

// isMultiTenant reports an issuer of Entra that stands for any tenant (X15).
func (s *SignIn) isMultiTenant() bool {
	u, err := url.Parse(s.Issuer)
	if err != nil || !strings.HasPrefix(u.Hostname(), "login.microsoftonline.") {
		return false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return slices.Contains([]string{"common", "organizations", "consumers", "{tenantid}", privateAccounts}, strings.ToLower(first))
}

// isGoogle reports the one issuer of everybody who has an account at Google.
func (s *SignIn) isGoogle() bool {
	return strings.TrimSuffix(s.Issuer, "/") == "https://accounts.google.com"
}

// OpenToAnybody says what to do about rules by which everybody could sign in who has an account at a provider of many
// customers; empty: there is nothing to do. A login by such rules is refused.
func (s *SignIn) OpenToAnybody() string {
	switch {
	case len(s.Tenants) > 0:
		return ""
	case s.isMultiTenant():
		return "list the tenant ids (tid) in tenants, or use the issuer of one tenant"
	case s.isGoogle():
		return "list the domains of your Google Workspace (hd) in tenants"
	}
	return ""
}

// equal reports the same rules, whoever has read them.
func (s *SignIn) equal(o *SignIn) bool { return reflect.DeepEqual(s, o) }

// on reports that people sign in by the rules.
func (s *SignIn) on() bool { return s != nil && !s.Disabled }
