package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// RunTexts runs the promise of texts that are kept in memory: whatever is written, through whichever store, a search for a
// part of a text finds what one finds that reads the engine's index. open returns two stores on one database: memory keeps
// the texts of every connection, engine keeps none.
func RunTexts(t *testing.T, open func(t *testing.T) (memory, engine directory.Store)) {
	t.Helper()
	x := newSearched(t, open)
	for i := range 60 {
		for range 1 + x.draw.IntN(3) {
			x.write()
		}
		if i == 30 {
			x.must(x.move(x.side()))
		}
		x.compare(i)
	}
	x.everybodyAtOnce()
	for give := time.Now().Add(10 * time.Second); x.memory.Stats().Texts == 0 && time.Now().Before(give); { // they may be read beside
		x.compare(-2)
	}
	if x.memory.Stats().Texts == 0 || x.engine.Stats().Texts != 0 {
		t.Errorf("%d and %d bytes of texts in memory", x.memory.Stats().Texts, x.engine.Stats().Texts)
	}
}

// RunTextsPruned runs it over the pruning of the log: whose entries are gone is found as well.
func RunTextsPruned(t *testing.T, open func(t *testing.T) (memory, engine directory.Store)) {
	t.Helper()
	x := newSearched(t, open)
	x.compare(0)
	for range 20 {
		x.create()
	}
	root := x.from.Root
	log, err := x.engine.Audit(t.Context(), root, "", 0, 1000)
	x.must(err)
	all := directory.Segment{Root: root, No: 1, Last: log[len(log)-1].Seq, Entries: len(log)}
	x.must(x.memory.Commit(t.Context(), &directory.Change{Root: root, Segments: []directory.Segment{all}}))
	n, err := x.memory.PruneAudit(t.Context(), root, all)
	if n != len(log) || err != nil {
		t.Fatalf("%d of %d entries are pruned, %v", n, len(log), err)
	}
	x.compare(1)
}

// RunTextsLost runs it over a failover that loses the last changes: places of the log are given once more. lost takes back
// what was written since it was called first.
func RunTextsLost(t *testing.T, open func(t *testing.T) (memory, engine directory.Store), lost func()) {
	t.Helper()
	x := newSearched(t, open)
	settle := func() {
		_, err := x.engine.Audit(t.Context(), x.from.Root, "", 0, 1000)
		x.must(err)
	}
	settle()
	lost()
	stay := slices.Clone(x.ids)
	for range 300 {
		x.create()
	}
	settle()
	x.compare(0)
	lost()
	x.ids = stay
	for range 20 {
		x.create()
	}
	settle()
	x.compare(1)
}

func newSearched(t *testing.T, open func(t *testing.T) (memory, engine directory.Store)) *searched {
	t.Helper()
	memory, engine := open(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	x := &searched{t: t, memory: memory, engine: engine, draw: rand.New(rand.NewPCG(seed, 1))}
	x.prepare()
	return x
}

// searched is a workspace with two connections that are written to through two stores.
type searched struct {
	t              *testing.T
	memory, engine directory.Store
	draw           *rand.Rand
	from, to       directory.Connection
	sides          [2]side // of from, through either store
	ids            []string
	n              int
}

type side struct {
	d *directory.Directory
	c *directory.Client
	w directory.Workspace
}

var texter = directory.Actor{Name: "test"}

func (x *searched) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

func (x *searched) prepare() {
	ctx, key := x.t.Context(), directory.NewKey()
	for i, s := range []directory.Store{x.memory, x.engine} {
		d, err := directory.New(directory.Config{Store: s, Key: key})
		x.must(err)
		x.sides[i].d = d
	}
	d := x.sides[0].d
	w, err := d.CreateWorkspace(ctx, texter, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	x.must(err)
	x.from, err = d.CreateConnection(ctx, texter, w, directory.NewConnection{Name: "okta", Profile: "rfc"})
	x.must(err)
	x.to, err = d.CreateConnection(ctx, texter, w, directory.NewConnection{Name: "entra", Profile: "rfc"})
	x.must(err)
	for i := range x.sides {
		x.sides[i].w, x.sides[i].c = w, x.sides[i].d.ClientFor(w, x.from, texter)
	}
	for range 20 {
		x.create()
	}
}

// user is a document whose texts have few letters, so that many share a part.
func (x *searched) user() *scim.Resource {
	text := func(n int) string {
		b := make([]byte, 1+x.draw.IntN(n))
		for i := range b {
			b[i] = "abAB"[x.draw.IntN(4)]
		}
		return string(b)
	}
	x.n++
	body := fmt.Sprintf(`{"schemas":[%q],"userName":"%s%d","externalId":%q,"displayName":%q,"active":%t,
		"emails":[{"value":"%s@%s.example","type":"work"},{"value":"%s@b.example","type":"home"}]}`, scim.URNUser,
		text(4), x.n, text(6), text(6), x.draw.IntN(2) == 0, text(6), text(3), text(6))
	if x.draw.IntN(40) == 0 { // a key that is cut
		body = strings.Replace(body, `"emails":[`, `"emails":[{"value":"`+strings.Repeat("ab", scim.MaxKey)+`@c.example"},`, 1)
	}
	r, err := decode(scim.UserType(), scim.Profile{}, body)
	x.must(err)
	return r
}

func (x *searched) side() side { return x.sides[x.draw.IntN(2)] }

func (x *searched) create() {
	rec, err := x.side().c.Create(x.t.Context(), x.user(), scim.Write{})
	x.must(err)
	x.ids = append(x.ids, rec.ID)
}

// write makes one change of any kind.
func (x *searched) write() {
	ctx, s := x.t.Context(), x.side()
	if len(x.ids) < 10 {
		x.create()
		return
	}
	i := x.draw.IntN(len(x.ids))
	var err error
	switch k := x.draw.IntN(22); {
	case k < 8:
		x.create()
	case k < 16:
		_, err = s.c.Replace(ctx, x.ids[i], x.user(), scim.Write{})
	case k < 19:
		err = s.c.Delete(ctx, scim.UserType(), x.ids[i], scim.Write{})
		x.ids = slices.Delete(x.ids, i, i+1)
	case k < 20:
		_, err = s.d.CreateWorkspace(ctx, texter, directory.NewWorkspace{Key: fmt.Sprint("W", x.n), Name: "Another"})
		x.n++
	default:
		err = x.untold(x.ids[i])
	}
	x.must(err)
}

// move moves all users to the other connection.
func (x *searched) move(s side) error {
	_, err := s.d.MoveUsers(x.t.Context(), texter, x.from, x.to, directory.MoveOptions{Pause: true})
	if err != nil {
		return err
	}
	x.ids = nil
	x.from, err = s.d.ResumeConnection(x.t.Context(), texter, x.from)
	for i := range x.sides {
		x.sides[i].c = x.sides[i].d.ClientFor(s.w, x.from, texter)
	}
	return err
}

// untold changes a user without an audit entry, as the directory never does. Only the store that does it knows.
func (x *searched) untold(id string) error {
	before, err := x.memory.User(x.t.Context(), x.from.Root, x.from.ID, id)
	if err != nil {
		return err
	}
	after := before
	after.ExternalID, after.Version = "untold ab", before.Version+1
	return x.memory.Commit(x.t.Context(), &directory.Change{Root: x.from.Root, Users: []directory.UserEdit{{Edit: edit(&before, &after)}}})
}

// everybodyAtOnce has several write, of whom each searches for what it has just written, and for what that was before.
func (x *searched) everybodyAtOnce() {
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = x.writer(x.sides[i%2].c, i) })
	}
	all.Wait()
	x.must(errors.Join(errs...))
	x.compare(-1)
}

