package scimclient

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/usher-scim/usher/scim"
)

const urnBulkRequest = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

// Bulk is many operations in one request. Each succeeds or fails on its own; servers bound their number
// (ServiceProviderConfig.Bulk). See RFC 7644 §3.7.
//
//	var b scimclient.Bulk
//	jane := b.Create("/Users", scimclient.User{UserName: "jane"})
//	b.Create("/Groups", scimclient.Group{DisplayName: "Sales", Members: []scimclient.Member{{Value: jane.String()}}})
type Bulk struct {
	// FailOnErrors is the number of errors after which the server shall stop. Zero: it goes on to the end.
	FailOnErrors int
	Operations   []BulkOperation

	created int
}

// BulkOperation is one operation. The methods of Bulk append most kinds of them.
type BulkOperation struct {
	Method  string
	Path    string // below the base URL: "/Users/2819c223"
	BulkID  string // required for POST
	Version string // the version that the resource must still have; may be empty
	Data    any    // the body: a resource or a Patch; nil for DELETE
}

// Ref stands for a resource that a Bulk creates, before it has an id.
type Ref string

// String is what goes in the place of the id, in the same Bulk: "bulkId:1".
func (r Ref) String() string { return "bulkId:" + string(r) }

// Create makes a resource at an endpoint such as "/Users". All others of the same Bulk may refer to it.
func (b *Bulk) Create(endpoint string, v any) Ref {
	b.created++
	ref := Ref(strconv.Itoa(b.created))
	b.append(http.MethodPost, endpoint, string(ref), v)
	return ref
}

// Replace puts v in the place of a resource; it is sent as it is.
func (b *Bulk) Replace(endpoint, id string, v any) {
	b.append(http.MethodPut, endpoint+"/"+url.PathEscape(id), "", v)
}

// Patch changes parts of a resource.
func (b *Bulk) Patch(endpoint, id string, p Patch) {
	b.append(http.MethodPatch, endpoint+"/"+url.PathEscape(id), "", p)
}

// Delete removes a resource.
func (b *Bulk) Delete(endpoint, id string) {
	b.append(http.MethodDelete, endpoint+"/"+url.PathEscape(id), "", nil)
}

func (b *Bulk) append(method, path, bulkID string, data any) {
	b.Operations = append(b.Operations, BulkOperation{Method: method, Path: path, BulkID: bulkID, Data: data})
}

// BulkResults are what became of the operations, in the order of the answer. A server that stopped at
// FailOnErrors reports fewer than were sent.
type BulkResults []BulkResult

// BulkResult is what became of one operation.
type BulkResult struct {
	Method   string
	BulkID   string
	Version  string
	Location string // the resource; empty for a POST that failed
	Status   int
	Response json.RawMessage // the answer's body; often left out of successes

	// Err is an *Error for an operation that failed, else nil.
	Err error
}

// ID is the resource's id.
func (r BulkResult) ID() string { return idOf(r.Location) }

// Of is the result of a creation; ok is false when the server did not report it.
func (all BulkResults) Of(ref Ref) (result BulkResult, ok bool) {
	for _, r := range all {
		if r.BulkID == string(ref) {
			return r, true
		}
	}
	return BulkResult{}, false
}

// Err joins the errors of the operations that failed; nil if none did.
func (all BulkResults) Err() error {
	var failed []error
	for i, r := range all {
		if r.Err != nil {
			failed = append(failed, fmt.Errorf("operation %d, %s: %w", i+1, r.Method, r.Err))
		}
	}
	return errors.Join(failed...)
}

// Bulk sends the operations. The error is that of the whole request; each operation's own is in its result.
func (c *Client) Bulk(ctx context.Context, b *Bulk) (BulkResults, error) {
	body, err := b.message()
	if err != nil {
		return nil, fmt.Errorf("scimclient: bulk: %w", err)
	}
	res, err := c.call(ctx, c.request(http.MethodPost, "/Bulk", body), false)
	if err != nil {
		return nil, err
	}
	return readBulk(res.Body)
}

type bulkRequest struct {
	Schemas      []string        `json:"schemas"`
	FailOnErrors int             `json:"failOnErrors,omitempty"`
	Operations   []bulkOperation `json:"Operations"`
}

type bulkOperation struct {
	Method  string          `json:"method"`
	BulkID  string          `json:"bulkId,omitempty"`
	Version string          `json:"version,omitempty"`
	Path    string          `json:"path"`
	Data    json.RawMessage `json:"data,omitempty"`
}

func (b *Bulk) message() ([]byte, error) {
	m := bulkRequest{
		Schemas: []string{urnBulkRequest}, FailOnErrors: b.FailOnErrors, Operations: make([]bulkOperation, len(b.Operations)),
	}
	for i, op := range b.Operations {
		data, err := op.data()
		if err != nil {
			return nil, fmt.Errorf("operation %d, %s %s: %w", i+1, op.Method, op.Path, err)
		}
		m.Operations[i] = bulkOperation{Method: op.Method, BulkID: op.BulkID, Version: op.Version, Path: op.Path, Data: data}
	}
	return marshal(m)
}

// coreSchemas are the base schemas of the endpoints that every server has.
var coreSchemas = map[string]string{"/Users": scim.URNUser, "/Groups": scim.URNGroup}

func (op BulkOperation) data() (json.RawMessage, error) {
	endpoint, id, _ := strings.Cut(strings.TrimPrefix(op.Path, "/"), "/")
	if op.Method != http.MethodPost && !isID(id) {
		return nil, errors.New("the path needs the id of a resource")
	}
	switch v := op.Data.(type) {
	case nil:
		return nil, nil
	case Patch:
		return marshal(v)
	}
	return encode(op.Data, coreSchemas["/"+endpoint])
}

// readBulk reads a BulkResponse.
func readBulk(body []byte) (BulkResults, error) {
	var m struct {
		Operations []struct {
			Method, BulkID, Version, Location string
			Status                            integer
			Response                          json.RawMessage
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, fmt.Errorf("scimclient: read bulk response: %w", err)
	}
	all := make(BulkResults, len(m.Operations))
	for i, op := range m.Operations {
		all[i] = BulkResult{
			Method: op.Method, BulkID: op.BulkID, Version: op.Version, Location: op.Location,
			Status: int(op.Status), Response: op.Response,
		}
		if op.Status/100 != 2 {
			e := &Error{Status: int(op.Status)}
			e.message(op.Response)
			all[i].Err = e
		}
	}
	return all, nil
}
