package sqlstore

import (
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
	// maxFetches is how many are read at one time, and fetchTime how long that may take.
	maxFetches = 2
	fetchTime  = 10 * time.Second
	// fetchRest is how many times as long as it took they are not read again: where everything changes all the time the
	// engine looks through its index, and that costs a twentieth more.
	fetchRest = 20
	// unfitRest is how long nobody tries again to read what is too much.
	unfitRest = 10 * time.Minute
)

// shelf has the texts that are in memory.
type shelf struct {
	kept atomic.Pointer[map[textIndex]*corpus] // replaced as a whole, under mu

	mu      sync.Mutex
	again   map[textIndex]time.Time // not to be read before
	voids   int                     // how many changes there were that the log does not tell
	pending int                     // such that are under way
	sweep   *time.Timer
	ended   bool
	reading int
	readers sync.WaitGroup
}

func newShelf() *shelf {
	h := &shelf{again: map[textIndex]time.Time{}}
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

// begin reports whether an index shall be read now, and how many voids there were. After it, end is called.
func (h *shelf) begin(of textIndex) (voids int, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.ended || h.reading == maxFetches || now.Before(h.again[of]) {
		return 0, false
	}
	maps.DeleteFunc(h.again, func(_ textIndex, at time.Time) bool { return now.After(at) })
	h.again[of] = now.Add(fetchTime) // not twice at once
	h.reading++
	h.readers.Add(1)
	return h.voids, true
}

// end takes in what was read, unless there was an error. The least searched make room for it.
func (h *shelf) end(of textIndex, t *corpus, err error, voids int) {
	defer h.readers.Done()
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	h.reading--
	switch {
	case errors.Is(err, errUnfit):
		h.again[of] = now.Add(unfitRest)
	case err == nil:
		h.again[of] = now.Add(fetchRest * now.Sub(t.read))
	}
	if err != nil || h.ended || h.pending > 0 || h.voids != voids {
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

// void drops all, for a change that the log does not tell: before it is made, and once more when it was.
func (h *shelf) void() (made func()) {
	drop := func(pending int) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.voids++
		h.pending += pending
		for _, t := range h.now() {
			t.void.Store(true)
		}
		h.kept.Store(&map[textIndex]*corpus{})
	}
	drop(+1)
	return func() { drop(-1) }
}

// close waits for whoever reads.
func (h *shelf) close() {
	h.mu.Lock()
	h.ended = true
	h.kept.Store(&map[textIndex]*corpus{})
	if h.sweep != nil {
		h.sweep.Stop()
	}
	h.mu.Unlock()
	h.readers.Wait()
}
