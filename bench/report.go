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

	"github.com/usher-scim/usher/scimtest/load"
)

// report is what a run found.
type report struct {
	*load.Report
	Durability map[string]string `json:"durability"`
	Memory     []memory          `json:"memory"`

	targets []string
}

// memory is the resident memory of a server at some point of the run.
type memory struct {
	Server string  `json:"server"`
	When   string  `json:"when"`
	MiB    float64 `json:"mib"`
}

func writeJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// writeTable prints one table per size, the growth of what must not grow, and the memory.
func (r *report) writeTable(out io.Writer) error {
	if isTerminal {
		fmt.Fprintln(os.Stderr)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, name := range r.targets {
		fmt.Fprintf(w, "%s\twrites: %s\n", name, r.Durability[name])
	}
	size := 0
	for _, line := range r.Results {
		if line.Users != size {
			size = line.Users
			fmt.Fprintf(w, "\n%d users; requests per second, medians of the rounds; ratios of usher to each\n", size)
			fmt.Fprintln(w, strings.Join(r.head(), "\t"))
		}
		fmt.Fprintln(w, strings.Join(r.row(line), "\t"))
	}
	r.writeGrowth(w)
	r.writeFlatness(w)
	r.writeMemory(w)
	return w.Flush()
}

// others are the servers that usher is compared with, the nearest first.
func (r *report) others() []string {
	order := []string{"thin-pg", "thin-full", "thin-normal", "const", "before"}
	return slices.DeleteFunc(order, func(name string) bool { return !slices.Contains(r.targets, name) })
}

func (r *report) head() []string {
	cells := append([]string{"operation", "workers"}, r.targets...)
	cells = append(cells, "usher p50 ms", "p99 ms")
	for _, name := range r.others() {
		cells = append(cells, "of "+name)
	}
	return cells
}

func (r *report) row(line *load.Result) []string {
	cells := []string{line.Operation, fmt.Sprint(line.Workers)}
	for _, name := range r.targets {
		cells = append(cells, number("%.0f", line.Servers[name].Rate))
	}
	usher := line.Servers["usher"]
	cells = append(cells, number("%.2f", usher.P50), number("%.2f", usher.P99))
	for _, name := range r.others() {
		cells = append(cells, number("%.0f %%", 100*line.Ratios[name]))
	}
	return cells
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
	servers := r.compared()
	fmt.Fprintln(w, "\ngrowth: p50 of an operation, as a multiple of another's\tusers\tworkers\t"+strings.Join(servers, "\t"))
	for _, g := range growths {
		for _, line := range r.Results {
			base := r.Find(g.base, line.Users, line.Workers)
			if line.Operation == g.operation && base != nil {
				fmt.Fprintf(w, "%s / %s\t%d\t%d%s\n", g.operation, g.base, line.Users, line.Workers, multiples(servers, line, base))
			}
		}
	}
}

// writeFlatness tells how much dearer each operation is in the largest directory than in the smallest.
func (r *report) writeFlatness(w io.Writer) {
	servers := r.compared()
	smallest, largest := 0, 0
	for _, line := range r.Results {
		smallest, largest = cmp.Or(min(smallest, line.Users), line.Users), max(largest, line.Users)
	}
	if smallest == largest {
		return
	}
	fmt.Fprintf(w, "\nflatness: p50 at %d users, as a multiple of that at %d\tworkers\t%s\n", largest, smallest, strings.Join(servers, "\t"))
	for _, line := range r.Results {
		if base := r.Find(line.Operation, smallest, line.Workers); line.Users == largest && base != nil {
			fmt.Fprintf(w, "%s\t%d%s\n", line.Operation, line.Workers, multiples(servers, line, base))
		}
	}
}

// compared are the servers with a store that is as durable as usher's, and usher.
func (r *report) compared() []string {
	return slices.DeleteFunc([]string{"thin-full", "thin-pg", "usher"}, func(name string) bool { return !slices.Contains(r.targets, name) })
}

func multiples(servers []string, line, base *load.Result) string {
	var b strings.Builder
	for _, name := range servers {
		multiple := 0.0
		if from := base.Servers[name].P50; from > 0 {
			multiple = line.Servers[name].P50 / from
		}
		b.WriteString("\t" + number("%.2f", multiple))
	}
	return b.String()
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
