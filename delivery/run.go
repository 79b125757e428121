package delivery

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Config configures [Run]. Directory is required.
type Config struct {
	Directory *directory.Directory
	// Client makes the calls. Defaults to NewClient(ClientConfig{}).
	Client *Client
	// Log receives failures. Defaults to slog.Default().
	Log *slog.Logger
	// LogoutToken makes the token by which an app learns that a session has ended (OpenID Connect Back-Channel Logout §2.4).
	// nil: apps are not told.
	LogoutToken func(ctx context.Context, m directory.Message) (string, error)
	// Mailer sends notices to admins. nil: nobody is told, and notices that are five days old are dropped.
	Mailer *Mailer
	// Now is the clock. Defaults to time.Now.
	Now func() time.Time
	// PublicURL stands in mails, so that who gets one knows where it comes from. May be empty.
	PublicURL string
}

// Run brings events to the webhooks, logouts to the apps and notices to the admins until ctx ends, then records what it has
// done.
func Run(ctx context.Context, cfg Config) error {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return err
	}
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { (&mailRoom{cfg}).run(ctx) })
	if cfg.LogoutToken != nil {
		work.Go(func() { newLogouts(cfg).run(ctx) })
	}
	newDispatcher(cfg).run(ctx)
	return nil
}

func (cfg Config) withDefaults() (Config, error) {
	if cfg.Directory == nil {
		return cfg, errors.New("delivery: Config.Directory is required")
	}
	if cfg.Client == nil {
		cfg.Client = NewClient(ClientConfig{})
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return cfg, nil
}
