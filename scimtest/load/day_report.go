package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
	"text/tabwriter"
	"time"
)

// DayReport is what a day found.
type DayReport struct {
	Tenants int `json:"tenants"`
	// Users are those of this run at the end.
	Users int `json:"users"`
	// Wanted and Achieved are rates of all tenants together, in requests a second; a wanted rate of 0 is none.
	Wanted   float64 `json:"wanted_per_second"`
	Achieved float64 `json:"achieved_per_second"`
	Seconds  float64 `json:"seconds"`
	// Initial is how many seconds the initial cycle of the last tenant took; 0: it was not over when the day was.
	Initial float64 `json:"initial_cycle_seconds"`
	// All is all requests; Operations are by kind.
	All        DayFigures   `json:"all"`
	Operations []DayFigures `json:"operations"`
	// Late is how many requests started more than 10 ms after they were due, Lag by how much the latest one.
	Late int     `json:"late_starts"`
	Lag  float64 `json:"latest_start_ms"`
	// Spared counts answers by which the server asked to wait, by status: 429 and 503.
	Spared map[int]int `json:"asked_to_wait"`
	Faults []Fault     `json:"errors"`
}

// DayFigures are of one kind of request. Latencies count from when a request was due.
type DayFigures struct {
	Operation string  `json:"operation"`
	Count     int     `json:"count"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	P999      float64 `json:"p999_ms"`
	Max       float64 `json:"max_ms"`
}

// Fault is a kind of wrong answer.
type Fault struct {
	Count int    `json:"count"`
	First string `json:"first"`
	Hint  string `json:"hint"`
}

func (c *course) report(tenants []*tenant, took time.Duration) *DayReport {
	r := &DayReport{
		Tenants: len(tenants), Wanted: c.Rate * float64(len(tenants)), Seconds: took.Seconds(),
		Spared: map[int]int{}, Faults: c.faults.list(),
	}
	if c.isSettled() {
		r.Initial = time.Duration(c.initial.Load()).Seconds()
	}
	var all latencies
	var book [len(deeds)]latencies
	for _, t := range tenants {
		r.Users += len(t.server.users)
		for _, l := range t.lanes {
			r.addLane(l, &book)
		}
	}
	for i := range book {
		if book[i].n > 0 {
			r.Operations = append(r.Operations, dayFigures(deeds[i], &book[i]))
		}
		all.merge(&book[i])
	}
	r.All = dayFigures("all", &all)
	r.Achieved = float64(all.n) / took.Seconds()
	return r
}

func (r *DayReport) addLane(l *lane, book *[len(deeds)]latencies) {
	for i := range l.book {
		book[i].merge(&l.book[i])
	}
	r.Late += l.late
	r.Lag = max(r.Lag, milliseconds(l.lag))
	for status, n := range l.spared {
		r.Spared[status] += n
	}
}

func dayFigures(name string, l *latencies) DayFigures {
	return DayFigures{Operation: name, Count: l.n, P50: l.ms(0.50), P99: l.ms(0.99), P999: l.ms(0.999), Max: milliseconds(l.max)}
}

// faults collects wrong answers by kind.
type faults struct {
	stop  context.CancelCauseFunc
	mu    sync.Mutex
	order []string
	byWay map[string]*Fault
	n     int
}

// enoughFaults end a day.
const enoughFaults = 1000

func (f *faults) note(err error) {
	wrong, ok := errors.AsType[*Error](err)
	if !ok {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	kind := wrong.kind()
	known := f.byWay[kind]
	if known == nil {
		if f.byWay == nil {
			f.byWay = map[string]*Fault{}
		}
		known = &Fault{First: wrong.Error(), Hint: wrong.Hint()}
		f.byWay[kind] = known
		f.order = append(f.order, kind)
	}
	known.Count++
	if f.n++; f.n == enoughFaults {
		f.stop(fmt.Errorf("given up after %d wrong answers", f.n))
	}
}

func (f *faults) list() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Fault, len(f.order))
	for i, kind := range f.order {
		all[i] = *f.byWay[kind]
	}
	return all
}

// WriteText writes the report for people.
func (r *DayReport) WriteText(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	wanted := "as fast as they were answered"
	if r.Wanted > 0 {
		wanted = fmt.Sprintf("of %.0f wanted", r.Wanted)
	}
	fmt.Fprintf(w, "tenants: %d, users: %d; %.0f requests per second, %s, over %.0f s\n", r.Tenants, r.Users, r.Achieved, wanted, r.Seconds)
	initial := "not finished in the time"
	if r.Initial > 0 {
		initial = fmt.Sprintf("%.1f s", r.Initial)
	}
	fmt.Fprintf(w, "initial cycle: %s\nlate starts: %d, the latest by %.0f ms\n", initial, r.Late, r.Lag)
	for _, status := range slices.Sorted(maps.Keys(r.Spared)) {
		fmt.Fprintf(w, "the server asked to wait: %d times by %d\n", r.Spared[status], status)
	}
	fmt.Fprintln(w, "\nREQUEST\tCOUNT\tP50 MS\tP99 MS\tP99.9 MS\tSLOWEST MS")
	for _, f := range append(slices.Clone(r.Operations), r.All) {
		fmt.Fprintf(w, "%s\t%d\t%.2f\t%.2f\t%.2f\t%.2f\n", f.Operation, f.Count, f.P50, f.P99, f.P999, f.Max)
	}
	fmt.Fprintln(w, "\nLatencies count from when a request was due.")
	for _, f := range r.Faults {
		fmt.Fprintf(w, "\nWRONG  %d times: %s\nhint: %s\n", f.Count, f.First, f.Hint)
	}
	return w.Flush()
}
