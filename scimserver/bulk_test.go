package scimserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

const bulkSchemas = `"schemas":["` + scim.URNBulkRequest + `"]`

// bulkOf is the body of a bulk request with these operations.
func bulkOf(operations ...string) string {
	return `{` + bulkSchemas + `,"Operations":[` + strings.Join(operations, ",") + `]}`
}

// post is an operation that creates.
func post(bulkID, path, data string) string {
	return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":%q,"data":%s}`, bulkID, path, data)
}

// change is an operation without bulkId.
func change(method, path, data string) string {
	if data == "" {
		return fmt.Sprintf(`{"method":%q,"path":%q}`, method, path)
	}
	return fmt.Sprintf(`{"method":%q,"path":%q,"data":%s}`, method, path, data)
}

func userData(userName string, more ...string) string {
	return `{` + strings.Join(append([]string{userSchemas, `"userName":"` + userName + `"`}, more...), ",") + `}`
}

func groupData(name string, members ...string) string {
	for i, m := range members {
		members[i] = `{"value":"` + m + `"}`
	}
	return `{` + anyGroup + `,"displayName":"` + name + `","members":[` + strings.Join(members, ",") + `]}`
}

func managedBy(id string) string { return `"` + enterprise + `":{"manager":{"value":"` + id + `"}}` }

// bulkResult is one element of the answer.
type bulkResult struct {
	Method, BulkID, Version, Location, Status string
	Response                                  json.RawMessage
}

func (r bulkResult) id() string { return r.Location[strings.LastIndexByte(r.Location, '/')+1:] }

// bulk sends a bulk request that is processed, and holds the answer's form to RFC 7644 §3.7.3.
func (f *fixture) bulk(t testing.TB, body string) []bulkResult {
	t.Helper()
	a := f.do(http.MethodPost, "/Bulk", f.expand(body), nil)
	if a.Code != http.StatusOK || a.Header().Get("Content-Type") != "application/scim+json" {
		t.Fatalf("%d %s: %s", a.Code, a.Header().Get("Content-Type"), a.Body)
	}
	var got struct {
		Schemas    []string
		Operations []bulkResult
	}
	if err := json.Unmarshal(a.Body.Bytes(), &got); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	if len(got.Schemas) != 1 || got.Schemas[0] != scim.URNBulkResponse {
		t.Errorf("schemas %q", got.Schemas)
	}
	for i, r := range got.Operations {
		r.check(t, i)
	}
	return got.Operations
}

func (r bulkResult) check(t testing.TB, i int) {
	t.Helper()
	failed := r.Status >= "4"
	if len(r.Status) != 3 {
		t.Errorf("%d: status %q", i, r.Status)
	}
	if failed != (r.Response != nil) {
		t.Errorf("%d: status %s with response %s", i, r.Status, r.Response)
	}
	if failed {
		contains(t, r.Response, `{"schemas":["`+scim.URNError+`"],"status":"`+r.Status+`"}`)
	}
	if hasVersion := !failed && r.Method != "DELETE"; hasVersion != (r.Version != "") {
		t.Errorf("%d: %s %s with version %q", i, r.Method, r.Status, r.Version)
	}
	if !failed && !strings.HasPrefix(r.Location, base+"/") || failed && r.Method == "POST" && r.Location != "" {
		t.Errorf("%d: %s %s with location %q", i, r.Method, r.Status, r.Location)
	}
}

func statuses(results []bulkResult) string {
	list := make([]string, len(results))
	for i, r := range results {
		list[i] = r.Status
	}
	return strings.Join(list, " ")
}

