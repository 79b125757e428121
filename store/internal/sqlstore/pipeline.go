package sqlstore

import "context"

// Pipeline sends statements of a transaction together, where each way to the server and back costs.
type Pipeline struct {
	// Send runs the statements in their order. It returns directory.ErrConflict when one that had to did not find a row,
	// and sql.ErrNoRows when one with Into did not.
	Send func(ctx context.Context, batch []Queued) error

	batch []Queued
}

// Queued is a statement of whose outcome is asked no more than this: whether it found a row that had to be there, or what
// is in its one row. One that begins with WITH and must find a row divides by the number of those that it has found.
type Queued struct {
	Query string
	Args  []any
	Must  bool
	Into  []any // of *int64, *int and *string
}

// Put keeps a statement for the next Flush.
func (p *Pipeline) Put(q Queued) { p.batch = append(p.batch, q) }

// Flush sends what is queued.
func (p *Pipeline) Flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	batch := p.batch
	p.batch = nil
	return p.Send(ctx, batch)
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
