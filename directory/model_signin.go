package directory

import "time"

// The rows of this file serve sign-in. What a browser or an app holds of them (a state, a cookie, a code, a refresh
// token) is 32 random bytes that carry the root, and stands here as a hash alone.

// Attempt is a login that was begun and waits for the identity provider's answer. It is used once.
type Attempt struct {
	Root       string
	Hash       [32]byte // of the state
	Connection string
	Browser    [32]byte // of the binding cookie: the answer counts in that browser alone
	Workspace  string   // key of the one that is to be entered; empty: the connection's own
	Return     string   // where the browser goes in the end: a handle or a path, the face's own
	Subject    string   // who, already signed in, asks to link the identity; empty: nobody
	Session    string   // id of the session in which Subject asks: the link is made while it lives
	Reach      string   // of the session in which that is asked for
	Fresh      bool     // the identity provider is asked for a login now, whatever it remembers
	Nonce      string
	Verifier   string // of PKCE
	Address    string
	UserAgent  string
	Created    time.Time
	Expires    time.Time
}

// Replay is an assertion or a token of an identity provider that was taken, and must not be taken again.
type Replay struct {
	Root, Connection string
	Hash             [32]byte
	Until            time.Time
}

// LinkKind says what a link knows a person by.
type LinkKind string

// The kinds of links.
const (
	// LinkIdentity is an issuer and its subject: what a login is known by first.
	LinkIdentity LinkKind = "identity"
	// LinkPrincipal is the principal that SCIM and login have in common (X12).
	LinkPrincipal LinkKind = "principal"
)

// Link says that what a connection's identity provider calls so is that person. One of an identity keeps what the last
// login brought and what was made of it, for the inspector (J13); it goes with the person.
type Link struct {
	Root, Connection string
	Kind             LinkKind
	Key              [32]byte // hash of what the person is known by
	Subject          string
	Issuer, Name     string // of an identity: issuer and subject as the identity provider says
	Tenant           string
	Protocol         string // in which an identity has its name: another protocol may call somebody else so
	Last             []byte // JSON of an Inspection; nil: no login yet
	// Reach is the workspace in which, and below which, an identity lets in who has linked it with consent. Empty: the
	// connection's own.
	Reach         string
	Created, Used time.Time
	Version       int64
}

// SessionState says where a session stands.
type SessionState string

// The states of a session.
const (
	// SessionPending waits for the second factor, and opens nothing else.
	SessionPending SessionState = "pending"
	SessionLive    SessionState = "live"
	// SessionEnded is over, and waits for what follows from that.
	SessionEnded SessionState = "ended"
)

// Session is one login of one person, for one workspace.
type Session struct {
	Root, ID   string
	Hash       [32]byte `json:"-"` // of the cookie's value
	Subject    string
	Workspace  string // id of the one that was entered
	Home       string // id of the connection's own
	Connection string // empty: a break-glass login
	Identity   [32]byte
	IDPSession string // as the identity provider calls it; may be empty
	// AssertedRole holds for this session alone in place of the membership's in the workspace AssertedIn (J4); empty: the
	// membership's role holds.
	AssertedRole string
	AssertedIn   string    // id
	AssertedOver string    // the membership's role then: another one since holds in place of the asserted one
	Role         string    `json:"-"` // the one that holds now; a store leaves it empty, see [Directory.Sessions]
	Methods      []string  // amr, of the identity provider and our own
	Context      string    // acr
	AuthTime     time.Time // when the identity provider has asked the person; zero: it does not say
	Factor       time.Time // when our own second factor was passed; zero: not yet. What Methods says may be another's word
	State        SessionState
	Email        string // the person's address, where somebody has vouched for it at the login
	Reach        string // the workspace in which, and below which, it may enter; empty: Home
	Closing      bool   // something follows from its end: an app to be told, a person to be removed (J5)
	Created      time.Time
	Seen         time.Time
	Idle         time.Duration // without a request the session ends after it
	Expires      time.Time     // at the latest
	Ends         time.Time     // as things stand: Seen and Idle, Expires, or when it was ended
	Reason       string        // why it has ended
	Address      string
	UserAgent    string
	Version      int64
}

// SessionEnd names live sessions that end with a change: those of which all fields that are set hold.
type SessionEnd struct {
	ID         string
	Subject    string
	Workspaces []string // entered or home, ids; nil: any
	Connection string
	// IDPSessions are names of the identity provider's, of which it has one; empty: it has none there. Nil: any.
	IDPSessions []string
	Identity    [32]byte
	Reason      string
	At          time.Time
}

