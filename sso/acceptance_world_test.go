package sso_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/delivery"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/store/sqlite"
)

// The acceptance tests play the rows of sign-in on the whole server, by TLS, as a browser, an admin and an identity
// provider see it. Each row is played on each of the roads; TestAcceptance_<row> is its test.

// house is the server over a store in a file, a tenant ACME ── ACME-LAB with the connection okta, and its customer.
// ACME's method is jit. Time stands until it is moved.
type house struct {
	*world
	customer customer
	folder   string
	store    *sqlite.Store
	front    http.Handler
	api      *admin.Client
	scim     string            // token of okta's SCIM half, once there is one
	names    map[string]string // of people, by subject
	audited  int64
	fed      int64
	mailed   map[string]bool
}

// onEachRoad plays a row once for each protocol.
func onEachRoad(t *testing.T, play func(t *testing.T, h *house)) {
	t.Parallel()
	for _, r := range roads {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			play(t, newHouse(t, r))
		})
	}
}

func newHouse(t *testing.T, r road) *house {
	t.Helper()
	h := &house{
		world: &world{
			TB: t, clock: &clock{now: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}, log: new(lines), proved: map[string]string{},
		},
		folder: t.TempDir(), names: map[string]string{}, mailed: map[string]bool{},
	}
	h.config = directory.Config{Key: directory.NewKey(), Now: h.clock.Now, LookupTXT: h.lookup}
	h.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.front.ServeHTTP(w, r) }))
	h.start()
	t.Cleanup(func() {
		h.server.Close()
		h.check(h.store.Close())
	})
	h.customer = r.open(h)
	h.acme, h.lab = h.workspace("ACME", ""), h.workspace("ACME-LAB", "ACME")
	h.okta = h.connect("okta", h.customer.rules)
	h.api = h.apiOf(directory.ScopeAll)
	h.skip()
	return h
}

