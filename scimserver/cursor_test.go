package scimserver_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// walkers is a fixture whose clock can be moved and whose callers are told apart by a header.
type walkers struct {
	*fixture
	now time.Time
}

func newWalkers(t testing.TB) *walkers {
	t.Helper()
	w := &walkers{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w.fixture = setup(t, "okta", func(o *scimserver.Options) {
		ask := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := ask(r)
			c.Identity = "c1" + r.Header.Get("X-Identity")
			return c, err
		}
		o.Now = func() time.Time { return w.now }
		o.CursorTimeout = time.Minute
		o.CursorKey = [32]byte{1, 2, 3}
	})
	return w
}

// next is the cursor of the page behind path.
func (w *walkers) next(t testing.TB, path string) string {
	t.Helper()
	a := w.do("GET", path, "", nil)
	v, ok := lookup(decode(t, a.Body.Bytes()), "nextCursor")
	if !ok {
		t.Fatalf("%s: no next cursor in %s", path, a.Body)
	}
	return v.(string)
}

func TestCursor_Walk(t *testing.T) {
	t.Parallel()
	w := newWalkers(t)
	first := "/Users?cursor=&count=2"
	scenario{ // C-13: the total is on every page
		name: "C-01 C-03 C-04 the first page", path: first, status: 200,
		want:   `{"totalResults":3,"itemsPerPage":2,"Resources":[{"id":"{alice}"},{"id":"{bob}"}]}`,
		absent: []string{"startIndex", "previousCursor"},
	}.play(t, w.fixture)
	cursor := w.next(t, first)
	if !regexp.MustCompile(`^[A-Za-z0-9._~-]+$`).MatchString(cursor) || len(cursor) > 2<<10 {
		t.Errorf("C-01 cursor %q", cursor)
	}
	last := `{"totalResults":3,"itemsPerPage":1,"Resources":[{"id":"{carol}"}]}`
	for _, path := range []string{"/Users?count=2&cursor=" + cursor, "/Users?CURSOR=" + cursor} { // C-05: the count need not be repeated
		scenario{name: "C-03 the last page", path: path, status: 200, want: last, absent: []string{"nextCursor", "startIndex"}}.play(t, w.fixture)
	}
	body := searchBody(`"cursor":"` + cursor + `","count":2`)
	scenario{name: "C-10 in a search", method: "POST", path: "/Users/.search", body: body, status: 200, want: last}.play(t, w.fixture)
}

func TestCursor_Pages(t *testing.T) {
	t.Parallel()
	play(t, []scenario{
		{name: "C-01 C-03 one page is the last", path: "/Users?cursor=", status: 200, want: `{"totalResults":3,"itemsPerPage":3}`, absent: []string{"nextCursor", "startIndex"}},
		{name: "C-03 a full page may be the last", path: "/Users?cursor=&count=3", status: 200, want: `{"itemsPerPage":3}`, absent: []string{"nextCursor"}},
		{name: "C-08 C-09 D-22 the default is by index", path: "/Users?count=1", status: 200, want: `{"startIndex":1,"itemsPerPage":1}`, absent: []string{"nextCursor"}},
		{name: "C-02 the total alone", path: "/Users?cursor=&count=0", status: 200, want: `{"totalResults":3,"itemsPerPage":0,"Resources":[]}`, absent: []string{"nextCursor"}},
		{name: "C-02 below 0 is 0", path: "/Users?cursor=&count=-5", status: 200, want: `{"totalResults":3,"itemsPerPage":0,"Resources":[]}`, absent: []string{"nextCursor"}},
		{name: "C-02 the total alone, of everything", path: "/?cursor=&count=0&sortBy=id", status: 200, want: `{"totalResults":5,"itemsPerPage":0}`, absent: []string{"nextCursor"}},
		{name: "C-06 a page that is too large", path: "/Users?cursor=&count=201", status: 400, want: `{"scimType":"invalidCount"}`},
		{name: "the largest page", path: "/Users?cursor=&count=200", status: 200},
		{name: "a count that is none", path: "/Users?cursor=&count=ten", status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "C-14 D-27 with startIndex", path: "/Users?cursor=&startIndex=1", status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "C-14 D-27 with startIndex, in a search", method: "POST", path: "/.search", body: searchBody(`"cursor":"","startIndex":1`), status: 400, want: `{"scimType":"invalidValue"}`},
		{name: "C-10 in a search", method: "POST", path: "/Groups/.search", body: searchBody(`"cursor":""`), status: 200, want: `{"totalResults":2}`, absent: []string{"startIndex"}},
		{name: "C-07 sorted", path: "/Users?cursor=&sortBy=userName&sortOrder=descending", status: 200, want: `{"Resources":[{"id":"{carol}"},{"id":"{bob}"},{"id":"{alice}"}]}`},
		{name: "nobody found", path: "/Users?cursor=&filter=title+pr", status: 200, want: `{"totalResults":0,"Resources":[]}`, absent: []string{"nextCursor"}},
		{name: "R-168 ignored by discovery", path: "/Schemas?cursor=x&count=1", status: 200, want: `{"totalResults":3}`, absent: []string{"nextCursor"}},
		{name: "C-06 junk", path: "/Users?cursor=junk", status: 400, want: `{"scimType":"invalidCursor"}`},
	})
}

