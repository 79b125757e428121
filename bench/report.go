package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is what a run found.
type report struct {
	Results []*result `json:"results"`
	Memory  []memory  `json:"memory"`
}

// memory is the resident memory of a server at some point of the run.
type memory struct {
	Server string  `json:"server"`
	When   string  `json:"when"`
	MiB    float64 `json:"mib"`
}

// result is one operation at one size and one number of workers.
type result struct {
	Operation string             `json:"operation"`
	Users     int                `json:"users"`
	Workers   int                `json:"workers"`
	Servers   map[string]figures `json:"servers"`
	// Ratios are usher's rate divided by the named server's: medians over the rounds.
	Ratios map[string]float64 `json:"ratios,omitempty"`

	write   bool
	about   string
	samples map[string][]sample
}

// figures of one server: medians over the rounds, latencies over all of them.
type figures struct {
	Rate        float64 `json:"per_second"`
	P50         float64 `json:"p50_ms"`
	P99         float64 `json:"p99_ms"`
	Synchronous string  `json:"synchronous,omitempty"`
}

// synchronous is the durability of each server's writes. FULL: the log is synced before the answer.
var synchronous = map[string]string{"const": "no store", "thin-normal": "NORMAL", "thin-full": "FULL", "before": "FULL", "usher": "FULL"}

func (r *result) add(name string, s sample) {
	if r.samples == nil {
		r.samples = map[string][]sample{}
	}
	r.samples[name] = append(r.samples[name], s)
}

// finish turns samples into figures.
func (r *result) finish(targets []*target) *result {
	r.Servers, r.Ratios = map[string]figures{}, map[string]float64{}
	for _, t := range targets {
		samples := r.samples[t.name]
		if len(samples) == 0 {
			continue
		}
		f := figuresOf(samples)
		if r.write {
			f.Synchronous = synchronous[t.name]
		}
		r.Servers[t.name] = f
		if own := r.samples["usher"]; len(own) > 0 && t.name != "usher" {
			r.Ratios[t.name] = pairwise(own, samples)
		}
	}
	return r
}

func figuresOf(samples []sample) figures {
	rates := make([]float64, len(samples))
	var latencies []time.Duration
	for i, s := range samples {
		rates[i] = s.rate()
		latencies = append(latencies, s.latencies...)
	}
	slices.Sort(latencies)
	return figures{Rate: median(rates), P50: quantile(latencies, 0.50), P99: quantile(latencies, 0.99)}
}

// pairwise is the median of the ratios of neighbours in time.
func pairwise(a, b []sample) float64 {
	ratios := make([]float64, min(len(a), len(b)))
	for i := range ratios {
		ratios[i] = a[i].rate() / b[i].rate()
	}
	return median(ratios)
}

func median(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}

func (r *report) writeJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// writeTable prints one table per size, the growth of the member additions, and the memory.
func (r *report) writeTable(out io.Writer) error {
	if isTerminal {
		fmt.Fprintln(os.Stderr)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	size := 0
	for _, line := range r.Results {
		if line.Users != size {
			size = line.Users
			fmt.Fprintf(w, "\n%d users; requests per second, medians of the rounds; writes: thin-full and usher synchronous=FULL\n", size)
			fmt.Fprintln(w, "operation\tworkers\tconst\tthin-normal\tthin-full\tbefore\tusher\tusher p50 ms\tp99 ms\tof thin-full\tof thin-normal\tof const\tof before")
		}
		line.writeRow(w)
	}
	r.writeGrowth(w)
	r.writeMemory(w)
	return w.Flush()
}

func (r *result) writeRow(w io.Writer) {
	cells := []string{r.Operation, fmt.Sprint(r.Workers)}
	for _, name := range targetNames {
		cells = append(cells, number("%.0f", r.Servers[name].Rate))
	}
	usher := r.Servers["usher"]
	cells = append(cells, number("%.2f", usher.P50), number("%.2f", usher.P99))
	for _, name := range []string{"thin-full", "thin-normal", "const", "before"} {
		cells = append(cells, number("%.0f %%", 100*r.Ratios[name]))
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

func number(format string, x float64) string {
	if x == 0 {
		return "-"
	}
	return fmt.Sprintf(format, x)
}

// growths are the operations whose cost must not grow, with what they are compared with.
var growths = []struct{ operation, base string }{
	{"deep", "list"}, {"member1k", "member0"}, {"member100k", "member0"},
}

// writeGrowth tells how much dearer a deep page and a member of a large group are.
func (r *report) writeGrowth(w io.Writer) {
	fmt.Fprintln(w, "\ngrowth: p50 of an operation, as a multiple of another's\tusers\tworkers\tthin-full\tusher")
	for _, g := range growths {
		for _, line := range r.Results {
			base := r.find(g.base, line.Users, line.Workers)
			if line.Operation != g.operation || base == nil {
				continue
			}
			fmt.Fprintf(w, "%s / %s\t%d\t%d", g.operation, g.base, line.Users, line.Workers)
			for _, server := range []string{"thin-full", "usher"} {
				fmt.Fprint(w, "\t", number("%.2f", ratio(line.Servers[server].P50, base.Servers[server].P50)))
			}
			fmt.Fprintln(w)
		}
	}
}

func (r *report) find(operation string, users, workers int) *result {
	i := slices.IndexFunc(r.Results, func(l *result) bool {
		return l.Operation == operation && l.Users == users && l.Workers == workers
	})
	if i < 0 {
		return nil
	}
	return r.Results[i]
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (r *report) writeMemory(w io.Writer) {
	all := slices.Clone(r.Memory)
	slices.SortStableFunc(all, func(a, b memory) int {
		return cmp.Compare(slices.Index(targetNames, a.Server), slices.Index(targetNames, b.Server))
	})
	fmt.Fprintln(w, "\nresident memory\tafter\tMiB")
	for _, m := range all {
		fmt.Fprintf(w, "%s\t%s\t%.0f\n", m.Server, m.When, m.MiB)
	}
}
