package directory_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// What is counted is what has happened: a commit, and the events that a reader was given.
func TestStats_CountWhatHappened(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	before := w.directory.Stats()
	w.user(`{"userName":"ada@example.com"}`)
	events, err := w.directory.Feed(w.ctx, w.workspace, 0, 0, time.Second)
	check(t, err)
	after := w.directory.Stats()
	equal(t, "events", after.FeedEvents-before.FeedEvents, int64(len(events)))
	if after.Store.Writes.Count <= before.Store.Writes.Count || after.FeedAge < before.FeedAge {
		t.Errorf("before %+v, after %+v", before, after)
	}
	if after.Conflicts != 0 || after.GivenUp != 0 || after.RequestsRoom == 0 {
		t.Errorf("%+v", after)
	}
	b, err := w.directory.Backlog(w.ctx)
	check(t, err)
	if b.Audit.Count == 0 || b.Audit.Oldest.IsZero() {
		t.Errorf("entries that nobody has sealed do not wait: %+v", b)
	}
}

// The parts of a change are told in their order, with the error that each ends with.
func TestSpan_PlanThenCommit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	var told []string
	d, err := directory.New(directory.Config{Store: w.store, Key: directory.NewKey(), Span: func(ctx context.Context, part string) (context.Context, func(error)) {
		return ctx, func(err error) {
			if err != nil {
				part += " refused"
			}
			told = append(told, part)
		}
	}})
	check(t, err)
	by := directory.Actor{Name: "test"}
	_, err = d.CreateConnection(w.ctx, by, w.workspace, directory.NewConnection{Name: "second", Profile: "okta"})
	check(t, err)
	equal(t, "parts", told, []string{directory.SpanPlan, directory.SpanCommit})
	told = nil
	_, err = d.CreateConnection(w.ctx, by, w.workspace, directory.NewConnection{Name: "second", Profile: "okta"})
	var refused *directory.Refusal
	if !errors.As(err, &refused) {
		t.Fatalf("a name that is taken: %v", err)
	}
	for _, part := range told {
		if part == directory.SpanCommit {
			t.Errorf("what was refused was committed: %v", told)
		}
	}
}
