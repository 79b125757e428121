package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-scim/usher/directory/internal/chain"
)

// Retention is how long the logs of each root are kept, and what is left of ephemeral people who have gone. A zero field
// takes the default; a time below zero is for good.
type Retention struct {
	Requests       time.Duration // records of the provisioning log; 30 days
	RequestRecords int           // and at most so many of them; 1,000,000
	// Events of the feed; 90 days. A reader that comes back later is told so, and begins anew.
	Events time.Duration
	// Audit entries, by whole sealed segments, whose hash stays; for good.
	Audit time.Duration
	// Ephemeral is how long an identity leads back to the id that its ephemeral person had, and the person's second factor
	// is kept; 400 days.
	Ephemeral time.Duration
}

func (r Retention) withDefaults() Retention {
	const day = 24 * time.Hour
	r.Requests = cmp.Or(r.Requests, 30*day)
	r.RequestRecords = cmp.Or(r.RequestRecords, 1_000_000)
	r.Events = cmp.Or(r.Events, 90*day)
	r.Audit = cmp.Or(r.Audit, -1)
	r.Ephemeral = cmp.Or(r.Ephemeral, 400*day)
	return r
}

// EventsPruned is the type of the event that stands where older ones were dropped: who reads it has missed some. It is of
// no workspace and goes to no webhook.
const EventsPruned = "events.pruned"

// abandonedAge is how long a message that is tried no more can be looked at.
const abandonedAge = 7 * 24 * time.Hour

// pruneSlices bounds how many slices of one log a turn drops.
const pruneSlices = 50

// pruneLogs drops what is too old or too much, in bounded slices between which others write. Ephemeral people who have
// gone it forgets.
func (d *Directory) pruneLogs(ctx context.Context) error {
	installation := inSlices(ctx, func() (int, error) { return d.pruneExpired(ctx, "") })
	return errors.Join(installation, d.eachRoot(ctx, func(ctx context.Context, root string) error {
		return errors.Join(
			inSlices(ctx, func() (int, error) {
				return d.store.PruneRequests(ctx, root, d.since(d.retention.Requests), d.retention.RequestRecords)
			}),
			inSlices(ctx, func() (int, error) { return d.store.PruneEvents(ctx, root, d.since(d.retention.Events)) }),
			inSlices(ctx, func() (int, error) { return d.pruneExpired(ctx, root) }),
			inSlices(ctx, func() (int, error) { return d.forgetGone(ctx, root) }),
			d.pruneAudit(ctx, root),
		)
	}))
}

func (d *Directory) pruneExpired(ctx context.Context, root string) (int, error) {
	return d.store.PruneExpired(ctx, root, d.now(), d.since(abandonedAge))
}

// since is from when on a log is kept.
func (d *Directory) since(kept time.Duration) time.Time {
	if kept < 0 {
		return time.Unix(0, 0)
	}
	return d.now().Add(-kept)
}

func inSlices(ctx context.Context, slice func() (int, error)) error {
	for range pruneSlices {
		n, err := slice()
		if err != nil || n == 0 || ctx.Err() != nil {
			return err
		}
	}
	return nil
}

// pruneAudit drops sealed entries that are too old. Of two processes that do so at once one finds the other's mark.
func (d *Directory) pruneAudit(ctx context.Context, root string) error {
	if d.retention.Audit < 0 {
		return nil
	}
	err := d.chain.Prune(ctx, root, d.since(d.retention.Audit), func(ctx context.Context, s chain.Segment) (int, error) {
		return d.store.PruneAudit(ctx, root, Segment(s))
	})
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

// missed refuses to go on from a position behind which events up to another one were dropped.
func missed(after, upTo int64) error {
	return refuse(RefusedExpired, fmt.Sprintf("read the members anew, then go on from position %d", upTo),
		"events behind position %d are not kept any more", after)
}
