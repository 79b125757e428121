package sso_test

import (
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/ssotest"
)

func TestCallback_SignsInAndReturns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	p := b.login(w.okta, "?to="+url.QueryEscape("/oauth2/continue?request=abc"))
	if p.StatusCode != http.StatusSeeOther || p.to != w.server.URL+"/oauth2/continue?request=abc" {
		t.Fatalf("answered %d, to %s\n%s", p.StatusCode, p.to, w.log)
	}
	session, ok := b.session()
	if !ok || session.State != directory.SessionLive || session.Connection != w.okta.ID || session.Workspace != w.acme.ID {
		t.Errorf("session %+v", session)
	}
	if left := w.traces(w.acme); left.sessions != 1 || left.people != 1 || left.refused != nil {
		t.Errorf("left %+v", left)
	}
	if p := b.get("/session"); p.StatusCode != http.StatusOK || !strings.Contains(p.text, "<dd>ACME, as Editor</dd>") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
}

// Attack 24: an answer counts once, also when it comes many times at once or after a restart.
func TestCallback_Replay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	callback := b.begin(w.okta, "")
	if p := b.get(callback); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d: %s", p.StatusCode, w.log)
	}
	before := w.traces(w.acme)
	w.wantRefused(b.get(callback), before, directory.LoginUnknownState)
	w.open()
	before = w.traces(w.acme)
	w.wantRefused(b.get(callback), before, directory.LoginUnknownState)
}

func TestCallback_ReplayAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	callback := b.begin(w.okta, "")
	var done sync.WaitGroup
	statuses := make([]int, 50)
	for i := range statuses {
		done.Go(func() { statuses[i] = b.get(callback).StatusCode })
	}
	done.Wait()
	won := 0
	for _, status := range statuses {
		if status == http.StatusSeeOther {
			won++
		}
	}
	left := w.traces(w.acme)
	if won != 1 || left.sessions != 1 || left.people != 1 || w.audited(directory.ActionSessionCreate) != 1 {
		t.Errorf("%d have won: %v, left %+v\n%s", won, statuses, left, w.log)
	}
	slices.Sort(left.refused) // one entry of each code
	if codes := slices.Compact(slices.Clone(left.refused)); len(codes) == 0 || len(codes) != len(left.refused) {
		t.Errorf("those who have lost left %v", left.refused)
	}
}

// Attack 25: the answer must be that to a login which this browser has begun, at this connection, not long ago.
func TestCallback_StateOfAnotherBrowser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	victim, thief := w.browser(), w.browser()
	callback := victim.begin(w.okta, "")
	thief.begin(w.okta, "") // has a cookie of its own
	before := w.traces(w.acme)
	w.wantRefused(thief.get(callback), before, directory.LoginOtherBrowser)
	before = w.traces(w.acme)
	w.wantRefused(victim.get(callback), before, directory.LoginUnknownState) // somebody has got hold of it
}

// Attack 32: an answer for the attacker's account, given to a browser that has begun no login.
func TestCallback_LoginForgery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	callback := w.browser().begin(w.okta, "")
	before := w.traces(w.acme)
	w.wantRefused(w.browser().get(callback), before, directory.LoginOtherBrowser)
}

func TestCallback_StateIsOld(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	callback := b.begin(w.okta, "")
	w.clock.Add(10*time.Minute + time.Second)
	before := w.traces(w.acme)
	w.wantRefused(b.get(callback), before, directory.LoginUnknownState)
}

func TestCallback_StateIsChanged(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		change func(url.Values)
		want   directory.LoginCode
	}{
		"absent":    {func(q url.Values) { q.Del("state") }, sso.CodeMalformed},
		"empty":     {func(q url.Values) { q.Set("state", "") }, directory.LoginUnknownState},
		"twice":     {func(q url.Values) { q.Add("state", q.Get("state")) }, sso.CodeMalformed},
		"made up":   {func(q url.Values) { q.Set("state", "made up") }, directory.LoginUnknownState},
		"cut":       {func(q url.Values) { q.Set("state", q.Get("state")[1:]) }, directory.LoginUnknownState},
		"with more": {func(q url.Values) { q.Set("state", q.Get("state")+"A") }, directory.LoginUnknownState},
		"endless":   {func(q url.Values) { q.Set("state", strings.Repeat("A", 10_000)) }, directory.LoginUnknownState},
		"not UTF-8": {func(q url.Values) { q.Set("state", "\xff\x00") }, directory.LoginUnknownState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser()
			at, _ := url.Parse(b.begin(w.okta, ""))
			query := at.Query()
			row.change(query)
			at.RawQuery = query.Encode()
			before := w.traces(w.acme)
			w.wantRefused(b.get(at.String()), before, row.want)
		})
	}
}

