package scimserver

import (
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
	// BaseURL is the public URL under which the caller reached this handler, without a trailing slash; locations
	// are made from it.
	BaseURL string
	// Log are attributes for the request's log record: workspace, connection, token id. Never a secret.
	Log []slog.Attr
}

// Options configure a [Handler]. Only Caller is required.
type Options struct {
	// Caller authenticates a request. It returns a *scim.Error of 401, 403 or 503 to refuse it; the handler adds
	// WWW-Authenticate to a 401. Of a Caller beside an error only Log counts: whose request was refused.
	Caller func(*http.Request) (Caller, error)
	// Discovery answers for requests without Authorization to /ServiceProviderConfig (D-25).
	// Defaults to nil: discovery needs a token like everything else.
	Discovery func(*http.Request) (Caller, error)
	// RequestID names a request in the answer, the log and the audit. Defaults to X-Request-Id when that is safe to
	// repeat, else a new one.
	RequestID func(*http.Request) string
	// MaxBody is the largest request body in bytes. Defaults to 5 MiB.
	MaxBody int64
	// MaxOperations is the largest number of operations of one PATCH. Defaults to 1,000.
	MaxOperations int
	// MaxPage is the largest page of a list, and the page when no count is sent. Defaults to 200; below 100 Okta
	// would skip users (T-061).
	MaxPage int
	// MaxQuery is the longest query string in bytes. Defaults to 16 KiB.
	MaxQuery int
	// Log receives one record per request. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
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
	return o
}
