package load

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// names are those of all operations.
func names() (all []string) {
	for _, o := range operations {
		all = append(all, o.Name)
	}
	return all
}

func small(operations ...string) Plan {
	return Plan{Users: []int{120}, Workers: []int{2}, Operations: operations, Rounds: 2, Slice: 10 * time.Millisecond}
}

func TestPlan_MeasuresEveryOperationAndCleansUp(t *testing.T) {
	t.Parallel()
	one, other := serverFor(t, memory(t), nil), serverFor(t, memory(t), func(c *Config) { c.Name, c.NoBulk = "other", true })
	ctx := t.Context()
	report, err := small(names()...).Run(ctx, one, other)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names() {
		if name == "member1k" || name == "member100k" {
			if !slices.ContainsFunc(report.LeftOut, func(o LeftOut) bool { return o.Operation == name && o.Needs > o.Users }) {
				t.Errorf("%s is not left out: %+v", name, report.LeftOut)
			}
			continue
		}
		r := report.Find(name, 120, 2)
		if r == nil {
			t.Errorf("%s: no result", name)
			continue
		}
		if f := r.Servers["server"]; f.Rate <= 0 || len(f.Rounds) != 2 || f.P99 < f.P50 {
			t.Errorf("%s: %+v", name, f)
		}
		if r.Ratios["other"] <= 0 {
			t.Errorf("%s: ratios %v", name, r.Ratios)
		}
	}
	for _, s := range []*Server{one, other} {
		if err := s.Clean(ctx, nil); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		s.known = false
		if err := s.Discover(ctx); err != nil || s.Held() != 0 {
			t.Errorf("%s: %d users are left, %v", s.Name, s.Held(), err)
		}
	}
}

// Users that were there before are counted, and stay.
func TestPlan_TouchesNobodyElse(t *testing.T) {
	t.Parallel()
	h := memory(t)
	before := serverFor(t, h, nil)
	if err := before.Seed(t.Context(), 7, nil); err != nil {
		t.Fatal(err)
	}
	s := serverFor(t, h, nil)
	if _, err := small("eq", "list", "deep", "create").Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := s.Clean(t.Context(), nil); err != nil || s.Held() != 7 {
		t.Errorf("held %d, %v", s.Held(), err)
	}
	again := serverFor(t, h, nil)
	if err := again.Discover(t.Context()); err != nil || again.Held() != 7 {
		t.Errorf("%d users are left, want 7; %v", again.Held(), err)
	}
}

// An answer with spaces and line ends is as right as one without.
func TestPlan_ReadsAnyJSON(t *testing.T) {
	t.Parallel()
	spread := func(status int, body string) (int, string) {
		var v any
		if json.Unmarshal([]byte(body), &v) != nil {
			return status, body
		}
		out, _ := json.MarshalIndent(v, "", "  ")
		return status, string(out)
	}
	h := memory(t)
	for _, method := range []string{"GET /", "POST /", "PATCH /"} {
		h = &safeLie{lie: lie{Handler: h, request: method, answer: spread}}
	}
	s := serverFor(t, h, nil)
	plan := small(names()...)
	plan.Rounds = 1
	if _, err := plan.Run(t.Context(), s); err != nil {
		t.Error(err)
	}
}

// safeLie lies to several workers at once; it skips none.
type safeLie struct{ lie }

func (l *safeLie) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	own := l.lie
	own.ServeHTTP(w, r)
}

func replace(from, to string) func(int, string) (int, string) {
	return func(status int, body string) (int, string) { return status, strings.ReplaceAll(body, from, to) }
}

func status(n int) func(int, string) (int, string) {
	return func(_ int, body string) (int, string) { return n, body }
}

// twins makes all users of a list the first one.
func twins(status int, body string) (int, string) {
	var d map[string]any
	_ = json.Unmarshal([]byte(body), &d)
	users, _ := d["Resources"].([]any)
	for i := range users {
		users[i] = users[0]
	}
	out, _ := json.Marshal(d)
	return status, string(out)
}

