package usher_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

// These tests go the whole way, front door to SQLite file. Each fault has the answer that docs/operating.md names,
// and nothing is left half-done.

// unlimited is a bundle without a rate limit.
func unlimited(t *testing.T) *bundle {
	t.Helper()
	return setup(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: -1}})
}

// resource is what the tests look at in an answer of any kind.
type resource struct {
	ID, DisplayName, UserName, Title string
	Status, ScimType, Detail         string
	Location, NextCursor             string
	TotalResults                     int
	Meta                             struct {
		Version               string
		Created, LastModified time.Time
	}
	Members    []struct{ Value string }
	Resources  []resource
	Operations []resource
}

// send sends a request below the connection's base URL, which must be answered with that status.
func (b *bundle) send(t *testing.T, method, path, body string, want int) resource {
	t.Helper()
	w := b.do(request{method: method, path: "/scim/{id}/v2" + path, body: body})
	if w.Code != want {
		t.Fatalf("%s %s: %d %.600s, want %d", method, path, w.Code, w.Body, want)
	}
	var got resource
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
	}
	return got
}

func (b *bundle) total(t *testing.T, endpoint string) int {
	t.Helper()
	return b.send(t, http.MethodGet, endpoint+"?count=0", "", http.StatusOK).TotalResults
}

// bulkOf is a bulk request that stops at the first error, or goes on after any.
func bulkOf(stop bool, operations ...string) string {
	fail := ""
	if stop {
		fail = `"failOnErrors":1,`
	}
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],` + fail + `"Operations":[` + strings.Join(operations, ",") + `]}`
}

func patchOf(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// posts are operations that create users u0, u1, … of about that many bytes each.
func posts(n, size int) []string {
	operations := make([]string, n)
	for i := range operations {
		operations[i] = fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"b%d","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],`+
			`"userName":"u%d","title":"%s"}}`, i, i, strings.Repeat("t", size))
	}
	return operations
}

// users makes so many users and returns their ids.
func (b *bundle) users(t *testing.T, n int) []string {
	t.Helper()
	var ids []string
	for _, op := range b.send(t, http.MethodPost, "/Bulk", bulkOf(false, posts(n, 0)...), http.StatusOK).Operations {
		ids = append(ids, op.Location[strings.LastIndexByte(op.Location, '/')+1:])
	}
	return ids
}

