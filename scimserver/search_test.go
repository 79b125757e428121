package scimserver_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// searchBody is a SearchRequest with the members.
func searchBody(members string) string {
	body := `{"schemas":["` + scim.URNSearchRequest + `"]`
	if members != "" {
		body += "," + members
	}
	return body + "}"
}

// a search by POST is answered like the query by GET, byte for byte.
func TestSearch_R097_AnswersLikeGET(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", func(o *scimserver.Options) { o.MaxPage = 3 })
	rows := []struct{ name, path, query, members string }{
		{"everybody", "/Users", "", ""},
		{"everything", "", "", ""},
		{"a filter", "/Users", "filter=" + url.QueryEscape(`userName eq "bob@example.com"`), `"filter":"userName eq \"bob@example.com\""`},
		{"names in any case", "/Users", "filter=" + url.QueryEscape(`active eq true`), `"FILTER":"active eq true"`},
		{"a page", "/Users", "startIndex=2&count=1", `"startIndex":2,"count":1`},
		{"R-083 R-084 below", "/Users", "startIndex=-2&count=-1", `"startIndex":-2,"count":-1`},
		{"R-079 sorted", "/Users", "sortBy=name.familyName&sortOrder=descending", `"sortBy":"name.familyName","sortOrder":"descending"`},
		{"R-091 attributes", "/Users", "attributes=userName,emails.value", `"attributes":["userName","emails.value"]`},
		{"attributes with commas", "/Users", "attributes=userName,emails", `"attributes":"userName,emails"`},
		{"R-092 excludedAttributes", "/Groups", "excludedAttributes=members", `"excludedAttributes":["members"]`},
		{"no attributes", "/Groups", "attributes=", `"attributes":[]`},
		{"null is not sent", "/Groups", "", `"filter":null,"count":null,"attributes":null,"cursor":null`},
		{"R-011 unknown members", "/Groups", "colour=red", `"colour":"red"`},
		{"D-32 both projections", "/Users", "attributes=id&excludedAttributes=id", `"attributes":["id"],"excludedAttributes":["id"]`},
		{"T-126 R-098 an empty filter", "/Users", "filter=", `"filter":""`},
		{"R-098 a bad filter", "/Users", "filter=bogus", `"filter":"bogus"`},
		{"R-056 by type", "", "filter=" + url.QueryEscape(`meta.resourceType eq "Group"`), `"filter":"meta.resourceType eq \"Group\""`},
		{"a sorted page of everything", "", "sortBy=displayName&startIndex=2&count=2", `"sortBy":"displayName","startIndex":2,"count":2`},
		{"T-063 no integer", "/Users", "count=1.5", `"count":1.5`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			get := f.do("GET", row.path+"/?"+row.query, "", nil)
			post := f.do("POST", row.path+"/.search", searchBody(row.members), nil)
			if get.Code != post.Code || get.Body.String() != post.Body.String() {
				t.Errorf("GET  %d %s\nPOST %d %s", get.Code, get.Body, post.Code, post.Body)
			}
		})
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "R-096 the parameters of the URL are ignored", method: "POST", path: "/Users/.search?count=1&filter=title+pr", body: searchBody(""),
			status: 200, want: `{"totalResults":3,"itemsPerPage":3}`,
		},
		{name: "R-096 without schemas", method: "POST", path: "/Users/.search", body: `{"count":1}`, status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "R-096 with other schemas", method: "POST", path: "/Users/.search", body: `{` + userSchemas + `}`, status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "R-096 schemas as text", method: "POST", path: "/.search", body: `{"schemas":"` + scim.URNSearchRequest + `"}`, status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "R-096 schemas in another case", method: "POST", path: "/.search", body: strings.ToUpper(searchBody("")), status: 200},
		{name: "R-098 no JSON", method: "POST", path: "/.search", body: `{`, status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "R-098 no body", method: "POST", path: "/Users/.search", status: 400, want: `{"scimType":"invalidSyntax"}`},
		{name: "another media type", method: "POST", path: "/.search", body: searchBody(""), header: map[string]string{"Content-Type": "text/xml"}, status: 415},
		{name: "R-098 a bad sort", method: "POST", path: "/Users/.search", body: searchBody(`"sortBy":"bogus"`), status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "R-078 a sort by password", method: "POST", path: "/Users/.search", body: searchBody(`"sortBy":"password"`), status: 400, want: `{"scimType":"invalidValue"}`},
	})
}

// a member of the wrong JSON type is named.
func TestSearch_R098_WrongTypes(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	for name, wrong := range map[string]string{
		"filter":             `7 true {} ["a"]`,
		"sortBy":             `7 true {} ["a"]`,
		"sortOrder":          `7 true {} ["a"]`,
		"cursor":             `7 true {} ["a"]`,
		"startIndex":         `"1" true {} [1]`,
		"count":              `"10" false {} [1]`,
		"attributes":         `7 true {} [1] ["a",null]`,
		"excludedAttributes": `7 true {} [{}]`,
	} {
		for value := range strings.FieldsSeq(wrong) {
			a := f.do("POST", "/Users/.search", searchBody(fmt.Sprintf("%q:%s", name, value)), nil)
			var e struct{ ScimType, Detail string }
			if err := json.Unmarshal(a.Body.Bytes(), &e); err != nil {
				t.Fatal(err)
			}
			if a.Code != 400 || e.ScimType != "invalidSyntax" || !strings.HasPrefix(e.Detail, name+":") {
				t.Errorf("%s %s: %d %s", name, value, a.Code, a.Body)
			}
		}
	}
}
