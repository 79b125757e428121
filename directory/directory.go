package directory

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
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
}

// Directory is the domain over one store. It is safe for concurrent use.
type Directory struct {
	store Store
	key   Key
	log   *slog.Logger
	clock func() time.Time

	types announcements

	turns         turns
	credentials   credentialCache
	contacts      *contacts
	accessKey     [32]byte // signs access tokens, see oauth.go
	tombstoneKeys sync.Map // root → []byte, see tombstone.go
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
		turns:    newTurns(),
		contacts: newContacts(),

		accessKey: cfg.Key.derive("access tokens"),
	}
	if d.log == nil {
		d.log = slog.Default()
	}
	if d.clock == nil {
		d.clock = time.Now
	}
	return d, nil
}

// Run keeps the background work (contact marks, and what a change of the declared schemas has left to do) going until
// ctx ends, then finishes what is pending.
func (d *Directory) Run(ctx context.Context) error {
	var background sync.WaitGroup
	background.Go(func() { d.keepSettled(ctx) })
	defer background.Wait()
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
