package usher_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// settle sets the connection up and waits until a running server has seen it.
func (b *bundle) settle(t *testing.T, s directory.ConnectionSettings) {
	t.Helper()
	c, err := b.server.Directory().UpdateConnection(t.Context(), operator, b.connection, directory.ConnectionChange{Settings: &s})
	if err != nil {
		t.Fatal(err)
	}
	b.connection = c
	b.ahead.Add(int64(time.Second))
}

const cleverPath = "/nx/v2/scim/v2/idp"

func TestServer_C1_BasePathOfAConnection(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{PublicURL: "https://scim.example.com"})
	if w := b.do(request{path: cleverPath + "/Users"}); w.Code != http.StatusNotFound {
		t.Fatalf("before: %d %s", w.Code, w.Body)
	}
	b.settle(t, directory.ConnectionSettings{BasePath: cleverPath})
	for i, path := range []string{cleverPath + "/Users", "//nx/v2//scim/v2/idp//Users/", "/scim/{id}/v2/Users", "/scim/v2/Users"} {
		w := b.do(request{method: http.MethodPost, path: path, body: strings.ReplaceAll(newUser, "ada", string(rune('a'+i)))})
		var user struct {
			Meta struct{ Location string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &user); w.Code != http.StatusCreated || err != nil {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		want := "https://scim.example.com" + strings.ReplaceAll(path, "{id}", b.connection.ID) + "/"
		if i < 2 {
			want = "https://scim.example.com" + cleverPath + "/Users/"
		}
		if !strings.HasPrefix(user.Meta.Location, want) {
			t.Errorf("%s: the location is %s", path, user.Meta.Location)
		}
	}
	if w := b.do(request{path: cleverPath + "/ServiceProviderConfig"}); w.Code != 200 || !strings.Contains(w.Body.String(), cleverPath) {
		t.Errorf("discovery: %d %s", w.Code, w.Body)
	}
	if got := usher.ConnectionURL("https://scim.example.com/", b.connection); got != "https://scim.example.com"+cleverPath {
		t.Errorf("ConnectionURL: %s", got)
	}
	b.settle(t, directory.ConnectionSettings{})
	if w := b.do(request{path: cleverPath + "/Users"}); w.Code != http.StatusNotFound {
		t.Errorf("after: %d %s", w.Code, w.Body)
	}
}

func TestServer_C1_SharedBasePathIsTheTokensBusiness(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	b.settle(t, directory.ConnectionSettings{BasePath: cleverPath})
	first := b.token
	w, err := b.server.Directory().Workspace(t.Context(), "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	b.connect(t, w, "second")
	// One that is not reached there is as foreign as at the URL of the other.
	if w := b.do(request{path: cleverPath + "/Users"}); w.Code != http.StatusUnauthorized {
		t.Errorf("R-175 the other's path: %d %s", w.Code, w.Body)
	}
	b.settle(t, directory.ConnectionSettings{BasePath: cleverPath})
	b.connect(t, w, "third")
	third := b.token
	for token, want := range map[string]int{first: 200, third: 401} {
		b.token = token
		if w := b.do(request{path: cleverPath + "/Users"}); w.Code != want {
			t.Errorf("got %d %s, want %d", w.Code, w.Body, want)
		}
	}
}

// Without a token nobody learns which paths there are: status, headers and body of every answer are the same.
func TestServer_C1_ProbingTellsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{RateLimit: usher.RateLimit{PerSecond: 1e6, Burst: 1e6}})
	b.settle(t, directory.ConnectionSettings{BasePath: cleverPath})
	answer := func(method, path string, header http.Header) string {
		w := b.do(request{method: method, path: path, header: header, anonymous: true})
		h := w.Header().Clone()
		h.Del("X-Request-Id")
		var doc map[string]any
		_ = json.Unmarshal(w.Body.Bytes(), &doc)
		text, _ := json.Marshal([]any{w.Code, h, doc})
		return strings.ReplaceAll(string(text), "idp", "its")
	}
	unknownToken := http.Header{"Authorization": {"Bearer " + directoryTokenOfNobody(b)}}
	for _, method := range []string{"GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "BREW"} {
		for _, rest := range []string{"", "/", "/Users", "/Users/1", "/ServiceProviderConfig", "/x/ServiceProviderConfig", "/Bulk", "/nothing"} {
			for _, header := range []http.Header{nil, unknownToken, {"Authorization": {"Basic x"}}} {
				known, unknown := answer(method, cleverPath+rest, header), answer(method, "/nx/v2/scim/v2/its"+rest, header)
				if known != unknown {
					t.Fatalf("%s %s: %s, and of an unknown one %s", method, rest, known, unknown)
				}
				if public := (method == "GET" || method == "HEAD") && strings.HasSuffix(rest, "ServiceProviderConfig") && header == nil; strings.Contains(known, "401") == public {
					t.Fatalf("D-25 %s %s: %s", method, rest, known)
				}
			}
		}
	}
	if w := b.do(request{path: "/", anonymous: true}); w.Code != http.StatusNotFound {
		t.Errorf("the root: %d", w.Code)
	}
}