// C-05: the page size stays the same on the whole way.
func TestCursor_C05_Count(t *testing.T) {
	t.Parallel()
	w := newWalkers(t)
	cursor := w.next(t, "/Users?cursor=&count=2")
	for query, want := range map[string]string{
		"count=1":   "invalidCount",
		"count=3":   "invalidCount",
		"count=0":   "invalidCount",
		"count=-2":  "invalidCount",
		"count=201": "invalidCount",
		"count=x":   "invalidValue",
	} {
		scenario{path: "/Users?" + query + "&cursor=" + cursor, status: 400, want: `{"scimType":"` + want + `"}`}.play(t, w.fixture)
	}
	unset := w.next(t, "/?cursor=&count=2&sortBy=id")
	scenario{path: "/?sortBy=id&cursor=" + unset, status: 200, want: `{"itemsPerPage":2}`}.play(t, w.fixture)
}

// C-05, C-06, C-12: a cursor is good for its caller and its query. Every other use gets one and the same answer, which
// does not tell whether there is such a page.
func TestCursor_C12_OneAnswerForAllThatDoNotFit(t *testing.T) {
	t.Parallel()
	w := newWalkers(t)
	const query = "/Users?filter=userName+pr&sortBy=userName&sortOrder=ascending&attributes=userName&count=1&cursor="
	cursor := w.next(t, query)
	if a := w.do("GET", query+cursor, "", nil); a.Code != 200 {
		t.Fatalf("the cursor is not good at all: %d %s", a.Code, a.Body)
	}
	type use struct {
		name, path string
		header     map[string]string
	}
	uses := []use{
		{"C-12 another caller", query + cursor, map[string]string{"X-Identity": "2"}},
		{"another filter", strings.Replace(query, "userName+pr", "id+pr", 1) + cursor, nil},
		{"no filter", strings.Replace(query, "filter=userName+pr&", "", 1) + cursor, nil},
		{"another order", strings.Replace(query, "ascending", "descending", 1) + cursor, nil},
		{"no order", strings.Replace(query, "&sortOrder=ascending", "", 1) + cursor, nil},
		{"another sort", strings.Replace(query, "sortBy=userName", "sortBy=id", 1) + cursor, nil},
		{"no sort", strings.Replace(query, "sortBy=userName&", "", 1) + cursor, nil},
		{"other attributes", strings.Replace(query, "attributes=userName", "attributes=id", 1) + cursor, nil},
		{"excludedAttributes", strings.Replace(query, "attributes", "excludedAttributes", 1) + cursor, nil},
		{"another type", strings.Replace(query, "/Users", "/Groups", 1) + cursor, nil},
		{"every type", strings.Replace(query, "/Users", "/", 1) + cursor, nil},
		{"not base64", query + "!" + cursor, nil},
		{"not ours", query + strings.Repeat("A", len(cursor)), nil},
		{"too short", query + "AAAA", nil},
		{"a part of it", query + cursor[:len(cursor)-1], nil},
		{"more than it", query + cursor + "A", nil},
		{"another server's", query + setupCursor(t), nil},
	}
	for i := range len(cursor) {
		changed := []byte(cursor)
		changed[i] = 'A' + (changed[i]+1)%26
		if string(changed) != cursor {
			uses = append(uses, use{fmt.Sprintf("byte %d changed", i), query + string(changed), nil})
		}
	}
	want := w.do("GET", query+"x", "", nil).Body.String()
	if !strings.Contains(want, `"scimType":"invalidCursor"`) {
		t.Fatalf("C-06 %s", want)
	}
	for _, u := range uses {
		path := u.path
		if strings.HasPrefix(path, "/Groups") { // a type that has no userName
			path = strings.ReplaceAll(path, "userName", "displayName")
		}
		if a := w.do("GET", path, "", u.header); a.Code != 400 || a.Body.String() != want {
			t.Errorf("%s: %d %s", u.name, a.Code, a.Body)
		}
	}
}

