package scimserver_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/usher-scim/usher/scimserver"
)

func TestAnswered_TellsOfEveryRequestAndOfRefusedOperations(t *testing.T) {
	t.Parallel()
	var told []string
	f := bare(t, profile(t, "okta"), func(o *scimserver.Options) {
		o.Answered = func(a scimserver.Outcome) {
			kind := ""
			if a.Refused != nil {
				kind = string(a.Refused.Kind)
			}
			told = append(told, fmt.Sprintf("%d %s %s %d %s", a.Operation, a.Method, a.Path, a.Status, kind))
		}
	})
	f.do("GET", "/Users", "", nil)
	f.do("GET", "/Users/nobody", "", nil)
	f.do("GET", "/Users", "", map[string]string{"Authorization": "Bearer wrong"})
	f.do("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"a","data":{`+userSchemas+`,"userName":"ann"}},
		{"method":"DELETE","path":"/Users/nobody"}]}`, nil)
	want := []string{
		"0 GET /Users 200 ",
		"0 GET /Users/nobody 404 unknown resource",
		"0 GET /Users 401 malformed token",
		"2 DELETE /Users/nobody 404 unknown resource",
		"0 POST /Bulk 200 ",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told\n%q\nwant\n%q", told, want)
	}
}
