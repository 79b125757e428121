package load

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// tenants are n connections, each to a server of its own that change alters.
func tenants(t *testing.T, n int, change func(http.Handler) http.Handler) []*Server {
	t.Helper()
	var all []*Server
	for i := range n {
		all = append(all, serverFor(t, change(memory(t)), func(c *Config) { c.Name = fmt.Sprintf("tenant %d", i) }))
	}
	return all
}

func truly(h http.Handler) http.Handler { return h }

// slow answers after a time.
func slow(d time.Duration) func(http.Handler) http.Handler {
	return func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(d)
			h.ServeHTTP(w, r)
		})
	}
}

func count(r *DayReport, operation string) int {
	for _, f := range r.Operations {
		if f.Operation == operation {
			return f.Count
		}
	}
	return 0
}

// Every tenant sends exactly at its rate, whether the server takes its time or not.
func TestDay_KeepsTheRate(t *testing.T) {
	t.Parallel()
	for _, wait := range []time.Duration{0, 100 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			d := Day{Tenants: tenants(t, 3, slow(wait)), Users: 60, Rate: 25, Time: 10 * time.Second}
			r, err := d.Run(t.Context())
			if err != nil || len(r.Faults) > 0 {
				t.Fatalf("%v, %+v", err, r.Faults)
			}
			if r.All.Count != 3*25*10 || r.Late != 0 || r.Wanted != 75 {
				t.Errorf("%d requests, want 750; %d late", r.All.Count, r.Late)
			}
			if want := milliseconds(wait); r.All.P50 < want*0.995 || r.All.Max > want+0.01 {
				t.Errorf("p50 %v, max %v, want %v", r.All.P50, r.All.Max, want)
			}
			if r.Initial < 2 || r.Initial > 4 { // 3*20+2*1+1 requests of each tenant, at 25 a second
				t.Errorf("the initial cycle took %v s", r.Initial)
			}
		})
	}
}

// Where the server is too slow, what had to wait counts from when it was due.
func TestDay_WaitingCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// One lane, a second for each answer, two requests a second: the tenth is due after 5 s and answered after 10.
		d := Day{Tenants: tenants(t, 1, slow(time.Second)), Users: 100, Rate: 2, Lanes: 1, Time: 5 * time.Second}
		r, err := d.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if r.All.Count != 10 || r.Late != 9 || r.Lag != 4500 || r.All.Max != 5500 {
			t.Errorf("%d requests, %d late, by %v ms at most, slowest %v ms", r.All.Count, r.Late, r.Lag, r.All.Max)
		}
		if r.Initial != 0 {
			t.Error("the initial cycle is said to be over")
		}
	})
}

// Without a time the day is the initial cycle, without a rate it is as fast as the answers.
func TestDay_InitialCycleAlone(t *testing.T) {
	t.Parallel()
	all := tenants(t, 2, truly)
	r, err := Day{Tenants: all, Users: 240}.Run(t.Context())
	if err != nil || len(r.Faults) > 0 {
		t.Fatalf("%v, %+v", err, r.Faults)
	}
	for operation, want := range map[string]int{
		"match user": 242, "create user": 240, "match group": 2, "create group": 2, "add member": 240, "change user": 0,
	} {
		if got := count(r, operation); got != want {
			t.Errorf("%s: %d, want %d", operation, got, want)
		}
	}
	for _, s := range all {
		if users, groups := s.Made(); users != 120 || groups != 1 {
			t.Errorf("made %d users, %d groups", users, groups)
		}
		if err := s.Clean(t.Context(), nil); err != nil {
			t.Error(err)
		}
	}
}

// The incremental cycles use every kind of request, also for users that were there before.
func TestDay_IncrementalCycles(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := tenants(t, 1, truly)
		if err := all[0].Seed(t.Context(), 30, nil); err != nil {
			t.Fatal(err)
		}
		r, err := Day{Tenants: all, Users: 20, Rate: 50, Time: 12 * time.Second}.Run(t.Context())
		if err != nil || len(r.Faults) > 0 {
			t.Fatalf("%v, %+v", err, r.Faults)
		}
		for _, operation := range deeds {
			if count(r, operation) == 0 {
				t.Errorf("%s: none", operation)
			}
		}
		if r.Users <= 50 {
			t.Errorf("%d users, want more than 50: some join", r.Users)
		}
	})
}

// 429 and 503 with Retry-After are waited for, counted, and no errors.
func TestDay_WaitsWhenAskedTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		limited := func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if i := n.Add(1); i%10 == 0 {
					w.Header().Set("Retry-After", "2")
					w.WriteHeader([]int{429, 503}[i/10%2])
					return
				}
				h.ServeHTTP(w, r)
			})
		}
		r, err := Day{Tenants: tenants(t, 1, limited), Users: 100, Rate: 10, Time: time.Minute}.Run(t.Context())
		if err != nil || len(r.Faults) > 0 || r.Spared[429] == 0 || r.Spared[503] == 0 || r.All.Count != 600 {
			t.Errorf("%v, %+v, %v, %d", err, r.Faults, r.Spared, r.All.Count)
		}
		if r.All.Max < 2000 {
			t.Errorf("slowest %v ms: the wait was not counted", r.All.Max)
		}
	})
}

// A wrong answer is told once with its number, whoever it hits, and a change that was not kept is noticed afterwards.
func TestDay_TellsEachErrorOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		change func(http.Handler) http.Handler
		want   string
	}{
		{"wrong status", func(h http.Handler) http.Handler {
			return &safeLie{lie{Handler: h, request: "PATCH /Groups/", answer: status(418)}}
		}, "add member: PATCH /Groups/"},
		{"members are lost", func(h http.Handler) http.Handler { return swallow(h, "PATCH /Groups/", 204) }, "read again: GET /Groups/"},
		{"changes are lost", func(h http.Handler) http.Handler { return swallow(h, "PATCH /Users/", 204) }, "match user: GET /Users?"},
		{"somebody is there already", func(h http.Handler) http.Handler {
			return &safeLie{lie{Handler: h, request: "GET /Users?filter", answer: replace(`"totalResults":0`, `"totalResults":1`)}}
		}, "totalResults"},
	} {
		synctest.Test(t, func(t *testing.T) {
			r, err := Day{Tenants: tenants(t, 2, tc.change), Users: 20, Rate: 10, Time: 20 * time.Second}.Run(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", tc.name, err)
			}
			if len(r.Faults) == 0 || len(r.Faults) > 3 || r.Faults[0].Count < 1 || !strings.Contains(r.Faults[0].First, tc.want) || r.Faults[0].Hint == "" {
				t.Errorf("%s: %+v", tc.name, r.Faults)
			}
		})
	}
}

// A server that does nothing right ends the day early.
func TestDay_GivesUp(t *testing.T) {
	t.Parallel()
	dead := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	}
	r, err := Day{Tenants: tenants(t, 4, dead), Users: 100_000}.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "given up after 1000") || len(r.Faults) > 2 || r.All.Count != 0 {
		t.Errorf("%v, %+v", err, r.Faults)
	}
}
