package directory

import (
	"context"
	"time"

	"github.com/usher-scim/usher/directory/internal/background"
)

// scrubSoon asks for what was erased to be overwritten in the files of the store. It never waits.
func (d *Directory) scrubSoon() {
	select {
	case d.scrub <- struct{}{}:
	default:
	}
}

// scrubRetry is how soon what could not be overwritten, because readers were in the way, is tried again.
const scrubRetry = 2 * time.Second

// keepScrubbed overwrites what was erased, until ctx ends. It begins with what an end of the process has left.
func (d *Directory) keepScrubbed(ctx context.Context) {
	d.scrubSoon()
	for {
		select {
		case <-d.scrub:
		case <-ctx.Done():
			return
		}
		if err := background.Guard(ctx, d.store.Scrub); err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "erased values not overwritten yet; trying again", "error", err)
			select {
			case <-time.After(scrubRetry):
				d.scrubSoon()
			case <-ctx.Done():
				return
			}
		}
	}
}
