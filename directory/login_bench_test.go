package directory_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// BenchmarkLogin is a verified answer of an identity provider, of 16 people at once: how long the slowest of a hundred
// takes.
func BenchmarkLogin(b *testing.B) {
	const people = 16
	w := signInWorld(b, directory.MethodJIT, directory.SignIn{})
	states := make(chan string, b.N)
	for range b.N {
		states <- w.begin("")
	}
	close(states)
	took := make([][]time.Duration, people)
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range people {
		all.Go(func() {
			who := identity(fmt.Sprintf("p%d", i), `{"role":"member"}`)
			for state := range states {
				began := time.Now()
				if _, err := w.finish(state, who); err != nil {
					b.Error(err)
				}
				took[i] = append(took[i], time.Since(began))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	times := slices.Concat(took...)
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(w.directory.Stats().Conflicts), "conflicts")
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
}
