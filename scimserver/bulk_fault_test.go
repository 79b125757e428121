package scimserver_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

// tripwire is a backend with something in the way of some calls; a nil func lets them through.
type tripwire struct {
	scimserver.Backend
	create  func(r *scim.Resource) error // before
	created func(r *scim.Resource)       // after
	replace func(r *scim.Resource) error
	patch   func() error
	remove  func() error
	get     func()
}

func (w tripwire) Get(ctx context.Context, t *scim.ResourceType, id string, show scim.Projection) (*scim.Record, error) {
	if w.get != nil {
		w.get()
	}
	return w.Backend.Get(ctx, t, id, show)
}

func (w tripwire) Create(ctx context.Context, r *scim.Resource, wr scim.Write) (*scim.Record, error) {
	if w.create != nil {
		if err := w.create(r); err != nil {
			return nil, err
		}
	}
	rec, err := w.Backend.Create(ctx, r, wr)
	if w.created != nil {
		w.created(r)
	}
	return rec, err
}

func (w tripwire) Replace(ctx context.Context, id string, r *scim.Resource, wr scim.Write) (*scim.Record, error) {
	if w.replace != nil {
		if err := w.replace(r); err != nil {
			return nil, err
		}
	}
	return w.Backend.Replace(ctx, id, r, wr)
}

func (w tripwire) Patch(ctx context.Context, id string, p *scim.Patch, wr scim.Write) (*scim.Record, error) {
	if w.patch != nil {
		if err := w.patch(); err != nil {
			return nil, err
		}
	}
	return w.Backend.Patch(ctx, id, p, wr)
}

func (w tripwire) Delete(ctx context.Context, t *scim.ResourceType, id string, wr scim.Write) error {
	if w.remove != nil {
		if err := w.remove(); err != nil {
			return err
		}
	}
	return w.Backend.Delete(ctx, t, id, wr)
}

// wired is a fixture whose backend has w in the way once it is set up.
func wired(t testing.TB, w *tripwire) *fixture {
	t.Helper()
	armed := false
	f := setup(t, "rfc", func(o *scimserver.Options) {
		inner := o.Caller
		o.Caller = func(r *http.Request) (scimserver.Caller, error) {
			c, err := inner(r)
			if armed {
				w.Backend = c.Backend
				c.Backend = *w
			}
			return c, err
		}
	})
	armed = true
	return f
}

func circleOfGroups() string {
	return bulkOf(
		change("DELETE", "/Users/{carol}", ""),
		post("a", "/Groups", groupData("A", "bulkId:b")),
		post("b", "/Groups", groupData("B", "bulkId:a")),
		post("c", "/Groups", groupData("C", "bulkId:a")),
	)
}

// TestBulk_R150_UndoneWhenTheSecondStepFails: what a circle has created goes again.
func TestBulk_R150_UndoneWhenTheSecondStepFails(t *testing.T) {
	t.Parallel()
	f := wired(t, &tripwire{replace: func(*scim.Resource) error { return scim.NewError(scim.KindTooManyValues, "members", "", "none") }})
	got := f.bulk(t, circleOfGroups())
	if s := statuses(got); s != "204 409 409 409" {
		t.Fatalf("%s: %+v", s, got)
	}
	if !strings.Contains(string(got[1].Response), "the attribute has too many values") {
		t.Errorf("the reason is not told: %s", got[1].Response)
	}
	contains(t, f.do("GET", "/Groups", "", nil).Body.Bytes(), `{"totalResults":2}`)
}

func TestBulk_R150_FaultInTheSecondStep(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	f := wired(t, &tripwire{replace: func(*scim.Resource) error { return broken }})
	if s := statuses(f.bulk(t, circleOfGroups())); s != "204 500 409 409" {
		t.Errorf("%s", s)
	}
	contains(t, f.do("GET", "/Groups", "", nil).Body.Bytes(), `{"totalResults":2}`)
}

