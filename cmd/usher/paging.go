package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// paging is the flags of commands that list a log.
type paging struct {
	After *position `placeholder:"SEQ" help:"Begin after this sequence number, oldest first."`
	Limit positive  `default:"50" placeholder:"N" help:"How many entries; without --after the newest. Defaults to 50."`
}

const logPage = 1000

// entryLog is a log that is read forwards, by its entries' sequence numbers.
type entryLog[T any] struct {
	next func(after int64, limit int) ([]T, error)
	seq  func(T) int64
}

// page reads the entries that the flags ask for, oldest first.
func (l entryLog[T]) page(p paging) ([]T, error) {
	if p.After != nil {
		return l.next(int64(*p.After), int(p.Limit))
	}
	return l.newest(int(p.Limit))
}

// newest reads the last entries, oldest first. A log that is filtered has gaps: it goes back further until there are enough.
func (l entryLog[T]) newest(limit int) ([]T, error) {
	end, err := l.end(int64(limit))
	for back := int64(limit); err == nil; back *= 4 {
		var entries []T
		entries, err = l.rest(max(0, end-back), limit)
		if len(entries) >= limit || back >= end {
			return entries, err
		}
	}
	return nil, err
}

// end finds where the log ends, within so many numbers: by a search, as it may be millions of entries long.
func (l entryLog[T]) end(within int64) (int64, error) {
	from, to := int64(0), int64(math.MaxInt64) // an entry is at from, unless there is none at all; none is behind to
	for step := within; to-from > within; {
		at := from + (to-from)/2
		if to == math.MaxInt64 {
			at = from + step
			step *= 2
		}
		entries, err := l.next(at, 1)
		switch {
		case err != nil:
			return 0, err
		case len(entries) == 0:
			to = at
		default:
			from = l.seq(entries[0])
		}
	}
	return to, nil
}

// rest reads what is behind a place, and keeps the last entries.
func (l entryLog[T]) rest(after int64, limit int) ([]T, error) {
	last := []T{}
	for {
		entries, err := l.next(after, logPage)
		if err != nil || len(entries) == 0 {
			return last, err
		}
		after = l.seq(entries[len(entries)-1])
		last = append(last, entries...)
		last = last[max(0, len(last)-limit):]
	}
}

// positive is a number of things that are asked for, or the number of one.
type positive int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *positive) UnmarshalText(text []byte) (err error) {
	*n, err = within[positive](text, 1, math.MaxInt)
	return err
}

// pageSize is how many are listed where one page is all that is read.
type pageSize int

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *pageSize) UnmarshalText(text []byte) (err error) {
	*n, err = within[pageSize](text, 1, 1000)
	return err
}

// position is a place in a log; 0 is before the first entry.
type position int64

// UnmarshalText implements [encoding.TextUnmarshaler].
func (n *position) UnmarshalText(text []byte) (err error) {
	*n, err = within[position](text, 0, math.MaxInt64)
	return err
}

// within reads a whole number between two bounds.
func within[N ~int | ~int64](text []byte, least, most N) (N, error) {
	n, err := strconv.ParseInt(string(text), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		return 0, fmt.Errorf("%q is not a whole number", text)
	case err == nil && n >= int64(least) && n <= int64(most):
		return N(n), nil
	case int64(most) >= math.MaxInt32:
		return 0, fmt.Errorf("it is %d or more, not %s", least, text)
	}
	return 0, fmt.Errorf("it is %d to %d, not %s", least, most, text)
}

func rawOrNull(data []byte) json.RawMessage {
	if len(data) == 0 {
		return json.RawMessage("null")
	}
	return data
}
