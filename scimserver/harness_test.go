package scimserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/scimserver"
)

const (
	base  = "https://usher.example.com/scim/c1/v2"
	token = "tok3n-of-connection-c1"
)

// logbook keeps the log records of a handler.
type logbook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// last is the last record.
func (l *logbook) last(t *testing.T) map[string]any {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(l.String()), "\n")
	var rec map[string]any
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &rec); err != nil {
		t.Fatalf("log record %q: %v", lines[len(lines)-1], err)
	}
	return rec
}

// fixture is a handler over a memory backend with three users and two groups: {alice}, {bob} (in {sales}), {carol}
// (inactive), and {empty}.
type fixture struct {
	handler http.Handler
	memory  *scimserver.Memory
	log     *logbook
	ids     map[string]string
}

func profile(t testing.TB, name string) scim.Profile {
	t.Helper()
	p, ok := scim.ProfileByName(name)
	if !ok {
		t.Fatalf("no profile %q", name)
	}
	return p
}

// bare is a fixture without resources. change may alter the options.
func bare(t testing.TB, p scim.Profile, change func(*scimserver.Options)) *fixture {
	t.Helper()
	f := &fixture{memory: scimserver.NewMemory(p), log: &logbook{}, ids: map[string]string{}}
	opt := scimserver.Options{
		Caller: caller(p, f.memory),
		Log:    slog.New(slog.NewJSONHandler(f.log, nil)),
	}
	if change != nil {
		change(&opt)
	}
	f.handler = scimserver.New(opt)
	return f
}

// caller lets one token in, the way the front door does.
func caller(p scim.Profile, b scimserver.Backend) func(*http.Request) (scimserver.Caller, error) {
	return func(r *http.Request) (scimserver.Caller, error) {
		c := scimserver.Caller{
			Backend: b, Profile: p, BaseURL: base,
			Types: []*scim.ResourceType{scim.UserType(), scim.GroupType()},
			Log:   []slog.Attr{slog.String("connection", "c1")},
		}
		switch got := r.Header.Get("Authorization"); got {
		case "Bearer " + token:
			return c, nil
		case "":
			return c, scim.NewError(scim.KindNoToken, "Authorization", "", "")
		case "Bearer expired":
			return c, scim.NewError(scim.KindExpiredToken, "Authorization", "", "")
		case "Bearer paused":
			return c, scim.NewError(scim.KindPaused, "connection", "", "")
		case "Bearer busy":
			return c, scim.NewError(scim.KindBusy, "", "", "")
		default:
			return c, scim.NewError(scim.KindMalformedToken, "Authorization", "", "Bearer <token>")
		}
	}
}

func setup(t testing.TB, profileName string, change func(*scimserver.Options)) *fixture {
	t.Helper()
	f := bare(t, profile(t, profileName), change)
	f.add(t, "alice", "/Users", `{"schemas":["`+scim.URNUser+`"],"userName":"alice@example.com","externalId":"ext-alice",
		"name":{"givenName":"Alice","familyName":"Adams"},"active":true,
		"emails":[{"value":"alice@example.com","type":"work","primary":true}]}`)
	f.add(t, "bob", "/Users", `{"schemas":["`+scim.URNUser+`"],"userName":"bob@example.com","externalId":"ext-bob",
		"name":{"givenName":"Bob","familyName":"Brown"},"active":true}`)
	f.add(t, "carol", "/Users", `{"schemas":["`+scim.URNUser+`"],"userName":"carol@example.com","active":false}`)
	f.add(t, "sales", "/Groups", f.expand(`{"schemas":["`+scim.URNGroup+`"],"displayName":"Sales","members":[{"value":"{bob}"}]}`))
	f.add(t, "empty", "/Groups", `{"schemas":["`+scim.URNGroup+`"],"displayName":"Empty"}`)
	return f
}