// Attack 33: nobody has asked.
func TestCallback_Unsolicited(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.traces(w.acme)
	w.wantRefused(w.browser().get("/"+w.okta.ID+"/callback?code=abc&iss="+url.QueryEscape(w.idp.Issuer)), before, sso.CodeMalformed)
}

// Attack 26: both tenants use the same identity provider and the same client there.
func TestCallback_OfAnotherTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	theirs := b.begin(w.theirs, "")
	before := w.traces(w.acme)
	w.wantRefused(b.get(strings.Replace(theirs, w.theirs.ID, w.okta.ID, 1)), before, sso.CodeWrongConnection)
	// A code that was made for the other's callback, under a state of our own.
	ours, _ := url.Parse(b.begin(w.okta, ""))
	other, _ := url.Parse(b.begin(w.theirs, ""))
	query := ours.Query()
	query.Set("code", other.Query().Get("code"))
	ours.RawQuery = query.Encode()
	before = w.traces(w.acme)
	w.wantRefused(b.get(ours.String()), before, sso.CodeExchange)
	if left := w.traces(w.other); left.people != 0 || left.sessions != 0 {
		t.Errorf("left %+v", left)
	}
}

func TestCallback_OfAnotherConnectionOfTheTenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.connection(w.acme, "second")
	b := w.browser()
	before := w.traces(w.acme)
	w.wantRefused(b.get(strings.Replace(b.begin(second, ""), second.ID, w.okta.ID, 1)), before, sso.CodeWrongConnection)
}

// Attack 36, by what the identity provider or whoever sits between answers. What each verdict rests on is tested at the
// Provider; here, that it leaves nothing behind.
func TestCallback_TokenAttacks(t *testing.T) {
	t.Parallel()
	claim := func(name string, v any) ssotest.Twist {
		return ssotest.Twist{IDToken: func(token *ssotest.Token) { token.Claims[name] = v }}
	}
	token := func(change func(*ssotest.Token)) ssotest.Twist { return ssotest.Twist{IDToken: change} }
	back := func(change func(url.Values)) ssotest.Twist { return ssotest.Twist{Callback: change} }
	for name, row := range map[string]struct {
		twist ssotest.Twist
		want  directory.LoginCode
	}{
		"wrong nonce":               {claim("nonce", "another"), sso.CodeNonce},
		"no nonce":                  {token(func(token *ssotest.Token) { delete(token.Claims, "nonce") }), sso.CodeNonce},
		"wrong audience":            {claim("aud", "another"), sso.CodeAudience},
		"wrong issuer":              {claim("iss", "https://evil.example"), sso.CodeIssuer},
		"wrong party":               {claim("azp", "another"), sso.CodeAudience},
		"expired":                   {claim("exp", 1), sso.CodeExpired},
		"unsigned":                  {token(func(token *ssotest.Token) { token.Unsigned() }), sso.CodeAlgorithm},
		"signed by the secret":      {token(func(token *ssotest.Token) { token.UseSecret([]byte("secret of usher")) }), sso.CodeAlgorithm},
		"signed by a foreign key":   {token(func(token *ssotest.Token) { token.Use(ssotest.NewKey("first")) }), sso.CodeSignature},
		"key id is a path":          {token(func(token *ssotest.Token) { token.Use(ssotest.NewKey("../../etc/passwd")) }), sso.CodeSignature},
		"a logout token":            {token(func(token *ssotest.Token) { token.Header["typ"] = "logout+jwt" }), sso.CodeMalformed},
		"mixed up":                  {back(func(q url.Values) { q.Set("iss", "https://evil.example") }), sso.CodeIssuer},
		"a refusal":                 {back(func(q url.Values) { q.Set("error", "access_denied") }), sso.CodeProviderRefused},
		"a refusal with HTML in it": {back(func(q url.Values) { q.Set("error", "<script>alert(1)</script>") }), sso.CodeProviderRefused},
		"10,000 keys": {ssotest.Twist{Keys: func() []map[string]any {
			return make([]map[string]any, 10_000)
		}}, sso.CodeUnreachable},
		"huge keys": {ssotest.Twist{Serve: func(rw http.ResponseWriter, r *http.Request) bool {
			if r.URL.Path != "/keys" {
				return false
			}
			_, _ = rw.Write([]byte(`{"keys":["` + strings.Repeat("x", 2<<20) + `"]}`))
			return true
		}}, sso.CodeUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.idp.Twist(row.twist)
			b := w.browser()
			before := w.traces(w.acme)
			w.wantRefused(b.login(w.okta, ""), before, row.want)
		})
	}
}

