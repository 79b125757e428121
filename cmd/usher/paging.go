package main

import "encoding/json"

// paging is the flags of commands that list a log.
type paging struct {
	After int64 `placeholder:"SEQ" help:"Begin after this sequence number, oldest first."`
	Limit int   `default:"50" placeholder:"N" help:"How many entries; without --after the newest. Defaults to 50."`
}

const logPage = 1000

// page reads the entries that the flags ask for, oldest first. next reads a page; seq is an entry's number.
func page[T any](p paging, next func(after int64, limit int) ([]T, error), seq func(T) int64) ([]T, error) {
	if p.After > 0 {
		return next(p.After, p.Limit)
	}
	newest := []T{}
	for after := int64(0); ; {
		entries, err := next(after, logPage)
		if err != nil || len(entries) == 0 {
			return newest, err
		}
		after = seq(entries[len(entries)-1])
		newest = append(newest, entries...)
		newest = newest[max(0, len(newest)-p.Limit):]
	}
}

func rawOrNull(data []byte) json.RawMessage {
	if len(data) == 0 {
		return json.RawMessage("null")
	}
	return data
}
