package sso_test

import (
	"html"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest/foreign"
)

// phpWay is one of the ways in which SimpleSAMLphp signs people in.
type phpWay struct {
	options map[string]bool       // of the identity provider towards us
	rules   func(*directory.SAML) // of ours towards it
	before  func(*php)            // the connection is made of its metadata
	between func(*php)            // one login and the next
}

// TestSimpleSAMLphp walks through an identity provider that is not ours, over another implementation of XML signatures:
// login, another role, a logout here and one there; signed and encrypted in each of the ways that it knows.
func TestSimpleSAMLphp(t *testing.T) {
	t.Parallel()
	cbc := func(r *directory.SAML) { r.CBC = true } // it knows no other
	for name, way := range map[string]phpWay{
		"both signed": {options: map[string]bool{"saml20.sign.response": true, "saml20.sign.assertion": true}},
		"only the response signed": {
			options: map[string]bool{"saml20.sign.response": true, "saml20.sign.assertion": false},
		},
		"only the assertion signed": {
			options: map[string]bool{"saml20.sign.response": false, "saml20.sign.assertion": true},
			rules:   func(r *directory.SAML) { r.SignedAssertions = true },
		},
		"encrypted, the response signed": {
			options: map[string]bool{"saml20.sign.response": true, "saml20.sign.assertion": false, "assertion.encryption": true}, rules: cbc,
		},
		"encrypted, both signed": {
			options: map[string]bool{"saml20.sign.response": true, "saml20.sign.assertion": true, "assertion.encryption": true}, rules: cbc,
		},
		"requests signed": {rules: func(r *directory.SAML) { r.SignRequests = true }},
		"its certificate changes": {
			before:  func(p *php) { p.saml.NextCertificate() },
			between: func(p *php) { p.saml.SwitchCertificate() },
		},
		"our keys change": {
			options: map[string]bool{"assertion.encryption": true}, between: (*php).changeKeys,
			rules: func(r *directory.SAML) { r.CBC, r.SignRequests = true, true },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			newPHP(t, way).walk(way)
		})
	}
}

// walk is all that people do.
func (p *php) walk(way phpWay) {
	p.Helper()
	first := p.signsIn("Editor")
	if way.between != nil {
		way.between(p)
	}
	p.say("Viewer")
	second := p.signsIn("Viewer")
	p.wantRole("Viewer")
	p.logoutHere(second)
	p.logoutThere(first)
}

// php is the world with SimpleSAMLphp beside it.
type php struct {
	*world
	saml       *foreign.SimpleSAMLphp
	keys       saml.Keys
	connection directory.Connection
}

// newPHP is one whose connection is made of the metadata that each side has of the other.
func newPHP(t *testing.T, way phpWay) *php {
	t.Helper()
	p := &php{world: newWorldAt(t, time.Now()), saml: foreign.StartSimpleSAMLphp(t, way.options)}
	if way.before != nil {
		way.before(p)
	}
	p.say("Editor")
	text := p.browser().get(p.saml.MetadataURL()).text
	provider, err := saml.ReadMetadata([]byte(text), time.Now())
	if err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	rules := provider.Rules()
	if way.rules != nil {
		way.rules(&rules)
	}
	p.connection, err = p.directory.CreateConnection(t.Context(), operator, p.acme, directory.NewConnection{
		Name: "php", Settings: directory.ConnectionSettings{SignIn: &directory.SignIn{
			Protocol: directory.ProtocolSAML, Issuer: provider.EntityID, UpdateRole: true, LogoutRedirect: true, SAML: &rules,
		}},
	})
	p.check(err)
	keys, err := phpKeys()
	p.check(err)
	p.use(keys)
	p.introduce()
	return p
}

// phpKeys are ours at the beginning, in all of these tests: making them takes long.
var phpKeys = sync.OnceValues(func() (saml.Keys, error) { return saml.GenerateKeys(time.Now()) })

// use has us sign and decrypt with other keys from now on.
func (p *php) use(keys saml.Keys) {
	p.Helper()
	p.keys = keys
	p.check(p.directory.SetSignInSecret(p.Context(), operator, p.connection, keys.Secret()))
}

// introduce has it read our metadata.
func (p *php) introduce() {
	p.Helper()
	p.saml.Know(p.browser().get("/" + p.connection.ID + "/metadata").text)
}

