package directory

import (
	"time"

	"github.com/usher-scim/usher/scim"
)

// Every row begins with Root, the id of the root workspace: nothing is shared between roots, and a store can shard
// by it. Version is the optimistic lock: it starts at 1 and rises by one with every change of the row.

// Workspace is what a person gets access to. It is its own root when Root == ID.
type Workspace struct {
	Root, ID    string
	Key         string // "ACC123"; unique per installation, case-sensitive, [A-Za-z0-9-]+
	Name        string
	DefaultRole string
	Created     time.Time
	// Epoch rises with each change of what is declared in the workspace or announced by one of its connections; 0 is a
	// workspace in which nothing was ever declared.
	Epoch int64
	// Declarations come with the workspace when it is read, and are no part of an edit of it. See declaration.go.
	Declarations []Declaration
	Version      int64
}

// Role is a named permission set of a workspace. Names are case-sensitive.
type Role struct {
	Root, Workspace, Name string
	Permissions           []string
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
	Created time.Time
	Version int64
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
	Created  time.Time
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
	Role                     string
	RoleSource               Source
	Status                   MemberStatus
	StatusSource             Source
	Created, Modified        time.Time
	Version                  int64
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

// Edit is a row before and after: no Before is an insert, no After a delete, both an update that holds only when
// the stored version is still Before's.
type Edit[T any] struct {
	Before, After *T
}

// Claims are the values that only one resource of its type and connection may have, before and after an edit
// (scim.Resource.UniqueValues). To claim what another resource has is a conflict.
type Claims struct{ Before, After []scim.Key }

// UserEdit is an edit of a user with what the store keeps beside it: its index keys and claims.
type UserEdit struct {
	Edit[User]
	BeforeKeys, AfterKeys []scim.Key
	Claims                Claims
	// Rekey says that the document was stored under other declarations, so that rows of BeforeKeys and Claims.Before
	// may be missing: all of those after are written. A claim that is in both stays with whoever has it.
	Rekey bool
}

// ResourceEdit is an edit of a resource of a declared type, likewise.
type ResourceEdit struct {
	Edit[Resource]
	BeforeKeys, AfterKeys []scim.Key
	Claims                Claims
	Rekey                 bool
}

// Rewrite brings one stored document into the form that is declared, whatever its type. It holds as long as the
// document is Before. Version and Modified move only when After differs.
type Rewrite struct {
	Connection, Type, ID string
	Before, After        []byte
	Stamp                int64
	Modified             time.Time
	// Keys and Claims are those of After; rows that are there already stay. A claim that is another resource's is left
	// to it.
	Keys, Claims []scim.Key
}

// Basis is what the types of a change rest on: the declarations of a workspace and what a connection announces of them.
type Basis struct {
	Workspace, Connection string
	Epoch, Announced      int64
}

// GroupEdit is an edit of a group with its index keys. Unlike other edits it may leave the version unchecked.
type GroupEdit struct {
	Edit[Group]
	BeforeKeys, AfterKeys []scim.Key
	Claims                Claims
	Rekey                 bool
	// AnyVersion updates the row whatever version it has reached: a change of members or name by PATCH without
	// If-Match (concurrent deltas must all hold, T-096). It holds as long as the document is Before's: members that
	// others add meanwhile pass by, another edit of the document is a conflict.
	AnyVersion bool
}

// MembersEdit changes the members of one group by rows. The store moves the group's version, member count and
// Modified, and the users' Groups counts, with the rows that really change.
type MembersEdit struct {
	Group    string
	Reset    bool     // drop all present members first
	Remove   []string // drop these; each must be there, else ErrConflict, unless Reset
	Add      []Member // insert these; each must not be there, else ErrConflict, unless Reset
	Modified time.Time
}

// Change is everything that one request writes, applied in one transaction in the order of its fields. The versions
// in its edits are re-checked; when one has moved on nothing is written and Commit returns ErrConflict.
type Change struct {
	Root string
	// Basis, unless nil, must still hold, else Commit returns ErrStale.
	Basis        *Basis
	Workspaces   []Edit[Workspace]
	Roles        []Edit[Role]
	Secrets      []Secret
	Declarations []Edit[Declaration]
	Connections  []Edit[Connection]
	Tokens       []Edit[Token]
	Subjects     []Edit[Subject]
	Users        []UserEdit
	Groups       []GroupEdit
	Resources    []ResourceEdit
	Rewrites     []Rewrite
	Members      []MembersEdit
	Memberships  []Edit[Membership]
	Tombstones   []Edit[Tombstone]
	Audit        []AuditEntry
	Events       []Event
}
