package sso_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// moved is a browser that is signed in, and has left the networks from which the workspace may be reached.
func (w *world) moved() (*browser, directory.Session) {
	w.Helper()
	b := w.browser()
	s := b.signIn(w.okta)
	w.ask(func(x *directory.WorkspaceSettings) {
		x.Security.IPRules = map[directory.Surface][]string{directory.SurfaceSSO: {w.address + "/32"}}
	})
	w.clock.Add(time.Second) // the rules are kept for half of one
	w.address = "203.0.113.9"
	return b, s
}

// wantEnded fails unless the session has ended for that reason, with one audit entry.
func (w *world) wantEnded(s directory.Session, reason string) {
	w.Helper()
	now, err := w.directory.Session(w.Context(), s.Root, s.ID)
	if err != nil || now.State != directory.SessionEnded || now.Reason != reason {
		w.Errorf("the session is %s, for %q, %v", now.State, now.Reason, err)
	}
	if n := w.audited(directory.ActionSessionEnd); n != 1 {
		w.Errorf("%d audit entries of ended sessions", n)
	}
}

// audited counts the audit entries of an action in ACME.
func (w *world) audited(action string) (n int) {
	w.Helper()
	entries, err := w.directory.AuditLog(w.Context(), w.acme, 0, 1000)
	w.check(err)
	for _, e := range entries {
		if e.Action == action {
			n++
		}
	}
	return n
}

// Who may not come in from an address may leave from there: the session must not wait for who has its cookie.
func TestLogout_FromAnAddressThatIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, s := w.moved()
	if p := b.post("/logout", nil); p.StatusCode != http.StatusOK || !strings.Contains(p.text, "You are signed out") {
		t.Errorf("%d: %s", p.StatusCode, p.text)
	}
	w.wantEnded(s, directory.ReasonLogout)
}

func TestLogin_ReplacesASessionThatTheAddressHides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b, s := w.moved()
	if p := b.login(w.theirs, ""); p.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d\n%s", p.StatusCode, w.log)
	}
	w.wantEnded(s, directory.ReasonReplaced)
}

// Whoever has the link of a logout cannot make somebody believe to be signed out: who is signed in sees that.
func TestSignedOut_OfWhoIsSignedIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser()
	b.signIn(w.okta)
	if p := b.get(w.handler.SignOutURL("")); p.StatusCode != http.StatusSeeOther || p.to != w.server.URL+"/sso/session" {
		t.Errorf("%d to %q: %s", p.StatusCode, p.to, p.text)
	}
	if _, ok := b.session(); !ok {
		t.Error("the session is over")
	}
}
