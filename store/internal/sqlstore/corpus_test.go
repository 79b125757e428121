package sqlstore

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/scim"
)

// TestCorpus_FindsWhatEachTextHas: against a comparison of each text.
func TestCorpus_FindsWhatEachTextHas(t *testing.T) {
	t.Parallel()
	draw := rand.New(rand.NewPCG(1, 2))
	word := func(n int) string {
		var b strings.Builder
		for range draw.IntN(n) {
			b.WriteString([]string{"a", "b", "ä", "€"}[draw.IntN(4)])
		}
		return b.String()
	}
	for range 500 {
		c, list := &corpus{}, make([]string, draw.IntN(30))
		for i := range list {
			list[i] = word(8)
			c.add(list[i], int64(100+i))
		}
		part := "b" + word(3)
		for op, has := range map[scim.Operator]func(s, part string) bool{scim.Contains: strings.Contains, scim.EndsWith: strings.HasSuffix} {
			var want []int64
			for i, text := range list {
				if has(text, part) {
					want = append(want, int64(100+i))
				}
			}
			if got, ok := c.having(op, part); !ok || !slices.Equal(got, want) {
				t.Fatalf("%q %v %q: %v, %t, want %v", list, op, part, got, ok, want)
			}
		}
	}
}

func TestCorpus_ManyHitsAreTheEngines(t *testing.T) {
	t.Parallel()
	c := &corpus{}
	for i := range maxHits + 1 {
		c.add("a", int64(i))
	}
	if _, ok := c.having(scim.Contains, "a"); ok {
		t.Errorf("%d hits", maxHits+1)
	}
}

// shelve takes texts of some bytes in, last searched so long ago.
func shelve(h *shelf, attr int64, size int, ago time.Duration) *corpus {
	c := &corpus{of: textIndex{attr: attr}, read: time.Now(), all: make([]byte, size)}
	c.searched.Store(time.Now().Add(-ago).Unix())
	invalidations, _ := h.begin(c.of)
	h.end(c.of, c, nil, invalidations)
	return c
}

func shelved(h *shelf) (attrs []int64) {
	for of := range h.now() {
		attrs = append(attrs, of.attr)
	}
	slices.Sort(attrs)
	return attrs
}

func wantKept(t *testing.T, h *shelf, want ...int64) {
	t.Helper()
	if got := shelved(h); !slices.Equal(got, want) {
		t.Errorf("%v are in memory, want %v", got, want)
	}
}

func TestShelf_TheLeastSearchedMakeRoom(t *testing.T) {
	t.Parallel()
	h := newShelf()
	defer h.close()
	shelve(h, 1, allTexts/2, 10*time.Second)
	shelve(h, 2, allTexts/4, 30*time.Second)
	shelve(h, 3, allTexts/4, 20*time.Second)
	wantKept(t, h, 1, 2, 3)
	shelve(h, 4, allTexts/2, 40*time.Second) // the newest stays
	wantKept(t, h, 1, 4)
}

func TestShelf_ClearDropsWhatIsNotSearchedAndWhatIsOld(t *testing.T) {
	t.Parallel()
	h := newShelf()
	defer h.close()
	shelve(h, 1, 1, 0)
	shelve(h, 2, 1, 2*keepTexts)
	shelve(h, 3, 1, -2*oldTexts)
	h.clear(time.Now())
	wantKept(t, h, 1, 3)
	h.clear(time.Now().Add(oldTexts + time.Second))
	wantKept(t, h)
}

// TestShelf_Invalidate: nothing stays that a change may have missed, and nothing comes in while one is made.
func TestShelf_Invalidate(t *testing.T) {
	t.Parallel()
	h := newShelf()
	defer h.close()
	c := shelve(h, 1, 1, 0)
	before, _ := h.begin(textIndex{attr: 2})
	made := h.invalidate()
	if !c.stale.Load() {
		t.Error("the texts in a search's hands are not stale")
	}
	h.end(textIndex{attr: 2}, &corpus{of: textIndex{attr: 2}, read: time.Now()}, nil, before)
	shelve(h, 3, 1, 0)
	wantKept(t, h)
	during, _ := h.begin(textIndex{attr: 4})
	made()
	h.end(textIndex{attr: 4}, &corpus{of: textIndex{attr: 4}, read: time.Now()}, nil, during)
	wantKept(t, h)
	shelve(h, 5, 1, 0)
	wantKept(t, h, 5)
}

func TestShelf_RestsAndIsBounded(t *testing.T) {
	t.Parallel()
	h := newShelf()
	may := func(attr int64) bool {
		_, ok := h.begin(textIndex{attr: attr})
		return ok
	}
	if !may(0) || may(1) {
		t.Error("not one is read at a time")
	}
	h.end(textIndex{attr: 0}, nil, fmt.Errorf("read: %w", errUnfit), 0)
	if !may(1) {
		t.Error("the next one is refused")
	}
	h.end(textIndex{attr: 1}, &corpus{of: textIndex{attr: 1}, read: time.Now().Add(-time.Minute)}, nil, 0)
	if may(0) || may(1) {
		t.Error("what did not fit, or took long, is read again at once")
	}
	if !may(2) {
		t.Error("nothing is read any more")
	}
	h.end(textIndex{attr: 2}, nil, errors.New("down"), 0)
	h.close()
	if may(3) {
		t.Error("the closed store reads")
	}
}