func (f *fixture) add(t testing.TB, name, path, body string) {
	t.Helper()
	a := f.do(http.MethodPost, path, body, nil)
	if a.Code != http.StatusCreated {
		t.Fatalf("POST %s: %d %s", path, a.Code, a.Body)
	}
	var doc struct{ ID string }
	if err := json.Unmarshal(a.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	f.ids[name] = doc.ID
}

// expand fills {name} with the ids of the fixture.
func (f *fixture) expand(s string) string {
	for name, id := range f.ids {
		s = strings.ReplaceAll(s, "{"+name+"}", id)
	}
	return s
}

// do sends a request with the token, and with Content-Type when there is a body; header overrides, and an empty
// value takes a header away.
func (f *fixture) do(method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://usher.test/", strings.NewReader(body))
	rawPath, query, _ := strings.Cut(f.expand(path), "?")
	r.URL.Path, r.URL.RawPath, r.URL.RawQuery = unescaped(rawPath), rawPath, query
	r.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	for name, value := range header {
		r.Header.Set(name, f.expand(value))
		if value == "" {
			r.Header.Del(name)
		}
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	return w
}

// unescaped is what net/http would leave in URL.Path beside the raw path.
func unescaped(path string) string {
	if p, err := url.PathUnescape(path); err == nil {
		return p
	}
	return path
}

// state is all that is stored, as the server shows it.
func (f *fixture) state() string {
	return f.do(http.MethodGet, "/Users", "", nil).Body.String() + f.do(http.MethodGet, "/Groups", "", nil).Body.String()
}

// scenario is one request and what must come of it.
type scenario struct {
	name    string // with the rules, traps and decisions that it proves
	profile string // defaults to okta
	method  string // defaults to GET
	path    string
	header  map[string]string
	body    string

	status  int
	want    string            // JSON that the answer must contain: objects may have more members, arrays are compared whole
	absent  []string          // members that the answer must not have, as a/b/0/c
	headers map[string]string // "" means absent
	then    string            // a path to GET afterwards …
	thenHas string            // … and what its answer must contain
}

func play(t *testing.T, rows []scenario) {
	t.Helper()
	for _, s := range rows {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, orElse(s.profile, "okta"), nil)
			s.play(t, f)
		})
	}
}

func (s scenario) play(t *testing.T, f *fixture) {
	t.Helper()
	before := f.state()
	a := f.do(orElse(s.method, http.MethodGet), s.path, f.expand(s.body), s.header)
	if a.Code != s.status {
		t.Fatalf("status %d, want %d: %s", a.Code, s.status, a.Body)
	}
	if s.status >= 400 {
		checkError(t, a)
		if after := f.state(); after != before {
			t.Errorf("a refused request changed the state:\n%s\n%s", before, after)
		}
	}
	if s.want != "" {
		contains(t, a.Body.Bytes(), f.expand(s.want))
	}
	for _, path := range s.absent {
		if v, ok := lookup(decode(t, a.Body.Bytes()), path); ok {
			t.Errorf("%s is %v, want absent", path, v)
		}
	}
	for name, value := range s.headers {
		if got := a.Header().Get(name); got != f.expand(value) {
			t.Errorf("%s: %q, want %q", name, got, f.expand(value))
		}
	}
	if s.then != "" {
		contains(t, f.do(http.MethodGet, s.then, "", nil).Body.Bytes(), f.expand(s.thenHas))
	}
}

// longestError bounds what an error may repeat of a request: admins read it in a narrow column.
const longestError = 4 << 10

// checkError holds an answer to RFC 7644 §3.12.
func checkError(t testing.TB, a *httptest.ResponseRecorder) {
	t.Helper()
	if got := a.Header().Get("Content-Type"); got != "application/scim+json" {
		t.Errorf("Content-Type %q", got)
	}
	if a.Body.Len() > longestError {
		t.Errorf("an error of %d bytes: %.300s …", a.Body.Len(), a.Body)
	}
	var e struct {
		Schemas        []string
		Status, Detail string
	}
	if err := json.Unmarshal(a.Body.Bytes(), &e); err != nil {
		t.Fatalf("the body of a %d is not JSON: %v: %q", a.Code, err, a.Body)
	}
	if !slices.Equal(e.Schemas, []string{scim.URNError}) || e.Status != fmt.Sprint(a.Code) || e.Detail == "" {
		t.Errorf("not a SCIM error: %s", a.Body)
	}
}

func decode(t testing.TB, data []byte) any {
	t.Helper()
	if len(data) == 0 {
		return nil
	}
	var v any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v: %q", err, data)
	}
	return v
}

func lookup(v any, path string) (any, bool) {
	for name := range strings.SplitSeq(path, "/") {
		switch c := v.(type) {
		case map[string]any:
			next, ok := c[name]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(c) {
				return nil, false
			}
			v = c[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// contains fails unless got has all of want.
func contains(t testing.TB, got []byte, want string) {
	t.Helper()
	if msg := missing(decode(t, got), decode(t, []byte(want)), ""); msg != "" {
		t.Errorf("%s\ngot  %s\nwant %s", msg, got, want)
	}
}

func missing(got, want any, at string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s: %v, want an object", at, got)
		}
		for _, name := range slices.Sorted(maps.Keys(w)) {
			if msg := missing(g[name], w[name], at+"/"+name); msg != "" {
				return msg
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return fmt.Sprintf("%s: %v, want %d elements", at, got, len(w))
		}
		for i := range w {
			if msg := missing(g[i], w[i], fmt.Sprintf("%s/%d", at, i)); msg != "" {
				return msg
			}
		}
		return ""
	}
	if got != want {
		return fmt.Sprintf("%s: %v, want %v", at, got, want)
	}
	return ""
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