// Attack 20: rules that could not verify anything are refused where they are set (and at the Provider, should they come
// into the store in another way); what is disabled lets nobody in.
func TestLogin_OfAnUnconfiguredConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, change := range map[string]func(*directory.SignIn){
		"no issuer":       func(s *directory.SignIn) { s.Issuer = "" },
		"in the clear":    func(s *directory.SignIn) { s.Issuer = "http://idp.example.com" },
		"no client id":    func(s *directory.SignIn) { s.ClientID = "" },
		"a shared secret": func(s *directory.SignIn) { s.Algorithms = []string{"HS256"} },
		"no signature":    func(s *directory.SignIn) { s.Algorithms = []string{"none"} },
		"no tenants":      func(s *directory.SignIn) { s.Issuer = "https://login.microsoftonline.com/organizations/v2.0" },
		"private accounts": func(s *directory.SignIn) {
			s.Issuer = "https://login.microsoftonline.com/9188040D-6c67-4c5b-b112-36a304b66dad/v2.0"
		},
		"an unknown protocol": func(s *directory.SignIn) { s.Protocol = "oauth1" },
		"nothing":             func(s *directory.SignIn) { *s = directory.SignIn{} },
	} {
		settings, rules := w.okta.Settings, *w.okta.Settings.SignIn
		change(&rules)
		settings.SignIn = &rules
		if _, err := w.directory.UpdateConnection(t.Context(), operator, w.okta, directory.ConnectionChange{Settings: &settings}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	w.rule(func(s *directory.SignIn) { s.Disabled = true })
	b, before := w.browser(), w.traces(w.acme)
	for _, path := range []string{"/login", "/callback?state=a&code=b", "/login"} {
		if p := b.get("/" + w.okta.ID + path); p.StatusCode != http.StatusForbidden || p.text != w.refusedPage() {
			t.Errorf("%s: %d: %s", path, p.StatusCode, p.text)
		}
	}
	if cookies := b.cookies(); len(cookies) > 0 {
		t.Errorf("cookies %v", cookies)
	}
	if left := w.traces(w.acme); !reflect.DeepEqual(left, before) { // a connection that is off has no log to be filled
		t.Errorf("left %+v, before %+v", left, before)
	}
}

// Attack 34: the subject is compared as it is, and an address is a word for nobody.
func TestCallback_IdentityConfusion(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.browser().signIn(w.okta)
	for _, subject := range []string{"Ada", "ADA", "ada ", " ada", "аda", "ada\u200b", "ａda"} {
		person := ada
		person.Subject = subject
		w.idp.SignIn(person)
		b := w.browser()
		b.login(w.okta, "")
		if s, ok := b.session(); ok && s.Subject == first.Subject {
			t.Errorf("%q is taken for ada", subject)
		}
	}
	left := w.traces(w.acme)
	if begun := w.audited(directory.ActionSessionCreate); left.people != begun || left.sessions != begun {
		t.Errorf("%d logins in the audit log, and %+v", begun, left)
	}
	entries, err := w.directory.AuditLog(t.Context(), w.acme, 0, 1000)
	w.check(err)
	for _, e := range entries {
		if e.Subject == first.Subject && e.Action == directory.ActionSessionCreate && e.Target != first.ID {
			t.Errorf("an entry of ada's: %+v", e)
		}
	}
}

// Attack 34: the address of an admin whom the tenant has made itself opens nothing, verified or not.
func TestCallback_AddressOfAnAdmin(t *testing.T) {
	t.Parallel()
	for _, verified := range []bool{true, false} {
		w := newWorld(t)
		admin, err := w.directory.Invite(t.Context(), operator, w.acme, directory.Invitation{Email: "root@example.com", Role: "Owner"})
		w.check(err)
		w.rule(func(s *directory.SignIn) { s.Linking = true })
		w.idp.SignIn(ssotest.Person{Subject: "mallory", Claims: map[string]any{
			"email": "root@example.com", "email_verified": verified, "role": "Viewer",
		}})
		b := w.browser()
		p := b.login(w.okta, "")
		if s, ok := b.session(); ok && s.Subject == admin.Subject {
			t.Errorf("verified %v: let in as the admin: %d", verified, p.StatusCode)
		}
	}
}

// Attack 35: roles are told apart by case, the first one counts, and what is no role of the workspace is the default one.
func TestCallback_Roles(t *testing.T) {
	t.Parallel()
	many := make([]string, 2000)
	for i := range many {
		many[i] = "Viewer"
	}
	for name, row := range map[string]struct {
		role any
		want string
	}{
		"one":              {"Editor", "Editor"},
		"two":              {[]string{"Editor", "Admin"}, "Editor"},
		"in another case":  {"editor", "Viewer"},
		"with a space":     {"Editor ", "Editor"},
		"unknown":          {"Emperor", "Viewer"},
		"HTML":             {"<script>alert(1)</script>", "Viewer"},
		"many":             {many, "Viewer"},
		"an object":        {map[string]any{"role": "Admin"}, "Viewer"},
		"none":             {nil, "Viewer"},
		"a privileged one": {"Owner", "Viewer"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.idp.SignIn(ssotest.Person{Subject: "ada", Claims: map[string]any{"email": "ada@example.com", "role": row.role}})
			b := w.browser()
			b.login(w.okta, "")
			people, err := w.directory.PeoplePage(t.Context(), w.acme, directory.PeopleFilter{})
			w.check(err)
			for _, p := range people.People {
				if p.Role != row.want {
					t.Errorf("role %q, want %q", p.Role, row.want)
				}
			}
			if s, ok := b.session(); ok && s.AssertedRole != "" && s.AssertedRole != row.want {
				t.Errorf("session role %q, want %q", s.AssertedRole, row.want)
			}
		})
	}
}

