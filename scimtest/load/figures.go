package load

import "slices"

// Figures of one server at one operation: medians over the rounds, latencies over all of them.
type Figures struct {
	Rate   float64   `json:"per_second"`
	Rounds []float64 `json:"rounds"`
	P50    float64   `json:"p50_ms"`
	P99    float64   `json:"p99_ms"`
}

func figuresOf(samples []sample) Figures {
	var f Figures
	var all latencies
	for _, s := range samples {
		f.Rounds = append(f.Rounds, s.rate())
		all.merge(&s.latencies)
	}
	f.Rate, f.P50, f.P99 = median(f.Rounds), all.ms(0.50), all.ms(0.99)
	return f
}

// pairwise is the median of the ratios of neighbours in time.
func pairwise(a, b []float64) float64 {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		if b[i] > 0 {
			ratios[i] = a[i] / b[i]
		}
	}
	return median(ratios)
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}
