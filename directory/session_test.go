package directory_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestSession_EndsIdleAndAtTheLatest(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) {
		s.Security = directory.Security{SessionIdle: 30, SessionMax: 120}
	})
	idle, busy := w.signIn(identity("ada", "")), w.signIn(identity("ada", ""))
	for range 5 {
		w.clock.add(20 * time.Minute)
		w.wantLive(busy.Token, true)
	}
	w.wantLive(idle.Token, false)
	w.clock.add(20 * time.Minute) // two hours
	w.wantLive(busy.Token, false)
	equal(t, "live sessions", len(w.sessions("")), 0)
	s := w.signIn(identity("bob", ""))
	i := identity("cy", "")
	i.Expires = w.clock.Now().Add(10 * time.Minute)
	capped := w.signIn(i)
	w.clock.add(10 * time.Minute)
	w.wantLive(s.Token, true)
	w.wantLive(capped.Token, false) // with the identity provider's own
	w.wantRefused(i, directory.LoginExpired)
}

// ways are the ways in which a person loses access.
var ways = []struct {
	name string
	lose func(w *world, subject, user string)
}{
	{"SCIM deactivates", func(w *world, _, user string) {
		_, err := w.patch(w.userType(), user, `[{"op":"replace","path":"active","value":false}]`)
		check(w.t, err)
	}},
	{"SCIM deletes", func(w *world, _, user string) { check(w.t, w.Delete(w.ctx, w.userType(), user, ifMatch(1))) }},
	{"an admin deactivates", func(w *world, subject, _ string) {
		status := directory.StatusDeactivated
		_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, directory.MemberChange{Status: &status})
		check(w.t, err)
	}},
	{"an admin blocks", func(w *world, subject, _ string) {
		yes := true
		_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, directory.MemberChange{Blocked: &yes})
		check(w.t, err)
	}},
	{"an admin removes", func(w *world, subject, _ string) {
		_, err := w.directory.RemoveMember(w.ctx, operator, w.workspace, subject)
		check(w.t, err)
	}},
	{"an admin erases", func(w *world, subject, _ string) {
		check(w.t, w.directory.EraseSubject(w.ctx, operator, w.workspace, subject))
	}},
	{"the person is merged into another", func(w *world, subject, _ string) {
		other, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "other@example.com"})
		check(w.t, err)
		_, err = w.directory.MergeSubjects(w.ctx, operator, w.workspace, other.Subject, subject, false)
		check(w.t, err)
	}},
	{"the connection is deleted", func(w *world, _, _ string) {
		check(w.t, w.directory.DeleteConnection(w.ctx, operator, w.connection))
	}},
	{"the workspace is deleted", func(w *world, _, _ string) {
		check(w.t, w.directory.DeleteWorkspace(w.ctx, operator, w.workspace.Key))
	}},
}

func TestSession_B8_EndsWithTheAccess(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
			app := w.app()
			rec := w.user(`{"userName":"ada","externalId":"id-ada"}`)
			bob := w.user(`{"userName":"bob","externalId":"id-bob"}`)
			s, other := w.signIn(identity("ada", "")), w.signIn(identity("bob", ""))
			equal(t, "subject", s.Session.Subject, w.subject(rec.ID))
			code, unused := w.code(s.Session, app), w.code(s.Session, app)
			r, err := w.redeem(app, code)
			check(t, err)
			way.lose(w, s.Session.Subject, rec.ID)
			w.wantLive(s.Token, false)
			_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
			wantIs(t, err, directory.ErrInvalidGrant)
			_, err = w.redeem(app, unused)
			wantIs(t, err, directory.ErrInvalidGrant)
			_, err = w.directory.Claims(w.ctx, s.Session)
			wantIs(t, err, directory.ErrNotFound)
			_, err = w.directory.IssueCode(w.ctx, directory.CodeRequest{Session: s.Session, App: app.App})
			wantIs(t, err, directory.ErrNotFound)
			if whole := strings.Contains(way.name, "is deleted"); !whole {
				w.wantLive(other.Token, true)
				equal(t, "the other one", other.Session.Subject, w.subject(bob.ID))
			}
		})
	}
}

// signInEnds are the ways in which nobody signs in by a connection any more.
var signInEnds = []struct {
	name, audited string
	end           func(w *world)
}{
	{"the connection is disabled", "connection.disable", func(w *world) {
		_, err := w.directory.DisableConnection(w.ctx, operator, w.connection)
		check(w.t, err)
	}},
	{"the connection is paused, then disabled", "connection.disable", func(w *world) {
		_, err := w.directory.PauseConnection(w.ctx, operator, w.connection)
		check(w.t, err)
		w.skip()
		_, err = w.directory.DisableConnection(w.ctx, operator, w.connection)
		check(w.t, err)
	}},
	{"its sign-in is disabled", "connection.update", func(w *world) {
		w.connectionSettings(func(s *directory.ConnectionSettings) {
			off := *s.SignIn
			off.Disabled = true
			s.SignIn = &off
		})
	}},
	{"its sign-in is taken away", "connection.update", func(w *world) {
		w.connectionSettings(func(s *directory.ConnectionSettings) { s.SignIn = nil })
	}},
}

