package directory

import (
	"context"
	"sync"
	"time"
)

const (
	// maxFeedWait bounds a long poll; proxies give up on longer ones.
	maxFeedWait = 60 * time.Second
	// feedPage is how many events are read at once, and the limit of who asks for none.
	feedPage = 1000
)

// feed wakes up the readers of the event feed.
type feed struct {
	mu    sync.Mutex
	woken chan struct{} // closed by the next event; nil: nobody waits
	quiet map[string]stretch
}

// stretch is a part of the outbox, after < Seq <= to, without an event for a workspace.
type stretch struct{ after, to int64 }

// next returns a channel that is closed when the next event of this process is committed.
func (f *feed) next() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.woken == nil {
		f.woken = make(chan struct{})
	}
	return f.woken
}

func (f *feed) wake() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.woken != nil {
		close(f.woken)
		f.woken = nil
	}
}

// skip moves a position over what is known to hold nothing for the workspace, so that the reader of a quiet
// workspace does not read its neighbours' events again with every call.
func (f *feed) skip(workspace string, after int64) int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.quiet[workspace]; ok && s.after <= after && after < s.to {
		return s.to
	}
	return after
}

const maxQuiet = 10_000

func (f *feed) remember(workspace string, s stretch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.quiet == nil || len(f.quiet) >= maxQuiet {
		f.quiet = map[string]stretch{}
	}
	if old, ok := f.quiet[workspace]; ok && old.after <= s.after && s.after <= old.to {
		s.after = old.after
	}
	f.quiet[workspace] = s
}

// Feed returns the events of the workspace and its descendants with a Seq above after, oldest first, at most limit
// (0: 1,000). When there is none it waits for one, up to wait and at most a minute, and then returns none. The Seq of
// the last event is the position to go on from: no event ever appears below it.
func (d *Directory) Feed(ctx context.Context, w Workspace, after int64, limit int, wait time.Duration) ([]Event, error) {
	if limit <= 0 || limit > feedPage {
		limit = feedPage
	}
	within, err := d.below(ctx, w)
	if err != nil {
		return nil, err
	}
	deadline := time.NewTimer(min(wait, maxFeedWait))
	defer deadline.Stop()
	look := time.NewTicker(d.intervals.Feed)
	defer look.Stop()
	for {
		woken := d.feed.next() // before the read: what is committed after it wakes
		found, scanned, err := d.events(ctx, w, within, after, limit)
		if err != nil || len(found) > 0 || wait <= 0 {
			return found, err
		}
		after = scanned
		select {
		case <-woken:
		case <-look.C:
		case <-deadline.C:
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// events reads up to limit events for the workspaces, and says how far it has read.
func (d *Directory) events(
	ctx context.Context, w Workspace, within map[string]bool, after int64, limit int,
) (found []Event, scanned int64, err error) {
	scanned = d.feed.skip(w.ID, after)
	for {
		page, err := d.store.Events(ctx, w.Root, scanned, feedPage)
		if err != nil {
			return nil, scanned, err
		}
		for _, e := range page {
			if within != nil && !within[e.Workspace] {
				continue
			}
			if found = append(found, e); len(found) == limit {
				return found, e.Seq, nil
			}
		}
		if len(page) > 0 {
			scanned = page[len(page)-1].Seq
		}
		if len(found) == 0 && scanned > after {
			d.feed.remember(w.ID, stretch{after, scanned})
		}
		if len(page) < feedPage || len(found) > 0 {
			return found, scanned, nil
		}
	}
}

// below returns the ids of the workspace and its descendants; nil stands for the whole root.
func (d *Directory) below(ctx context.Context, w Workspace) (map[string]bool, error) {
	if w.ID == w.Root {
		return nil, nil
	}
	tree, err := d.store.Tree(ctx, w.Root)
	if err != nil {
		return nil, err
	}
	within := map[string]bool{w.ID: true}
	for grew := true; grew; {
		grew = false
		for _, child := range tree {
			if within[child.Parent] && !within[child.ID] {
				within[child.ID], grew = true, true
			}
		}
	}
	return within, nil
}
