package load

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// A quantile by buckets is the exact one, within half a percent.
func TestLatencies_QuantilesAreThoseOfTheSortedTimes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		times := rapid.SliceOfN(rapid.Int64Range(0, int64(time.Hour)), 1, 200).Draw(t, "times")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		var even, odd latencies
		for i, d := range times {
			if i%2 == 0 {
				even.add(time.Duration(d))
			} else {
				odd.add(time.Duration(d))
			}
		}
		even.merge(&odd)
		slices.Sort(times)
		exact := time.Duration(times[max(int(math.Ceil(q*float64(len(times)))), 1)-1])
		got := even.quantile(q)
		if diff := (exact - got).Abs(); diff > exact/200+time.Microsecond || even.n != len(times) || even.max != time.Duration(times[len(times)-1]) {
			t.Fatalf("quantile %v = %v, want %v", q, got, exact)
		}
	})
}
