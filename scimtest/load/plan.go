package load

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Plan is an interleaved run of the closed loop: each operation, at each size of the directory and number of workers, in
// rounds in which the servers take turns.
type Plan struct {
	// Users are sizes of the directory, ascending. Those that the server had before come on top.
	Users []int
	// Workers are numbers of concurrent clients.
	Workers []int
	// Operations are names of [Operations]. Defaults to all but the extra ones.
	Operations []string
	// Rounds are slices of each operation on each server that count; one more comes before them, to warm up.
	Rounds int
	// Slice is the length of one.
	Slice time.Duration
	// Subject is the name of the server whose rate is divided by those of the others. Defaults to the first.
	Subject string
	// Progress, unless nil, is told how far the run is.
	Progress func(done, total int, text string)
	// Pause, unless nil, is called when the servers were filled, and again when all was measured at that size.
	Pause func(when string)

	done, steps int
}

// Report is what a run found.
type Report struct {
	Results []*Result `json:"results"`
	// LeftOut are operations that want more users than there were.
	LeftOut []LeftOut `json:"left_out,omitempty"`
}

// LeftOut is an operation that was not measured at a size of the directory.
type LeftOut struct {
	Operation string `json:"operation"`
	Users     int    `json:"users"`
	Needs     int    `json:"needs"` // users
}

// Result is one operation at one size and one number of workers.
type Result struct {
	Operation string             `json:"operation"`
	About     string             `json:"about"`
	Write     bool               `json:"write"`
	Users     int                `json:"users"`
	Workers   int                `json:"workers"`
	Servers   map[string]Figures `json:"servers"`
	// Ratios are the subject's rate divided by the named server's: the median over the rounds.
	Ratios map[string]float64 `json:"ratios,omitempty"`
	// Declined says which servers have no figures, as they have refused to look through so many users (tooMany, RFC 7644
	// §3.12), and in which words.
	Declined map[string]string `json:"declined,omitempty"`
}

// Find returns a result, nil where there is none.
func (r *Report) Find(operation string, users, workers int) *Result {
	i := slices.IndexFunc(r.Results, func(l *Result) bool {
		return l.Operation == operation && l.Users == users && l.Workers == workers
	})
	if i < 0 {
		return nil
	}
	return r.Results[i]
}

// Run measures. The report has what was found until the first error.
func (p Plan) Run(ctx context.Context, servers ...*Server) (*Report, error) {
	report := &Report{Results: []*Result{}}
	chosen, err := choose(p.Operations)
	if err != nil {
		return report, err
	}
	if err := p.checkSizes(chosen); err != nil {
		return report, err
	}
	if p.Subject == "" && len(servers) > 0 {
		p.Subject = servers[0].Name
	}
	p.steps = len(p.Users) * len(chosen) * len(p.Workers) * (p.Rounds + 1)
	for _, size := range p.Users {
		if err := p.size(ctx, report, chosen, servers, size); err != nil {
			return report, err
		}
	}
	return report, nil
}

// checkSizes refuses a run that would measure nothing: it may take long to fill a server for it.
func (p *Plan) checkSizes(chosen []*Operation) error {
	least := slices.MinFunc(chosen, func(a, b *Operation) int { return cmp.Compare(a.members, b.members) })
	if slices.ContainsFunc(p.Users, func(size int) bool { return size >= least.members }) {
		return nil
	}
	return fmt.Errorf("nothing to measure: %s needs %d users", least.Name, least.members)
}

// size measures all operations at one size of the directory.
func (p *Plan) size(ctx context.Context, report *Report, chosen []*Operation, servers []*Server, size int) error {
	if err := p.seed(ctx, servers, size); err != nil {
		return err
	}
	p.pause(fmt.Sprintf("%d users", size))
	for _, o := range chosen {
		if o.members > size {
			p.done += len(p.Workers) * (p.Rounds + 1)
			report.LeftOut = append(report.LeftOut, LeftOut{o.Name, size, o.members})
			continue
		}
		if err := p.operation(ctx, report, o, servers, size); err != nil {
			return err
		}
	}
	p.pause(fmt.Sprintf("bench at %d users", size))
	for _, s := range servers { // it costs them memory, and so comes last
		if err := s.countMembers(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p *Plan) pause(when string) {
	if p.Pause != nil {
		p.Pause(when)
	}
}

func (p *Plan) seed(ctx context.Context, servers []*Server, n int) error {
	for _, s := range servers {
		if err := s.Seed(ctx, n, p.Progress); err != nil {
			return err
		}
	}
	return nil
}

// operation measures one operation for each number of workers.
func (p *Plan) operation(ctx context.Context, report *Report, o *Operation, all []*Server, size int) error {
	servers := slices.DeleteFunc(slices.Clone(all), func(s *Server) bool { return slices.Contains(s.Except, o.Name) })
	if err := p.seed(ctx, servers, max(size, p.usersFor(o))); err != nil {
		return err
	}
	for _, workers := range p.Workers {
		m := measured{map[string][]sample{}, map[string]string{}}
		for round := range p.Rounds + 1 { // the first one warms up
			tell(p.Progress, p.done, p.steps, fmt.Sprintf("%s, %d users, %d workers", o.Name, size, workers))
			for _, s := range servers {
				if err := m.turn(ctx, p.slice(s, o, size, workers, round == 0), round > 0); err != nil {
					return err
				}
			}
			p.done++
		}
		report.Results = append(report.Results, p.result(o, size, workers, m))
	}
	return nil
}

// measured is what was found of each server for one line of the report.
type measured struct {
	samples  map[string][]sample
	declined map[string]string
}

// turn is one server's slice, unless it has declined the operation.
func (m *measured) turn(ctx context.Context, r *run, counts bool) error {
	name := r.server.Name
	if m.declined[name] != "" {
		return nil
	}
	got, err := r.measure(ctx)
	if wrong, ok := errors.AsType[*Error](err); ok && wrong.Declined() {
		m.declined[name] = wrong.detail()
		return nil
	}
	if err == nil && counts {
		m.samples[name] = append(m.samples[name], got)
	}
	return err
}

// usersFor is how many users the slices of an operation need: additions need some who are not members yet, a large group
// new ones in each slice.
func (p *Plan) usersFor(o *Operation) int {
	switch {
	case !o.joins:
		return 0
	case o.members > batchOfMembers:
		return o.members + (p.Rounds+1)*len(p.Workers)*membersPerSlice
	}
	return o.members + membersPerSlice
}

func (p *Plan) slice(s *Server, o *Operation, size, workers int, warm bool) *run {
	r := &run{server: s, operation: o, workers: workers, users: size, time: p.Slice}
	if o.budget != nil {
		r.requests = int64(o.budget(size))
	}
	if warm {
		r.time, r.requests = r.time/4, int64(min(50*workers, membersPerSlice))
		if o.units > 1 {
			r.requests = int64(max(int(r.requests)/o.units, 1))
		}
	}
	return r
}

// result turns what was measured into figures.
func (p *Plan) result(o *Operation, size, workers int, m measured) *Result {
	r := &Result{
		Operation: o.Name, About: o.About, Write: o.Write, Users: size, Workers: workers,
		Servers: map[string]Figures{}, Ratios: map[string]float64{}, Declined: m.declined,
	}
	for name, some := range m.samples {
		r.Servers[name] = figuresOf(some)
	}
	for name, f := range r.Servers {
		if own, ok := r.Servers[p.Subject]; ok && name != p.Subject {
			r.Ratios[name] = pairwise(own.Rounds, f.Rounds)
		}
	}
	return r
}