func TestSession_B8_EndsWithTheSignInOfItsConnection(t *testing.T) {
	t.Parallel()
	for _, way := range signInEnds {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
			app := w.app()
			s := w.signIn(identity("ada", ""))
			r, err := w.redeem(app, w.code(s.Session, app))
			check(t, err)
			state := w.begin("")
			w.skip()
			way.end(w)
			if lines := w.happened(); len(lines) != 1 || !strings.Contains(lines[0], way.audited) {
				t.Errorf("the end of the sign-in left %q", lines)
			}
			w.wantLive(s.Token, false)
			ended, err := w.directory.Session(w.ctx, w.workspace.Root, s.Session.ID)
			check(t, err)
			equal(t, "reason", ended.Reason, directory.ReasonConnection)
			_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
			wantIs(t, err, directory.ErrInvalidGrant)
			_, err = w.finish(state, identity("ada", ""))
			wantCode(t, err, directory.LoginNotOffered)
			check(t, w.directory.DeleteConnection(w.ctx, operator, w.connection))
		})
	}
}

func TestSession_M17_OutlastsAPauseOfItsConnection(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	s := w.signIn(identity("ada", ""))
	state := w.begin("")
	_, err := w.directory.PauseConnection(w.ctx, operator, w.connection)
	check(t, err)
	w.wantLive(s.Token, true)
	_, err = w.finish(state, identity("ada", ""))
	wantCode(t, err, directory.LoginNotOffered)
}

func wantIs(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("error is %v, want %v", err, want)
	}
}

func TestSession_IsListedAndEnded(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	ada, again, bob := w.signIn(identity("ada", "")), w.signIn(identity("ada", "")), w.signIn(identity("bob", ""))
	equal(t, "of ada", len(w.sessions(ada.Session.Subject)), 2)
	w.skip()
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, ada.Session.ID, directory.ReasonLogout))
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, ada.Session.ID, directory.ReasonLogout))
	if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], "session.end", `"reason":"logout"`) {
		t.Errorf("a logout left %q", lines)
	}
	w.wantLive(ada.Token, false)
	w.wantLive(again.Token, true)
	n, err := w.directory.EndSessions(w.ctx, operator, w.workspace, directory.SessionQuery{Connection: w.connection.ID}, directory.ReasonAdmin)
	check(t, err)
	equal(t, "ended", n, 2)
	w.wantLive(bob.Token, false)
}

func TestSession_EndsAtTheIdentityProvider(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	i := identity("ada", "")
	one := w.signIn(i)
	i.Session = "second"
	two := w.signIn(i)
	bob := w.signIn(identity("bob", ""))
	logout := func(change func(*directory.IDPLogout)) ([2]int, error) {
		l := directory.IDPLogout{Connection: w.connection, Issuer: i.Issuer, Replay: t.Name(), ReplayUntil: w.clock.Now().Add(time.Hour)}
		change(&l)
		ended, left, err := w.directory.EndIDPSessions(w.ctx, l)
		return [2]int{ended, left}, err
	}
	n, err := logout(func(l *directory.IDPLogout) { l.Session, l.Replay = "sid-ada", "1" })
	check(t, err)
	equal(t, "ended by sid", n, [2]int{1, 0})
	w.wantLive(one.Token, false)
	w.wantLive(two.Token, true)
	_, err = logout(func(l *directory.IDPLogout) { l.Session, l.Replay = "second", "1" })
	wantCode(t, err, directory.LoginReplayed)
	n, err = logout(func(l *directory.IDPLogout) { l.Subject, l.Session, l.Replay = "bob", "second", "2" })
	check(t, err)
	equal(t, "ended by both, which are of two", n, [2]int{0, 1})
	n, err = logout(func(l *directory.IDPLogout) { l.Subject, l.Replay = "ada", "3" })
	check(t, err)
	equal(t, "ended by sub", n, [2]int{1, 0})
	w.wantLive(two.Token, false)
	i.Session = ""
	unnamed := w.signIn(i)
	i.Session = "fourth"
	named := w.signIn(i)
	n, err = logout(func(l *directory.IDPLogout) { l.Session, l.Replay = "third", "4" })
	check(t, err)
	equal(t, "ended by a sid that nobody knows", n, [2]int{})
	w.wantLive(unnamed.Token, true)
	n, err = logout(func(l *directory.IDPLogout) { l.Subject, l.Session, l.Replay = "ada", "third", "5" })
	check(t, err)
	equal(t, "ended by both, of which the one may be", n, [2]int{1, 1})
	w.wantLive(unnamed.Token, false)
	w.wantLive(named.Token, true)
	w.wantLive(bob.Token, true)
	_, err = logout(func(*directory.IDPLogout) {})
	wantCode(t, err, directory.LoginRefusedByRules)
}

