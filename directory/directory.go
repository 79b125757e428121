package directory

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory/internal/announce"
	"github.com/usher-scim/usher/directory/internal/background"
	"github.com/usher-scim/usher/directory/internal/brake"
	"github.com/usher-scim/usher/directory/internal/chain"
	"github.com/usher-scim/usher/directory/internal/credential"
	"github.com/usher-scim/usher/directory/internal/feed"
	"github.com/usher-scim/usher/directory/internal/requestlog"
	"github.com/usher-scim/usher/directory/internal/turn"
	"github.com/usher-scim/usher/mapping"
)

// Config configures a [Directory]. Store and Key are required.
type Config struct {
	Store Store
	// Key seals secrets that must be read back (AES-256-GCM).
	Key Key
	// Log receives what happens in the background. Defaults to slog.Default().
	Log *slog.Logger
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// Expressions compile the expressions of mappings. nil: mappings have none.
	Expressions mapping.Expressions
	// LookupTXT asks the DNS for the TXT records of a name. Defaults to net.DefaultResolver.LookupTXT.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
	// Intervals are how often background work is done.
	Intervals Intervals
	// Retention is how long logs are kept, and what is left of ephemeral people who have gone.
	Retention Retention
	// Hook is asked about every change that comes by a connection (X8). nil: see AddressedHook.
	Hook Hook
	// AddressedHook is asked, unless there is a Hook, about changes that come by a connection with an address to ask
	// (ConnectionSettings.Hook): delivery.HTTPHook. nil: requests of such a connection fail.
	AddressedHook Hook
	// Span is told of the parts of every change. nil: nobody is.
	Span Span
}

// Directory is the domain over one store. It is safe for concurrent use.
type Directory struct {
	store Store
	key   Key
	log   *slog.Logger
	clock func() time.Time

	types       announce.Memory
	trees       sync.Map // root → *tree
	expressions mapping.Expressions
	basePaths   basePaths
	hooks       *hooks

	leavers brake.Counter
	jobs    chan struct{} // wakes the worker
	scrub   chan struct{} // asks for what was erased to be overwritten
	taken   sync.Map      // by connection: when a userName was taken; see presumesFree
	sweeps  chan struct{} // asks for ended sessions to be closed

	lookupTXT func(ctx context.Context, name string) ([]string, error)
	intervals Intervals
	retention Retention
	chain     *chain.Log
	feed      feed.Readers
	messages  feed.Readers
	requests  *requestlog.Log

	turns         *turn.Queues
	credentials   admissions
	apiKeys       credential.Cache[APIKey]
	contacts      contacts
	accessKey     [32]byte // signs access tokens, see oauth.go
	tombstoneKeys sync.Map // root → *tombstoneHash, see tombstone.go
	counts        counts   // see stats.go
	signers       signers  // see signingkey.go
	keptOut       keptOut  // see address.go
	// What waits for somebody to sign in, see begun.go.
	attempts, authorizations begun
	span                     Span // may be nil
}

// New returns a directory. Call Run to keep its background work going.
func New(cfg Config) (*Directory, error) {
	if cfg.Store == nil {
		return nil, errors.New("directory: Config.Store is required")
	}
	if cfg.Key == (Key{}) {
		return nil, errors.New("directory: Config.Key is required: make one with NewKey")
	}
	d := &Directory{
		store: cfg.Store, key: cfg.Key, log: cfg.Log, clock: cfg.Now,
		expressions: cfg.Expressions,

		jobs:  make(chan struct{}, 1),
		scrub: make(chan struct{}, 1), sweeps: make(chan struct{}, 1),

		lookupTXT: cfg.LookupTXT,
		intervals: cfg.Intervals.withDefaults(),
		retention: cfg.Retention.withDefaults(),

		turns:    turn.New(),
		contacts: contacts{queue: make(chan mark, contactQueue)},

		accessKey: cfg.Key.Derive("access tokens"),
		span:      cfg.Span,
	}
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.clock == nil {
		d.clock = time.Now
	}
	if d.lookupTXT == nil {
		d.lookupTXT = net.DefaultResolver.LookupTXT
	}
	d.chain = d.newChain()
	d.requests = d.newRequestLog()
	d.hooks = newHooks(cfg, d.log, d.clock)
	return d, nil
}

// Run keeps the background work (contact marks, and what a change of the declared schemas has left to do) going until
// ctx ends, then finishes what is pending.
func (d *Directory) Run(ctx context.Context) error {
	var work sync.WaitGroup
	work.Go(func() { d.keepSettled(ctx) })
	work.Go(func() { d.keepSealed(ctx) })
	work.Go(func() { d.keepRequests(ctx) })
	work.Go(func() { background.Every(ctx, d.log, d.intervals.Prune, "prune the logs", d.pruneLogs) })
	work.Go(func() { background.Every(ctx, d.log, d.intervals.Removals, "drop old removals", d.pruneRemovals) })
	work.Go(func() { background.Every(ctx, d.log, d.intervals.Licence, "count the members", d.CountLicences) })
	work.Go(func() { background.Every(ctx, d.log, d.intervals.Domains, "check the domains", d.recheckDomains) })
	work.Go(func() { d.keepJobs(ctx) })
	work.Go(func() { d.keepSwept(ctx) })
	work.Go(func() { background.Every(ctx, d.log, d.intervals.Expiry, "tell of tokens that expire", d.tellExpiring) })
	work.Go(func() {
		background.Every(ctx, d.log, d.intervals.SigningKeys, "rotate the signing keys", d.rotateWhenDue)
	})
	work.Go(func() { d.keepScrubbed(ctx) })
	defer work.Wait()
	for {
		select {
		case m := <-d.contacts.queue:
			d.recordContact(ctx, m)
		case <-ctx.Done():
			d.recordPendingContacts(ctx)
			return nil
		}
	}
}

// Ready reports whether requests can be served: the store answers.
func (d *Directory) Ready(ctx context.Context) error { return d.store.Ping(ctx) }

// now is the time of a change. Stores keep milliseconds; what a write returns is what a later read returns.
func (d *Directory) now() time.Time { return d.clock().UTC().Truncate(time.Millisecond) }
