package scimserver_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
)

// TestHostileBodies: every body is refused with a SCIM error, on every method that reads one, and nothing is stored.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)
	bodies := []struct {
		name, body string
		status     int
	}{
		{"R-050 empty", "", 400},
		{"R-050 white space", " \n", 400},
		{"R-050 truncated", `{` + userSchemas + `,"userName":"da`, 400},
		{"R-050 junk", "Lorem ipsum", 400},
		{"R-050 two values", `{` + userSchemas + `,"userName":"dan"}{}`, 400},
		{"R-050 a comment", `{/* x */"userName":"dan"}`, 400},
		{"R-050 a trailing comma", `{"userName":"dan",}`, 400},
		{"R-050 single quotes", `{'userName':'dan'}`, 400},
		{"R-050 NaN", `{"userName":NaN}`, 400},
		{"an array", `[]`, 400},
		{"a string", `"userName"`, 400},
		{"null", `null`, 400},
		{"R-180 depth 10,000", `{` + userSchemas + `,"userName":"dan","emails":` + deep + `}`, 400},
		{"R-180 depth 10,000 of objects", strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000), 400},
		{"D-32 R-019 a name twice", `{` + userSchemas + `,"userName":"dan","userName":"eve"}`, 400},
		{"D-32 R-019 a name twice but for case", `{` + userSchemas + `,"userName":"dan","USERNAME":"eve"}`, 400},
		{"not UTF-8", `{` + userSchemas + `,"userName":"d` + "\xff" + `n"}`, 400},
		{"half a surrogate pair", `{` + userSchemas + `,"userName":"d\ud800n"}`, 400},
		{"a raw control character", `{` + userSchemas + `,"userName":"d` + "\x01" + `n"}`, 400},
		{"R-180 10 MB", `{` + userSchemas + `,"userName":"` + strings.Repeat("x", 10<<20) + `"}`, 413},
	}
	targets := []struct{ method, path string }{
		{"POST", "/Users"},
		{"POST", "/Groups"},
		{"PUT", "/Users/{bob}"},
		{"PATCH", "/Users/{bob}"},
		{"PATCH", "/Groups/{sales}"},
		{"POST", "/.search"},
		{"POST", "/Users/.search"},
	}
	for _, b := range bodies {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "generic", nil)
			for _, to := range targets {
				scenario{method: to.method, path: to.path, body: b.body, status: b.status}.play(t, f)
			}
		})
	}
}

func TestHostileValues(t *testing.T) {
	t.Parallel()
	users := map[string]string{
		"schemas holds a number":         `{"schemas":[7],"userName":"dan"}`,
		"userName is an object":          `{` + userSchemas + `,"userName":{"a":1}}`,
		"userName is a boolean":          `{` + userSchemas + `,"userName":true}`,
		"R-034 userName is empty":        `{` + userSchemas + `,"userName":""}`,
		"userName is null":               `{` + userSchemas + `,"userName":null}`,
		"active is a number":             `{` + userSchemas + `,"active":1,"userName":"dan"}`,
		"active is a word":               `{` + userSchemas + `,"active":"yes","userName":"dan"}`,
		"name is a string":               `{` + userSchemas + `,"name":7,"userName":"dan"}`,
		"emails is a boolean":            `{` + userSchemas + `,"emails":true,"userName":"dan"}`,
		"T-044 D-32 two primary e-mails": `{` + userSchemas + `,"userName":"dan","emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`,
		"D-07 a typo in an extension":    `{` + userSchemas + `,"userName":"dan","` + scim.URNEnterpriseUser + `":{"departmnet":"x"}}`,
		"an extension that is a string":  `{` + userSchemas + `,"userName":"dan","` + scim.URNEnterpriseUser + `":"x"}`,
	}
	for name, body := range users {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario{method: "POST", path: "/Users", body: body, status: 400}.play(t, setup(t, "generic", nil))
		})
	}
}

