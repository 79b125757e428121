package sqlstore

import "context"

// Pipeline sends statements of a transaction together, where each way to the server and back costs.
type Pipeline struct {
	// Send runs the statements in their order. It returns directory.ErrConflict when one that had to did not find a row.
	Send func(ctx context.Context, batch []Queued) error

	batch []Queued
	must  bool
}

// Queued is a statement of whose outcome only this is asked: whether it found a row that had to be there.
type Queued struct {
	Query string
	Args  []any
	Must  bool
}

// Put keeps a statement for the next Flush.
func (p *Pipeline) Put(q Queued) {
	p.batch, p.must = append(p.batch, q), p.must || q.Must
}

// Decides reports that something is queued on whose outcome it depends whether the transaction holds.
func (p *Pipeline) Decides() bool { return p.must }

// Flush sends what is queued.
func (p *Pipeline) Flush(ctx context.Context) error {
	if len(p.batch) == 0 {
		return nil
	}
	batch := p.batch
	p.batch, p.must = nil, false
	return p.Send(ctx, batch)
}
