package directory

import (
	"time"

	"github.com/usher-scim/usher/mapping"
)

// Every row begins with Root, the id of the root workspace: nothing is shared between roots, and a store can shard
// by it. Version is the optimistic lock: it starts at 1 and rises by one with every change of the row.

// Workspace is what a person gets access to. It is its own root when Root == ID.
type Workspace struct {
	Root, ID    string
	Key         string // "ACC123"; unique per installation, case-sensitive, [A-Za-z0-9-]+
	Name        string
	Parent      string // id of the workspace above; empty for a root
	DefaultRole string
	Settings    WorkspaceSettings
	Created     time.Time
	// Config, of a root, rises with each change of what plans rest on: the tree's workspaces and roles, and the settings
	// of its connections. It is no part of an edit; see Change.Config.
	Config int64
	// Epoch rises with each change of what is declared in the workspace or announced by one of its connections; 0 is a
	// workspace in which nothing was ever declared.
	Epoch int64
	// Declarations come with the workspace when it is read, and are no part of an edit of it. See declaration.go.
	Declarations []Declaration
	Version      int64
}

// WorkspaceSettings are what the admin of a workspace decides. The zero value is the default.
type WorkspaceSettings struct {
	// Provisioning is empty (enabled), "disabled" (an admin of the workspace can enable it) or "unentitled" (only the
	// operator can) (E8).
	Provisioning ProvisioningState `json:"provisioning,omitempty"`
	// FirstStatus is the status with which somebody joins: active (the default) or invited (M11).
	FirstStatus MemberStatus `json:"first_status,omitempty"`
	// KnownTeams refuses teams that do not exist, which are otherwise made (C3).
	KnownTeams bool `json:"known_teams,omitempty"`
	// TimeZone and Language stand in where the IdP sends none (X13).
	TimeZone string `json:"time_zone,omitempty"`
	Language string `json:"language,omitempty"`
	// Method is how people come in: manual, jit, scim (the default) or scim+jit (J2).
	Method Method `json:"method,omitempty"`
	// RequireSSO takes SCIM only when people can sign in by the connection (M2).
	RequireSSO bool `json:"require_sso,omitempty"`
	// Security is what is asked of those who come in (J8).
	Security Security `json:"security,omitzero"`
	// Origin names the configuration file that declares the workspace, which is then read-only (X11).
	Origin string `json:"origin,omitempty"`
}

// ProvisioningState says whether provisioning is enabled for a workspace.
type ProvisioningState string

// The states of provisioning.
const (
	ProvisioningEnabled    ProvisioningState = ""
	ProvisioningDisabled   ProvisioningState = "disabled"
	ProvisioningUnentitled ProvisioningState = "unentitled"
)

// Role is a named permission set of a workspace. Names are case-sensitive.
type Role struct {
	Root, Workspace, Name string
	Description           string
	Permissions           []string
	Version               int64
}

// The permissions that Usher itself knows. Others are the app's own.
const (
	PermissionOwn          = "workspace.own"       // the last active member who has it stays (B11)
	PermissionSecurity     = "security.manage"     // privileged (B11)
	PermissionIntegrations = "integrations.manage" // privileged (B11)
	PermissionMembers      = "members.manage"
	PermissionAudit        = "audit.read"
)

// Team is a named set of members of a workspace. Names are case-sensitive.
type Team struct {
	Root, Workspace, Name string
	Description           string
	Created               time.Time
	Version               int64
}

// State says whether a connection may be used.
type State string

// The states of a connection.
const (
	StateEnabled  State = "enabled"
	StatePaused   State = "paused"
	StateDisabled State = "disabled"
)

// Connection is one link from a workspace to one IdP.
type Connection struct {
	Root, ID, Workspace string
	Name                string // unique in its workspace
	Profile             string // preset of quirks: scim.ProfileByName
	State               State
	StateBy             string    // who paused or disabled it
	StateAt             time.Time // and when
	FirstContact        time.Time // zero: never heard, status inactive
	LastContact         time.Time
	// Schemas are the URNs of the declared schemas that the connection announces; nil: all of its workspace. They hold
	// since the epoch Announced.
	Schemas   []string
	Announced int64
	// Settled is the epoch up to which the stored documents have the form that is declared. See settle.go.
	Settled int64
	// Settings are the connection's own rules.
	Settings ConnectionSettings
	// Origin names the configuration file that declares the connection, which is then read-only (X11). Empty: none.
	Origin  string
	Created time.Time
	Version int64
}

