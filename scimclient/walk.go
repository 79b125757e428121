package scimclient

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
)

// ErrPaging says that a server's pages do not add up to a list: they repeat, or end before the total that they claim.
var ErrPaging = errors.New("the pages do not make a list")

// maxIdle is how many pages in a row may bring nothing new: servers that hide what a
// caller may not see cut it out of pages, and of some nothing is left.
const maxIdle = 10

// walk goes through the pages of a list. It is bounded by what the server has, whatever the server says: every page
// must bring new resources, but for a few.
type walk struct {
	request query // for the next page

	seen    map[[16]byte]struct{} // resources; a hash, because a list may have a million
	cursors map[string]struct{}
	idle    int
	probing bool // the total was reached, but is not to be trusted
}

// step takes a page, returns what is new on it, and prepares the request for the next one, if there is more.
func (w *walk) step(page *listResponse) (fresh []json.RawMessage, more bool, err error) {
	fresh = w.fresh(page.Resources)
	if w.idle++; len(fresh) > 0 {
		w.idle = 0
	}
	if w.idle > maxIdle {
		return nil, false, fmt.Errorf("%w: %d pages in a row with nothing new", ErrPaging, w.idle)
	}
	if w.request.cursor != nil || page.NextCursor != "" {
		more, err = w.byCursor(page)
	} else {
		more, err = w.byIndex(page, len(fresh))
	}
	return fresh, more, err
}

// byCursor follows nextCursor, also where it was not asked for (C-08).
func (w *walk) byCursor(page *listResponse) (bool, error) {
	next := page.NextCursor
	if next == "" { // only the last page has none (C-03)
		return false, nil
	}
	if _, again := w.cursors[next]; again {
		return false, fmt.Errorf("%w: the cursor %.40q leads back to a page that was read", ErrPaging, next)
	}
	if w.cursors == nil {
		w.cursors = map[string]struct{}{}
	}
	w.cursors[next] = struct{}{}
	w.request.startIndex, w.request.cursor = 0, &next
	return true, nil
}

// byIndex goes on behind the resources that were new, not behind those that were asked for: a server may send fewer,
// or some of them again.
func (w *walk) byIndex(page *listResponse, fresh int) (bool, error) {
	n, start, probing := len(page.Resources), w.request.startIndex, w.probing
	w.request.startIndex, w.probing = start+cmp.Or(fresh, n), false
	switch {
	case page.Total == nil: // until a page brings nothing
		return fresh > 0, nil
	case fresh == 0 && probing:
		return false, nil
	case n == 0 && start <= int(*page.Total):
		return false, fmt.Errorf("%w: the server counts %d resources and sends none from %d on", ErrPaging, *page.Total, start)
	case w.request.startIndex <= int(*page.Total):
		return true, nil
	}
	// Some servers count the page where they should count the list: a full page whose count is the total is followed
	// by one more question.
	w.probing = n == *w.request.count && int(*page.Total) <= n
	return w.probing, nil
}

// fresh are the resources that no page had before.
func (w *walk) fresh(all []json.RawMessage) []json.RawMessage {
	if w.seen == nil {
		w.seen = map[[16]byte]struct{}{}
	}
	fresh := all[:0:0]
	for _, document := range all {
		key := identity(document)
		if _, again := w.seen[key]; !again {
			w.seen[key] = struct{}{}
			fresh = append(fresh, document)
		}
	}
	return fresh
}

// identity is a hash of a resource's id, or of the whole resource where a server leaves the id out.
func identity(document []byte) [16]byte {
	var r struct{ ID string }
	if json.Unmarshal(document, &r) == nil && r.ID != "" {
		document = []byte(r.ID)
	}
	sum := sha256.Sum256(document)
	return [16]byte(sum[:16])
}