// changeKeys is what docs/sign-in.md says. People sign in at each step.
func (p *php) changeKeys() {
	p.Helper()
	keys, err := p.keys.Change(time.Now())
	p.check(err)
	p.use(keys)
	p.signsIn("Editor")
	p.introduce()
	p.signsIn("Editor")
	keys, err = p.keys.Switch()
	p.check(err)
	p.use(keys)
}

// say has Ada come with another role from now on.
func (p *php) say(role string) {
	p.Helper()
	p.saml.Tell("ada", map[string][]string{"email": {"ada@example.com"}, "displayName": {"Ada Byron"}, "role": {role, "Owner"}})
}

// signsIn is a login of Ada's in a browser of its own, which makes her what she is now.
func (p *php) signsIn(role string) *browser {
	p.Helper()
	b := p.browser()
	p.login(b)
	if s, ok := b.session(); !ok || s.IDPSession == "" {
		p.Fatalf("session %+v\n%s", s, p.log)
	}
	if page := b.get("/session"); !strings.Contains(page.text, "<dd>ACME, as "+role+"</dd>") {
		p.Errorf("%d: %s", page.StatusCode, page.text)
	}
	return b
}

// login is one with Ada's password.
func (p *php) login(b *browser) {
	p.Helper()
	form := p.passwordForm(b)
	if form == nil {
		p.Fatalf("no password is asked for\n%s", p.log)
	}
	form.Set("username", "ada")
	form.Set("password", "adapw")
	answered := b.follow(b.post(p.saml.PasswordURL(), form))
	if answered.form().Get("SAMLResponse") == "" {
		p.Fatalf("no response: %d %s", answered.StatusCode, answered.text)
	}
	acs := "/" + p.connection.ID + "/acs"
	shown := b.postFrom(p.saml.URL, acs, answered.form())
	if done := b.postFrom(p.server.URL, acs, shown.form()); done.StatusCode != http.StatusSeeOther {
		p.Fatalf("answered %d: %s\n%s", done.StatusCode, done.text, p.log)
	}
}

// passwordForm is the form to which a login leads; nil where the identity provider knows the browser already.
func (p *php) passwordForm(b *browser) url.Values {
	p.Helper()
	form := b.follow(b.get("/" + p.connection.ID + "/login")).form()
	if form.Get("AuthState") == "" {
		return nil
	}
	return form
}

// logoutHere is one that is begun here, and goes on to the identity provider and back.
func (p *php) logoutHere(b *browser) {
	p.Helper()
	s, _ := b.session()
	out := b.post("/logout", nil)
	if !strings.HasPrefix(out.to, p.saml.URL) || !strings.Contains(out.to, "SAMLRequest=") {
		p.Fatalf("the logout goes to %s\n%s", out.to, p.log)
	}
	if over := b.follow(out); over.Request.URL.Path != "/sso/signed-out" || !strings.Contains(over.text, "You are signed out") {
		p.Errorf("it ends at %s: %d %s", over.Request.URL, over.StatusCode, over.text)
	}
	p.wantSignedOut(b, s, directory.ReasonLogout)
}

// logoutThere is one that is begun there: it sends the browser to us, and we send it back.
func (p *php) logoutThere(b *browser) {
	p.Helper()
	s, _ := b.session()
	if over := b.follow(b.get(p.saml.LogoutURL())); over.Request.URL.String() != p.saml.LoggedOutURL() || over.StatusCode != http.StatusOK {
		p.Errorf("it ends at %s: %d %s\n%s", over.Request.URL, over.StatusCode, over.text, p.log)
	}
	p.wantSignedOut(b, s, directory.ReasonIDP)
}

// wantSignedOut fails unless the session is over for that reason, and the identity provider asks for a password again.
func (p *php) wantSignedOut(b *browser, s directory.Session, reason string) {
	p.Helper()
	now, err := p.directory.Session(p.Context(), s.Root, s.ID)
	if err != nil || now.State != directory.SessionEnded || now.Reason != reason {
		p.Errorf("the session is %s, for %q, %v\n%s", now.State, now.Reason, err, p.log)
	}
	if p.passwordForm(b) == nil {
		p.Errorf("the session at the identity provider outlives the logout")
	}
}

// follow walks along redirects.
func (b *browser) follow(p page) page {
	b.Helper()
	for range 12 {
		if p.to == "" {
			return p
		}
		p = b.get(p.to)
	}
	b.Fatal("there is no end to it")
	return p
}

// form are the hidden fields of the page.
func (p page) form() url.Values {
	form := url.Values{}
	for _, field := range fields.FindAllStringSubmatch(p.text, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	return form
}
