package scimserver_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scimserver"
)

func find(filter string) string { return "/Users?filter=" + url.QueryEscape(filter) }

func TestList(t *testing.T) {
	t.Parallel()
	one := `{"totalResults":1,"startIndex":1,"itemsPerPage":1,"Resources":[{"id":"{bob}"}]}`
	none := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`
	play(t, []scenario{
		{
			name: "R-053 R-059 T-068 T-071 everybody, in the order of creation", path: "/Users", status: 200,
			want: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":3,"startIndex":1,"itemsPerPage":3,
				"Resources":[{"id":"{alice}","meta":{"resourceType":"User"}},{"id":"{bob}"},{"id":"{carol}","active":false}]}`,
		},
		{
			name: "T-141 D-14 groups are listed with their members", path: "/Groups", status: 200,
			want: `{"totalResults":2,"Resources":[{"displayName":"Sales","members":[{"value":"{bob}"}]},{"displayName":"Empty","members":[]}]}`,
		},
		{name: "V15 groups without their members", path: "/Groups?excludedAttributes=members", status: 200, want: `{"totalResults":2}`, absent: []string{"Resources/0/members"}},
		{name: "T-001 T-002 D-01 R-054 R-055 nobody", path: find(`userName eq "5f3c0f1a-random-guid"`), status: 200, want: none},
		{name: "T-052 %20 and %22", path: "/Users?filter=userName%20eq%20%22bob%40example.com%22&startIndex=1&count=100", status: 200, want: one},
		{name: "T-052 + and raw quotes", path: `/Users?filter=userName+eq+"bob%40example.com"`, status: 200, want: one},
		{name: "T-052 raw spaces", path: `/Users?filter=userName eq "bob@example.com"`, status: 200, want: one},
		{name: "T-057 T-111 R-072 V5 another case", path: find(`userName eq "BOB@EXAMPLE.COM"`), status: 200, want: one},
		{name: "T-057 V18 a group in another case", path: "/Groups?filter=displayName+eq+%22sALES%22", status: 200, want: `{"totalResults":1}`},
		{name: "R-072 externalId is exact", path: find(`externalId eq "EXT-BOB"`), status: 200, want: none},
		{name: "T-056 R-061 names and operators in any case", path: find(`USERNAME Eq "bob@example.com" AND ActiVe eq true`), status: 200, want: one},
		{name: "T-053 D-05 an unquoted literal", path: find(`externalId eq ext-bob`), status: 200, want: one},
		{name: "T-053 D-05 an unquoted literal in the strict preset", profile: "rfc", path: find(`externalId eq ext-bob`), status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "T-055 a value path with a sub-attribute", path: find(`emails[type eq "work"].value eq "alice@example.com"`), status: 200, want: `{"totalResults":1}`},
		{name: "T-132 by id", path: "/Users?filter=id+eq+%22{bob}%22", status: 200, want: one},
		{name: "T-058 by id and manager", path: "/Users?attributes=id&filter=id+eq+%22{bob}%22+and+manager+eq+%22x%22", status: 200, want: none},
		{name: "T-059 groups by member", path: "/Groups?filter=id+eq+%22{sales}%22+and+members+eq+%22{bob}%22", status: 200, want: `{"totalResults":1}`},
		{name: "R-058 users by group", path: "/Users?filter=groups.value+eq+%22{sales}%22", status: 200, want: one},
		{name: "T-126 R-075 an empty filter", path: "/Users?filter=", status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "T-060 R-075 what cannot be parsed", path: find(`userName eq`), status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "T-060 R-074 an unknown operator", path: find(`userName regex "x"`), status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "T-060 an unknown attribute", path: find(`bogus eq "x"`), status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "R-078 password is no oracle", path: find(`password eq "x"`), status: 400},
		{name: "T-015 R-011 unknown parameters", path: "/Users?aadOptscim062020&foo=bar&foo=baz&filter=id+eq+%22{bob}%22", status: 200, want: one},
		{name: "R-079 sorted, downwards", path: "/Users?sortBy=userName&sortOrder=descending", status: 200, want: `{"Resources":[{"id":"{carol}"},{"id":"{bob}"},{"id":"{alice}"}]}`},
		{name: "T-064 names of parameters in any case", path: "/Users?STARTINDEX=2&Count=1", status: 200, want: `{"startIndex":2,"itemsPerPage":1,"totalResults":3,"Resources":[{"id":"{bob}"}]}`},
		{name: "R-091 attributes", path: "/Users?attributes=userName&count=1", status: 200, want: `{"Resources":[{"userName":"alice@example.com"}]}`, absent: []string{"Resources/0/name", "Resources/0/meta"}},
		{name: "D-32 R-090 both projections", path: "/Users?attributes=userName&excludedAttributes=name", status: 400},
		{name: "one parameter twice", path: "/Users?filter=id+pr&FILTER=id+pr", status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "a bad escape in a value", path: "/Users?filter=userName+eq+%22a%zz%22", status: 400},
		{name: "a bad escape in a name", path: "/Users?%zz=1", status: 400},
		{name: "a value that is not UTF-8", path: "/Users?filter=userName+eq+%22%ff%22", status: 400},
	})
}

