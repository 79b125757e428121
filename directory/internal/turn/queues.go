package turn

import (
	"context"
	"sync"
)

// Queues are one for each key, as long as somebody is in it. Make them with New.
type Queues struct {
	mu     sync.Mutex
	queues map[string]*queue
}

// queue is full while somebody has the turn.
type queue struct {
	turn chan struct{}
	in   int // who waits or has the turn
}

// New makes queues in which nobody waits.
func New() *Queues { return &Queues{queues: map[string]*queue{}} }

// Wait returns when it is the caller's turn, with what ends it. Who has a turn may wait for one of another key, if all who
// do so take the keys in the same order.
func (q *Queues) Wait(ctx context.Context, key string) (leave func(), err error) {
	line := q.join(key)
	select {
	case line.turn <- struct{}{}:
		return func() {
			<-line.turn
			q.leave(key, line)
		}, nil
	case <-ctx.Done():
		q.leave(key, line)
		return nil, ctx.Err()
	}
}

func (q *Queues) join(key string) *queue {
	q.mu.Lock()
	defer q.mu.Unlock()
	line := q.queues[key]
	if line == nil {
		line = &queue{turn: make(chan struct{}, 1)}
		q.queues[key] = line
	}
	line.in++
	return line
}

func (q *Queues) leave(key string, line *queue) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if line.in--; line.in == 0 {
		delete(q.queues, key)
	}
}