func TestBulk_R147_R151_Results(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", nil)
	got := f.bulk(t, bulkOf(
		post("dan", "/Users", userData("dan")),
		`{"method":"put","bulkId":"p","path":"Users/{carol}","data":`+userData("carol2")+`}`,
		change("PATCH", base+"/Users/{alice}", ops(`{"op":"replace","path":"title","value":"x"}`)),
		change("PATCH", "/Users/{alice}", `[{"op":"replace","path":"title","value":"y"}]`),
		change("Patch", "/Groups/{sales}", ops(`{"op":"add","path":"members","value":[{"value":"bulkId:dan"}]}`)),
		change("DELETE", "/Groups/{empty}", ""),
		change("DELETE", "/Users/nobody", ""),
		post("twin", "/Users", userData("bob@example.com")),
		change("PUT", "/Users", userData("x")),
		change("PUT", "/Users/{carol}", ""),
	))
	if s := statuses(got); s != "201 200 200 200 204 204 404 409 405 400" {
		t.Fatalf("%s: %+v", s, got)
	}
	if got[1].Method != "PUT" || got[1].BulkID != "p" || got[0].BulkID != "dan" {
		t.Errorf("%+v", got[:2])
	}
	if got[5].Location != base+"/Groups/"+f.ids["empty"] || got[6].Location != base+"/Users/nobody" || got[9].Location != base+"/Users/"+f.ids["carol"] {
		t.Errorf("locations of what is gone, or failed: %+v", got[5:])
	}
	contains(t, f.do("GET", "/Users/{alice}", "", nil).Body.Bytes(), `{"title":"y","meta":{"version":`+fmt.Sprintf("%q", got[3].Version)+`}}`)
	f.ids["dan"] = got[0].id()
	contains(t, f.do("GET", "/Groups/{sales}", "", nil).Body.Bytes(), f.expand(`{"members":[{"value":"{bob}"},{"value":"{dan}"}]}`))
}

func TestBulk_R150_CircularGroups(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", nil)
	got := f.bulk(t, bulkOf(
		post("a", "/Groups", groupData("A", "bulkId:b")),
		post("b", "/Groups", groupData("B", "bulkId:a")),
	))
	if s := statuses(got); s != "201 201" {
		t.Fatalf("%+v", got)
	}
	for i := range got {
		contains(t, f.do("GET", "/Groups/"+got[i].id(), "", nil).Body.Bytes(),
			fmt.Sprintf(`{"members":[{"value":%q,"type":"Group"}],"meta":{"version":%q}}`, got[1-i].id(), got[i].Version))
	}
}

func TestBulk_R147_AThousandOperations(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "rfc"), nil)
	operations := make([]string, 1000)
	for i := range operations {
		operations[i] = post(fmt.Sprint(i), "/Users", userData(fmt.Sprint("u", i), managedBy(fmt.Sprint("bulkId:", (i+1)/2))))
	}
	got := f.bulk(t, bulkOf(operations...))
	for i, r := range got {
		if r.Status != "201" || r.BulkID != fmt.Sprint(i) {
			t.Fatalf("%d: %+v", i, r)
		}
	}
}

func TestBulk_R146_AnnouncedAsItIs(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "rfc"), func(o *scimserver.Options) { o.MaxBulk, o.MaxBody = 7, 12345 })
	contains(t, f.do("GET", "/ServiceProviderConfig", "", nil).Body.Bytes(),
		`{"bulk":{"supported":true,"maxOperations":7,"maxPayloadSize":12345}}`)
}

// TestBulk_R148_BulkIDs: what nobody can refer to is not created.
func TestBulk_R148_BulkIDs(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", nil)
	got := f.bulk(t, bulkOf(
		`{"method":"POST","path":"/Users","data":`+userData("x")+`}`,
		post("a", "/Users", userData("y")),
		post("a", "/Users", userData("z")),
		post("g", "/Groups", groupData("G", "bulkId:a")),
		change("DELETE", "/Users/{carol}", ""),
	))
	if s := statuses(got); s != "400 400 400 409 204" {
		t.Fatalf("%s: %+v", s, got)
	}
	contains(t, got[3].Response, `{"detail":"Operations[2]: an operation that this one refers to has failed: \"a\". Correct that operation, and send both again."}`)
	contains(t, f.do("GET", "/Users", "", nil).Body.Bytes(), `{"totalResults":2}`)
}