// TestStrictValues: what the preset rfc refuses and every other one takes (R-024, T-022, T-037).
func TestStrictValues(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"R-024 schemas is a string":       `{"schemas":"` + scim.URNUser + `","userName":"dan"}`,
		"R-024 schemas of another type":   `{"schemas":["` + scim.URNGroup + `"],"userName":"dan"}`,
		"T-022 a number for a string":     `{` + userSchemas + `,"userName":"dan","externalId":701984}`,
		"T-037 one object for a list":     `{` + userSchemas + `,"userName":"dan","emails":{"value":"dan@example.com"}}`,
		"T-099 a string for a reference":  `{` + userSchemas + `,"userName":"dan","` + scim.URNEnterpriseUser + `":{"manager":"123"}}`,
		"T-030 an extension's name above": `{` + userSchemas + `,"userName":"dan","department":"x"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario{method: "POST", path: "/Users", body: body, status: 400}.play(t, setup(t, "rfc", nil))
			scenario{method: "POST", path: "/Users", body: body, status: 201}.play(t, setup(t, "generic", nil))
		})
	}
}

func TestHostilePatches(t *testing.T) {
	t.Parallel()
	patches := map[string]string{
		"R-109 Operations is absent":      `{"schemas":["` + scim.URNPatchOp + `"]}`,
		"R-109 Operations is an object":   `{"schemas":["` + scim.URNPatchOp + `"],"Operations":{"op":"add"}}`,
		"Operations holds strings":        ops(`"add"`),
		"R-110 op is absent":              ops(`{"path":"title","value":"x"}`),
		"op is a number":                  ops(`{"op":1,"path":"title","value":"x"}`),
		"path is a number":                ops(`{"op":"add","path":1,"value":"x"}`),
		"D-07 an undeclared path":         ops(`{"op":"add","path":"bogus","value":"x"}`),
		"D-07 an undeclared sub-path":     ops(`{"op":"add","path":"name.bogus","value":"x"}`),
		"D-07 an undeclared URN":          ops(`{"op":"add","path":"urn:x:y:User:role","value":"x"}`),
		"R-111 an open bracket":           ops(`{"op":"add","path":"emails[type eq \"work\"","value":"x"}`),
		"R-111 brackets without a filter": ops(`{"op":"add","path":"emails[]","value":"x"}`),
		"R-111 a dot at the end":          ops(`{"op":"add","path":"name.","value":"x"}`),
		"R-111 an empty path":             ops(`{"op":"remove","path":""}`),
		"R-111 white space":               ops(`{"op":"add","path":" ","value":"x"}`),
		"R-111 path of 100 kB":            ops(`{"op":"add","path":"` + strings.Repeat("a", 100_000) + `","value":"x"}`),
		"R-180 path of 10,000 brackets":   ops(`{"op":"add","path":"emails[` + strings.Repeat("(", 10_000) + `","value":"x"}`),
		"R-121 add without a value":       ops(`{"op":"add","path":"title"}`),
		"add of a string without a path":  ops(`{"op":"add","value":"x"}`),
		"replace without a value":         ops(`{"op":"replace"}`),
		"R-114 id":                        ops(`{"op":"replace","path":"id","value":"x"}`),
		"R-037 R-114 groups":              ops(`{"op":"add","path":"groups","value":[{"value":"x"}]}`),
		"T-076 a filter with or":          ops(`{"op":"add","path":"emails[type eq \"a\" or type eq \"b\"].value","value":"x"}`),
		"another message":                 `{"schemas":["` + scim.URNUser + `"],"Operations":[{"op":"replace","path":"title","value":"x"}]}`,
	}
	for name, body := range patches {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			scenario{method: "PATCH", path: "/Users/{bob}", body: body, status: 400}.play(t, setup(t, "okta", nil))
		})
	}
	groups := map[string]string{
		"T-123 members without a value":  ops(`{"op":"add","path":"members","value":[{"display":"x"}]}`),
		"T-123 members of numbers":       ops(`{"op":"add","path":"members","value":[7]}`),
		"displayName removed":            ops(`{"op":"remove","path":"displayName"}`),
		"D-18 a taken displayName":       ops(`{"op":"replace","path":"displayName","value":"eMPTY"}`),
		"T-130 remove by a bare display": ops(`{"op":"remove","path":"members[display]"}`),
	}
	for name, body := range groups {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			status := 400
			if strings.HasPrefix(name, "D-18") {
				status = 409
			}
			scenario{method: "PATCH", path: "/Groups/{sales}", body: body, status: status}.play(t, setup(t, "okta", nil))
		})
	}
}

func TestHostileFilters(t *testing.T) {
	t.Parallel()
	filters := map[string]string{
		"R-180 1 MB":                 `userName eq "` + strings.Repeat("x", 1<<20) + `"`,
		"R-180 1 MB of brackets":     strings.Repeat("(", 1<<20),
		"R-180 deep":                 strings.Repeat("(", 2000) + `userName eq "x"` + strings.Repeat(")", 2000),
		"R-180 many terms":           strings.TrimSuffix(strings.Repeat(`title pr or `, 1200), " or "),
		"not not":                    strings.Repeat("not ", 500) + "title pr",
		"an open string":             `userName eq "x`,
		"only an operator":           `eq`,
		"a dangling and":             `title pr and`,
		"an open bracket":            `emails[type eq "work"`,
		"R-064 co on a boolean":      `active co "x"`,
		"R-065 gt on a boolean":      `active gt true`,
		"R-068 a bare complex value": `name eq "x"`,
		"a control character":        "userName eq \"\x00\" x",
		"SQL":                        `userName eq "x" ; drop table users`,
	}
	for name, src := range filters {
		t.Run("T-060 "+name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, "generic", nil)
			for _, path := range []string{"/Users", "/Groups"} {
				scenario{path: path + "?filter=" + url.QueryEscape(src), status: 400}.play(t, f)
			}
		})
	}
	f := setup(t, "okta", nil)
	for _, src := range []string{`userName eq "' OR 1=1 --"`, `userName co "%"`, `userName sw "_"`} {
		contains(t, f.do("GET", find(src), "", nil).Body.Bytes(), `{"totalResults":0}`)
	}
}