// A session cookie that somebody has put into the browser before is not the one that is signed in.
func TestCallback_SessionFixation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	at, _ := url.Parse(w.server.URL)
	b.client.Jar.SetCookies(at, []*http.Cookie{{Name: "usher_session", Value: "fixed", Path: "/"}})
	b.signIn(w.okta)
	for _, c := range b.client.Jar.Cookies(at) {
		if c.Name == "usher_session" && c.Value == "fixed" {
			t.Error("the session has the value that was there before")
		}
	}
}

// Who signs in ends the session that the browser had before, be it the same person's: nobody could log out of it any more.
func TestCallback_EndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	first := b.signIn(w.okta)
	second := b.signIn(w.okta)
	w.wantReplaced(first)
	if s, err := w.directory.Session(t.Context(), second.Root, second.ID); err != nil || s.State != directory.SessionLive {
		t.Errorf("ada's second session is %s, %v", s.State, err)
	}
	elsewhere := w.browser().signIn(w.okta)
	w.idp.SignIn(ssotest.Person{Subject: "bob", Claims: map[string]any{"email": "bob@example.com", "role": "Viewer"}})
	b.signIn(w.okta)
	w.wantReplaced(second)
	if s, err := w.directory.Session(t.Context(), elsewhere.Root, elsewhere.ID); err != nil || s.State != directory.SessionLive {
		t.Errorf("ada's session in another browser is %s, %v", s.State, err)
	}
}

// wantReplaced fails unless the session was ended, with one entry that says so.
func (w *world) wantReplaced(s directory.Session) {
	w.Helper()
	if now, err := w.directory.Session(w.Context(), s.Root, s.ID); err != nil || now.State != directory.SessionEnded {
		w.Errorf("the session before is %s, %v", now.State, err)
	}
	entries, err := w.directory.AuditLog(w.Context(), w.acme, 0, 1000)
	if err != nil {
		w.Fatal(err)
	}
	n := 0
	for _, e := range entries {
		if e.Action == directory.ActionSessionEnd && e.Target == s.ID && strings.Contains(string(e.Detail), `"reason":"replaced"`) {
			n++
		}
	}
	if n != 1 {
		w.Errorf("%d entries say that the session was replaced", n)
	}
}

// Attack 34: an address finds who is there only when the provider vouches for it, the tenant has proved the domain, and
// linking is on.
func TestCallback_AddressInADomainOfNobodys(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ linking, proved, verified, want bool }{
		"linking is off":              {false, true, true, false},
		"the domain is not proved":    {true, false, true, false},
		"the address is not verified": {true, true, false, false},
		"all of it":                   {true, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			invited, err := w.directory.Invite(t.Context(), operator, w.acme, directory.Invitation{Email: "bob@example.com", Role: "Viewer"})
			w.check(err)
			w.rule(func(s *directory.SignIn) { s.Linking = row.linking })
			if row.proved {
				w.prove("example.com")
			}
			w.idp.SignIn(ssotest.Person{Subject: "b", Claims: map[string]any{"email": "bob@example.com", "email_verified": row.verified, "role": "Viewer"}})
			b := w.browser()
			b.login(w.okta, "")
			if s, ok := b.session(); (ok && s.Subject == invited.Subject) != row.want {
				t.Errorf("session %+v of the one who was invited, %s\n%s", s, invited.Subject, w.log)
			}
		})
	}
}
