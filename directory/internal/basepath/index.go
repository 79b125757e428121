package basepath

import (
	"sync"
	"time"
)

const (
	// maxShare is how many times longer than a look the pause after it is, where there are so many workspaces that one
	// takes long.
	maxShare = 20
	maxAge   = time.Minute
)

// Index keeps the paths: few, so that whoever asks for paths that there are not causes one look per age and no more. The
// zero value is empty.
type Index struct {
	reading sync.Mutex // one look at a time

	mu    sync.Mutex
	next  time.Time // when to look again
	paths Paths
}

// Current returns the paths, which are never written to again; it reads them again when they are older than that age.
// While somebody reads the last ones hold, and also beside the error of a read that failed. One read runs at a time.
func (x *Index) Current(clock func() time.Time, age time.Duration, read func() (Paths, error)) (Paths, error) {
	known, fresh := x.known(clock())
	if fresh {
		return known, nil
	}
	if known == nil {
		x.reading.Lock()
	} else if !x.reading.TryLock() {
		return known, nil
	}
	defer x.reading.Unlock()
	now := clock()
	if known, fresh = x.known(now); fresh {
		return known, nil
	}
	all, err := read()
	if err != nil {
		all = known
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.paths = all
	x.next = now.Add(min(max(age, maxShare*clock().Sub(now)), maxAge))
	return all, err
}

// known is the last paths, and whether they are fresh: also when the clock was put back meanwhile that is not for ever.
func (x *Index) known(now time.Time) (known Paths, fresh bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.paths, now.Before(x.next) && x.next.Sub(now) <= maxAge
}
