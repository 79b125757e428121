package directory_test

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

// app registers an app that wants to know when sessions end.
func (w *world) app() directory.IssuedApp {
	w.t.Helper()
	a, err := w.directory.CreateApp(w.ctx, operator, directory.NewApp{
		Name: "CRM", RedirectURIs: []string{"https://app.example.com/cb"}, BackchannelLogoutURI: "https://app.example.com/out",
	})
	check(w.t, err)
	return a
}

func (w *world) code(s directory.Session, a directory.IssuedApp) string {
	w.t.Helper()
	code, err := w.directory.IssueCode(w.ctx, directory.CodeRequest{
		Session: s, App: a.App, Scope: []string{"openid", "offline_access"}, RedirectURI: a.RedirectURIs[0], Challenge: "c",
	})
	check(w.t, err)
	return code
}

func (w *world) redeem(a directory.IssuedApp, code string) (directory.Redeemed, error) {
	return w.directory.RedeemCode(w.ctx, a.App, code, func(directory.Grant) error { return nil })
}

func TestGrant_ACodeIsForOneAppAndOnce(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	app, other := w.app(), w.app()
	s := w.signIn(identity("ada", ""))
	code := w.code(s.Session, app)
	_, err := w.redeem(other, code)
	wantIs(t, err, directory.ErrInvalidGrant)
	no := errors.New("no")
	_, err = w.directory.RedeemCode(w.ctx, app.App, code, func(g directory.Grant) error {
		equal(t, "challenge", g.Challenge, "c")
		return no
	})
	wantIs(t, err, no)
	r, err := w.redeem(app, code)
	check(t, err)
	w.clock.add(2 * time.Minute) // a replay is one for as long as something follows from the code
	next, err := w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
	check(t, err)
	w.skip()
	_, err = w.redeem(app, code)
	wantIs(t, err, directory.ErrReplayedGrant)
	if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], "grant.replay "+app.ID, `"kind":"code"`) {
		t.Errorf("a replayed code left %q", lines)
	}
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, next.Refresh, "")
	wantIs(t, err, directory.ErrInvalidGrant)
	revoked, err := w.directory.IsRevoked(w.ctx, w.workspace.Root, r.Grant.Family)
	check(t, err)
	equal(t, "revoked", revoked, true)
	late := w.code(s.Session, app)
	w.clock.add(time.Minute)
	_, err = w.redeem(app, late)
	wantIs(t, err, directory.ErrInvalidGrant)
}

func TestGrant_ARefreshTokenThatComesAgainEndsTheFamily(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	app := w.app()
	s := w.signIn(identity("ada", ""))
	r, err := w.redeem(app, w.code(s.Session, app))
	check(t, err)
	other, err := w.redeem(app, w.code(s.Session, app))
	check(t, err)
	next, err := w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
	check(t, err)
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "") // stolen
	wantIs(t, err, directory.ErrReplayedGrant)
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, next.Refresh, "")
	wantIs(t, err, directory.ErrInvalidGrant)
	next, err = w.directory.RedeemRefresh(w.ctx, app.App, other.Refresh, "") // another family
	check(t, err)
	check(t, w.directory.RevokeGrant(w.ctx, app.App, next.Refresh))
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, next.Refresh, "")
	wantIs(t, err, directory.ErrInvalidGrant)
	check(t, w.directory.RevokeGrant(w.ctx, app.App, "nothing"))
	w.wantLive(s.Token, true)
}

// TestGrant_OfAnotherWorkspaceIsNotUsedUp: a session that has gone on to another workspace gives nothing of the one before,
// and takes nothing of it away.
func TestGrant_OfAnotherWorkspaceIsNotUsedUp(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	_, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "CHILD", Parent: "ACC123"})
	check(t, err)
	app := w.app()
	s := w.signIn(identity("ada", ""))
	r, err := w.redeem(app, w.code(s.Session, app))
	check(t, err)
	code := w.code(s.Session, app)
	w.skip()
	_, err = w.directory.WouldEnter(w.ctx, s.Session, "CHILD", "192.0.2.1")
	check(t, err)
	equal(t, "what asking leaves", len(w.happened()), 0)
	entered, err := w.directory.EnterWorkspace(w.ctx, s.Session, "CHILD", "192.0.2.1")
	check(t, err)
	w.skip()
	_, err = w.directory.IssueCode(w.ctx, directory.CodeRequest{Session: s.Session, App: app.App, RedirectURI: app.RedirectURIs[0]})
	wantIs(t, err, directory.ErrNotFound)
	for range 2 { // it is no replay either
		_, err = w.redeem(app, code)
		wantIs(t, err, directory.ErrInvalidGrant)
		_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
		wantIs(t, err, directory.ErrInvalidGrant)
	}
	equal(t, "what refusals leave", len(w.happened()), 0)
	_, err = w.directory.EnterWorkspace(w.ctx, entered, "ACC123", "192.0.2.1")
	check(t, err)
	_, err = w.redeem(app, code)
	check(t, err)
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
	check(t, err)
}

