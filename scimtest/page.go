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
			walk.page(ctx, p, endpoint, start)
		}
		for _, name := range wanted {
			if id := p.vars[name]; len(walk.misses) == 0 && !walk.seen[id] {
				walk.missf("%s (%s) is on no page", id, name)
			}
		}
		return played{got: fmt.Sprintf("%d of %d, pages: %d", len(walk.seen), max(walk.total, 0), walk.pages), misses: walk.misses}
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

func (w *pageWalk) page(ctx context.Context, p *player, endpoint string, start int) {
	r := request{send: fmt.Sprintf("GET %s?startIndex=%d&count=%d", endpoint, start, oktaPage), want: on(200), checks: must(list())}
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
		w.judge(a, start)
	}
}

func (w *pageWalk) judge(a *answer, start int) {
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
	if got, want := len(a.resources()), min(oktaPage, max(total-start+1, 0)); got != want {
		w.missf("startIndex %d: the page has %d resources, want %d of %d", start, got, want, total)
	}
	for i := range a.resources() {
		id := a.text(fmt.Sprintf("Resources/%d/id", i))
		if id == "" || w.seen[id] {
			w.missf("startIndex %d: id %q is empty or came before", start, id)
		}
		w.seen[id] = true
	}
}
