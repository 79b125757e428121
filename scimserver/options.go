package scimserver

import (
	"crypto/cipher"
	"crypto/rand"
	"log/slog"
	"net/http"
	"time"

	"github.com/usher-scim/usher/scim"
)

// Caller is who a request comes from and what it may reach.
type Caller struct {
	// Backend holds the caller's resources. Nil for a request to public discovery.
	Backend Backend
	// Profile is the preset of the caller's connection.
	Profile scim.Profile
	// Types are the resource types that the caller can reach, User first (T-012).
	Types []*scim.ResourceType
	// Identity names what the caller can reach, such as the connection's id: a cursor that one identity got is nothing
	// to another (RFC 9865 §5, C-12).
	Identity string
	// Me is the resource that /Me stands for. Nil: the credential is bound to none, and /Me is 501.
	Me *Me
	// Schemes are the ways to authenticate that discovery announces to this caller, the primary one first. Defaults to
	// bearer tokens alone.
	Schemes []scim.AuthenticationScheme
	// BaseURL is the public URL under which the caller reached this handler, without a trailing slash; locations
	// are made from it.
	BaseURL string
	// Log are attributes for the request's log record: workspace, connection, token id. Never a secret.
	Log []slog.Attr
}

// Me is the resource of the person or thing that a credential belongs to (RFC 7644 §3.11).
type Me struct {
	Type *scim.ResourceType
	ID   string
}

// Options configure a [Handler]. Only Caller is required.
type Options struct {
	// Caller authenticates a request. It returns a *scim.Error of 401, 403 or 503 to refuse it; the handler adds
	// WWW-Authenticate to a 401. Of a Caller beside an error only Log counts: whose request was refused.
	Caller func(*http.Request) (Caller, error)
	// Discovery answers for requests without Authorization to /ServiceProviderConfig (D-25).
	// Defaults to nil: discovery needs a token like everything else.
	Discovery func(*http.Request) (Caller, error)
	// Parsed, unless nil, is told of the body of a request that has one, before it is worked on: nothing changes it from
	// then on, nor may who is told. That of a bulk request is left out: the ids of what it makes are put into it.
	Parsed func(r *http.Request, body *scim.Object)
	// Answered, unless nil, is told of every request once it is answered, and before that of each operation of a bulk
	// request that was refused. It must not wait.
	Answered func(Outcome)
	// RequestID names a request in the answer, the log and the audit. Defaults to X-Request-Id when that is safe to
	// repeat, else a new one.
	RequestID func(*http.Request) string
	// MaxBody is the largest request body in bytes. Defaults to 5 MiB.
	MaxBody int64
	// MaxOperations is the largest number of operations of one PATCH. Defaults to 1,000.
	MaxOperations int
	// MaxBulk is the largest number of operations of one bulk request. Defaults to 1,000.
	MaxBulk int
	// CursorKey seals the cursors of RFC 9865. Servers that share callers share it. Defaults to a random one, so that
	// cursors end with the process.
	CursorKey [32]byte
	// CursorTimeout is how long a cursor is good for, in whole seconds. Defaults to one hour.
	CursorTimeout time.Duration
	// MaxPage is the largest page of a list, and the page when no count is sent. Defaults to 200; below 100 Okta
	// would skip users (T-061).
	MaxPage int
	// MaxQuery is the longest query string in bytes. Defaults to 16 KiB.
	MaxQuery int
	// Log receives one record per request. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time

	cursors cipher.AEAD // of CursorKey
}

// withDefaults fills what was left zero.
func (o Options) withDefaults() Options {
	if o.RequestID == nil {
		o.RequestID = sentRequestID
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 5 << 20
	}
	if o.MaxOperations <= 0 {
		o.MaxOperations = 1000
	}
	if o.MaxBulk <= 0 {
		o.MaxBulk = 1000
	}
	if o.CursorKey == ([32]byte{}) {
		_, _ = rand.Read(o.CursorKey[:]) // never fails: crypto/rand ends the process instead
	}
	if o.CursorTimeout <= 0 {
		o.CursorTimeout = time.Hour
	}
	if o.MaxPage <= 0 {
		o.MaxPage = 200
	}
	if o.MaxQuery <= 0 {
		o.MaxQuery = 16 << 10
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.cursors = newCursorCipher(o.CursorKey)
	return o
}

// cursorSeconds is CursorTimeout as discovery says it.
func (o *Options) cursorSeconds() int { return int(o.CursorTimeout / time.Second) }
