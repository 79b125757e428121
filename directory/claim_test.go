package directory_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

const badges = `{"name":"badge","uniqueness":"server"},{"name":"role"}`

func badged(name, badge string) string {
	return fmt.Sprintf(`{"userName":%q,"%s":{"badge":%q}}`, name, acme, badge)
}

// create makes a user and returns the refusal.
func (w *world) create(body string) (*scim.Record, error) {
	w.t.Helper()
	return w.Create(w.ctx, w.decode(w.userType(), body), w.shown(w.userType()))
}

func TestUnique_R047_DeclaredAttribute(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(badges))
	w.settle()
	first := w.user(badged("ada", "X-1"))
	_, err := w.create(badged("bob", "x-1"))
	wantKind(t, err, scim.KindTaken, acme+":badge", "x-1")
	second := w.user(badged("bob", "X-2"))

	// R-119 by PATCH and PUT; a change of case, or the same value again, is no other value.
	_, err = w.patch(w.userType(), second.ID, `[{"op":"replace","path":"`+acme+`:badge","value":"X-1"}]`)
	wantKind(t, err, scim.KindTaken, "X-1")
	_, err = w.put(w.userType(), second.ID, badged("bob", "X-1"))
	wantKind(t, err, scim.KindTaken, "X-1")
	_, err = w.patch(w.userType(), second.ID, `[{"op":"replace","path":"`+acme+`:badge","value":"x-2"}]`)
	check(t, err)

	// R-144 what goes is free: cleared, changed, deleted.
	_, err = w.patch(w.userType(), first.ID, `[{"op":"remove","path":"`+acme+`:badge"}]`)
	check(t, err)
	third := w.user(badged("cy", "X-1"))
	check(t, w.Delete(w.ctx, w.userType(), third.ID, scim.Write{}))
	w.user(badged("dee", "X-1"))

	// X2 another connection has its own.
	fresh, err := w.directory.Workspace(w.ctx, "ACC123")
	check(t, err)
	other := w.directory.ClientFor(fresh, w.connect("other", "generic"), operator)
	_, err = other.Create(w.ctx, decode(t, other, other.Types[0], badged("ada", "X-1")), scim.Write{})
	check(t, err)
}

// Of many who claim one value at the same moment one gets it, and the others are told.
func TestUnique_RaceHasOneWinner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(badges))
	var won, refused atomic.Int32
	var racers sync.WaitGroup
	for i := range 32 {
		r := w.decode(w.userType(), badged(fmt.Sprint("u", i), "X-1"))
		racers.Go(func() {
			_, err := w.Create(w.ctx, r, scim.Write{})
			if err == nil {
				won.Add(1)
			} else {
				wantKind(t, err, scim.KindTaken, "X-1")
				refused.Add(1)
			}
		})
	}
	racers.Wait()
	equal(t, "winners and refused", []int32{won.Load(), refused.Load()}, []int32{1, 31})
	equal(t, "stored", w.list(w.userType(), "", 1, 100).Total, 1)
}

// Uniqueness that is declared over data: what is there twice stays and is counted, nothing new joins it, and the value
// is checked already while the claims are being made.
func TestUnique_DeclaredOverDuplicates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"badge"},{"name":"role"}`))
	w.user(badged("ada", "X-1"))
	twin := w.user(badged("bob", "x-1"))
	w.user(badged("cy", "X-2"))
	w.declare(acmeSchema(badges))
	_, err := w.create(badged("dee", "X-2"))
	wantKind(t, err, scim.KindTaken, "X-2")
	equal(t, "settlement", w.settle(), directory.Settlement{Documents: 3, Duplicates: 1})
	_, err = w.create(badged("dee", "X-1"))
	wantKind(t, err, scim.KindTaken, "X-1")
	_, err = w.patch(w.userType(), twin.ID, `[{"op":"replace","path":"`+acme+`:role","value":"y"}]`)
	check(t, err) // another attribute of a duplicate can still be written
	_, err = w.patch(w.userType(), twin.ID, `[{"op":"replace","path":"`+acme+`:badge","value":"X-3"}]`)
	check(t, err)
	_, err = w.create(badged("dee", "X-3"))
	wantKind(t, err, scim.KindTaken, "X-3")

	w.declare(acmeSchema(`{"name":"badge"},{"name":"role"}`)) // unique no longer
	w.user(badged("eve", "X-1"))
	w.settle()
	w.user(badged("fay", "X-1"))
}
