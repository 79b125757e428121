package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// serveTarget serves a yardstick in this process and puts users into it.
func serveTarget(t *testing.T, name string, handler http.Handler, users int) *target {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	target := newTarget(name, server.URL, "", nil)
	l := load{operation: &operation{call: createUser}, workers: 4, requests: int64(users)}
	if _, err := target.drive(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	return target
}

func newThinHandler(t *testing.T) http.Handler {
	t.Helper()
	handler, err := newThin(t.TempDir(), "OFF")
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func TestYardsticks_AnswerEveryOperation(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.Handler{"const": newConstant(), "thin-full": newThinHandler(t)} {
		target := serveTarget(t, name, handler, 1_200)
		b := &bench{options: options{slice: time.Minute}} // the budget ends it, on a slow machine too
		for _, o := range operations {
			if o.members > 1_000 {
				continue
			}
			one := *o
			one.budget = func(int) int { return 100 }
			s, err := b.slice(t.Context(), target, &one, 1_000, 4, false)
			if err != nil || len(s.latencies) != 100 {
				t.Errorf("%s %s: %d answers, %v", name, o.name, len(s.latencies), err)
			}
		}
	}
}

// A wrong answer fails the run, whatever its status is.
func TestDrive_WrongAnswerFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		operation, path string
		lie             func(body string) string
		want            string
	}{
		{"get", "GET /Users/", func(b string) string { return strings.Replace(b, `"id":"`, `"id":"x`, 1) }, "want user"},
		{"eq", "GET /Users?", func(b string) string { return strings.Replace(b, `"totalResults":1`, `"totalResults":2`, 1) }, "want 1 of 1"},
		{"list", "GET /Users?", func(b string) string { return strings.Replace(b, `"userName"`, `"username"`, 1) }, "99 users of"},
		{"patch", "PATCH /Users/", func(b string) string { return strings.Replace(b, `"active":false`, `"active":true`, 1) }, "active false"},
	} {
		t.Run(tc.operation, func(t *testing.T) {
			t.Parallel()
			handler := newThinHandler(t)
			liar := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !strings.HasPrefix(r.Method+" "+r.RequestURI, tc.path) {
					handler.ServeHTTP(w, r)
					return
				}
				recorder := httptest.NewRecorder()
				handler.ServeHTTP(recorder, r)
				answer(w, recorder.Code, []byte(tc.lie(recorder.Body.String())))
			})
			target := serveTarget(t, "thin-full", liar, 150)
			o := operations[slices.Index(operationNames(), tc.operation)]
			_, err := target.drive(t.Context(), load{operation: o, workers: 2, users: 100, requests: 50})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want it to tell %q", err, tc.want)
			}
		})
	}
}

// A group larger than one request is filled by several.
func TestGroup_LargeOneHasAllItsMembers(t *testing.T) {
	t.Parallel()
	const size = batchOfMembers + 200
	target := serveTarget(t, "thin-full", newThinHandler(t), size)
	g, err := target.group(t.Context(), size)
	if err != nil {
		t.Fatal(err)
	}
	if err := target.countMembers(t.Context(), g); err != nil || g.next.Load() != size {
		t.Errorf("%d members are counted on, and: %v", g.next.Load(), err)
	}
}

// A member that was answered with 204 and not stored fails the run.
func TestMember_LostAdditionFails(t *testing.T) {
	t.Parallel()
	handler := newThinHandler(t)
	forgetful := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			drain(r)
			answer(w, http.StatusNoContent, nil)
			return
		}
		handler.ServeHTTP(w, r)
	})
	target := serveTarget(t, "thin-full", forgetful, 50)
	o := operations[slices.Index(operationNames(), "member0")]
	ctx := context.Background()
	if err := o.before(ctx, target, o); err != nil {
		t.Fatal(err)
	}
	if _, err := target.drive(ctx, load{operation: o, workers: 1, users: 50, requests: 10}); err != nil {
		t.Fatal(err)
	}
	if err := o.after(ctx, target, o); err == nil {
		t.Error("ten lost members were not noticed")
	}
}

func TestRatio_IsTheMedianOfNeighbours(t *testing.T) {
	t.Parallel()
	at := func(rates ...int) (all []sample) {
		for _, n := range rates {
			all = append(all, sample{latencies: make([]time.Duration, n), took: time.Second})
		}
		return all
	}
	// The machine doubles its speed after the first round: a ratio of medians would say 0.5.
	if got := pairwise(at(100, 150, 150), at(100, 200, 300)); got != 0.75 {
		t.Errorf("ratio = %v, want 0.75", got)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	o, err := parse([]string{"--users", "1k,100k", "--ops", "patch,get"})
	if err != nil || !slices.Equal(o.users, []int{1_000, 100_000}) || !slices.Equal(o.ops, []string{"get", "patch"}) {
		t.Errorf("got %v %v %v", o.users, o.ops, err)
	}
	for _, bad := range []string{"--users=many", "--workers=0", "--ops=put", "--targets=other"} {
		if _, err := parse([]string{bad}); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

func TestUserBody_HasTheSizeOfTheYardstick(t *testing.T) {
	t.Parallel()
	if n := len(userBody(123)); n != 1_356 {
		t.Errorf("the user has %d bytes, want 1,356", n)
	}
}
