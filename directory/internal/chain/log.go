package chain

import (
	"context"
	"crypto/ed25519"
	"errors"
	"sync"
	"time"
)

// Log seals and verifies the audit logs of all roots.
type Log struct {
	Key ed25519.PrivateKey
	Now func() time.Time
	// Segments and Entries return a page of a root's rows behind a number or Seq, in order.
	Segments func(ctx context.Context, root string, after int64, limit int) ([]Segment, error)
	Entries  func(ctx context.Context, root string, after int64, limit int) ([]Entry, error)
	// Append stores a segment. ErrTaken: there is one of that number.
	Append func(ctx context.Context, s Segment) error

	mu      sync.Mutex
	turn    int
	written map[string]bool    // roots with entries that may be unsealed
	heads   map[string]Segment // last segment by root, as this process knows it
}

// ErrTaken says that another process has sealed the same entries. So sealers need no lease.
var ErrTaken = errors.New("chain: the number of the segment is taken")

const (
	// sealBatch is the largest number of entries of one segment.
	sealBatch = 1000
	// sweepEvery is every how many turns all roots are due, and not only those that this process wrote to: the entries of
	// a command beside the server must be sealed too.
	sweepEvery = 2
)

// Wrote notes that the root has entries to be sealed.
func (l *Log) Wrote(root string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.written == nil {
		l.written = map[string]bool{}
	}
	l.written[root] = true
}

// Due takes the roots that were written to; all says that it is time to look at every root.
func (l *Log) Due() (roots []string, all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for root := range l.written {
		roots = append(roots, root)
	}
	clear(l.written)
	l.turn++
	return roots, l.turn%sweepEvery == 0
}

// Seal chains what follows the last segment of a root. Where there is nothing it writes nothing.
func (l *Log) Seal(ctx context.Context, root string) error {
	for {
		head, err := l.lastKnown(ctx, root)
		if err != nil {
			return err
		}
		entries, err := l.Entries(ctx, root, head.Last, sealBatch)
		if err != nil || len(entries) == 0 {
			return err
		}
		next := l.next(head, root, entries)
		switch err := l.Append(ctx, next); {
		case errors.Is(err, ErrTaken):
			l.setHead(root, nil)
			return nil
		case err != nil:
			return err
		}
		l.setHead(root, &next)
		if len(entries) < sealBatch {
			return nil
		}
	}
}

// next covers everything behind the last segment up to the last of the entries, so that an entry that is put between two
// others later is found like one that is missing.
func (l *Log) next(head Segment, root string, entries []Entry) Segment {
	h := newHasher(head.Hash)
	for i := range entries {
		h.add(&entries[i])
	}
	next := Segment{
		Root: root, No: head.No + 1, First: head.Last + 1, Last: entries[len(entries)-1].Seq, Entries: len(entries),
		Prev: head.Hash, Hash: h.hash(), Sealed: l.Now(),
	}
	next.sign(l.Key)
	return next
}

// lastKnown returns the last segment of a root; none is the zero Segment. One that this process made may have been
// followed by another process's: then the next one is taken.
func (l *Log) lastKnown(ctx context.Context, root string) (Segment, error) {
	l.mu.Lock()
	head, ok := l.heads[root]
	l.mu.Unlock()
	if ok {
		return head, nil
	}
	head, err := l.Head(ctx, root)
	if err == nil {
		l.setHead(root, &head)
	}
	return head, err
}

// setHead remembers the last segment; nil forgets it.
func (l *Log) setHead(root string, head *Segment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if head == nil {
		delete(l.heads, root)
		return
	}
	if l.heads == nil {
		l.heads = map[string]Segment{}
	}
	l.heads[root] = *head
}

// Head finds the last segment in the store by its number, in a logarithm of steps: a chain of years has many.
func (l *Log) Head(ctx context.Context, root string) (Segment, error) {
	var head Segment
	beyond := func(no int64) (bool, error) { // is there a segment after that number?
		next, err := l.Segments(ctx, root, no, 1)
		if err != nil || len(next) == 0 {
			return false, err
		}
		head = next[0]
		return true, nil
	}
	end := int64(0) // nothing is known to be beyond it
	for step := int64(1); ; step *= 2 {
		ok, err := beyond(end)
		if err != nil {
			return Segment{}, err
		}
		if !ok {
			break
		}
		end = head.No + step
	}
	for head.No < end {
		middle := head.No + (end-head.No)/2
		ok, err := beyond(middle)
		if err != nil {
			return Segment{}, err
		}
		if !ok {
			end = middle
		}
	}
	return head, nil
}

// Checkpoint signs a segment as the head of the root's chain.
func (l *Log) Checkpoint(root string, head Segment) Checkpoint {
	c := Checkpoint{Root: root, No: head.No, Last: head.Last, Hash: head.Hash[:], Time: l.Now()}
	c.sign(l.Key)
	return c
}