func TestPlan_NoticesEveryWrongAnswer(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, operation, request string
		answer                   func(int, string) (int, string)
		want                     string
	}{
		{"another id", "get", "GET /Users/", replace(`"id":"`, `"id":"x`), "want user"},
		{"another status", "get", "GET /Users/", status(202), "status 202, want 200"},
		{"no JSON", "get", "GET /Users/", func(int, string) (int, string) { return 200, "<html>" }, "not JSON"},
		{"another total", "eq", "GET /Users?filter", replace(`"totalResults":1`, `"totalResults":2`), "totalResults"},
		{"no total", "eq", "GET /Users?filter", replace(`"totalResults"`, `"total"`), "without totalResults"},
		{"nobody found", "eq", "GET /Users?filter", func(int, string) (int, string) { return 200, `{"totalResults":0,"Resources":[]}` }, "want user"},
		{"another total of a prefix", "sw", "GET /Users?filter", replace(`"totalResults":`, `"totalResults":1`), "totalResults"},
		{"nobody found by a part", "co", "GET /Users?filter", func(int, string) (int, string) { return 200, `{"totalResults":0,"Resources":[]}` }, "want user"},
		{"a list without names", "list", "GET /Users?startIndex=1&count=100", replace(`"id"`, `"key"`), "0 different users"},
		{"a list of one", "list", "GET /Users?startIndex=1&count=100", twins, "1 different users"},
		{"a list with a wrong total", "list", "GET /Users?startIndex=1&count=100", replace(`"totalResults":120`, `"totalResults":121`), "totalResults"},
		{"a last page that is empty", "deep", "GET /Users?startIndex=21&", func(int, string) (int, string) { return 200, `{"totalResults":120,"Resources":[]}` }, "0 different users"},
		{"the state before", "patch", "PATCH /Users/", replace(`"active":false`, `"active":true`), "active false"},
		{"no change of Entra's", "patch-entra", "PATCH /Users/", status(400), "status 400"},
		{"a 201 without id", "create", "POST /Users", replace(`"id"`, `"key"`), "without id"},
		{"200 for 201", "create", "POST /Users", status(200), "status 200, want 201"},
		{"a refusal within bulk", "bulk", "POST /Bulk", replace(`"201"`, `"409"`), "status 409"},
		{"a bulk answer cut short", "bulk", "POST /Bulk", func(int, string) (int, string) { return 200, `{"Operations":[]}` }, "0 of 100"},
		{"a server error", "member0", "PATCH /Groups/", status(500), "status 500"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			h := memory(t)
			s := serverFor(t, h, nil)
			if err := s.Seed(t.Context(), 120, nil); err != nil {
				t.Fatal(err)
			}
			s.client.Transport = inProcess{http.StripPrefix("/v2", &safeLie{lie{Handler: h, request: tc.request, answer: tc.answer}})}
			o := operations[slices.Index(names(), tc.operation)]
			r := &run{server: s, operation: o, workers: 2, users: 100, requests: 50}
			_, err := r.measure(t.Context())
			if wrong, ok := errors.AsType[*Error](err); !ok || !strings.Contains(err.Error(), tc.want) || wrong.Hint() == "" {
				t.Errorf("err = %v, want it to tell %q", err, tc.want)
			}
		})
	}
}

// A server may refuse to look through all users (RFC 7644 §3.12): that has no figures, and the run goes on.
func TestPlan_AFilterThatIsTooMuchIsLeftOut(t *testing.T) {
	t.Parallel()
	refuse := func(int, string) (int, string) { return 400, `{"scimType":"tooMany","detail":"too many users"}` }
	s := serverFor(t, &safeLie{lie{Handler: memory(t), request: "GET /Users?filter=emails", answer: refuse}}, nil)
	report, err := small("co", "get").Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Results) != 2 {
		t.Fatalf("%d results, want 2", len(report.Results))
	}
	for _, r := range report.Results {
		want := map[string]string{"co": "too many users"}[r.Operation]
		if figures, measured := r.Servers[s.Name]; r.Declined[s.Name] != want || measured != (want == "") || measured && figures.Rate == 0 {
			t.Errorf("%s: declined %q, figures %+v", r.Operation, r.Declined[s.Name], figures)
		}
	}
}

