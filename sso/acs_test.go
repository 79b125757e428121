package sso_test

import (
	"crypto/sha256"
	"encoding/base64"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// samlWorld is the world with a connection of SAML in each tenant, to the same identity provider.
type samlWorld struct {
	*world
	idp             *ssotest.SAML
	adfs, theirsToo directory.Connection
}

func newSAMLWorld(t testing.TB) *samlWorld {
	t.Helper()
	w := newWorld(t)
	keys, _ := ssotest.SAMLKeys()
	s := &samlWorld{world: w, idp: &ssotest.SAML{EntityID: "https://idp.example", Key: keys[0], Now: w.clock.Now}}
	s.adfs, s.theirsToo = s.bySAML(w.acme, "adfs"), s.bySAML(w.other, "theirs too")
	return s
}

func (w *samlWorld) bySAML(at directory.Workspace, name string) directory.Connection {
	w.Helper()
	c, err := w.directory.CreateConnection(w.Context(), operator, at, directory.NewConnection{
		Name: name, Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: w.idp.EntityID, SAML: &directory.SAML{
				SSO: "https://idp.example/sso", Logout: "https://idp.example/slo",
				Certificates: []string{directory.PEM(w.idp.Key.Certificate)},
			},
		}},
	})
	w.check(err)
	return c
}

func (w *samlWorld) url(c directory.Connection, end string) string {
	return w.server.URL + sso.Path + "/" + c.ID + end
}

var requestIDs = regexp.MustCompile(` ID="([^"]+)"`)

// ask begins a login in a browser, and is what the identity provider answers, not yet signed, with the state.
func (w *samlWorld) ask(b *browser, c directory.Connection, query string) (r ssotest.Response, state string) {
	w.Helper()
	w.clock.Add(time.Minute + time.Second) // of what a stranger can bring there is one audit entry a minute
	p := b.get("/" + c.ID + "/login" + query)
	return w.asked(p, c)
}

func (w *samlWorld) asked(p page, c directory.Connection) (r ssotest.Response, state string) {
	w.Helper()
	if !strings.HasPrefix(p.to, "https://idp.example/sso?") {
		w.Fatalf("login answered %d, to %q: %s\n%s", p.StatusCode, p.to, p.text, w.log)
	}
	m, err := saml.Receive(httptest.NewRequest(http.MethodGet, p.to, nil))
	w.check(err)
	id := requestIDs.FindStringSubmatch(string(m.Text))[1]
	return w.idp.Respond(w.url(c, "/metadata"), w.url(c, "/acs"), id, ada), m.RelayState
}

func formOf(r ssotest.Response, state string) url.Values { return formOfText(r.XML(), state) }

func formOfText(text []byte, state string) url.Values {
	return url.Values{"SAMLResponse": {base64.StdEncoding.EncodeToString(text)}, "RelayState": {state}}
}

// postFrom posts as the page of a site does: from another one, no cookie comes along.
func (b *browser) postFrom(site, place string, form url.Values) page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, b.absolute(place), strings.NewReader(form.Encode()))
	b.check(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", site)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if site != b.server.URL {
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		b = b.browser()
	}
	return b.do(r)
}

var fields = regexp.MustCompile(`name="(\w+)" value="([^"]*)"`)

// deliver is the identity provider's page: the browser posts, and posts again what it is shown.
func (w *samlWorld) deliver(b *browser, c directory.Connection, form url.Values) page {
	w.Helper()
	p := b.postFrom("https://idp.example", "/"+c.ID+"/acs", form)
	if p.StatusCode != http.StatusOK {
		return p
	}
	repeated := url.Values{}
	for _, field := range fields.FindAllStringSubmatch(p.text, -1) {
		repeated.Set(field[1], html.UnescapeString(field[2]))
	}
	return b.postFrom(w.server.URL, "/"+c.ID+"/acs", repeated)
}

func TestACS_SignsInAndReturns(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	r, state := w.ask(b, w.adfs, "?to="+url.QueryEscape("/oauth2/continue?request=abc"))
	p := w.deliver(b, w.adfs, formOf(r, state))
	if p.StatusCode != http.StatusSeeOther || p.to != w.server.URL+"/oauth2/continue?request=abc" {
		t.Fatalf("answered %d, to %s\n%s", p.StatusCode, p.to, w.log)
	}
	session, ok := b.session()
	if !ok || session.State != directory.SessionLive || session.Connection != w.adfs.ID || session.Workspace != w.acme.ID || session.IDPSession != r.Session {
		t.Errorf("session %+v", session)
	}
	if left := w.traces(w.acme); left.sessions != 1 || left.people != 1 || left.refused != nil {
		t.Errorf("left %+v", left)
	}
	if p := b.get("/session"); !strings.Contains(p.text, "<dd>ACME, as Editor</dd>") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
}