func TestGrant_AppsAreToldOfTheEnd(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	app := w.app()
	one, two, quiet := w.signIn(identity("ada", "")), w.signIn(identity("ada", "")), w.signIn(identity("ada", ""))
	for _, s := range []directory.Signed{one, two} {
		_, err := w.redeem(app, w.code(s.Session, app))
		check(t, err)
	}
	for _, s := range []directory.Signed{quiet, one} {
		check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
		w.sweep()
	}
	w.clock.add(12 * time.Hour) // the other one expires
	w.sweep()
	for _, session := range []string{one.Session.ID, two.Session.ID} {
		due, err := w.directory.DueMessages(w.ctx, directory.MessageLogout, 10)
		check(t, err)
		if len(due) != 1 {
			t.Fatalf("%d messages are due, not one at a time", len(due))
		}
		m := due[0]
		equal(t, "message", []string{m.Root, m.To, m.Session, m.Subject}, []string{w.workspace.Root, app.ID, session, one.Session.Subject})
		claimed, err := w.directory.ClaimMessage(w.ctx, due[0], w.clock.Now().Add(time.Minute))
		check(t, err)
		_, err = w.directory.ClaimMessage(w.ctx, due[0], w.clock.Now().Add(time.Minute))
		wantIs(t, err, directory.ErrConflict)
		check(t, w.directory.RecordMessage(w.ctx, claimed, directory.MessageOutcome{Failure: "503", NextAt: w.clock.Now()}))
		due, err = w.directory.DueMessages(w.ctx, directory.MessageLogout, 10)
		check(t, err)
		equal(t, "failures", due[0].Failures, 1)
		check(t, w.directory.RecordMessage(w.ctx, due[0], directory.MessageOutcome{Delivered: true}))
	}
	due, err := w.directory.DueMessages(w.ctx, directory.MessageLogout, 10)
	check(t, err)
	equal(t, "left", len(due), 0)
}

func TestAuthorization_IsForOneBrowser(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	app := w.app()
	handle, _, err := w.directory.BeginAuthorization(w.ctx, directory.NewAuthorization{
		App: app.App, Browser: browser, Parameters: map[string]string{"state": "x"},
	})
	check(t, err)
	a, err := w.directory.Authorization(w.ctx, handle, browser)
	check(t, err)
	equal(t, "parameters", a.Parameters["state"], "x")
	_, err = w.directory.Authorization(w.ctx, handle, [32]byte{1})
	wantIs(t, err, directory.ErrNotFound)
	s := w.signIn(identity("ada", ""))
	request := directory.CodeRequest{Session: s.Session, App: app.App, Authorization: handle, Browser: browser}
	_, err = w.directory.IssueCode(w.ctx, request)
	check(t, err)
	_, err = w.directory.IssueCode(w.ctx, request)
	wantIs(t, err, directory.ErrNotFound)
	handle, _, err = w.directory.BeginAuthorization(w.ctx, directory.NewAuthorization{App: app.App, Browser: browser})
	check(t, err)
	w.clock.add(10 * time.Minute)
	_, err = w.directory.Authorization(w.ctx, handle, browser)
	wantIs(t, err, directory.ErrNotFound)
}

