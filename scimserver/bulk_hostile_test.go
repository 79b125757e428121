package scimserver_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
)

// TestBulk_R180_HostileRequests: each of them is refused as a whole, and nothing is stored.
func TestBulk_R180_HostileRequests(t *testing.T) {
	t.Parallel()
	one := change("DELETE", "/Users/{bob}", "")
	bodies := map[string]string{
		"R-050 empty":                    "",
		"R-050 truncated":                bulkOf(one)[:60],
		"an array":                       `[` + one + `]`,
		"R-147 a resource":               userData("x"),
		"no operations":                  `{` + bulkSchemas + `}`,
		"operations in an object":        `{` + bulkSchemas + `,"Operations":` + one + `}`,
		"operations in a string":         `{` + bulkSchemas + `,"Operations":"DELETE"}`,
		"an operation in an operation":   `{` + bulkSchemas + `,"Operations":[[` + one + `]]}`,
		"nothing but null":               `{` + bulkSchemas + `,"Operations":[null,null]}`,
		"failOnErrors that is an object": `{"failOnErrors":{},` + bulkOf(one)[1:],
		"D-32 R-019 a name twice":        `{` + bulkSchemas + `,"Operations":[` + one + `],"operations":[]}`,
		"D-32 a name twice in the data":  bulkOf(one, post("a", "/Users", `{"userName":"a","USERNAME":"b"}`)),
		"R-180 depth 10,000":             bulkOf(one, post("a", "/Users", strings.Repeat(`{"a":`, 10_000)+"1"+strings.Repeat("}", 10_000))),
		"R-180 depth of data":            bulkOf(one, post("a", "/Users", strings.Repeat(`{"a":`, 33)+"1"+strings.Repeat("}", 33))),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario{method: "POST", path: "/Bulk", body: body, status: 400}.play(t, setup(t, "generic", nil))
		})
	}
}

// TestBulk_R180_HostileOperations: each of them is refused by itself, and the one beside it is done.
func TestBulk_R180_HostileOperations(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	operations := map[string]string{
		"nothing":                    `{}`,
		"a method that is an object": `{"method":{},"path":"/Users"}`,
		"GET":                        change("GET", "/Users/{bob}", ""),
		"HEAD":                       change("HEAD", "/Users/{bob}", ""),
		"a path of lists":            `{"method":"DELETE","path":[[["/Users/{bob}"]]]}`,
		"a long path":                change("DELETE", "/Users/"+long, ""),
		"many segments":              change("DELETE", "/Users"+strings.Repeat("/x", 10_000), ""),
		"a path with a bad escape":   change("DELETE", "/Users/%zz", ""),
		"a path with a zero":         change("DELETE", `/Users/%00`, ""),
		"a long bulkId":              post(long, "/Users", `{}`),
		"a reference to a long one":  post("a", "/Groups", groupData("A", "bulkId:"+long)),
		"a reference to nothing":     post("a", "/Groups", groupData("A", "bulkId:")),
		"a reference in a number":    post("a", "/Users", userData("x", `"active":"bulkId:a"`)),
		"a version in a list":        `{"method":"DELETE","path":"/Users/{bob}","version":["W/\"1\""]}`,
		"a version that is none":     `{"method":"DELETE","path":"/Users/{bob}","version":"one"}`,
		"a bad query":                change("DELETE", "/Users/{bob}?filter=a&filter=b", ""),
		"data that is a number":      post("a", "/Users", `7`),
		"data of wrong types":        post("a", "/Users", `{"schemas":7,"userName":[[]],"emails":{"a":[1]},"active":{}}`),
		"a PATCH of strings":         change("PATCH", "/Users/{bob}", `["replace","title"]`),
	}
	for name, operation := range operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "generic", nil)
			a := f.do("POST", "/Bulk", f.expand(bulkOf(operation, post("ok", "/Users", userData("ok")))), nil)
			if sent := len(operation); a.Code != 200 || a.Body.Len() > 2*sent+longestError {
				t.Fatalf("%d with %d bytes for %d", a.Code, a.Body.Len(), sent)
			}
			contains(t, a.Body.Bytes(), `{"schemas":["`+scim.URNBulkResponse+`"]}`)
			var got struct{ Operations []bulkResult }
			if err := json.Unmarshal(a.Body.Bytes(), &got); err != nil || len(got.Operations) != 2 {
				t.Fatalf("%v: %s", err, a.Body)
			}
			bad, good := got.Operations[0], got.Operations[1]
			if bad.Status < "400" || bad.Status > "499" || good.Status != "201" {
				t.Errorf("%+v\n%+v", bad, good)
			}
			if n := len(f.log.String()); n > 16<<10 {
				t.Errorf("a log of %d bytes", n)
			}
		})
	}
}