func TestBulk_R149_References(t *testing.T) {
	t.Parallel()
	backward := []string{post("u", "/Users", userData("u")), post("g", "/Groups", groupData("G", "bulkId:u"))}
	rows := []struct {
		name       string
		operations []string
		statuses   string
		group      string // what the group G has
	}{
		{"backward", backward, "201 201", `{"members":[{"value":"{u}","type":"User"}]}`},
		{"forward", []string{backward[1], backward[0]}, "201 201", `{"members":[{"value":"{u}","type":"User"}]}`},
		{
			"in a path, backward",
			append(backward, change("PATCH", "/Groups/bulkId:g", ops(`{"op":"replace","path":"displayName","value":"H"}`))),
			"201 201 204", `{"displayName":"H"}`,
		},
		{
			"in a path, forward",
			append([]string{change("PUT", "/Groups/bulkId:g", groupData("H"))}, backward...),
			"200 201 201", `{"displayName":"H","members":[]}`,
		},
		{
			"in a whole URL",
			append(backward, change("PUT", base+"/Groups/bulkId:g?attributes=id", groupData("H"))),
			"201 201 200", `{"displayName":"H","members":[]}`,
		},
		{
			"in the filter of a PATCH",
			append(backward, change("PATCH", "/Groups/bulkId:g", ops(`{"op":"remove","path":"members[value eq \"bulkId:u\"]"}`))),
			"201 201 204", `{"members":[]}`,
		},
		{
			"R-151 of a type that it is not",
			append(backward, change("DELETE", "/Users/bulkId:g", "")), "201 201 404", `{"displayName":"G"}`,
		},
		{
			"nothing of that bulkId",
			append(backward, change("DELETE", "/Groups/bulkId:x", ""), post("h", "/Groups", groupData("H", "bulkId:x"))),
			"201 201 400 400", `{"displayName":"G"}`,
		},
		{
			"a bulkId that creates nothing",
			append(backward, `{"method":"DELETE","bulkId":"d","path":"/Users/{bob}"}`, change("PUT", "/Groups/bulkId:d", groupData("H"))),
			"201 201 204 400", `{"displayName":"G"}`,
		},
		{
			"R-155 what failed takes along what refers to it, and nothing else",
			append(backward, post("v", "/Users", userData("BOB@example.com")), post("w", "/Users", userData("w", managedBy("bulkId:v"))),
				post("h", "/Groups", groupData("H", "bulkId:u", "bulkId:w"))),
			"201 201 409 409 409", `{"members":[{"value":"{u}"}]}`,
		},
		{
			"made and deleted",
			append(backward, change("DELETE", "/Users/bulkId:u", "")), "201 201 204", `{"members":[]}`,
		},
	}
	for _, row := range rows {
		t.Run("R-149 "+row.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "rfc", nil)
			got := f.bulk(t, bulkOf(row.operations...))
			if s := statuses(got); s != row.statuses {
				t.Fatalf("%s, want %s: %+v", s, row.statuses, got)
			}
			for _, r := range got {
				if r.BulkID != "" {
					f.ids[r.BulkID] = r.id()
				}
			}
			contains(t, f.do("GET", "/Groups/{g}", "", nil).Body.Bytes(), f.expand(row.group))
			if s := f.state(); strings.Contains(s, "bulkId") {
				t.Errorf("a reference is left: %s", s)
			}
		})
	}
}

func TestBulk_R149_Ref(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", nil)
	got := f.bulk(t, bulkOf(
		post("u", "/Users", userData("u", `"`+enterprise+`":{"manager":{"value":"bulkId:m","$ref":"bulkId:m"}}`)),
		post("m", "/Users", userData("m")),
	))
	contains(t, f.do("GET", "/Users/"+got[0].id(), "", nil).Body.Bytes(),
		`{"`+enterprise+`":{"manager":{"value":"`+got[1].id()+`","$ref":"`+got[1].Location+`"}}}`)
}

