package directory

import (
	"context"
	"time"
)

const (
	// maxFeedWait bounds a long poll; proxies give up on longer ones.
	maxFeedWait = 60 * time.Second
	// feedPage is how many events are read at once, and the limit of who asks for none.
	feedPage = 1000
)

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
		woken := d.feed.Next() // before the read: what is committed after it wakes
		found, scanned, err := d.events(ctx, w, within, after, limit)
		if err != nil || len(found) > 0 || wait <= 0 {
			d.counts.given(found, d.clock())
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
	scanned = d.feed.Skip(w.ID, after)
	for {
		page, err := d.store.Events(ctx, w.Root, scanned, feedPage)
		if err != nil {
			return nil, scanned, err
		}
		for _, e := range page {
			if e.Type == EventsPruned {
				return nil, scanned, missed(after, e.Seq)
			}
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
			d.feed.Quiet(w.ID, after, scanned)
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
