package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// Who reads on from before what was dropped is told where to begin anew; who stands behind it notices nothing, and a
// webhook is sent no word of it.
func TestPruneLogs_TheFeed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.directory = w.openWith(directory.Config{Retention: directory.Retention{Events: 24 * time.Hour}})
	h, err := w.directory.CreateWebhook(w.ctx, operator, w.workspace, directory.NewWebhook{URL: "https://app.example.com/hook"})
	check(t, err)
	for _, id := range []string{"old", "older", "oldest"} {
		check(t, w.emit(w.workspace.ID, id))
	}
	before, err := w.directory.Feed(w.ctx, w.workspace, 0, 0, 0)
	check(t, err)
	w.clock.add(25 * time.Hour)
	check(t, w.emit(w.workspace.ID, "new"))
	check(t, w.directory.PruneLogs(w.ctx))

	last := before[len(before)-1].Seq
	_, err = w.directory.Feed(w.ctx, w.workspace, 0, 0, 0)
	if refusalKind(err) != directory.RefusedExpired {
		t.Errorf("from the start: %v, want it refused as expired", err)
	}
	events, err := w.directory.Feed(w.ctx, w.workspace, last, 0, 0)
	check(t, err)
	if len(events) != 1 || events[0].ID != "new" {
		t.Errorf("behind what was dropped: %+v, want the new event", events)
	}
	messages, upTo, err := w.directory.WaitingMessages(w.ctx, h.Webhook, 0, 100)
	check(t, err)
	if len(messages) != 1 || upTo != events[0].Seq {
		t.Errorf("the webhook hears of %d events up to %d, want the new one", len(messages), upTo)
	}
}

// Audit entries are kept for good unless told otherwise; then what is left still verifies, and fits a checkpoint of before.
func TestPruneLogs_TheAuditLog(t *testing.T) {
	t.Parallel()
	w, _ := sealedWorld(t, 24, 5)
	kept := w.checkpoint()
	w.clock.add(40 * 24 * time.Hour)
	w.enter(24)
	check(t, w.directory.SealAudit(w.ctx))
	check(t, w.directory.PruneLogs(w.ctx))
	if v := w.verify(kept); v.Fault != nil || v.Pruned != 0 || v.Entries != 26 {
		t.Errorf("with no limit: %+v", v)
	}
	w.directory = w.openWith(directory.Config{Retention: directory.Retention{Audit: 30 * 24 * time.Hour}})
	check(t, w.directory.PruneLogs(w.ctx))
	if v := w.verify(kept); v.Fault != nil || v.Pruned != kept.No || v.Entries != 1 || v.Segments != 1 {
		t.Errorf("after 30 days: %+v, want one entry in one segment behind %d", v, kept.No)
	}
	entries, err := w.store.Audit(w.ctx, w.workspace.Root, "", 0, 0)
	check(t, err)
	if len(entries) != 1 || entries[0].ID != "entry24" {
		t.Errorf("%d entries are left, want the one of today", len(entries))
	}
}
