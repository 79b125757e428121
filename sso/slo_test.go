package sso_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/beevik/etree"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
	"github.com/usher-scim/usher/sso/saml"
	"github.com/usher-scim/usher/sso/ssotest"
)

// The identity provider ends sessions by a browser, once, and is answered.
func TestSLO_EndsSessions(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	r, state := w.ask(b, w.adfs, "")
	w.deliver(b, w.adfs, formOf(r, state))
	if _, ok := b.session(); !ok {
		t.Fatalf("nobody is signed in\n%s", w.log)
	}
	slo := "/" + w.adfs.ID + "/slo"
	forged := w.idp.Logout(w.url(w.adfs, "/slo"), ada.Subject, r.Session)
	forged.Key = nil
	before := w.traces(w.acme)
	w.wantRefused(b.get(slo+"?"+forged.URL()), before, saml.CodeUnsigned)
	message := w.idp.Logout(w.url(w.adfs, "/slo"), ada.Subject, r.Session)
	message.RelayState = "x"
	query := message.URL()
	p := b.get(slo + "?" + query)
	if p.StatusCode != http.StatusSeeOther || !strings.HasPrefix(p.to, "https://idp.example/slo?SAMLResponse=") || !strings.Contains(p.to, "RelayState=x") {
		t.Errorf("answered %d, to %s\n%s", p.StatusCode, p.to, w.log)
	}
	if _, ok := b.session(); ok {
		t.Error("the session lives on")
	}
	before = w.traces(w.acme)
	w.wantRefused(b.get(slo+"?"+query), before, directory.LoginReplayed)
	if p := b.postFrom("https://idp.example", slo, w.idp.Logout(w.url(w.adfs, "/slo"), ada.Subject).Form()); p.StatusCode != http.StatusSeeOther {
		t.Errorf("a form was answered %d: %s\n%s", p.StatusCode, p.text, w.log)
	}
}

// The identity provider hears of success when nobody it may mean is signed in any more: a session whose name it has not told
// at the login may be the one, another that it has called otherwise is not.
func TestSLO_SaysWhatHasEnded(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	for _, row := range []struct {
		login, logout string // the identity provider's names of the session
		ends          bool
		status        string
	}{
		{"_one", "_one", true, "Success"},
		{"", "_two", true, "Success"},
		{"_three", "", true, "Success"},
		{"_four", "_five", false, "Responder"},
		{"_six", "_six", true, "Success"}, // though the one before goes on
	} {
		b := w.browser()
		r, state := w.ask(b, w.adfs, "")
		r.Session = row.login
		w.deliver(b, w.adfs, formOf(r, state))
		var sessions []string
		if row.logout != "" {
			sessions = append(sessions, row.logout)
		}
		p := b.get("/" + w.adfs.ID + "/slo?" + w.idp.Logout(w.url(w.adfs, "/slo"), ada.Subject, sessions...).URL())
		if _, live := b.session(); live == row.ends {
			t.Errorf("login %q, logout %q: the session lives on: %v\n%s", row.login, row.logout, live, w.log)
		}
		m, err := saml.Receive(httptest.NewRequest(http.MethodGet, p.to, nil))
		w.check(err)
		if want := `Value="urn:oasis:names:tc:SAML:2.0:status:` + row.status + `"`; !strings.Contains(string(m.Text), want) {
			t.Errorf("login %q, logout %q: no %s in %s", row.login, row.logout, want, m.Text)
		}
	}
	p := w.browser().get("/" + w.adfs.ID + "/slo?" + w.idp.Logout(w.url(w.adfs, "/slo"), "nobody", "_none").URL())
	m, err := saml.Receive(httptest.NewRequest(http.MethodGet, p.to, nil))
	w.check(err)
	if !strings.Contains(string(m.Text), "status:Success") {
		t.Errorf("who is not here is signed out, but the answer is %s", m.Text)
	}
}

// A logout here goes on to the identity provider where the connection says so, names the person and the session, and comes
// back to where it was asked for, also where no relay state holds that address.
func TestSLO_BeginsHere(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.adfs = w.ruled(w.adfs, func(s *directory.SignIn) { s.LogoutRedirect = true })
	for _, bye := range []string{"https://app.example/", "https://app.example/bye?next=" + strings.Repeat("x", 80)} {
		for _, form := range []bool{false, true} {
			b, answer := w.leave(bye)
			if p := w.comeBack(b, answer, form); p.StatusCode != http.StatusSeeOther || p.to != bye {
				t.Errorf("the browser goes on to %q: %d\n%s", p.to, p.StatusCode, w.log)
			}
		}
	}
	if strings.Contains(w.log.String(), notConfirmed) {
		t.Errorf("honest answers are none: %s", w.log)
	}
}

// Where no cookie holds the way back, the browser goes it at once: whoever signs out comes back to the app, and the log says that
// the session at the identity provider lives on.
func TestSLO_AWayBackThatIsTooLong(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.adfs = w.ruled(w.adfs, func(s *directory.SignIn) { s.LogoutRedirect = true })
	bye := "https://app.example/bye?state=" + strings.Repeat("x", 2<<10)
	_, _, p := w.signOut(bye)
	if p.StatusCode != http.StatusSeeOther || p.to != bye {
		t.Errorf("answered %d, to %q: %s", p.StatusCode, p.to, p.text)
	}
	if log := w.log.String(); !strings.Contains(log, "no logout at the identity provider") {
		t.Errorf("the log says %s", log)
	}
}

