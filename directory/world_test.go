package directory_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

var _ scimserver.Backend = (*directory.Client)(nil)

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

var testStart = time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

var operator = directory.Actor{Name: "cli:test"}

// world is a directory over a real store with one workspace, one connection and its client.
type world struct {
	t          testing.TB
	ctx        context.Context
	clock      *clock
	store      directory.Store
	key        directory.Key
	directory  *directory.Directory
	workspace  directory.Workspace
	connection directory.Connection
	*directory.Client

	names              *strings.Replacer
	labels             []string
	auditSeq, eventSeq int64
}

func newWorld(t testing.TB, profile string) *world {
	t.Helper()
	w := emptyWorld(t)
	var err error
	w.workspace, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	check(t, err)
	w.connection = w.connect(profile+"-1", profile)
	w.Client = w.directory.ClientFor(w.workspace, w.connection, directory.Actor{Name: "token:t", RequestID: "r"})
	w.skip()
	return w
}

func emptyWorld(t testing.TB) *world {
	t.Helper()
	w := &world{
		t: t, ctx: context.Background(), clock: &clock{now: testStart}, key: directory.NewKey(),
	}
	w.store = openStore(t, w.clock.Now)
	w.directory = w.open(w.key)
	return w
}

func openStore(t testing.TB, now func() time.Time) directory.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), sqlitetest.Folder(t), sqlitetest.Options(t, now))
	check(t, err)
	t.Cleanup(func() { check(t, s.Close()) })
	return s
}

// open returns another directory on the same store: a second process.
func (w *world) open(key directory.Key) *directory.Directory {
	w.t.Helper()
	d, err := directory.New(directory.Config{Store: w.store, Key: key, Now: w.clock.Now})
	check(w.t, err)
	return d
}

func (w *world) connect(name, profile string) directory.Connection {
	w.t.Helper()
	c, err := w.directory.CreateConnection(w.ctx, operator, w.workspace,
		directory.NewConnection{Name: name, Profile: profile})
	check(w.t, err)
	return c
}

// label gives an id a name for what happened prints.
func (w *world) label(id, name string) {
	w.labels = append(w.labels, id, name)
	w.names = strings.NewReplacer(w.labels...)
}

// skip forgets what happened so far.
func (w *world) skip() { w.t.Helper(); w.happened() }

// happened returns the audit entries and events since the last call, one line each, ids by their labels.
func (w *world) happened() []string {
	w.t.Helper()
	lines := []string{}
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, w.auditSeq, 0)
	check(w.t, err)
	for _, e := range entries {
		w.auditSeq = e.Seq
		lines = append(lines, fmt.Sprintf("%s %s by %s: %s", e.Action, e.Target, e.Actor, brief(e.Detail)))
	}
	events, err := w.directory.EventLog(w.ctx, w.workspace, w.eventSeq, 0)
	check(w.t, err)
	for _, e := range events {
		w.eventSeq = e.Seq
		lines = append(lines, fmt.Sprintf("> %s %s: %s", e.Type, e.Subject, brief(e.Data)))
	}
	if w.names != nil {
		for i := range lines {
			lines[i] = w.names.Replace(lines[i])
		}
	}
	return lines
}

// wantHappened fails unless exactly these lines happened since the last call.
func (w *world) wantHappened(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), w.happened()); diff != "" {
		w.t.Errorf("audit entries and events (-want +got):\n%s", diff)
	}
}

func (w *world) userType() *scim.ResourceType  { return w.Types[0] }
func (w *world) groupType() *scim.ResourceType { return w.Types[1] }

func (w *world) decode(t *scim.ResourceType, body string) *scim.Resource {
	w.t.Helper()
	return decode(w.t, w.Client, t, body)
}

func decode(t testing.TB, c *directory.Client, rt *scim.ResourceType, body string) *scim.Resource {
	t.Helper()
	o, err := scim.ParseJSON([]byte(body), scim.Limits{})
	check(t, err)
	withSchemas(o, rt.Schema.ID)
	r, err := rt.Decode(o, c.Profile)
	check(t, err)
	return r
}

func withSchemas(o *scim.Object, urn string) {
	if _, ok := o.Get("schemas"); !ok {
		o.Set("schemas", scim.Array{urn})
	}
}

// user makes a user from JSON and labels it and its subject by the userName.
func (w *world) user(body string) *scim.Record {
	w.t.Helper()
	rec, err := w.Create(w.ctx, w.decode(w.userType(), body), w.shown(w.userType()))
	check(w.t, err)
	w.labelUser(rec)
	return rec
}

func (w *world) labelUser(rec *scim.Record) {
	w.t.Helper()
	u, err := w.store.User(w.ctx, w.connection.Root, w.connection.ID, rec.ID)
	check(w.t, err)
	w.label(rec.ID, "<"+u.UserName+">")
	w.label(u.Subject, "<subject of "+u.UserName+">")
}