// ConnectionSettings are the rules of one connection. The zero value is the default. The JSON names are those of the
// configuration file and of the admin API.
type ConnectionSettings struct {
	Mapping mapping.Rules `json:"mapping,omitzero"`
	// NoCreate refuses to create users; updates still work (X5).
	NoCreate bool `json:"no_create,omitempty"`
	// Scope is "own" (the default) or "workspace": the connection then also sees members of its workspace whom no other
	// connection owns, and takes them over by userName or e-mail (C6).
	Scope string `json:"scope,omitempty"`
	// Key is "userName" (the default) or "email": userName eq also finds the user whose primary e-mail it is (M6).
	Key string `json:"key,omitempty"`
	// Principal is the attribute by which the person is recognised beyond the SCIM id. Defaults to externalId.
	Principal string `json:"principal,omitempty"`
	// EmailUserName refuses a userName that is none of the user's e-mails (M15).
	EmailUserName bool `json:"email_user_name,omitempty"`
	// Required are SCIM paths without which a user is refused (C2).
	Required []string `json:"required,omitempty"`
	// HardDelete erases the person at DELETE (X3), but for who is blocked, and for who is, or was, a member outside the
	// connection's workspace and what is below it.
	HardDelete bool `json:"hard_delete,omitempty"`
	// RemoveInactive removes the membership of who is not active, instead of deactivating it (M16).
	RemoveInactive bool `json:"remove_inactive,omitempty"`
	// Roles are those that the connection may grant. nil: all that are not privileged (B11).
	Roles []string `json:"roles,omitzero"` // [] is none, nil the default
	// Predecessor is the id of a deleted connection, whose people this one takes over (E1).
	Predecessor string `json:"predecessor,omitempty"`
	// Hook is the address that is asked about each change (X8).
	Hook string `json:"hook,omitempty"`
	// BasePath is another path under which the connection is reached, such as /nx/v2/scim/v2/idp (C1).
	BasePath string `json:"base_path,omitempty"`
	// RoleDiscovery announces the roles and teams that can be granted, for Okta's identity governance.
	RoleDiscovery bool `json:"role_discovery,omitempty"`
	// Brake bounds the leavers of an hour; nil: max(50, 10 %) (B10).
	Brake *Brake `json:"brake,omitempty"`
	// SignIn lets people sign in by the connection; nil: nobody does.
	SignIn *SignIn `json:"sign_in,omitempty"`
	// BrakeOpenUntil is how long an admin lets the leavers through.
	BrakeOpenUntil time.Time `json:"brake_open_until,omitzero"`
}

// Brake is how many members may leave within an hour: the greater of both.
type Brake struct {
	Members int  `json:"members"`
	Percent int  `json:"percent"`
	Off     bool `json:"off,omitempty"`
}

// Status is "active" once the IdP has been heard, else "inactive" (M4).
func (c Connection) Status() string {
	if c.FirstContact.IsZero() {
		return "inactive"
	}
	return "active"
}

// TokenKind says how a token is used.
type TokenKind string

// The kinds of tokens.
const (
	// TokenBearer goes with every request (RFC 6750).
	TokenBearer TokenKind = "bearer"
	// TokenSecret is an OAuth 2.0 client secret: it is exchanged for access tokens (RFC 6749 §4.4).
	TokenSecret TokenKind = "secret"
	// TokenSupplied is a bearer token whose text somebody else made: see importtoken.go.
	TokenSupplied TokenKind = "supplied"
)

// Token is a credential of a connection's SCIM half. The secret itself is never stored (X10).
type Token struct {
	Root, ID, Connection string
	Kind                 TokenKind
	User                 string   // id of the user of the connection that it is bound to (/Me), may be empty
	Replaces             string   // id of the token that it will replace, while that rotation is open
	Hash                 [32]byte // SHA-256 of the whole token text
	Created              time.Time
	Expires              time.Time
	Revoked              time.Time // zero: live
	LastUsed             time.Time
	Version              int64
}

// Subject is one person in one tenant: what memberships, events, sessions and audit hang on. Its id outlives SCIM
// ids, connections and soft deletes.
type Subject struct {
	Root, ID string
	// Profile is the JSON object that the app sees of the person; Name and Email are in it too and can be searched for.
	// nil: none yet.
	Profile           []byte
	Name, Email       string
	Created, Modified time.Time
	Version           int64
}

