package directory_test

import (
	"math"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/directory"
)

// A bucket counts the values up to its bound, as counting them one by one does.
func TestHistogram_CountsUpToEachBound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bounds := rapid.SliceOfNDistinct(rapid.Float64Range(0, 10), 0, 6, rapid.ID).Draw(t, "bounds")
		slices.Sort(bounds)
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 12), rapid.SampledFrom(append(bounds, 0))), 0, 50).Draw(t, "values")
		h := directory.NewHistogram(bounds...)
		sum := 0.0
		for _, v := range values {
			h.Observe(v)
			sum += v
		}
		d := h.Distribution()
		if d.Count != uint64(len(values)) || math.Abs(d.Sum-sum) > 1e-9 || len(d.Buckets) != len(bounds) {
			t.Fatalf("%+v of %v", d, values)
		}
		for i, b := range d.Buckets {
			var want uint64
			for _, v := range values {
				if v <= bounds[i] {
					want++
				}
			}
			if b.UpTo != bounds[i] || b.Count != want {
				t.Fatalf("bucket %+v, want %d up to %g", b, want, bounds[i])
			}
		}
	})
}

func TestHistogram_LosesNothingUnderManyWriters(t *testing.T) {
	t.Parallel()
	const writers, values = 8, 1000
	h := directory.NewHistogram(0.5, 1)
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range values {
				h.Observe(1)
			}
		})
	}
	all.Wait()
	if d := h.Distribution(); d.Count != writers*values || d.Sum != writers*values || d.Buckets[0].Count != 0 || d.Buckets[1].Count != d.Count {
		t.Errorf("%+v", d)
	}
}
