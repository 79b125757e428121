package main

import (
	"slices"
	"testing"
)

// Memory is given back once when load is over, and not for what comes now and then.
func TestQuiet(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for name, row := range map[string]struct {
		grown []uint64 // in each tick
		want  []int    // the ticks at which memory is given back
	}{
		"nothing at all":             {[]uint64{0, 0, 0, 0, 0, 0}, nil},
		"once when load is over":     {[]uint64{100 * mb, 50 * mb, 0, 0, 0, 0, 0, 0, 0}, []int{4}},
		"never under load":           {[]uint64{100 * mb, 0, 0, 100 * mb, 0, 0, 100 * mb, mb, mb}, nil},
		"little load is no load":     {[]uint64{10 * mb, 0, 0, 0, 0, 0}, nil},
		"again after more load":      {[]uint64{20 * mb, 0, 0, 0, 20 * mb, 1000, 1000, 1000}, []int{3, 7}},
		"what comes now and then":    {slices.Repeat([]uint64{mb / 2}, 100), nil},
		"unless it is much together": {slices.Repeat([]uint64{4 * mb, 0, 0, 0}, 5), []int{15}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var q quiet
			var total uint64
			var got []int
			for i, grown := range row.grown {
				if total += grown; q.after(total) {
					got = append(got, i)
				}
			}
			if !slices.Equal(got, row.want) {
				t.Errorf("given back at %v, want %v", got, row.want)
			}
		})
	}
}
