package directory_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

// observed is the real store. It shows each change before it is committed.
type observed struct {
	directory.Store
	mu  sync.Mutex
	see func(*directory.Change)
}

func (o *observed) Commit(ctx context.Context, c *directory.Change) error {
	o.mu.Lock()
	see := o.see
	o.mu.Unlock()
	if see != nil {
		see(c)
	}
	return o.Store.Commit(ctx, c)
}

// In the middle of each slice of a job somebody changes one of the very people whom it is about, and somebody else. The
// job holds nothing that they need; it plans anew and both changes last.
func TestJob_HoldsUpNobody(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{Mapping: mapping.Rules{Groups: []mapping.GroupRule{{Group: "All", Role: "Viewer"}}}})
	const people = 600
	users, values := map[string]string{}, make([]string, people) // id by subject
	for i := range values {
		rec := w.user(fmt.Sprintf(`{"userName":"u%d"}`, i))
		users[w.subject(rec.ID)], values[i] = rec.ID, fmt.Sprintf(`{"value":%q}`, rec.ID)
	}
	other := w.user(`{"userName":"other"}`).ID
	w.group(`{"displayName":"All","members":[` + strings.Join(values, ",") + `]}`)

	o := &observed{Store: w.store}
	w.store = o
	w.directory = w.open(w.key)
	w.Client = w.directory.ClientFor(w.workspace, w.connection, operator)
	slices, seen, changed := 0, map[int]bool{}, map[string]string{}
	o.see = func(c *directory.Change) { // by the worker alone: nobody else's changes have jobs
		if len(c.Jobs) == 0 || len(c.Memberships) == 0 || seen[c.Jobs[0].After.Done] {
			return
		}
		seen[c.Jobs[0].After.Done] = true
		slices++
		if n := len(c.Memberships); n > 50 {
			t.Errorf("slice %d is about %d people", slices, n)
		}
		for _, id := range []string{users[c.Memberships[0].After.Subject], other} {
			changed[id] = fmt.Sprint("title", slices)
			if _, err := w.patch(w.userType(), id, replaceOp("title", `"`+changed[id]+`"`)); err != nil {
				t.Errorf("slice %d: %v", slices, err)
			}
		}
	}
	w.work()
	equal(t, "slices, at least", min(slices, people/50), people/50)
	for id, title := range changed {
		equal(t, "title", strings.Contains(string(w.get(w.userType(), id).Body), `"title":"`+title+`"`), true)
	}
	for subject := range users {
		equal(t, "role of "+subject, w.membership(subject).Role, "Viewer")
	}
}
