package scim

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func parseBulk(t *testing.T, text string) (*BulkRequest, error) {
	t.Helper()
	body, err := ParseJSON([]byte(text), Limits{Depth: BulkDepth})
	if err != nil {
		t.Fatal(err)
	}
	return ParseBulk(body)
}

func TestParseBulk_TheWholeRequest(t *testing.T) {
	t.Parallel()
	const schemas = `"schemas":["` + URNBulkRequest + `"]`
	const deletes = `{"method":"DELETE","path":"/Users/1"}`
	rows := []struct {
		name, body string
		kind       Kind
		where      string
	}{
		{"R-147 no schemas", `{"Operations":[` + deletes + `]}`, KindBadSchemas, "schemas"},
		{"R-147 schemas of another message", `{"schemas":["` + URNPatchOp + `"],"Operations":[` + deletes + `]}`, KindBadSchemas, "schemas"},
		{"R-147 schemas that are no list", `{"schemas":"` + URNBulkRequest + `","Operations":[` + deletes + `]}`, KindBadSchemas, "schemas"},
		{"no operations", `{` + schemas + `}`, KindBadBulk, "Operations"},
		{"an empty list", `{` + schemas + `,"Operations":[]}`, KindBadBulk, "Operations"},
		{"an object for a list", `{` + schemas + `,"Operations":` + deletes + `}`, KindBadBulk, "Operations"},
		{"an operation that is text", `{` + schemas + `,"Operations":[` + deletes + `,"DELETE"]}`, KindBadBulk, "Operations[1]"},
		{"an operation that is null", `{` + schemas + `,"Operations":[null]}`, KindBadBulk, "Operations[0]"},
		{"R-152 failOnErrors below 0", `{` + schemas + `,"failOnErrors":-1,"Operations":[` + deletes + `]}`, KindBadBulk, "failOnErrors"},
		{"R-152 failOnErrors as text", `{` + schemas + `,"failOnErrors":"1","Operations":[` + deletes + `]}`, KindBadBulk, "failOnErrors"},
		{"R-152 failOnErrors with a fraction", `{` + schemas + `,"failOnErrors":1.0,"Operations":[` + deletes + `]}`, KindBadBulk, "failOnErrors"},
		{"R-152 failOnErrors beyond all numbers", `{` + schemas + `,"failOnErrors":1e999,"Operations":[` + deletes + `]}`, KindBadBulk, "failOnErrors"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := parseBulk(t, row.body)
			var e *Error
			if !errors.As(err, &e) || e.Kind != row.kind || e.Where != row.where || e.ScimType() != "invalidSyntax" {
				t.Errorf("got %v", err)
			}
		})
	}
	req, err := parseBulk(t, `{"SCHEMAS":["`+strings.ToUpper(URNBulkRequest)+`"],"failonerrors":2,"Operations":[`+deletes+`],"other":1}`)
	if err != nil || req.FailOnErrors != 2 || len(req.Operations) != 1 {
		t.Errorf("names and URNs in another case: %+v, %v", req, err)
	}
	if req, err := parseBulk(t, `{`+schemas+`,"failOnErrors":null,"Operations":[`+deletes+`]}`); err != nil || req.FailOnErrors != 0 {
		t.Errorf("failOnErrors null: %+v, %v", req, err)
	}
}

func TestParseBulk_OneOperation(t *testing.T) {
	t.Parallel()
	rows := []struct{ name, operation, where string }{
		{"a DELETE", `{"method":"DELETE","path":"/Users/1"}`, ""},
		{"a method in another case", `{"method":"pAtCh","path":"/Users/1","data":{}}`, ""},
		{"data of a DELETE is ignored", `{"method":"DELETE","path":"/Users/1","data":7}`, ""},
		{"nulls", `{"method":"PUT","path":"/Users/1","bulkId":null,"version":null,"data":{}}`, ""},
		{"R-154 PATCH with the operations alone", `{"method":"PATCH","path":"/Users/1","data":[{"op":"remove","path":"title"}]}`, ""},
		{"no method", `{"path":"/Users/1"}`, "method"},
		{"GET", `{"method":"GET","path":"/Users/1"}`, "method"},
		{"a method that is a number", `{"method":7,"path":"/Users/1"}`, "method"},
		{"R-148 POST without bulkId", `{"method":"POST","path":"/Users","data":{}}`, "bulkId"},
		{"R-148 POST with an empty bulkId", `{"method":"POST","path":"/Users","bulkId":"","data":{}}`, "bulkId"},
		{"a bulkId that is a number", `{"method":"POST","path":"/Users","bulkId":1,"data":{}}`, "bulkId"},
		{"no path", `{"method":"DELETE"}`, "path"},
		{"an empty path", `{"method":"DELETE","path":""}`, "path"},
		{"a path that is a list", `{"method":"DELETE","path":["/Users/1"]}`, "path"},
		{"a version that is a number", `{"method":"DELETE","path":"/Users/1","version":3}`, "version"},
		{"PUT without data", `{"method":"PUT","path":"/Users/1"}`, "data"},
		{"PUT of a list", `{"method":"PUT","path":"/Users/1","data":[{}]}`, "data"},
		{"POST of text", `{"method":"POST","bulkId":"a","path":"/Users","data":"{}"}`, "data"},
		{"PATCH of null", `{"method":"PATCH","path":"/Users/1","data":null}`, "data"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			req, err := parseBulk(t, `{"schemas":["`+URNBulkRequest+`"],"Operations":[`+row.operation+`]}`)
			if err != nil {
				t.Fatal(err)
			}
			op := req.Operations[0]
			if row.where == "" {
				if op.Err != nil || !slices.Contains(bulkMethods, op.Method) {
					t.Errorf("%+v", op)
				}
				return
			}
			var e *Error
			if !errors.As(op.Err, &e) || e.Kind != KindBadBulk || e.Where != "Operations[0]."+row.where {
				t.Errorf("got %v", op.Err)
			}
		})
	}
}

