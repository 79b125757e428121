package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/usher-scim/usher/scimtest/load"
)

// measure runs every operation at every size.
func (b *bench) measure(ctx context.Context) (*report, error) {
	plan := load.Plan{
		Users: b.users, Workers: b.workers, Operations: b.ops, Rounds: b.rounds, Slice: b.slice,
		Subject: "usher", Progress: progress,
		Pause: func(when string) { b.noteMemories(ctx, when) },
	}
	found, err := plan.Run(ctx, b.servers...)
	return &report{Report: found, Memory: b.memory, Durability: b.durability(), targets: b.targets}, err
}

// restSlices is how long the servers rest, in slices, before their memory is read once more.
const restSlices = 10

// noteMemories reads the memory of all at the end of a load and after a rest: what load has taken goes back some seconds later.
func (b *bench) noteMemories(ctx context.Context, when string) {
	b.noteMemoryOfAll(when)
	rest := restSlices * b.slice
	select {
	case <-ctx.Done():
	case <-time.After(rest):
		b.noteMemoryOfAll(fmt.Sprintf("%s, %v later", when, rest))
	}
}

func (b *bench) noteMemoryOfAll(when string) {
	for _, name := range b.targets {
		b.noteMemory(name, when)
	}
}

func (b *bench) noteMemory(name, when string) {
	if mib := b.processes[name].rss(); mib > 0 {
		b.memory = append(b.memory, memory{Server: name, When: when, MiB: mib})
	}
}

// durability is what an answer to a write promises. FULL and on: the log is synced before the answer.
func (b *bench) durability() map[string]string {
	own := "synchronous=FULL"
	if b.database != "" {
		own = "synchronous_commit of the database"
	}
	known := map[string]string{
		"const": "no store", "thin-normal": "synchronous=NORMAL", "thin-full": "synchronous=FULL",
		"thin-pg": "synchronous_commit of the database", "before": own, "usher": own,
	}
	promised := map[string]string{}
	for _, name := range b.targets {
		promised[name] = known[name]
	}
	return promised
}

// progress writes over the last line of a terminal; elsewhere it writes a line now and then.
func progress(done, total int, text string) {
	line := fmt.Sprintf("%s %d of %d: %s", time.Now().Format(time.TimeOnly), done, total, text)
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