// TestBulk_R180_ManyReferences: the work grows with the size of the request and not with its square.
func TestBulk_R180_ManyReferences(t *testing.T) {
	t.Parallel()
	members := func(n int, of func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = of(i)
		}
		return groupData("G", list...)
	}
	chain := make([]string, 1000)
	for i := range chain {
		chain[i] = post(fmt.Sprint(i), "/Users", userData(fmt.Sprint("u", i), managedBy(fmt.Sprint("bulkId:", i+1))))
	}
	round := append(chain[:999:999], post("999", "/Users", userData("u999", managedBy("bulkId:0"))))
	tangle := make([]string, 300)
	for i := range tangle {
		ids := make([]string, len(tangle))
		for j := range ids {
			ids[j] = fmt.Sprint("bulkId:", j)
		}
		tangle[i] = post(fmt.Sprint(i), "/Groups", strings.Replace(groupData("G", append(ids[:i:i], ids[i+1:]...)...), `"G"`, fmt.Sprintf(`"G%d"`, i), 1))
	}
	rows := []struct {
		name       string
		operations []string
		status     string // of all
	}{
		{"100,000 to one", []string{post("u", "/Users", userData("u")), post("g", "/Groups", members(100_000, func(int) string { return "bulkId:u" }))}, "201"},
		{"100,000 to nothing", []string{post("g", "/Groups", members(100_000, func(i int) string { return fmt.Sprint("bulkId:", i) }))}, "400"},
		{"a chain of 1,000, the last one first", append(chain[:999:999], post("999", "/Users", userData("u999"))), "201"},
		{"a chain that hangs on nothing", chain, "4"},
		{"a circle of 1,000", round, "201"},
		{"300 groups, each in each", tangle, "201"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			f := bare(t, profile(t, "rfc"), nil)
			start := time.Now()
			for i, r := range f.bulk(t, bulkOf(row.operations...)) {
				if !strings.HasPrefix(r.Status, row.status) {
					t.Fatalf("%d: %+v", i, r)
				}
			}
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("%v", d)
			}
		})
	}
}

// FuzzBulk: whatever stands in the operations, the answer is one result for each of them, and none of them is a fault of
// the service.
func FuzzBulk(f *testing.F) {
	for _, seed := range []string{
		post("a", "/Users", userData("a", managedBy("bulkId:b"))) + "," + post("b", "/Users", userData("b", managedBy("bulkId:a"))),
		post("a", "/Groups", groupData("A", "bulkId:a", "{alice}")),
		change("PATCH", "/Groups/{sales}", `[{"op":"add","path":"members","value":[{"value":"bulkId:a"}]}]`) + "," + post("a", "/Users", userData("a")),
		change("PUT", "/Users/bulkId:a", userData("z")) + "," + post("a", "/Users", userData("a")) + "," + change("DELETE", "/Users/bulkId:a", ""),
		change("DELETE", "/Users/{alice}", "") + "," + post("b", "/Users", userData("alice@example.com")),
		`{"method":"DELETE","path":"/Users/{alice}","version":"W/\"1\""},{"method":"GET","path":"/Users"}`,
		post("a", "/Users", userData("a")) + "," + post("a", "/Users", userData("b")) + "," + post("c", "/Groups", groupData("C", "bulkId:a", "bulkId:x")),
		`{"method":7,"bulkId":[],"path":{},"version":1,"data":null}`,
	} {
		f.Add(seed, byte(0))
		f.Add(seed, byte(1))
	}
	f.Fuzz(func(t *testing.T, operations string, failOnErrors byte) {
		x := bare(t, profile(t, "generic"), nil)
		x.add(t, "alice", "/Users", userData("alice@example.com"))
		x.add(t, "sales", "/Groups", x.expand(groupData("Sales", "{alice}")))
		body := x.expand(fmt.Sprintf(`{"failOnErrors":%d,`, failOnErrors%3) + bulkOf(operations)[1:])
		a := x.do(http.MethodPost, "/Bulk", body, nil)
		checkAnswer(t, a, x.log)
		if a.Code != http.StatusOK {
			return
		}
		var sent, got struct{ Operations []json.RawMessage }
		_ = json.Unmarshal(a.Body.Bytes(), &got)
		if err := json.Unmarshal([]byte(body), &sent); err == nil && failOnErrors%3 == 0 && len(sent.Operations) != len(got.Operations) {
			t.Errorf("%d results of %d operations: %s", len(got.Operations), len(sent.Operations), a.Body)
		}
		if strings.Contains(x.log.String(), `"level":"ERROR"`) {
			t.Errorf("a fault: %s", x.log)
		}
	})
}
