package openid

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// busyStore is a store that writes nothing, or finds no app, while others are in the way.
type busyStore struct {
	directory.Store
	writes, apps atomic.Bool
}

func (s *busyStore) Commit(ctx context.Context, c *directory.Change) error {
	if s.writes.Load() {
		return directory.ErrBusy
	}
	return s.Store.Commit(ctx, c)
}

func (s *busyStore) App(ctx context.Context, root, id string) (directory.App, error) {
	if s.apps.Load() {
		return directory.App{}, directory.ErrBusy
	}
	return s.Store.App(ctx, root, id)
}

// TestBusyStore: while the store is busy an app is told so where it is known, and told when to ask again where it asks itself;
// nothing is used up.
func TestBusyStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	kept := b.authorize(w.request()) // to be resumed
	got := b.tokensOf("ada")
	code := b.code()

	w.store.writes.Store(true)
	for name, answered := range map[string]answer{
		"a code": b.authorize(w.request()), "a request to be kept": w.browser().authorize(w.request()),
		"resumed": b.get(w.server.URL + askedFor(t, kept).Return),
	} {
		if !strings.HasPrefix(answered.location, callback+"?") || answered.parameter("error") != codeBusy ||
			answered.parameter("state") != "the state" || answered.parameter("iss") != w.server.URL {
			t.Errorf("%s: %d %s %s", name, answered.status, answered.location, answered.body)
		}
	}
	for name, answered := range map[string]tokenAnswer{"a code": w.token(w.redemption(code)), "a refresh token": w.token(w.refreshing(got.Refresh))} {
		if answered.status != http.StatusServiceUnavailable || answered.Code != codeBusy || answered.header.Get("Retry-After") != "1" {
			t.Errorf("%s: %d %s %v", name, answered.status, answered.body, answered.header)
		}
	}
	w.store.apps.Store(true)
	page := b.authorize(w.request())
	if page.status != http.StatusServiceUnavailable || page.header.Get("Retry-After") != "1" || page.location != "" || !strings.Contains(page.body, "req-1") {
		t.Errorf("no app is known: %d %s %s", page.status, page.location, page.body)
	}

	w.store.writes.Store(false)
	w.store.apps.Store(false)
	for name, answered := range map[string]tokenAnswer{"the code": w.token(w.redemption(code)), "the refresh token": w.token(w.refreshing(got.Refresh))} {
		if answered.status != http.StatusOK {
			t.Errorf("%s, later: %d %s", name, answered.status, answered.body)
		}
	}
}
