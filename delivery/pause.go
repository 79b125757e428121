package delivery

import (
	"math/rand/v2"
	"time"
)

// doubled is how long to wait after so many failures in a row: first, and twice as long each time, up to last.
func doubled(first, last time.Duration, failures int) time.Duration {
	for range failures - 1 {
		if first *= 2; first >= last {
			return last
		}
	}
	return first
}

// jittered adds up to a quarter by chance.
func jittered(first, last time.Duration, failures int) time.Duration {
	p := doubled(first, last, failures)
	return p + rand.N(p/4)
}
