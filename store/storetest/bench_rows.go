package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// left leaves one kind of row out of the creation of a user.
type left struct {
	row string
	out func(*directory.Change)
}

var leftOut = []left{
	{"nothing", func(*directory.Change) {}},
	{"membership", func(c *directory.Change) { c.Memberships = nil }},
	{"audit", func(c *directory.Change) { c.Audit = nil }},
	{"event", func(c *directory.Change) { c.Events = nil }},
	{"request", func(c *directory.Change) { c.Requests = nil }},
	{"keys", func(c *directory.Change) { c.Users[0].AfterKeys = nil }},
	{"all-of-these", func(c *directory.Change) {
		c.Memberships, c.Audit, c.Events, c.Requests, c.Users[0].AfterKeys = nil, nil, nil, nil, nil
	}},
}

// BenchRows measures what each kind of row adds to the creation of a user: the difference between the median with all
// of them and the median without that one, all of them taken in turns. ns/op is the time of a whole turn.
func BenchRows(b *testing.B, open func(*testing.B) directory.Store) {
	b.Helper()
	for _, workers := range []int{1, 8} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			p := newPlace(b, open(b))
			took := make([][]time.Duration, len(leftOut))
			made := 0
			for turn := 0; b.Loop(); turn++ {
				for i := range leftOut {
					at := (i + turn) % len(leftOut) // nobody is always first after a checkpoint
					changes := make([]*directory.Change, workers)
					for j := range changes {
						changes[j] = p.benchChange(made)
						leftOut[at].out(changes[j])
						made++
					}
					took[at] = append(took[at], p.commitAll(changes))
				}
			}
			whole := median(took[0])
			b.ReportMetric(perChange(whole, workers), "µs/create")
			for i, l := range leftOut[1:] {
				b.ReportMetric(perChange(whole-median(took[i+1]), workers), "µs/"+l.row)
			}
		})
	}
}

func perChange(d time.Duration, workers int) float64 {
	return float64(d.Nanoseconds()) / 1000 / float64(workers)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// commitAll commits the changes at the same time, and returns how long it took until the last one was durable.
func (p *place) commitAll(changes []*directory.Change) time.Duration {
	var all sync.WaitGroup
	began := time.Now()
	for _, c := range changes {
		all.Go(func() {
			if err := p.store.Commit(p.ctx(), c); err != nil {
				p.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(began)
}
