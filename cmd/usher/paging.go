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

// page reads the entries that the flags ask for, oldest first. next reads a page; seq is an entry's number.
func page[T any](p paging, next func(after int64, limit int) ([]T, error), seq func(T) int64) ([]T, error) {
	if p.After != nil {
		return next(int64(*p.After), int(p.Limit))
	}
	newest := []T{}
	for after := int64(0); ; {
		entries, err := next(after, logPage)
		if err != nil || len(entries) == 0 {
			return newest, err
		}
		after = seq(entries[len(entries)-1])
		newest = append(newest, entries...)
		newest = newest[max(0, len(newest)-int(p.Limit)):]
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
