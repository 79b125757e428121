package directory

import "time"

// Method says how people come into a workspace (J2).
type Method string

// The methods of provisioning. But for MethodBoth they exclude each other.
const (
	// MethodSCIM, the default: an identity provider provisions, a login finds who is there.
	MethodSCIM Method = "scim"
	// MethodManual: people are invited; a login finds who is there.
	MethodManual Method = "manual"
	// MethodJIT: a login makes and updates people by the rules of the connection.
	MethodJIT Method = "jit"
	// MethodBoth: likewise, but whom SCIM knows is SCIM's: a login changes nothing of theirs, and revives nobody.
	MethodBoth Method = "scim+jit"
)

// TakesSCIM reports whether SCIM may provision.
func (m Method) TakesSCIM() bool { return m == "" || m == MethodSCIM || m == MethodBoth }

// TakesJIT reports whether a login may make people.
func (m Method) TakesJIT() bool { return m == MethodJIT || m == MethodBoth }

// Surface is what a request talks to, for the IP rules (J8).
type Surface string

// The surfaces.
const (
	SurfaceAdmin Surface = "admin"
	SurfaceSCIM  Surface = "scim"
	SurfaceSSO   Surface = "sso" // login, sessions, and what apps ask for them
)

// Security is what a workspace asks of those who come in (J8). The zero value asks for nothing.
type Security struct {
	// IPRules are the prefixes (10.0.0.0/8, 2001:db8::/32, 192.0.2.7) from which a surface may be reached. A surface
	// without rules may be reached from anywhere.
	IPRules map[Surface][]string `json:"ip_rules,omitempty"`
	// SecondFactor is empty (off) or "required".
	SecondFactor string `json:"second_factor,omitempty"`
	// AcceptIDPFactor takes the identity provider's word for a second factor (SignIn.FactorMethods, FactorContexts).
	AcceptIDPFactor bool `json:"accept_idp_factor,omitempty"`
	// SessionIdle and SessionMax are minutes: after so many without a request, and after so many at the latest, a session
	// ends. 0: 60, and 720.
	SessionIdle int `json:"session_idle_minutes,omitempty"`
	SessionMax  int `json:"session_max_minutes,omitempty"`
}

// FactorRequired is the value of Security.SecondFactor that asks everybody for one.
const FactorRequired = "required"

// SignIn are the rules of a connection by which people sign in. The client secret is no setting: see SetSignInSecret.
type SignIn struct {
	// Protocol is "oidc" or "saml".
	Protocol string `json:"protocol"`
	// Disabled keeps the settings and lets nobody in.
	Disabled   bool     `json:"disabled,omitempty"`
	Issuer     string   `json:"issuer"`
	ClientID   string   `json:"client_id"`
	Scopes     []string `json:"scopes,omitempty"`     // openid, profile and email unless told
	Algorithms []string `json:"algorithms,omitempty"` // of ID tokens: RS256 unless told
	// PrincipalClaim is the claim that SCIM sends as the principal. Defaults to sub; for Entra it is oid (X12).
	PrincipalClaim string `json:"principal_claim,omitempty"`
	// Tenants are the Entra tenants (tid) or Google domains (hd) whose people may come in. An issuer of many needs them (X15).
	Tenants []string `json:"tenants,omitempty"`
	// UnknownRole is what happens to a new person for whom the claim names no role that is there: UnknownRoleDefault (the
	// default) or UnknownRoleRefuse (J3). The claim is Mapping.RoleClaim.
	UnknownRole string `json:"unknown_role,omitempty"`
	// UpdateRole makes the stored role follow each login. Without it the asserted role holds for the session alone (J4).
	UpdateRole bool `json:"update_role,omitempty"`
	// Ephemeral removes whom a login has made when the last session ends, or after a day (J5).
	Ephemeral bool `json:"ephemeral,omitempty"`
	// Linking lets a verified e-mail address in a domain that the tenant has proved find who is there already.
	Linking bool `json:"linking,omitempty"`
	// FactorMethods (amr) and FactorContexts (acr) are what the identity provider calls a second factor. nil: mfa, otp,
	// hwk, swk and fido of amr.
	FactorMethods  []string `json:"factor_methods,omitempty"`
	FactorContexts []string `json:"factor_contexts,omitempty"`
	// LogoutRedirect sends the browser to the identity provider's own logout as well.
	LogoutRedirect bool `json:"logout_redirect,omitempty"`
	// SAML are the rules of that protocol.
	SAML *SAML `json:"saml,omitempty"`
}

// The values of SignIn.UnknownRole.
const (
	UnknownRoleDefault = "default" // the workspace's default role
	UnknownRoleRefuse  = "refuse"
)

// ProtocolOIDC is OpenID Connect.
const ProtocolOIDC = "oidc"

// The times of sign-in.
const (
	attemptAge   = 10 * time.Minute // a login that was begun
	ephemeralAge = 24 * time.Hour   // who was made by a login, at most (J5)
	sessionIdle  = time.Hour        // unless the workspace says
	sessionMax   = 12 * time.Hour
)