// User is a SCIM link and the document that it owns: one connection's view of a subject.
type User struct {
	Root, Connection, ID string
	Seq                  int64 // insertion order, assigned by the store; lists are ordered by it
	Subject              string
	UserName             string // as sent
	UserNameKey          string // scim.FoldName(UserName); unique per connection
	ExternalID           string
	Active               bool
	Version              int64
	Created, Modified    time.Time
	Body                 []byte // canonical JSON of the declared attributes
	Stamp                int64  // scim.ResourceType.Stamp under which Body was written
	Groups               int    // number of groups it is a direct member of, kept by the store
}

// Group is a SCIM group without its members, which are rows of their own.
type Group struct {
	Root, Connection, ID string
	Seq                  int64
	DisplayName          string
	DisplayNameKey       string // scim.FoldName(DisplayName); unique per connection (D-18)
	ExternalID           string
	Version              int64 // rises with each effective member change as well (D-29)
	Members              int   // number of members, kept by the store
	Created, Modified    time.Time
	Body                 []byte
	Stamp                int64
}

// Resource is a resource of a declared type.
type Resource struct {
	Root, Connection, Type, ID string
	Seq                        int64
	ExternalID                 string
	Version                    int64
	Created, Modified          time.Time
	Body                       []byte
	Stamp                      int64
}

// Member is one row of a group's membership list.
type Member struct {
	Root, Group string
	ID          string // of the User or Group
	Type        string // "User" or "Group"
	Display     string
}

// GroupOf is a group that somebody is in: directly, or through other groups.
type GroupOf struct {
	ID, DisplayName string
	ExternalID      string
	Direct          bool
}

// MemberStatus is where a membership stands.
type MemberStatus string

// The statuses of a membership. Blocked is a separate flag, removed is no row.
const (
	StatusInvited     MemberStatus = "invited"
	StatusActive      MemberStatus = "active"
	StatusDeactivated MemberStatus = "deactivated"
)

// Source says where a value of a membership came from.
type Source string

// The sources of a membership's values.
const (
	SourceSCIM    Source = "scim"
	SourceJIT     Source = "jit"
	SourceManual  Source = "manual"
	SourceImport  Source = "import"
	SourceDefault Source = "default"
)

// Membership is one subject in one workspace.
type Membership struct {
	Root, Workspace, Subject string
	Connection               string // id of the one whose user grants it; empty: nobody's but the workspace's own
	Role                     string
	RoleSource               Source
	Teams                    []string // sorted
	TeamsSource              Source
	Status                   MemberStatus
	StatusSource             Source
	Blocked                  bool
	Joined                   time.Time // zero until the person has been active here
	DeleteAfter              time.Time // zero: it lasts
	Created, Modified        time.Time
	Version                  int64
}

// Removal is a membership that was removed, to be restored for 30 days (B10).
type Removal struct {
	Membership
	Removed time.Time
}

// Tombstone remembers, under keyed hashes only, whose a deleted user was, so that the same person posted again is
// a new resource of the same subject. Of two users who were deleted under one key the later counts: an insert
// replaces what stands under the same hash, and removing one that is not there is no conflict.
type Tombstone struct {
	Root, Connection string
	Kind             string // see tombstone.go
	Hash             [32]byte
	Subject          string
	Created          time.Time
}

// Secret is something that must be read back, sealed under the installation's key (X10).
type Secret struct {
	Root, Name string
	Sealed     []byte
}

// AuditEntry says who did what, from where. It commits with the change that it describes. Seq is assigned by the
// store; the place for the sealer's chain is next to it.
type AuditEntry struct {
	Root, ID   string
	Seq        int64
	Time       time.Time
	Workspace  string // id
	Connection string // id, may be empty
	Actor      string // "token:<id>", "cli:<user>", "system"
	Action     string // "user.create", "connection.pause", …: see audit.go
	TargetType string // "User", "Group", "Connection", …
	Target     string // id
	Subject    string
	RequestID  string
	Address    string
	// Detail is a JSON object of personal values (names, changed attributes). It stands apart from the entry, which
	// carries only its salted digest, so that erasure leaves the chain verifiable.
	Detail []byte
	Salt   [16]byte
	Digest [32]byte // SHA-256(Salt ‖ Detail)
}

// Event is a fact for the app in the outbox. It commits with the change that it tells of; a sequencer gives it its
// feed position later.
type Event struct {
	Root, ID   string
	Seq        int64
	Time       time.Time
	Type       string // "member.joined", "member.updated", …: see event.go
	Workspace  string
	Connection string
	Subject    string
	Data       []byte // JSON object
}
