package usher_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
	"github.com/usher-scim/usher/store/sqlite"
	"github.com/usher-scim/usher/store/sqlite/sqlitetest"
)

// bundle is a server over a fresh store, with one connection and its token.
type bundle struct {
	server     *usher.Server
	store      *sqlite.Store
	connection directory.Connection
	token      string
	key        directory.Key
	watched    int           // how often bystanders have watched
	ahead      *atomic.Int64 // nanoseconds that the server's clock is ahead, unless the test has its own
}

func (b *bundle) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

func setup(t *testing.T, cfg usher.Config) *bundle {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, sqlitetest.Folder(t), sqlitetest.Options(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	cfg.Store, cfg.Key = store, directory.NewKey()
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	b := &bundle{store: store, key: cfg.Key, ahead: new(atomic.Int64)}
	if cfg.Now == nil {
		cfg.Now = b.now
	}
	if b.server, err = usher.New(cfg); err != nil {
		t.Fatal(err)
	}
	w, err := b.server.Directory().CreateWorkspace(ctx, operator, directory.NewWorkspace{Key: "ACC123"})
	if err != nil {
		t.Fatal(err)
	}
	b.connect(t, w, "okta")
	return b
}

// connect makes a connection and a token for it.
func (b *bundle) connect(t *testing.T, w directory.Workspace, name string) {
	t.Helper()
	dir := b.server.Directory()
	var err error
	if b.connection, err = dir.CreateConnection(t.Context(), operator, w, directory.NewConnection{Name: name, Profile: "okta"}); err != nil {
		t.Fatal(err)
	}
	token, err := dir.CreateToken(t.Context(), operator, b.connection, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b.token = token.Text
}

// request is one request to the handler, from loopback unless it says otherwise.
type request struct {
	method, path string
	remote       string
	tls          bool
	anonymous    bool
	header       http.Header
	body         string
}

func (b *bundle) do(r request) *httptest.ResponseRecorder {
	if r.method == "" {
		r.method = http.MethodGet
	}
	req := httptest.NewRequest(r.method, strings.ReplaceAll(r.path, "{id}", b.connection.ID), strings.NewReader(r.body))
	req.RemoteAddr = "127.0.0.1:1000"
	if r.remote != "" {
		req.RemoteAddr = r.remote
	}
	if r.tls {
		req.TLS = &tls.ConnectionState{}
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if !r.anonymous {
		req.Header.Set("Authorization", "Bearer "+b.token)
	}
	w := httptest.NewRecorder()
	b.server.ServeHTTP(w, req)
	return w
}

const newUser = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ada@example.com"}`

func TestServer_BaseURLFollowsPublicURLAndThePathThatWasUsed(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{PublicURL: "https://scim.example.com/idp/"})
	for path, want := range map[string]string{
		"/scim/{id}/v2/Users":   "https://scim.example.com/idp/scim/{id}/v2/Users/",
		"/scim/v2/Users":        "https://scim.example.com/idp/scim/v2/Users/",
		"//scim/{id}/v2//Users": "https://scim.example.com/idp/scim/{id}/v2/Users/", // T-016
	} {
		name := strings.NewReplacer("/", "-", "{", "", "}", "").Replace(path)
		w := b.do(request{method: http.MethodPost, path: path, body: strings.ReplaceAll(newUser, "ada", name)})
		if w.Code != http.StatusCreated {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		var user struct {
			Meta struct{ Location string }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &user); err != nil {
			t.Fatal(err)
		}
		want = strings.ReplaceAll(want, "{id}", b.connection.ID)
		if !strings.HasPrefix(user.Meta.Location, want) || w.Header().Get("Location") != user.Meta.Location {
			t.Errorf("%s: location %q and %q, want %s…", path, user.Meta.Location, w.Header().Get("Location"), want)
		}
	}
	if got, want := b.server.BaseURL(b.connection.ID), "https://scim.example.com/idp/scim/"+b.connection.ID+"/v2"; got != want {
		t.Errorf("BaseURL: got %s, want %s", got, want)
	}
}

func TestServer_Refusals(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	b := setup(t, usher.Config{TrustedProxies: proxy})
	const users = "/scim/{id}/v2/Users"
	tests := []struct {
		name   string
		req    request
		status int
		detail scim.Kind
	}{
		{"R-003 R-004 no token", request{path: users, anonymous: true}, 401, scim.KindNoToken},
		{"R-175 another connection's URL", request{path: "/scim/other/v2/Users"}, 401, scim.KindForeignToken},
		{"R-002 plain HTTP off loopback", request{path: users, remote: "198.51.100.7:1"}, 403, scim.KindInsecureTransport},
		{"plain HTTP off loopback, no token tried", request{path: users, remote: "198.51.100.7:1", anonymous: true}, 403, scim.KindInsecureTransport},
		{"plain HTTP for discovery", request{path: "/scim/v2/ServiceProviderConfig", remote: "198.51.100.7:1", anonymous: true}, 403, scim.KindInsecureTransport},
		{"forged headers", request{path: users, remote: "198.51.100.7:1", header: http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"127.0.0.1"}}}, 403, scim.KindInsecureTransport},
		{"proxy without TLS", request{path: users, remote: "10.0.0.1:1", header: http.Header{"X-Forwarded-For": {"198.51.100.7"}}}, 403, scim.KindInsecureTransport},
		{"T-011 below no base URL", request{path: "/scim/serviceConfiguration"}, 404, scim.KindUnknownEndpoint},
		{"T-115 unknown endpoint", request{path: "/scim/{id}/v2/Roles"}, 404, scim.KindUnknownEndpoint},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := b.do(tt.req)
			var answer struct{ Status, Detail string }
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Fatalf("%d, not SCIM JSON: %s", w.Code, w.Body)
			}
			want, _, _ := strings.Cut(scim.NewError(tt.detail, "", "", "").Detail(), ".")
			if w.Code != tt.status || !strings.Contains(answer.Detail, want) {
				t.Errorf("got %d %q, want %d %q", w.Code, answer.Detail, tt.status, want)
			}
			if strings.Contains(w.Body.String(), b.token) {
				t.Error("the answer repeats the token")
			}
		})
	}
}