// The page that posts once more shows what it was given and does nothing with it: whatever stands there is text.
func TestACS_PostsAgainFromHere(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	evil := `"><script>alert(1)</script>`
	p := w.browser().postFrom("https://idp.example", "/"+w.adfs.ID+"/acs", url.Values{"SAMLResponse": {"PHgvPg=="}, "RelayState": {evil}})
	if p.StatusCode != http.StatusOK || strings.Contains(p.text, evil) || !strings.Contains(p.text, `action="`+sso.Path+"/"+w.adfs.ID+`/acs"`) {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
	if n := strings.Count(p.text, "<script>"); n != 1 || !strings.Contains(p.Header.Get("Content-Security-Policy"), "; script-src 'sha256-") {
		t.Errorf("%d scripts by the policy %s", n, p.Header.Get("Content-Security-Policy"))
	}
	script := regexp.MustCompile(`<script>(.*)</script>`).FindStringSubmatch(p.text)
	digest := sha256.Sum256([]byte(script[1]))
	if want := "'sha256-" + base64.StdEncoding.EncodeToString(digest[:]) + "'"; !strings.Contains(p.Header.Get("Content-Security-Policy"), want) {
		t.Errorf("the policy does not let %s run", script[1])
	}
	if left := w.traces(w.acme); left.refused != nil {
		t.Errorf("left %+v", left)
	}
}

// What cannot be a response is not shown again: HTML would make it several times as large. What is shown costs less than two
// bytes for each that came.
func TestACS_PostsNothingAgainThatIsNoResponse(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	for name, form := range map[string]url.Values{
		"nothing":              {"SAMLResponse": {""}},
		"lines alone":          {"SAMLResponse": {"\r\n"}},
		"HTML":                 {"SAMLResponse": {`"><script>alert(1)</script>`}},
		"quotes":               {"SAMLResponse": {strings.Repeat(`"`, 200<<10)}},
		"bits of nothing":      {"SAMLResponse": {"PHgvPh=="}},
		"the other alphabet":   {"SAMLResponse": {"PHgv-_=="}},
		"a state of 81 bytes":  {"SAMLResponse": {"PHgvPg=="}, "RelayState": {strings.Repeat("x", 81)}},
		"a state of many more": {"SAMLResponse": {"PHgvPg=="}, "RelayState": {strings.Repeat(`"`, 200<<10)}},
	} {
		w.clock.Add(time.Minute + time.Second)
		before := w.traces(w.acme)
		w.wantRefused(w.browser().postFrom("https://idp.example", "/"+w.adfs.ID+"/acs", form), before, sso.CodeMalformed)
		if t.Failed() {
			t.Fatal(name)
		}
	}
	worst := url.Values{"SAMLResponse": {strings.Repeat("++++", 20<<10)}, "RelayState": {strings.Repeat("'", 80)}}
	p := w.browser().postFrom("https://idp.example", "/"+w.adfs.ID+"/acs", worst)
	if came := len(worst.Encode()); p.StatusCode != http.StatusOK || len(p.text) > 2*came {
		t.Errorf("%d: %d bytes became %d", p.StatusCode, came, len(p.text))
	}
}

// Attack 24: a response counts once, also when it comes many times at once or after a restart, and as an answer to another
// login never.
func TestACS_Replay(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	r, state := w.ask(b, w.adfs, "")
	form := formOf(r, state)
	var done sync.WaitGroup
	statuses := make([]int, 50)
	for i := range statuses {
		done.Go(func() { statuses[i] = b.postFrom(w.server.URL, "/"+w.adfs.ID+"/acs", form).StatusCode })
	}
	done.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusSeeOther {
			won++
		}
	}
	if left := w.traces(w.acme); won != 1 || left.sessions != 1 || left.people != 1 {
		t.Errorf("%d have won: %v, left %+v\n%s", won, statuses, left, w.log)
	}
	w.open()
	before := w.traces(w.acme)
	w.wantRefused(w.deliver(b, w.adfs, form), before, directory.LoginUnknownState)
	_, state = w.ask(b, w.adfs, "")
	before = w.traces(w.acme)
	w.wantRefused(w.deliver(b, w.adfs, formOf(r, state)), before, saml.CodeInResponseTo)
}

