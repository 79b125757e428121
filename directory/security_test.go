package directory_test

import (
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func TestMethod_J2_ExcludesTheOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	token, err := w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(1, 0, 0))
	check(t, err)
	method := func(m directory.Method) error {
		now, err := w.directory.Workspace(w.ctx, w.workspace.Key)
		check(t, err)
		settings := now.Settings
		settings.Method = m
		_, err = w.directory.UpdateWorkspace(w.ctx, operator, now, directory.WorkspaceChange{Settings: &settings})
		w.clock.add(time.Second)
		return err
	}
	open := func() error {
		_, err := w.directory.Authenticate(w.ctx, directory.Credentials{Authorization: "Bearer " + token.Text, Address: "192.0.2.1"})
		return err
	}
	wantRefusal(t, method("any"), directory.RefusedInvalid, `no method "any"`)
	for _, m := range []directory.Method{directory.MethodJIT, directory.MethodManual} {
		wantRefusal(t, method(m), directory.RefusedInUse, `SCIM of "rfc-1"`)
	}
	check(t, method(directory.MethodBoth)) // the explicit way to have both
	check(t, open())
	wantRefusal(t, method(directory.MethodJIT), directory.RefusedInUse, `SCIM of "rfc-1"`)
	_, err = w.directory.PauseConnection(w.ctx, operator, w.connection)
	check(t, err)
	check(t, method(directory.MethodJIT))
	_, err = w.directory.ResumeConnection(w.ctx, operator, w.connection)
	check(t, err)
	wantKind(t, open(), scim.KindNotEnabled)
	_, err = w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(1, 0, 0))
	wantRefusal(t, err, directory.RefusedInUse, "takes no SCIM")
	w.connectionSettings(func(s *directory.ConnectionSettings) {
		s.SignIn = &directory.SignIn{Protocol: "oidc", Issuer: "https://idp.example.com", ClientID: "x"}
	})
	wantRefusal(t, method(directory.MethodSCIM), directory.RefusedInUse, `sign-in by "rfc-1"`)
	check(t, method(directory.MethodManual))
	check(t, method(directory.MethodSCIM))
	check(t, open())
}

func TestMethod_M2_SCIMMayRequireSSO(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	token, err := w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(1, 0, 0))
	check(t, err)
	open := func() error {
		w.clock.add(time.Second)
		_, err := w.directory.Authenticate(w.ctx, directory.Credentials{Authorization: "Bearer " + token.Text})
		return err
	}
	check(t, open()) // works without any SSO
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.RequireSSO = true })
	wantKind(t, open(), scim.KindNotEnabled)
	w.connectionSettings(func(s *directory.ConnectionSettings) {
		s.SignIn = &directory.SignIn{Protocol: "oidc", Issuer: "https://idp.example.com", ClientID: "x"}
	})
	check(t, open())
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.SignIn = nil })
	wantKind(t, open(), scim.KindNotEnabled)
}

func TestSignIn_J10_MailsSayWhatAdminsAreToKnow(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodSCIM, directory.SignIn{})
	admin, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "admin@example.com", Role: "owner"})
	check(t, err)
	check(t, w.directory.ReportLogin(w.ctx, operator, w.workspace, admin.Subject))
	mails := func() (types []string) {
		t.Helper()
		for {
			due, err := w.directory.DueMessages(w.ctx, directory.MessageMail, 10)
			check(t, err)
			if len(due) == 0 {
				slices.Sort(types)
				return types
			}
			for _, m := range due {
				types = append(types, m.Type)
				to, err := w.directory.Recipients(w.ctx, m)
				check(t, err)
				if len(to) != 1 || to[0].Email != "admin@example.com" {
					t.Errorf("%s goes to %v", m.Type, to)
				}
				check(t, w.directory.RecordMessage(w.ctx, m, directory.MessageOutcome{Delivered: true}))
			}
		}
	}
	equal(t, "connection with sign-in", mails(), []string{directory.NoticeSignInEnabled})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodJIT })
	equal(t, "enable", mails(), []string{directory.NoticeSignInEnabled})
	w.connectionSettings(func(s *directory.ConnectionSettings) {
		s.SignIn = clone(s.SignIn)
		s.SignIn.UpdateRole = true
	})
	w.signIn(identity("ada", ""))
	w.signIn(identity("ada", ""))
	equal(t, "a new person, once", mails(), []string{directory.NoticeSignInChanged, directory.NoticeUserCreated})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodManual })
	equal(t, "disable", mails(), []string{directory.NoticeSignInDisabled})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.KnownTeams = true })
	equal(t, "another setting", mails(), []string(nil))
}