func TestParseBulk_R148_TwinsAreRefused(t *testing.T) {
	t.Parallel()
	req, err := parseBulk(t, `{"schemas":["`+URNBulkRequest+`"],"Operations":[
		{"method":"POST","bulkId":"a","path":"/Users","data":{}},{"method":"POST","bulkId":"b","path":"/Users","data":{}},
		{"method":"POST","bulkId":"a","path":"/Users","data":{}},{"method":"POST","bulkId":"a","path":"/Groups","data":{}},
		{"method":"DELETE","bulkId":"b","path":"/Users/1"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	for i, op := range req.Operations {
		if twin := i == 0 || i == 2 || i == 3; twin != (op.Err != nil) {
			t.Errorf("%d: %v", i, op.Err)
		}
	}
}

// The places of a reference, R-149.
func TestBulkReferences_R149(t *testing.T) {
	t.Parallel()
	const data = `{"userName":"a","nickName":"not a bulkId:a","manager":{"value":"bulkId:m","$ref":"bulkId:m","displayName":"M"},
		"members":[{"value":"bulkId:a"},{"value":"1"},{"$ref":"https://scim.example.com/v2/Users/bulkId:b"},"bulkId:c"],
		"urn:x":{"department":"x","supervisor":"bulkId:s"},"title":"bulkId:t","active":true,"n":1,
		"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\" or value eq \"2\"]"}]}`
	parse := func() BulkOperation {
		o, err := ParseJSON([]byte(data), Limits{})
		if err != nil {
			t.Fatal(err)
		}
		return BulkOperation{Data: o}
	}
	op := parse()
	if got := op.References(); !slices.Equal(got, []string{"m", "a", "b", "c", "s", "t"}) {
		t.Errorf("references %q", got)
	}
	const without = `{"userName":"a","nickName":"not a bulkId:a","members":[{"value":"1"}],"urn:x":{"department":"x"},"active":true,"n":1,"Operations":[]}`
	if got := string(AppendJSON(nil, op.WithoutReferences())); got != without {
		t.Errorf("without references\n%s\n%s", got, without)
	}
	op.Resolve(func(id string) (BulkTarget, bool) {
		return BulkTarget{ID: "id-" + id, Location: "https://x/Users/id-" + id}, id != "c"
	})
	if got := op.References(); !slices.Equal(got, []string{"c"}) {
		t.Errorf("what is left: %q", got)
	}
	const resolved = `{"userName":"a","nickName":"not a bulkId:a","manager":{"value":"id-m","$ref":"https://x/Users/id-m","displayName":"M"},` +
		`"members":[{"value":"id-a"},{"value":"1"},{"$ref":"https://scim.example.com/v2/Users/id-b"},"bulkId:c"],` +
		`"urn:x":{"department":"x","supervisor":"id-s"},"title":"id-t","active":true,"n":1,` +
		`"Operations":[{"op":"remove","path":"members[value eq \"id-a\" or value eq \"2\"]"}]}`
	if got := string(AppendJSON(nil, op.Data)); got != resolved {
		t.Errorf("resolved\n%s\n%s", got, resolved)
	}
	none := BulkOperation{}
	if got := none.References(); got != nil {
		t.Errorf("of no data: %q", got)
	}
}

// A body of a single request may nest as deep inside a bulk request, and no deeper.
func TestBulkDepth_R180(t *testing.T) {
	t.Parallel()
	nested := func(depth int) string { return strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth) }
	for _, depth := range []int{defaultDepth, defaultDepth + 1} {
		_, single := ParseJSON([]byte(nested(depth)), Limits{})
		_, bulk := ParseJSON([]byte(`{"Operations":[{"data":`+nested(depth)+`}]}`), Limits{Depth: BulkDepth})
		if (single == nil) != (bulk == nil) {
			t.Errorf("depth %d: %v alone, %v in a bulk request", depth, single, bulk)
		}
	}
}