// TestBulk_R150_WhatCannotBeUndoneIsTold: the result of what is left behind is 500, and the log says its id.
func TestBulk_R150_WhatCannotBeUndoneIsTold(t *testing.T) {
	t.Parallel()
	refused := scim.NewError(scim.KindTooManyValues, "members", "", "none")
	removals := 0
	f := wired(t, &tripwire{
		replace: func(*scim.Resource) error { return refused },
		remove: func() error {
			if removals++; removals > 2 {
				return scim.NewError(scim.KindBusy, "", "", "")
			}
			return nil
		},
	})
	if s := statuses(f.bulk(t, circleOfGroups())); s != "204 409 500 409" {
		t.Errorf("%s", s)
	}
	rec := f.log.last(t)
	left, _ := rec["errors"].([]any)
	if len(left) != 1 || !strings.Contains(left[0].(string), "Operations[2]: ") || rec["level"] != "ERROR" || rec["failed"] != 3.0 {
		t.Errorf("%v", rec)
	}
	// Somebody else has removed it meanwhile: then there is nothing to undo.
	f = wired(t, &tripwire{
		replace: func(*scim.Resource) error { return refused },
		remove:  func() error { return scim.NewError(scim.KindUnknownResource, "", "", "") },
	})
	if s := statuses(f.bulk(t, circleOfGroups())); s != "404 409 409 409" {
		t.Errorf("%s", s)
	}
}

func TestBulk_R155_APanicIsOneOperations(t *testing.T) {
	t.Parallel()
	f := wired(t, &tripwire{create: func(r *scim.Resource) error {
		if r.Text("userName") == "p" {
			panic("secret of the inside")
		}
		return nil
	}})
	got := f.bulk(t, bulkOf(post("a", "/Users", userData("a")), post("p", "/Users", userData("p")), post("b", "/Users", userData("b", managedBy("bulkId:p")))))
	if s := statuses(got); s != "201 500 409" {
		t.Fatalf("%s: %+v", s, got)
	}
	rec := f.log.last(t)
	if strings.Contains(string(got[1].Response), "secret") || rec["level"] != "ERROR" || !strings.Contains(fmt.Sprint(rec["stack"]), "bulk_fault_test.go") {
		t.Errorf("%s\n%v", got[1].Response, rec)
	}
	f = wired(t, &tripwire{get: func() { panic("reading ahead") }})
	if s := statuses(f.bulk(t, bulkOf(change("PUT", "/Users/{bob}", userData("x")), post("a", "/Users", userData("a"))))); s != "200 201" {
		t.Errorf("a panic where nothing is answered: %s", s)
	}
}

// bulkUntil sends a bulk request under a context.
func (f *fixture) bulkUntil(t *testing.T, ctx context.Context, body string) []bulkResult {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://usher.test/Bulk", strings.NewReader(f.expand(body))).WithContext(ctx)
	r.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	var got struct{ Operations []bulkResult }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return got.Operations
}

// TestBulk_R155_CallerGone: what is committed stays, nothing is started any more, and the log says so.
func TestBulk_R155_CallerGone(t *testing.T) {
	t.Parallel()
	for _, failOnErrors := range []int{0, 1000} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var made atomic.Int32
		f := wired(t, &tripwire{created: func(*scim.Resource) {
			if made.Add(1) == 20 {
				cancel()
			}
		}})
		operations := make([]string, 500)
		for i := range operations {
			operations[i] = post(fmt.Sprint(i), "/Users", userData(fmt.Sprint("u", i)))
		}
		got := f.bulkUntil(t, ctx, fmt.Sprintf(`{"failOnErrors":%d,`, failOnErrors)+bulkOf(operations...)[1:])
		count := map[string]int{}
		for _, r := range got {
			count[r.Status]++
		}
		if len(got) != 500 || count["201"] < 20 || count["201"] > 20+32 || count["503"] != 500-count["201"] {
			t.Errorf("%d results: %v", len(got), count)
		}
		rec := f.log.last(t)
		if rec["status"] != 499.0 || rec["operations"] != 500.0 || rec["failed"] != float64(count["503"]) || rec["level"] != "INFO" {
			t.Errorf("%v", rec)
		}
		contains(t, f.do("GET", "/Users", "", nil).Body.Bytes(), fmt.Sprintf(`{"totalResults":%d}`, 3+count["201"]))
	}
}

