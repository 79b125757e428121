package scim

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
)

// Okta's identity governance reads what can be granted to a user from resource types of its own schemas, and lets admins
// choose among it: a user then carries roles: [{"value": id, "display": name}] and likewise entitlements. A connection
// announces the types when its settings say so. Nobody writes to them: roles and teams are made in the workspace.

// The schemas of Okta's Roles and Entitlements discovery.
const (
	URNOktaRole        = "urn:okta:scim:schemas:core:1.0:Role"
	URNOktaEntitlement = "urn:okta:scim:schemas:core:1.0:Entitlement"
)

// RoleType is the resource type of the roles that a connection may grant. The value is shared; do not change it.
func RoleType() *ResourceType { return roleType }

// TeamType is the resource type of the teams of the connection's workspace. Okta wants each entitlement's "type" to be
// the name of its resource type. The value is shared; do not change it.
func TeamType() *ResourceType { return teamType }

var roleType = &ResourceType{
	ID: "Role", Name: "Role", Endpoint: "/Roles", Description: "Role", ReadOnly: true,
	Schema: &Schema{ID: URNOktaRole, Name: "Role", Description: "A role that a user can have", Attributes: []*Attribute{
		fixed(text("displayName", "The name of the role.")),
		fixed(text("description", "What the role is for.")),
	}},
}

var teamType = &ResourceType{
	ID: "Team", Name: "Team", Endpoint: "/Entitlements", Description: "Team", ReadOnly: true,
	Schema: &Schema{
		ID: URNOktaEntitlement, Name: "Entitlement", Description: "Something that a user can have",
		Attributes: []*Attribute{
			fixed(text("displayName", "The name of the team.")),
			fixed(text("type", "The name of the resource type.")),
			fixed(text("description", "What the team is for.")),
		},
	},
}

// fixed makes an attribute of what only the service writes. Names of roles and teams tell upper from lower case.
func fixed(a *Attribute) *Attribute {
	a.Mutability, a.CaseExact = ReadOnly, true
	return a
}

// plainID is a name that can stand in a URL as it is, and is no part of a path that means something else.
var plainID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// DiscoveredID is the id of a role or team in the discovery of [RoleType] and [TeamType], and so the value by which an
// IdP names it: the name itself when that is at most 100 letters, digits, ".", "_" and "-" and begins with a letter or
// digit, else "~" and the beginning of its SHA-256. No name of the first kind is an id of the second.
func DiscoveredID(name string) string {
	if plainID.MatchString(name) {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return "~" + hex.EncodeToString(sum[:12])
}
