package directory

import (
	"fmt"
	"sync"
	"time"
)

// begun bounds how many rows of a root anybody can have kept who begins what waits for a login: they live for ten minutes, and
// nobody has to be known for them. Each process counts its own.
type begun struct {
	mu    sync.Mutex
	roots map[string]begunSince
}

type begunSince struct {
	at time.Time
	n  int
}

const (
	begunFor = attemptAge // as long as an authorization waits too
	maxBegun = 50_000     // in that time: more than a large tenant has in the morning
)

// add counts one more of the root. ErrBusy: there were too many lately.
func (b *begun) add(root string, now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	since := b.roots[root]
	if age := now.Sub(since.at); age < 0 || age >= begunFor {
		since = begunSince{at: now}
	}
	if since.n >= maxBegun {
		return fmt.Errorf("%w: %d logins were begun since %s", ErrBusy, since.n, since.at.UTC().Format(time.RFC3339))
	}
	since.n++
	if b.roots == nil {
		b.roots = map[string]begunSince{}
	}
	b.roots[root] = since
	return nil
}