func clone[T any](p *T) *T {
	v := *p
	return &v
}

func TestSignIn_J9_TheConfigurationIsAudited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	w.connectionSettings(func(s *directory.ConnectionSettings) {
		s.SignIn = &directory.SignIn{Protocol: "oidc", Issuer: "https://idp.example.com", ClientID: "x"}
	})
	check(t, w.directory.SetSignInSecret(w.ctx, operator, w.connection, "secret text"))
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodJIT })
	lines := w.happened()
	if len(lines) != 3 || !containsAll(lines[0], "connection.update", `"changed":["sign_in"]`) ||
		!containsAll(lines[1], "connection.update", `"changed":["sign_in_secret"]`) || !containsAll(lines[2], "workspace.update", `"changed":["method"]`) {
		t.Errorf("the log has %q", lines)
	}
	if strings.Contains(strings.Join(lines, ""), "secret text") {
		t.Error("the log has the secret")
	}
	secret, err := w.directory.SignInSecret(w.ctx, w.connection)
	check(t, err)
	equal(t, "secret", secret, "secret text")
}

func TestSecurity_J8_IPRules(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	token, err := w.directory.CreateToken(w.ctx, operator, w.connection, testStart.AddDate(1, 0, 0))
	check(t, err)
	s := w.signIn(identity("ada", ""))
	rules := directory.Security{IPRules: map[directory.Surface][]string{
		directory.SurfaceAdmin: {"10.0.0.0/8"}, directory.SurfaceSCIM: {"203.0.113.7"}, directory.SurfaceSSO: {"10.0.0.0/8", "192.0.2.1"},
	}}
	set := func(by directory.Actor, rules directory.Security) error {
		now, err := w.directory.Workspace(w.ctx, w.workspace.Key)
		check(t, err)
		settings := now.Settings
		settings.Security = rules
		_, err = w.directory.UpdateWorkspace(w.ctx, by, now, directory.WorkspaceChange{Settings: &settings})
		return err
	}
	wantRefusal(t, set(directory.Actor{Name: "api", Address: "192.0.2.1"}, rules), directory.RefusedInvalid, "would lock you out")
	wantRefusal(t, set(operator, directory.Security{IPRules: map[directory.Surface][]string{"web": nil}}), directory.RefusedInvalid, `no surface "web"`)
	wantRefusal(t, set(operator, directory.Security{IPRules: map[directory.Surface][]string{"sso": {"x"}}}), directory.RefusedInvalid, "no IP rule")
	check(t, set(directory.Actor{Name: "api", Address: "10.1.2.3"}, rules))
	w.wantLive(s.Token, true)
	check(t, set(operator, directory.Security{IPRules: map[directory.Surface][]string{directory.SurfaceSSO: {"10.0.0.0/8"}, directory.SurfaceSCIM: {"203.0.113.7"}}}))
	w.wantLive(s.Token, false) // on each request
	_, _, err = w.directory.BeginLogin(w.ctx, directory.NewAttempt{Connection: w.connection, Address: "192.0.2.1"})
	wantCode(t, err, directory.LoginAddress)
	for address, want := range map[string]bool{"203.0.113.7": true, "203.0.113.8": false, "": false} {
		w.clock.add(time.Second)
		_, err := w.directory.Authenticate(w.ctx, directory.Credentials{Authorization: "Bearer " + token.Text, Address: address})
		if want {
			check(t, err)
		} else {
			wantKind(t, err, scim.KindAddress)
		}
	}
}

