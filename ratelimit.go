package usher

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/usher-scim/usher/scim"
)

// RateLimit bounds the requests of one connection to this process (D-28). Who sends more gets 429 with Retry-After.
type RateLimit struct {
	// PerSecond is the steady rate. Defaults to 100; Entra asks for 25 (T-020). Negative: no limit at all.
	PerSecond float64
	// Burst is how many requests may come at once. Defaults to 200.
	Burst int
}

// failuresOf is the share of the limit that one address has for requests with wrong credentials.
const failuresOf = 0.1

// beginsOf is the share that one address has for beginning logins: each keeps a row, before anybody is known.
const beginsOf = 0.1

// withDefaults fills what was left zero.
func (l RateLimit) withDefaults() RateLimit {
	if l.PerSecond == 0 {
		l.PerSecond = 100
	}
	if l.Burst <= 0 {
		l.Burst = 200
	}
	return l
}

// refuseFlood counts a request of a connection that has proved who it is, and refuses what is too much.
func (s *Server) refuseFlood(e *exchange, connection string) error {
	if wait := s.requests.take(connection, s.now()); wait > 0 {
		return e.mustWait(wait, s.requests.String())
	}
	return nil
}

// guesser is who sent wrong credentials: an address, of IPv6 the network, which one host has to itself.
func (e *exchange) guesser() netip.Addr {
	if network, err := e.addr.Prefix(64); err == nil && e.addr.Is6() {
		return network.Addr()
	}
	return e.addr
}

// slowGuessing is what is said to who could not show who it is: who was wrong too often must wait. Right credentials are
// never held up by the wrong ones of a neighbour, as identity providers serve many customers from one address.
func (s *Server) slowGuessing(e *exchange, err error) error {
	refused, ok := errors.AsType[*scim.Error](err)
	if !ok || refused.Status() != http.StatusUnauthorized {
		return err
	}
	if wait := s.failures.take(e.guesser(), s.now()); wait > 0 {
		return e.mustWait(wait, s.failures.String()+" with wrong credentials")
	}
	return err
}

// mustWait is the refusal with Retry-After: an integer (T-019).
func (e *exchange) mustWait(seconds int, limit string) error {
	e.header.Set("Retry-After", strconv.Itoa(seconds))
	return scim.NewError(scim.KindRateLimited, "", "", limit)
}

// maxBuckets bounds the memory of a limiter.
const maxBuckets = 10_000

// limiter gives each key a bucket of its own that fills steadily. Nil lets everything through.
type limiter[K comparable] struct {
	perSecond rate.Limit
	burst     int

	mu      sync.Mutex
	buckets map[K]*rate.Limiter
	latest  time.Time
}

// newLimiter returns a limiter for a share of the limit, nil for none.
func newLimiter[K comparable](l RateLimit, share float64) *limiter[K] {
	if l.PerSecond < 0 {
		return nil
	}
	return &limiter[K]{perSecond: rate.Limit(l.PerSecond * share), burst: l.Burst, buckets: map[K]*rate.Limiter{}}
}

// String says what is let through.
func (l *limiter[K]) String() string {
	if l == nil {
		return "everything"
	}
	return fmt.Sprintf("%g requests per second, %d at once", float64(l.perSecond), l.burst)
}

// take lets one request of the key through, or returns in how many seconds there is room for the next one.
func (l *limiter[K]) take(key K, now time.Time) (retryAfter int) {
	if l == nil {
		return 0
	}
	b := l.bucket(key, now)
	if b.AllowN(now, 1) {
		return 0
	}
	return l.wait(b, now)
}

// wait is in how many whole seconds the bucket has room: at least 1.
func (l *limiter[K]) wait(b *rate.Limiter, now time.Time) int {
	seconds := (1 - b.TokensAt(now)) / float64(l.perSecond)
	return int(min(max(math.Ceil(seconds), 1), 3600))
}

// bucket finds the key's bucket, or makes it.
func (l *limiter[K]) bucket(key K, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.follow(now)
	if b := l.buckets[key]; b != nil {
		return b
	}
	if len(l.buckets) >= maxBuckets {
		l.sweep(now)
	}
	b := rate.NewLimiter(l.perSecond, l.burst)
	l.buckets[key] = b
	return b
}

// follow starts again when the clock was put back: no bucket would fill until it is again where it was. time.Now reads
// a clock that nobody puts back; requests that overtake each other are no matter.
func (l *limiter[K]) follow(now time.Time) {
	if now.Before(l.latest.Add(-time.Second)) {
		clear(l.buckets)
		l.latest = now
	}
	if now.After(l.latest) {
		l.latest = now
	}
}

// sweep drops the buckets that are full again, which forgets nothing. When that leaves no room all are dropped:
// memory is bounded first.
func (l *limiter[K]) sweep(now time.Time) {
	maps.DeleteFunc(l.buckets, func(_ K, b *rate.Limiter) bool { return b.TokensAt(now) >= float64(l.burst) })
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
