package directory

import (
	"context"
	"errors"
	"time"

	"github.com/usher-scim/usher/scim"
)

// What a Store returns, and nothing else, for states that a caller must tell apart. Compare with errors.Is.
var (
	// ErrNotFound: no such row.
	ErrNotFound = errors.New("directory: not found")
	// ErrConflict: a version has moved on, or a unique constraint spoke. Plan again.
	ErrConflict = errors.New("directory: conflict")
	// ErrStale: the declarations on which a change rests have moved on. Decode again.
	ErrStale = errors.New("directory: the declared schemas have changed")
	// ErrBusy: the write queue is full or the engine was locked for too long. Nothing was written.
	ErrBusy = errors.New("directory: store is busy")
	// ErrTooMany: a filter that no index serves met the bound of its scan (D-30).
	ErrTooMany = errors.New("directory: too many resources to scan")
)

// Store keeps the rows. It decides nothing: no rule of the domain lives behind it. Every method is safe for
// concurrent use. Reads see every change whose Commit has returned, also one of another process on the same data.
// A look-up of one row returns ErrNotFound when there is none.
type Store interface {
	// Commit applies the change in one durable transaction, or nothing of it. It fills Seq in the After rows of
	// inserted users and groups. It returns ErrConflict when a version in an edit has moved on, an expected row is
	// missing, a unique key is taken (also by a concurrent change) or the connection of a new user or group is gone.
	Commit(ctx context.Context, c *Change) error

	// A workspace comes with its declarations, in the order in which they were made.
	Workspaces(ctx context.Context) ([]Workspace, error)
	WorkspaceByKey(ctx context.Context, key string) (Workspace, error)
	Workspace(ctx context.Context, root, id string) (Workspace, error)
	Roles(ctx context.Context, root, workspace string) ([]Role, error)
	Secret(ctx context.Context, root, name string) (Secret, error)

	Connections(ctx context.Context, root, workspace string) ([]Connection, error)
	Connection(ctx context.Context, root, id string) (Connection, error)

	// Tokens returns the connection's tokens of every kind, oldest first.
	Tokens(ctx context.Context, root, connection string) ([]Token, error)
	Token(ctx context.Context, root, id string) (Token, error)
	TokenByHash(ctx context.Context, root string, hash [32]byte) (Token, error)

	User(ctx context.Context, root, connection, id string) (User, error)
	UserByName(ctx context.Context, root, connection, userNameKey string) (User, error)
	// UserByExternalID returns the oldest user with that externalId.
	UserByExternalID(ctx context.Context, root, connection, externalID string) (User, error)
	Users(ctx context.Context, q ListQuery) (UserPage, error)

	Group(ctx context.Context, root, connection, id string) (Group, error)
	GroupByName(ctx context.Context, root, connection, displayNameKey string) (Group, error)
	Groups(ctx context.Context, q ListQuery) (GroupPage, error)

	Resource(ctx context.Context, root, connection, typ, id string) (Resource, error)
	Resources(ctx context.Context, q ListQuery) (ResourcePage, error)
	// Claimed returns the id of the resource of that type that has the unique value.
	Claimed(ctx context.Context, root, connection, typ string, value scim.Key) (id string, err error)

	// Scopes returns the types of which the connection has or had resources.
	Scopes(ctx context.Context, root, connection string) ([]Scope, error)
	// Documents returns what is stored of the resources of one type, by Seq after the given one, but for those with
	// the stamp not. Stamps are never negative: -1 leaves none out.
	Documents(ctx context.Context, root, connection, typ string, not, after int64, limit int) ([]Document, error)
	// DropResources drops the resources of a type up to the given Seq with what hangs on them, in bounded slices.
	DropResources(ctx context.Context, root, connection, typ string, last int64) error
	// KeyNames returns the scim.Key names under which the type has index rows or claims.
	KeyNames(ctx context.Context, root, connection, typ string) ([]string, error)
	// DropKeys drops the index rows and claims of the type under one name, in bounded slices.
	DropKeys(ctx context.Context, root, connection, typ, name string) error

	// Members returns a group's members in the order in which they were added, starting after the member whose id
	// is after ("" from the start), at most limit (0: all).
	Members(ctx context.Context, root, group, after string, limit int) ([]Member, error)
	// HasMembers returns which of the ids are members of the group. It reads those rows only.
	HasMembers(ctx context.Context, root, group string, ids []string) (map[string]bool, error)
	// Resolve returns the type ("User", "Group") of each id that exists in the connection; unknown ids are left out.
	Resolve(ctx context.Context, root, connection string, ids []string) (map[string]string, error)
	// GroupsOf returns for each of the ids, of users or groups, the groups that it is in: first those whose direct
	// member it is, then those that hold one of them at any depth, each kind by the order of creation. A group is
	// never listed as in itself, also when it is, around a cycle; who is in none is left out.
	GroupsOf(ctx context.Context, root string, ids []string) (map[string][]GroupOf, error)

	Subject(ctx context.Context, root, id string) (Subject, error)
	Membership(ctx context.Context, root, workspace, subject string) (Membership, error)
	Memberships(ctx context.Context, root, workspace, afterSubject string, limit int) ([]Membership, error)
	Tombstone(ctx context.Context, root, connection, kind string, hash [32]byte) (Tombstone, error)

	// Audit returns entries by Seq after the given one, oldest first; workspace "" is the whole root.
	Audit(ctx context.Context, root, workspace string, after int64, limit int) ([]AuditEntry, error)
	// Events returns outbox rows by Seq after the given one, oldest first.
	Events(ctx context.Context, root string, after int64, limit int) ([]Event, error)

	// Touch records that a connection and a token were used at that time (M4). It checks no version and moves
	// none; it sets FirstContact when there was none and reports whether it did.
	Touch(ctx context.Context, root, connection, token string, at time.Time) (first bool, err error)
	// DeleteConnection drops the connection, its tokens, users, groups, members and index rows, in bounded slices;
	// memberships and subjects stay (E2). The last slice commits together with c (audit, events). A second call
	// finishes what a crash cut short.
	DeleteConnection(ctx context.Context, root, connection string, c *Change) error
	// DeleteWorkspace drops a root workspace and everything in it, likewise.
	DeleteWorkspace(ctx context.Context, root, workspace string, c *Change) error

	// Ping checks that the store answers, for /readyz.
	Ping(ctx context.Context) error
}