const notConfirmed = "logout at the identity provider not confirmed"

// signOut signs somebody in and out, and is where the browser is sent then.
func (w *samlWorld) signOut(bye string) (b *browser, r ssotest.Response, p page) {
	w.Helper()
	b = w.browser()
	r, state := w.ask(b, w.adfs, "")
	w.deliver(b, w.adfs, formOf(r, state))
	session, _ := b.session()
	w.check(w.directory.EndSession(w.Context(), operator, session.Root, session.ID, directory.ReasonLogout))
	return b, r, b.get(w.handler.SignOutURL(bye))
}

// leave signs somebody in and out, and is what the identity provider answers to that, not yet signed.
func (w *samlWorld) leave(bye string) (b *browser, answer ssotest.SAMLLogout) {
	w.Helper()
	b, r, p := w.signOut(bye)
	m, err := saml.Receive(httptest.NewRequest(http.MethodGet, p.to, nil))
	w.check(err)
	text := string(m.Text)
	if !m.Request || !strings.Contains(text, ">"+r.NameID+"</saml:NameID>") || !strings.Contains(text, "SessionIndex>"+r.Session+"<") {
		w.Fatalf("the identity provider is told %s", text)
	}
	answer = w.idp.LoggedOut(w.url(w.adfs, "/slo"), requestIDs.FindStringSubmatch(text)[1])
	answer.RelayState = m.RelayState
	return b, answer
}

// comeBack is the way of the browser with that answer, up to where it is sent in the end.
func (w *samlWorld) comeBack(b *browser, answer ssotest.SAMLLogout, form bool) page {
	w.Helper()
	slo := "/" + w.adfs.ID + "/slo"
	if !form {
		return b.get(b.get(slo + "?" + answer.URL()).to)
	}
	shown := b.postFrom("https://idp.example", slo, answer.Form())
	return b.get(b.postFrom(w.server.URL, slo, shown.form()).to)
}

// An answer to a logout keeps nobody who is signed out here. But one that is none, or says no, confirms nothing, and the operator's
// log says so.
func TestSLO_AnswersThatConfirmNothing(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	w.adfs = w.ruled(w.adfs, func(s *directory.SignIn) { s.LogoutRedirect = true })
	_, stranger := ssotest.SAMLKeys()
	for name, row := range map[string]struct {
		want   directory.LoginCode
		change func(*ssotest.SAMLLogout)
	}{
		"not signed":               {saml.CodeUnsigned, func(l *ssotest.SAMLLogout) { l.Key = nil }},
		"signed by a stranger":     {sso.CodeSignature, func(l *ssotest.SAMLLogout) { l.Key = stranger }},
		"to the logout of another": {saml.CodeInResponseTo, func(l *ssotest.SAMLLogout) { l.InResponseTo = "_x" }},
		"to no logout":             {saml.CodeInResponseTo, func(l *ssotest.SAMLLogout) { l.InResponseTo = "" }},
		"of another provider":      {sso.CodeIssuer, func(l *ssotest.SAMLLogout) { l.Issuer = "https://evil.example" }},
		"to another service":       {saml.CodeDestination, func(l *ssotest.SAMLLogout) { l.Destination = "https://other.example" }},
		"that the session there lives": {sso.CodeProviderRefused, func(l *ssotest.SAMLLogout) {
			l.Edit = func(message *etree.Element) {
				ssotest.SAMLElement(message, "StatusCode").CreateAttr("Value", "urn:oasis:names:tc:SAML:2.0:status:Responder")
			}
		}},
	} {
		b, answer := w.leave("https://app.example/")
		row.change(&answer)
		told := strings.Count(w.log.String(), notConfirmed)
		if p := w.comeBack(b, answer, false); p.to != "https://app.example/" {
			t.Errorf("%s: the browser goes on to %q", name, p.to)
		}
		if log := w.log.String(); strings.Count(log, notConfirmed) != told+1 || !strings.Contains(log, string(row.want)+":") {
			t.Errorf("%s: the log says %s", name, log)
		}
	}
}

// Nobody is led anywhere by an answer that nobody has asked for.
func TestSLO_AnAnswerToNothing(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	answer := w.idp.LoggedOut(w.url(w.adfs, "/slo"), "_x")
	answer.RelayState = target("https://evil.example")
	p := b.get("/" + w.adfs.ID + "/slo?" + answer.URL())
	if p = b.get(p.to); p.StatusCode != http.StatusForbidden || p.to != "" {
		t.Errorf("%d to %q", p.StatusCode, p.to)
	}
	large := url.Values{"SAMLResponse": {"x"}, "RelayState": {strings.Repeat("x", 200<<10)}, "again": {"1"}}
	if p := b.post("/"+w.adfs.ID+"/slo", large); len(p.to) > 1<<10 || p.StatusCode != http.StatusSeeOther {
		t.Errorf("%d to %d bytes", p.StatusCode, len(p.to))
	}
}
