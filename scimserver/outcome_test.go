package scimserver_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/usher-scim/usher/scim"
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

// Who was told of a body may keep it.
func TestParsed_NothingChangesABodyOfWhichIsTold(t *testing.T) {
	t.Parallel()
	var told []*scim.Object
	f := setup(t, "entra", func(o *scimserver.Options) {
		o.Parsed = func(_ *http.Request, body *scim.Object) { told = append(told, body) }
	})
	bodies := []string{
		`{` + userSchemas + `,"userName":"eve","active":"True","roles":[{"value":"{\"value\":\"Admin\"}","primary":"true"}],` +
			`"emails":[{"type":"work","value":"a@example.com"},{"type":"work","value":"A@example.com","primary":true},{}],"nickName":""}`,
		`{` + userSchemas + `,"userName":"bob","name":{"givenName":"B"},"phoneNumbers":[{"type":"work","value":"1"}]}`,
		string(ops(`{"op":"add","path":"phoneNumbers","value":[{"type":"home","value":"2"}]}`,
			`{"op":"replace","path":"phoneNumbers[type eq \"home\"].value","value":"3"}`,
			`{"op":"add","value":{"name":{"familyName":"X"},"emails[type eq \"work\"].value":"b@example.com","displayName":"B"}}`,
			`{"op":"replace","path":"name.familyName","value":"Y"}`, `{"op":"replace","path":"active","value":"False"}`)),
		string(ops(`{"op":"add","path":"members","value":[{"value":"`+f.ids["bob"]+`"}]}`, `{"op":"remove","path":"displayName"}`)),
	}
	told = nil // of what setup has made
	f.do("POST", "/Users", bodies[0], nil)
	f.do("PUT", "/Users/{bob}", bodies[1], nil)
	f.do("PATCH", "/Users/{bob}", bodies[2], nil)
	f.do("PATCH", "/Groups/{sales}", bodies[3], nil)
	f.do("GET", "/Users", "", nil)
	f.do("POST", "/Users", `{"userName":`, nil)
	f.do("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"a","data":{`+userSchemas+`,"userName":"ann"}}]}`, nil)
	if len(told) != len(bodies) {
		t.Fatalf("was told of %d bodies, want %d", len(told), len(bodies))
	}
	for i, body := range told {
		sent, err := scim.ParseJSON([]byte(bodies[i]), scim.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(scim.JSON(body)), string(scim.JSON(sent)); got != want {
			t.Errorf("a body is\n%s after its answer, and was\n%s", got, want)
		}
	}
}
