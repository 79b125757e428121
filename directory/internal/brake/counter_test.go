package brake_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory/internal/brake"
)

var start = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

func TestCounter_WhoLeftCountsForAnHour(t *testing.T) {
	t.Parallel()
	var c brake.Counter
	want := func(after time.Duration, n int, known bool) {
		t.Helper()
		if got, ok := c.Left("c", start.Add(after)); got != n || ok != known {
			t.Errorf("after %s: %d have left, known %t; want %d, %t", after, got, ok, n, known)
		}
	}
	c.Add("c", 3, start)
	want(0, 0, false) // what is not counted yet is read first
	c.Begin("c", []time.Time{start.Add(-30 * time.Minute)})
	c.Begin("c", nil)
	c.Add("c", 2, start)
	want(0, 3, true)
	want(30*time.Minute, 2, true)
	want(time.Hour-1, 2, true)
	want(time.Hour, 0, true)
	c.Forget("c")
	want(time.Hour, 0, false)
}

func TestCounter_ItIsToldOncePerHour(t *testing.T) {
	t.Parallel()
	var c brake.Counter
	if c.Tell("c", start) {
		t.Error("it is told of a connection of which nobody has left")
	}
	c.Begin("c", nil)
	for after, want := range []bool{true, false, true} {
		if now := start.Add(time.Duration(after) * brake.Window / 2); c.Tell("c", now) != want {
			t.Errorf("at %s it is told: %t", now, !want)
		}
	}
	if told := c.Told("c"); !told.Equal(start.Add(brake.Window)) {
		t.Errorf("it was told at %s", told)
	}
}

func TestCounter_TheActiveAreKnownForTwoHours(t *testing.T) {
	t.Parallel()
	var c brake.Counter
	c.Counted("r", map[string]int{"c": 7}, start)
	for _, row := range []struct {
		after time.Duration
		ok    bool
	}{{-1, false}, {0, true}, {2*time.Hour - 1, true}, {2 * time.Hour, false}} {
		if n, ok := c.Active("r", "c", start.Add(row.after)); ok != row.ok || n != 7 {
			t.Errorf("after %s: %d, known %t", row.after, n, ok)
		}
	}
}
