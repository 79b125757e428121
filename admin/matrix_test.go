package admin

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// caller is a column of the matrix: a key, and what it is answered on a row of the table.
type caller struct {
	name string
	key  string
	want func(route) int // 0: the column has nothing to say of the row
}

// TestMatrix sends every row of the table with every kind of key. A row cannot be left out: the columns are applied to
// the table itself.
func TestMatrix(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, one := range w.callers() {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range routes() {
				want := one.want(r)
				if want == 0 {
					continue
				}
				got := w.try(one.key, r)
				if got.status != want {
					t.Errorf("%s %s: %d, want %d\n%s", r.method, r.pattern, got.status, want, got.body)
				}
				isProblem(t, r, got)
			}
		})
	}
	t.Run("wrong scope", func(t *testing.T) { t.Parallel(); w.wrongScopes(t) })
}

func always(status int) func(route) int {
	return func(r route) int {
		if r.scope == "" {
			return 0 // the document is open
		}
		return status
	}
}

// inWorkspace is for a key that has every scope and does not reach the workspace of the example.
func inWorkspace(r route) int {
	switch {
	case r.installation:
		return http.StatusForbidden
	case r.in("workspace"):
		return http.StatusNotFound
	}
	return 0
}

func (w *world) callers() []caller {
	revoked := w.key(directory.NewAPIKey{Scopes: []string{"*"}})
	w.check(w.directory.RevokeAPIKey(w.ctx, operator, "", revoked.ID))
	expired := w.key(directory.NewAPIKey{Scopes: []string{"*"}, Expires: w.clock.Now().Add(time.Hour)})
	w.clock.add(2 * time.Hour)
	unknown := newWorld(w.t).all
	return []caller{
		{"no key", "", always(http.StatusUnauthorized)},
		{"no such key", unknown, always(http.StatusUnauthorized)},
		{"a SCIM token", "usher_scim_0123456789_0123456789abcdefghijklmnopqrstuv_0123456", always(http.StatusUnauthorized)},
		{"expired", expired.Text, always(http.StatusUnauthorized)},
		{"revoked", revoked.Text, always(http.StatusUnauthorized)},
		{"another tenant", w.keyOf("OTHER", "*"), inWorkspace},
		{"a sibling", w.keyOf("ACC456", "*"), inWorkspace},
		{"a child", w.keyOf("ACC123-LAB", "*"), inWorkspace},
		{"the workspace itself, of what is the tenant's", w.keyOf("ACC123", "*"), func(r route) int {
			switch {
			case r.installation:
				return http.StatusForbidden
			case r.tenant && r.example.path["workspace"] == "": // the example is of ACC123 itself
				return http.StatusForbidden
			case r.tenant: // the example is of ACME, which is above
				return http.StatusNotFound
			}
			return 0
		}},
	}
}

// wrongScopes sends every row with a key that has all scopes but the one.
func (w *world) wrongScopes(t *testing.T) {
	without := map[string]string{}
	for _, scope := range directory.Scopes() {
		var others []string
		for _, other := range directory.Scopes() {
			if other != scope && other != directory.ScopeAll {
				others = append(others, other)
			}
		}
		without[scope] = w.key(directory.NewAPIKey{Scopes: others}).Text
	}
	for _, r := range routes() {
		if r.scope == "" {
			continue
		}
		got := w.try(without[r.scope], r)
		if got.status != http.StatusForbidden || !strings.Contains(got.body, r.scope) {
			t.Errorf("%s %s without %s: %d\n%s", r.method, r.pattern, r.scope, got.status, got.body)
		}
		isProblem(t, r, got)
	}
}