// setupCursor is a cursor that was sealed under another key.
func setupCursor(t *testing.T) string {
	t.Helper()
	f := setup(t, "okta", nil)
	return *f.page(t, "/Users?filter=userName+pr&sortBy=userName&sortOrder=ascending&attributes=userName&count=1&cursor=").NextCursor
}

// C-06: a cursor ends, and says so; the clock may move in both directions.
func TestCursor_C06_Expires(t *testing.T) {
	t.Parallel()
	w := newWalkers(t)
	cursor := w.next(t, "/Users?cursor=&count=2")
	path := "/Users?cursor=" + cursor
	start := w.now
	for _, row := range []struct {
		after  time.Duration
		status int
	}{{0, 200}, {-time.Hour, 200}, {59 * time.Second, 200}, {time.Minute, 400}, {time.Hour, 400}} {
		w.now = start.Add(row.after)
		a := w.do("GET", path, "", nil)
		if a.Code != row.status {
			t.Errorf("after %v: %d %s", row.after, a.Code, a.Body)
		}
		if row.status == 400 {
			contains(t, a.Body.Bytes(), `{"scimType":"expiredCursor"}`)
		}
	}
	contains(t, w.do("GET", path, "", map[string]string{"X-Identity": "2"}).Body.Bytes(), `{"scimType":"invalidCursor"}`) // C-12: nothing is told of it
}

// A cursor says nothing about the place that it stands for.
func TestCursor_IsOpaque(t *testing.T) {
	t.Parallel()
	w := newWalkers(t)
	const path = "/Users?cursor=&count=1&sortBy=userName&attributes=id" // C-12
	a, b := w.next(t, path), w.next(t, path)
	if a == b {
		t.Error("two cursors of one place are equal")
	}
	scenario{path: "/Users?count=1&sortBy=userName&attributes=id&cursor=" + a, status: 200, want: `{"Resources":[{"id":"{bob}"}]}`}.play(t, w.fixture)
}

// C-12: each page is authorised by itself.
func TestCursor_C12_GrantsNothing(t *testing.T) {
	t.Parallel()
	w := newWalkers(t)
	path := "/Users?cursor=" + w.next(t, "/Users?cursor=&count=2")
	if a := w.do("GET", path, "", map[string]string{"Authorization": ""}); a.Code != 401 {
		t.Errorf("without a token: %d %s", a.Code, a.Body)
	}
	if a := w.do("GET", path, "", map[string]string{"Authorization": "Bearer paused"}); a.Code != 403 {
		t.Errorf("with a paused connection: %d %s", a.Code, a.Body)
	}
}

// lazy answers with fewer records than asked for, as a backend may, and says nothing of more when asked for none.
type lazy struct {
	*scimserver.Memory
	most int
}

func (l lazy) List(ctx context.Context, t *scim.ResourceType, q scim.Query) (scim.Page, error) {
	asked := q.Count
	q.Count = min(q.Count, l.most)
	p, err := l.Memory.List(ctx, t, q)
	p.More = p.More && asked > 0
	return p, err
}

// C-03: a page may be shorter than count, and still not be the last.
func TestCursor_C03_ShortPages(t *testing.T) {
	t.Parallel()
	var most int
	f := setup(t, "okta", func(o *scimserver.Options) {
		ask := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := ask(r)
			c.Backend = lazy{c.Backend.(*scimserver.Memory), most}
			return c, err
		}
	})
	for i, query := range []string{"/Users?", "/?", "/?sortBy=displayName&", "/?sortBy=id&", "/Users?", "/?", "/?sortBy=id&"} {
		most = 1 + i/4*4 // at first less than count, then more
		seen := map[string]int{}
		for cursor := ""; ; {
			p := f.page(t, query+"count=3&cursor="+cursor)
			for _, id := range p.ids() {
				seen[id]++
			}
			if p.NextCursor == nil {
				break
			}
			cursor = *p.NextCursor
		}
		for name, id := range f.ids {
			if want := 1; seen[id] != want && (query != "/Users?" || name != "sales" && name != "empty") {
				t.Errorf("%s: %s was seen %d times", query, name, seen[id])
			}
		}
	}
	most = 1
	if p := f.page(t, "/?startIndex=1&count=5"); p.ItemsPerPage != 1 || p.TotalResults != 5 { // no gap by index
		t.Errorf("a short page by index: %+v", p)
	}
	most = 0 // more, and never any: a fault, not the end
	if a := f.do("GET", "/Users?cursor=", "", nil); a.Code != 500 {
		t.Errorf("without progress: %d %s", a.Code, a.Body)
	}
}