func TestBulk_R150_Circles(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name       string
		operations []string
		statuses   string
	}{
		{"managers of each other", []string{
			post("a", "/Users", userData("a", managedBy("bulkId:b"))),
			post("b", "/Users", userData("b", managedBy("bulkId:c"))),
			post("c", "/Users", userData("c", managedBy("bulkId:a"))),
		}, "201 201 201"},
		{"a manager of oneself", []string{post("a", "/Users", userData("a", managedBy("bulkId:a")))}, "201"},
		{"users and groups, with one of the circle's name behind it", []string{
			post("g", "/Groups", groupData("G", "bulkId:h", "bulkId:u", "{bob}")),
			post("u", "/Users", userData("u")),
			post("h", "/Groups", groupData("H", "bulkId:g")),
			post("x", "/Groups", groupData("g", "bulkId:g")),
		}, "201 201 201 409"},
		{"a whole department", []string{
			change("DELETE", "/Users/{bob}", ""),
			post("a", "/Users", userData("bob@example.com", managedBy("bulkId:b"))),
			post("b", "/Users", userData("b", managedBy("bulkId:a"))),
		}, "204 201 201"},
		{"R-154 one that is wrong in itself", []string{
			post("a", "/Groups", groupData("A", "bulkId:b")),
			post("b", "/Groups", `{`+anyGroup+`,"displayName":"B","members":[{"value":"bulkId:a","type":"Robot"}]}`),
		}, "409 400"},
		{"one whose name is taken", []string{
			post("a", "/Groups", groupData("A", "bulkId:b")),
			post("b", "/Groups", groupData("sales", "bulkId:a")),
		}, "409 409"},
		{"one whose operation is malformed", []string{
			post("a", "/Groups", groupData("A", "bulkId:b")),
			`{"method":"POST","bulkId":"b","path":7,"data":` + groupData("B", "bulkId:a") + `}`,
		}, "409 400"},
		{"one at a path that takes no POST", []string{
			post("a", "/Groups", groupData("A", "bulkId:b")),
			post("b", "/Groups/{sales}", groupData("B", "bulkId:a")),
		}, "409 405"},
		{"a reference out of the circle to what failed", []string{
			post("a", "/Groups", groupData("A", "bulkId:b", "bulkId:x")),
			post("b", "/Groups", groupData("B", "bulkId:a")),
			post("x", "/Users", userData("")),
		}, "409 409 400"},
	}
	for _, row := range rows {
		for _, failOnErrors := range []string{"", `"failOnErrors":9,`} {
			t.Run("R-150 "+row.name+failOnErrors, func(t *testing.T) {
				t.Parallel()
				f := setup(t, "rfc", nil)
				got := f.bulk(t, `{`+failOnErrors+bulkOf(row.operations...)[1:])
				if s := statuses(got); s != row.statuses {
					t.Fatalf("%s, want %s: %+v", s, row.statuses, got)
				}
				for i, r := range got {
					a := f.do("GET", strings.TrimPrefix(r.Location, base), "", nil)
					if r.Status == "201" && (a.Code != 200 || versionOf(a.Header().Get("ETag")) != versionOf(r.Version)) {
						t.Errorf("%d: %+v, but %d %q: %s", i, r, a.Code, a.Header().Get("ETag"), a.Body)
					}
				}
				state := f.state()
				if strings.Contains(state, "bulkId") || strings.Count(state, `"id"`) != 5+strings.Count(row.statuses, "201")-strings.Count(row.statuses, "204") {
					t.Errorf("half-done: %s", state)
				}
			})
		}
	}
}

func TestBulk_R152_FailOnErrors(t *testing.T) {
	t.Parallel()
	operations := []string{
		change("DELETE", "/Users/nobody", ""),
		post("a", "/Users", userData("a", managedBy("bulkId:c"))), // waits for the last one
		post("b", "/Users", userData("bob@example.com")),
		post("c", "/Users", userData("c")),
	}
	for failOnErrors, want := range map[int]string{0: "404 201 409 201", 1: "404", 2: "404 409", 3: "404 201 409 201"} {
		t.Run(fmt.Sprint("R-152 ", failOnErrors), func(t *testing.T) {
			t.Parallel()
			f := setup(t, "rfc", nil)
			got := f.bulk(t, fmt.Sprintf(`{"failOnErrors":%d,`, failOnErrors)+bulkOf(operations...)[1:])
			if s := statuses(got); s != want {
				t.Errorf("%s, want %s", s, want)
			}
			contains(t, f.do("GET", "/Users", "", nil).Body.Bytes(), fmt.Sprintf(`{"totalResults":%d}`, 3+strings.Count(want, "201")))
		})
	}
}

func TestBulk_R153_Limits(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", func(o *scimserver.Options) { o.MaxBulk, o.MaxBody, o.MaxOperations = 2, 2000, 1 })
	one := change("DELETE", "/Users/nobody", "")
	for _, row := range []struct {
		name, body, detail string
		status             int
	}{
		{"R-153 as many operations as are announced", bulkOf(one, one), "", 200},
		{"R-153 one more", bulkOf(one, one, one), "at most 2 (maxOperations)", 413},
		{"R-153 R-180 too many of what is no operation", `{` + bulkSchemas + `,"Operations":[1,2,3]}`, "at most 2 (maxOperations)", 413},
		{"R-153 too many bytes", bulkOf(change("DELETE", "/Users/"+strings.Repeat("x", 2000), "")), "at most 2000 bytes", 413},
	} {
		a := f.do("POST", "/Bulk", row.body, nil)
		if a.Code != row.status || !strings.Contains(a.Body.String(), row.detail) {
			t.Errorf("%s: %d %s", row.name, a.Code, a.Body)
		}
		if a.Code != 200 {
			checkError(t, a)
		}
	}
	got := f.bulk(t, bulkOf(change("PATCH", "/Users/{bob}", ops(`{"op":"remove","path":"title"},{"op":"remove","path":"title"}`))))
	if got[0].Status != "400" {
		t.Errorf("the operations of one PATCH: %+v", got)
	}
}

