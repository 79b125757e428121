package usher

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scimserver"
)

// A connection's view of the directory is the Backend that the product serves.
var _ scimserver.Backend = (*directory.Client)(nil)

// Config configures a [Server]. Either Directory, or Store and Key, are required.
type Config struct {
	// AccessTokenTTL is how long an access token is good for, in whole seconds up to 24 hours. Defaults to one hour.
	AccessTokenTTL time.Duration
	// Client calls webhooks and hooks. Defaults to one that reaches public addresses by HTTPS alone.
	Client *delivery.Client
	// Directory is the domain to serve. Defaults to a new one over Store and Key.
	Directory *directory.Directory
	// Expressions compile the expressions of mappings. Defaults to none. Ignored when Directory is set.
	Expressions mapping.Expressions
	// Hook is custom provisioning logic: it is asked about each change of a person that comes by a connection (X8).
	// Defaults to asking the addresses that connections name. Ignored when Directory is set.
	Hook directory.Hook
	// Key seals secrets that must be read back. Ignored when Directory is set.
	Key directory.Key
	// Limits bound what one SCIM request may ask for.
	Limits Limits
	// Log receives one record per request and what happens in the background. Defaults to slog.Default().
	Log *slog.Logger
	// Mailer sends notices to the admins of workspaces (J10). nil: they get none.
	Mailer *delivery.Mailer
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Observe is told of requests as they are served. Defaults to nobody.
	Observe Observer
	// PrivateDiscovery asks for a token at /ServiceProviderConfig too. Defaults to false (D-25).
	PrivateDiscovery bool
	// PublicURL is the URL under which clients reach the handler's root; locations and base URLs are made from it. A
	// path in it is for the proxy that takes it off again.
	// Defaults to [DefaultPublicURL].
	PublicURL string
	// RateLimit bounds the requests of each connection.
	RateLimit RateLimit
	// Retention is how long logs are kept. Ignored when Directory is set.
	Retention directory.Retention
	// Store keeps the rows: sqlite.Open, … The caller closes it, after Close. Ignored when Directory is set.
	Store directory.Store
	// TrustedProxies are the peers whose X-Forwarded-For, X-Forwarded-Proto and X-Request-Id headers count.
	// Defaults to nobody.
	TrustedProxies []netip.Prefix
}

// Limits bound what one SCIM request may ask for. A zero field takes the default of [scimserver.Options].
type Limits struct {
	Body       int64 // bytes of a request body
	Operations int   // of one PATCH
	Bulk       int   // operations of one bulk request
	// CursorTimeout is how long a cursor of a list is good for, in whole seconds.
	CursorTimeout time.Duration
	Page          int // resources of one list
}

// Server is the handler with everything behind it. It is safe for concurrent use.
type Server struct {
	directory *directory.Directory
	client    *delivery.Client
	log       *slog.Logger
	publicURL string
	proxies   proxies
	now       func() time.Time
	accessTTL time.Duration
	requests  *limiter[string] // by connection
	failures  *limiter[netip.Addr]
	visits    *limiter[netip.Addr] // of browsers, by address
	begins    *limiter[netip.Addr] // those of them that begin a login
	mounts    []mount
	refusal   mount // of everything, when the server has closed
	state     atomic.Int32
	observer  Observer
	mailer    *delivery.Mailer
	// logoutToken tells an app that a session has ended; of the OpenID Provider.
	logoutToken func(context.Context, directory.Message) (string, error)
}

// The states of a server, in the order in which it passes through them.
const (
	serving int32 = iota
	draining
	closed
)

// New returns a server that is ready for requests. Call Run beside it to keep the background work going.
func New(cfg Config) (*Server, error) {
	public, err := ParsePublicURL(cmp.Or(cfg.PublicURL, DefaultPublicURL))
	if err != nil {
		return nil, err
	}
	if cfg.Client == nil {
		cfg.Client = delivery.NewClient(delivery.ClientConfig{})
	}
	dir, err := cfg.directory()
	if err != nil {
		return nil, err
	}
	limit := cfg.RateLimit.withDefaults()
	s := &Server{
		directory: dir, client: cfg.Client, log: cfg.Log, publicURL: public, proxies: cfg.TrustedProxies, now: cfg.Now,
		accessTTL: cmp.Or(cfg.AccessTokenTTL, defaultAccessTokenTTL), observer: cfg.Observe, mailer: cfg.Mailer,
		requests: newLimiter[string](limit, 1), failures: newLimiter[netip.Addr](limit, failuresOf),
		visits: newLimiter[netip.Addr](limit, 1), begins: newLimiter[netip.Addr](limit, beginsOf),
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.accessTTL < time.Second || s.accessTTL > maxAccessTokenTTL {
		return nil, fmt.Errorf("usher: AccessTokenTTL %s: it must be one second to %s", s.accessTTL, maxAccessTokenTTL)
	}
	if math.IsNaN(limit.PerSecond) {
		return nil, errors.New("usher: RateLimit.PerSecond is not a number")
	}
	s.refusal = newMount(FaceNone, "/", s.recorded("unserved request", http.HandlerFunc(s.refuse)))
	if s.mounts, err = s.mountTable(cfg); err != nil {
		return nil, fmt.Errorf("usher: %w", err)
	}
	return s, nil
}

func (cfg Config) directory() (*directory.Directory, error) {
	if cfg.Directory != nil {
		return cfg.Directory, nil
	}
	if cfg.Store == nil {
		return nil, errors.New("usher: Config needs a Directory, or a Store and a Key")
	}
	dir, err := directory.New(directory.Config{
		Store: cfg.Store, Key: cfg.Key, Log: cfg.Log, Now: cfg.Now, Expressions: cfg.Expressions,
		Retention: cfg.Retention, Hook: cfg.Hook, AddressedHook: delivery.HTTPHook(cfg.Client, cfg.Now), Span: cfg.Observe.Span,
	})
	if err != nil {
		return nil, fmt.Errorf("usher: %w", err)
	}
	return dir, nil
}

// Directory is the domain behind the server: what an embedder creates workspaces, connections and tokens with.
func (s *Server) Directory() *directory.Directory { return s.directory }

// TokenURL is where a connection's client credentials are exchanged for access tokens.
func (s *Server) TokenURL(connection string) string { return TokenURL(s.publicURL, connection) }

// BaseURL is the SCIM base URL of a connection, to be pasted into the identity provider.
func (s *Server) BaseURL(connection string) string { return BaseURL(s.publicURL, connection) }

// Run keeps the background work (webhooks, mails, logouts, jobs, the seals of the audit log, contact marks) going until ctx
// ends, then finishes what is pending.
func (s *Server) Run(ctx context.Context) error {
	var background sync.WaitGroup
	defer background.Wait()
	background.Go(func() {
		err := delivery.Run(ctx, delivery.Config{
			Directory: s.directory, Client: s.client, Log: s.log, LogoutToken: s.logoutToken, Mailer: s.mailer, Now: s.now,
			PublicURL: s.publicURL,
		})
		if err != nil {
			s.log.ErrorContext(ctx, "webhooks, mails and logouts are not delivered", "error", err)
		}
	})
	return s.directory.Run(ctx)
}

// Drain makes /readyz answer 503 from now on, so that a balancer stops sending. Requests are still served.
func (s *Server) Drain() { s.state.CompareAndSwap(serving, draining) }

// Close refuses every further request with 503, which the observer sees as well; those that are running finish. The store is the caller's to close,
// when Run has returned.
func (s *Server) Close() error {
	s.state.Store(closed)
	return nil
}
