package scimserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
	"pgregory.net/rapid"
)

// shuffled lets others go first every now and then, so that operations that may overtake each other do.
type shuffled struct{ scimserver.Backend }

func yield() {
	for range rand.IntN(50) {
		runtime.Gosched()
	}
}

func (s shuffled) Create(ctx context.Context, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	yield()
	return s.Backend.Create(ctx, r, w)
}

func (s shuffled) Replace(ctx context.Context, id string, r *scim.Resource, w scim.Write) (*scim.Record, error) {
	yield()
	return s.Backend.Replace(ctx, id, r, w)
}

func (s shuffled) Patch(ctx context.Context, id string, p *scim.Patch, w scim.Write) (*scim.Record, error) {
	yield()
	return s.Backend.Patch(ctx, id, p, w)
}

func (s shuffled) Delete(ctx context.Context, t *scim.ResourceType, id string, w scim.Write) error {
	yield()
	return s.Backend.Delete(ctx, t, id, w)
}

// drawnOp is an operation of a random batch.
type drawnOp struct {
	Method  string          `json:"method"`
	BulkID  string          `json:"bulkId,omitempty"`
	Path    string          `json:"path"`
	Version string          `json:"version,omitempty"`
	Data    json.RawMessage `json:"data,omitempty"`
}

// draw draws a batch about few names, so that operations meet. forward allows references to later operations.
type draw struct {
	t       *rapid.T
	n, i    int
	forward bool
}

func (d draw) one(label string, of ...string) string { return rapid.SampledFrom(of).Draw(d.t, label) }

func (d draw) chance(label string) bool { return rapid.IntRange(0, 3).Draw(d.t, label) == 0 }

// ref is an id: of what is there, of nothing, or of what another operation creates.
func (d draw) ref() string {
	last := d.i - 1
	if d.forward {
		last = d.n - 1
	}
	if last < 0 || rapid.Bool().Draw(d.t, "stored") {
		return d.one("id", "{alice}", "{bob}", "{carol}", "{sales}", "{empty}", "nobody", "ext-bob", "ext-1")
	}
	return fmt.Sprint("bulkId:", rapid.IntRange(0, last).Draw(d.t, "of"))
}

func (d draw) members() string {
	list := make([]string, rapid.IntRange(0, 3).Draw(d.t, "members"))
	for i := range list {
		list[i] = `{"value":"` + d.ref() + `"}`
	}
	return "[" + strings.Join(list, ",") + "]"
}

func (d draw) user() string {
	data := `{"userName":"` + d.one("userName", "alice@example.com", "bob@example.com", "n1", "N1", "n2", "n3") + `"`
	if d.chance("externalId") {
		data += `,"externalId":"` + d.one("ext", "ext-bob", "ext-1") + `"`
	}
	if d.chance("manager") {
		data += "," + managedBy(d.ref())
	}
	return data + "}"
}

func (d draw) group() string {
	return `{"displayName":"` + d.one("displayName", "Sales", "Empty", "g1", "G1", "g2") + `","members":` + d.members() + `}`
}

func (d draw) patch(user bool) string {
	if user {
		return d.one("patch",
			ops(`{"op":"replace","path":"title","value":"x"}`),
			ops(`{"op":"replace","path":"userName","value":"n1"}`),
			ops(`{"op":"replace","value":{"userName":"n2","active":"False"}}`),
			ops(`{"op":"replace","path":"manager","value":"`+d.ref()+`"}`),
			ops(`{"op":"replace","path":"userName","value":7}`))
	}
	return d.one("patch",
		ops(`{"op":"add","path":"members","value":`+d.members()+`}`),
		ops(`{"op":"remove","path":"members[value eq \"`+d.ref()+`\"]"}`),
		ops(`{"op":"replace","path":"displayName","value":"g1"}`),
		ops(`{"op":"bogus"}`))
}

func (d draw) operation() drawnOp {
	user := rapid.Bool().Draw(d.t, "user")
	op := drawnOp{Path: "/Groups", Method: d.one("method", "POST", "POST", "PUT", "PATCH", "DELETE")}
	if user {
		op.Path = "/Users"
	}
	if op.Method != "POST" {
		op.Path += "/" + d.ref()
		if d.chance("version") {
			op.Version = d.one("version", `W/"1"`, `W/"2"`, `W/"3"`)
		}
	} else {
		op.BulkID = fmt.Sprint(d.i)
	}
	switch data := ""; {
	case op.Method == "DELETE":
	case op.Method == "PATCH":
		op.Data = json.RawMessage(d.patch(user))
	case user:
		data = d.user()
		op.Data = json.RawMessage(data)
	default:
		op.Data = json.RawMessage(d.group())
	}
	return op
}

func drawBatch(t *rapid.T, forward bool) []drawnOp {
	d := draw{t: t, n: rapid.IntRange(1, 14).Draw(t, "operations"), forward: forward}
	batch := make([]drawnOp, d.n)
	for d.i = range batch {
		batch[d.i] = d.operation()
	}
	return batch
}

func batchBody(batch []drawnOp, failOnErrors int) string {
	body, err := json.Marshal(map[string]any{"schemas": []string{scim.URNBulkRequest}, "failOnErrors": failOnErrors, "Operations": batch})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func worldOf(t *testing.T) *fixture {
	t.Helper()
	return setup(t, "generic", func(o *scimserver.Options) {
		inner := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := inner(r)
			c.Backend = shuffled{c.Backend}
			return c, err
		}
	})
}

