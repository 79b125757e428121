package turn

import (
	"context"
	"hash/maphash"
)

// Queues are shared by keys by their hash. Make one with New.
type Queues struct {
	seed   maphash.Seed
	queues [64]chan struct{}
}

// New makes queues in which nobody waits.
func New() *Queues {
	q := &Queues{seed: maphash.MakeSeed()}
	for i := range q.queues {
		q.queues[i] = make(chan struct{}, 1)
	}
	return q
}

// Wait returns when it is the caller's turn, with what ends it.
func (q *Queues) Wait(ctx context.Context, key string) (leave func(), err error) {
	queue := q.queues[maphash.String(q.seed, key)%uint64(len(q.queues))]
	select {
	case queue <- struct{}{}:
		return func() { <-queue }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
