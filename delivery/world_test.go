package delivery

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

var operator = directory.Actor{Name: "cli:test"}

// clock stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

func (c *clock) add(d time.Duration) { c.set(c.Now().Add(d)) }

// world is a directory over a real store with one workspace.
type world struct {
	t         testing.TB
	clock     *clock
	store     directory.Store
	directory *directory.Directory
	workspace directory.Workspace
	client    *directory.Client
	events    int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}}
	store, err := sqlite.Open(t.Context(), sqlitetest.Folder(t), sqlitetest.Options(t, w.clock.Now))
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	w.store = store
	w.directory, err = directory.New(directory.Config{Store: store, Key: directory.NewKey(), Now: w.clock.Now})
	check(t, err)
	w.workspace, err = w.directory.CreateWorkspace(t.Context(), operator, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	check(t, err)
	return w
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) webhook(url string) directory.IssuedWebhook {
	w.t.Helper()
	h, err := w.directory.CreateWebhook(w.t.Context(), operator, w.workspace, directory.NewWebhook{URL: url})
	check(w.t, err)
	return h
}

// read returns a webhook as it stands in the store.
func (w *world) read(h directory.IssuedWebhook) directory.Webhook {
	w.t.Helper()
	now, err := w.directory.Webhook(w.t.Context(), w.workspace, h.ID)
	check(w.t, err)
	return now
}

// emit commits n events, which have the ids e1, e2, …
func (w *world) emit(n int) {
	w.t.Helper()
	change := directory.Change{Root: w.workspace.Root}
	for range n {
		w.events++
		change.Events = append(change.Events, directory.Event{
			Root: w.workspace.Root, ID: fmt.Sprintf("e%d", w.events), Time: w.clock.Now(), Type: directory.EventMemberJoined,
			Workspace: w.workspace.ID, Connection: "c1", Subject: "s1", Data: []byte(`{"role":"member"}`),
		})
	}
	check(w.t, w.store.Commit(w.t.Context(), &change))
}

// createGroup makes a change through the directory, which commits one event.
func (w *world) createGroup(name string) {
	w.t.Helper()
	if w.client == nil {
		c, err := w.directory.CreateConnection(w.t.Context(), operator, w.workspace, directory.NewConnection{Name: "Okta"})
		check(w.t, err)
		w.client = w.directory.ClientFor(w.workspace, c, operator)
	}
	groups := w.client.Types[1]
	o, err := scim.ParseJSON(fmt.Appendf(nil, `{"schemas":[%q],"displayName":%q}`, groups.Schema.ID, name), scim.Limits{})
	check(w.t, err)
	g, err := groups.Decode(o, w.client.Profile)
	check(w.t, err)
	_, err = w.client.Create(w.t.Context(), g, scim.Write{})
	check(w.t, err)
}

// dispatcher is a process that sends: one that does not wait for more.
func (w *world) dispatcher() *dispatcher {
	w.t.Helper()
	d := newDispatcher(w.config())
	d.linger = 0
	return d
}

func (w *world) config() Config {
	return Config{
		Directory: w.directory, Client: NewClient(ClientConfig{AllowedNetworks: loopback}), Now: w.clock.Now,
		Log: slog.New(slog.DiscardHandler),
	}
}

// round sends what is due now, and returns when that is done.
func (w *world) round() {
	w.t.Helper()
	d := w.dispatcher()
	d.look(w.t.Context())
	d.senders.Wait()
}

// receiver answers with the statuses one after the other, then with 204, and keeps the ids of all messages.
type receiver struct {
	t      testing.TB
	url    string
	secret string // to be set before the first message; empty: signatures are not looked at

	mu       sync.Mutex
	statuses []int
	got      []string
	bodies   [][]byte
}

func newReceiver(t testing.TB, statuses ...int) *receiver {
	t.Helper()
	r := &receiver{t: t, statuses: statuses}
	r.url = receive(t, r.handle)
	return r
}

func (r *receiver) handle(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.verify(req.Header, body)
	r.got = append(r.got, req.Header.Get(headerID))
	r.bodies = append(r.bodies, body)
	status := http.StatusNoContent
	if len(r.statuses) > 0 {
		status, r.statuses = r.statuses[0], r.statuses[1:]
	}
	w.WriteHeader(status)
}

func (r *receiver) verify(h http.Header, body []byte) {
	if r.secret == "" {
		return
	}
	oracle, err := standardwebhooks.NewWebhook(r.secret)
	if err != nil {
		r.t.Error(err)
	}
	if err := oracle.VerifyIgnoringTimestamp(body, h); err != nil { // our clock is not the oracle's
		r.t.Errorf("message %s: %v", h.Get(headerID), err)
	}
}

// received lists the ids of the messages since the last call.
func (r *receiver) received() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got, r.bodies = nil, nil
	return append([]string{}, got...)
}