func TestSession_J14_IsForOneWorkspaceAndTheStricterRules(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	child, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: "CHILD", Parent: "ACC123", Roles: []directory.Role{{Name: "member", Permissions: []string{"child.read"}}},
		Settings: directory.WorkspaceSettings{Security: directory.Security{
			IPRules: map[directory.Surface][]string{directory.SurfaceSSO: {"192.0.2.0/24"}}, SessionIdle: 5,
		}},
	})
	check(t, err)
	_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER"})
	check(t, err)
	s, err := w.tryLogin(identity("ada", ""), "CHILD")
	check(t, err)
	equal(t, "workspace and idle time", []any{s.Session.Workspace, s.Session.Home, s.Session.Idle}, []any{child.ID, w.workspace.ID, 5 * time.Minute})
	claims, err := w.directory.Claims(w.ctx, s.Session)
	check(t, err)
	equal(t, "claims", []any{claims.Workspace, claims.Role, claims.Permissions}, []any{"CHILD", "member", []string{"child.read"}})
	_, err = w.directory.SessionByToken(w.ctx, s.Token, "203.0.113.9") // on each request, not only at the login
	wantCode(t, err, directory.LoginAddress)
	_, _, err = w.directory.BeginLogin(w.ctx, directory.NewAttempt{Connection: w.connection, Workspace: "OTHER", Address: "192.0.2.1"})
	wantCode(t, err, directory.LoginNoAccess) // of another tenant
	_, _, err = w.directory.BeginLogin(w.ctx, directory.NewAttempt{Connection: w.connection, Workspace: "CHILD", Address: "203.0.113.9"})
	wantCode(t, err, directory.LoginAddress)
	home := w.signIn(identity("ada", ""))
	_, err = w.directory.EnterWorkspace(w.ctx, home.Session, "CHILD", "203.0.113.9") // switching checks again
	wantCode(t, err, directory.LoginAddress)
	entered, err := w.directory.EnterWorkspace(w.ctx, home.Session, "CHILD", "192.0.2.1")
	check(t, err)
	equal(t, "entered", []any{entered.Workspace, entered.Idle}, []any{child.ID, 5 * time.Minute})
	_, err = w.directory.EnterWorkspace(w.ctx, home.Session, "OTHER", "192.0.2.1")
	wantCode(t, err, directory.LoginNoAccess)
}

func TestSession_J4_TheAssertedRoleIsTheAppsForTheSession(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor", "texts.write")
	w.signIn(identity("ada", ""))
	s := w.signIn(identity("ada", `{"role":"editor"}`))
	claims, err := w.directory.Claims(w.ctx, s.Session)
	check(t, err)
	equal(t, "role and permissions", []any{claims.Role, claims.Permissions}, []any{"editor", []string{"texts.write"}})
	next := w.signIn(identity("ada", ""))
	claims, err = w.directory.Claims(w.ctx, next.Session)
	check(t, err)
	equal(t, "of the next session", claims.Role, "member")
}

func TestEphemeral_J5_GoesWithTheLastSession(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	one, two := w.signIn(identity("ada", "")), w.signIn(identity("ada", ""))
	subject := one.Session.Subject
	end := func(s directory.Signed) {
		check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
		w.sweep()
	}
	end(one)
	if !w.isMember(subject) {
		t.Fatal("gone with the first of two sessions")
	}
	w.skip()
	end(two)
	if w.isMember(subject) {
		t.Fatal("still there after the last session")
	}
	_, err := w.store.Subject(w.ctx, w.workspace.Root, subject)
	wantIs(t, err, directory.ErrNotFound)
	if lines := w.happened(); len(lines) != 3 || !containsAll(lines[1], "user.delete <ada> by system") || !containsAll(lines[2], "> member.left <ada>") {
		t.Errorf("the end of an ephemeral person left %q", lines)
	}
	equal(t, "the same id at the next login", w.signIn(identity("ada", "")).Session.Subject, subject)
}