func TestApp(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	for name, n := range map[string]directory.NewApp{
		"no redirect URI":    {Name: "x"},
		"plain http":         {Name: "x", RedirectURIs: []string{"http://app.example.com"}},
		"a fragment":         {Name: "x", RedirectURIs: []string{"https://app.example.com#x"}},
		"a script":           {Name: "x", RedirectURIs: []string{"javascript:alert(1)"}},
		"a user in it":       {Name: "x", RedirectURIs: []string{"https://a@app.example.com"}},
		"a chosen tenant id": {Name: "x", Root: w.workspace.Root, ID: "crm", RedirectURIs: []string{"https://app.example.com"}},
		"an algorithm":       {Name: "x", Algorithm: "HS256", RedirectURIs: []string{"https://app.example.com"}},
		"an id of no form":   {Name: "x", ID: "a b", RedirectURIs: []string{"https://app.example.com"}},
	} {
		if _, err := w.directory.CreateApp(w.ctx, operator, n); !errors.As(err, new(*directory.Refusal)) {
			t.Errorf("%s: %v", name, err)
		}
	}
	own, err := w.directory.CreateApp(w.ctx, operator, directory.NewApp{
		Root: w.workspace.Root, Name: "x", RedirectURIs: []string{"com.example.app:/cb", "http://127.0.0.1:8080/cb"}, Public: true,
	})
	check(t, err)
	got, err := w.directory.App(w.ctx, own.ID)
	check(t, err)
	equal(t, "of a tenant", []any{got.Root, own.Secret, w.directory.CheckAppSecret(got, "")}, []any{w.workspace.Root, "", false})
	a := w.app()
	equal(t, "secret", []bool{w.directory.CheckAppSecret(a.App, a.Secret), w.directory.CheckAppSecret(a.App, a.Secret+"x")}, []bool{true, false})
	renewed, err := w.directory.RenewAppSecret(w.ctx, operator, a.App)
	check(t, err)
	equal(t, "the old secret", w.directory.CheckAppSecret(renewed.App, a.Secret), false)
	name := "CRM 2"
	changed, err := w.directory.UpdateApp(w.ctx, operator, renewed.App, directory.AppChange{Name: &name, Version: renewed.Version})
	check(t, err)
	_, err = w.directory.UpdateApp(w.ctx, operator, renewed.App, directory.AppChange{Name: &name, Version: renewed.Version})
	wantRefusal(t, err, directory.RefusedChanged, "version")
	check(t, w.directory.DeleteApp(w.ctx, operator, changed))
	_, err = w.directory.App(w.ctx, a.ID)
	wantIs(t, err, directory.ErrNotFound)
}

func TestSigningKeys_Rotate(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	d, err := directory.New(directory.Config{Store: openStore(t, time.Now), Key: w.key, Now: w.ticking})
	check(t, err)
	fresh, err := d.Signers(w.ctx) // on a clock that runs
	check(t, err)
	if !slices.ContainsFunc(fresh, func(s directory.Signer) bool { return s.Signs }) {
		t.Error("no key of a new installation signs")
	}
	other := w.open(w.key)
	first, err := w.directory.Signers(w.ctx)
	check(t, err)
	theirs, err := other.Signers(w.ctx)
	check(t, err)
	equal(t, "keys of another process", ids(theirs), ids(first))
	signing := 0
	for _, s := range first {
		if s.Signs {
			signing++
		}
	}
	equal(t, "keys that sign from the first call on", signing, 2)
	for _, s := range first {
		switch s.Key.(type) {
		case *ecdsa.PrivateKey:
			equal(t, "algorithm", s.Algorithm, directory.AlgorithmES256)
		case *rsa.PrivateKey:
			equal(t, "algorithm", s.Algorithm, directory.AlgorithmRS256)
		}
	}
	check(t, w.directory.RotateSigningKeys(w.ctx, operator))
	second, err := w.directory.Signers(w.ctx)
	check(t, err)
	equal(t, "published", len(second), 6)
	for _, s := range second {
		if s.Signs {
			before, ok := ids(first)[s.ID]
			equal(t, "who signs was published before, and did not sign", []bool{ok, before}, []bool{true, false})
		}
	}
	w.clock.add(8 * 24 * time.Hour)
	third, err := w.directory.Signers(w.ctx)
	check(t, err)
	equal(t, "published a week later", len(third), 4)
}

// ticking is a clock that is later each time.
func (w *world) ticking() time.Time {
	w.clock.add(time.Second)
	return w.clock.Now()
}

// ids says of each key whether it signs.
func ids(list []directory.Signer) map[string]bool {
	m := map[string]bool{}
	for _, s := range list {
		m[s.ID] = s.Signs
	}
	return m
}
