package directory_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// emit commits one event of a workspace.
func (w *world) emit(workspace, id string) error {
	e := directory.Event{
		Root: w.workspace.Root, ID: id, Time: w.clock.Now(), Type: directory.EventMemberJoined,
		Workspace: workspace, Subject: "s", Data: []byte(`{}`),
	}
	return w.store.Commit(w.ctx, &directory.Change{Root: e.Root, Events: []directory.Event{e}})
}

func (w *world) openWith(cfg directory.Config) *directory.Directory {
	w.t.Helper()
	cfg.Store, cfg.Key, cfg.Now = w.store, w.key, w.clock.Now
	d, err := directory.New(cfg)
	check(w.t, err)
	return d
}

// A reader who goes on from the last Seq that it saw misses nothing and sees nothing twice, also while another process
// keeps a transaction open.
func TestFeed_FollowerSeesEverythingOnce(t *testing.T) {
	t.Parallel()
	w, raw := sealedWorld(t, 0, 1)
	d := w.openWith(directory.Config{Intervals: directory.Intervals{Feed: 5 * time.Millisecond}})
	const writers, each = 6, 50
	tx, err := raw.Begin()
	check(t, err)
	_, err = tx.Exec(`INSERT INTO event(root, id, time, type, workspace, connection, subject, data)
		SELECT root, 'held', 1, 'member.joined', id, '', 's', '{}' FROM workspace`)
	check(t, err)
	var work sync.WaitGroup
	for n := range writers {
		work.Go(func() {
			for i := range each {
				if err := w.emit(w.workspace.ID, fmt.Sprintf("%d/%d", n, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	held := time.AfterFunc(100*time.Millisecond, func() {
		if err := tx.Commit(); err != nil {
			t.Error(err)
		}
	})
	defer held.Stop()
	seen := map[string]bool{}
	for after := int64(0); len(seen) < writers*each+1; {
		events, err := d.Feed(w.ctx, w.workspace, after, 7, time.Minute)
		check(t, err)
		for _, e := range events {
			if e.Seq <= after || seen[e.ID] {
				t.Fatalf("event %s at %d came after %d, seen before: %t", e.ID, e.Seq, after, seen[e.ID])
			}
			after, seen[e.ID] = e.Seq, true
		}
	}
	work.Wait()
	if !seen["held"] {
		t.Error("the event of the long transaction was missed")
	}
}

func TestFeed_AWaitingReaderWakesUp(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		name string
		look time.Duration
		same bool // the event is written by the reader's process
	}{
		{"by a commit of this process", time.Hour, true},
		{"by a look for those of others", 5 * time.Millisecond, false},
	} {
		t.Run(at.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "okta")
			d := w.openWith(directory.Config{Intervals: directory.Intervals{Feed: at.look}})
			events, err := d.Feed(w.ctx, w.workspace, 0, 0, 0)
			check(t, err)
			after := int64(0)
			if len(events) > 0 {
				after = events[len(events)-1].Seq
			}
			got := make(chan []directory.Event, 1)
			go func() {
				events, err := d.Feed(w.ctx, w.workspace, after, 0, 30*time.Second)
				if err != nil {
					t.Error(err)
				}
				got <- events
			}()
			writer := w.directory
			if at.same {
				writer = d
			}
			c := writer.ClientFor(w.workspace, w.connection, operator)
			_, err = c.Create(w.ctx, decode(t, c, c.Types[0], `{"userName":"ada@example.com"}`), w.shown(c.Types[0]))
			check(t, err)
			select {
			case events := <-got:
				if len(events) == 0 || events[0].Seq <= after {
					t.Errorf("the reader got %v", events)
				}
			case <-time.After(10 * time.Second):
				t.Error("the reader still waits")
			}
		})
	}
}

func TestFeed_WaitsNoLongerThanAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, wait := range []time.Duration{0, 20 * time.Millisecond} {
		events, err := w.directory.Feed(w.ctx, w.workspace, 1<<40, 0, wait)
		if err != nil || len(events) != 0 {
			t.Errorf("waiting %s returned %v, %v", wait, events, err)
		}
	}
	ctx, stop := context.WithCancel(w.ctx)
	stop()
	if _, err := w.directory.Feed(ctx, w.workspace, 1<<40, 0, time.Minute); err == nil {
		t.Error("a reader who went away is still served")
	}
}

// A workspace sees its own events and those of its descendants, however many its neighbours have.
func TestFeed_ShowsTheBranchOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	child, grandchild := w.branch("child", w.workspace.ID), ""
	grandchild = w.branch("grandchild", child.ID).ID
	for i := range 30 {
		check(t, w.emit(w.workspace.ID, fmt.Sprint("above", i)))
	}
	check(t, w.emit(child.ID, "own"))
	for i := range 30 {
		check(t, w.emit(w.workspace.ID, fmt.Sprint("after", i)))
	}
	after := int64(0)
	next := func() string {
		events, err := w.directory.Feed(w.ctx, child, after, 10, 0)
		check(t, err)
		ids := ""
		for _, e := range events {
			ids, after = ids+e.ID+" ", e.Seq
		}
		return ids
	}
	equal(t, "first page", next(), "own ")
	equal(t, "second page", next(), "")
	check(t, w.emit(grandchild, "below"))
	equal(t, "third page", next(), "below ")
	after = 0
	equal(t, "from the beginning", next(), "own below ")
}

// branch makes a workspace below another one.
func (w *world) branch(id, parent string) directory.Workspace {
	w.t.Helper()
	b := directory.Workspace{
		Root: w.workspace.Root, ID: id, Key: "KEY-" + id, Name: id, Parent: parent, Created: w.clock.Now(), Version: 1,
	}
	check(w.t, w.store.Commit(w.ctx, &directory.Change{
		Root: b.Root, Workspaces: []directory.Edit[directory.Workspace]{{After: &b}}, Reconfigures: true,
	}))
	return b
}
