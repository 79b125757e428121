package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/usher-scim/usher/scimclient"
	"github.com/usher-scim/usher/scimtest/load"
)

// benchView is the report for programs.
type benchView struct {
	Server string `json:"server"`
	Other  string `json:"other,omitempty"`
	*load.Report
}

func (c *benchCmd) print(a *app, r *load.Report) error {
	if a.JSON {
		return printJSON(a.out, benchView{Server: scimclient.ShownURL(c.BaseURL), Other: scimclient.ShownURL(c.Other), Report: r})
	}
	head := fmt.Sprintf("%s: checked answers per second, medians of %d rounds of %v s\n", scimclient.ShownURL(c.BaseURL), *c.Rounds, *c.Seconds)
	if c.Other != "" {
		head += "other: " + scimclient.ShownURL(c.Other) + "; the ratio is the median of the rounds' own\n"
	}
	if _, err := io.WriteString(a.out, head); err != nil {
		return err
	}
	for _, size := range sizesOf(r) {
		if _, err := fmt.Fprintf(a.out, "\n%s users\n", thousands(size)); err != nil {
			return err
		}
		if _, err := c.table(a, r, size).WriteTo(a.out); err != nil {
			return err
		}
		if err := errors.Join(printDeclined(a, r, size), printLeftOut(a, r, size)); err != nil {
			return err
		}
	}
	return c.printGrowth(a, r)
}

func sizesOf(r *load.Report) []int {
	var sizes []int
	for _, line := range r.Results {
		sizes = append(sizes, line.Users)
	}
	for _, o := range r.LeftOut {
		sizes = append(sizes, o.Users)
	}
	slices.Sort(sizes)
	return slices.Compact(sizes)
}

func (c *benchCmd) table(a *app, r *load.Report, size int) *table {
	head := []string{"operation", "workers", "per second", "p50 ms", "p99 ms"}
	if c.Other != "" {
		head = append(head, "other", "p50 ms", "p99 ms", "ratio")
	}
	t := a.table("Nothing was measured.", head...)
	for _, line := range r.Results {
		if line.Users != size {
			continue
		}
		own, other := line.Servers["server"], line.Servers["other"]
		cells := []string{line.Operation, fmt.Sprint(line.Workers), perSecond(own.Rate), latency(own.P50), latency(own.P99)}
		if c.Other != "" {
			cells = append(cells, perSecond(other.Rate), latency(other.P50), latency(other.P99), fmt.Sprintf("%.2f", line.Ratios["other"]))
		}
		t.add(cells...)
	}
	return t
}

// printDeclined tells why some operations have no figures.
func printDeclined(a *app, r *load.Report, size int) error {
	told := map[string]bool{}
	for _, line := range r.Results {
		if line.Users != size {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(line.Declined)) {
			if told[line.Operation+name] {
				continue
			}
			told[line.Operation+name] = true
			if _, err := fmt.Fprintf(a.out, "%s is declined by %s: %s\n", line.Operation, name, line.Declined[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// printLeftOut tells for which operations there were too few users.
func printLeftOut(a *app, r *load.Report, size int) error {
	for _, o := range r.LeftOut {
		if o.Users != size {
			continue
		}
		if _, err := fmt.Fprintf(a.out, "%s is left out: it needs %s users\n", o.Operation, thousands(o.Needs)); err != nil {
			return err
		}
	}
	return nil
}

// printGrowth tells how much dearer an operation is in the largest directory than in the smallest.
func (c *benchCmd) printGrowth(a *app, r *load.Report) error {
	sizes := sizesOf(&load.Report{Results: r.Results})
	if len(sizes) < 2 {
		return nil
	}
	small, large := sizes[0], sizes[len(sizes)-1]
	t := a.table("", "growth of the p50", "workers", fmt.Sprintf("%s users", thousands(small)), fmt.Sprintf("%s users", thousands(large)), "times")
	for _, line := range r.Results {
		base := r.Find(line.Operation, small, line.Workers)
		if line.Users != large || base == nil || base.Servers["server"].P50 == 0 || line.Servers["server"].P50 == 0 {
			continue
		}
		from, to := base.Servers["server"].P50, line.Servers["server"].P50
		t.add(line.Operation, fmt.Sprint(line.Workers), latency(from), latency(to), fmt.Sprintf("%.2f", to/from))
	}
	if _, err := io.WriteString(a.out, "\n"); err != nil {
		return err
	}
	_, err := t.WriteTo(a.out)
	return err
}

// perSecond writes requests per second with three digits at least.
func perSecond(x float64) string {
	switch {
	case x == 0:
		return "-"
	case x >= 100:
		return thousands(int(x))
	}
	return fmt.Sprintf("%.1f", x)
}

func latency(ms float64) string {
	if ms == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f", ms)
}