// Attack 24: of two servers over one store, at the same time, one takes a response.
func TestACS_ReplayAtAnotherServer(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	servers := []*sso.Handler{w.handler}
	w.open()
	servers = append(servers, w.handler)
	b := w.browser()
	r, state := w.ask(b, w.adfs, "")
	form := formOf(r, state).Encode()
	answers := make([]*httptest.ResponseRecorder, 20)
	var done sync.WaitGroup
	for i := range answers {
		answers[i] = httptest.NewRecorder()
		post := httptest.NewRequest(http.MethodPost, "/"+w.adfs.ID+"/acs", strings.NewReader(form))
		post.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		for _, c := range b.cookies() {
			post.AddCookie(c)
		}
		done.Go(func() { servers[i%2].ServeHTTP(answers[i], post) })
	}
	done.Wait()
	won := 0
	for _, a := range answers {
		if a.Code == http.StatusSeeOther {
			won++
		}
	}
	if left := w.traces(w.acme); won != 1 || left.sessions != 1 || left.people != 1 {
		t.Errorf("%d have won, left %+v\n%s", won, left, w.log)
	}
}

// Attacks 25 and 32: the answer must be that to a login which this browser has begun.
func TestACS_LoginForgery(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	attacker, victim := w.browser(), w.browser()
	r, state := w.ask(attacker, w.adfs, "")
	before := w.traces(w.acme)
	w.wantRefused(w.deliver(victim, w.adfs, formOf(r, state)), before, directory.LoginOtherBrowser)
	r, state = w.ask(attacker, w.adfs, "")
	_, _ = w.ask(victim, w.adfs, "") // has a cookie of its own
	before = w.traces(w.acme)
	w.wantRefused(w.deliver(victim, w.adfs, formOf(r, state)), before, directory.LoginOtherBrowser)
	before = w.traces(w.acme)
	w.wantRefused(w.deliver(attacker, w.adfs, formOf(r, state)), before, directory.LoginUnknownState) // somebody has got hold of it
}

// Attacks 25 and 31: the state is ours, whole and not old, or it is nothing.
func TestACS_RelayState(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		state func(string) []string
		want  directory.LoginCode
	}{
		"none":       {func(string) []string { return nil }, directory.LoginUnknownState},
		"empty":      {func(string) []string { return []string{""} }, directory.LoginUnknownState},
		"two":        {func(s string) []string { return []string{s, s} }, sso.CodeMalformed},
		"cut":        {func(s string) []string { return []string{s[1:]} }, directory.LoginUnknownState},
		"an address": {func(string) []string { return []string{"https://evil.example"} }, directory.LoginUnknownState},
		"a place":    {func(string) []string { return []string{"//evil.example"} }, directory.LoginUnknownState},
		"a slash":    {func(string) []string { return []string{`/\evil.example`} }, directory.LoginUnknownState},
		"a script":   {func(string) []string { return []string{"javascript:alert(1)"} }, directory.LoginUnknownState},
		"lines":      {func(s string) []string { return []string{s[:20] + "\r\nSet-Cookie: a=b"} }, directory.LoginUnknownState},
		"parameters": {func(s string) []string { return []string{s[:20] + "&SAMLResponse=x"} }, directory.LoginUnknownState},
		"10 KiB":     {func(string) []string { return []string{strings.Repeat("x", 10<<10)} }, sso.CodeMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSAMLWorld(t)
			b := w.browser()
			r, state := w.ask(b, w.adfs, "")
			form := formOf(r, "")
			form["RelayState"] = row.state(state)
			before := w.traces(w.acme)
			w.wantRefused(w.deliver(b, w.adfs, form), before, row.want)
		})
	}
	w := newSAMLWorld(t)
	b := w.browser()
	r, state := w.ask(b, w.adfs, "")
	w.clock.Add(10*time.Minute + time.Second)
	before := w.traces(w.acme)
	w.wantRefused(w.deliver(b, w.adfs, formOf(r, state)), before, directory.LoginUnknownState)
}