func groupOf(name string, ids ...string) string {
	members := make([]string, len(ids))
	for i, id := range ids {
		members[i] = `{"value":"` + id + `"}`
	}
	return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"` + name + `","members":[` + strings.Join(members, ",") + `]}`
}

// actions counts the audit entries, and events the events, by kind.
func (b *bundle) actions(t *testing.T) map[string]int {
	t.Helper()
	entries, err := b.server.Directory().AuditLog(t.Context(), b.workspace(t), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range entries {
		count[e.Action]++
	}
	return count
}

func (b *bundle) events(t *testing.T) map[string]int {
	t.Helper()
	events, err := b.server.Directory().EventLog(t.Context(), b.workspace(t), 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, e := range events {
		count[e.Type]++
	}
	return count
}

func (b *bundle) workspace(t *testing.T) directory.Workspace {
	t.Helper()
	w, err := b.server.Directory().Workspace(t.Context(), "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// wantWhole fails when a user is without membership, audit entry or event, or one of those without its user, or the
// file is damaged. Nobody may have been changed or deleted.
func (b *bundle) wantWhole(t *testing.T, users int) {
	t.Helper()
	members, err := b.server.Directory().MembersOf(t.Context(), b.workspace(t), "")
	if err != nil {
		t.Fatal(err)
	}
	documents := 0
	for _, m := range members {
		if m.User.ID != "" {
			documents++
		}
	}
	got := [...]int{b.total(t, "/Users"), len(members), documents, b.actions(t)[directory.ActionUserCreate], b.events(t)[directory.EventMemberJoined]}
	if got != [...]int{users, users, users, users, users} {
		t.Errorf("users, memberships, their documents, audit entries, events: %d, want %d of each", got, users)
	}
	if err := b.store.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// The caller goes away in the middle of a bulk request: what was committed stays and is whole, nothing is started any
// more. Sending it again completes it.
func TestFault_R155_CallerGoneInMidBulk(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	answered := make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(answered)
		b.server.ServeHTTP(w, r)
	}))
	defer front.Close()
	body := bulkOf(true, posts(1000, 0)...)
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, front.URL+"/scim/"+b.connection.ID+"/v2/Bulk", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	go func() {
		defer leave()
		for ctx.Err() == nil {
			if w := b.do(request{path: "/scim/{id}/v2/Users?count=0"}); !strings.Contains(w.Body.String(), `"totalResults":0`) {
				return
			}
		}
	}()
	if res, err := http.DefaultClient.Do(req); err == nil {
		_ = res.Body.Close()
		t.Fatal("the whole bulk request was answered before the caller could leave")
	}
	<-answered
	made := b.total(t, "/Users")
	if made == 0 || made == 1000 {
		t.Errorf("%d users were made", made)
	}
	b.wantWhole(t, made)

	again := map[string]int{}
	for _, op := range b.send(t, http.MethodPost, "/Bulk", bulkOf(false, posts(1000, 0)...), http.StatusOK).Operations {
		again[op.Status]++
	}
	if again["409"] != made || again["201"] != 1000-made {
		t.Errorf("sent again: %v, and %d were there", again, made)
	}
	b.wantWhole(t, 1000)
}

// Limits of a bulk request: 1,000 operations and 5 MiB are taken, more is 413 and nothing of it is done.
func TestFault_R153_BulkLimits(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	full := bulkOf(false, posts(1000, 5000)...)
	exact := full + strings.Repeat(" ", 5*mib-len(full))
	for _, row := range []struct {
		name, body string
		detail     string // of the 413; "" when it is taken
	}{
		{"1,001 operations", bulkOf(false, posts(1001, 0)...), "1000"},
		{"a byte more than 5 MiB", exact + " ", "5242880"},
		{"1,000 operations in 5 MiB", exact, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			b := unlimited(t)
			if row.detail != "" {
				got := b.send(t, http.MethodPost, "/Bulk", row.body, http.StatusRequestEntityTooLarge)
				if !strings.Contains(got.Detail, row.detail) {
					t.Errorf("the detail does not name the limit: %s", got.Detail)
				}
				b.wantWhole(t, 0)
				return
			}
			for i, op := range b.send(t, http.MethodPost, "/Bulk", row.body, http.StatusOK).Operations {
				if op.Status != "201" {
					t.Fatalf("operation %d: %+v", i, op)
				}
			}
			b.wantWhole(t, 1000)
		})
	}
}

// A circle whose second half fails leaves nothing, and the log and the feed tell what was made and unmade.
func TestFault_R150_CircleFails(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	group := func(name, members string) string {
		return `{"method":"POST","path":"/Groups","bulkId":"` + name + `","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],` +
			`"displayName":"` + name + `","members":[` + members + `]}}`
	}
	// b would be a member of itself, which no group can be: that is seen when the references are filled in.
	got := b.send(t, http.MethodPost, "/Bulk", bulkOf(false,
		group("a", `{"value":"bulkId:b"}`), group("b", `{"value":"bulkId:a"},{"value":"bulkId:b"}`), group("c", "")), http.StatusOK)
	for i, want := range []string{"409", "409", "201"} {
		if got.Operations[i].Status != want {
			t.Errorf("operation %d: %+v, want %s", i, got.Operations[i], want)
		}
	}
	if list := b.send(t, http.MethodGet, "/Groups", "", http.StatusOK); list.TotalResults != 1 || list.Resources[0].DisplayName != "c" {
		t.Errorf("left: %+v", list.Resources)
	}
	actions, events := b.actions(t), b.events(t)
	if actions[directory.ActionGroupCreate] != 3 || actions[directory.ActionGroupDelete] != 2 {
		t.Errorf("audit: %v", actions)
	}
	if events[directory.EventGroupCreated] != 3 || events[directory.EventGroupDeleted] != 2 {
		t.Errorf("events: %v", events)
	}
	// The names are free again.
	b.send(t, http.MethodPost, "/Groups", groupOf("a"), http.StatusCreated)
	b.send(t, http.MethodPost, "/Groups", groupOf("b"), http.StatusCreated)
}