// TestMatrix_EachScopeAlone runs every row with a key of the tenant, or of the workspace itself, that has its scope only.
// Rows that only read share a world.
func TestMatrix_EachScopeAlone(t *testing.T) {
	t.Parallel()
	read := newWorld(t).populate()
	for _, r := range routes() {
		if !r.in("workspace") {
			continue
		}
		for _, of := range []string{"ACME", "ACC123"} {
			if of == "ACC123" && r.tenant {
				continue
			}
			t.Run(r.name+" by a key of "+of, func(t *testing.T) {
				w := read
				if r.method != http.MethodGet {
					t.Parallel()
					w = newWorld(t).populate()
				}
				scopes := []string{r.scope}
				if r.name == "createKey" { // what it makes is no more than itself
					scopes = []string{"keys.write", "members.read", "events.read"}
				}
				if r.name == "createWebhook" { // and makes nothing that hears more than itself
					scopes = []string{"webhooks.write", "events.read"}
				}
				switch r.name { // people sign in by the connection
				case "pauseConnection", "resumeConnection", "disableConnection", "deleteConnection", "deleteWorkspace":
					scopes = append(scopes, "security.write")
				}
				if got := w.try(w.keyOf(of, scopes...), r); got.status != r.status {
					t.Errorf("%s %s: %d, want %d\n%s\n%s", r.method, w.url(r), got.status, r.status, got.body, w.log)
				}
			})
		}
	}
}

// TestMatrix_UnknownIsLikeForeign: whether a workspace exists beyond a key's reach cannot be told from any answer.
func TestMatrix_UnknownIsLikeForeign(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	sibling := w.keyOf("ACC456", "*")
	for _, r := range routes() {
		if !r.in("workspace") {
			continue
		}
		there := w.try(sibling, r)
		path := w.url(r)
		for _, key := range []string{"ACC123", "ACME"} {
			path = strings.Replace(path, "/workspaces/"+key, "/workspaces/NOWHERE", 1)
		}
		nowhere := w.send(sibling, r.method, path, r.example.body)
		blank := regexp.MustCompile(`"(ACC123|ACME|NOWHERE)\\?"|\\"(ACC123|ACME|NOWHERE)\\"`)
		if a, b := blank.ReplaceAllString(there.body, "K"), blank.ReplaceAllString(nowhere.body, "K"); a != b || there.status != nowhere.status {
			t.Errorf("%s %s: %s\nnot as of an unknown one: %s", r.method, r.pattern, there.body, nowhere.body)
		}
	}
}

// inner are texts that no answer may have: they tell how it is made.
var inner = regexp.MustCompile(`(?i)sql|constraint|\.go:|goroutine|/tmp/|directory\.|admin\.|scim\.|jsontext|struct|interface \{`)

// isProblem holds an answer of failure to RFC 9457, and to tell nothing of the inside.
func isProblem(t *testing.T, r route, got reading) {
	t.Helper()
	if got.status < 400 {
		return
	}
	if r.method == http.MethodHead {
		return
	}
	var p Problem
	if err := json.Unmarshal([]byte(got.body), &p); err != nil || p.Status != got.status || p.Title == "" || p.RequestID != "req-1" {
		t.Errorf("%s %s: no problem details (%v): %s", r.method, r.pattern, err, got.body)
	}
	if media := got.header.Get("Content-Type"); media != mediaProblem {
		t.Errorf("%s %s: %s", r.method, r.pattern, media)
	}
	if (got.status == http.StatusUnauthorized) != (got.header.Get("WWW-Authenticate") != "") {
		t.Errorf("%s %s: %d with WWW-Authenticate %q", r.method, r.pattern, got.status, got.header.Get("WWW-Authenticate"))
	}
	if found := inner.FindString(got.body); found != "" {
		t.Errorf("%s %s tells of the inside (%s): %s", r.method, r.pattern, found, got.body)
	}
}

// TestMatrix_NoWorkspaceInThePath: rows whose path names no workspace tell, and make, nothing beyond the key's reach.
func TestMatrix_NoWorkspaceInThePath(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	sibling := w.keyOf("ACC456", "*")
	want := map[string]int{"listWorkspaces": 200, "createWorkspace": 404, "readEvents": 200}
	for _, r := range routes() {
		if r.scope == "" || r.installation || r.in("workspace") {
			continue
		}
		got := w.try(sibling, r)
		if got.status != want[r.name] {
			t.Errorf("%s %s: %d, want %d\n%s", r.method, r.pattern, got.status, want[r.name], got.body)
		}
		for _, beyond := range []string{"ACC123", w.values["subject"], "ann@"} {
			if strings.Contains(got.body, beyond) {
				t.Errorf("%s %s tells of %s: %s", r.method, r.pattern, beyond, got.body)
			}
		}
	}
}

