package scimclient

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// directory is a list of users behind a server with a mind of its own. Its answer gets the number of the request,
// from 1, and the query.
type directory func(n int, q url.Values) (page string)

// page writes a ListResponse with the users from..to, and further members such as `"totalResults":5`.
func page(from, to int, more ...string) string {
	var resources []string
	for i := from; i <= to; i++ {
		resources = append(resources, fmt.Sprintf(`{"id":"%d","userName":"u%d"}`, i, i))
	}
	members := append(slices.Clone(more), `"Resources":[`+strings.Join(resources, ",")+"]")
	return "{" + strings.Join(members, ",") + "}"
}

func total(n int) string { return `"totalResults":` + strconv.Itoa(n) }

// window is what a faultless server of n users sends for a query, pages of at most most.
func window(q url.Values, n, most int) (from, to int) {
	from, _ = strconv.Atoi(q.Get("startIndex"))
	count, err := strconv.Atoi(q.Get("count"))
	if err != nil || count > most {
		count = most
	}
	from = max(from, 1)
	return from, min(from+count-1, n)
}

// serve runs a directory and returns a client and the number of requests that came.
func serve(d directory) (srv *httptest.Server, c *Client, requests *atomic.Int64) {
	requests = &atomic.Int64{}
	srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := requests.Add(1)
		if n > 200 {
			w.WriteHeader(http.StatusTeapot) // the client goes on for ever
			return
		}
		_, _ = w.Write([]byte(d(int(n), r.URL.Query())))
	}))
	return srv, &Client{BaseURL: srv.URL}, requests
}

func collect(t *testing.T, c *Client, q Query) (ids []string, err error) {
	t.Helper()
	for u, e := range c.Users().All(t.Context(), q) {
		if e != nil {
			err = errors.Join(err, e)
			continue
		}
		ids = append(ids, u.ID)
	}
	return ids, err
}

func upTo(n int) (ids []string) {
	for i := 1; i <= n; i++ {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}

func TestAll_OverServersAsTheyAre(t *testing.T) {
	t.Parallel()
	const unread = "read resource"
	cases := []struct {
		name     string
		query    Query
		server   directory
		want     int // users 1..want, in order
		requests int
		err      string // part of the error; "" for none
	}{
		{"faultless", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 7, 100)
			return page(from, to, total(7))
		}, 7, 3, ""},
		{"exactly one page", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 3, 100)
			return page(from, to, total(3))
		}, 3, 2, ""},
		{"nobody", Query{}, func(int, url.Values) string { return `{"totalResults":0}` }, 0, 1, ""},
		{"nobody, null", Query{}, func(int, url.Values) string { return `{"totalResults":0,"Resources":null}` }, 0, 1, ""},
		{"begins behind the end", Query{StartIndex: 9}, func(int, url.Values) string { return `{"totalResults":7,"Resources":[]}` }, 0, 1, ""},
		{"fewer than asked for", Query{Count: 50}, func(_ int, q url.Values) string {
			from, to := window(q, 7, 2)
			return page(from, to, total(7))
		}, 7, 4, ""},
		{"ignores count", Query{Count: 3}, func(_ int, q url.Values) string { return page(1, 7, total(7)) }, 7, 1, ""},
		{"ignores startIndex", Query{Count: 3}, func(_ int, q url.Values) string { return page(1, 3, total(90)) }, 3, 12, ErrPaging.Error()},
		{"ignores startIndex, all there", Query{Count: 3}, func(_ int, q url.Values) string { return page(1, 3, total(3)) }, 3, 2, ""},
		{"counts the page for the list", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 7, 100)
			return page(from, to, total(max(to-from+1, 0)))
		}, 7, 3, ""},
		{"no total", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 7, 2)
			return page(from, to)
		}, 7, 5, ""},
		{"numbers as strings", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 7, 100)
			return page(from, to, `"totalResults":"7"`, `"startIndex":"`+q.Get("startIndex")+`"`)
		}, 7, 3, ""},
		{"numbers that are none", Query{}, func(int, url.Values) string { return `{"totalResults":"many"}` }, 0, 1, "not an integer"},
		{"no list", Query{}, func(int, url.Values) string { return `{"totalResults":` }, 0, 1, "read list"},
		{"everything, without a total", Query{Count: 3}, func(int, url.Values) string { return page(1, 7) }, 7, 2, ""},
		{"bare array", Query{Count: 3}, func(_ int, q url.Values) string {
			text := page(window(q, 5, 100))
			return text[len(`{"Resources":`) : len(text)-1]
		}, 5, 3, ""},
		{"repeats the last one of a page", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 7, 100)
			return page(max(from-1, 1), to, total(7))
		}, 7, 3, ""},
		{"total grows", Query{Count: 3}, func(n int, q url.Values) string {
			from, to := window(q, 5+n, 100)
			return page(from, to, total(5+n))
		}, 8, 3, ""},
		{"total shrinks", Query{Count: 3}, func(n int, q url.Values) string {
			from, to := window(q, 7-n, 100)
			return page(from, to, total(7-n))
		}, 5, 2, ""},
		{"total is too large", Query{Count: 3}, func(_ int, q url.Values) string {
			from, to := window(q, 4, 100)
			return page(from, to, total(1000))
		}, 4, 3, "counts 1000 resources and sends none from 5 on"},
		{"sends a cursor all the same", Query{Count: 3}, func(n int, q url.Values) string {
			if n == 1 {
				return page(1, 3, total(5), `"nextCursor":"c"`)
			}
			if q.Get("cursor") != "c" || q.Has("startIndex") {
				return `{"totalResults":-1,"Resources":[]}`
			}
			return page(4, 5, total(5))
		}, 5, 2, ""},
		{"cursor", Query{Count: 2, Paging: PageByCursor}, func(n int, q url.Values) string {
			if n < 3 {
				return page(2*n-1, 2*n, fmt.Sprintf(`"nextCursor":"c%d"`, n))
			}
			return page(5, 5)
		}, 5, 3, ""},
		{"cursor over pages of which nothing is left", Query{Paging: PageByCursor}, func(n int, _ url.Values) string {
			if n == 9 {
				return page(1, 1)
			}
			return fmt.Sprintf(`{"nextCursor":"c%d"}`, n)
		}, 1, 9, ""},
		{"cursor that repeats", Query{Paging: PageByCursor}, func(n int, _ url.Values) string {
			return page(n, n, fmt.Sprintf(`"nextCursor":"c%d"`, n%2))
		}, 3, 3, ErrPaging.Error()},
		{"cursors without end", Query{Paging: PageByCursor}, func(n int, _ url.Values) string {
			return page(1, 2, fmt.Sprintf(`"nextCursor":"c%d"`, n))
		}, 2, 12, ErrPaging.Error()},
		{"resource of another shape", Query{}, func(int, url.Values) string {
			return `{"totalResults":3,"Resources":[{"id":"1"},{"id":2},{"id":"2"}]}`
		}, 2, 1, unread},
		{"resources without ids", Query{}, func(int, url.Values) string {
			return `{"totalResults":2,"Resources":[{"userName":"a"},{"userName":"b"}]}`
		}, -2, 1, ""},
		{"an error", Query{}, func(int, url.Values) string { return `` }, 0, 1, "read list"},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			srv, c, requests := serve(tt.server)
			t.Cleanup(srv.Close)
			ids, err := collect(t, c, tt.query)
			if want := upTo(tt.want); tt.want >= 0 && !slices.Equal(ids, want) || tt.want < 0 && len(ids) != -tt.want {
				t.Errorf("listed %v, want %v", ids, want)
			}
			if n := requests.Load(); n != int64(tt.requests) {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("got %v, want %q", err, tt.err)
			}
		})
	}
}

