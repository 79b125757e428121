package directory

import (
	"math"
	"slices"
	"sync/atomic"
)

// Histogram counts values by the bucket that they fall into, without a lock. It is what a store counts its own times
// with: a directory hands out numbers and knows nothing of who collects them.
type Histogram struct {
	bounds []float64 // rising, each the largest value of its bucket
	counts []atomic.Uint64
	sum    atomic.Uint64 // bits of a float64
}

// NewHistogram returns a histogram whose buckets end at the bounds, which rise; what is above the last is counted too.
func NewHistogram(bounds ...float64) *Histogram {
	return &Histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

// Observe counts a value.
func (h *Histogram) Observe(v float64) {
	i, _ := slices.BinarySearch(h.bounds, v)
	h.counts[i].Add(1)
	for {
		old := h.sum.Load()
		if h.sum.CompareAndSwap(old, math.Float64bits(math.Float64frombits(old)+v)) {
			return
		}
	}
}

// Distribution is what a histogram has counted.
func (h *Histogram) Distribution() Distribution {
	d := Distribution{Sum: math.Float64frombits(h.sum.Load()), Buckets: make([]Bucket, len(h.bounds))}
	for i, bound := range h.bounds {
		d.Count += h.counts[i].Load()
		d.Buckets[i] = Bucket{UpTo: bound, Count: d.Count}
	}
	d.Count += h.counts[len(h.bounds)].Load()
	return d
}

// Distribution is how often values were counted, and how large they were.
type Distribution struct {
	Count   uint64
	Sum     float64
	Buckets []Bucket
}

// Bucket counts the values up to a bound, those of the smaller buckets among them.
type Bucket struct {
	UpTo  float64
	Count uint64
}
