package scimserver

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/usher-scim/usher/scim"
)

// operation is one operation of a bulk request.
type operation struct {
	*scim.BulkOperation
	index int // in the request

	segs  []string           // of the path
	query string             // of the path
	typ   *scim.ResourceType // nil when the path names none
	uses  []int              // the operations that create what this one refers to
	keys  keys               // what it is about
	frees bool               // it may take away what its resource has and no other one may have

	// What came of it.
	done     bool
	id       string // of the resource: in the path, or of what was created
	status   int
	etag     string
	refused  *scim.Error // what the caller is told
	err      error       // what it was
	warnings []string
}

// where names the operation in an error.
func (op *operation) where() string { return "Operations[" + strconv.Itoa(op.index) + "]" }

// method is what the result repeats: a method that no operation has may be anything, and long.
func (op *operation) method() string {
	const longest = 16
	return op.Method[:min(len(op.Method), longest)]
}

// inner is a request within a bulk request.
type inner struct {
	method  string
	typ     *scim.ResourceType
	segs    []string // of a path of that type
	query   string
	version string // as in If-Match
	body    *scim.Object
}

// serve answers a request within the bulk request by the same code as one of its own. A panic is an error of this
// operation alone.
func (job *bulkJob) serve(ctx context.Context, in inner) (a answer, n note, err error) {
	r := &http.Request{Method: in.method, URL: &url.URL{RawQuery: in.query}, Header: http.Header{}}
	if in.version != "" {
		r.Header.Set("If-Match", in.version)
	}
	x := exchanges.Get().(*exchange)
	x.opt, x.id, x.caller, x.r = job.x.opt, job.x.id, job.x.caller, r.WithContext(ctx)
	x.inner, x.body = true, in.body
	defer func() {
		n = x.note
		x.end()
	}()
	defer caught(&err)
	x.typ = in.typ
	acts, err := x.resources(in.segs)
	if err != nil {
		return answer{}, n, err
	}
	a, err = x.act(acts)
	return a, n, err
}

// perform runs one operation. It may be run again after it has failed.
func (job *bulkJob) perform(ctx context.Context, op *operation) {
	if err := job.admit(op); err != nil {
		job.refuse(op, err)
		return
	}
	job.resolve(op)
	a, n, err := job.serve(ctx, inner{op.Method, op.typ, op.segs, op.query, op.Version, op.Data})
	op.warnings = n.warnings
	if err != nil {
		job.refuse(op, err)
		return
	}
	if op.Method == http.MethodPost {
		op.id = n.resource
	}
	op.succeed(a)
}

// admit says why an operation cannot be run at all: it is wrong in itself, or what it refers to is not there.
func (job *bulkJob) admit(op *operation) error {
	if op.Err != nil {
		return op.Err
	}
	for _, i := range op.uses {
		if used := job.ops[i]; used.refused != nil {
			return dependencyError(used)
		}
	}
	return nil
}

// dependencyError is 409: the request was right, and the state that it relies on did not come about.
func dependencyError(used *operation) error {
	return scim.NewError(scim.KindFailedDependency, used.where(), used.BulkID, "")
}

// resolve puts the ids that are known by now in the place of the references.
func (job *bulkJob) resolve(op *operation) {
	if len(op.uses) == 0 {
		return
	}
	op.Resolve(job.target)
	if bulkID, ok := scim.BulkReference(op.id); ok {
		if to, known := job.target(bulkID); known {
			op.id, op.segs[1] = to.ID, to.ID
		}
	}
}

func (job *bulkJob) target(bulkID string) (scim.BulkTarget, bool) {
	op := job.ops[job.creators[bulkID]]
	if op.id == "" {
		return scim.BulkTarget{}, false
	}
	return scim.BulkTarget{ID: op.id, Location: job.location(op)}, true
}

func (op *operation) succeed(a answer) {
	op.done, op.status, op.etag, op.refused, op.err = true, a.status, a.etag, nil, nil
}

// refuse takes an error for the operation's result. A POST that failed has no resource.
func (job *bulkJob) refuse(op *operation, err error) {
	op.refused, op.err = job.x.refusal(err), err
	op.done, op.status, op.etag = true, op.refused.Status(), ""
	if op.Method == http.MethodPost {
		op.id = ""
	}
	if _, ok := scim.BulkReference(op.id); ok {
		op.id = ""
	}
}

// mayPass reports whether a refusal may be due to the state that other operations change.
func (op *operation) mayPass() bool {
	return op.refused != nil && op.Err == nil && op.status < http.StatusInternalServerError && !errors.Is(op.err, context.Canceled)
}
