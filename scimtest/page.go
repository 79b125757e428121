package scimtest

import (
	"context"
	"fmt"
)

// oktaPage is how far Okta steps, whatever itemsPerPage says: a server whose pages are
// shorter makes it skip users (T-061).
const oktaPage = 100

// importAll reads a whole collection as Okta imports it, and looks for the resources
// that the named variables hold.
func importAll(endpoint string, wanted ...string) func(context.Context, *player) played {
	return func(ctx context.Context, p *player) played {
		walk := pageWalk{total: -1, seen: map[string]bool{}}
		for start := 1; len(walk.misses) == 0 && (walk.total < 0 || start <= walk.total); start += oktaPage {
			walk.page(ctx, p, fmt.Sprintf("%s?startIndex=%d&count=%d", endpoint, start, oktaPage), start, oktaPage)
		}
		return walk.played(p, wanted)
	}
}

// discoverAll reads a whole collection as authentik and PingFederate do: a plain list,
// then on from what it has seen, until that is as many as totalResults says. A total that
// is too high, or an empty page before the end, would be an endless loop (T-066).
func discoverAll(endpoint string, wanted ...string) func(context.Context, *player) played {
	return func(ctx context.Context, p *player) played {
		walk := pageWalk{total: -1, seen: map[string]bool{}}
		walk.page(ctx, p, endpoint, 1, 0)
		for len(walk.misses) == 0 && len(walk.seen) < walk.total {
			start := len(walk.seen) + 1
			walk.page(ctx, p, fmt.Sprintf("%s?startIndex=%d", endpoint, start), start, 0)
		}
		return walk.played(p, wanted)
	}
}

// pageWalk is what a walk over the pages of a list has seen.
type pageWalk struct {
	pages, total int // total is -1 before the first page
	seen         map[string]bool
	misses       []string
}

func (w *pageWalk) missf(format string, args ...any) {
	w.misses = append(w.misses, fmt.Sprintf(format, args...))
}

// played is the walk as the outcome of a step that looks for the resources which the
// named variables hold.
func (w *pageWalk) played(p *player, wanted []string) played {
	for _, name := range wanted {
		if id := p.vars[name]; len(w.misses) == 0 && !w.seen[id] {
			w.missf("%s (%s) is on no page", id, name)
		}
	}
	return played{got: fmt.Sprintf("%d of %d, pages: %d", len(w.seen), max(w.total, 0), w.pages), misses: w.misses}
}

// page reads one page. Its size is 0 where the server chooses it.
func (w *pageWalk) page(ctx context.Context, p *player, path string, start, size int) {
	r := request{send: "GET " + path, want: on(200), checks: must(list(), isList("Resources"))}
	a, err := p.exchange(ctx, &r)
	if err != nil {
		w.missf("%v", err)
		return
	}
	w.pages++
	for _, miss := range p.judge(a, &r) {
		w.missf("startIndex %d: %s", start, miss)
	}
	if len(w.misses) == 0 {
		w.judge(a, start, size)
	}
}

func (w *pageWalk) judge(a *answer, start, size int) {
	total, _ := a.number("totalResults")
	if w.total < 0 {
		w.total = total
	}
	if total != w.total {
		w.missf("startIndex %d: totalResults is %d, was %d", start, total, w.total)
	}
	if got, ok := a.number("startIndex"); ok && got != start {
		w.missf("startIndex is %d, want %d", got, start)
	}
	switch got, left := len(a.resources()), max(total-start+1, 0); {
	case size > 0 && got != min(size, left):
		w.missf("startIndex %d: the page has %d resources, want %d of %d", start, got, min(size, left), total)
	case got == 0 && left > 0:
		w.missf("startIndex %d: the page is empty, and %d of %d are still to come", start, left, total)
	}
	for i := range a.resources() {
		id := a.text(fmt.Sprintf("Resources/%d/id", i))
		if id == "" || w.seen[id] {
			w.missf("startIndex %d: id %q is empty or came before", start, id)
		}
		w.seen[id] = true
	}
}
