package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// bench holds the servers of a run.
type bench struct {
	options
	dir     string
	targets []*target
	stop    func()
	report  report
}

// start makes a folder for the run and starts every server that was asked for.
func start(parent context.Context, o options) (*bench, error) {
	dir, err := os.MkdirTemp(o.dir, "usher-bench-")
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(parent)
	b := &bench{options: o, dir: dir}
	b.stop = func() {
		cancel()
		for _, t := range b.targets {
			if t.process != nil {
				t.process.cmd.Wait() // an interrupt is how it ends: no error worth telling
			}
		}
		os.RemoveAll(dir)
	}
	for _, name := range o.targets {
		t, err := b.startTarget(ctx, name)
		if err != nil {
			b.stop()
			return nil, fmt.Errorf("start %s: %w", name, err)
		}
		b.targets = append(b.targets, t)
		b.noteMemory(t, "start")
	}
	return b, nil
}

func (b *bench) startTarget(ctx context.Context, name string) (*target, error) {
	dir := filepath.Join(b.dir, name)
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	kind, synchronous := "thin", "FULL"
	switch name {
	case "usher":
		if b.usherURL != "" {
			return newTarget(name, b.usherURL, b.token, nil), nil
		}
		return usherTarget(ctx, name, dir, "")
	case "before":
		return usherTarget(ctx, name, dir, b.before)
	case "const":
		kind = "const"
	case "thin-normal":
		synchronous = "NORMAL"
	}
	p, err := startYardstick(ctx, kind, dir, synchronous)
	if err != nil {
		return nil, err
	}
	return newTarget(name, p.url, "", p), nil
}

// measure runs every operation at every size.
func (b *bench) measure(ctx context.Context) (*report, error) {
	for _, size := range b.users {
		if err := b.seed(ctx, size); err != nil {
			return nil, err
		}
		b.noteAllMemory(fmt.Sprintf("%d users", size))
		for _, o := range operations {
			if !b.wants(o) || o.members > size {
				continue
			}
			if err := b.operation(ctx, o, size); err != nil {
				return nil, err
			}
		}
		b.noteAllMemory(fmt.Sprintf("bench at %d users", size))
		if err := b.countLargeGroups(ctx); err != nil {
			return nil, err
		}
	}
	return &b.report, nil
}

func (b *bench) wants(o *operation) bool {
	for _, name := range b.ops {
		if name == o.name {
			return true
		}
	}
	return false
}

// seed brings every server to n users. The list of const is empty: it knows its answers.
func (b *bench) seed(ctx context.Context, n int) error {
	create := &operation{call: createUser}
	for _, t := range b.targets {
		const step = 5000
		for missing := n - len(t.users); missing > 0; missing = n - len(t.users) {
			s, err := t.drive(ctx, load{operation: create, workers: 8, requests: int64(min(missing, step))})
			if err != nil {
				return fmt.Errorf("seed: %w", err)
			}
			progress("%s: %d of %d users, %.0f/s", t.name, len(t.users), n, s.rate())
		}
	}
	return nil
}

// operation measures one line of the table for each number of workers.
func (b *bench) operation(ctx context.Context, o *operation, size int) error {
	if o.before != nil { // additions need users who are not members yet
		if err := b.seed(ctx, max(size, o.members+(b.rounds+1)*len(b.workers)*membersPerSlice)); err != nil {
			return err
		}
	}
	for _, workers := range b.workers {
		r := &result{Operation: o.name, Users: size, Workers: workers, write: o.write, about: o.about}
		for round := range b.rounds + 1 { // the first one warms up
			progress("%d users, %s, %d workers, round %d of %d", size, o.name, workers, round, b.rounds)
			for _, t := range b.targetsFor(o) {
				s, err := b.slice(ctx, t, o, size, workers, round == 0)
				if err != nil {
					return err
				}
				if round > 0 {
					r.add(t.name, s)
				}
			}
		}
		b.report.Results = append(b.report.Results, r.finish(b.targets))
	}
	return nil
}

// targetsFor leaves thin-normal out of reads, where it does what thin-full does.
func (b *bench) targetsFor(o *operation) []*target {
	var all []*target
	for _, t := range b.targets {
		if o.write || t.name != "thin-normal" {
			all = append(all, t)
		}
	}
	return all
}

func (b *bench) slice(ctx context.Context, t *target, o *operation, size, workers int, warm bool) (sample, error) {
	l := load{operation: o, workers: workers, users: size, time: b.options.slice}
	if o.budget != nil {
		l.requests = int64(o.budget(size))
	}
	if warm {
		l.time, l.requests = l.time/4, int64(min(50*workers, membersPerSlice))
	}
	if o.before != nil {
		if err := o.before(ctx, t, o); err != nil {
			return sample{}, err
		}
	}
	s, err := t.drive(ctx, l)
	if err == nil && o.after != nil {
		err = o.after(ctx, t, o)
	}
	return s, err
}

// countLargeGroups reads the groups that are kept. It costs the servers memory, so that it comes after the memory was
// noted.
func (b *bench) countLargeGroups(ctx context.Context) error {
	for _, t := range b.targets {
		for _, g := range t.groups {
			if err := t.countMembers(ctx, g); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) noteAllMemory(when string) {
	for _, t := range b.targets {
		b.noteMemory(t, when)
	}
}

func (b *bench) noteMemory(t *target, when string) {
	if mib := t.process.rss(); mib > 0 {
		b.report.Memory = append(b.report.Memory, memory{Server: t.name, When: when, MiB: mib})
	}
}

// progress writes over the last line of a terminal; elsewhere it writes a line now and then.
func progress(format string, args ...any) {
	line := fmt.Sprintf("%s %s", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
	if isTerminal {
		fmt.Fprintf(os.Stderr, "\r\033[K%s", line)
	} else if time.Since(lastProgress) > 10*time.Second {
		lastProgress = time.Now()
		fmt.Fprintln(os.Stderr, line)
	}
}

var (
	isTerminal   = func() bool { info, err := os.Stderr.Stat(); return err == nil && info.Mode()&os.ModeCharDevice != 0 }()
	lastProgress time.Time
)
