package scimserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

func atRoot(filter string) string { return "/?filter=" + url.QueryEscape(filter) }

func TestRoot(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{
			name: "R-056 R-059 everything, users first", path: "/", status: 200,
			want: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":5,"startIndex":1,"itemsPerPage":5,"Resources":[
				{"id":"{alice}"},{"id":"{bob}"},{"id":"{carol}"},{"id":"{sales}","members":[{"value":"{bob}"}]},{"id":"{empty}","meta":{"resourceType":"Group"}}]}`,
		},
		{name: "R-056 one type", path: atRoot(`meta.resourceType eq "Group"`), status: 200, want: `{"totalResults":2,"Resources":[{"id":"{sales}"},{"id":"{empty}"}]}`},
		{name: "R-056 no type", path: atRoot(`meta.resourceType eq "Robot"`), status: 200, want: `{"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`},
		{name: "R-058 an attribute of users", path: atRoot(`userName sw "b"`), status: 200, want: `{"totalResults":1,"Resources":[{"id":"{bob}"}]}`},
		{name: "R-058 D-32 ne finds what lacks it", path: atRoot(`userName ne "bob@example.com"`), status: 200, want: `{"totalResults":4}`},
		{name: "R-058 pr does not", path: atRoot(`members pr`), status: 200, want: `{"totalResults":1,"Resources":[{"id":"{sales}"}]}`},
		{name: "R-058 either", path: atRoot(`userName eq "bob@example.com" or displayName eq "Empty"`), status: 200, want: `{"totalResults":2,"Resources":[{"id":"{bob}"},{"id":"{empty}"}]}`},
		{name: "T-060 nobody's attribute", path: atRoot(`bogus pr`), status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "T-126 an empty filter", path: "/?filter=", status: 400, want: `{"scimType":"invalidFilter"}`},
		{name: "R-084 the total alone", path: "/?count=0", status: 200, want: `{"totalResults":5,"itemsPerPage":0,"Resources":[]}`},
		{name: "the total alone, sorted", path: "/?count=0&sortBy=id", status: 200, want: `{"totalResults":5,"itemsPerPage":0,"Resources":[]}`},
		{name: "a page across the border", path: "/?startIndex=3&count=2", status: 200, want: `{"totalResults":5,"startIndex":3,"itemsPerPage":2,"Resources":[{"id":"{carol}"},{"id":"{sales}"}]}`},
		{name: "R-088 beyond the end", path: "/?startIndex=6", status: 200, want: `{"totalResults":5,"startIndex":6,"itemsPerPage":0,"Resources":[]}`},
		{name: "R-088 far beyond the end, sorted", path: "/?startIndex=99999999&sortBy=id", status: 200, want: `{"totalResults":5,"itemsPerPage":0,"Resources":[]}`},
		{name: "R-081 sorted across types", path: "/?sortBy=displayName", status: 200, want: `{"Resources":[{"id":"{empty}"},{"id":"{sales}"},{"id":"{alice}"},{"id":"{bob}"},{"id":"{carol}"}]}`},
		{name: "R-081 downwards", path: "/?sortBy=displayName&sortOrder=descending", status: 200, want: `{"Resources":[{"id":"{alice}"},{"id":"{bob}"},{"id":"{carol}"},{"id":"{sales}"},{"id":"{empty}"}]}`},
		{name: "the order of types settles the rest", path: "/?sortBy=meta.resourceType&sortOrder=descending&count=1", status: 200, want: `{"Resources":[{"id":"{alice}"}]}`},
		{name: "a sort that one type refuses", path: "/?sortBy=name", status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "a sort by nobody's attribute", path: "/?sortBy=bogus", status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "R-093 attributes by type", path: "/?attributes=userName,members.value&startIndex=3&count=2", status: 200, want: `{"Resources":[{"userName":"carol@example.com"},{"members":[{"value":"{bob}"}]}]}`, absent: []string{"Resources/0/meta", "Resources/1/displayName"}},
		{name: "D-32 both projections", path: "/?attributes=id&excludedAttributes=id", status: 400},
		{name: "the rows of a sort are not shown", path: "/Users?sortBy=groups.display&attributes=meta.version", status: 200, want: `{"Resources":[{"id":"{bob}","meta":{"version":"W/\"1\""}},{"id":"{alice}"},{"id":"{carol}"}]}`},
		{name: "the rows of a sort of groups are not shown", path: "/Groups?sortBy=members&excludedAttributes=members", status: 200, want: `{"Resources":[{"id":"{sales}"},{"id":"{empty}"}]}`, absent: []string{"Resources/0/members"}},
	})
}

// A caller without resource types sees an empty list.
func TestRoot_NoTypes(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	h := scimserver.New(scimserver.Options{Caller: func(*http.Request) (scimserver.Caller, error) {
		return scimserver.Caller{Backend: f.memory, Profile: profile(t, "okta"), BaseURL: base}, nil
	}})
	for _, query := range []string{"", "?filter=id+pr", "?sortBy=id", "?cursor="} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/"+query, nil))
		contains(t, w.Body.Bytes(), `{"totalResults":0,"Resources":[]}`)
	}
}

// page is a ListResponse, as far as paging goes.
type page struct {
	TotalResults, ItemsPerPage int
	StartIndex                 *int
	NextCursor                 *string
	Resources                  []struct {
		ID   string
		Meta struct{ ResourceType string }
	}
}

func (p page) ids() []string {
	ids := make([]string, len(p.Resources))
	for i, r := range p.Resources {
		ids[i] = r.ID
	}
	return ids
}