// TestMatrix_IdsOfAnotherWorkspace: under a workspace that the key reaches, what another one has is not there.
func TestMatrix_IdsOfAnotherWorkspace(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	own := w.keyOf("ACC456", "*")
	okta, err := w.directory.Connection(w.ctx, w.workspace("ACC123"), "okta")
	w.check(err)
	w.values["connection"], w.values["workspace"] = okta.ID, "ACC456"
	w.check(w.directory.DeleteRole(w.ctx, operator, w.workspace("ACC456"), "viewer")) // both have one of the name
	for _, r := range routes() {
		if len(r.parameters()) < 2 || r.tenant {
			continue
		}
		r.example.query = strings.ReplaceAll(r.example.query, "ACC123", "ACC456")
		got := w.try(own, r)
		if got.status != http.StatusNotFound {
			t.Errorf("%s %s: %d, want 404\n%s", r.method, w.url(r), got.status, got.body)
		}
		isProblem(t, r, got)
	}
}

// TestMatrix_ListsOfTheWorkspaceAlone: what a sibling has, and what the parent has, is in no list, feed, log or count of a
// workspace.
func TestMatrix_ListsOfTheWorkspaceAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	at := w.workspace("ACC123")
	connection, err := w.directory.Connection(w.ctx, at, "okta")
	w.check(err)
	w.check(w.store.Commit(w.ctx, &directory.Change{
		Root: at.Root,
		Jobs: []directory.Edit[directory.Job]{{After: &directory.Job{
			Root: at.Root, ID: "a-job", Workspace: at.ID, Connection: connection.ID, Created: w.clock.Now(), Version: 1,
		}}},
		Requests: []directory.Request{{Root: at.Root, Connection: connection.ID, Asked: "ann@", Time: w.clock.Now()}},
	}))
	foreign := []string{
		"a-job",
		connection.ID, `"okta"`, "ann@", "bob@", "sales", "Sales", "ACC123", w.values["token"], w.values["webhook"], w.values["key"],
		w.values["schema"], "Badge", w.values["subject"], w.values["removed"], w.values["session"], w.values["app"], w.values["installation-key"],
	}
	if got := w.send(w.all, "GET", "/workspaces/ACC123/log", "").body + w.send(w.all, "GET", "/workspaces/ACC123/jobs", "").body; !strings.Contains(got, "ann@") || !strings.Contains(got, "a-job") {
		t.Errorf("there is nothing to be found: %s", got)
	}
	w.values["workspace"] = "ACC456"
	own := w.keyOf("ACC456", "*")
	for _, r := range routes() {
		if r.method != http.MethodGet || len(r.parameters()) != 1 || r.tenant || r.installation {
			continue
		}
		r.example.query, r.example.path = "", nil
		got := w.try(own, r)
		if got.status != http.StatusOK {
			t.Errorf("%s: %d %s", r.pattern, got.status, got.body)
		}
		for _, beyond := range foreign {
			if strings.Contains(got.body, beyond) {
				t.Errorf("%s tells of %s: %s", r.pattern, beyond, got.body)
			}
		}
	}
}

// TestMatrix_TheTenantsOwn: what concerns the whole tenant is refused to the key of a part of it, by that part's path too.
func TestMatrix_TheTenantsOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	own := w.keyOf("ACC123", "*")
	for _, r := range routes() {
		if !r.tenant {
			continue
		}
		r.example.path = nil
		if got := w.try(own, r); got.status != http.StatusForbidden {
			t.Errorf("%s %s: %d %s", r.method, w.url(r), got.status, got.body)
		}
	}
}
