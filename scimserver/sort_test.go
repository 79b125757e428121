package scimserver_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
)

// sorted is a fixture of users whose names are 1 to 6, in the order of their creation.
func sorted(t *testing.T) *fixture {
	t.Helper()
	f := bare(t, profile(t, "okta"), nil)
	for i, members := range []string{
		`"title":"b","name":{"familyName":"Zed"},"emails":[{"value":"x@z"},{"value":"a@z","primary":true}],"active":false,"externalId":"b"`,
		`"title":"A","emails":[{"value":"c@z"},{"value":"0@z"}],"externalId":"A"`,
		`"name":{"familyName":"abel"},"externalId":"a"`,
		`"title":"B","emails":[{"value":"B@z","type":"work"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"IT","manager":{"value":"9"}}`,
		`"title":"é","name":{"familyName":"Ümit"},"active":false`,
		`"title":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"hr","manager":{"value":"10"}}`,
	} {
		f.add(t, fmt.Sprint(i+1), "/Users", fmt.Sprintf(`{%s,"userName":"%d",%s}`, userSchemas, i+1, members))
	}
	return f
}

func (f *fixture) userNames(t *testing.T, path string) string {
	t.Helper()
	a := f.do("GET", path, "", nil)
	var p struct{ Resources []struct{ UserName string } }
	if err := json.Unmarshal(a.Body.Bytes(), &p); err != nil || a.Code != 200 {
		t.Fatalf("%s: %d %s", path, a.Code, a.Body)
	}
	var names []string
	for _, r := range p.Resources {
		names = append(names, r.UserName)
	}
	return strings.Join(names, " ")
}

func TestSort(t *testing.T) {
	t.Parallel()
	f := sorted(t)
	rows := []struct{ name, query, want string }{
		{"T-068 without sortBy, by creation", "sortOrder=descending", "1 2 3 4 5 6"},
		{"R-082 ascending, without regard to case", "sortBy=title", "2 6 1 4 5 3"},
		{"R-081 missing values last", "sortBy=title&sortOrder=ascending", "2 6 1 4 5 3"},
		{"R-081 missing values first", "sortBy=title&sortOrder=descending", "3 5 1 4 2 6"},
		{"R-082 by caseExact", "sortBy=externalId", "2 3 1 4 5 6"},
		{"R-080 the primary value, else the first", "sortBy=emails", "1 4 2 3 5 6"},
		{"R-080 a sub-attribute", "sortBy=emails.type", "4 1 2 3 5 6"},
		{"R-080 a part of a complex attribute", "sortBy=name.familyName&sortOrder=descending", "2 4 6 5 1 3"},
		{"a boolean", "sortBy=active", "1 5 2 3 4 6"},
		{"an extension", "sortBy=" + scim.URNEnterpriseUser + ":department", "6 4 1 2 3 5"},
		{"a reference, as text", "sortBy=" + scim.URNEnterpriseUser + ":manager", "6 4 1 2 3 5"},
		{"a date", "sortBy=meta.created&sortOrder=descending", "6 5 4 3 2 1"},
		{"a page", "sortBy=title&startIndex=2&count=3", "6 1 4"},
		{"a filter", "sortBy=title&sortOrder=descending&filter=title+pr", "5 1 4 2 6"},
		{"beyond the end", "sortBy=title&startIndex=7", ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			if got := f.userNames(t, "/Users?"+row.query); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// Every attribute that can be compared can be sorted by, and a walk by cursor has the order of the list (C-07). The
// others are refused, never ignored.
func TestSort_R080_ByEveryAttribute(t *testing.T) {
	t.Parallel()
	f := sorted(t)
	refused := map[string]bool{"password": true, "groups.$ref": true, "meta": true, "meta.location": true, "meta.version": true, "name": true, "addresses": true}
	check := func(name, full string) {
		path := "/Users?sortOrder=descending&sortBy=" + full
		if refused[name] {
			scenario{path: path, status: 400, want: `{"scimType":"invalidValue"}`}.play(t, f)
			return
		}
		whole := f.userNames(t, path)
		var walked []string
		for cursor := ""; ; {
			walked = append(walked, f.userNames(t, path+"&count=2&cursor="+cursor))
			p := f.page(t, path+"&count=2&cursor="+cursor)
			if p.NextCursor == nil {
				break
			}
			cursor = *p.NextCursor
		}
		if got := strings.Join(walked, " "); got != whole || len(whole) != len("1 2 3 4 5 6") {
			t.Errorf("%s: a walk has %s, the list %s", name, got, whole)
		}
	}
	each := func(prefix string, attrs []*scim.Attribute) {
		for _, a := range attrs {
			check(a.Name, prefix+a.Name)
			for _, sub := range a.SubAttributes {
				check(a.Name+"."+sub.Name, prefix+a.Name+"."+sub.Name)
			}
		}
	}
	each("", scim.UserType().Schema.Attributes)
	each(scim.URNEnterpriseUser+":", scim.UserType().Extensions[0].Schema.Attributes)
	for _, name := range []string{"id", "externalId", "schemas", "meta", "meta.resourceType", "meta.created", "meta.lastModified", "meta.location", "meta.version"} {
		check(name, name)
	}
}
