package usher

import (
	"net/netip"
	"sync"
	"testing"
	"time"
)

// The memory of a limiter is bounded, and what it forgets first are buckets that are full.
func TestLimiter_IsBounded(t *testing.T) {
	t.Parallel()
	l := newLimiter[int](RateLimit{PerSecond: 1, Burst: 2}, 1)
	now := time.Unix(1_000_000, 0)
	for i := range maxBuckets - 1 {
		l.take(i, now.Add(-time.Hour)) // full again by now
	}
	l.take(-1, now)
	l.take(-1, now) // empty
	l.take(maxBuckets, now)
	if got := len(l.buckets); got != 2 {
		t.Errorf("%d buckets after the sweep, want the empty one and the new one", got)
	}
	if l.take(-1, now) == 0 {
		t.Error("the sweep forgot an empty bucket")
	}
	for i := range 3 * maxBuckets {
		l.take(i, now)
	}
	if got := len(l.buckets); got > maxBuckets {
		t.Errorf("%d buckets, want %d at most", got, maxBuckets)
	}
}

// Of many requests at once exactly the burst gets through.
func TestLimiter_Concurrent(t *testing.T) {
	t.Parallel()
	l := newLimiter[string](RateLimit{PerSecond: 10, Burst: 100}, 1)
	now := time.Unix(1_000_000, 0)
	var mu sync.Mutex
	var group sync.WaitGroup
	passed := 0
	for range 8 {
		group.Go(func() {
			for range 100 {
				if l.take("a", now) == 0 {
					mu.Lock()
					passed++
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	if passed != 100 {
		t.Errorf("%d requests passed, want 100", passed)
	}
}

func TestLimiter_NilLetsEverythingThrough(t *testing.T) {
	t.Parallel()
	l := newLimiter[string](RateLimit{PerSecond: -1}, 1)
	if l != nil || l.take("a", time.Now()) != 0 {
		t.Errorf("%v", l)
	}
}

// One host with IPv6 has a network of addresses, and is one guesser with all of them.
func TestGuesser_IPv6NetworkIsOne(t *testing.T) {
	t.Parallel()
	at := func(addr string) netip.Addr {
		return (&exchange{peer: peer{addr: netip.MustParseAddr(addr)}}).guesser()
	}
	for _, row := range []struct {
		a, b string
		same bool
	}{
		{"2001:db8::1", "2001:db8::ffff:2", true},
		{"2001:db8::1", "2001:db8:0:1::1", false},
		{"192.0.2.1", "192.0.2.2", false},
	} {
		if got := at(row.a) == at(row.b); got != row.same {
			t.Errorf("%s and %s: the same is %t, want %t", row.a, row.b, got, row.same)
		}
	}
	if (&exchange{}).guesser() != (netip.Addr{}) {
		t.Error("no address, as on a Unix socket")
	}
}
