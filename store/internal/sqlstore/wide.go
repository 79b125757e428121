package sqlstore

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/usher-scim/usher/directory"
)

// wide answers a filter for which an index is read from end to end: once, whatever the page, and only as long as a scan
// may take. The matches' sequence numbers are put in order here, for that is cheaper than a tree of them in SQL.
func (l *lister) wide(o order, sorted bool, cond condition) (f found, err error) {
	err = l.tx.within(l.s.opt.ScanTime, func() error {
		seqs, err := l.hits(cond)
		if err == nil {
			f, err = l.ofHits(o, sorted, cond, seqs)
		}
		return err
	})
	return f, err
}

// hits are the sequence numbers that a condition leaves, in order.
func (l *lister) hits(cond condition) ([]int64, error) {
	query, args := l.selected(cond)
	seqs, err := all(l.tx, func(row scanner) (seq int64, err error) {
		err = row.Scan(&seq)
		return seq, err
	}, number(query), args...)
	slices.Sort(seqs)
	return slices.Compact(seqs), err // a resource may have several values
}

func (l *lister) ofHits(o order, sorted bool, cond condition, seqs []int64) (found, error) {
	total := len(seqs)
	switch {
	case !cond.exact && total > l.bound():
		return found{}, directory.ErrTooMany
	case !cond.exact || !sorted || l.sort != nil && total <= min(maxNarrow, l.bound()):
		return l.scan(cond, l.batchesOf(seqs))
	case l.limit == 0:
		return found{total: total}, nil
	case l.sort != nil:
		return l.sorted(o, cond, total)
	}
	from := min(l.place, total)
	if l.after != nil {
		from, _ = slices.BinarySearch(seqs, l.after.Seq+1)
	}
	to := min(from+l.limit, total)
	rows, err := l.documents(seqs[from:to])
	return found{total: total, rows: rows, more: to < total}, err
}

// within bounds what fn reads. That there was no time left is directory.ErrTooMany.
func (tx *Tx) within(d time.Duration, fn func() error) error {
	whole := tx.ctx
	ctx, cancel := context.WithTimeout(whole, d)
	defer cancel()
	tx.ctx = ctx
	defer func() { tx.ctx = whole }()
	err := fn()
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) && whole.Err() == nil {
		return directory.ErrTooMany
	}
	return err
}