func TestEphemeral_J5_GoesAfterADayAndOnlyWhoCameByALogin(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true, Linking: true})
	w.prove()
	w.workspaceSettings(func(s *directory.WorkspaceSettings) {
		s.Security = directory.Security{SessionIdle: 3000, SessionMax: 3000}
	})
	_, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "bob@example.com"})
	check(t, err)
	ada, bob := w.signIn(identity("ada", "")), w.signIn(identity("bob", ""))
	w.clock.add(24*time.Hour - time.Millisecond)
	w.sweep()
	w.wantLive(ada.Token, true)
	w.clock.add(time.Millisecond)
	w.wantLive(ada.Token, false)
	again := w.signIn(identity("ada", "")) // before any sweep: somebody new, under the same id
	equal(t, "subject", again.Session.Subject, ada.Session.Subject)
	equal(t, "a day more", w.membership(ada.Session.Subject).DeleteAfter, w.clock.Now().Add(24*time.Hour))
	w.clock.add(24 * time.Hour)
	w.sweep()
	if w.isMember(ada.Session.Subject) {
		t.Error("still there after a day")
	}
	if !w.isMember(bob.Session.Subject) {
		t.Error("who was invited is gone")
	}
}

func TestEphemeral_J5_SurvivesACrash(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	s := w.signIn(identity("ada", ""))
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
	restarted := w.open(w.key) // nothing was swept, and nobody remembers
	check(t, restarted.SweepSessions(w.ctx))
	if w.isMember(s.Session.Subject) {
		t.Error("still there after a restart")
	}
	check(t, restarted.SweepSessions(w.ctx))
}

func TestEphemeral_J7_ABlockOutlastsTheSession(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	s := w.signIn(identity("ada", ""))
	yes := true
	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, s.Session.Subject, directory.MemberChange{Blocked: &yes})
	check(t, err)
	w.clock.add(25 * time.Hour)
	w.sweep()
	w.wantRefused(identity("ada", ""), directory.LoginBlocked)
}

func TestEphemeral_J5_AMembershipBelowGoesToo(t *testing.T) {
	t.Parallel()
	w, child := spreadWorld(t)
	s := w.signIn(identity("ada", `{"accounts":["ACC123","CHILD"]}`))
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
	w.sweep()
	_, err := w.store.Membership(w.ctx, w.workspace.Root, child.ID, s.Session.Subject)
	wantIs(t, err, directory.ErrNotFound)
	if !w.isMember(s.Session.Subject) {
		t.Error("who was invited is gone")
	}
}

// What a list says of a session is what the session meets when it is used, and what apps hear of it.
func TestSessions_ShowWhatHoldsNow(t *testing.T) {
	t.Parallel()
	required := func(accept bool) func(*world, directory.Signed) {
		return func(w *world, _ directory.Signed) {
			w.workspaceSettings(func(s *directory.WorkspaceSettings) {
				s.Security = directory.Security{SecondFactor: directory.FactorRequired, AcceptIDPFactor: accept}
			})
		}
	}
	for _, row := range []struct {
		name   string
		change func(*world, directory.Signed)
		state  directory.SessionState
		role   string
	}{
		{"as it began", func(*world, directory.Signed) {}, directory.SessionLive, "editor"},
		{"the stored role is changed by hand", func(w *world, s directory.Signed) {
			_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, s.Session.Subject, directory.MemberChange{Role: new("viewer")})
			check(w.t, err)
		}, directory.SessionLive, "viewer"},
		{"the connection may not grant the role any more", func(w *world, _ directory.Signed) {
			w.connectionSettings(func(s *directory.ConnectionSettings) { s.Roles = []string{"viewer", "member"} })
		}, directory.SessionLive, "member"},
		{"a second factor is asked for since", required(false), directory.SessionPending, ""},
		{"that of the identity provider counts", required(true), directory.SessionLive, "editor"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := editorWorld(t)
			i := identity("ada", `{"role":"editor"}`)
			i.Methods = []string{"pwd", "otp"}
			s := w.signIn(i)
			row.change(w, s)
			w.skip()
			var shown directory.Session
			for _, one := range w.sessions(s.Session.Subject) {
				if one.ID == s.Session.ID {
					shown = one
				}
			}
			equal(t, "listed", []any{shown.State, shown.Role}, []any{row.state, row.role})
			one, err := w.directory.SessionNow(w.ctx, s.Session.Root, s.Session.ID)
			check(t, err)
			equal(t, "by its id", one, shown)
			used, err := w.directory.SessionByToken(w.ctx, s.Token, "192.0.2.1")
			check(t, err)
			equal(t, "the state that it meets", used.State, row.state)
			if claims, err := w.directory.Claims(w.ctx, s.Session); row.role == "" {
				wantIs(t, err, directory.ErrNotFound)
			} else {
				check(t, err)
				equal(t, "the role that apps hear", claims.Role, row.role)
			}
			w.wantHappened()
			w.clock.add(24 * time.Hour)
			over, err := w.directory.SessionNow(w.ctx, s.Session.Root, s.Session.ID)
			check(t, err)
			equal(t, "over by its time", []any{over.State, over.Role}, []any{directory.SessionEnded, ""})
		})
	}
}