func TestSecurity_J8_NobodyMakesAWorkspaceThatLocksThemOut(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, row := range []struct {
		name    string
		surface directory.Surface
		by      directory.Actor
		refused bool
	}{
		{"sign-in", directory.SurfaceSSO, directory.Actor{Name: "api", Address: "192.0.2.1"}, true},
		{"admin", directory.SurfaceAdmin, directory.Actor{Name: "api", Address: "192.0.2.1"}, true},
		{"scim", directory.SurfaceSCIM, directory.Actor{Name: "api", Address: "192.0.2.1"}, false},
		{"from-there", directory.SurfaceSSO, directory.Actor{Name: "api", Address: "10.1.2.3"}, false},
		{"operator", directory.SurfaceSSO, operator, false},
	} {
		for _, parent := range []string{"", w.workspace.Key} {
			n := directory.NewWorkspace{Key: row.name + "-" + parent, Parent: parent}
			n.Settings.Security.IPRules = map[directory.Surface][]string{row.surface: {"10.0.0.0/8"}}
			w.skip()
			_, err := w.directory.CreateWorkspace(w.ctx, row.by, n)
			if !row.refused {
				check(t, err)
				continue
			}
			wantRefusal(t, err, directory.RefusedInvalid, "would lock you out")
			w.wantHappened()
			_, err = w.directory.Workspace(w.ctx, n.Key)
			wantRefusal(t, err, directory.RefusedNotFound, n.Key)
		}
	}
}

// enrolled signs in and sets up a second factor.
func (w *world) enrolled(i directory.Identity) (s directory.Signed, secret string, recovery []string) {
	w.t.Helper()
	s = w.signIn(i)
	if !s.NeedsFactor || s.HasFactor || s.Session.State != directory.SessionPending {
		w.t.Fatalf("no second factor is asked for: %+v", s.Session)
	}
	e, err := w.directory.EnrolFactor(w.ctx, s.Session)
	check(w.t, err)
	again, err := w.directory.EnrolFactor(w.ctx, s.Session)
	check(w.t, err)
	if again != e || !strings.HasPrefix(e.URL, "otpauth://totp/Acme:") {
		w.t.Errorf("enrolments %+v and %+v", e, again)
	}
	old := s.Token
	s.Session, s.Token, recovery, err = w.directory.ConfirmFactor(w.ctx, s.Session, w.totp(e.Secret), "192.0.2.1")
	check(w.t, err)
	w.wantLive(old, false) // another cookie with more behind it
	w.wantLive(s.Token, true)
	return s, e.Secret, recovery
}

func (w *world) totp(secret string) string {
	w.t.Helper()
	code, err := totp.GenerateCode(secret, w.clock.Now())
	check(w.t, err)
	return code
}

func factorWorld(t *testing.T) *world {
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Ephemeral: true})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Security.SecondFactor = directory.FactorRequired })
	return w
}

func TestFactor_J8_IsAskedForAndCountsOnce(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	s, secret, recovery := w.enrolled(identity("ada", ""))
	equal(t, "recovery codes", len(recovery), 10)
	if raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || len(raw) != 20 {
		t.Errorf("secret of %d bytes: %v", len(raw), err)
	}
	next := w.signIn(identity("ada", ""))
	equal(t, "a second factor is there", []bool{next.NeedsFactor, next.HasFactor}, []bool{true, true})
	_, err := w.directory.IssueCode(w.ctx, directory.CodeRequest{Session: next.Session, App: w.app().App})
	wantIs(t, err, directory.ErrNotFound) // a pending session opens nothing
	_, err = w.directory.Claims(w.ctx, next.Session)
	wantIs(t, err, directory.ErrNotFound)
	_, _, err = w.directory.VerifyFactor(w.ctx, next.Session, w.totp(secret), "192.0.2.1")
	wantIs(t, err, directory.ErrWrongCode) // of the step that was taken
	w.clock.add(30 * time.Second)
	after, token, err := w.directory.VerifyFactor(w.ctx, next.Session, w.totp(secret), "192.0.2.1")
	check(t, err)
	equal(t, "methods", after.Methods, []string{"pwd", "otp", "mfa"})
	w.wantLive(token, true)
	_, err = w.directory.EnrolFactor(w.ctx, after)
	wantRefusal(t, err, directory.RefusedExists, "has a second factor")
	w.wantLive(s.Token, true)
	w.clock.add(11 * time.Minute)
	pending := w.signIn(identity("ada", ""))
	w.clock.add(10 * time.Minute)
	w.wantLive(pending.Token, false)
}