func TestServer_Serves(t *testing.T) {
	t.Parallel()
	proxy := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	b := setup(t, usher.Config{TrustedProxies: proxy})
	tests := []struct {
		name   string
		req    request
		status int
		text   string
	}{
		{"loopback", request{path: "/scim/{id}/v2/Users"}, 200, "ListResponse"},
		{"shared base", request{path: "/scim/v2/Users"}, 200, "ListResponse"},
		{"TLS", request{path: "/scim/v2/Users", remote: "198.51.100.7:1", tls: true}, 200, "ListResponse"},
		{"behind a proxy", request{path: "/scim/v2/Users", remote: "10.0.0.1:1", header: http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-For": {"198.51.100.7"}}}, 200, "ListResponse"},
		{"D-25 public discovery", request{path: "/scim/{id}/v2/ServiceProviderConfig", anonymous: true}, 200, "ServiceProviderConfig"},
		{"D-25 the same for a connection that is not there", request{path: "/scim/none/v2/ServiceProviderConfig", anonymous: true}, 200, "ServiceProviderConfig"},
		{"T-015 query of an Entra tenant", request{path: "/scim/{id}/v2/Users?aadOptscim062020"}, 200, "ListResponse"},
		{"T-125 slash before the query", request{path: "/scim/{id}/v2/Users/?count=1"}, 200, "ListResponse"},
		{"health", request{path: "/healthz", anonymous: true, remote: "198.51.100.7:1"}, 200, "ok"},
		{"ready", request{path: "/readyz", anonymous: true, remote: "198.51.100.7:1"}, 200, "ready"},
		{"health takes GET and HEAD", request{method: http.MethodPost, path: "/healthz"}, 405, "not allowed"},
		{"elsewhere", request{path: "/console"}, 404, "404 page not found"},
		{"root", request{path: "/"}, 404, "404 page not found"},
		{"a mistyped base URL", request{path: "/scm/v2/Users"}, 404, "/scim/<connection id>/v2"},
		{"SCIM without an endpoint", request{path: "/v2", header: http.Header{"Accept": {"application/scim+json"}}}, 404, "urn:ietf:params:scim:api:messages:2.0:Error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if w := b.do(tt.req); w.Code != tt.status || !strings.Contains(w.Body.String(), tt.text) {
				t.Errorf("got %d %s, want %d …%s…", w.Code, w.Body, tt.status, tt.text)
			}
		})
	}
}

func TestServer_PrivateDiscovery(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{PrivateDiscovery: true})
	if w := b.do(request{path: "/scim/v2/ServiceProviderConfig", anonymous: true}); w.Code != http.StatusUnauthorized {
		t.Errorf("D-25 without a token: got %d, want 401", w.Code)
	}
	if w := b.do(request{path: "/scim/v2/ServiceProviderConfig"}); w.Code != http.StatusOK {
		t.Errorf("with a token: got %d, want 200", w.Code)
	}
}

func TestServer_HeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	for _, path := range []string{"/healthz", "/readyz", "/scim/v2/Users", "/scim/x", "/"} {
		h := b.do(request{path: path, tls: true}).Header()
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Strict-Transport-Security": "max-age=31536000",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if h.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", path)
		}
	}
	if got := b.do(request{path: "/healthz"}).Header().Get("Strict-Transport-Security"); got != "" {
		t.Errorf("Strict-Transport-Security over plain HTTP: %q", got)
	}
}

