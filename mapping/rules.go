package mapping

// Rules are what a connection makes of what its identity provider says. The zero value is the default: the attributes
// of [Defaults], the role by its usual places, accounts from "accounts". The JSON names are those of the configuration
// file and of the admin API.
type Rules struct {
	// Attributes make the profile. nil: Defaults; else exactly these.
	Attributes []Attribute `json:"attributes,omitzero"`
	// RoleAttribute is where the role stands in an extension, as URN:attribute:
	// "urn:ietf:params:scim:schemas:extension:acme:2.0:User:role". Empty: no such place (M8).
	RoleAttribute string `json:"role_attribute,omitempty"`
	// UnknownRoles is "refuse" (the default: M9) or "default": a person for whom a role is named that the workspace does
	// not have gets the default role, with a note.
	UnknownRoles string `json:"unknown_roles,omitempty"`
	// RoleClaim names the claim of a login that holds the role. Defaults to "role" (J3).
	RoleClaim string `json:"role_claim,omitempty"`
	// AccountsAttribute is the attribute or claim that lists accounts. Defaults to "accounts" (C3).
	AccountsAttribute string `json:"accounts_attribute,omitempty"`
	// AccountsOnly grants nothing but what is listed, also to a person without the attribute. In a document an empty list
	// and none are the same (RFC 7643 §2.5), so a connection whose users always have accounts should set it: otherwise a
	// list that was emptied gives the connection's own workspace.
	AccountsOnly bool `json:"accounts_only,omitempty"`
	// Groups grant roles, teams and accounts, in the order of their priority (M10).
	Groups []GroupRule `json:"groups,omitempty"`
	// UserType is "internal" (the default) or "external" (X7).
	UserType string `json:"user_type,omitempty"`
}

// What happens to a person for whom an unknown role is named.
const (
	UnknownRefuse  = "refuse"
	UnknownDefault = "default"
)

// Attribute maps a source to an attribute of the profile. Exactly one of Source and Expression is set.
type Attribute struct {
	// Source is a SCIM path (name.givenName, emails[primary eq true].value, URN:attribute) or the name of a claim.
	// Alternatives are separated by " | ", the first that has a value counts; " + " joins texts by a space.
	Source string `json:"source,omitempty"`
	// Expression is computed from the variables user (the document or the claims), external_id, active and groups (names).
	Expression string `json:"expression,omitempty"`
	// Target is a profile attribute: one of the well-known names (see Defaults), or a custom one of [a-z][a-z0-9_]*.
	Target string `json:"target"`
	// Type is string (the default), boolean, number, datetime or list (of strings). Well-known targets have their own.
	Type string `json:"type,omitempty"`
	// Apply is always (the default) or create: at creation only (M14).
	Apply string `json:"apply,omitempty"`
	// Required refuses a person without the value.
	Required bool `json:"required,omitempty"`
	// Default stands in for a value that is not sent.
	Default string `json:"default,omitempty"`
}

// GroupRule says what membership in a group grants.
type GroupRule struct {
	// Group is the group's displayName, upper and lower case being the same, or its externalId.
	Group string `json:"group"`
	// Priority orders the rules: the lowest number is looked at first, and the first that names a role gives it. Equal
	// numbers count in the order in which they are written.
	Priority int `json:"priority,omitempty"`
	// Nested counts members of groups inside the group too.
	Nested bool   `json:"nested,omitempty"`
	Role   string `json:"role,omitempty"`
	// Teams are granted by every rule that matches.
	Teams []string `json:"teams,omitempty"`
	// Accounts are keys of workspaces in which the rule grants. Empty: the connection's own.
	Accounts []string `json:"accounts,omitempty"`
}

// Expressions compile an expression of the host's language, with a bound on its cost.
type Expressions func(source string) (Expression, error)

// Expression computes a value from variables: a string, bool, float64, int64, []any of strings, or nil for none.
type Expression func(variables map[string]any) (any, error)