func TestFactor_RecoveryCodesCountOnce(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	_, secret, recovery := w.enrolled(identity("ada", ""))
	s := w.signIn(identity("ada", ""))
	after, _, err := w.directory.VerifyFactor(w.ctx, s.Session, strings.ToUpper(recovery[3]), "192.0.2.1")
	check(t, err)
	due, err := w.directory.DueMessages(w.ctx, directory.MessageMail, 10)
	check(t, err)
	if !slices.ContainsFunc(due, func(m directory.Message) bool { return m.Type == directory.NoticeRecoveryUsed }) {
		t.Errorf("nobody is told of the recovery code: %v", due)
	}
	s = w.signIn(identity("ada", ""))
	_, _, err = w.directory.VerifyFactor(w.ctx, s.Session, recovery[3], "192.0.2.1")
	wantIs(t, err, directory.ErrWrongCode)
	w.clock.add(time.Minute)
	renewed, err := w.directory.RenewRecovery(w.ctx, after, w.totp(secret), "192.0.2.1")
	check(t, err)
	_, _, err = w.directory.VerifyFactor(w.ctx, s.Session, recovery[4], "192.0.2.1")
	wantIs(t, err, directory.ErrWrongCode)
	_, _, err = w.directory.VerifyFactor(w.ctx, s.Session, renewed[0], "192.0.2.1")
	check(t, err)
}

func TestFactor_TooManyWrongCodesLockOut(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	_, secret, _ := w.enrolled(identity("ada", ""))
	s := w.signIn(identity("ada", ""))
	for range 5 {
		_, _, err := w.directory.VerifyFactor(w.ctx, s.Session, "000000", "203.0.113.5")
		wantIs(t, err, directory.ErrWrongCode)
	}
	w.clock.add(time.Minute)
	_, _, err := w.directory.VerifyFactor(w.ctx, s.Session, w.totp(secret), "192.0.2.1") // the person, from anywhere
	wantIs(t, err, directory.ErrLockedOut)
	bob := w.signIn(identity("bob", ""))
	e, err := w.directory.EnrolFactor(w.ctx, bob.Session)
	check(t, err)
	_, _, _, err = w.directory.ConfirmFactor(w.ctx, bob.Session, w.totp(e.Secret), "203.0.113.5") // others there go on
	check(t, err)
	w.clock.add(15 * time.Minute)
	s = w.signIn(identity("ada", ""))
	_, _, err = w.directory.VerifyFactor(w.ctx, s.Session, w.totp(secret), "203.0.113.5")
	check(t, err)
}

// TestFactor_AnAddressThatGuessesIsLockedOut: it tries the codes of many people. What one person mistypes locks nobody else out.
func TestFactor_AnAddressThatGuessesIsLockedOut(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	for i := range 10 {
		name := fmt.Sprint("user", i)
		w.enrolled(identity(name, ""))
		s := w.signIn(identity(name, ""))
		for k := range 5 {
			w.skip()
			_, _, err := w.directory.VerifyFactor(w.ctx, s.Session, "000000", fmt.Sprintf("2001:db8::%d", k)) // one network
			wantIs(t, err, directory.ErrWrongCode)
			if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], directory.ActionFactorRefuse) {
				t.Errorf("a wrong code left %q", lines)
			}
		}
	}
	bob := w.signIn(identity("bob", ""))
	e, err := w.directory.EnrolFactor(w.ctx, bob.Session)
	check(t, err)
	_, _, _, err = w.directory.ConfirmFactor(w.ctx, bob.Session, w.totp(e.Secret), "2001:db8::9")
	wantIs(t, err, directory.ErrLockedOut)
	_, _, _, err = w.directory.ConfirmFactor(w.ctx, bob.Session, w.totp(e.Secret), "192.0.2.1")
	check(t, err)
}