// 1,000 operations in one PATCH are one change. More are refused as a whole, and so are 1,000 of which one is wrong
// (T-097, T-118).
func TestFault_ThousandOperationsInOnePatch(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	ids := b.users(t, 1000)
	titles, adds := make([]string, 1000), make([]string, 1000)
	for i, id := range ids {
		titles[i] = fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, i)
		adds[i] = `{"op":"add","path":"members","value":[{"value":"` + id + `"}]}`
	}
	user := "/Users/" + ids[0]
	group := "/Groups/" + b.send(t, http.MethodPost, "/Groups", groupOf("G"), http.StatusCreated).ID
	before := b.actions(t)
	refused := []struct {
		name, path string
		operations []string
	}{
		{"1,001 on a user", user, append(titles[:1000:1000], titles[0])},
		{"1,001 on a group", group, append(adds[:1000:1000], adds[0])},
		{"the last on a user is wrong", user, append(titles[:999:999], `{"op":"replace","path":"bogus","value":"x"}`)},
		{"the last on a group is wrong", group, append(adds[:999:999], `{"op":"add","path":"members","value":[{"value":"nobody"}]}`)},
	}
	for _, row := range refused {
		got := b.send(t, http.MethodPatch, row.path, patchOf(row.operations...), http.StatusBadRequest)
		if strings.HasPrefix(row.name, "1,001") && (got.ScimType != "invalidSyntax" || !strings.Contains(got.Detail, "1000")) {
			t.Errorf("%s: %s %s", row.name, got.ScimType, got.Detail)
		}
	}
	if u := b.send(t, http.MethodGet, user, "", http.StatusOK); u.Title != "" || !strings.HasPrefix(u.Meta.Version, `W/"1`) {
		t.Errorf("the refused patches left %+v", u)
	}
	if g := b.send(t, http.MethodGet, group, "", http.StatusOK); len(g.Members) != 0 || g.Meta.Version != `W/"1"` {
		t.Errorf("the refused patches left %d members, version %s", len(g.Members), g.Meta.Version)
	}
	if u := b.send(t, http.MethodPatch, user, patchOf(titles...), http.StatusOK); u.Title != "t999" || !strings.HasPrefix(u.Meta.Version, `W/"2`) {
		t.Errorf("user: title %s, version %s", u.Title, u.Meta.Version)
	}
	b.send(t, http.MethodPatch, group, patchOf(adds...), http.StatusNoContent)
	if g := b.send(t, http.MethodGet, group, "", http.StatusOK); len(g.Members) != 1000 || g.Meta.Version != `W/"2"` {
		t.Errorf("group: %d members, version %s", len(g.Members), g.Meta.Version)
	}
	after := b.actions(t)
	for _, action := range []string{directory.ActionUserUpdate, directory.ActionGroupUpdate} {
		if after[action]-before[action] != 1 {
			t.Errorf("%d audit entries %s, want one", after[action]-before[action], action)
		}
	}
}

// slowDisk is a store whose commits take their time.
type slowDisk struct {
	directory.Store
	commit time.Duration
}

func (s slowDisk) Commit(ctx context.Context, c *directory.Change) error {
	<-time.After(s.commit)
	return s.Store.Commit(ctx, c)
}

// A bulk request that is at work for longer than the server's WriteTimeout is answered all the same: the time for
// writing counts from when there is something to write. Over HTTP/2 it is not reset under its work.
func TestFault_SlowBulkOutlivesTheWriteTimeout(t *testing.T) {
	t.Parallel()
	const operations, commit, timeout = 80, 25 * time.Millisecond, 1500 * time.Millisecond
	for _, proto := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			b := unlimited(t)
			slow, err := usher.New(usher.Config{
				Store: slowDisk{b.store, commit}, Key: b.key, RateLimit: usher.RateLimit{PerSecond: -1}, Log: slog.New(slog.DiscardHandler),
			})
			if err != nil {
				t.Fatal(err)
			}
			front := httptest.NewUnstartedServer(slow)
			front.EnableHTTP2 = proto == "HTTP/2.0"
			front.Config.ReadTimeout, front.Config.WriteTimeout = timeout, timeout
			front.StartTLS()
			defer front.Close()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, front.URL+"/scim/"+b.connection.ID+"/v2/Bulk",
				strings.NewReader(bulkOf(true, posts(operations, 0)...)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+b.token)
			start := time.Now()
			res, err := front.Client().Do(req)
			if err != nil {
				t.Fatalf("after %s: %v", time.Since(start), err)
			}
			defer res.Body.Close()
			var got resource
			if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.Proto != proto || len(got.Operations) != operations {
				t.Errorf("%s, %d results, %v", res.Proto, len(got.Operations), err)
			}
			if took := time.Since(start); took < timeout {
				t.Fatalf("%s: not slow enough to show anything", took)
			}
			b.wantWhole(t, operations)
		})
	}
}

// Thousands of members in one PUT are one change; with one of them unknown nothing changes (D-26). The full size is in
// cmd/usher.
func TestFault_T118_ThousandsOfMembersInOnePut(t *testing.T) {
	t.Parallel()
	b := unlimited(t)
	ids := b.users(t, 1000)
	g := b.send(t, http.MethodPost, "/Groups", groupOf("G", ids[:10]...), http.StatusCreated)
	b.send(t, http.MethodPut, "/Groups/"+g.ID, groupOf("H", append(ids[:999:999], "nobody")...), http.StatusBadRequest)
	got := b.send(t, http.MethodGet, "/Groups/"+g.ID, "", http.StatusOK)
	if got.DisplayName != "G" || len(got.Members) != 10 || got.Meta.Version != `W/"1"` {
		t.Errorf("after the refused PUT: %s, %d members, version %s", got.DisplayName, len(got.Members), got.Meta.Version)
	}
	got = b.send(t, http.MethodPut, "/Groups/"+g.ID, groupOf("H", ids...), http.StatusOK)
	if got.DisplayName != "H" || len(got.Members) != 1000 || got.Meta.Version != `W/"2"` {
		t.Errorf("after the PUT: %s, %d members, version %s", got.DisplayName, len(got.Members), got.Meta.Version)
	}
}
