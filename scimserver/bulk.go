package scimserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/scim"
)

// bulk is POST /Bulk (RFC 7644 §3.7). Each operation is answered as the single request would be, by the same code, and
// is atomic on its own: what one did stays when another one fails.
func (x *exchange) bulk() (answer, error) {
	body, err := x.readBody(scim.Limits{Depth: scim.BulkDepth})
	if err != nil {
		return answer{}, err
	}
	if err := x.checkBulkSize(body); err != nil {
		return answer{}, err
	}
	req, err := scim.ParseBulk(body)
	if err != nil {
		return answer{}, err
	}
	job := x.newBulkJob(req)
	ctx := x.r.Context()
	job.plan(ctx)
	job.run(ctx)
	job.report(ctx)
	return answer{status: http.StatusOK}, nil
}

// checkBulkSize holds a bulk request to maxOperations.
func (x *exchange) checkBulkSize(body *scim.Object) error {
	v, _ := body.Get("Operations")
	if list, _ := v.(scim.Array); len(list) > x.opt.MaxBulk {
		return scim.NewError(scim.KindTooManyBulk, "Operations", strconv.Itoa(len(list)),
			"at most "+strconv.Itoa(x.opt.MaxBulk)+" (maxOperations)")
	}
	return nil
}

// bulkJob is one bulk request at work.
type bulkJob struct {
	x            *exchange
	failOnErrors int
	ops          []*operation   // in the order of the request
	creators     map[string]int // the operation that a bulkId belongs to
	units        []*unit        // in the order in which one after the other would be run
}

func (x *exchange) newBulkJob(req *scim.BulkRequest) *bulkJob {
	job := &bulkJob{
		x: x, failOnErrors: req.FailOnErrors,
		ops: make([]*operation, len(req.Operations)), creators: make(map[string]int, len(req.Operations)),
	}
	for i := range req.Operations {
		op := &operation{BulkOperation: &req.Operations[i], index: i}
		job.ops[i] = op
		if op.Method == http.MethodPost && op.BulkID != "" {
			job.creators[op.BulkID] = i
		}
	}
	for _, op := range job.ops {
		err := job.address(op) // for the location, whatever else is wrong
		if op.Err == nil {
			op.Err = err
		}
		if op.Err == nil {
			op.Err = job.link(op)
		}
	}
	return job
}

// address finds what the path of an operation names.
func (job *bulkJob) address(op *operation) error {
	path, query, _ := strings.Cut(op.Path, "?")
	if below, ok := strings.CutPrefix(path, job.x.caller.BaseURL); ok {
		path = below
	}
	op.segs, op.query = segments(path), query
	if len(op.segs) == 0 || slices.Contains(services, "/"+op.segs[0]) || "/"+op.segs[len(op.segs)-1] == pathSearch {
		return scim.NewError(scim.KindBadBulk, op.where()+".path", op.Path, "paths of resources, such as /Users or /Users/{id}")
	}
	for _, t := range job.x.caller.Types {
		if t.Endpoint == "/"+op.segs[0] {
			op.typ = t
		}
	}
	if op.typ == nil {
		return job.x.unknownEndpoint(op.segs[0])
	}
	if len(op.segs) == 2 && op.Method != http.MethodPost {
		op.id = op.segs[1]
	}
	return nil
}

// services are the endpoints that are not for resources: discovery, /Me, and a bulk request in a bulk request.
var services = []string{pathBulk, pathMe, pathSearch, pathProviderConfig, pathResourceTypes, pathSchemas}

// link finds the operations that create what this one refers to, in its path and in its data.
func (job *bulkJob) link(op *operation) error {
	refs := op.References()
	if bulkID, ok := scim.BulkReference(op.id); ok && !slices.Contains(refs, bulkID) {
		refs = append(refs, bulkID)
	}
	for _, bulkID := range refs {
		i, known := job.creators[bulkID]
		if !known {
			return scim.NewError(scim.KindUnknownBulkID, op.where(), bulkID, "the bulkId of a POST in this request")
		}
		op.uses = append(op.uses, i)
	}
	return nil
}

// report writes the answer: one result for each operation that was run, in the order of the request.
func (job *bulkJob) report(ctx context.Context) {
	x := job.x
	x.note.bulk = &bulkNote{}
	x.out = append(x.out, `{"schemas":["`+scim.URNBulkResponse+`"],"Operations":[`...)
	first := true
	for _, op := range job.ops {
		if !op.done && ctx.Err() != nil {
			job.refuse(op, context.Cause(ctx))
		}
		if !op.done {
			continue
		}
		if !first {
			x.out = append(x.out, ',')
		}
		first = false
		x.out = job.appendResult(x.out, op)
		x.note.operation(op)
		x.tellOperation(op)
	}
	x.out = append(x.out, "]}"...)
	x.note.gone = errors.Is(ctx.Err(), context.Canceled)
}

// appendResult appends one element of the response. Location is there but for a POST that failed.
func (job *bulkJob) appendResult(dst []byte, op *operation) []byte {
	member := func(name, value string) {
		dst = scim.AppendJSON(append(dst, name...), value)
	}
	member(`{"method":`, op.method())
	if op.BulkID != "" {
		member(`,"bulkId":`, op.BulkID)
	}
	if op.etag != "" {
		member(`,"version":`, op.etag)
	}
	if location := job.location(op); location != "" {
		member(`,"location":`, location)
	}
	member(`,"status":`, strconv.Itoa(op.status))
	if op.refused != nil {
		dst = op.refused.AppendJSON(append(dst, `,"response":`...))
	}
	return append(dst, '}')
}

// location is the URL of the resource, or "" when it is not known which.
func (job *bulkJob) location(op *operation) string {
	if op.typ == nil || op.id == "" {
		return ""
	}
	return job.x.renderer(scim.Projection{}).Location(op.typ, url.PathEscape(op.id))
}