func TestServer_RequestIDComesFromATrustedProxyOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	tests := []struct {
		name, remote, sent string
		taken              bool
	}{
		{"proxy", "10.0.0.1:1", "abc-1.2_3", true},
		{"stranger", "127.0.0.1:1", "abc-1.2_3", false},
		{"proxy passes on a line break", "10.0.0.1:1", "abc\nforged", false},
		{"proxy passes on a novel", "10.0.0.1:1", strings.Repeat("a", 65), false},
	}
	for _, tt := range tests {
		w := b.do(request{path: "/scim/v2/Users", remote: tt.remote, tls: true, header: http.Header{"X-Request-Id": {tt.sent}, "X-Forwarded-Proto": {"https"}}})
		got := w.Header().Get("X-Request-Id")
		if taken := got == tt.sent; taken != tt.taken || got == "" {
			t.Errorf("%s: got %q, sent %q", tt.name, got, tt.sent)
		}
	}
}

func TestServer_Draining(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, usher.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	status := func(path string) int { return b.do(request{path: path}).Code }

	b.server.Drain()
	if got := status("/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("draining: /readyz answers %d, want 503", got)
	}
	if got := status("/healthz"); got != http.StatusOK {
		t.Errorf("draining: /healthz answers %d, want 200", got)
	}
	if got := status("/scim/v2/Users"); got != http.StatusOK {
		t.Errorf("draining: requests answer %d, want 200", got)
	}
	if err := b.server.Close(); err != nil {
		t.Fatal(err)
	}
	b.server.Drain() // does not open it again
	if w := b.do(request{path: "/scim/v2/Users"}); w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("closed: requests answer %d, want 503 with Retry-After", w.Code)
	}
	log.Reset()
	const want = `level=WARN msg="unserved request" method=GET path=/scim/…/Users/{id} status=503 `
	b.do(request{path: "/scim/{id}/v2/Users/ada"})
	if !strings.Contains(log.String(), want) || !strings.Contains(log.String(), "kind=closed") || strings.Count(log.String(), "\n") != 1 {
		t.Errorf("closed: the log has %s", &log)
	}
	log.Reset()
	if got := status("/healthz"); got != http.StatusServiceUnavailable || status("/readyz") != got || log.Len() > 0 {
		t.Errorf("closed: probes answer %d, the log has %s", got, &log)
	}
}

func TestServer_ReadyTellsTheTruthAboutTheStore(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	if w := b.do(request{path: "/readyz"}); w.Code != http.StatusServiceUnavailable {
		t.Errorf("/readyz over a closed store: %d %s", w.Code, w.Body)
	}
	if w := b.do(request{path: "/healthz"}); w.Code != http.StatusOK {
		t.Errorf("/healthz over a closed store: %d", w.Code)
	}
}

func TestServer_RunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	served := httptest.NewServer(b.server)
	t.Cleanup(served.Close)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- b.server.Run(ctx) }()

	req, err := http.NewRequest(http.MethodGet, served.URL+"/scim/v2/Users", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+b.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, res.Body)
	_ = res.Body.Close()

	stop()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	dir := b.server.Directory()
	w, err := dir.Workspace(t.Context(), "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	c, err := dir.Connection(t.Context(), w, "okta")
	if err != nil {
		t.Fatal(err)
	}
	if c.Status() != "active" {
		t.Error("M4: Run ended before the contact was recorded")
	}
}

func TestNew_RefusesHalfAConfig(t *testing.T) {
	t.Parallel()
	if _, err := usher.New(usher.Config{}); err == nil {
		t.Error("no directory and no store: no error")
	}
	if _, err := usher.New(usher.Config{PublicURL: "scim.example.com"}); err == nil {
		t.Error("a public URL without a scheme: no error")
	}
}

// what a client sends as a URL is text. The server never asks for it, or a directory could be made to knock at
// any door of the network that it stands in.
func TestServer_R179_FetchesNothing(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(trap.Close)
	b := setup(t, usher.Config{})
	created := b.do(request{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: fmt.Sprintf(
		`{"schemas":[%[1]q],"userName":"ada","profileUrl":"%[3]s/profile","photos":[{"value":"%[3]s/photo","type":"photo"}],
		%[2]q:{"manager":{"value":"26118915","$ref":"%[3]s/Users/26118915"}}}`,
		scim.URNUser, scim.URNEnterpriseUser, trap.URL)})
	if created.Code != http.StatusCreated || !strings.Contains(created.Body.String(), trap.URL+"/profile") {
		t.Fatalf("%d %s", created.Code, created.Body)
	}
	var user struct{ ID string }
	if err := json.Unmarshal(created.Body.Bytes(), &user); err != nil {
		t.Fatal(err)
	}
	for _, r := range []request{
		{method: http.MethodPost, path: "/scim/{id}/v2/Groups", body: fmt.Sprintf(
			`{"schemas":[%q],"displayName":"g","members":[{"value":%q,"$ref":"%s/Users/1"}]}`, scim.URNGroup, user.ID, trap.URL)},
		{path: "/scim/{id}/v2/Users/" + user.ID},
		{path: "/scim/{id}/v2/Users?filter=" + url.QueryEscape(fmt.Sprintf("profileUrl eq %q", trap.URL+"/profile"))},
	} {
		if res := b.do(r); res.Code >= http.StatusBadRequest {
			t.Errorf("%s: %d %s", r.path, res.Code, res.Body)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the server asked for %d of the URLs", n)
	}
}
