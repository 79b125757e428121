package sqlstore

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// What the texts in memory may take.
const (
	maxTexts  = 16 << 20 // bytes, of one index
	allTexts  = 32 << 20
	keepTexts = time.Minute // since they were last searched
	// oldTexts is when they are read anew in any case: what was erased shall not stay for good.
	oldTexts = 10 * time.Minute
	// fetchTime is how long it may take to read some. One index is read at a time, for until its arrays are cut to their
	// length it takes about twice what is kept of it.
	fetchTime = 10 * time.Second
	// fetchRest is how many times as long as it took they are not read again: where everything changes all the time the
	// engine looks through its index, and that costs a twentieth more.
	fetchRest = 20
	// unfitRest is how long nobody tries again to read what is too much.
	unfitRest = 10 * time.Minute
)

// shelf has the texts that are in memory.
type shelf struct {
	kept atomic.Pointer[map[textIndex]*corpus] // replaced as a whole, under mu

	mu            sync.Mutex
	again         map[textIndex]time.Time // not to be read before
	invalidations int                     // how many changes there were that the log does not tell
	untold        int                     // such that are under way
	sweep         *time.Timer
	ended         bool
	context       context.Context // of whoever reads, until the shelf is closed
	cancel        context.CancelFunc
	reading       bool
	readers       sync.WaitGroup
}

func newShelf() *shelf {
	h := &shelf{again: map[textIndex]time.Time{}}
	h.context, h.cancel = context.WithCancel(context.Background())
	h.kept.Store(&map[textIndex]*corpus{})
	return h
}

// now is what is in memory. A snapshot that is taken later is never older than it.
func (h *shelf) now() map[textIndex]*corpus { return *h.kept.Load() }

// size is what they take, in bytes.
func (h *shelf) size() int { return sizeOf(h.now()) }

func sizeOf(kept map[textIndex]*corpus) (n int) {
	for _, t := range kept {
		n += t.size()
	}
	return n
}

// begin reports whether an index shall be read now, and how many invalidations there were. After it, end is called.
func (h *shelf) begin(of textIndex) (invalidations int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.ended || h.reading || now.Before(h.again[of]) {
		return 0, false
	}
	maps.DeleteFunc(h.again, func(_ textIndex, at time.Time) bool { return now.After(at) })
	h.again[of] = now.Add(fetchTime) // not twice at once
	h.reading = true
	h.readers.Add(1)
	return h.invalidations, true
}

// end takes in what was read, unless there was an error. The least searched make room for it.
func (h *shelf) end(of textIndex, t *corpus, err error, invalidations int) {
	defer h.readers.Done()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.reading = false
	switch {
	case errors.Is(err, errUnfit):
		h.again[of] = now.Add(unfitRest)
	case err == nil:
		h.again[of] = now.Add(fetchRest * now.Sub(t.read))
	}
	if err != nil || h.ended || h.untold > 0 || h.invalidations != invalidations {
		return
	}
	kept := maps.Clone(h.now())
	kept[of] = t
	h.keep(kept, func(o *corpus, size int) bool { return o != t && size > allTexts })
}

// keep puts the texts on the shelf, without those, of the least searched first, that shall go.
func (h *shelf) keep(kept map[textIndex]*corpus, goes func(t *corpus, size int) bool) {
	size := sizeOf(kept)
	for _, t := range slices.SortedFunc(maps.Values(kept), func(a, b *corpus) int {
		return int(a.searched.Load() - b.searched.Load())
	}) {
		if goes(t, size) {
			size -= t.size()
			delete(kept, t.of)
		}
	}
	h.kept.Store(&kept)
	if len(kept) > 0 && h.sweep == nil {
		h.sweep = time.AfterFunc(keepTexts, func() { h.clear(time.Now()) })
	}
}

// clear drops what nobody has searched for a while, and what is old.
func (h *shelf) clear(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sweep = nil
	if !h.ended {
		h.keep(maps.Clone(h.now()), func(t *corpus, _ int) bool {
			return t.searched.Load() < now.Add(-keepTexts).Unix() || t.read.Before(now.Add(-oldTexts))
		})
	}
}

// invalidate drops all, for a change that the log does not tell: before it is made, and once more when it was.
func (h *shelf) invalidate() (made func()) {
	drop := func(untold int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.invalidations++
		h.untold += untold
		for _, t := range h.now() {
			t.stale.Store(true)
		}
		h.kept.Store(&map[textIndex]*corpus{})
	}
	drop(+1)
	return func() { drop(-1) }
}

// close interrupts whoever reads, and waits for it.
func (h *shelf) close() {
	h.mu.Lock()
	h.ended = true
	h.kept.Store(&map[textIndex]*corpus{})
	if h.sweep != nil {
		h.sweep.Stop()
	}
	h.mu.Unlock()
	h.cancel()
	h.readers.Wait()
}
