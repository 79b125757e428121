package usher_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/directory"
)

var operator = directory.Actor{Name: "test"}

// secret makes a client secret of the bundle's connection.
func (b *bundle) secret(t *testing.T) directory.IssuedToken {
	t.Helper()
	secret, err := b.server.Directory().CreateClientSecret(t.Context(), operator, b.connection, time.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

const tokenPath = "/scim/{id}/oauth2/token"

// form is a token request with a body of alternating names and values.
func form(pairs ...string) request {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return request{
		method: http.MethodPost, path: tokenPath, anonymous: true, body: values.Encode(),
		header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
	}
}

func (r request) with(name, value string) request {
	r.header = r.header.Clone()
	r.header.Set(name, value)
	return r
}

// twice adds a second Authorization header.
func twice(r request, second string) request {
	r.header = r.header.Clone()
	r.header.Add("Authorization", second)
	return r
}

// basic is what a header with both values looks like, which RFC 6749 §2.3.1 wants form-encoded first.
func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// granted is the answer of a token request, successful or not.
type granted struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Scope       string
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

func answerOf(t *testing.T, w *httptest.ResponseRecorder) granted {
	t.Helper()
	var g granted
	if err := json.Unmarshal(w.Body.Bytes(), &g); err != nil {
		t.Fatalf("%d, not JSON: %s", w.Code, w.Body)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("RFC 6749 §5.1: %s is %q, want %q", name, got, want)
		}
	}
	return g
}

// D-21: what Entra's gallery asks for. The request is form-encoded, with the credentials in the body or by HTTP
// Basic; the access token is then a bearer token.
func TestOAuth2_D21_ClientCredentials(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	secret, id := b.secret(t).Text, b.connection.ID
	const grant = "client_credentials"
	escaped := "%" + strings.ToUpper(hex(secret[0])) + secret[1:]
	rows := []struct {
		name  string
		req   request
		scope string
	}{
		{"in the body", form("grant_type", grant, "client_id", id, "client_secret", secret), ""},
		{"with a scope", form("grant_type", grant, "client_id", id, "client_secret", secret, "scope", "scim:all x"), "scim:all x"},
		{"with an empty scope", form("grant_type", grant, "client_id", id, "client_secret", secret, "scope", ""), ""},
		{"with parameters nobody knows", form("grant_type", grant, "client_id", id, "client_secret", secret, "resource", "x", "baseAddress", "y"), ""},
		{"with a character set", form("grant_type", grant, "client_id", id, "client_secret", secret).with("Content-Type", "Application/X-WWW-Form-URLencoded; charset=UTF-8"), ""},
		{"by Basic", form("grant_type", grant).with("Authorization", basic(id, secret)), ""},
		{"by Basic, form-encoded inside", form("grant_type", grant).with("Authorization", basic(id, escaped)), ""},
		{"by Basic, with the client id in the body too", form("grant_type", grant, "client_id", id).with("Authorization", basic(id, secret)), ""},
		{"pasted with a blank", form("grant_type", grant, "client_id", id+" ", "client_secret", secret+"\n"), ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := b.do(row.req)
			g := answerOf(t, w)
			if w.Code != http.StatusOK || g.TokenType != "Bearer" || g.ExpiresIn != 3600 || g.Scope != row.scope {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			for _, path := range []string{"/scim/{id}/v2/Users?startIndex=1&count=1", "/scim/v2/Users"} {
				w = b.do(request{path: path, anonymous: true, header: http.Header{"Authorization": {"Bearer " + g.AccessToken}}})
				if w.Code != http.StatusOK {
					t.Errorf("%s with the access token: %d %s", path, w.Code, w.Body)
				}
			}
		})
	}
}

func hex(c byte) string { return string("0123456789abcdef"[c>>4]) + string("0123456789abcdef"[c&15]) }

// The refusals of RFC 6749 §5.2.
func TestOAuth2_Refusals(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	dir := b.server.Directory()
	secret, id := b.secret(t).Text, b.connection.ID
	revoked := b.secret(t)
	if _, err := dir.RevokeToken(t.Context(), operator, b.connection, revoked.ID); err != nil {
		t.Fatal(err)
	}
	paused, err := dir.CreateConnection(t.Context(), operator, directory.Workspace{Root: b.connection.Root, ID: b.connection.Workspace},
		directory.NewConnection{Name: "Ünterwegs", Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	closed, err := dir.CreateClientSecret(t.Context(), operator, paused, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	const grant = "client_credentials"
	good := form("grant_type", grant, "client_id", id, "client_secret", secret)
	off := func(r request) request { r.remote = "198.51.100.7:1"; return r }
	at := func(path string, r request) request { r.path = path; return r }
	method := func(m string) request { r := good; r.method = m; return r }
	raw := func(body string) request { r := good; r.body = body; return r }
	rows := []struct {
		name   string
		req    request
		status int
		code   string
		text   string
	}{
		{"no grant type", form("client_id", id, "client_secret", secret), 400, "invalid_request", "grant_type is missing"},
		{"another grant type", form("grant_type", "password", "username", "u", "password", "p"), 400, "unsupported_grant_type", "client_credentials"},
		{"a parameter twice", form("grant_type", grant, "grant_type", grant), 400, "invalid_request", "more than once"},
		{"a parameter twice with an ugly name", form("\"\x00é", "1", "\"\x00é", "2"), 400, "invalid_request", "??? was sent"},
		{"a scope with a quote", form("grant_type", grant, "client_id", id, "client_secret", secret, "scope", `a"b`), 400, "invalid_scope", "scope"},
		{"JSON", good.with("Content-Type", "application/json"), 400, "invalid_request", "x-www-form-urlencoded"},
		{"not form-encoded", raw("grant_type=%zz"), 400, "invalid_request", "form-encoded"},
		{"too large", raw("x=" + strings.Repeat("y", 16<<10)), 413, "invalid_request", "16384"},
		{"GET", method(http.MethodGet), 405, "invalid_request", "POST"},
		{"OPTIONS", method(http.MethodOptions), 405, "invalid_request", "POST"},
		{"R-177 a secret in the URL", at(tokenPath+"?client_secret="+secret, good), 400, "invalid_request", "never in the URL"},
		{"R-002 plain HTTP off loopback", off(good), 403, "invalid_request", "https"},
		{"no credentials", form("grant_type", grant), 401, "invalid_client", "client_id and client_secret"},
		{"no secret", form("grant_type", grant, "client_id", id), 401, "invalid_client", "client_id and client_secret"},
		{"a client assertion", form("grant_type", grant, "client_id", id, "client_assertion", "ey"), 401, "invalid_client", "assertion"},
		{"another scheme", form("grant_type", grant).with("Authorization", "Bearer "+b.token), 401, "invalid_client", "Basic"},
		{"Basic that is no base64", form("grant_type", grant).with("Authorization", "Basic ???"), 401, "invalid_client", "Basic"},
		{"Basic that is not form-encoded", form("grant_type", grant).with("Authorization", basic(id, "%zz")), 401, "invalid_client", "form-encoded"},
		{"Basic without a secret", form("grant_type", grant).with("Authorization", basic(id, "")), 401, "invalid_client", "client_id and client_secret"},
		{"both ways at once", good.with("Authorization", basic(id, secret)), 400, "invalid_request", "twice"},
		{"two headers", twice(form("grant_type", grant).with("Authorization", basic(id, secret)), "Bearer "+b.token), 400, "invalid_request", "more than once"},
		{"two client ids", form("grant_type", grant, "client_id", "x").with("Authorization", basic(id, secret)), 400, "invalid_request", "client_id"},
		{"another client id", form("grant_type", grant, "client_id", "x", "client_secret", secret), 401, "invalid_client", "one connection"},
		{"R-175 another connection's URL", at("/scim/"+paused.ID+"/oauth2/token", form("grant_type", grant, "client_id", paused.ID, "client_secret", secret)), 401, "invalid_client", "one connection"},
		{"a connection that is not there", at("/scim/nope/oauth2/token", form("grant_type", grant, "client_id", "nope", "client_secret", secret)), 401, "invalid_client", "one connection"},
		{"a bearer token", form("grant_type", grant, "client_id", id, "client_secret", b.token), 401, "invalid_client", "not one of this service"},
		{"cut off", form("grant_type", grant, "client_id", id, "client_secret", secret[:40]), 401, "invalid_client", "whole"},
		{"revoked", form("grant_type", grant, "client_id", id, "client_secret", revoked.Text), 401, "invalid_client", "was revoked at 20"},
		{"M17 disabled", at("/scim/"+paused.ID+"/oauth2/token", form("grant_type", grant, "client_id", paused.ID, "client_secret", closed.Text)), 400, "unauthorized_client", "connection ?nterwegs is disabled by test at 20"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := b.do(row.req)
			g := answerOf(t, w)
			if w.Code != row.status || g.Code != row.code || !strings.Contains(g.Description, row.text) || g.AccessToken != "" {
				t.Errorf("got %d %s, want %d %s …%s…", w.Code, w.Body, row.status, row.code, row.text)
			}
			if strings.Trim(g.Description, allowedInDescription) != "" {
				t.Errorf("RFC 6749 §5.2: description %q", g.Description)
			}
			challenge, allow := w.Header().Get("WWW-Authenticate"), w.Header().Get("Allow")
			if (challenge != "") != (w.Code == 401) || challenge != "" && !strings.HasPrefix(challenge, "Basic ") {
				t.Errorf("WWW-Authenticate: %q", challenge)
			}
			if (allow == "POST") != (w.Code == 405) {
				t.Errorf("Allow: %q", allow)
			}
			if body := w.Body.String(); strings.Contains(body, secret) || strings.Contains(body, b.token) {
				t.Errorf("R-176 the answer repeats a credential: %s", body)
			}
		})
	}
}

// allowedInDescription is %x20-21 / %x23-5B / %x5D-7E.
const allowedInDescription = " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~"

// a client secret is never a bearer token.
func TestOAuth2_R004_ASecretIsNoBearerToken(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	b.token = b.secret(t).Text
	w := b.do(request{path: "/scim/{id}/v2/Users"})
	if w.Code != http.StatusUnauthorized || !strings.Contains(w.Body.String(), "token URL") || w.Header().Get("WWW-Authenticate") == "" {
		t.Errorf("R-003: %d %s", w.Code, w.Body)
	}
}

// D-32: of two Authorization headers neither is taken, whichever of them is good. A proxy might have read the other one.
func TestAuthorization_D32_SentTwice(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	for _, pair := range [][2]string{{"Bearer " + b.token, "Bearer x"}, {"Bearer x", "Bearer " + b.token}, {b.token, b.token}} {
		r := request{path: "/scim/{id}/v2/Users", anonymous: true, header: http.Header{"Authorization": pair[:]}}
		if w := b.do(r); w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d %s", pair, w.Code, w.Body)
		}
	}
}

// The store is gone: the failure is told to nobody but the log, which has the request id.
func TestOAuth2_FailureTellsNothing(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, usher.Config{Log: slog.New(slog.NewTextHandler(&log, nil))})
	secret := b.secret(t).Text
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	w := b.do(form("grant_type", "client_credentials", "client_id", b.connection.ID, "client_secret", secret))
	g := answerOf(t, w)
	if w.Code != http.StatusInternalServerError || g.Code != "server_error" || !strings.Contains(g.Description, w.Header().Get("X-Request-Id")) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), w.Header().Get("X-Request-Id")) {
		t.Errorf("log: %s", log.String())
	}
}

