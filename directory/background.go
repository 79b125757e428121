package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory/internal/requestlog"
)

// Intervals are how often the background work of [Directory.Run] is done. A zero field takes the default.
type Intervals struct {
	Seal        time.Duration // audit entries are chained; 2 s
	Requests    time.Duration // waiting records of the provisioning log are written; 1 s
	Prune       time.Duration // old records and events are dropped; 1 min
	Removals    time.Duration // memberships that can be restored no more are dropped; 1 h
	Licence     time.Duration // active members are counted; 1 h
	Domains     time.Duration // it is looked which proofs of domains are due; 1 h
	Expiry      time.Duration // it is looked which tokens expire soon; 1 h
	SigningKeys time.Duration // it is looked whether they are old; 1 h
	Sessions    time.Duration // it is looked which sessions and ephemeral people are over; 10 s
	Feed        time.Duration // a waiting reader of the feed looks for what other processes wrote; 500 ms
}

func (i Intervals) withDefaults() Intervals {
	return Intervals{
		Seal:        cmp.Or(i.Seal, 2*time.Second),
		Requests:    cmp.Or(i.Requests, time.Second),
		Prune:       cmp.Or(i.Prune, time.Minute),
		Removals:    cmp.Or(i.Removals, time.Hour),
		Licence:     cmp.Or(i.Licence, time.Hour),
		Domains:     cmp.Or(i.Domains, time.Hour),
		Expiry:      cmp.Or(i.Expiry, time.Hour),
		SigningKeys: cmp.Or(i.SigningKeys, time.Hour),
		Sessions:    cmp.Or(i.Sessions, 10*time.Second),
		Feed:        cmp.Or(i.Feed, 500*time.Millisecond),
	}
}

// roots returns the ids of all root workspaces.
func (d *Directory) roots(ctx context.Context) ([]string, error) {
	all, err := d.store.Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	var roots []string
	for _, w := range all {
		if w.Root == w.ID {
			roots = append(roots, w.Root)
		}
	}
	return roots, nil
}

// eachRoot does the work for every root. What fails for one does not keep the others from theirs; the first error is
// returned.
func (d *Directory) eachRoot(ctx context.Context, work func(ctx context.Context, root string) error) error {
	roots, err := d.roots(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, root := range roots {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := work(ctx, root); err != nil && first == nil {
			first = fmt.Errorf("root %s: %w", root, err)
		}
	}
	return first
}

// committed is told of every change that was committed: readers of the feed wake up, the sealer learns where to look,
// and a request whose record went with the change needs no other.
func (d *Directory) committed(ctx context.Context, c *Change) {
	if len(c.Audit) > 0 {
		d.chain.Wrote(c.Root)
	}
	if len(c.Events) > 0 {
		d.feed.Wake()
	}
	if len(c.Ends) > 0 {
		d.sweepSoon()
	}
	if len(c.Messages) > 0 {
		d.messages.Wake()
	}
	if slices.ContainsFunc(c.Jobs, func(e Edit[Job]) bool { return e.Before == nil }) {
		d.wakeJobs()
	}
	if len(c.Erase) > 0 {
		d.requests.Erased(c.Root, c.Erase)
	}
	if n := requestlog.NoteOf(ctx); n != nil && len(c.Requests) > 0 {
		n.Recorded()
	}
}