// Whatever pages a server sends, the list ends, nothing comes twice, and a list that ends without an error has all
// that a page had.
func TestAll_EndsAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pages := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			from := rapid.IntRange(1, 9).Draw(t, "from")
			var more []string
			if rapid.Bool().Draw(t, "has total") {
				more = append(more, total(rapid.IntRange(-1, 12).Draw(t, "total")))
			}
			if rapid.Bool().Draw(t, "has cursor") {
				more = append(more, fmt.Sprintf(`"nextCursor":"%d"`, rapid.IntRange(0, 9).Draw(t, "cursor")))
			}
			return page(from, from+rapid.IntRange(-1, 3).Draw(t, "length"), more...)
		}), 1, 8).Draw(t, "pages")
		srv, c, requests := serve(func(n int, _ url.Values) string { return pages[(n-1)%len(pages)] })
		defer srv.Close()
		seen := map[string]bool{}
		for u, err := range c.Users().All(t.Context(), Query{Count: 3, Paging: rapid.SampledFrom([]Paging{PageByIndex, PageByCursor}).Draw(t, "paging")}) {
			if errors.Is(err, ErrPaging) {
				return
			}
			if err != nil || seen[u.ID] {
				t.Fatalf("got %+v, %v", u, err)
			}
			seen[u.ID] = true
		}
		for _, text := range pages[:min(int(requests.Load()), len(pages))] {
			for id := range 20 {
				if strings.Contains(text, fmt.Sprintf(`"id":"%d"`, id)) && !seen[strconv.Itoa(id)] {
					t.Fatalf("%d was on a page and is not in the list", id)
				}
			}
		}
	})
}

