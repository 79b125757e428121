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
	// ErrBusy: the write queue is full, the engine was locked for too long, or cannot be reached or used until an operator has
	// done something: its disk is full, rights were taken away. Nothing was written, unless the connection was lost or the
	// disk failed during the commit: then nobody knows, and whoever tries again finds out.
	ErrBusy = errors.New("directory: store is busy")
	// ErrReadOnly: the store answers, but refuses every write. Ping tells it; to a write it is ErrBusy as well.
	ErrReadOnly = errors.New("directory: the store refuses writes")
	// ErrTooMany: a filter that no index serves met the bound of its scan (D-30).
	ErrTooMany = errors.New("directory: too many resources to scan")
)

// found tells a row that is missing from a look-up that failed.
func found(err error) (bool, error) {
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// free turns a look-up that is to find nothing into the refusal of what it has found.
func free(err, taken error) error {
	if there, err := found(err); err != nil || !there {
		return err
	}
	return taken
}

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
	// Tree returns the workspaces of a root, without their declarations, by id.
	Tree(ctx context.Context, root string) ([]Workspace, error)
	// Roles returns the roles of a workspace by name; of all workspaces of the root when workspace is "".
	Roles(ctx context.Context, root, workspace string) ([]Role, error)
	Teams(ctx context.Context, root, workspace string) ([]Team, error)
	// HasTeams returns which of the names are teams of the workspace.
	HasTeams(ctx context.Context, root, workspace string, names []string) (map[string]bool, error)
	Secret(ctx context.Context, root, name string) (Secret, error)

	// Connections returns those of a workspace, by name; workspace "" is the whole root.
	Connections(ctx context.Context, root, workspace string) ([]Connection, error)
	// RootOf returns the root of the connection of that id.
	RootOf(ctx context.Context, connection string) (root string, err error)
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
	// SubjectsByEmail returns those whose e-mail it is, upper and lower case being the same, at most limit.
	SubjectsByEmail(ctx context.Context, root, email string, limit int) ([]Subject, error)
	// UsersOf returns the users, of all connections, that are the subject's.
	UsersOf(ctx context.Context, root, subject string) ([]User, error)
	Membership(ctx context.Context, root, workspace, subject string) (Membership, error)
	Memberships(ctx context.Context, root, workspace, afterSubject string, limit int) ([]Membership, error)
	// MembershipsOf returns a subject's memberships, by workspace id.
	MembershipsOf(ctx context.Context, root, subject string) ([]Membership, error)
	// SubjectAndMemberships is Subject and MembershipsOf at once.
	SubjectAndMemberships(ctx context.Context, root, id string) (Subject, []Membership, error)
	// UserAndPerson is User, and SubjectAndMemberships of the user's subject, at once.
	UserAndPerson(ctx context.Context, root, connection, id string) (User, Subject, []Membership, error)
	// People lists the members of workspaces with their subjects, one page by subject id. Of several memberships of one
	// subject that of the first workspace in the query counts.
	People(ctx context.Context, q PeopleQuery) ([]Person, error)
	// PeoplePage is People with a bound on how many memberships it looks at: of who is rare in many it finds a page with
	// fewer people than asked for, or none, that says where the next one begins.
	PeoplePage(ctx context.Context, q PeopleQuery) (PeoplePage, error)
	// HasOtherOwner reports whether somebody else than the subject is an active, unblocked member with one of the roles.
	HasOtherOwner(ctx context.Context, root, workspace, subject string, roles []string) (bool, error)
	// Leavers returns the memberships of a connection that were deactivated or removed since then, by that time: the
	// removed ones as they were, with Modified the time of the removal.
	Leavers(ctx context.Context, root, connection string, since time.Time) ([]Membership, error)
	Removals(ctx context.Context, root, workspace string, limit int) ([]Removal, error)
	RemovalsOf(ctx context.Context, root, subject string) ([]Removal, error)
	// PruneRemovals drops those of that time and before, in one bounded slice; it reports how many.
	PruneRemovals(ctx context.Context, root string, until time.Time) (int, error)
	Tombstone(ctx context.Context, root, connection, kind string, hash [32]byte) (Tombstone, error)

	// APIKey and APIKeyByHash take the root "" for keys of the installation. TouchAPIKey records the last use, as Touch does.
	APIKeys(ctx context.Context, root string) ([]APIKey, error)
	APIKey(ctx context.Context, root, id string) (APIKey, error)
	APIKeyByHash(ctx context.Context, root string, hash [32]byte) (APIKey, error)
	TouchAPIKey(ctx context.Context, root, id string, at time.Time) error

	Domains(ctx context.Context, root string) ([]Domain, error)
	// DomainOwner returns the proved domain of that name, whichever root it is of.
	DomainOwner(ctx context.Context, name string) (Domain, error)

	Webhooks(ctx context.Context, root string) ([]Webhook, error)
	// DueWebhooks returns enabled ones of all roots whose NextAt is not after now and for which events wait.
	DueWebhooks(ctx context.Context, now time.Time, limit int) ([]Webhook, error)

	// Jobs returns jobs, newest first; only those that are not finished when open.
	Jobs(ctx context.Context, root string, open bool, limit int) ([]Job, error)
	// ClaimJob leases the oldest open job that nobody works on, of any root, to the owner. The job's version moves, so
	// that whoever had it before writes no more. ErrNotFound: none.
	ClaimJob(ctx context.Context, owner string, now, until time.Time) (Job, error)

	// Segments returns sealed ranges by number after the given one.
	Segments(ctx context.Context, root string, after int64, limit int) ([]Segment, error)

	// Requests returns records of the provisioning log, newest first, with Seq below before (0: from the newest on).
	Requests(ctx context.Context, q RequestQuery) ([]Request, error)
	// PruneRequests drops records that are older, and the oldest beyond keep (0: no bound), in one bounded slice; it
	// reports how many.
	PruneRequests(ctx context.Context, root string, olderThan time.Time, keep int) (int, error)

	// PruneEvents drops events that are older, in one bounded slice, and reports how many. In place of the last one it
	// leaves one of the type EventsPruned.
	PruneEvents(ctx context.Context, root string, olderThan time.Time) (int, error)
	// PruneAudit puts a pruned segment in the place of those up to it, and drops entries that they held, in one bounded
	// slice; it reports how many. ErrConflict: the segment is gone.
	PruneAudit(ctx context.Context, root string, upTo Segment) (int, error)

	// CountActive counts active members by workspace and connection.
	CountActive(ctx context.Context, root string) ([]LicenceCount, error)
	// PutLicence stores the counts of a day in place of those that are there.
	PutLicence(ctx context.Context, root string, day time.Time, counts []LicenceCount) error
	// Licence returns the counts of the days from and to and between.
	Licence(ctx context.Context, root string, from, to time.Time) ([]LicenceCount, error)

	// Idempotent returns the stored answer to the owner's key. KeepIdempotent stores one and drops those older than a day;
	// ErrConflict: there is one. An answer without a status reserves the key for a minute: it gives way to an answer, and
	// to no other reservation meanwhile. DropIdempotent gives up a reservation.
	Idempotent(ctx context.Context, root, owner, key string) (Answer, error)
	KeepIdempotent(ctx context.Context, root, owner, key string, a Answer) error
	DropIdempotent(ctx context.Context, root, owner, key string) error

	// Audit returns entries by Seq after the given one, oldest first; workspace "" is the whole root.
	Audit(ctx context.Context, root, workspace string, after int64, limit int) ([]AuditEntry, error)
	// Events returns outbox rows by Seq after the given one, oldest first. No event ever appears below one that was
	// returned: what commits late is waited for.
	Events(ctx context.Context, root string, after int64, limit int) ([]Event, error)

	// The rows of sign-in; see model_signin.go.
	Attempt(ctx context.Context, root string, hash [32]byte) (Attempt, error)
	Replayed(ctx context.Context, root, connection string, hash [32]byte) (bool, error)
	Link(ctx context.Context, root, connection string, kind LinkKind, key [32]byte) (Link, error)
	LinksOf(ctx context.Context, root, subject string) ([]Link, error)
	// AnyIdentity returns one of the connection's links of identities.
	AnyIdentity(ctx context.Context, root, connection string) (Link, error)
	Factor(ctx context.Context, root, subject string) (Factor, error)
	Throttle(ctx context.Context, root, key string) (Throttle, error)
	Session(ctx context.Context, root, id string) (Session, error)
	SessionByHash(ctx context.Context, root string, hash [32]byte) (Session, error)
	// Sessions lists those that are live, by id.
	Sessions(ctx context.Context, q SessionQuery, now time.Time) ([]Session, error)
	// TouchSession records that a session was seen. It checks no version and moves none.
	TouchSession(ctx context.Context, root, id string, seen, ends time.Time) error
	// DueSessions returns those of all roots that are over and from whose end something follows.
	DueSessions(ctx context.Context, now time.Time, limit int) ([]Session, error)
	// DueMemberships returns those of all roots whose DeleteAfter has come.
	DueMemberships(ctx context.Context, now time.Time, limit int) ([]Membership, error)
	// GoneBefore returns the tombstones of ephemeral people who have gone that are older, the oldest first.
	GoneBefore(ctx context.Context, root string, before time.Time, limit int) ([]Tombstone, error)
	Apps(ctx context.Context, root string) ([]App, error)
	App(ctx context.Context, root, id string) (App, error)
	// AppsOf returns the ids of the apps that were given something in a session.
	AppsOf(ctx context.Context, root, session string) ([]string, error)
	Authorization(ctx context.Context, root string, hash [32]byte) (Authorization, error)
	Grant(ctx context.Context, root string, hash [32]byte) (Grant, error)
	// HasFamily reports whether there is a grant of the family.
	HasFamily(ctx context.Context, root, family string) (bool, error)
	SigningKeys(ctx context.Context) ([]SigningKey, error)
	// DueMessages returns messages of all roots that may be tried now: of the logouts of one receiver the first alone.
	DueMessages(ctx context.Context, kind MessageKind, now time.Time, limit int) ([]Message, error)
	// MessagesTo returns those that wait for one receiver, in order.
	MessagesTo(ctx context.Context, root string, kind MessageKind, to string, limit int) ([]Message, error)
	// PruneExpired drops what of sign-in is over by now, and messages that were abandoned by then, in one bounded slice of
	// each kind; it reports how many. Sessions from whose end something follows stay.
	PruneExpired(ctx context.Context, root string, now, abandoned time.Time) (int, error)

	// Touch records that a connection and a token were used at that time (M4). It checks no version and moves
	// none; it sets FirstContact when there was none and reports whether it did.
	Touch(ctx context.Context, root, connection, token string, at time.Time) (first bool, err error)
	// DeleteConnection drops the connection, its tokens, users, groups, members and index rows, in bounded slices;
	// memberships and subjects stay (E2). The last slice commits together with c (audit, events). A second call
	// finishes what a crash cut short.
	DeleteConnection(ctx context.Context, root, connection string, c *Change) error
	// DeleteWorkspace drops a workspace and everything in it, likewise; with a root all that is below it, its subjects and
	// its log. The children of another workspace are the caller's.
	DeleteWorkspace(ctx context.Context, root, workspace string, c *Change) error

	// Scrub overwrites what was deleted: nothing of it is left in the files of the store.
	Scrub(ctx context.Context) error
	// Ping checks that the store answers, takes writes, and has a schema that this binary can work with, for /readyz.
	Ping(ctx context.Context) error
	// Stats is what the store has counted. It does not wait.
	Stats() StoreStats
	// Backlog says what waits to be done. Of each webhook and root it counts at most so many.
	Backlog(ctx context.Context, most int) (Backlog, error)
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

// PeopleQuery asks for one page of members. Empty fields match everything.
type PeopleQuery struct {
	Root       string
	Workspaces []string // ids, the nearest first
	// Text is a part of name or e-mail, upper and lower case being the same.
	Text, Role, Team, Connection string
	Status                       MemberStatus
	After                        string // subject id
	Limit                        int
	// Scan bounds how many memberships of a workspace PeoplePage looks at. 0: the store's default.
	Scan int
}

// Person is a member with what is known of the person.
type Person struct {
	Membership
	Who Subject
	// Manager is resolved by Directory.Member alone; a store leaves it nil.
	Manager *Manager
}

// PeoplePage is one page of members. Next, unless empty, is the After of the next one.
type PeoplePage struct {
	People []Person
	Next   string
}

// RequestQuery asks for one page of the provisioning log. Empty fields match everything.
type RequestQuery struct {
	Root, Connection, Subject string
	Failed                    bool   // only refusals and faults
	Text                      string // a part of path, target, asked or cause
	Before                    int64
	Limit                     int
}

// Answer is a stored answer to a request with an Idempotency-Key.
type Answer struct {
	Digest  [32]byte // of the request
	Status  int      // 0: the key is reserved, and there is none yet
	Body    []byte
	Created time.Time
	Subject string // whom the answer tells of: it goes with the person
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
