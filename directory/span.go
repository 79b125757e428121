package directory

import "context"

// Span is told of a part of the work as it begins, for traces: it returns the context in which the part is done, and
// what is to be called with its error when it ends.
type Span func(ctx context.Context, part string) (context.Context, func(error))

// The parts of a change.
const (
	SpanPlan   = "plan"   // it is read what there is, and decided what becomes of it
	SpanCommit = "commit" // it is written
)

// part does a part of the work.
func (d *Directory) part(ctx context.Context, name string, work func(context.Context) error) error {
	if d.span == nil {
		return work(ctx)
	}
	ctx, end := d.span(ctx, name)
	err := work(ctx)
	end(err)
	return err
}