// TestBulk_R150_CallerGoneInACircle: a circle that was begun is finished.
func TestBulk_R150_CallerGoneInACircle(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := wired(t, &tripwire{created: func(*scim.Resource) { cancel() }})
	got := f.bulkUntil(t, ctx, circleOfGroups())
	if s := statuses(got); s != "204 201 201 503" {
		t.Fatalf("%s: %+v", s, got)
	}
	for i := range 2 {
		contains(t, f.do("GET", "/Groups/"+got[1+i].id(), "", nil).Body.Bytes(), `{"members":[{"value":"`+got[2-i].id()+`"}]}`)
	}
}

// TestBulk_R155_RunOnceMore: a rule that only the backend knows makes an operation fail that was started too early.
func TestBulk_R155_RunOnceMore(t *testing.T) {
	t.Parallel()
	tried, patched := make(chan struct{}), make(chan struct{})
	var once sync.Once
	attempts := 0
	f := wired(t, &tripwire{
		patch: func() error {
			<-tried
			close(patched)
			return nil
		},
		create: func(*scim.Resource) error {
			defer once.Do(func() { close(tried) })
			attempts++
			select {
			case <-patched:
				return nil
			default:
				return scim.NewError(scim.KindTaken, "emails", "dan@example.com", "")
			}
		},
	})
	got := f.bulk(t, bulkOf(
		change("PATCH", "/Users/{bob}", ops(`{"op":"remove","path":"emails"}`)),
		post("a", "/Users", userData("dan")),
	))
	if s := statuses(got); s != "200 201" || attempts != 2 {
		t.Errorf("%s after %d attempts", s, attempts)
	}
}

// TestBulk_R155_Width: so many run at the same time, and no more.
func TestBulk_R155_Width(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	running, most := 0, 0
	full := make(chan struct{})
	f := wired(t, &tripwire{
		create: func(*scim.Resource) error {
			mu.Lock()
			running++
			most = max(most, running)
			if running == 64 && most == 64 {
				select {
				case <-full:
				default:
					close(full)
				}
			}
			mu.Unlock()
			<-full
			return nil
		},
		created: func(*scim.Resource) {
			mu.Lock()
			running--
			mu.Unlock()
		},
	})
	operations := make([]string, 100)
	for i := range operations {
		operations[i] = post(fmt.Sprint(i), "/Users", userData(fmt.Sprint("u", i)))
	}
	f.bulk(t, bulkOf(operations...))
	if most != 64 {
		t.Errorf("%d at the same time", most)
	}
}

func TestBulk_R176_Log(t *testing.T) {
	t.Parallel()
	f := setup(t, "okta", nil)
	operations := []string{change("DELETE", "/Users/nobody", ""), `{"method":"` + strings.Repeat("X", 1000) + `","path":"/Users"}`}
	for i := range 30 {
		operations = append(operations, post(fmt.Sprint(i), "/Users", userData(fmt.Sprint("secret.name", i), `"prefferedLanguage":"en","bogus":1`)))
	}
	got := f.bulk(t, bulkOf(operations...))
	if len(got[1].Method) > 16 {
		t.Errorf("a method of %d bytes is repeated", len(got[1].Method))
	}
	rec := f.log.last(t)
	warnings, _ := rec["warnings"].([]any)
	if rec["path"] != "/Bulk" || rec["status"] != 200.0 || rec["operations"] != 32.0 || rec["failed"] != 2.0 || len(warnings) != 20 {
		t.Errorf("%v", rec)
	}
	if !strings.HasPrefix(fmt.Sprint(warnings[0]), `Operations[2]: `) || strings.Contains(f.log.String(), "secret.name3") {
		t.Errorf("%v", rec)
	}
}