// settled is all that is stored, with a name in place of every id, and neither times, versions nor an order. names has
// the ids that operations made.
func (f *fixture) settled(t *testing.T, names map[string]string) string {
	t.Helper()
	text := f.state()
	for name, id := range f.ids {
		text = strings.ReplaceAll(text, id, name)
	}
	for id, name := range names {
		text = strings.ReplaceAll(text, id, name)
	}
	var docs []string
	for dec := json.NewDecoder(strings.NewReader(text)); dec.More(); {
		var list struct{ Resources []map[string]any }
		if err := dec.Decode(&list); err != nil {
			t.Fatal(err)
		}
		for _, doc := range list.Resources {
			delete(doc, "meta")
			for _, rows := range []string{"members", "groups"} {
				if list, ok := doc[rows].([]any); ok {
					slices.SortFunc(list, func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
				}
			}
			one, _ := json.Marshal(doc)
			docs = append(docs, string(one))
		}
	}
	slices.Sort(docs)
	return strings.Join(docs, "\n")
}

// oneByOne sends the operations of a batch as single requests, and returns their statuses.
func (f *fixture) oneByOne(batch []drawnOp) (list []string, names map[string]string) {
	made, names := map[string]string{}, map[string]string{}
	for i, op := range batch {
		text, _ := json.Marshal(op)
		status := http.StatusConflict // what it refers to has failed
		if known := f.substitute(&op, text, made); known {
			a := f.do(op.Method, op.Path, string(op.Data), map[string]string{"If-Match": op.Version})
			status = a.Code
			if a.Code == http.StatusCreated {
				location := a.Header().Get("Location")
				id := location[strings.LastIndexByte(location, '/')+1:]
				made[op.BulkID], names[id] = id, fmt.Sprint("op", i)
			}
		} else if !f.known(batch, string(text)) {
			status = http.StatusBadRequest
		}
		list = append(list, fmt.Sprint(status))
	}
	return list, names
}

// substitute puts ids in place of bulkIds, and reports whether all of them are known.
func (f *fixture) substitute(op *drawnOp, text []byte, made map[string]string) bool {
	s := f.expand(string(text))
	for bulkID, id := range made {
		s = strings.ReplaceAll(s, `bulkId:`+bulkID+`"`, id+`"`)
		s = strings.ReplaceAll(s, `bulkId:`+bulkID+`\"`, id+`\"`)
	}
	*op = drawnOp{}
	if err := json.Unmarshal([]byte(s), op); err != nil {
		panic(err)
	}
	return !strings.Contains(s, "bulkId:")
}

// known reports whether every bulkId that the text refers to is that of a POST.
func (f *fixture) known(batch []drawnOp, text string) bool {
	for _, part := range strings.Split(text, "bulkId:")[1:] {
		id, _, _ := strings.Cut(part, `"`)
		id = strings.TrimSuffix(id, `\`)
		if !slices.ContainsFunc(batch, func(op drawnOp) bool { return op.BulkID == id }) {
			return false
		}
	}
	return true
}

// check is rapid.Check with four times its number of cases: batches are small, and races rare.
func check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	for range 4 {
		rapid.Check(t, property)
	}
}

// TestBulk_R154_R155_SameAsOneByOne: whatever runs at the same time, statuses and state are those of the single
// requests in the same order.
func TestBulk_R154_R155_SameAsOneByOne(t *testing.T) {
	t.Parallel()
	check(t, func(rt *rapid.T) {
		batch := drawBatch(rt, false)
		single, many := setup(t, "generic", nil), worldOf(t)
		want, wantNames := single.oneByOne(batch)
		results := many.bulk(t, batchBody(batch, 0))
		names := map[string]string{}
		for i, r := range results {
			if r.Status == "201" {
				names[r.id()] = fmt.Sprint("op", i)
			}
		}
		if got := statuses(results); got != strings.Join(want, " ") {
			rt.Fatalf("statuses\ngot  %s\nwant %s\n%s", got, want, batchBody(batch, 0))
		}
		if got, want := many.settled(t, names), single.settled(t, wantNames); got != want {
			rt.Fatalf("state\ngot\n%s\nwant\n%s\n%s", got, want, batchBody(batch, 0))
		}
	})
}

// TestBulk_R149_R150_AnyReferences: with references in all directions, what runs at the same time comes to the same as
// what runs one after the other, and no reference is left.
func TestBulk_R149_R150_AnyReferences(t *testing.T) {
	t.Parallel()
	check(t, func(rt *rapid.T) {
		batch := drawBatch(rt, true)
		var state, status [2]string
		for i, failOnErrors := range []int{0, 1000} {
			f := worldOf(t)
			results := f.bulk(t, batchBody(batch, failOnErrors))
			names := map[string]string{}
			for i, r := range results {
				if r.Status == "201" {
					names[r.id()] = fmt.Sprint("op", i)
				}
			}
			state[i], status[i] = f.settled(t, names), statuses(results)
		}
		if status[0] != status[1] || state[0] != state[1] {
			rt.Fatalf("at the same time\n%s\n%s\none by one\n%s\n%s\n%s", status[0], state[0], status[1], state[1], batchBody(batch, 0))
		}
		if strings.Contains(state[0], "bulkId") {
			rt.Fatalf("a reference is left: %s", state[0])
		}
	})
}