// no credential comes into the log, whatever becomes of it.
func TestOAuth2_R176_NoCredentialInTheLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	b := setup(t, usher.Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	issued := b.secret(t)
	secret, id := issued.Text, b.connection.ID
	const grant = "client_credentials"
	good := form("grant_type", grant, "client_id", id, "client_secret", secret)
	access := answerOf(t, b.do(good)).AccessToken
	b.do(form("grant_type", grant, "client_id", "other", "client_secret", secret))
	b.do(form("grant_type", secret, "client_id", secret))
	b.do(form("grant_type", grant).with("Authorization", basic(id, secret)))
	b.do(good.with("Authorization", "Bearer "+secret))
	leak := good
	leak.path += "?client_secret=" + secret
	b.do(leak)
	leak.path = "/scim/" + secret + "/oauth2/token"
	b.do(leak)
	for _, header := range []string{"Bearer " + access, "Bearer " + secret, access, "Bearer " + access + "x", basic(id, secret)} {
		b.do(request{path: "/scim/{id}/v2/Users", anonymous: true, header: http.Header{"Authorization": {header}}})
	}
	for _, s := range []string{secret, access, base64.StdEncoding.EncodeToString([]byte(id + ":" + secret))} {
		if strings.Contains(log.String(), s) {
			t.Errorf("%q stands in the log:\n%s", s, log.String())
		}
	}
	for _, want := range []string{`msg="token request" status=200`, "token=" + issued.ID, "connection=" + id} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}