// What was answered as done and not kept is noticed as well.
func TestPlan_NoticesLostWrites(t *testing.T) {
	t.Parallel()
	stale := func(h http.Handler) http.Handler { // answers a PATCH from a copy that it throws away
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPatch {
				h.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
	for _, operation := range []string{"patch", "patch-entra", "member0"} {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			s := serverFor(t, stale(memory(t)), nil)
			if err := s.Seed(t.Context(), 50, nil); err != nil {
				t.Fatal(err)
			}
			r := &run{server: s, operation: operations[slices.Index(names(), operation)], workers: 1, users: 50, requests: 11}
			if _, err := r.measure(t.Context()); err == nil {
				t.Error("nobody noticed")
			}
		})
	}
}

func TestError_TellsTheServersLimit(t *testing.T) {
	t.Parallel()
	limited := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = w.Write([]byte(`{"status":"429","detail":"at most 100 a second"}`))
	})
	err := serverFor(t, limited, nil).Discover(t.Context())
	if err == nil || !strings.Contains(err.Error(), "the server limits this connection: 429 with Retry-After: 7 after 0 answers") ||
		!strings.HasSuffix(err.Error(), "the server says: at most 100 a second") {
		t.Errorf("err = %v", err)
	}
}

// Who interrupts a run leaves nothing behind, also not what was under way.
func TestClean_AfterAnInterrupt(t *testing.T) {
	t.Parallel()
	h := memory(t)
	s := serverFor(t, h, func(c *Config) { c.NoBulk = true })
	ctx, cancel := context.WithCancel(t.Context())
	unheard := &lie{Handler: h, request: "POST /Users", skip: 30, answer: func(int, string) (int, string) {
		cancel()
		return 502, ""
	}}
	s.client.Transport = inProcess{http.StripPrefix("/v2", &locked{Handler: unheard})}
	if _, err := small("get").Run(ctx, s); err == nil {
		t.Fatal("the interrupt was not noticed")
	}
	if err := s.Clean(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	s.known = false
	if err := s.Discover(t.Context()); err != nil || s.Held() != 0 {
		t.Errorf("%d users are left, %v", s.Held(), err)
	}
}

func TestPlan_RefusesToMeasureNothing(t *testing.T) {
	t.Parallel()
	report, err := small("member1k", "member100k").Run(t.Context(), serverFor(t, memory(t), nil))
	if err == nil || err.Error() != "nothing to measure: member1k needs 1000 users" || report.Results == nil {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestChoose_NamesWhatThereIs(t *testing.T) {
	t.Parallel()
	if err := CheckOperations([]string{"get", "put"}); err == nil || !strings.Contains(err.Error(), "patch-entra") {
		t.Errorf("err = %v", err)
	}
	all, err := choose([]string{"patch", "get"})
	if err != nil || len(all) != 2 || all[0].Name != "get" {
		t.Errorf("chosen %v, %v", all, err)
	}
}

func TestRatio_IsTheMedianOfNeighbours(t *testing.T) {
	t.Parallel()
	// The machine doubles its speed after the first round: a ratio of medians would say 0.5.
	if got := pairwise([]float64{100, 150, 150}, []float64{100, 200, 300}); got != 0.75 {
		t.Errorf("ratio = %v, want 0.75", got)
	}
}

func TestUserBody_HasTheSizeOfTheYardstick(t *testing.T) {
	t.Parallel()
	if n := len(serverFor(t, memory(t), nil).userBody(123)); n != 1_356 {
		t.Errorf("the user has %d bytes, want 1,356", n)
	}
}