// start opens the store and serves it. After a crash nothing else is left than what the file has.
func (h *house) start() {
	h.Helper()
	store, err := sqlite.Open(context.Background(), h.folder, sqlite.Options{Now: h.clock.Now})
	h.check(err)
	h.store, h.config.Store = store, store
	h.directory, err = directory.New(h.config)
	h.check(err)
	h.front, err = usher.New(usher.Config{
		Directory: h.directory, Now: h.clock.Now, Log: slog.New(slog.NewTextHandler(h.log, nil)), PublicURL: h.server.URL,
		Client:         delivery.NewClient(delivery.ClientConfig{AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, RateLimit: usher.RateLimit{PerSecond: -1},
	})
	h.check(err)
}

// crash starts the server anew: what it had not done yet it finds in the file.
func (h *house) crash() {
	h.Helper()
	h.check(h.store.Close())
	h.start()
}

// later moves the clock and lets the background do what is due.
func (h *house) later(d time.Duration) {
	h.Helper()
	h.clock.Add(d)
	h.check(h.directory.SweepSessions(h.Context()))
}

func (h *house) connect(name string, rules directory.SignIn) directory.Connection {
	h.Helper()
	c, err := h.directory.CreateConnection(h.Context(), operator, h.acme, directory.NewConnection{
		Name: name, Profile: name, Settings: directory.ConnectionSettings{SignIn: &rules},
	})
	h.check(err)
	h.check(h.directory.SetSignInSecret(h.Context(), operator, c, h.customer.secret))
	return c
}

// apiOf is the admin API with a key that has these scopes.
func (h *house) apiOf(scopes ...string) *admin.Client {
	h.Helper()
	key, err := h.directory.CreateAPIKey(h.Context(), operator, directory.NewAPIKey{Name: "test", Scopes: scopes})
	h.check(err)
	return &admin.Client{BaseURL: h.server.URL + "/api/v1", Key: key.Text, HTTP: h.server.Client()}
}

// renews gives okta a secret by the API: the client's, or keys of our own where sign-in is by SAML.
func (h *house) renews(c *admin.Client, secret string) error {
	if h.customer.rules.Protocol == directory.ProtocolSAML {
		_, err := c.RotateSAMLKeys(h.Context(), "ACME", "okta")
		return err
	}
	return c.SetSignInSecret(h.Context(), "ACME", "okta", secret)
}

// method changes how people come into ACME, by the API.
func (h *house) method(m directory.Method) admin.MethodReport {
	h.Helper()
	report, err := h.api.SetMethod(h.Context(), "ACME", admin.Method{Method: m, Confirm: true})
	h.check(err)
	h.acme, err = h.directory.Workspace(h.Context(), "ACME")
	h.check(err)
	h.clock.Add(time.Second)
	return report
}

// sends is a request of okta's SCIM half: the id of what it answers with, and its detail when it is a refusal.
func (h *house) sends(method, path, body string) (status int, id, detail string) {
	h.Helper()
	if h.scim == "" {
		issued, err := h.directory.CreateToken(h.Context(), operator, h.okta, h.clock.Now().AddDate(1, 0, 0))
		h.check(err)
		h.scim = issued.Text
		h.skip()
	}
	r, err := http.NewRequestWithContext(h.Context(), method, h.server.URL+"/scim/"+h.okta.ID+"/v2"+path, strings.NewReader(body))
	h.check(err)
	r.Header.Set("Content-Type", "application/scim+json")
	r.Header.Set("Authorization", "Bearer "+h.scim)
	res, err := h.server.Client().Do(r)
	h.check(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	h.check(err)
	var answer struct{ ID, Detail string }
	_ = json.Unmarshal(text, &answer)
	return res.StatusCode, answer.ID, answer.Detail
}

// provisions makes a user by SCIM, known by the principal that the person's logins have.
func (h *house) provisions(p somebody, more string) (id string) {
	h.Helper()
	status, id, detail := h.sends(http.MethodPost, "/Users", fmt.Sprintf(
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":%q,"externalId":%q,"emails":[{"value":%q,"primary":true}]%s}`,
		p.name+"@example.com", p.name, p.name+"@example.com", more))
	if status != http.StatusCreated {
		h.Fatalf("SCIM answered %d: %s", status, detail)
	}
	h.knows(p)
	return id
}

const inactive = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`

// member is the one of ACME whose address it is.
func (h *house) member(p somebody) (m admin.Member, there bool) {
	h.Helper()
	found, err := h.api.Members(h.Context(), "ACME", admin.MemberQuery{Text: p.name + "@example.com"})
	h.check(err)
	if len(found.Items) > 1 {
		h.Errorf("%s is there %d times", p.name, len(found.Items))
	}
	if len(found.Items) == 0 {
		return m, false
	}
	return found.Items[0], true
}

// knows lets what happens to the person be told by name.
func (h *house) knows(p somebody) (subject string) {
	h.Helper()
	m, there := h.member(p)
	if !there {
		h.Fatalf("%s is no member\n%s", p.name, h.log)
	}
	h.names[m.Subject] = p.name
	return m.Subject
}

// wantMember: the person is a member with that role, from there, and that status; "" is nobody.
func (h *house) wantMember(p somebody, want string) {
	h.Helper()
	got := ""
	if m, there := h.member(p); there {
		got = fmt.Sprintf("%s by %s, %s", m.Role, m.RoleSource, m.Status)
	}
	if got != want {
		h.Errorf("%s is %q, want %q", p.name, got, want)
	}
}

func (h *house) skip() { h.Helper(); h.happened() }

// happened is what the tenant's audit log and feed have got since the last call, a line each.
func (h *house) happened() []string {
	h.Helper()
	told := []string{}
	entries, err := h.directory.AuditLog(h.Context(), directory.Workspace{Root: h.acme.Root}, h.audited, 0)
	h.check(err)
	for _, e := range entries {
		h.audited = e.Seq
		var detail struct{ Code, Reason string }
		_ = json.Unmarshal(e.Detail, &detail)
		told = append(told, strings.Join(slices.DeleteFunc(
			[]string{e.Action, detail.Code + detail.Reason, h.names[e.Subject], "by " + h.actor(e.Actor)},
			func(word string) bool { return word == "" }), " "))
	}
	events, err := h.directory.Feed(h.Context(), h.acme, h.fed, 0, 0)
	h.check(err)
	for _, e := range events {
		h.fed = e.Seq
		var data struct{ Role, Status string }
		h.check(json.Unmarshal(e.Data, &data))
		line := "> " + e.Type + " " + h.names[e.Subject]
		if data.Status != "" {
			line += ": " + data.Role + ", " + data.Status
		}
		told = append(told, line)
	}
	return told
}

// actor says who has done something, in a word.
func (h *house) actor(name string) string {
	kind, id, _ := strings.Cut(name, ":")
	switch kind {
	case "sso":
		c, err := h.directory.Connection(h.Context(), h.acme, id)
		h.check(err)
		return c.Name
	case "apikey":
		return "admin"
	case "token":
		return "scim"
	}
	return kind
}

// wantHappened fails unless exactly these lines happened since the last look.
func (h *house) wantHappened(want ...string) {
	h.Helper()
	if diff := cmp.Diff(append([]string{}, want...), h.happened()); diff != "" {
		h.Errorf("audit entries and events (-want +got):\n%s", diff)
	}
}

// visitor is a browser with its cookies, at an address. It goes where it is sent.
type visitor struct {
	*house
	client *http.Client
	back   string // the address by which it posts from another site; empty: its own
}

func (h *house) visitor(address string) *visitor {
	jar, _ := cookiejar.New(nil)
	return &visitor{house: h, client: &http.Client{Jar: jar, Transport: from{h.server.Client().Transport, address}}}
}

// from sends requests by way of a proxy that says where they come from.
type from struct {
	http.RoundTripper
	address string
}

func (f from) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.RoundTripper.RoundTrip(r)
}

// shown is where the browser has come to, and what it shows.
type shown struct {
	status int
	at     *url.URL
	text   string
}

func (v *visitor) get(place string) shown {
	v.Helper()
	return v.shows(v.client.Get(v.absolute(place)))
}

func (v *visitor) post(place string, form url.Values) shown {
	v.Helper()
	return v.shows(v.client.PostForm(v.absolute(place), form))
}

func (v *visitor) absolute(place string) string {
	if strings.HasPrefix(place, "/") {
		return v.server.URL + sso.Path + place
	}
	return place
}

func (v *visitor) shows(res *http.Response, err error) shown {
	v.Helper()
	v.check(err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	v.check(err)
	page := shown{res.StatusCode, res.Request.URL, string(text)}
	if action := submitAction.FindStringSubmatch(page.text); action != nil && strings.Contains(page.text, ".submit()") {
		to, err := page.at.Parse(html.UnescapeString(action[1]))
		v.check(err)
		return v.submit(page.at, to, page.text)
	}
	return page
}

var submitAction = regexp.MustCompile(`action="([^"]+)"`)

// submit is what the script of a page does. To another site no cookie comes along (RFC 6265bis §5.2).
func (v *visitor) submit(site, to *url.URL, text string) shown {
	v.Helper()
	form := url.Values{}
	for _, field := range fields.FindAllStringSubmatch(text, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	r, err := http.NewRequestWithContext(v.Context(), http.MethodPost, to.String(), strings.NewReader(form.Encode()))
	v.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", site.Scheme+"://"+site.Host)
	if site.Host == to.Host {
		return v.shows(v.client.Do(r))
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if v.back != "" {
		v.client.Transport = from{v.server.Client().Transport, v.back}
	}
	res, err := v.client.Transport.RoundTrip(r)
	v.check(err)
	v.client.Jar.SetCookies(to, res.Cookies())
	if place, err := res.Location(); err == nil {
		_ = res.Body.Close()
		return v.get(place.String())
	}
	res.Request = r
	return v.shows(res, nil)
}

// attempt walks to the identity provider, where that person is, and back to whatever page there is then.
func (v *visitor) attempt(p somebody) shown {
	v.Helper()
	v.customer.arrives(p)
	return v.get("/" + v.okta.ID + "/login")
}

// signIn is an attempt that must do.
func (v *visitor) signIn(p somebody) directory.Session {
	v.Helper()
	page := v.attempt(p)
	s, ok := v.session()
	if page.status != http.StatusOK || !ok {
		v.Fatalf("%d at %s: %s\n%s", page.status, page.at, page.text, v.log)
	}
	v.names[s.Subject] = p.name
	return s
}

// session is that of the browser's cookie.
func (v *visitor) session() (directory.Session, bool) {
	v.Helper()
	at, _ := url.Parse(v.server.URL)
	for _, c := range v.client.Jar.Cookies(at) {
		if strings.HasSuffix(c.Name, "usher_session") {
			s, err := v.directory.SessionByToken(v.Context(), c.Value, v.client.Transport.(from).address)
			return s, err == nil
		}
	}
	return directory.Session{}, false
}

// wantPage: the browser's own page says in which workspace it is, as what; "": nobody is signed in.
func (v *visitor) wantPage(want string) {
	v.Helper()
	page := v.get("/session")
	if want == "" {
		v.wantRefused(page)
	} else if page.status != http.StatusOK || !strings.Contains(page.text, "<dd>"+want+"</dd>") {
		v.Errorf("%d at %s: want %q in\n%s\n%s", page.status, page.at, want, page.text, v.log)
	}
}

// wantRefused: the one page of refusals, and nobody is signed in.
func (v *visitor) wantRefused(p shown) {
	v.Helper()
	nowhere := v.house.visitor("192.0.2.99").get("/nowhere/login")
	if p.status != http.StatusForbidden || p.text != nowhere.text {
		v.Errorf("%d at %s: %s\n%s", p.status, p.at, p.text, v.log)
	}
	if s, ok := v.session(); ok {
		v.Errorf("there is a session: %+v", s)
	}
}

// wantKeptOut: the attempt is refused, with one audit entry that has the code, and nothing else.
func (v *visitor) wantKeptOut(p somebody, code directory.LoginCode) {
	v.Helper()
	v.wantRefused(v.attempt(p))
	v.wantHappened("login.refuse " + string(code) + " by okta")
}
