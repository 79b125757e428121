package directory

import (
	"time"

	"github.com/usher-scim/usher/scim"
)

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
	// Version is the one that the group has reached; Commit sets it. 0: no row has changed.
	Version int64
}

// Change is everything that one request writes, applied in one transaction in the order of its fields. The versions
// in its edits are re-checked; when one has moved on nothing is written and Commit returns ErrConflict.
type Change struct {
	Root string
	// Basis, unless nil, must still hold, else Commit returns ErrStale.
	Basis        *Basis
	Workspaces   []Edit[Workspace]
	Roles        []Edit[Role]
	Secrets      []Secret // each replaces what stands there; one without Sealed is dropped
	Declarations []Edit[Declaration]
	// Config, unless 0, is the root's that the plan rests on, else Commit returns ErrConflict.
	Config int64
	// Reconfigures raises it: the change is one of what plans rest on.
	Reconfigures bool
	Teams        []Edit[Team]
	Connections  []Edit[Connection]
	Tokens       []Edit[Token]
	Subjects     []Edit[Subject]
	Users        []UserEdit
	Groups       []GroupEdit
	Resources    []ResourceEdit
	// Absent are tombstones of which none may be there, else Commit returns ErrConflict: the plan took a person for new
	// without a look. The users come first, so that who is deleted at the same time under the same name is seen.
	Absent      []Tombstone
	Rewrites    []Rewrite
	Members     []MembersEdit
	Memberships []Edit[Membership]
	Removals    []Edit[Removal] // an insert replaces what stands there
	Tombstones  []Edit[Tombstone]
	APIKeys     []Edit[APIKey]
	Domains     []Edit[Domain]
	Jobs        []Edit[Job]
	Webhooks    []Edit[Webhook]
	Segments    []Segment
	SignInChange
	// Erase drops the personal values of subjects from audit details, events, removals and the provisioning log; the
	// entries stay with their digests (X3).
	Erase    []string
	Audit    []AuditEntry
	Events   []Event
	Requests []Request
}
