package sso_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/usher-scim/usher/directory"
)

// busyStore is a store that others keep from writing.
type busyStore struct{ directory.Store }

func (busyStore) Commit(context.Context, *directory.Change) error { return directory.ErrBusy }

// sessionless is a store that is too busy to find a session.
type sessionless struct{ directory.Store }

func (sessionless) SessionByHash(context.Context, string, [32]byte) (directory.Session, error) {
	return directory.Session{}, directory.ErrBusy
}

// While the store is busy browsers and identity providers are told to come again, and nobody is refused.
func TestBusyStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	session := b.signIn(w.okta)
	calm := w.config.Store
	w.config.Store = busyStore{calm}
	w.open()
	token := w.idp.LogoutToken(ada.Subject, session.IDPSession).String()
	for name, p := range map[string]page{
		"a login":               w.browser().get("/" + w.okta.ID + "/login"),
		"a logout":              b.post("/logout", nil),
		"a back-channel logout": w.browser().post("/"+w.okta.ID+"/backchannel-logout", url.Values{"logout_token": {token}}),
	} {
		if p.StatusCode != http.StatusServiceUnavailable || p.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: %d %v %s", name, p.StatusCode, p.Header, p.text)
		}
	}
	w.config.Store = calm
	w.open()
	if _, ok := b.session(); !ok {
		t.Error("what could not be written has ended the session")
	}
	if left := w.traces(w.acme); left.refused != nil {
		t.Errorf("refused: %v", left.refused)
	}
}

// Nobody is told that a session is over which only was not found, and the browser keeps its cookies to try again.
func TestBusyStore_SignsNobodyOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn(w.okta)
	calm := w.config.Store
	w.config.Store = sessionless{calm}
	w.open()
	for name, p := range map[string]page{
		"a logout":                 b.post("/logout", nil),
		"back from another logout": b.get(w.handler.SignOutURL("")),
	} {
		if p.StatusCode != http.StatusServiceUnavailable || len(p.Cookies()) > 0 {
			t.Errorf("%s: %d %v %s", name, p.StatusCode, p.Cookies(), p.text)
		}
	}
	w.config.Store = calm
	w.open()
	if _, ok := b.session(); !ok {
		t.Error("the session is over")
	}
}