func TestAll_StopsWithTheLoop(t *testing.T) {
	t.Parallel()
	srv, c, requests := serve(func(_ int, q url.Values) string {
		from, to := window(q, 100, 100)
		return page(from, to, total(100))
	})
	t.Cleanup(srv.Close)
	for range c.Users().All(t.Context(), Query{Count: 3}) {
		break
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestList_Requests(t *testing.T) {
	t.Parallel()
	f := Eq("userName", "a b+c&d").And(Pr("id"))
	cases := []struct {
		name  string
		query Query
		want  string
	}{
		{"zero", Query{}, "GET /Users?startIndex=1&count=100"},
		{"filter", Query{Filter: f, Count: 5}, "GET /Users?filter=userName%20eq%20%22a%20b%2Bc%26d%22%20and%20id%20pr&startIndex=1&count=5"},
		{"sorted", Query{SortBy: "name.familyName", StartIndex: 7}, "GET /Users?sortBy=name.familyName&sortOrder=ascending&startIndex=7&count=100"},
		{"first by cursor", Query{Paging: PageByCursor, StartIndex: 7, SortBy: "id", Descending: true}, "GET /Users?sortBy=id&sortOrder=descending&cursor=&count=100"},
		{"on by cursor", Query{Cursor: "a/b", Count: 2}, "GET /Users?cursor=a%2Fb&count=2"},
		{
			"by POST",
			Query{Post: true, Filter: f, SortBy: "id", Count: 2},
			`POST /Users/.search | {"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"filter":"userName eq \"a b+c&d\" and id pr","sortBy":"id","sortOrder":"ascending","startIndex":1,"count":2}`,
		},
		{"by POST and cursor", Query{Post: true, Paging: PageByCursor}, `POST /Users/.search | {"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"cursor":"","count":100}`},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, ok(`{"totalResults":0}`))
			if _, err := c.Users().List(t.Context(), tt.query); err != nil {
				t.Error(err)
			}
			s.want(tt.want)
		})
	}
}

func TestList_AttributesInBothForms(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{"totalResults":0}`))
	users := c.Users().With(Options{Attributes: []string{"userName", "emails"}})
	_, _ = users.List(t.Context(), Query{Count: 1})
	_, _ = users.List(t.Context(), Query{Count: 1, Post: true})
	s.want("GET /Users?attributes=userName%2Cemails&startIndex=1&count=1",
		`POST /Users/.search | {"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["userName","emails"],"startIndex":1,"count":1}`)
}

func TestList_Page(t *testing.T) {
	t.Parallel()
	c, _, _ := play(t, ok(`{"totalResults":9,"startIndex":4,"nextCursor":"n","previousCursor":"p","Resources":[{"id":"1","meta":{"version":"v"}}]}`),
		ok(page(1, 1)), ok(`{"Resources":[{"id":1}]}`), status(500))
	p, err := c.Users().List(t.Context(), Query{})
	if err != nil || p.Total != 9 || p.StartIndex != 4 || p.NextCursor != "n" || p.PreviousCursor != "p" || len(p.Resources) != 1 || p.Resources[0].Version() != "v" {
		t.Errorf("got %+v, %v", p, err)
	}
	if p, err := c.Users().List(t.Context(), Query{}); err != nil || p.Total != -1 {
		t.Errorf("got %+v, %v; want an unknown total", p, err)
	}
	for range 2 {
		if p, err := c.Users().List(t.Context(), Query{}); err == nil {
			t.Errorf("got %+v", p)
		}
	}
}

func TestList_PageAuto(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		config answer
		want   []string
		err    error
	}{
		{"cursor", ok(`{"pagination":{"cursor":true,"index":true}}`), []string{"GET /ServiceProviderConfig", "GET /Users?cursor=&count=100"}, nil},
		{"index", ok(`{"pagination":{"cursor":false,"index":true}}`), []string{"GET /ServiceProviderConfig", "GET /Users?startIndex=1&count=100"}, nil},
		{"not announced", ok(`{}`), []string{"GET /ServiceProviderConfig", "GET /Users?startIndex=1&count=100"}, nil},
		{"unknown", status(404), []string{"GET /ServiceProviderConfig"}, ErrNotFound},
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, s, _ := play(t, tt.config, ok(`{"totalResults":0}`))
			if _, err := collect(t, c, Query{Paging: PageAuto}); !errors.Is(err, tt.err) {
				t.Errorf("got %v, want %v", err, tt.err)
			}
			s.want(tt.want...)
		})
	}
}

func TestList_FaultyFilterIsNotSent(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{}`))
	bad := Eq("a b", 1)
	_, list := c.Users().List(t.Context(), Query{Filter: bad})
	_, all := collect(t, c, Query{Filter: bad})
	_, total := c.Users().Total(t.Context(), bad)
	if list == nil || all == nil || total == nil {
		t.Errorf("got %v, %v, %v", list, all, total)
	}
	s.want()
}

func TestTotal(t *testing.T) {
	t.Parallel()
	c, s, _ := play(t, ok(`{"totalResults":41}`), ok(`{}`), status(500))
	if n, err := c.Users().Total(t.Context(), Eq("active", true)); n != 41 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
	for range 2 {
		if n, err := c.Users().Total(t.Context(), Filter{}); err == nil {
			t.Errorf("got %d", n)
		}
	}
	s.want("GET /Users?filter=active%20eq%20true&count=0", "GET /Users?count=0", "GET /Users?count=0")
}