// Attack 26: what is for one tenant is nothing to another, though both have the same identity provider.
func TestACS_OfAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	r, state := w.ask(b, w.theirsToo, "")
	before := w.traces(w.acme)
	w.wantRefused(w.deliver(b, w.adfs, formOf(r, state)), before, sso.CodeWrongConnection)
	_, state = w.ask(b, w.adfs, "")
	before = w.traces(w.acme)
	w.wantRefused(w.deliver(b, w.adfs, formOf(r, state)), before, saml.CodeDestination)
	if theirs := w.traces(w.other); theirs.sessions != 0 || theirs.people != 0 {
		t.Errorf("left %+v", theirs)
	}
}

// Attack 33: a response that nobody has asked for signs nobody in. Where people may start at the identity provider, it has
// us ask.
func TestACS_Unsolicited(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	unasked := func() url.Values {
		return formOf(w.idp.Respond(w.url(w.adfs, "/metadata"), w.url(w.adfs, "/acs"), "", ada), "")
	}
	before := w.traces(w.acme)
	w.wantRefused(w.deliver(b, w.adfs, unasked()), before, directory.LoginUnknownState)
	w.holdTo(func(_ *directory.SignIn, rules *directory.SAML) { rules.Unsolicited = true })
	begun, stateOfBegun := w.ask(b, w.adfs, "")
	p := b.postFrom("https://idp.example", "/"+w.adfs.ID+"/acs", unasked())
	if _, ok := b.session(); ok || len(p.Cookies()) > 0 {
		t.Errorf("somebody is signed in, or bound to another login: %v", p.Cookies())
	}
	r, state := w.asked(b.get(p.to), w.adfs)
	for _, form := range []url.Values{formOf(r, state), formOf(begun, stateOfBegun)} {
		if p := w.deliver(b, w.adfs, form); p.StatusCode != http.StatusSeeOther || strings.Contains(p.to, "/login") {
			t.Errorf("answered %d, to %s: %s\n%s", p.StatusCode, p.to, p.text, w.log)
		}
	}
}

func TestMetadata_IsServed(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	p := w.browser().get("/" + w.adfs.ID + "/metadata")
	if p.StatusCode != http.StatusOK || p.Header.Get("Content-Type") != "application/samlmetadata+xml" || !strings.Contains(p.text, `entityID="`+w.url(w.adfs, "/metadata")+`"`) {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
	if p := w.browser().get("/" + w.okta.ID + "/metadata"); p.StatusCode != http.StatusForbidden {
		t.Errorf("OpenID Connect has metadata: %d", p.StatusCode)
	}
}

// A connection is made of the identity provider's metadata alone, and somebody signs in by it.
func TestACS_ByMetadata(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	idp, err := ssotest.StartSAML([]ssotest.Person{{Subject: "bob"}, ada}, w.clock.Now)
	w.check(err)
	t.Cleanup(func() { _ = idp.Close() })
	b := w.browser()
	provider, err := saml.ReadMetadata([]byte(b.get(idp.URL+"/metadata").text), w.clock.Now())
	w.check(err)
	rules := provider.Rules()
	c, err := w.directory.CreateConnection(t.Context(), operator, w.acme, directory.NewConnection{
		Name: "idp", Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: provider.EntityID, SAML: &rules,
		}},
	})
	w.check(err)
	w.check(w.handler.Check(t.Context(), c))
	choose := b.get(b.get("/" + c.ID + "/login").to)
	link := regexp.MustCompile(`href="([^"]*person=ada[^"]*)"`).FindStringSubmatch(choose.text)
	if link == nil {
		t.Fatalf("nobody to choose from: %s", choose.text)
	}
	delivered := b.get(idp.URL + html.UnescapeString(link[1]))
	form := url.Values{}
	for _, field := range fields.FindAllStringSubmatch(delivered.text, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	if p := b.postFrom(w.server.URL, "/"+c.ID+"/acs", form); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("answered %d: %s\n%s", p.StatusCode, p.text, w.log)
	}
	if p := b.get("/session"); !strings.Contains(p.text, "<dd>ACME, as Editor</dd>") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
}

// Where a fresh login was asked for, as an app does for what matters, an older one is none: whoever sits at a browser that was
// left open can take the wish for it out of the request.
func TestACS_FreshLogin(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	before := w.traces(w.acme)
	r, state := w.ask(b, w.adfs, "?fresh=1")
	r.Edit = func(response *etree.Element) {
		ssotest.SAMLElement(response, "AuthnStatement").CreateAttr("AuthnInstant", w.clock.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
	}
	w.wantRefused(w.deliver(b, w.adfs, formOf(r, state)), before, sso.CodeNotFresh)
}
