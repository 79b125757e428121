package admin

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// TestHostile sends what no client should. Each is refused with a problem that names what is wrong and tells nothing
// else.
func TestHostile(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	const roles, teams = "/workspaces/ACC123/roles", "/workspaces/ACC123/teams"
	tests := []struct {
		name, method, path, body string
		headers                  []string
		want                     int
		says                     string
	}{
		{"unknown member", "POST", teams, `{"name":"a","nmae":"b"}`, nil, 400, `nmae`},
		{"unknown member below", "POST", "/workspaces/ACC123/connections", `{"name":"a","settings":{"mapping":{"groups":[{"grup":"x"}]}}}`, nil, 400, `settings.mapping.groups[0].grup`},
		{"member in another case", "POST", teams, `{"Name":"a"}`, nil, 400, `Name`},
		{"member twice", "POST", teams, `{"name":"a","name":"b"}`, nil, 400, `twice`},
		{"wrong type", "POST", teams, `{"name":["a"]}`, nil, 400, `name`},
		{"number for text", "POST", roles, `{"name":"a","permissions":[1]}`, nil, 400, `permissions[0]`},
		{"no object", "POST", teams, `["a"]`, nil, 400, `not a JSON object`},
		{"text", "POST", teams, `"a"`, nil, 400, `not a JSON object`},
		{"null", "POST", teams, `null`, nil, 400, `not a JSON object`},
		{"no JSON", "POST", teams, `{"name":`, nil, 400, `not valid JSON`},
		{"two objects", "POST", teams, `{"name":"a"}{"name":"b"}`, nil, 400, `JSON`},
		{"no UTF-8", "POST", teams, "{\"name\":\"\xff\"}", nil, 400, `not valid JSON`},
		{"lone surrogate", "POST", teams, `{"name":"\ud800"}`, nil, 400, `not valid JSON`},
		{"empty", "POST", teams, ``, []string{"Content-Type", mediaJSON}, 400, `empty`},
		{"deep", "POST", teams, `{"name":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, nil, 400, `nested`},
		{"long", "POST", teams, `{"name":"` + strings.Repeat("x", maxBody) + `"}`, nil, 413, `1048576`},
		{"no media type", "POST", teams, `{"name":"a"}`, []string{"Content-Type", ""}, 415, `JSON`},
		{"form", "POST", teams, `name=a`, []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, `JSON`},
		{"body where none is read", "POST", "/workspaces/ACC123/connections/okta/pause", `{"for":"ever"}`, nil, 400, `no body`},
		{"unknown parameter", "GET", teams + "?limt=3", "", nil, 400, `limt`},
		{"parameter twice", "GET", teams + "?limit=3&limit=4", "", nil, 400, `2 times`},
		{"bad escape", "GET", teams + "?limit=%zz", "", nil, 400, `query`},
		{"limit of 0", "GET", teams + "?limit=0", "", nil, 400, `from 1 to 200`},
		{"limit of 201", "GET", teams + "?limit=201", "", nil, 400, `from 1 to 200`},
		{"limit in words", "GET", teams + "?limit=all", "", nil, 400, `all`},
		{"cursor of nobody", "GET", teams + "?cursor=x", "", nil, 400, `cursor`},
		{"bad status", "GET", "/workspaces/ACC123/members?status=dead", "", nil, 400, `dead`},
		{"bad boolean", "GET", "/workspaces/ACC123/members?inherited=1", "", nil, 400, `inherited`},
		{"bad date", "GET", "/workspaces/ACC123/licence?from=yesterday", "", nil, 400, `yesterday`},
		{"negative position", "GET", "/workspaces/ACC123/events?after=-1", "", nil, 400, `after`},
		{"endless wait", "GET", "/workspaces/ACC123/events?wait=3600", "", nil, 400, `wait`},
		{"workspace with a quote", "GET", "/workspaces/%27%20OR%201=1", "", nil, 404, `workspace`},
		{"workspace with NUL", "GET", "/workspaces/%00", "", nil, 404, `workspace`},
		{"role with a slash", "GET", roles + "/a%2Fb", "", nil, 404, `a/b`},
		{"subject of another tenant", "GET", "/workspaces/ACME/members/nobody", "", nil, 404, `nobody`},
		{"doubled slash", "GET", "//workspaces", "", nil, 404, `nothing`},
		{"dots", "GET", "/workspaces/../openapi.json", "", nil, 404, `nothing`},
		{"trailing slash", "GET", "/workspaces/", "", nil, 404, `nothing`},
		{"no such path", "GET", "/nowhere", "", nil, 404, `nothing`},
		{"wrong method", "PUT", teams, `{}`, nil, 405, `GET, HEAD, OPTIONS, POST`},
		{"trace", "TRACE", teams, "", nil, 405, `GET, HEAD, OPTIONS, POST`},
		{"If-Match of another version", "DELETE", teams + "/sales", "", []string{"If-Match", `"7"`}, 412, `ETag`},
		{"delete without saying it twice", "DELETE", "/workspaces/ACC123", "", nil, 400, `confirm=ACC123`},
		{"delete with another name", "DELETE", "/workspaces/ACC123?confirm=ACC456", "", nil, 400, `confirm=ACC123`},
		{"idempotency key with a blank", "POST", teams, `{"name":"a"}`, []string{headerIdempotency, "a b"}, 400, headerIdempotency},
		{"long idempotency key", "POST", teams, `{"name":"a"}`, []string{headerIdempotency, strings.Repeat("a", 256)}, 400, headerIdempotency},
		{"origin of a workspace", "POST", "/workspaces", `{"key":"N","settings":{"origin":"usher.yaml"}}`, nil, 400, `origin`},
		{"unknown scope", "POST", "/keys", `{"name":"a","scopes":["root"]}`, nil, 400, `root`},
		{"a date that is none", "POST", "/keys", `{"name":"a","scopes":["*"],"expires_at":"soon"}`, nil, 400, `expires_at`},
		{"a token of the past", "POST", "/workspaces/ACC123/connections/okta/tokens", `{"expires_at":"2001-01-01T00:00:00Z"}`, nil, 400, `2001`},
		{"a webhook to this machine", "POST", "/workspaces/ACC123/webhooks", `{"url":"file:///etc/passwd"}`, nil, 400, `https`},
		{"a domain that is everybody's", "POST", "/workspaces/ACME/domains", `{"name":"gmail.com"}`, nil, 400, `gmail.com`},
		{"nothing to preview", "POST", "/workspaces/ACC123/connections/okta/preview", `{}`, nil, 400, `document`},
		{"two things to preview", "POST", "/workspaces/ACC123/connections/okta/preview", `{"user":"a","claims":{}}`, nil, 400, `document`},
		{"a role that is not there", "POST", "/workspaces/ACC123/members", `{"email":"z@example.com","role":"king"}`, nil, 400, `king`},
		{"a token that is not there", "POST", "/workspaces/ACC123/connections/okta/tokens/none/rotate", `{}`, nil, 404, `none`},
		{"a connection that is not there", "PATCH", "/workspaces/ACC123/connections/none", `{}`, nil, 404, `none`},
		{"a member who is not there", "PATCH", "/workspaces/ACC123/members/none", `{}`, nil, 404, `none`},
		{"a schema that is none", "POST", "/workspaces/ACC123/schemas", `{"id":"x","attribtues":[]}`, nil, 400, `x`},
		{"a resource type in place of a schema", "POST", "/workspaces/ACC123/schemas", `{"name":"A","endpoint":"/As","schema":"urn:a:b"}`, nil, 400, `schema`},
		{"a schema with another id", "PUT", "/workspaces/ACC123/schemas/urn:example:params:scim:schemas:extension:site:2.0:User", `{"id":"urn:example:params:scim:schemas:extension:other:2.0:User","name":"O","resourceType":"User","attributes":[{"name":"a","type":"string"}]}`, nil, 400, `id`},
		{"a schema that is in use", "DELETE", "/workspaces/ACC123/schemas/urn:example:params:scim:schemas:core:acme:2.0:Badge?confirm=urn:example:params:scim:schemas:core:acme:2.0:Badge", "", nil, 400, `Badge`},
		{"a team that has a name already", "POST", teams, `{"name":"sales"}`, nil, 409, `sales`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := w.send(w.all, tt.method, tt.path, tt.body, tt.headers...)
			if got.status != tt.want || !strings.Contains(got.body, tt.says) {
				t.Errorf("%d, want %d and %q\n%s", got.status, tt.want, tt.says, got.body)
			}
			isProblem(t, route{method: tt.method, pattern: tt.path}, got)
		})
	}
}

// TestHostile_Headers: no other origin is let in, nothing is cached or guessed.
func TestHostile_Headers(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	for _, key := range []string{w.all, ""} {
		got := w.send(key, "GET", "/workspaces", "", "Origin", "https://evil.example")
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": "",
		} {
			if got.header.Get(name) != want {
				t.Errorf("%d: %s: %q, want %q", got.status, name, got.header.Get(name), want)
			}
		}
	}
	if got := w.send("", "OPTIONS", "/workspaces", ""); got.status != http.StatusNoContent || got.header.Get("Allow") != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("OPTIONS: %d, Allow %q", got.status, got.header.Get("Allow"))
	}
	if got := w.send(w.all, "HEAD", "/workspaces/ACC123", ""); got.status != http.StatusOK || got.body != "" || got.header.Get("ETag") == "" {
		t.Errorf("HEAD: %d %q, ETag %q", got.status, got.body, got.header.Get("ETag"))
	}
}

// TestHostile_Authorization: a key counts only when it is all that the header holds.
func TestHostile_Authorization(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, header := range []string{w.all, "Basic " + w.all, "Bearer", "Bearer  ", "Bearer " + w.all + " " + w.all, "Bearer " + w.all + ", Bearer " + w.all} {
		got := w.send("", "GET", "/workspaces", "", "Authorization", header)
		if got.status != http.StatusUnauthorized || strings.Contains(got.body, w.all) || strings.Contains(w.log.String(), w.all) {
			t.Errorf("%q: %d %s", header, got.status, got.body)
		}
		isProblem(t, route{method: "GET", pattern: "/workspaces"}, got)
	}
	for _, scheme := range []string{"Bearer", "bearer", "BEARER"} {
		if got := w.send("", "GET", "/workspaces", "", "Authorization", scheme+" "+w.all); got.status != http.StatusOK {
			t.Errorf("%s: %d", scheme, got.status)
		}
	}
}

// TestKey_NeverMakesOneThatOutlivesIt: what is made by a key for a week ends with it at the latest.
func TestKey_NeverMakesOneThatOutlivesIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	at, week := w.workspace("ACC123"), testStart.AddDate(0, 0, 7)
	own := w.key(directory.NewAPIKey{Root: at.Root, Workspace: at.ID, Scopes: []string{"*"}, Expires: week}).Text
	for expires, want := range map[string]int{
		``: 201, testStart.AddDate(0, 0, 6).Format(time.RFC3339): 201, week.Add(time.Hour).Format(time.RFC3339): 403,
	} {
		body := `{"name":"a","scopes":["members.read"]}`
		if expires != "" {
			body = `{"name":"a","scopes":["members.read"],"expires_at":"` + expires + `"}`
		}
		if got := w.send(own, "POST", "/workspaces/ACC123/keys", body); got.status != want {
			t.Errorf("%s: %d, want %d\n%s", body, got.status, want, got.body)
		}
	}
	keys, err := w.directory.APIKeys(w.ctx, at.Root)
	w.check(err)
	for _, k := range keys {
		if k.Name == "a" && k.Expires.After(week) {
			t.Errorf("a key of a key that ends at %s ends at %s", week, k.Expires)
		}
	}
}

// TestKey_WebhooksHearNoMoreThanTheirKey: who may make webhooks and may not read events makes none.
func TestKey_WebhooksHearNoMoreThanTheirKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	got := w.send(w.keyOf("ACC123", "webhooks.write"), "POST", "/workspaces/ACC123/webhooks", `{"url":"https://app.example.com/usher"}`)
	if got.status != http.StatusForbidden || !strings.Contains(got.body, "events.read") {
		t.Errorf("%d %s, want 403 that names events.read", got.status, got.body)
	}
}

// TestKey_NeverMakesAStrongerOne: neither scope nor reach grows from key to key.
func TestKey_NeverMakesAStrongerOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t).populate()
	own := w.keyOf("ACC123", "keys.write", "members.read", "workspaces.write")
	tests := []struct {
		path, body string
		want       int
	}{
		{"/workspaces/ACC123/keys", `{"name":"a","scopes":["members.read"]}`, 201},
		{"/workspaces/ACC123-LAB/keys", `{"name":"a","scopes":["members.read"]}`, 201},
		{"/workspaces/ACC123/keys", `{"name":"a","scopes":["members.write"]}`, 403},
		{"/workspaces/ACC123/keys", `{"name":"a","scopes":["*"]}`, 403},
		{"/workspaces/ACME/keys", `{"name":"a","scopes":["members.read"]}`, 404},
		{"/workspaces/OTHER/keys", `{"name":"a","scopes":["members.read"]}`, 404},
		{"/keys", `{"name":"a","scopes":["members.read"]}`, 403},
		{"/workspaces", `{"key":"ROOT"}`, 403},
		{"/workspaces", `{"key":"UP","parent":"ACME"}`, 404},
		{"/workspaces", `{"key":"DOWN","parent":"ACC123-LAB"}`, 201},
		{"/workspaces", `{"key":"FREE","parent":"ACC123","settings":{"provisioning":"unentitled"}}`, 403},
	}
	for _, tt := range tests {
		if got := w.send(own, "POST", tt.path, tt.body); got.status != tt.want {
			t.Errorf("%s %s: %d, want %d\n%s", tt.path, tt.body, got.status, tt.want, got.body)
		}
	}
	whole := w.send(w.all, "GET", "/workspaces/ACME/keys", "").body
	if n := strings.Count(whole, `"name":"a"`); n != 2 {
		t.Errorf("%d keys were made, want 2: %s", n, whole)
	}
	var above string
	for _, k := range []string{"ACME", "ACC456"} {
		_ = w.keyOf(k, "members.read")
	}
	keys, err := w.directory.APIKeys(w.ctx, w.workspace("ACME").Root)
	w.check(err)
	for _, k := range keys {
		if k.Workspace == w.workspace("ACC456").ID {
			above = k.ID
		}
	}
	if got := w.send(own, "DELETE", "/workspaces/ACC123/keys/"+above, ""); got.status != http.StatusNotFound {
		t.Errorf("revoking a sibling's key: %d %s", got.status, got.body)
	}
	if got := w.send(own, "GET", "/workspaces/ACC123/keys", ""); strings.Contains(got.body, above) {
		t.Errorf("a sibling's key is listed: %s", got.body)
	}
}