func TestOAuth2_AccessTokenTTL(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{AccessTokenTTL: 90 * time.Minute})
	g := answerOf(t, b.do(form("grant_type", "client_credentials", "client_id", b.connection.ID, "client_secret", b.secret(t).Text)))
	if g.ExpiresIn != 5400 {
		t.Errorf("expires_in is %d, want 5400", g.ExpiresIn)
	}
	for _, ttl := range []time.Duration{-1, time.Millisecond, 25 * time.Hour} {
		if _, err := usher.New(usher.Config{Directory: b.server.Directory(), AccessTokenTTL: ttl}); err == nil {
			t.Errorf("AccessTokenTTL %s: no error", ttl)
		}
	}
}

// discovery says client credentials to who has them, and to nobody else (D-25).
func TestOAuth2_D25_Discovery(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{PublicURL: "https://scim.example.com"})
	types := func(anonymous bool) []string {
		t.Helper()
		w := b.do(request{path: "/scim/{id}/v2/ServiceProviderConfig", anonymous: anonymous})
		var config struct {
			AuthenticationSchemes []struct {
				Type, SpecURI, Description string
				Primary                    bool
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &config); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		var types []string
		for i, s := range config.AuthenticationSchemes {
			types = append(types, s.Type)
			if s.Primary != (i == 0) {
				t.Errorf("scheme %d is primary: %t", i, s.Primary)
			}
			if s.Type == "oauth2" && (!strings.Contains(s.SpecURI, "6749") || !strings.Contains(s.Description, b.server.TokenURL(b.connection.ID))) {
				t.Errorf("oauth2 says %q, %q", s.SpecURI, s.Description)
			}
		}
		return types
	}
	want := func(name string, got []string, want string) {
		t.Helper()
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	want("no secret", types(false), "oauthbearertoken")
	secret := b.secret(t) // this process knows at once
	want("a live secret", types(false), "oauthbearertoken oauth2")
	want("D-25 without a token nothing of a connection is told", types(true), "oauthbearertoken")
	if _, err := b.server.Directory().RevokeToken(t.Context(), operator, b.connection, secret.ID); err != nil {
		t.Fatal(err)
	}
	want("revoked", types(false), "oauthbearertoken")
	if got, want := b.server.TokenURL("abc"), "https://scim.example.com/scim/abc/oauth2/token"; got != want {
		t.Errorf("TokenURL: %s, want %s", got, want)
	}
}

// R-160: /Me is the user that the token is bound to, under their permanent URL; a token that is bound to nobody has
// none.
func TestServer_R160_Me(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{PublicURL: "https://scim.example.com"})
	if w := b.do(request{path: "/scim/{id}/v2/Me"}); w.Code != http.StatusNotImplemented {
		t.Errorf("unbound: %d %s", w.Code, w.Body)
	}
	created := b.do(request{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: newUser})
	location := created.Header().Get("Location")
	user := location[strings.LastIndexByte(location, '/')+1:]
	bound, err := b.server.Directory().CreateUserToken(t.Context(), operator, b.connection, user, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	b.token = bound.Text
	w := b.do(request{path: "/scim/{id}/v2/Me"})
	if w.Code != http.StatusOK || w.Header().Get("Location") != location || !strings.Contains(w.Body.String(), `"location":"`+location+`"`) {
		t.Errorf("%d, Location %s, want %s: %s", w.Code, w.Header().Get("Location"), location, w.Body)
	}
	if w := b.do(request{path: "/scim/{id}/v2/Users"}); w.Code != http.StatusOK {
		t.Errorf("its reach is the connection's: %d %s", w.Code, w.Body)
	}
}

// C-12: a cursor is sealed under a key of the installation, so that every process takes it, and no other connection.
func TestServer_C12_CursorsAreOfOneConnectionAndEveryProcess(t *testing.T) {
	t.Parallel()
	b := setup(t, usher.Config{})
	for _, name := range []string{"ada", "bob", "cy"} {
		b.do(request{method: http.MethodPost, path: "/scim/{id}/v2/Users", body: strings.ReplaceAll(newUser, "ada", name)})
	}
	var page struct{ NextCursor string }
	w := b.do(request{path: "/scim/{id}/v2/Users?cursor&count=1"})
	if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || page.NextCursor == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	next := request{path: "/scim/{id}/v2/Users?count=1&cursor=" + url.QueryEscape(page.NextCursor)}
	again, err := usher.New(usher.Config{Directory: b.server.Directory(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, other := *b, *b
	elsewhere.server = again
	if w := elsewhere.do(next); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "bob") {
		t.Errorf("in another process: %d %s", w.Code, w.Body)
	}
	workspace, err := b.server.Directory().Workspace(t.Context(), "ACC123")
	if err != nil {
		t.Fatal(err)
	}
	other.connect(t, workspace, "other")
	if w := other.do(next); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "invalidCursor") {
		t.Errorf("R-175 from another connection: %d %s", w.Code, w.Body)
	}
}