func TestList_Paging(t *testing.T) {
	t.Parallel()
	rows := []struct {
		query  string
		status int
		want   string
	}{
		{"", 200, `{"startIndex":1,"itemsPerPage":3,"totalResults":3}`},
		{"startIndex=0", 200, `{"startIndex":1,"itemsPerPage":3}`},  // R-083 T-063
		{"startIndex=-5", 200, `{"startIndex":1,"itemsPerPage":3}`},
		{"count=0", 200, `{"totalResults":3,"Resources":[]}`},
		{"count=-1", 200, `{"totalResults":3,"Resources":[]}`},
		{"count=1", 200, `{"totalResults":3,"itemsPerPage":1}`},     // T-062
		{"count=2", 200, `{"totalResults":3,"itemsPerPage":2}`},     // R-085 R-086
		{"startIndex=3&count=2", 200, `{"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"{carol}"}]}`},
		{"startIndex=4", 200, `{"startIndex":4,"itemsPerPage":0,"totalResults":3,"Resources":[]}`},
		{"startIndex=99999999999999999999999", 200, `{"itemsPerPage":0,"totalResults":3}`},
		{"startIndex=-99999999999999999999999", 200, `{"startIndex":1,"itemsPerPage":3}`},
		{"startIndex=9223372036854775807&count=9223372036854775807", 200, `{"itemsPerPage":0}`},
		{"count=99999999999999999999999", 200, `{"itemsPerPage":3}`},
		{"count=", 400, ""},
		{"count=ten", 400, ""},
		{"count=1.5", 400, ""},
		{"count=1e3", 400, ""}, // T-063
		{"startIndex=x", 400, ""},
		{"startIndex=-", 400, ""},
		{"startIndex=--1", 400, ""},
	}
	for _, row := range rows {
		t.Run("T-063 T-134 "+row.query, func(t *testing.T) {
			t.Parallel()
			scenario{path: "/Users?" + row.query, status: row.status, want: row.want}.play(t, setup(t, "okta", nil))
		})
	}
}

func TestList_PagesOfFive(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "entra"), nil) // T-065 T-066 R-087
	for i := range 13 {
		f.add(t, fmt.Sprint("u", i), "/Users", fmt.Sprintf(`{%s,"userName":"user%d@example.com"}`, userSchemas, i))
	}
	seen := map[string]bool{}
	for start := 1; start <= 11; start += 5 {
		a := f.do("GET", fmt.Sprintf("/Users?startIndex=%d&count=5", start), "", nil)
		var page struct {
			TotalResults, StartIndex, ItemsPerPage int
			Resources                              []struct{ ID string }
		}
		if err := json.Unmarshal(a.Body.Bytes(), &page); err != nil {
			t.Fatal(err)
		}
		if page.TotalResults != 13 || page.StartIndex != start || page.ItemsPerPage != len(page.Resources) {
			t.Errorf("page at %d: %+v", start, page)
		}
		for _, r := range page.Resources {
			seen[r.ID] = true
		}
	}
	if len(seen) != 13 {
		t.Errorf("three pages showed %d of 13 users", len(seen))
	}
}

func TestList_PageIsCutToTheMaximum(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", func(o *scimserver.Options) { o.MaxPage = 2 })
	for _, query := range []string{"", "?count=100"} {
		contains(t, f.do("GET", "/Users"+query, "", nil).Body.Bytes(), `{"totalResults":3,"itemsPerPage":2}`)
	}
	contains(t, f.do("GET", "/ServiceProviderConfig", "", nil).Body.Bytes(), `{"filter":{"maxResults":2}}`)
}

func TestList_DefaultPageHoldsOktas100(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), nil) // T-061
	for i := range 101 {
		f.add(t, fmt.Sprint("u", i), "/Users", fmt.Sprintf(`{%s,"userName":"user%d@example.com"}`, userSchemas, i))
	}
	contains(t, f.do("GET", "/Users?startIndex=1&count=100", "", nil).Body.Bytes(), `{"totalResults":101,"itemsPerPage":100}`)
	contains(t, f.do("GET", "/Users?startIndex=101&count=100", "", nil).Body.Bytes(), `{"startIndex":101,"itemsPerPage":1}`)
}

func TestList_IDStandsEarly(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil) // T-070: readers by regular expression want id before nested objects
	body := f.do("GET", f.expand("/Users?filter=id+eq+%22{alice}%22"), "", nil).Body.String()
	id, nested := strings.Index(body, `"id":`), strings.Index(body, `"name":{`)
	if id < 0 || nested < 0 || id > nested {
		t.Errorf("id at %d, the first nested object at %d: %s", id, nested, body)
	}
}

func TestQuery_TooLong(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", func(o *scimserver.Options) { o.MaxQuery = 64 })
	a := f.do("GET", find(`userName eq "`+strings.Repeat("x", 64)+`"`), "", nil)
	if a.Code != 400 {
		t.Errorf("status %d: %s", a.Code, a.Body)
	}
	checkError(t, a)
}
