package scimserver_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/usher-scim/usher/scim"
)

// titles are few, so that many users share one, and some have none.
var titles = []string{"", "Boss", "boss", "Clerk", "ärztin", "zoo"}

// crowd is a population that changes while somebody walks through it.
type crowd struct {
	*fixture
	made   int
	stable map[string]bool // ids that are never touched
	free   []string        // ids that come and go
}

func (c *crowd) create(t fataler, i int) string {
	c.made++
	path, body := "/Users", fmt.Sprintf(`{%s,"userName":"u%d"`, userSchemas, c.made)
	if i%4 == 3 {
		path, body = "/Groups", fmt.Sprintf(`{"schemas":[%q],"displayName":"g%d"`, scim.URNGroup, c.made)
	} else if title := titles[i%len(titles)]; title != "" {
		body += fmt.Sprintf(`,"title":%q,"displayName":%q`, title, title)
	}
	a := c.do(http.MethodPost, path, body+"}", nil)
	var id string
	if _, rest, ok := strings.Cut(a.Body.String(), `"id":"`); ok {
		id, _, _ = strings.Cut(rest, `"`)
	}
	if a.Code != http.StatusCreated || id == "" {
		t.Fatalf("POST %s: %d %s", path, a.Code, a.Body)
	}
	return strings.TrimPrefix(path, "/") + "/" + id
}

// step changes what is not stable: one more, one less, or one renamed.
func (c *crowd) step(t *rapid.T) {
	switch i := rapid.IntRange(0, 99).Draw(t, "step"); {
	case len(c.free) == 0 || i < 40:
		c.free = append(c.free, c.create(t, rapid.IntRange(0, 23).Draw(t, "kind")))
	case i < 70:
		at := rapid.IntRange(0, len(c.free)-1).Draw(t, "gone")
		c.do(http.MethodDelete, "/"+c.free[at], "", nil)
		c.free = append(c.free[:at], c.free[at+1:]...)
	default:
		c.do(http.MethodPatch, "/"+rapid.SampledFrom(c.free).Draw(t, "changed"),
			ops(`{"op":"replace","path":"displayName","value":"`+fmt.Sprint("d", i)+`"}`), nil)
	}
}

// A walk by cursor meets everything that was there all the time exactly once, in whatever order, whatever comes and
// goes around it: RFC 9865 §1, C-03, C-05, C-07.
func TestCursor_WalkWhileThingsChange(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		c := &crowd{fixture: bare(outer, profile(outer, "okta"), nil), stable: map[string]bool{}}
		for range rapid.IntRange(0, 14).Draw(t, "stable") {
			id := c.create(t, rapid.IntRange(0, 23).Draw(t, "kind"))
			c.stable[id] = true
			if rapid.Bool().Draw(t, "between") {
				c.free = append(c.free, c.create(t, rapid.IntRange(0, 23).Draw(t, "kind")))
			}
		}
		path := rapid.SampledFrom([]string{"/Users", "/Groups", "/"}).Draw(t, "list")
		query := rapid.SampledFrom([]string{
			"", "&sortBy=displayName", "&sortBy=displayName&sortOrder=descending", "&sortBy=id", "&sortBy=meta.lastModified",
			"&filter=" + url.QueryEscape(`displayName pr or userName pr`),
		}).Draw(t, "query")
		if path == "/Groups" {
			query = strings.ReplaceAll(query, "userName", "id")
		}
		seen := map[string]int{}
		count := rapid.IntRange(1, 5).Draw(t, "count")
		for cursor, pages := "", 0; ; pages++ {
			p := c.page(t, fmt.Sprintf("%s?count=%d&cursor=%s%s", path, count, cursor, query))
			for _, r := range p.Resources {
				seen[r.Meta.ResourceType+"s/"+r.ID]++
			}
			if p.NextCursor == nil {
				break
			}
			if pages > 100 {
				t.Fatalf("the walk does not end")
			}
			cursor = *p.NextCursor
			if pages < 10 { // who makes more than a page for each page can be followed forever
				for range rapid.IntRange(0, 3).Draw(t, "changes") {
					c.step(t)
				}
			}
		}
		for id := range c.stable {
			want := 1
			if path != "/" && !strings.HasPrefix("/"+id, path+"/") {
				want = 0
			}
			if seen[id] != want {
				t.Fatalf("%s was seen %d times in %s, want %d", id, seen[id], path, want)
			}
		}
	})
}

// The same with changes at any moment, for the race detector: nothing moves that is there all the time.
func TestCursor_WalkInParallel(t *testing.T) {
	t.Parallel()
	f := bare(t, profile(t, "okta"), nil) // C-07
	for i := range 40 {
		f.add(t, fmt.Sprint("stable", i), "/Users", fmt.Sprintf(`{%s,"userName":"stable%d","title":%q}`, userSchemas, i, titles[1+i%5]))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for n := range 2 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				a := f.do(http.MethodPost, "/Users", fmt.Sprintf(`{%s,"userName":"w%d-%d","title":%q}`, userSchemas, n, i, titles[1+i%5]), nil)
				if i%3 > 0 {
					f.do(http.MethodDelete, strings.TrimPrefix(a.Header().Get("Location"), base), "", nil)
				}
			}
		})
	}
	for _, query := range []string{"", "&sortBy=title", "&sortBy=title&sortOrder=descending"} {
		seen := map[string]int{}
		for cursor := ""; ; {
			p := f.page(t, "/Users?count=7&filter=userName+sw+%22stable%22&cursor="+cursor+query)
			for _, id := range p.ids() {
				seen[id]++
			}
			if p.NextCursor == nil {
				break
			}
			cursor = *p.NextCursor
		}
		for name, id := range f.ids {
			if seen[id] != 1 {
				t.Errorf("%s was seen %d times by %q", name, seen[id], query)
			}
		}
	}
	close(done)
	wg.Wait()
}
