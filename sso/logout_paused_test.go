package sso_test

import (
	"net/http"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/sso"
)

// A pause leaves who is there, so the identity provider can still end their sessions (M17). Where the connection is disabled
// they are over, and it is refused, with an entry.
func TestLogout_CountsDuringAPause(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	one, two := w.browser(), w.browser()
	r, state := w.ask(one, w.adfs, "")
	w.deliver(one, w.adfs, formOf(r, state))
	signed := two.signIn(w.okta)
	for _, c := range []directory.Connection{w.adfs, w.okta} {
		_, err := w.directory.PauseConnection(t.Context(), operator, c)
		w.check(err)
	}
	bySAML := func() page {
		return one.get("/" + w.adfs.ID + "/slo?" + w.idp.Logout(w.url(w.adfs, "/slo"), ada.Subject, r.Session).URL())
	}
	byToken := func() page {
		return w.tellLogout(w.okta, w.world.idp.LogoutToken("", signed.IDPSession).String())
	}
	if p := bySAML(); p.StatusCode != http.StatusSeeOther {
		t.Errorf("SAML: answered %d\n%s", p.StatusCode, w.log)
	}
	if p := byToken(); p.StatusCode != http.StatusOK {
		t.Errorf("OpenID Connect: answered %d\n%s", p.StatusCode, w.log)
	}
	for _, b := range []*browser{one, two} {
		if _, live := b.session(); live {
			t.Error("a session lives on")
		}
	}
	if n := w.audited(directory.ActionSessionLogout); n != 2 {
		t.Errorf("%d entries of logouts", n)
	}
	for _, c := range []directory.Connection{w.adfs, w.okta} {
		_, err := w.directory.DisableConnection(t.Context(), operator, c)
		w.check(err)
	}
	before := w.traces(w.acme)
	w.wantRefused(bySAML(), before, directory.LoginNotOffered)
	before = w.traces(w.acme)
	p := byToken()
	if after := w.traces(w.acme); p.StatusCode != http.StatusBadRequest || after.entries != before.entries+1 {
		t.Errorf("a disabled connection answers %d, with %d entries", p.StatusCode, after.entries-before.entries)
	}
}

// A back channel takes no message of SAML, which a browser brings.
func TestBackchannelLogout_IsNotForSAML(t *testing.T) {
	t.Parallel()
	w := newSAMLWorld(t)
	b := w.browser()
	r, state := w.ask(b, w.adfs, "")
	w.deliver(b, w.adfs, formOf(r, state))
	form := w.idp.Logout(w.url(w.adfs, "/slo"), ada.Subject, r.Session).Form()
	form.Set("logout_token", "x")
	before := w.traces(w.acme)
	p := b.post("/"+w.adfs.ID+"/backchannel-logout", form)
	after := w.traces(w.acme)
	if fresh := after.refused[len(before.refused):]; p.StatusCode != http.StatusBadRequest || len(fresh) != 1 || fresh[0] != string(sso.CodeUnconfigured) {
		t.Errorf("answered %d, with entries %v", p.StatusCode, fresh)
	}
	if _, live := b.session(); !live {
		t.Error("the session is over")
	}
}
