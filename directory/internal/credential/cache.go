package credential

import (
	"maps"
	"sync"
	"time"
)

// Cache keeps for an age what credentials opened a moment ago, by their hash. Unknown ones are not remembered: the
// checksum keeps typos away from the store, and a memory of guesses would have no bound. The zero value is empty.
type Cache[T any] struct {
	mu   sync.RWMutex
	rows map[[32]byte]read[T]
}

type read[T any] struct {
	row T
	at  time.Time
}

const (
	// CacheAge is how long a look-up is trusted. Revoking, pausing and deleting, also by another process on the same data,
	// hold within a second.
	CacheAge = 500 * time.Millisecond
	// cacheSize bounds the cache; credentials are few, and a full cache starts again.
	cacheSize = 10_000
)

// Get returns what was read under the hash, if that is not too long ago.
func (c *Cache[T]) Get(hash [32]byte, now time.Time) (T, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	r, ok := c.rows[hash]
	age := now.Sub(r.at)
	return r.row, ok && age >= 0 && age < CacheAge
}

// Put keeps what was read at that time.
func (c *Cache[T]) Put(hash [32]byte, row T, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rows == nil || len(c.rows) >= cacheSize {
		c.rows = make(map[[32]byte]read[T])
	}
	c.rows[hash] = read[T]{row, at}
}

// Forget drops the rows of which that holds.
func (c *Cache[T]) Forget(is func(T) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.rows, func(_ [32]byte, r read[T]) bool { return is(r.row) })
}

// Clear forgets everything, so that what this process changes holds at once.
func (c *Cache[T]) Clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rows = nil
}