// TestBulk_R154_AsTheSingleRequest: what would be refused alone is refused with the same words.
func TestBulk_R154_AsTheSingleRequest(t *testing.T) {
	t.Parallel()
	rows := []struct{ method, path, data, version string }{
		{"POST", "/Users", `{` + userSchemas + `}`, ""},
		{"POST", "/Users", userData("BOB@example.com"), ""},
		{"POST", "/Users", `{"userName":"x"}`, ""},
		{"POST", "/Users", userData("x", `"active":"perhaps"`), ""},
		{"POST", "/Users", userData("x", `"bogus":1`), ""},
		{"POST", "/Users", userData("x"), ""},
		{"POST", "/Users?attributes=a&attributes=b", userData("x"), ""},
		{"POST", "/Users/{bob}", userData("x"), ""},
		{"POST", "/Groups", groupData("G", "nobody"), ""},
		{"POST", "/Roles", `{}`, ""},
		{"PUT", "/users/{bob}", `{}`, ""},
		{"PUT", "/Users/{bob}/x", `{}`, ""},
		{"PUT", "/Users/{bob}", userData("alice@example.com"), ""},
		{"PUT", "/Users/{bob}", userData("x"), `W/"7"`},
		{"PUT", "/Users/{bob}", userData("x"), `W/"1"`},
		{"PUT", "/Users/{bob}", userData("x"), `*`},
		{"PUT", "/Users/{bob}", userData("x"), `7`},
		{"PATCH", "/Users/{bob}", `{}`, ""},
		{"PATCH", "/Users/{bob}", ops(`{"op":"replace","path":"id","value":"x"}`), ""},
		{"PATCH", "/Users/{bob}", ops(`{"op":"replace","path":"title","value":"x"}`), `W/"1"`},
		{"PATCH", "/Users/{bob}", ops(`{"op":"replace","path":"title","value":"x"}`), `W/"0"`},
		{"PATCH", "/Groups/{sales}", ops(`{"op":"remove","path":"members"}`), ""},
		{"PATCH", "/Groups/{sales}?attributes=id", ops(`{"op":"remove","path":"members"}`), ""},
		{"PATCH", "/Groups", ops(`{"op":"remove","path":"members"}`), ""},
		{"DELETE", "/Groups/{sales}", "", `W/"9"`},
		{"DELETE", "/Groups/{sales}", "", `W/"1", W/"9"`},
		{"DELETE", "/Groups", "", ""},
	}
	for i, row := range rows {
		t.Run(fmt.Sprint("R-154 R-158 R-159 ", i, " ", row.method, " ", row.path), func(t *testing.T) {
			t.Parallel()
			one, f := setup(t, "rfc", nil), setup(t, "rfc", nil)
			header := map[string]string{"If-Match": row.version}
			if row.version == "" {
				header = nil
			}
			single := one.do(row.method, row.path, one.expand(row.data), header)
			op := change(row.method, row.path, row.data)
			op = fmt.Sprintf(`{"bulkId":"x","version":%q,`, row.version) + op[1:]
			got := f.bulk(t, bulkOf(op))[0]
			if got.Status != fmt.Sprint(single.Code) {
				t.Fatalf("%+v, alone %d %s", got, single.Code, single.Body)
			}
			if single.Code >= 400 {
				if want := f.alias(one, single.Body.String()); string(got.Response) != want {
					t.Errorf("\n%s, alone\n%s", got.Response, want)
				}
			} else if versionOf(got.Version) != versionOf(single.Header().Get("ETag")) || (row.method != "DELETE") != (got.Version != "") {
				t.Errorf("version %q, alone %q", got.Version, single.Header().Get("ETag"))
			}
		})
	}
}

// versionOf is an entity tag without the groups, whose ids no two fixtures have in common (D-29).
func versionOf(tag string) string {
	version, _, _ := strings.Cut(strings.Trim(tag, `W/"`), ".")
	return version
}

// alias puts this fixture's ids in the place of the other's.
func (f *fixture) alias(other *fixture, s string) string {
	for name, id := range other.ids {
		s = strings.ReplaceAll(s, id, f.ids[name])
	}
	return s
}