// TestFactor_AnOwnCodeDoesNotExcuseTheAddress: who guesses the codes of others cannot begin anew by a right one.
func TestFactor_AnOwnCodeDoesNotExcuseTheAddress(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	_, secret, _ := w.enrolled(identity("mallory", ""))
	var last error
	for i := range 13 {
		name := fmt.Sprint("user", i)
		w.enrolled(identity(name, ""))
		s := w.signIn(identity(name, ""))
		for range 4 {
			_, _, last = w.directory.VerifyFactor(w.ctx, s.Session, "000000", "203.0.113.5")
		}
		w.clock.add(30 * time.Second)
		own := w.signIn(identity("mallory", ""))
		_, _, err := w.directory.VerifyFactor(w.ctx, own.Session, w.totp(secret), "203.0.113.5")
		if i < 12 {
			check(t, err)
		}
	}
	wantIs(t, last, directory.ErrLockedOut)
}

func TestFactor_J5_OutlivesTheEphemeralPerson(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	s, secret, _ := w.enrolled(identity("ada", ""))
	check(t, w.directory.EndSession(w.ctx, operator, w.workspace.Root, s.Session.ID, directory.ReasonLogout))
	w.sweep()
	if w.isMember(s.Session.Subject) {
		t.Fatal("the person is there still")
	}
	w.clock.add(time.Minute)
	next := w.signIn(identity("ada", ""))
	if !next.HasFactor {
		t.Fatal("the second factor is to be set up anew")
	}
	_, _, err := w.directory.VerifyFactor(w.ctx, next.Session, w.totp(secret), "192.0.2.1")
	check(t, err)
	check(t, w.directory.ResetFactor(w.ctx, operator, w.workspace, next.Session.Subject))
	equal(t, "sessions after a reset", len(w.sessions("")), 0)
	equal(t, "a factor after a reset", w.signIn(identity("ada", "")).HasFactor, false)
}

func TestFactor_J8_TheIdentityProvidersOwnCountsWhereItIsAllowed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		accept   bool
		rules    directory.SignIn
		methods  []string
		context  string
		isNeeded bool
	}{
		{"not allowed", false, directory.SignIn{}, []string{"pwd", "mfa"}, "", true},
		{"allowed, by its method", true, directory.SignIn{}, []string{"pwd", "mfa"}, "", false},
		{"allowed, but there was none", true, directory.SignIn{}, []string{"pwd"}, "", true},
		{"allowed, but not that method", true, directory.SignIn{FactorMethods: []string{"hwk"}}, []string{"mfa"}, "", true},
		{"allowed, by its context", true, directory.SignIn{FactorContexts: []string{"urn:two"}}, nil, "urn:two", false},
		{"allowed, but not that context", true, directory.SignIn{FactorContexts: []string{"urn:two"}}, nil, "urn:one", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, c.rules)
			w.workspaceSettings(func(s *directory.WorkspaceSettings) {
				s.Security = directory.Security{SecondFactor: directory.FactorRequired, AcceptIDPFactor: c.accept}
			})
			i := identity("ada", "")
			i.Methods, i.Context = c.methods, c.context
			equal(t, "needs a factor", w.signIn(i).NeedsFactor, c.isNeeded)
		})
	}
}

