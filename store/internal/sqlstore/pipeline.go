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
	rows  []gathered
	held  []Queued // what was checked and stays so until the commit
	err   error    // of the first that failed: nothing is sent behind it
}

// gathered are the rows of a statement that is not in the batch yet.
type gathered struct {
	into together
	rows [][]any
}

// Queued is a statement of whose outcome is asked no more than this: whether it found a row that had to be there, or what
// is in its one row. One that begins with WITH and must find a row divides by the number of those that it has found.
type Queued struct {
	Query string
	Args  []any
	Must  bool
	Into  []any  // of *int64, *[]int64, *int and *string
	Then  func() // runs when Into is filled
}

// Put keeps a statement for the next Flush. Rows that were added to one that it may name come before it.
func (p *Pipeline) Put(q Queued) {
	p.settle(func(into together) bool { return into.named(q.Query) })
	p.batch = append(p.batch, q)
}

// PutOnce keeps a check that holds until the commit, because it locks what it looks at. What the transaction has checked it
// does not check again, until Forget.
func (p *Pipeline) PutOnce(q Queued) {
	same := func(held Queued) bool { return held.Query == q.Query && slices.Equal(held.Args, q.Args) }
	if !slices.ContainsFunc(p.held, same) {
		p.held = append(p.held, Queued{Query: q.Query, Args: slices.Clone(q.Args)})
		p.Put(q)
	}
}

// Forget has PutOnce check again: the transaction itself changes what was checked.
func (p *Pipeline) Forget() { p.held = nil }

// PutLast keeps a statement that comes behind everything.
func (p *Pipeline) PutLast(q Queued) {
	p.settle(func(together) bool { return true })
	p.batch = append(p.batch, q)
}

// add keeps a row for the next Flush, or for the first statement that may name what it is about. It comes behind what was
// kept before it, and those that it joins go there too: whether somebody is buried is asked behind the new users.
func (p *Pipeline) add(into together, row []any) {
	g := gathered{into: into}
	if i := slices.IndexFunc(p.rows, func(g gathered) bool { return g.into == into }); i >= 0 {
		g = p.rows[i]
		p.rows = slices.Delete(p.rows, i, i+1)
	}
	g.rows = append(g.rows, row)
	p.rows = append(p.rows, g)
}

// settle puts statements of rows into the batch.
func (p *Pipeline) settle(which func(together) bool) {
	p.rows = slices.DeleteFunc(p.rows, func(g gathered) bool {
		if !which(g.into) {
			return false
		}
		p.batch = append(p.batch, g.into.of(g.rows))
		return true
	})
}

// Flush sends what is queued.
func (p *Pipeline) Flush(ctx context.Context) error {
	p.settle(func(together) bool { return true })
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
