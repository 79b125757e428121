package sso_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso/ssotest"
)

// Who somebody is, and what they may, as responses of SAML tell it.

// arrives signs in by SAML, with a response that is changed before it is signed.
func (w *samlWorld) arrives(change func(r *ssotest.Response)) (b *browser, p page) {
	w.Helper()
	b = w.browser()
	r, state := w.ask(b, w.adfs, "")
	change(&r)
	return b, w.deliver(b, w.adfs, formOf(r, state))
}

// holdTo changes the rules of ACME's connection of SAML.
func (w *samlWorld) holdTo(change func(*directory.SignIn, *directory.SAML)) {
	w.Helper()
	w.adfs = w.ruled(w.adfs, func(s *directory.SignIn) {
		rules := *s.SAML
		s.SAML = &rules
		change(s, &rules)
	})
}

func withAttribute(r *ssotest.Response, name string, values ...string) {
	r.Attributes = append(r.Attributes, ssotest.SAMLAttribute{Name: name, Values: values})
}

// Attack 34: two names that differ in anything are two people, however alike they look: in case, in script, in the form of
// Unicode.
func TestACS_NamesAreToTheLetter(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	names := []string{"ada", "Ada", "ADA", "аda", "ａda", "ada\u0301", "adá", "ada.", "ad\u0430"}
	people := map[string]string{}
	for range 2 { // and who comes again is who came before
		for _, name := range names {
			b, p := w.arrives(func(r *ssotest.Response) { r.NameID = name })
			s, ok := b.session()
			if !ok {
				t.Fatalf("%q: answered %d\n%s", name, p.StatusCode, w.log)
			}
			if before := people[name]; before != "" && before != s.Subject {
				t.Errorf("%q is another person the second time", name)
			}
			people[name] = s.Subject
		}
	}
	if left := w.traces(w.acme); left.people != len(names) || len(people) != len(names) {
		t.Errorf("%d names are %d people", len(names), left.people)
	}
	if begun := w.audited(directory.ActionSessionCreate); begun != 2*len(names) {
		t.Errorf("%d logins in the audit log", begun)
	}
}

// Attack 34: the address of an owner whom the tenant has made itself opens nothing, in whichever way it is said.
func TestACS_AddressOfAnAdmin(t *testing.T) {
	t.Parallel()
	const root = "root@example.com"
	for name, say := range map[string]func(r *ssotest.Response){
		"an attribute": func(r *ssotest.Response) { withAttribute(r, "mail", root) },
		"the name": func(r *ssotest.Response) {
			r.NameID, r.Format = root, "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
		},
		"in another case": func(r *ssotest.Response) { withAttribute(r, "mail", "ROOT@Example.com") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSAMLWorld(t)
			admin, err := w.directory.Invite(t.Context(), operator, w.acme, directory.Invitation{Email: root, Role: "Owner"})
			w.check(err)
			mallory := func(r *ssotest.Response) {
				r.NameID, r.Attributes = "mallory", nil
				say(r)
			}
			b, _ := w.arrives(mallory)
			if s, ok := b.session(); ok && s.Subject == admin.Subject {
				t.Errorf("let in as the admin, where no address is anybody's word: %+v", s)
			}
			w = newSAMLWorld(t)
			admin, err = w.directory.Invite(t.Context(), operator, w.acme, directory.Invitation{Email: root, Role: "Owner"})
			w.check(err)
			w.prove("example.com")
			w.holdTo(func(s *directory.SignIn, rules *directory.SAML) { s.Linking, rules.VerifiedEmails = true, true })
			before := w.traces(w.acme)
			_, p := w.arrives(mallory)
			w.wantRefused(p, before, directory.LoginNeedsConsent)
		})
	}
}

