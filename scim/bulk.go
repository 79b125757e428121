package scim

import (
	"slices"
	"strconv"
	"strings"
)

// BulkRequest is the body of a bulk request (RFC 7644 §3.7).
type BulkRequest struct {
	// FailOnErrors is the number of errors after which the rest is left undone; 0 when no number was sent.
	FailOnErrors int
	Operations   []BulkOperation
}

// BulkOperation is one operation of a [BulkRequest]: what a request of its own would say.
type BulkOperation struct {
	Method  string // POST, PUT, PATCH or DELETE; what was sent when Err is about it
	BulkID  string // may be empty, except for POST
	Path    string // as sent
	Version string // as in If-Match; may be empty
	Data    *Object
	// Err is what is wrong with this operation whatever the others say: an *[Error]. The other fields are then as far
	// as they could be read.
	Err error
}

// BulkDepth is how deep the body of a bulk request may nest: what would be a body of its own stands three levels down,
// and may nest as deep as any.
const BulkDepth = defaultDepth + 3

// bulkMethods are those of RFC 7644 §3.7: a bulk request has no GET.
var bulkMethods = []string{"POST", "PUT", "PATCH", "DELETE"}

// ParseBulk reads the body of a bulk request. It fails when the request as a whole makes no sense; what is wrong with
// one operation is in that operation. The caller bounds the number of operations.
func ParseBulk(body *Object) (*BulkRequest, error) {
	if err := bulkSchemas(body); err != nil {
		return nil, err
	}
	req := &BulkRequest{}
	var err error
	if req.FailOnErrors, err = failOnErrors(body); err != nil {
		return nil, err
	}
	v, _ := body.Get("Operations")
	list, ok := v.(Array)
	if !ok || len(list) == 0 {
		return nil, NewError(KindBadBulk, "Operations", show(v), "a list of at least one operation")
	}
	req.Operations = make([]BulkOperation, len(list))
	for i, v := range list {
		where := "Operations[" + strconv.Itoa(i) + "]"
		o, ok := v.(*Object)
		if !ok {
			return nil, NewError(KindBadBulk, where, show(v), `an object with "method", "path" and "data"`)
		}
		req.Operations[i].read(o, where)
	}
	req.refuseTwins()
	return req, nil
}

func bulkSchemas(body *Object) error {
	v, _ := body.Get("schemas")
	list, _ := v.(Array)
	if slices.ContainsFunc(list, func(e Value) bool { urn, ok := e.(string); return ok && equalName(urn, URNBulkRequest) }) {
		return nil
	}
	return NewError(KindBadSchemas, "schemas", show(v), `["`+URNBulkRequest+`"]`)
}

func failOnErrors(body *Object) (int, error) {
	v, _ := body.Get("failOnErrors")
	if v == nil {
		return 0, nil
	}
	text, _ := v.(Number)
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return 0, NewError(KindBadBulk, "failOnErrors", show(v), "an integer, 0 or more")
	}
	return n, nil
}

// read takes one operation; the first thing that is wrong with it is kept.
func (op *BulkOperation) read(o *Object, where string) {
	op.Method = op.text(o, "method", where)
	if m := strings.ToUpper(op.Method); slices.Contains(bulkMethods, m) {
		op.Method = m
	} else {
		op.fail(where+".method", op.Method, strings.Join(bulkMethods, ", "))
	}
	op.BulkID = op.text(o, "bulkId", where)
	if op.BulkID == "" && op.Method == "POST" {
		op.fail(where+".bulkId", "", "text that no other operation of the request has")
	}
	if op.Path = op.text(o, "path", where); op.Path == "" {
		op.fail(where+".path", "", "a path such as /Users or /Users/{id}")
	}
	op.Version = op.text(o, "version", where)
	op.readData(o, where+".data")
}

// text reads a member that is text; null is as good as absent.
func (op *BulkOperation) text(o *Object, name, where string) string {
	v, _ := o.Get(name)
	s, ok := v.(string)
	if !ok && v != nil {
		op.fail(where+"."+name, show(v), "text")
	}
	return s
}

// readData takes the body that the single request would have. For PATCH it may be the list of operations alone, as in
// the example of RFC 7644 §3.7.3.
func (op *BulkOperation) readData(o *Object, where string) {
	if op.Method == "DELETE" {
		return
	}
	v, _ := o.Get("data")
	switch v := v.(type) {
	case *Object:
		op.Data = v
		return
	case Array:
		if op.Method == "PATCH" {
			op.Data = object("schemas", Array{URNPatchOp}, "Operations", v)
			return
		}
	}
	op.fail(where, show(v), "the object that would be the body of the single request")
}

func (op *BulkOperation) fail(where, value, allowed string) {
	if op.Err == nil {
		op.Err = NewError(KindBadBulk, where, value, allowed)
	}
}

// refuseTwins refuses every POST whose bulkId another one has too: nobody can tell which of them is meant.
func (req *BulkRequest) refuseTwins() {
	first := make(map[string]int, len(req.Operations))
	for i := range req.Operations {
		op := &req.Operations[i]
		if op.Method != "POST" || op.BulkID == "" {
			continue
		}
		j, twice := first[op.BulkID]
		if !twice {
			first[op.BulkID] = i
			continue
		}
		for _, k := range []int{i, j} {
			twin := &req.Operations[k]
			twin.fail("Operations["+strconv.Itoa(k)+"].bulkId", twin.BulkID, "text that no other operation of the request has")
		}
	}
}