// fataler is what testing.TB and rapid.T have in common.
type fataler interface {
	Helper()
	Fatalf(format string, args ...any)
}

func (f *fixture) page(t fataler, path string) page {
	t.Helper()
	a := f.do("GET", path, "", nil)
	var p page
	if err := json.Unmarshal(a.Body.Bytes(), &p); err != nil || a.Code != 200 {
		t.Fatalf("%s: %d %s", path, a.Code, a.Body)
	}
	return p
}

// However a list across types is paged, it is the list of one large page, C-07.
func TestRoot_PagesAreTheWhole(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), func(o *scimserver.Options) { o.MaxPage = 4 })
	for i := range 9 {
		name := string(rune('a' + i*i%7))
		f.add(t, fmt.Sprint("u", i), "/Users", fmt.Sprintf(`{%s,"userName":"user%d","displayName":%q,"title":%q}`, userSchemas, i, name, name[:i%2]))
		f.add(t, fmt.Sprint("g", i), "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"%s%d"}`, scim.URNGroup, name, i%3*i))
	}
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.SampledFrom([]string{"", "&sortBy=displayName", "&sortBy=title&sortOrder=descending", "&sortBy=title", "&sortBy=id", "&sortBy=meta.created&sortOrder=descending"}).Draw(t, "sort")
		q += rapid.SampledFrom([]string{"", "&filter=" + url.QueryEscape(`displayName gt "b"`), "&filter=" + url.QueryEscape(`title ne "a"`), "&filter=" + url.QueryEscape(`meta.resourceType eq "User"`)}).Draw(t, "filter")
		count := rapid.IntRange(1, 4).Draw(t, "count")
		var whole []string
		total := f.page(t, "/?count=0"+q).TotalResults
		for len(whole) < total {
			whole = append(whole, f.page(t, fmt.Sprintf("/?startIndex=%d&count=1%s", len(whole)+1, q)).ids()...)
		}
		start := rapid.IntRange(1, 20).Draw(t, "start")
		p := f.page(t, fmt.Sprintf("/?startIndex=%d&count=%d%s", start, count, q))
		want := whole[min(start-1, total):min(start-1+count, total)]
		if !slices.Equal(p.ids(), want) || p.TotalResults != total || p.NextCursor != nil || *p.StartIndex != start {
			t.Fatalf("startIndex %d: got %v, want %v", start, p.ids(), want)
		}
		var walked []string
		for cursor := ""; ; {
			p := f.page(t, fmt.Sprintf("/?cursor=%s&count=%d%s", cursor, count, q))
			walked = append(walked, p.ids()...)
			if p.TotalResults != total || p.ItemsPerPage != len(p.Resources) || p.StartIndex != nil {
				t.Fatalf("a page of the walk: %+v", p)
			}
			if p.NextCursor == nil {
				break
			}
			if len(p.Resources) != count {
				t.Fatalf("C-03 %d resources on a page that is not the last", len(p.Resources))
			}
			cursor = *p.NextCursor
		}
		if !slices.Equal(walked, whole) {
			t.Fatalf("by cursor %v, want %v", walked, whole)
		}
	})
}

// deep in a sorted list across types, everything before would have to be merged.
func TestRoot_R057_TooDeep(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), nil)
	for i := range 10_003 {
		r := &scim.Resource{Type: scim.UserType(), Attributes: &scim.Object{Members: []scim.Member{{Name: "userName", Value: fmt.Sprint(i)}}}}
		if _, err := f.memory.Create(context.Background(), r, scim.Write{}); err != nil {
			t.Fatal(err)
		}
	}
	f.add(t, "g", "/Groups", `{"schemas":["`+scim.URNGroup+`"],"displayName":"g"}`)
	scenario{path: "/?sortBy=id&startIndex=10002", status: 400, want: `{"scimType":"tooMany"}`}.play(t, f)
	for path, want := range map[string]int{
		"/?startIndex=10002":                3, // unsorted: any depth
		"/Users?startIndex=10002&sortBy=id": 2, // one type: any depth
		"/?sortBy=id&startIndex=10005":      0,
	} {
		if p := f.page(t, path); p.ItemsPerPage != want {
			t.Errorf("%s: %d resources, want %d", path, p.ItemsPerPage, want)
		}
	}
}

// refusing fails for the resources of one type.
type refusing struct {
	*scimserver.Memory
	typ string
}

func (r refusing) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	if t.ID == r.typ {
		return scim.Page{}, scim.NewError(scim.KindTooMany, "filter", "", "less")
	}
	return r.Memory.List(ctx, t, q)
}

// What one type answers with an error is no shorter list. And a type that the filter rules out is not asked.
func TestRoot_OneTypeFails(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"User", "Group"} {
		f := setup(t, "okta", func(o *scimserver.Options) {
			ask := o.Caller
			o.Caller = func(r *http.Request) (scimserver.Caller, error) {
				c, err := ask(r)
				c.Backend = refusing{c.Backend.(*scimserver.Memory), typ}
				return c, err
			}
		})
		for _, path := range []string{"/", "/?sortBy=id", "/?cursor=", "/?cursor=&sortBy=id"} {
			if a := f.do("GET", path, "", nil); a.Code != 400 || !strings.Contains(a.Body.String(), "tooMany") {
				t.Errorf("%s without %s: %d %s", path, typ, a.Code, a.Body)
			}
		}
		other := map[string]string{"User": "Group", "Group": "User"}[typ]
		if a := f.do("GET", atRoot(`meta.resourceType eq "`+other+`"`), "", nil); a.Code != 200 {
			t.Errorf("%s alone: %d %s", other, a.Code, a.Body)
		}
	}
}