// ListQuery asks for one page of a connection's users or groups.
type ListQuery struct {
	Root, Connection string
	Type             *scim.ResourceType
	Filter           *scim.Filter   // nil: all
	Sort             *scim.Sort     // nil: in the order of insertion
	After            *scim.Position // nil: from StartIndex on; else behind that place, and StartIndex is ignored
	StartIndex       int            // 1-based
	Limit            int            // 0: only the total
	// Scan bounds how many documents a filter or a sort that no index serves may stream. 0: the store's default.
	Scan int
}

// UserPage is one page of users, the exact number of all matches, and whether some follow behind the page.
type UserPage struct {
	Total int
	Users []User
	More  bool
}

// GroupPage is one page of groups, the exact number of all matches, and whether some follow behind the page.
type GroupPage struct {
	Total  int
	Groups []Group
	More   bool
}

// ResourcePage is one page of resources of a declared type, the exact number of all matches, and whether some follow.
type ResourcePage struct {
	Total     int
	Resources []Resource
	More      bool
}

// Scope is one connection's resources of one type.
type Scope struct {
	Type string
	Last int64 // the highest Seq; 0 when there is none
}

// Document is what is stored of a resource of any type.
type Document struct {
	ID, Subject string // Subject of users only
	Name        string // userName or displayName, else empty
	ExternalID  string
	Seq         int64
	Version     int64
	Stamp       int64
	Body        []byte
}