// directoryTokenOfNobody is a token that was good once, changed in its middle: well-formed or not, it is nobody's.
func directoryTokenOfNobody(b *bundle) string {
	token := []byte(b.token)
	slices.Reverse(token[len(token)/2:])
	return string(token)
}

func TestServer_RoleDiscovery(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	dir := b.server.Directory()
	w, err := dir.Workspace(t.Context(), "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []directory.Role{
		{Name: "Editor", Description: "May edit."},
		{Name: "Campaign Manager"},
		{Name: "Security", Permissions: []string{directory.PermissionSecurity}},
	} {
		if _, err := dir.CreateRole(t.Context(), operator, w, r); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := dir.CreateTeam(t.Context(), operator, w, directory.Team{Name: "Marketing"}); err != nil {
		t.Fatal(err)
	}
	const base = "/scim/{id}/v2"
	if w := b.do(request{path: base + "/Roles"}); w.Code != http.StatusNotFound {
		t.Errorf("T-115 without the setting: %d", w.Code)
	}
	b.settle(t, directory.ConnectionSettings{RoleDiscovery: true})
	hashed := scim.DiscoveredID("Campaign Manager")
	tests := []struct {
		path   string
		status int
		want   []string
		lacks  string
	}{
		{"/ResourceTypes", 200, []string{`"totalResults":4`, `"endpoint":"/Roles"`, `"schema":"urn:okta:scim:schemas:core:1.0:Role"`, `"endpoint":"/Entitlements"`}, ""},
		{"/Schemas", 200, []string{scim.URNOktaRole, scim.URNOktaEntitlement}, ""},
		{"/Roles?startIndex=1&count=100", 200, []string{`"totalResults":3`, `"id":"Editor","displayName":"Editor","description":"May edit."`, `"id":"` + hashed + `"`, `"id":"member"`}, "Security"},
		{"/Roles?startIndex=2&count=1", 200, []string{`"totalResults":3`, `"itemsPerPage":1`}, ""},
		{"/Roles?filter=displayName+eq+%22Editor%22", 200, []string{`"totalResults":1`}, "Campaign"},
		{"/Roles/" + hashed, 200, []string{`"displayName":"Campaign Manager"`, `"schemas":["urn:okta:scim:schemas:core:1.0:Role"]`}, "created"},
		{"/Roles/Security", 404, []string{`"status":"404"`}, ""},
		{"/Entitlements", 200, []string{`"totalResults":1`, `"displayName":"Marketing","type":"Team"`}, ""},
	}
	for _, tt := range tests {
		w := b.do(request{path: base + tt.path})
		for _, want := range tt.want {
			if w.Code != tt.status || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: %d %s, want %d with %s", tt.path, w.Code, w.Body, tt.status, want)
			}
		}
		if tt.lacks != "" && strings.Contains(w.Body.String(), tt.lacks) {
			t.Errorf("%s: has %s: %s", tt.path, tt.lacks, w.Body)
		}
	}
	b.settle(t, directory.ConnectionSettings{RoleDiscovery: true, Roles: []string{"Security"}})
	if w := b.do(request{path: base + "/Roles"}); !strings.Contains(w.Body.String(), `"totalResults":1`) || !strings.Contains(w.Body.String(), "Security") {
		t.Errorf("B11 the connection's own list: %s", w.Body)
	}
}