// Attack 34: an address finds who is there only when the connection vouches for it, the tenant has proved the domain, and linking is
// on.
func TestACS_AddressInADomainOfNobodys(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct{ linking, proved, verified, want bool }{
		"linking is off":              {false, true, true, false},
		"the domain is not proved":    {true, false, true, false},
		"the address is not verified": {true, true, false, false},
		"all of it":                   {true, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSAMLWorld(t)
			invited, err := w.directory.Invite(t.Context(), operator, w.acme, directory.Invitation{Email: "bob@example.com", Role: "Viewer"})
			w.check(err)
			if row.proved {
				w.prove("example.com")
			}
			w.holdTo(func(s *directory.SignIn, rules *directory.SAML) {
				s.Linking, rules.VerifiedEmails = row.linking, row.verified
			})
			b, p := w.arrives(func(r *ssotest.Response) {
				r.NameID, r.Attributes = "b", []ssotest.SAMLAttribute{{Name: "mail", Values: []string{"bob@example.com"}}}
			})
			if s, ok := b.session(); (ok && s.Subject == invited.Subject) != row.want {
				t.Errorf("answered %d: session %+v of the one who was invited, %s\n%s", p.StatusCode, s, invited.Subject, w.log)
			}
		})
	}
}

// Attack 35: roles are told apart by case, the first one counts, and what is no role that the connection grants is the default one.
func TestACS_Roles(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		roles []string
		want  string
	}{
		"one":                    {[]string{"Editor"}, "Editor"},
		"two":                    {[]string{"Editor", "Admin"}, "Editor"},
		"a weak one first":       {[]string{"Viewer", "Owner"}, "Viewer"},
		"in another case":        {[]string{"admin"}, "Viewer"},
		"in other letters":       {[]string{"Еditor"}, "Viewer"},
		"unknown":                {[]string{"Emperor"}, "Viewer"},
		"none":                   {nil, "Viewer"},
		"a privileged one":       {[]string{"Owner"}, "Viewer"},
		"two hundred":            {strings.Fields(strings.Repeat("Editor ", 200)), "Editor"},
		"two in one":             {[]string{"Viewer,Owner"}, "Viewer"},
		"HTML":                   {[]string{"<script>alert(1)</script>"}, "Viewer"},
		"a role behind markup":   {[]string{"</saml:AttributeValue><saml:AttributeValue>Owner"}, "Viewer"},
		"an empty one, a strong": {[]string{"", "Editor"}, "Editor"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSAMLWorld(t)
			b, p := w.arrives(func(r *ssotest.Response) {
				r.Attributes = []ssotest.SAMLAttribute{{Name: "role", Values: row.roles}, {Name: "Role", Values: []string{"Owner"}}}
			})
			people, err := w.directory.PeoplePage(t.Context(), w.acme, directory.PeopleFilter{})
			w.check(err)
			if p.StatusCode != http.StatusSeeOther || len(people.People) != 1 || people.People[0].Role != row.want {
				t.Fatalf("answered %d: %+v, want the role %s\n%s", p.StatusCode, people.People, row.want, w.log)
			}
			if text := b.get("/session").text; !strings.Contains(text, "<dd>ACME, as "+row.want+"</dd>") {
				t.Errorf("the session page says %s", text)
			}
		})
	}
}

// Attack 35: what a response says of a person is text wherever it is shown.
func TestACS_WhatIsSaidIsText(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script>`
	w := newSAMLWorld(t)
	b, _ := w.arrives(func(r *ssotest.Response) {
		r.NameID, r.Attributes = evil, []ssotest.SAMLAttribute{{Name: "displayName", Values: []string{evil}}, {Name: "role", Values: []string{evil}}}
	})
	p := b.get("/session")
	if p.StatusCode != http.StatusOK || strings.Contains(p.text, "<script") || !strings.Contains(p.text, "&lt;script&gt;alert(1)") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
	entries, err := w.directory.AuditLog(t.Context(), w.acme, 0, 1000)
	w.check(err)
	for _, e := range entries {
		if strings.Contains(string(e.Detail), "<script") && !strings.Contains(string(e.Detail), `\"><script`) {
			t.Errorf("the audit log has it unquoted: %s", e.Detail)
		}
	}
	w.holdTo(func(s *directory.SignIn, _ *directory.SAML) { s.UnknownRole = "refuse" })
	before := w.traces(w.acme)
	_, p = w.arrives(func(r *ssotest.Response) {
		r.NameID, r.Attributes = "eve", []ssotest.SAMLAttribute{{Name: "role", Values: []string{evil}}}
	})
	w.wantRefused(p, before, directory.LoginUnknownRole)
}