// group makes a group from JSON and labels it by its displayName.
func (w *world) group(body string) *scim.Record {
	w.t.Helper()
	rec, err := w.Create(w.ctx, w.decode(w.groupType(), body), w.shown(w.groupType()))
	check(w.t, err)
	g, err := w.store.Group(w.ctx, w.connection.Root, w.connection.ID, rec.ID)
	check(w.t, err)
	w.label(rec.ID, "<"+g.DisplayName+">")
	return rec
}

func (w *world) patch(t *scim.ResourceType, id, operations string) (*scim.Record, error) {
	w.t.Helper()
	return w.Patch(w.ctx, id, parsePatch(w.t, w.Client, t, operations), w.shown(t))
}

func (w *world) put(t *scim.ResourceType, id, body string) (*scim.Record, error) {
	w.t.Helper()
	return w.Replace(w.ctx, id, w.decode(t, body), w.shown(t))
}

func parsePatch(t testing.TB, c *directory.Client, rt *scim.ResourceType, operations string) *scim.Patch {
	t.Helper()
	o, err := scim.ParseJSON(fmt.Appendf(nil, `{"schemas":[%q],"Operations":%s}`, scim.URNPatchOp, operations), scim.Limits{})
	check(t, err)
	p, err := scim.ParsePatch(o, rt, c.Profile)
	check(t, err)
	return p
}

// shown is a write whose answer shows everything that is shown by default.
func (w *world) shown(t *scim.ResourceType) scim.Write {
	show := w.all(t)
	return scim.Write{Show: &show}
}

func (w *world) all(t *scim.ResourceType) scim.Projection {
	w.t.Helper()
	show, err := scim.ParseProjection(t, "", "")
	check(w.t, err)
	return show
}

func (w *world) get(t *scim.ResourceType, id string) *scim.Record {
	w.t.Helper()
	rec, err := w.Get(w.ctx, t, id, w.all(t))
	check(w.t, err)
	return rec
}

func (w *world) list(t *scim.ResourceType, filter string, start, count int) scim.Page {
	w.t.Helper()
	q := scim.Query{StartIndex: start, Count: count, Show: w.all(t)}
	if filter != "" {
		f, err := scim.ParseFilter(filter, t, w.Profile)
		check(w.t, err)
		q.Filter = f
	}
	page, err := w.List(w.ctx, t, q)
	check(w.t, err)
	return page
}

// ifMatch is a write that expects the version.
func ifMatch(version int64) scim.Write {
	return scim.Write{IfMatch: scim.Precondition{Tags: []string{fmt.Sprint(version)}}}
}

// members lists the ids of a group's members.
func members(rec *scim.Record) []string {
	ids := []string{}
	for _, m := range rec.Members {
		ids = append(ids, m.Value)
	}
	return ids
}

func (w *world) membership(subject string) directory.Membership {
	w.t.Helper()
	m, err := w.store.Membership(w.ctx, w.workspace.Root, w.workspace.ID, subject)
	check(w.t, err)
	return m
}

// subject returns the subject of a user.
func (w *world) subject(id string) string {
	w.t.Helper()
	u, err := w.store.User(w.ctx, w.connection.Root, w.connection.ID, id)
	check(w.t, err)
	return u.Subject
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantKind fails unless err is a *scim.Error of the kind whose detail has all the texts.
func wantKind(t *testing.T, err error, kind scim.Kind, texts ...string) {
	t.Helper()
	var e *scim.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want %s", err, kind)
	}
	if e.Kind != kind {
		t.Fatalf("error is of kind %q (%v), want %q", e.Kind, err, kind)
	}
	for _, text := range texts {
		if !strings.Contains(e.Detail(), text) {
			t.Errorf("detail %q lacks %q", e.Detail(), text)
		}
	}
}

// wantRefusal fails unless err is a *directory.Refusal of the kind with a hint.
func wantRefusal(t *testing.T, err error, kind directory.RefusalKind, text string) {
	t.Helper()
	var r *directory.Refusal
	if !errors.As(err, &r) {
		t.Fatalf("error is %v, want a refusal", err)
	}
	if r.Kind != kind || r.Hint == "" || !strings.Contains(r.Error(), text) {
		t.Errorf("refusal is %q %q with hint %q, want kind %q, the text %q and a hint", r.Kind, r.Message, r.Hint, kind, text)
	}
}

// equal fails unless got is want.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	sameType := cmp.Comparer(func(a, b *scim.ResourceType) bool { return a == b })
	if diff := cmp.Diff(want, got, sameType); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// brief leaves out what the mapping made of a document, for tests about something else; see provision_test.go.
func brief(detail []byte) []byte {
	o, err := scim.ParseJSON(detail, scim.Limits{})
	if err != nil {
		return detail
	}
	brief := false
	for _, name := range []string{"memberships", "profile", "notes"} {
		if v, _ := o.Get(name); v != nil {
			if _, text := v.(string); !text { // a connection's profile is one
				brief = o.Delete(name)
			}
		}
	}
	if !brief {
		return detail
	}
	return scim.AppendJSON(nil, o)
}
