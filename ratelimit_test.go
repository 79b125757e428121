package usher_test

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher"
)

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// limited is a bundle with the default limits and a clock that the test moves.
func limited(t *testing.T, cfg usher.Config) (*bundle, *clock) {
	t.Helper()
	c := &clock{now: time.Now().Truncate(time.Second)}
	cfg.Now = c.Now
	return setup(t, cfg), c
}

var oneUser = request{path: "/scim/{id}/v2/Users?count=1"}

// flood sends n requests at once and counts those that are answered 429, each as it must be.
func (b *bundle) flood(t *testing.T, n int, r request) (refused int) {
	t.Helper()
	for range n {
		w := b.do(r)
		if w.Code != http.StatusTooManyRequests {
			continue
		}
		refused++
		after, err := strconv.Atoi(w.Header().Get("Retry-After"))
		if err != nil || after < 1 || !strings.Contains(w.Body.String(), "too many requests") {
			t.Fatalf("T-019 D-28: Retry-After %q: %s", w.Header().Get("Retry-After"), w.Body)
		}
	}
	return refused
}

// D-28, T-020: Entra sends 25 requests per second, and may go on for long: 7,500 in five minutes.
func TestRateLimit_D28_T020_EntraNeverMeetsIt(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{})
	for second := range 5 * 60 {
		if refused := b.flood(t, 25, oneUser); refused > 0 {
			t.Fatalf("second %d: %d of 25 requests were refused", second, refused)
		}
		clock.add(time.Second)
	}
}

// D-28: Okta sends in bursts, as when an import of many users begins.
func TestRateLimit_D28_OktaBurst(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{})
	for range 10 {
		if refused := b.flood(t, 200, oneUser); refused > 0 {
			t.Fatalf("%d of a burst of 200 were refused", refused)
		}
		clock.add(2 * time.Second)
	}
}

// D-28, T-019: a flood is refused with 429 and Retry-After, in every form, and recovers.
func TestRateLimit_D28_FloodIsRefusedAndRecovers(t *testing.T) {
	t.Parallel()
	b, clock := limited(t, usher.Config{})
	if refused := b.flood(t, 1000, oneUser); refused != 800 {
		t.Errorf("%d of 1,000 requests at once were refused, want 800", refused)
	}
	for _, r := range []request{
		{path: "/scim/v2/Groups"},
		{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: newUser},
		{path: "/scim/{id}/v2/ServiceProviderConfig"},
	} {
		if b.flood(t, 1, r) != 1 {
			t.Errorf("%s %s got through: the limit is of the connection, not of the endpoint", r.method, r.path)
		}
	}
	if w := b.do(request{path: "/scim/{id}/v2/ServiceProviderConfig", anonymous: true}); w.Code != http.StatusOK {
		t.Errorf("public discovery is not the connection's: %d", w.Code)
	}
	clock.add(time.Second)
	if refused := b.flood(t, 101, oneUser); refused != 1 {
		t.Errorf("a second later %d of 101 were refused, want 1", refused)
	}
}

// a connection that floods takes nothing from another one.
func TestRateLimit_R175_OtherConnectionsAreLeftAlone(t *testing.T) {
	t.Parallel()
	b, _ := limited(t, usher.Config{})
	b.flood(t, 300, oneUser)
	other := *b
	w, err := b.server.Directory().Workspace(t.Context(), "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	other.connect(t, w, "other")
	if refused := other.flood(t, 200, oneUser); refused > 0 {
		t.Errorf("%d of 200 requests of the other connection were refused", refused)
	}
	// Access tokens and bearer tokens are one connection's.
	b.token = answerOf(t, other.do(form("grant_type", "client_credentials", "client_id", other.connection.ID,
		"client_secret", other.secret(t).Text))).Code
	if b.token != "temporarily_unavailable" {
		t.Errorf("the token endpoint is not limited with its connection: %q", b.token)
	}
}

func TestRateLimit_ZeroValuesAndOff(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		limit   usher.RateLimit
		refused int
	}{
		{usher.RateLimit{PerSecond: -1}, 0},
		{usher.RateLimit{PerSecond: 5, Burst: 50}, 250},
		{usher.RateLimit{PerSecond: 0.1, Burst: 10}, 290},
		{usher.RateLimit{}, 100},
	} {
		b, _ := limited(t, usher.Config{RateLimit: row.limit})
		if refused := b.flood(t, 300, oneUser); refused != row.refused {
			t.Errorf("%+v: %d of 300 were refused, want %d", row.limit, refused, row.refused)
		}
	}
}

// who guesses must wait, at the token endpoint and at SCIM; nobody else need.
func TestRateLimit_R177_GuessingIsSlow(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	from := func(address string, r request) request {
		r.remote = "10.0.0.1:1"
		return r.with("X-Forwarded-For", address).with("X-Forwarded-Proto", "https")
	}
	for name, guess := range map[string]request{
		"token endpoint": form("grant_type", "client_credentials", "client_id", "x", "client_secret", "usher_secret_x"),
		"SCIM":           {path: "/scim/{id}/v2/Users", anonymous: true, header: http.Header{"Authorization": {"Bearer usher_scim_x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, clock := limited(t, usher.Config{TrustedProxies: proxy})
			if refused := b.flood(t, 300, from("198.51.100.7", guess)); refused != 100 {
				t.Errorf("%d of 300 guesses were refused, want 100", refused)
			}
			good := request{path: "/scim/{id}/v2/Users", header: http.Header{}}
			if refused := b.flood(t, 100, from("198.51.100.7", good)); refused != 0 {
				t.Errorf("%d requests of a neighbour with the right credentials were refused", refused)
			}
			if refused := b.flood(t, 100, from("198.51.100.8", good)); refused != 0 {
				t.Errorf("%d requests of another address were refused", refused)
			}
			elsewhere := guess
			elsewhere.path = strings.Replace(guess.path, "{id}", "other", 1)
			if refused := b.flood(t, 1, from("198.51.100.7", elsewhere)); refused != 1 {
				t.Error("another URL gave the guesser another chance")
			}
			clock.add(time.Second)
			if refused := b.flood(t, 11, from("198.51.100.7", guess)); refused != 1 {
				t.Errorf("a second later %d of 11 guesses were refused, want 1", refused)
			}
		})
	}
}
