package scimserver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/usher-scim/usher/scim"
)

// circleTime bounds the work on resources that refer to each other: it goes on when the caller has gone, so that
// nothing half-done is left.
const circleTime = time.Minute

// performCircle creates resources that refer to each other (RFC 7644 §3.7.1): first each of them without the references
// that are not known yet, then the whole of it in a PUT. All of them succeed, or none: each rests on all others, so
// when one fails they are removed, and the others have a failed dependency.
func (job *bulkJob) performCircle(ctx context.Context, ops []*operation) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), circleTime)
	defer cancel()
	for _, op := range ops {
		if err := job.admitToCircle(op, ops); err != nil {
			job.abandon(ctx, ops, op, err)
			return
		}
	}
	var incomplete []*operation
	for _, op := range ops {
		job.resolve(op)
		part := op.WithoutReferences()
		if len(op.References()) > 0 {
			incomplete = append(incomplete, op)
		}
		if err := job.serveCircle(ctx, op, inner{http.MethodPost, op.typ, op.segs, op.query, "", part}); err != nil {
			job.abandon(ctx, ops, op, err)
			return
		}
	}
	for _, op := range incomplete {
		job.resolve(op)
		segs := []string{op.segs[0], op.id}
		if err := job.serveCircle(ctx, op, inner{http.MethodPut, op.typ, segs, op.query, "", op.Data}); err != nil {
			job.abandon(ctx, ops, op, circularError(err))
			return
		}
		op.status = http.StatusCreated
	}
}

// admitToCircle is admit, where members of the same circle do not count; and it decodes the data while it is whole, so
// that nothing is created for what would be refused as a request of its own.
func (job *bulkJob) admitToCircle(op *operation, ops []*operation) error {
	if err := job.admit(op); err != nil {
		return err
	}
	_, err := op.typ.Decode(op.Data, job.x.caller.Profile)
	return err
}

// serveCircle runs one step of an operation.
func (job *bulkJob) serveCircle(ctx context.Context, op *operation, in inner) error {
	a, n, err := job.serve(ctx, in)
	if err != nil {
		return err
	}
	op.id, op.warnings = n.resource, n.warnings
	op.succeed(a)
	return nil
}

// circularError is 409, with what stood against the references.
func circularError(err error) error {
	var refused *scim.Error
	if !errors.As(err, &refused) || refused.Status() >= http.StatusInternalServerError {
		return err
	}
	e := scim.NewError(scim.KindCircular, "", refused.Detail(), "")
	e.Cause = err
	return e
}

// abandon removes what the circle has created, and refuses all of its operations: the one that failed with its error.
func (job *bulkJob) abandon(ctx context.Context, ops []*operation, failed *operation, err error) {
	for _, op := range ops {
		undone := job.undo(ctx, op)
		switch {
		case undone != nil:
			job.refuse(op, undone)
		case op == failed:
			job.refuse(op, err)
		default:
			job.refuse(op, dependencyError(failed))
		}
	}
}

func (job *bulkJob) undo(ctx context.Context, op *operation) error {
	if !op.done || op.id == "" {
		return nil
	}
	_, _, err := job.serve(ctx, inner{method: http.MethodDelete, typ: op.typ, segs: []string{op.segs[0], op.id}})
	var refused *scim.Error
	if err == nil || errors.As(err, &refused) && refused.Kind == scim.KindUnknownResource {
		return nil
	}
	return fmt.Errorf("scimserver: %s/%s of a circle that failed is left: %v", op.segs[0], op.id, err) // not %w: the service's fault
}
