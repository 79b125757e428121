package mapping

import (
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// Person is what an identity provider says of somebody.
type Person struct {
	// Attributes are a User's declared attributes, or a login's claims.
	Attributes *scim.Object
	// Login reports claims of a login: roles are then looked for in the role claim (J3), and required attributes do not
	// bind (C2).
	Login      bool
	ExternalID string
	Active     bool
	// Creating reports a person who is not known yet: attributes that apply at creation only are taken.
	Creating bool
	Groups   []Group
	// Language and TimeZone are the workspace's defaults (X13).
	Language, TimeZone string
}

// Group is a group that the person is in.
type Group struct {
	ID, Name, ExternalID string
	Direct               bool
}

// Tree is what may be granted: the connection's workspace and those below it.
type Tree struct {
	Home       string // key
	Workspaces map[string]Workspace
}

// Workspace is one of a tree, by its key.
type Workspace struct {
	Key         string
	DefaultRole string
	// Roles are the names that exist, in order.
	Roles []string
	// Granted are those of them that the connection may grant (B11).
	Granted []string
}

// Decision is what follows from a person and the rules.
type Decision struct {
	// Profile has the attributes in the order of the rules. One that has no value is not among them; what that means for
	// a value that is there already says Absent.
	Profile []Value
	// Absent are the targets for which the person brings no value and which lose the one that they have: they apply
	// always, and are not kept (X13).
	Absent []string
	// Grants are the memberships that the person is to have through this connection, the home one first, the others by
	// key. Whoever has one now that is not among them loses it.
	Grants []Grant
	// Notes are remarks for the provisioning log: two sources that disagree, a value that was ignored.
	Notes []string
}

// Value is one attribute of a profile.
type Value struct {
	Target string     `json:"target"`
	Value  scim.Value `json:"value"` // string, bool, scim.Number, scim.Array of strings, or *scim.Object for the manager
	Reason Reason     `json:"reason"`
}

// Grant is one membership.
type Grant struct {
	Workspace string // key
	// Role is "" when the person's identity provider gives none: a role that it gave before is then the default again,
	// another stays (M8).
	Role string
	// Teams are nil when nothing speaks of teams: those that it gave before go, others stay.
	Teams []string
	// Active false is a deactivated membership.
	Active                               bool
	Why                                  Reason // why there is a membership at all
	RoleReason, TeamsReason, WhyInactive Reason
}

// Reason says where a value came from.
type Reason struct {
	Rule   string `json:"rule"`             // "accounts[1]", "extension role", "roles", "group rule \"Sales\"", "default", …
	Source string `json:"source,omitempty"` // the attribute, claim, group or expression
	Value  string `json:"value,omitempty"`  // what was sent
}

// String is the reason in one line: `roles: "Admin"`, `extension role (urn:…:User:role): "Admin"`.
func (r Reason) String() string {
	s := r.Rule
	if r.Source != "" && r.Source != r.Rule {
		s += " (" + r.Source + ")"
	}
	if r.Value != "" {
		s += ": " + strconv.Quote(r.Value)
	}
	return s
}