func TestFactor_J14_TheStricterWorkspaceAsks(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) {
		s.Security = directory.Security{SecondFactor: directory.FactorRequired, AcceptIDPFactor: true}
	})
	_, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: "CHILD", Parent: "ACC123",
		Settings: directory.WorkspaceSettings{Security: directory.Security{SecondFactor: directory.FactorRequired}},
	})
	check(t, err)
	i := identity("ada", "")
	i.Methods = []string{"mfa"}
	home := w.signIn(i)
	equal(t, "at home the identity provider's is one", home.NeedsFactor, false)
	child, err := w.tryLogin(i, "CHILD")
	check(t, err)
	equal(t, "in the child it is none", child.NeedsFactor, true)
	entered, err := w.directory.EnterWorkspace(w.ctx, home.Session, "CHILD", "192.0.2.1")
	check(t, err)
	equal(t, "switching asks again", entered.State, directory.SessionPending)
}

func TestFactor_J14_AWordOfTheIdentityProvidersIsNotOurFactor(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	_, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: "CHILD", Parent: "ACC123",
		Settings: directory.WorkspaceSettings{Security: directory.Security{SecondFactor: directory.FactorRequired}},
	})
	check(t, err)
	i := identity("ada", "")
	i.Methods = []string{"pwd", "otp", "mfa"}
	home := w.signIn(i)
	entered, err := w.directory.EnterWorkspace(w.ctx, home.Session, "CHILD", "192.0.2.1")
	check(t, err)
	equal(t, "switching to where it does not count", entered.State, directory.SessionPending)
	e, err := w.directory.EnrolFactor(w.ctx, entered)
	check(t, err)
	passed, _, _, err := w.directory.ConfirmFactor(w.ctx, entered, w.totp(e.Secret), "192.0.2.1")
	check(t, err)
	for _, key := range []string{"ACC123", "CHILD"} {
		passed, err = w.directory.EnterWorkspace(w.ctx, passed, key, "192.0.2.1")
		check(t, err)
		equal(t, "switching to "+key+" with our own", passed.State, directory.SessionLive)
	}
}

func TestFactor_J8_IsAskedOfWhoIsSignedInAlready(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	app := w.app()
	s := w.signIn(identity("ada", ""))
	r, err := w.redeem(app, w.code(s.Session, app))
	check(t, err)
	state, err := w.beginLink(s.Session)
	check(t, err)
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Security.SecondFactor = directory.FactorRequired })
	now, err := w.directory.SessionByToken(w.ctx, s.Token, "192.0.2.1")
	check(t, err)
	equal(t, "state", now.State, directory.SessionPending)
	_, err = w.directory.IssueCode(w.ctx, directory.CodeRequest{Session: s.Session, App: app.App})
	wantIs(t, err, directory.ErrNotFound)
	_, err = w.directory.Claims(w.ctx, s.Session)
	wantIs(t, err, directory.ErrNotFound)
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
	wantIs(t, err, directory.ErrInvalidGrant)
	_, err = w.finish(state, identity("ada2", ""))
	wantCode(t, err, directory.LoginNoAccess)
	e, err := w.directory.EnrolFactor(w.ctx, now)
	check(t, err)
	after, token, _, err := w.directory.ConfirmFactor(w.ctx, now, w.totp(e.Secret), "192.0.2.1")
	check(t, err)
	equal(t, "after the code", after.State, directory.SessionLive)
	w.wantLive(token, true)
	_, err = w.directory.Claims(w.ctx, after)
	check(t, err)
	_, err = w.directory.RedeemRefresh(w.ctx, app.App, r.Refresh, "")
	check(t, err)
}

