package postgres

import (
	"testing"
	"time"
)

// A batch is as large as what is under way, unless that is back before, or it takes too long.
func TestGathering_WaitsForAsManyAsAreUnderWay(t *testing.T) {
	t.Parallel()
	come := func(g *gathering[int], n int) {
		for range n {
			g.put(&waiter[int]{})
		}
	}
	taken := func(g *gathering[int]) <-chan int {
		n := make(chan int, 1)
		go func() { n <- len(g.take()) }()
		return n
	}
	still := func(n <-chan int) {
		t.Helper()
		select {
		case n := <-n:
			t.Errorf("%d were taken early", n)
		case <-time.After(20 * time.Millisecond):
		}
	}
	want := func(want int, n <-chan int) {
		t.Helper()
		if got := <-n; got != want {
			t.Errorf("%d were taken, want %d", got, want)
		}
	}
	g := newGathering[int](2, 4, time.Minute, time.Hour)
	come(g, 1)
	want(1, taken(g)) // alone
	come(g, 3)
	want(3, taken(g))
	come(g, 1)
	next := taken(g)
	still(next)
	come(g, 3) // four go together, and as many are under way
	want(4, next)
	come(g, 1)
	next = taken(g)
	still(next)
	g.back(1 + 3 + 3)
	want(1, next)

	g = newGathering[int](2, 4, time.Minute, time.Millisecond)
	come(g, 3)
	want(3, taken(g))
	come(g, 1)
	want(1, taken(g)) // late
}
