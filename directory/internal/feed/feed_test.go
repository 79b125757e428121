package feed_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory/internal/feed"
)

func TestReaders_WakeTogether(t *testing.T) {
	t.Parallel()
	var r feed.Readers
	r.Wake() // nobody waits
	first, second := r.Next(), r.Next()
	select {
	case <-first:
		t.Fatal("a reader is woken by what came before")
	default:
	}
	r.Wake()
	<-first
	<-second
	select {
	case <-r.Next():
		t.Error("the next event has come already")
	default:
	}
}

// Whatever was found to be quiet in whatever order, a reader skips positions without an event and no other.
func TestReaders_SkipNothingButQuiet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var r feed.Readers
		quiet := map[int64]bool{}
		for range rapid.IntRange(1, 10).Draw(t, "looks") {
			after := rapid.Int64Range(0, 20).Draw(t, "after")
			to := after + rapid.Int64Range(1, 10).Draw(t, "length")
			r.Quiet("w", after, to)
			for seq := after + 1; seq <= to; seq++ {
				quiet[seq] = true
			}
		}
		after := rapid.Int64Range(0, 30).Draw(t, "position")
		for seq := after + 1; seq <= r.Skip("w", after); seq++ {
			if !quiet[seq] {
				t.Fatalf("position %d is skipped", seq)
			}
		}
		if r.Skip("other", after) != after {
			t.Fatal("another workspace skips")
		}
	})
}