func TestFactor_NoSessionSeesTheSecretOfAnother(t *testing.T) {
	t.Parallel()
	w := factorWorld(t)
	earlier, later := w.signIn(identity("ada", "")), w.signIn(identity("ada", ""))
	seen, err := w.directory.EnrolFactor(w.ctx, earlier.Session)
	check(t, err)
	e, err := w.directory.EnrolFactor(w.ctx, later.Session)
	check(t, err)
	if e.Secret == seen.Secret {
		t.Error("the later session is shown the secret of the earlier one")
	}
	_, _, _, err = w.directory.ConfirmFactor(w.ctx, earlier.Session, w.totp(seen.Secret), "192.0.2.1")
	wantIs(t, err, directory.ErrWrongCode)
	_, _, _, err = w.directory.ConfirmFactor(w.ctx, later.Session, w.totp(e.Secret), "192.0.2.1")
	check(t, err)
	w.clock.add(30 * time.Second)
	_, _, err = w.directory.VerifyFactor(w.ctx, earlier.Session, w.totp(seen.Secret), "192.0.2.1")
	wantIs(t, err, directory.ErrWrongCode)
}

func TestBreakGlass_B11(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Security.SecondFactor = directory.FactorRequired })
	ada := w.signIn(identity("ada", ""))
	_, err := w.directory.BreakGlass(w.ctx, operator, w.workspace, ada.Session.Subject)
	wantRefusal(t, err, directory.RefusedNotFound, "no owner")
	owner, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "owner@example.com", Role: "owner"})
	check(t, err)
	w.label(owner.Subject, "<owner>")
	w.skip()
	text, err := w.directory.BreakGlass(w.ctx, operator, w.workspace, "owner@example.com")
	check(t, err)
	s, err := w.directory.RedeemBreakGlass(w.ctx, text, "192.0.2.1", "test")
	check(t, err)
	mails, err := w.directory.DueMessages(w.ctx, directory.MessageMail, 10)
	check(t, err)
	equal(t, "told", slices.ContainsFunc(mails, func(m directory.Message) bool {
		return m.Type == directory.NoticeBreakGlassUsed && m.Subject == owner.Subject
	}), true)
	equal(t, "session", []any{s.Session.Subject, s.NeedsFactor, s.Session.Methods}, []any{owner.Subject, false, []string{"break_glass"}})
	w.wantLive(s.Token, true)
	lines := w.happened()
	if len(lines) != 3 || !containsAll(lines[0], "break_glass.create <owner>") || !containsAll(lines[1], "break_glass.use") {
		t.Errorf("the log has %q", lines)
	}
	for _, bad := range []string{text, "", "usher_bg_x"} { // once
		_, err = w.directory.RedeemBreakGlass(w.ctx, bad, "192.0.2.1", "test")
		wantCode(t, err, directory.LoginUnknownState)
	}
	text, err = w.directory.BreakGlass(w.ctx, operator, w.workspace, owner.Subject)
	check(t, err)
	w.clock.add(15 * time.Minute)
	_, err = w.directory.RedeemBreakGlass(w.ctx, text, "192.0.2.1", "test")
	wantCode(t, err, directory.LoginUnknownState)
}

func TestSignIn_X15_ThePrincipalOfSeveralTenantsIsNoAddress(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	for _, row := range []struct {
		claim, issuer string
		tenants       []string
		refused       bool
	}{
		{"email", "https://login.microsoftonline.com/organizations/v2.0", []string{"t1"}, true},
		{"upn", "https://login.microsoftonline.com/t1/v2.0", []string{"t1", "t2"}, true},
		{"preferred_username", "https://idp.example.com", []string{"t1", "t2"}, true},
		{"unique_name", "https://login.microsoftonline.com/common/v2.0", []string{"t1"}, true},
		{"oid", "https://login.microsoftonline.com/organizations/v2.0", []string{"t1", "t2"}, false},
		{"email", "https://idp.example.com", []string{"t1"}, false},
		{"", "https://idp.example.com", []string{"t1", "t2"}, false},
	} {
		settings := w.connection.Settings
		settings.SignIn = &directory.SignIn{
			Protocol: "oidc", ClientID: "x", Issuer: row.issuer, Tenants: row.tenants, PrincipalClaim: row.claim,
		}
		after, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
		if row.refused {
			wantRefusal(t, err, directory.RefusedInvalid, row.claim)
			continue
		}
		check(t, err)
		w.connection = after
	}
}