func TestBulk_PathsThatAreNoResources(t *testing.T) {
	t.Parallel()
	f := setup(t, "rfc", nil)
	for _, path := range []string{
		"/", "?filter=x", "/Bulk", "Bulk", base + "/Bulk", "/Me", "/.search", "/Users/.search", "/ServiceProviderConfig", "/Schemas",
		"/Schemas/" + scim.URNUser, "/ResourceTypes", base,
	} {
		for _, op := range []string{post("x", path, userData("x")), change("DELETE", path, "")} {
			got := f.bulk(t, bulkOf(op))
			if got[0].Status != "400" || !strings.Contains(string(got[0].Response), "paths of resources") {
				t.Errorf("%s: %+v", op, got)
			}
		}
	}
	for _, path := range []string{"https://elsewhere.example.com/Users", base + "x/Users", "/Nope", "/users"} {
		if got := f.bulk(t, bulkOf(post("x", path, userData("x")))); got[0].Status != "404" {
			t.Errorf("%s: %+v", path, got)
		}
	}
}

// TestBulk_R155_Order: the order of the request holds for what is about the same thing.
func TestBulk_R155_Order(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name       string
		operations []string
		statuses   string
	}{
		{"T-103 a userName is free once its user is deleted", []string{change("DELETE", "/Users/{bob}", ""), post("b", "/Users", userData("bob@example.com"))}, "204 201"},
		{"and not before", []string{post("b", "/Users", userData("bob@example.com")), change("DELETE", "/Users/{bob}", "")}, "409 204"},
		{"a userName twice", []string{post("a", "/Users", userData("dan")), post("b", "/Users", userData("DAN"))}, "201 409"},
		{"a rename that frees a name", []string{change("PUT", "/Users/{bob}", userData("rob")), change("PUT", "/Users/{carol}", userData("bob@example.com"))}, "200 200"},
		{"a rename that comes too late", []string{change("PUT", "/Users/{carol}", userData("bob@example.com")), change("PUT", "/Users/{bob}", userData("rob"))}, "409 200"},
		{"a name that goes round", []string{
			change("PATCH", "/Users/{bob}", ops(`{"op":"replace","value":{"userName":"x"}}`)), post("a", "/Users", userData("bob@example.com")),
			change("DELETE", "/Users/{bob}", ""), post("b", "/Users", userData("X")),
		}, "200 201 204 201"},
		{"the same resource", []string{change("DELETE", "/Users/{bob}", ""), change("PUT", "/Users/{bob}", userData("x")), change("DELETE", "/Users/{bob}", "")}, "204 404 404"},
		{"a member that is no more", []string{change("DELETE", "/Users/{carol}", ""), post("g", "/Groups", groupData("G", "{carol}"))}, "204 400"},
		{"a member that goes", []string{post("g", "/Groups", groupData("G", "{carol}")), change("DELETE", "/Users/{carol}", "")}, "201 204"},
		{"R-158 a version that a removal changes", []string{change("DELETE", "/Users/{bob}", ""), `{"method":"PUT","path":"/Groups/{sales}","version":"W/\"1\"","data":` + groupData("Sales") + `}`}, "204 412"},
		{"R-158 and before", []string{`{"method":"PUT","path":"/Groups/{sales}","version":"W/\"1\"","data":` + groupData("Sales", "{carol}") + `}`, change("DELETE", "/Users/{bob}", "")}, "200 204"},
		{"R-158 the version that the operation before has made", []string{
			change("PATCH", "/Users/{bob}", ops(`{"op":"replace","path":"title","value":"x"}`)),
			`{"method":"DELETE","path":"/Users/{bob}","version":"W/\"2\""}`,
		}, "200 204"},
		{"a reference against the order", []string{
			post("a", "/Users", userData("dan", managedBy("bulkId:b"))), post("b", "/Users", userData("Dan")),
		}, "409 201"},
		{"what waits for a reference keeps its place towards its own kind", []string{
			change("PUT", "/Groups/{sales}", groupData("Sales", "bulkId:u")), change("PATCH", "/Groups/{sales}", ops(`{"op":"remove","path":"members"}`)), post("u", "/Users", userData("u")),
		}, "200 204 201"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for range 20 {
				f := worldOf(t)
				if got := f.bulk(t, bulkOf(row.operations...)); statuses(got) != row.statuses {
					t.Fatalf("%s, want %s: %+v", statuses(got), row.statuses, got)
				}
			}
		})
	}
}