// App is a client of the OpenID Provider. Its id is the client id, and tells its root.
type App struct {
	Root, ID             string // Root empty: an app of the installation, for every tenant
	Name                 string
	SecretHash           [32]byte // zero: a public client
	RedirectURIs         []string
	PostLogoutURIs       []string
	BackchannelLogoutURI string
	FirstParty           bool   // asks nobody for consent
	Algorithm            string // of its ID tokens: RS256 unless ES256
	// Origin names the configuration file that declares the app, which is then read-only (X11). Empty: none.
	Origin  string
	Created time.Time
	Version int64
}

// Authorization is a request of an app that waits for the person to be signed in.
type Authorization struct {
	Root       string // of the app; empty: of the installation
	Hash       [32]byte
	App        string // id
	Browser    [32]byte
	Parameters map[string]string // of the request, as they were checked
	Created    time.Time
	Expires    time.Time
}

// GrantKind is what an app holds.
type GrantKind string

// The kinds of grants.
const (
	GrantCode    GrantKind = "code"
	GrantRefresh GrantKind = "refresh"
)

// Grant is a code or a refresh token that an app was given. All that follows from one code is a family, and is revoked
// together.
type Grant struct {
	Root        string
	Hash        [32]byte
	Kind        GrantKind
	Family      string
	App         string // id
	Session     string // id
	Workspace   string // id of the one that the session had entered
	Scope       []string
	Nonce       string
	RedirectURI string
	Challenge   string // of PKCE, S256
	Created     time.Time
	Expires     time.Time
	Used        time.Time // zero: not yet
	Version     int64
}

// SigningKey signs what the OpenID Provider issues. It is the installation's.
type SigningKey struct {
	ID        string // kid
	Algorithm string // ES256 or RS256
	Sealed    []byte // PKCS #8
	Created   time.Time
	Signs     time.Time // from then on
	Retired   time.Time // and until then; zero: until another does
	Version   int64
}

// Factor is a person's second factor. It outlives the membership, and the person of an ephemeral login.
type Factor struct {
	Root, Subject string
	Sealed        []byte     // of the TOTP
	Session       string     // id of the one that has begun the enrolment, which no other one sees
	Confirmed     time.Time  // zero: enrolment has begun
	Step          int64      // the last one that was taken
	Recovery      [][32]byte // keyed hashes of codes that were not used
	Created       time.Time
	Version       int64
}

// Throttle counts failures of one kind, for a person or an address.
type Throttle struct {
	Root, Key string
	Failures  int
	Until     time.Time // the count begins anew
	Version   int64
}

// MessageKind says who delivers a message.
type MessageKind string

// The kinds of messages.
const (
	// MessageLogout tells an app that a session has ended (OpenID Connect Back-Channel Logout).
	MessageLogout MessageKind = "logout"
	// MessageMail is a notice to the admins of a workspace (J10).
	MessageMail MessageKind = "mail"
)

// Message is something to be said to somebody outside, at least once. It commits with what it tells of.
type Message struct {
	Root, ID  string
	Kind      MessageKind
	To        string // id of the app, or of the workspace
	Type      string // of a mail: see notice.go
	Session   string // of a logout
	Subject   string
	Data      []byte // of a mail: JSON of a Notice
	Created   time.Time
	NextAt    time.Time // not before; a claim moves it
	Failures  int
	Failure   string
	Told      []string  // of a mail: ids of the recipients who are done with
	Abandoned time.Time // zero: it is tried again
	Version   int64
}

// SignInChange are the parts of a [Change] that are about sign-in.
type SignInChange struct {
	// Holds are memberships on which a session rests: each must still have that version, else Commit returns ErrConflict.
	Holds          []Membership
	Attempts       []Edit[Attempt] // inserted or removed
	Replays        []Replay        // one that is there already is a conflict
	Links          []Edit[Link]
	Sessions       []Edit[Session]
	Apps           []Edit[App]
	Authorizations []Edit[Authorization] // inserted or removed
	Grants         []Edit[Grant]
	// Revoked are families of grants of which nothing stays.
	Revoked     []string
	SigningKeys []Edit[SigningKey]
	Factors     []Edit[Factor]
	Throttles   []Edit[Throttle]
	Messages    []Edit[Message]
	// Ends end sessions, those too that were committed since the plan was made.
	Ends []SessionEnd
}