func (x *searched) writer(c *directory.Client, i int) error {
	var id string
	for n := range 20 {
		r, err := decode(scim.UserType(), scim.Profile{}, fmt.Sprintf(`{"schemas":[%q],"userName":"writer %d","displayName":"writer %[2]d has written %d."}`, scim.URNUser, i, n))
		if err != nil {
			return err
		}
		var rec *scim.Record
		if id == "" {
			rec, err = c.Create(x.t.Context(), r, scim.Write{})
		} else {
			rec, err = c.Replace(x.t.Context(), id, r, scim.Write{})
		}
		if err != nil {
			return err
		}
		id = rec.ID
		for _, want := range []int{1, 0} { // this, and the one before
			text := fmt.Sprintf("r %d has written %d.", i, n+want-1)
			page, err := x.search(x.memory, x.from, `displayName co "`+text+`"`)
			if err != nil || page.Total != want || len(page.Users) != want {
				return fmt.Errorf("%q: %d users, %w, want %d", text, page.Total, err, want)
			}
		}
	}
	return nil
}

// compare asks both stores the same.
func (x *searched) compare(step int) {
	x.t.Helper()
	for _, filter := range []string{
		`userName co "ab"`, `userName ew "1"`, `externalId co "aB"`, `externalId ew "b"`, `displayName co "BB"`, `displayName ew "a"`,
		`emails.value co "aa"`, `emails ew "b.example"`, `emails co "@"`, `emails.value co "nobody"`, `not (emails co "a@")`,
		`userName co "b" or displayName co "aa" or emails co "bb@"`, `userName co "a" and active eq true and not (displayName co "b")`,
		`emails[type eq "work" and value co "a@b"] and displayName co "a"`,
	} {
		for _, c := range []directory.Connection{x.from, x.to} {
			got, err := namesOn(x.search(x.memory, c, filter))
			want, fault := namesOn(x.search(x.engine, c, filter))
			if !slices.Equal(got, want) || errors.Join(err, fault) != nil {
				x.t.Fatalf("step %d: %s:\n%v, %v\nwant\n%v, %v", step, filter, got, err, want, fault)
			}
		}
	}
}

func (x *searched) search(s directory.Store, c directory.Connection, filter string) (directory.UserPage, error) {
	f, err := scim.ParseFilter(filter, scim.UserType(), scim.Profile{})
	if err != nil {
		return directory.UserPage{}, err
	}
	return s.Users(x.t.Context(), directory.ListQuery{
		Root: c.Root, Connection: c.ID, Type: scim.UserType(), Filter: f, StartIndex: 1, Limit: 1000,
	})
}

// namesOn is the total and the names of a page.
func namesOn(page directory.UserPage, err error) ([]string, error) {
	list := []string{fmt.Sprint(page.Total)}
	for _, u := range page.Users {
		list = append(list, u.UserName)
	}
	return list, err
}