// TestHostileFilters_OnTheWire: a server that reads request lines of that size leaves the refusal to the handler.
func TestHostileFilters_OnTheWire(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	srv := httptest.NewUnstartedServer(f.handler)
	srv.Config.MaxHeaderBytes = 4 << 20
	srv.Start()
	t.Cleanup(srv.Close)
	r, err := http.NewRequest(http.MethodGet, srv.URL+find(`userName eq "`+strings.Repeat("x", 1<<20)+`"`), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	resp, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 400 || resp.Header.Get("Content-Type") != "application/scim+json" {
		t.Errorf("R-180 %d %s", resp.StatusCode, resp.Header.Get("Content-Type"))
	}
}

func TestHostilePaths(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	// T-021
	for _, id := range []string{"..", "%2e%2e", "%00", "a%2F..%2F{bob}", "{bob}%00", "{bob};x", "{bob} ", "*", "null", strings.Repeat("x", 100_000), "%ff"} {
		for _, m := range []string{"GET", "DELETE"} {
			a := f.do(m, "/Users/"+id, "", nil)
			checkError(t, a)
			if a.Code != 404 {
				t.Errorf("%s %.40q: %d %s", m, id, a.Code, a.Body)
			}
		}
	}
	if a := f.do("GET", strings.Repeat("/", 500_000)+"Users", "", nil); a.Code != 200 {
		t.Errorf("many slashes: %d", a.Code)
	}
	if a := f.do("GET", "/Users"+strings.Repeat("/x", 100_000), "", nil); a.Code != 404 || a.Body.Len() > 2000 {
		t.Errorf("a long path: %d with %d bytes", a.Code, a.Body.Len())
	}
}

// TestHostileNames: neither the answer nor the log repeats a name of a megabyte.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	rows := []struct{ name, method, path, body string }{
		{"an attribute", "POST", "/Users", `{` + userSchemas + `,"userName":"dan","` + long + `":1}`},
		{"a sub-attribute", "POST", "/Users", `{` + userSchemas + `,"userName":"dan","emails":[{"` + long + `":1}]}`},
		{"an attribute of an extension", "POST", "/Users", `{` + userSchemas + `,"userName":"dan","` + enterprise + `":{"` + long + `":1}}`},
		{"an extension", "POST", "/Users", `{` + userSchemas + `,"userName":"dan","urn:` + long + `":{"a":1}}`},
		{"a URN in schemas", "POST", "/Users", `{"schemas":["` + long + `"],"userName":"dan"}`},
		{"a name twice", "POST", "/Users", `{"` + long + `":1,"` + long + `":2}`},
		{"a value", "POST", "/Users", `{` + userSchemas + `,"userName":"dan","active":"` + long + `"}`},
		{"a path", "PATCH", "/Users/{bob}", ops(`{"op":"add","path":"` + long + `","value":1}`)},
		{"a path in a filter", "PATCH", "/Users/{bob}", ops(`{"op":"add","path":"emails[` + long + ` eq 1]","value":1}`)},
		{"a key", "PATCH", "/Users/{bob}", ops(`{"op":"add","value":{"` + long + `":1}}`)},
		{"a key in a key", "PATCH", "/Users/{bob}", ops(`{"op":"add","value":{"name":{"` + long + `":1}}}`)},
		{"an op", "PATCH", "/Users/{bob}", ops(`{"op":"` + long + `","path":"title","value":1}`)},
		{"an id", "PATCH", "/Users/{bob}", ops(`{"op":"add","value":{"id":"` + long + `"}}`)},
		{"a member", "PATCH", "/Groups/{sales}", ops(`{"op":"add","path":"members","value":[{"value":"` + long + `"}]}`)},
		{"a userName", "POST", "/Users", `{` + userSchemas + `,"userName":"` + long + `"}`},
		{"a displayName", "POST", "/Groups", `{` + anyGroup + `,"displayName":"` + long + `"}`},
		{"an externalId", "POST", "/Groups", `{` + anyGroup + `,"displayName":"x","externalId":"` + long + `"}`},
		{"a path of the URL", "GET", "/" + long, ""},
		{"an id of the URL", "GET", "/Users/" + long, ""},
		{"a method", strings.Repeat("X", 1<<20), "/Users", ""},
	}
	for _, row := range rows {
		for _, preset := range []string{"rfc", "generic"} {
			t.Run(row.name+" in "+preset, func(t *testing.T) {
				t.Parallel()
				f := setup(t, preset, nil)
				a := f.do(row.method, row.path, f.expand(row.body), nil)
				if a.Code >= 400 {
					checkError(t, a)
				}
				if n := len(f.log.String()); n > 16<<10 {
					t.Errorf("status %d: a log of %d bytes", a.Code, n)
				}
			})
		}
	}
}

// TestForeignIDs: an id of one backend means nothing in another.
func TestForeignIDs(t *testing.T) {
	t.Parallel()
	mine, theirs := setup(t, "okta", nil), setup(t, "okta", nil)
	id := theirs.ids["bob"]
	for _, row := range []scenario{
		{path: "/Users/" + id, status: 404},
		{method: "PUT", path: "/Users/" + id, body: `{` + userSchemas + `,"userName":"x"}`, status: 404},
		{method: "PATCH", path: "/Users/" + id, body: ops(`{"op":"replace","path":"title","value":"x"}`), status: 404},
		{method: "DELETE", path: "/Users/" + id, status: 404},
		{path: find(fmt.Sprintf("id eq %q", id)), status: 200, want: `{"totalResults":0}`},
		{method: "PATCH", path: "/Groups/{sales}", body: ops(`{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`), status: 400},
	} {
		row.play(t, mine)
	}
}
