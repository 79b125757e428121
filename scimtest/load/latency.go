package load

import (
	"math"
	"math/bits"
	"time"
)

// latencies counts times in buckets that are at most 0.4 % wide: exact enough for a quantile, and as small after an
// hour as after a second.
type latencies struct {
	counts []uint32
	n      int
	max    time.Duration
}

const (
	fine    = 8 // 1<<fine buckets for each doubling
	octaves = 28
)

// add counts a time, in microseconds; above nine hours all are alike.
func (l *latencies) add(d time.Duration) {
	if l.counts == nil {
		l.counts = make([]uint32, octaves<<fine)
	}
	l.counts[bucketOf(d)]++
	l.n++
	l.max = max(l.max, d)
}

// bucketOf: the numbers below 1<<fine have a bucket each; above, the fine highest bits below the first choose one.
func bucketOf(d time.Duration) int {
	us := uint64(max(d.Microseconds(), 0))
	shift := max(bits.Len64(us)-fine-1, 0)
	return min(shift<<fine+int(us>>shift), octaves<<fine-1)
}

// timeOf is the least time of a bucket.
func timeOf(bucket int) time.Duration {
	shift := max(bucket>>fine-1, 0)
	return time.Duration(bucket-shift<<fine) << shift * time.Microsecond
}

func (l *latencies) merge(other *latencies) {
	if other.n == 0 {
		return
	}
	if l.counts == nil {
		l.counts = make([]uint32, octaves<<fine)
	}
	for i, n := range other.counts {
		l.counts[i] += n
	}
	l.n += other.n
	l.max = max(l.max, other.max)
}

// quantile is the time that the share q of all stays within.
func (l *latencies) quantile(q float64) time.Duration {
	rank := max(int(math.Ceil(q*float64(l.n))), 1) - 1
	for i, n := range l.counts {
		if rank -= int(n); rank < 0 {
			return timeOf(i)
		}
	}
	return 0
}

// ms is the quantile in milliseconds, for reports.
func (l *latencies) ms(q float64) float64 { return milliseconds(l.quantile(q)) }

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
