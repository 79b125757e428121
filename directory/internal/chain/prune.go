package chain

import (
	"context"
	"time"
)

// A pruned segment stands for itself and all before it. Its hash, which covers them, stays, so that what follows still
// fits; its entries are gone. Only the key can say so: the mark is signed with the rest of the row.

// IsPruned reports that the entries are gone, or going.
func (s *Segment) IsPruned() bool { return s.Entries <= 0 }

// going marks the segment while its entries are being dropped, and gone when none is left.
const (
	going = -1
	gone  = 0
)

// Prune drops the entries of the segments that were sealed before a time, whole segments at a time. drop is called with
// the segment that takes the place of those up to it, until it reports that no entry was left; then with it once more,
// marked as done.
func (l *Log) Prune(ctx context.Context, root string, before time.Time, drop func(context.Context, Segment) (int, error)) error {
	for {
		page, err := l.Segments(ctx, root, 0, segmentPage)
		if err != nil {
			return err
		}
		end := 0
		for end < len(page) && page[end].Sealed.Before(before) {
			end++
		}
		if end == 0 || end == 1 && page[0].Entries == gone {
			return nil
		}
		last := page[end-1]
		last.First = page[0].First
		if err := l.drop(ctx, last, drop); err != nil || end < len(page) {
			return err
		}
	}
}

func (l *Log) drop(ctx context.Context, s Segment, drop func(context.Context, Segment) (int, error)) error {
	s.Entries = going
	s.sign(l.Key)
	for {
		n, err := drop(ctx, s)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	s.Entries = gone
	s.sign(l.Key)
	_, err := drop(ctx, s)
	return err
}
