package main

import (
	"context"
	"runtime/debug"
	counters "runtime/metrics"
	"time"
)

// What load is, in allocated memory: a hundred requests a second allocate some 1.5 MB.
const (
	quietTick  = time.Second
	quietBytes = 1 << 20 // in a tick
	quietTicks = 3       // in a row, and load is over
	loadBytes  = 16 << 20
)

// giveBackWhenQuiet gives memory back to the operating system: what start-up has taken at once, which is as much again as
// serving does, and later what load has, whenever it is over. The runtime would do so in its own time: it keeps what the heap
// has grown to until a collection, which nobody causes who asks for nothing.
func giveBackWhenQuiet(ctx context.Context) {
	giveBack()
	tick := time.NewTicker(quietTick)
	defer tick.Stop()
	q := quiet{seen: allocated(), load: loadBytes} // the rest of start-up is load
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if q.after(allocated()) {
				giveBack()
			}
		}
	}
}

// giveBack takes some milliseconds, and what is used again takes as long to come back.
func giveBack() {
	debug.FreeOSMemory()
	dropPages()
}

// quiet finds the end of load.
type quiet struct {
	seen  uint64 // bytes that were allocated until the last tick
	load  uint64 // of them, under load since memory was given back
	ticks int    // without load, in a row
}

// after takes note of a tick, and reports that load was there and is over.
func (q *quiet) after(total uint64) bool {
	grown := total - q.seen
	q.seen, q.ticks = total, q.ticks+1
	if grown >= quietBytes {
		q.load, q.ticks = q.load+grown, 0
	}
	if q.ticks < quietTicks || q.load < loadBytes {
		return false
	}
	q.load = 0
	return true
}

// allocated is how many bytes the program has ever allocated in its heap.
func allocated() uint64 {
	sample := []counters.Sample{{Name: "/gc/heap/allocs:bytes"}}
	counters.Read(sample)
	return sample[0].Value.Uint64()
}
