package sqlstore

import (
	"context"
	"slices"
)

// Pipeline sends statements of a transaction together, where each way to the server and back costs.
type Pipeline struct {
	// Send runs the statements in their order. It returns directory.ErrConflict when one that had to did not find a row,
	// and sql.ErrNoRows when one with Into did not.
	Send func(ctx context.Context, batch []Queued) error

	batch []Queued
	rows  []newRows
	err   error // of the first that failed: nothing is sent behind it
}

// newRows are those of one table that are not in the batch yet.
type newRows struct {
	into *insert
	rows [][]any
}

// Queued is a statement of whose outcome is asked no more than this: whether it found a row that had to be there, or what
// is in its one row. One that begins with WITH and must find a row divides by the number of those that it has found.
type Queued struct {
	Query string
	Args  []any
	Must  bool
	Into  []any // of *int64, *int and *string
}

// Put keeps a statement for the next Flush. New rows of a table that it names are there before it.
func (p *Pipeline) Put(q Queued) {
	p.settle(func(into *insert) bool { return into.named(q.Query) })
	p.batch = append(p.batch, q)
}

// PutLast keeps a statement that comes behind everything.
func (p *Pipeline) PutLast(q Queued) {
	p.settle(func(*insert) bool { return true })
	p.batch = append(p.batch, q)
}

// add keeps a new row for the next Flush, or for the first statement that names its table.
func (p *Pipeline) add(into *insert, row []any) {
	i := slices.IndexFunc(p.rows, func(n newRows) bool { return n.into == into })
	if i < 0 {
		i = len(p.rows)
		p.rows = append(p.rows, newRows{into: into})
	}
	p.rows[i].rows = append(p.rows[i].rows, row)
}

// settle puts new rows into the batch.
func (p *Pipeline) settle(which func(*insert) bool) {
	p.rows = slices.DeleteFunc(p.rows, func(n newRows) bool {
		if !which(n.into) {
			return false
		}
		p.batch = append(p.batch, n.into.of(n.rows))
		return true
	})
}

// Flush sends what is queued.
func (p *Pipeline) Flush(ctx context.Context) error {
	p.settle(func(*insert) bool { return true })
	if len(p.batch) == 0 || p.err != nil {
		return p.err
	}
	batch := p.batch
	p.batch = nil
	p.err = p.Send(ctx, batch)
	return p.err
}

// takes reports whether a pipeline can fill these.
func (p *Pipeline) takes(into []any) bool {
	for _, v := range into {
		switch v.(type) {
		case *int64, *int, *string:
		default:
			return false
		}
	}
	return p != nil
}
