package directory_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
)

func TestLogin_J3_MakesAPersonWithTheRoleOfTheClaim(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor")
	w.skip()
	s := w.signIn(identity("ada", `{"role":["editor","member"]}`))
	equal(t, "return target", s.Return, "/back")
	if s.NeedsFactor || s.Session.State != directory.SessionLive || s.Session.AssertedRole != "" {
		t.Errorf("session is %+v", s.Session)
	}
	m := w.membership(s.Session.Subject)
	equal(t, "role", m.Role, "editor")
	equal(t, "sources", []directory.Source{m.RoleSource, m.StatusSource}, []directory.Source{directory.SourceJIT, directory.SourceJIT})
	equal(t, "e-mail", s.Subject.Email, "ada@example.com")
	w.wantHappened(
		`user.create <ada> by sso:`+w.connection.ID+`: {"user_name":"ada@example.com"}`,
		`session.create <session> by sso:`+w.connection.ID+`: {"workspace":"ACC123","matched_by":"new","linked":true,"role":"editor","methods":["pwd"],"user_agent":"test"}`,
		`> member.joined <ada>: {"user_name":"ada@example.com","role":"editor","status":"active"}`,
	)
	w.wantLive(s.Token, true)
	if log := w.logins(); len(log) != 1 || log[0].Status != 302 || !containsAll(log[0].Did, "joined ACC123 as editor", "found by new") {
		t.Errorf("provisioning log: %+v", log)
	}
}

// roles signs in with each claim and says which role is stored and which holds for the session.
func TestLogin_J3_J4_RoleOfALogin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		rules           directory.SignIn
		first, second   string // role claims; "-": none
		stored, session string // after the second login
	}{
		{"none: the default, and it stays", directory.SignIn{}, "-", "-", "member", ""},
		{"unknown: the default", directory.SignIn{}, `"nobody"`, `"nobody"`, "member", ""},
		{"of another case: the default", directory.SignIn{}, `"Editor"`, `"EDITOR"`, "member", ""},
		{"the first of several counts", directory.SignIn{}, `["editor","viewer"]`, `["editor"]`, "editor", ""},
		{"the first of several counts, also when it is unknown", directory.SignIn{}, `["nobody","viewer"]`, "-", "member", ""},
		{"update off: for the session alone", directory.SignIn{}, `"viewer"`, `"editor"`, "viewer", "editor"},
		{"update off: the same is stored and no other", directory.SignIn{}, `"viewer"`, `"viewer"`, "viewer", ""},
		{"update off: unknown for an existing one keeps the stored", directory.SignIn{}, `"viewer"`, `"nobody"`, "viewer", ""},
		{"update on: the stored follows", directory.SignIn{UpdateRole: true}, `"viewer"`, `"editor"`, "editor", ""},
		{"update on: none keeps the stored", directory.SignIn{UpdateRole: true}, `"viewer"`, "-", "viewer", ""},
		{"update on: unknown keeps the stored", directory.SignIn{UpdateRole: true}, `"viewer"`, `"nobody"`, "viewer", ""},
		{"update on: refuse is for new people", directory.SignIn{UpdateRole: true, UnknownRole: "refuse"}, `"viewer"`, `"nobody"`, "viewer", ""},
		{"a privileged role that is not listed is none", directory.SignIn{UpdateRole: true}, `"owner"`, `"owner"`, "member", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, c.rules)
			w.role("editor")
			w.role("viewer")
			claims := func(role string) string {
				if role == "-" {
					return ""
				}
				return `{"role":` + role + `}`
			}
			w.signIn(identity("ada", claims(c.first)))
			s := w.signIn(identity("ada", claims(c.second)))
			equal(t, "stored role", w.membership(s.Session.Subject).Role, c.stored)
			equal(t, "role of the session", s.Session.AssertedRole, c.session)
		})
	}
}

func TestLogin_J3_RefusesAnUnknownRole(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{UnknownRole: "refuse"})
	w.wantRefused(identity("ada", `{"role":"nobody"}`), directory.LoginUnknownRole)
	w.wantRefused(identity("ada", ""), directory.LoginUnknownRole)
	w.signIn(identity("ada", `{"role":"member"}`))
}

func TestLogin_X15_AnOverageIsNoWordOfARole(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{UpdateRole: true})
	w.role("editor")
	w.signIn(identity("ada", `{"role":"editor"}`))
	i := identity("ada", `{"role":"member"}`)
	i.RolesOmitted = true
	s := w.signIn(i)
	equal(t, "stored role", w.membership(s.Session.Subject).Role, "editor")
	equal(t, "role of the session", s.Session.AssertedRole, "")
}

func TestLogin_J9_TheSameAgainChangesNothing(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{UpdateRole: true})
	w.signIn(identity("ada", `{"role":"member"}`))
	w.skip()
	w.signIn(identity("ada", `{"role":"member"}`))
	if lines := w.happened(); len(lines) != 1 || !strings.HasPrefix(lines[0], "session.create") {
		t.Errorf("the same login again left %q", lines)
	}
	w.signIn(identity("ada", `{"role":"member","given_name":"Ada"}`))
	if lines := w.happened(); len(lines) != 3 || !containsAll(lines[0], "user.update <ada>") || !containsAll(lines[2], "member.updated", "first_name") {
		t.Errorf("a login with another name left %q", lines)
	}
}

func TestLogin_X12_FindsByThePrincipal(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{UpdateRole: true})
	w.role("editor")
	rec := w.user(`{"userName":"other@example.com","externalId":"id-ada","roles":[{"value":"editor"}],"displayName":"Ada by SCIM"}`)
	s := w.signIn(identity("ada", `{"role":"member"}`))
	equal(t, "subject", s.Session.Subject, w.subject(rec.ID))
	equal(t, "SCIM's role stays", w.membership(s.Session.Subject).Role, "editor")
	equal(t, "SCIM's name stays", s.Subject.Name, "Ada by SCIM")
	again := w.signIn(identity("ada", ""))
	equal(t, "subject of the next login", again.Session.Subject, s.Session.Subject)
}

func TestLogin_X12_SCIMTakesOverWhoHasSignedIn(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{Ephemeral: true})
	s := w.signIn(identity("ada", ""))
	if w.membership(s.Session.Subject).DeleteAfter.IsZero() {
		t.Error("who was made by the login is not ephemeral")
	}
	rec := w.user(`{"userName":"ada","externalId":"id-ada"}`)
	equal(t, "subject", w.subject(rec.ID), s.Session.Subject)
	if !w.membership(s.Session.Subject).DeleteAfter.IsZero() {
		t.Error("whom SCIM knows is ephemeral still (J5)")
	}
	w.clock.add(25 * time.Hour)
	w.sweep()
	if !w.isMember(s.Session.Subject) {
		t.Error("whom SCIM knows was removed at the end of the session")
	}
}

func TestLogin_J2_NobodyReturnsWhomSCIMHasDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		user string
		as   func(i *directory.Identity)
	}{
		{"by principal", `{"userName":"x","externalId":"id-ada"}`, func(*directory.Identity) {}},
		{"by userName", `{"userName":"ADA@example.com"}`, func(i *directory.Identity) { i.Principal = "" }},
		{"by userName of another principal", `{"userName":"ada@example.com","externalId":"z"}`, func(*directory.Identity) {}},
		{"by preferred_username", `{"userName":"a.l"}`, func(i *directory.Identity) { i.Attributes.Set("preferred_username", "A.L") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
			rec := w.user(c.user)
			check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
			i := identity("ada", "")
			c.as(&i)
			w.wantRefused(i, directory.LoginDeleted)
			w.user(c.user) // SCIM lifts it
		})
	}
}

func TestLogin_J2_NotEvenWhoHasALinkReturns(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	rec := w.user(`{"userName":"ada@example.com","externalId":"id-ada"}`)
	s := w.signIn(identity("ada", ""))
	_, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","path":"active","value":false}]`)
	check(t, err)
	w.wantRefused(identity("ada", ""), directory.LoginDeactivated)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(2)))
	w.wantRefused(identity("ada", ""), directory.LoginDeleted)
	_, err = w.directory.RestoreMember(w.ctx, operator, w.workspace, s.Session.Subject) // an admin lifts it
	check(t, err)
	w.signIn(identity("ada", ""))
	equal(t, "documents", w.list(w.userType(), "", 1, 10).Total, 0)
}

func TestLogin_J2_WhereNoLoginProvisionsItFindsWhoIsThere(t *testing.T) {
	t.Parallel()
	for _, method := range []directory.Method{"", directory.MethodSCIM, directory.MethodManual} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, method, directory.SignIn{Linking: true, UpdateRole: true})
			w.prove()
			w.wantRefused(identity("ada", ""), directory.LoginNotProvisioned)
			_, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@example.com"})
			check(t, err)
			w.skip()
			s := w.signIn(identity("ada", `{"role":"admin"}`))
			m := w.membership(s.Session.Subject)
			equal(t, "M11 the first login", []any{m.Status, m.Role}, []any{directory.StatusActive, "member"})
			if lines := w.happened(); len(lines) != 3 || !containsAll(lines[0], "member.login") || !containsAll(lines[1], `"matched_by":"e-mail","linked":true`) {
				t.Errorf("a first login left %q", lines)
			}
		})
	}
}

func TestLogin_B11_NeverAnAccountWithAPrivilegedRole(t *testing.T) {
	t.Parallel()
	for _, linking := range []bool{true, false} {
		w := signInWorld(t, directory.MethodJIT, directory.SignIn{Linking: linking})
		w.prove()
		owner, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@example.com", Role: "owner"})
		check(t, err)
		if linking {
			w.wantRefused(identity("ada", ""), directory.LoginNeedsConsent)
		}
		text, err := w.directory.BreakGlass(w.ctx, operator, w.workspace, owner.Subject)
		check(t, err)
		signed, err := w.directory.RedeemBreakGlass(w.ctx, text, "192.0.2.1", "test")
		check(t, err)
		state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{Connection: w.connection, Browser: browser, Session: &signed.Session, Address: "192.0.2.1"})
		check(t, err)
		linked, err := w.finish(state, identity("ada", ""))
		check(t, err)
		equal(t, "linked with consent", linked.Session.Subject, owner.Subject)
		equal(t, "and found from then on", w.signIn(identity("ada", "")).Session.Subject, owner.Subject)
		equal(t, "role", w.membership(owner.Subject).Role, "owner")
	}
}

func TestLogin_EmailProvesNothingByItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		linking  bool
		verified bool
		proved   bool
		found    bool
	}{
		{"all of it", true, true, true, true},
		{"linking is off", false, true, true, false},
		{"the address is not verified", true, false, true, false},
		{"the domain is not the tenant's", true, true, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{Linking: c.linking})
			if c.proved {
				w.prove()
			}
			bob, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@example.com"})
			check(t, err)
			i := identity("ada", "")
			i.EmailVerified = c.verified
			equal(t, "is the invited one", w.signIn(i).Session.Subject == bob.Subject, c.found)
		})
	}
}

func TestLogin_AnotherIdentityOfTheSameAddressIsNotThePerson(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Linking: true})
	w.prove()
	w.signIn(identity("ada", ""))
	i := identity("ada", "")
	i.Subject, i.Principal = "mallory", "id-mallory"
	w.wantRefused(i, directory.LoginLinkedElsewhere)
	i.Principal = "id-ada"
	w.wantRefused(i, directory.LoginLinkedElsewhere)
	for _, name := range []string{"Ada", "ada ", "ada"} { // case and blanks tell identities apart
		i := identity("eve", "")
		i.Subject, i.Principal, i.Email, i.Attributes = name, "", "", nil
		if name != "ada" && w.signIn(i).Session.Subject == w.signIn(identity("ada", "")).Session.Subject {
			t.Errorf("%q is taken for ada", name)
		}
	}
}

func TestLogin_X15_OnlyListedTenants(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{Tenants: []string{"t1"}})
	i := identity("ada", "")
	i.Tenant = "t2"
	w.wantRefused(i, directory.LoginForeignTenant)
	i.Tenant = "t1"
	w.signIn(i)
	for issuer, want := range map[string]string{
		"https://login.microsoftonline.com/common/v2.0": "anybody with a Microsoft account",
		"https://accounts.google.com":                   "anybody with a Google account",
	} {
		settings := w.connection.Settings
		settings.SignIn = &directory.SignIn{Protocol: "oidc", Issuer: issuer, ClientID: "x"}
		_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings})
		wantRefusal(t, err, directory.RefusedInvalid, want)
		settings.SignIn.Tenants = []string{"t1"}
		if w.connection, err = w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &settings}); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLogin_IsForOneBrowserAndOnce(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	request := directory.LoginRequest{
		State: w.begin(""), Connection: w.connection, Browser: [32]byte{1}, Identity: identity("ada", ""), Address: "192.0.2.1",
	}
	_, err := w.directory.Login(w.ctx, request)
	wantCode(t, err, directory.LoginOtherBrowser)
	request.Browser = browser
	_, err = w.directory.Login(w.ctx, request)
	wantCode(t, err, directory.LoginUnknownState) // an attempt that failed is used up
	request.State, request.Replay, request.ReplayUntil = w.begin(""), "jti", testStart.Add(time.Hour)
	_, err = w.directory.Login(w.ctx, request)
	check(t, err)
	request.State = w.begin("")
	_, err = w.directory.Login(w.ctx, request)
	wantCode(t, err, directory.LoginReplayed)
	request.State, request.Replay = w.begin(""), ""
	w.clock.add(10 * time.Minute)
	_, err = w.directory.Login(w.ctx, request)
	wantCode(t, err, directory.LoginUnknownState)
	equal(t, "sessions", len(w.sessions("")), 1)
}

func TestLogin_J6_WhoCameBySCIMStays(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodSCIM, directory.SignIn{UpdateRole: true})
	w.role("editor")
	ada := w.user(`{"userName":"ada","externalId":"id-ada","roles":[{"value":"editor"}]}`)
	bob := w.user(`{"userName":"bob","externalId":"id-bob"}`)
	w.workspaceSettings(func(s *directory.WorkspaceSettings) { s.Method = directory.MethodJIT })
	equal(t, "role of ada", w.membership(w.subject(ada.ID)).Role, "editor")
	s := w.signIn(identity("bob", `{"role":"editor"}`))
	equal(t, "subject", s.Session.Subject, w.subject(bob.ID))
	m := w.membership(s.Session.Subject)
	equal(t, "role of bob follows the login", []any{m.Role, m.DeleteAfter.IsZero()}, []any{"editor", true})
}

func TestLogin_J7_RevokedComesBackAndBlockedDoesNot(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor")
	s := w.signIn(identity("ada", ""))
	subject := s.Session.Subject
	role, yes, no := "editor", true, false
	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, directory.MemberChange{Role: &role})
	check(t, err)
	s = w.signIn(identity("ada", `{"role":"member"}`))
	equal(t, "a role given by hand stays where update is off", w.membership(subject).Role, "editor")
	_, err = w.directory.RemoveMember(w.ctx, operator, w.workspace, subject)
	check(t, err)
	w.wantLive(s.Token, false)
	equal(t, "the same person comes back", w.signIn(identity("ada", "")).Session.Subject, subject)
	_, _, err = w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, directory.MemberChange{Blocked: &yes})
	check(t, err)
	equal(t, "sessions of who is blocked", len(w.sessions(subject)), 0)
	w.wantRefused(identity("ada", ""), directory.LoginBlocked)
	_, _, err = w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, directory.MemberChange{Blocked: &no})
	check(t, err)
	w.signIn(identity("ada", ""))
}

func TestLogin_J13_TheInspectorKeepsTheLastLogin(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	w.role("editor")
	w.signIn(identity("ada", ""))
	s := w.signIn(identity("ada", `{"role":"editor","department":"`+strings.Repeat("x", 20_000)+`","title":"Countess"}`))
	list, err := w.directory.Inspections(w.ctx, w.workspace, s.Session.Subject)
	check(t, err)
	if len(list) != 1 {
		t.Fatalf("%d inspections", len(list))
	}
	in := list[0]
	equal(t, "what was made of it", []any{in.MatchedBy, in.Role, in.SessionRole, in.Cut}, []any{"link", "member", "editor", true})
	var claims map[string]any
	check(t, json.Unmarshal(in.Attributes, &claims))
	equal(t, "a claim", claims["title"], any("Countess"))
	if len(in.Attributes) > 16<<10 {
		t.Errorf("%d bytes are kept", len(in.Attributes))
	}
	check(t, w.directory.EraseSubject(w.ctx, operator, w.workspace, s.Session.Subject))
	links, err := w.store.LinksOf(w.ctx, w.workspace.Root, s.Session.Subject)
	check(t, err)
	equal(t, "links of who was erased", len(links), 0)
}

func TestLogin_X12_TheTestSaysWhetherBothMeet(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	rec := w.user(`{"userName":"ada","externalId":"id-ada"}`)
	byLogin, bySCIM, err := w.directory.TestMatch(w.ctx, w.connection, identity("ada", ""))
	check(t, err)
	equal(t, "both", []directory.Match{byLogin, bySCIM}, []directory.Match{
		{Subject: w.subject(rec.ID), By: "principal"}, {Subject: w.subject(rec.ID), By: "principal"},
	})
	i := identity("ada", "")
	i.Principal = "other"
	byLogin, bySCIM, err = w.directory.TestMatch(w.ctx, w.connection, i)
	check(t, err)
	equal(t, "neither", []directory.Match{byLogin, bySCIM}, []directory.Match{{By: "new"}, {}})
	w.wantLive("usher_se_nothing", false)
}

func TestLogin_X12_SCIMTakesNobodyOverByTheAddressAlone(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	w.prove()
	s := w.signIn(identity("ada", ""))
	rec := w.user(`{"userName":"ada","externalId":"id-another","emails":[{"value":"ada@example.com"}]}`)
	if w.subject(rec.ID) == s.Session.Subject {
		t.Error("the user of another principal is the person who has signed in")
	}
}

func TestLogin_B11_TheLastOwnerStaysOne(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{UpdateRole: true})
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Roles = []string{"owner", "member"} })
	w.signIn(identity("ada", `{"role":"owner"}`))
	s := w.signIn(identity("ada", `{"role":"member"}`))
	equal(t, "stored and asserted", []string{w.membership(s.Session.Subject).Role, s.Session.AssertedRole}, []string{"owner", "member"})
	w.signIn(identity("bob", `{"role":"owner"}`))
	s = w.signIn(identity("ada", `{"role":"member"}`))
	equal(t, "with another owner", []string{w.membership(s.Session.Subject).Role, s.Session.AssertedRole}, []string{"member", ""})
}

func TestLogin_AMergedPersonSignsInAsTheOther(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	s := w.signIn(identity("ada", ""))
	keep, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "a.lovelace@example.com"})
	check(t, err)
	_, err = w.directory.MergeSubjects(w.ctx, operator, w.workspace, keep.Subject, s.Session.Subject, false)
	check(t, err)
	w.wantLive(s.Token, false)
	equal(t, "subject", w.signIn(identity("ada", "")).Session.Subject, keep.Subject)
}

// Whoever runs the identity provider of a workspace below is nobody of the workspaces above and beside.
func TestLogin_AConnectionFindsNobodyOfAnotherPartOfTheTenant(t *testing.T) {
	t.Parallel()
	for _, bySCIM := range []bool{false, true} {
		w := signInWorld(t, directory.MethodSCIM, directory.SignIn{})
		w.prove()
		top := w.workspace
		bob, err := w.directory.Invite(w.ctx, operator, top, directory.Invitation{Email: "bob@example.com"})
		check(t, err)
		w.beneath("CHILD", directory.MethodSCIM, directory.SignIn{Linking: !bySCIM})
		if !bySCIM {
			w.wantRefused(w.foreign("bob"), directory.LoginNotProvisioned)
			continue
		}
		rec := w.user(`{"userName":"x","externalId":"id-bob","emails":[{"value":"bob@example.com","primary":true}]}`)
		if w.subject(rec.ID) == bob.Subject {
			t.Error("a user of a connection below is the person of the workspace above")
		}
		_, err = w.tryLogin(w.foreign("bob"), top.Key)
		wantCode(t, err, directory.LoginNoAccess)
		equal(t, "the user's own", w.signIn(w.foreign("bob")).Session.Subject, w.subject(rec.ID))
	}
}

// A person who is known above and below enters above by the connection above, or after linking with consent.
func TestLogin_AConnectionOpensNoWorkspaceAboveItsOwn(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	top, above := w.workspace, w.connection
	ada := w.signIn(identity("ada", ""))
	w.beneath("CHILD", directory.MethodSCIM, directory.SignIn{})
	bob := w.subject(w.user(`{"userName":"bob","externalId":"id-bob"}`).ID)
	_, err := w.directory.Invite(w.ctx, operator, top, directory.Invitation{Subject: bob})
	check(t, err)
	s := w.signIn(w.foreign("bob"))
	_, err = w.directory.EnterWorkspace(w.ctx, s.Session, top.Key, "192.0.2.1")
	wantCode(t, err, directory.LoginNoAccess)
	_, err = w.tryLogin(w.foreign("bob"), top.Key)
	wantCode(t, err, directory.LoginNoAccess)

	link := func(from directory.Session, i directory.Identity) directory.Signed {
		t.Helper()
		state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{
			Connection: w.connection, Browser: browser, Session: &from, Address: "192.0.2.1",
		})
		check(t, err)
		signed, err := w.finish(state, i)
		check(t, err)
		return signed
	}
	again := link(s.Session, w.foreign("bobby")) // consent that is given below reaches no further
	_, err = w.directory.EnterWorkspace(w.ctx, again.Session, top.Key, "192.0.2.1")
	wantCode(t, err, directory.LoginNoAccess)

	linked := link(ada.Session, w.foreign("ada"))
	_, err = w.directory.EnterWorkspace(w.ctx, linked.Session, top.Key, "192.0.2.1")
	check(t, err)
	later, err := w.tryLogin(w.foreign("ada"), top.Key)
	check(t, err)
	equal(t, "subject", later.Session.Subject, ada.Session.Subject)
	w.connection = above
	down, err := w.tryLogin(identity("ada", ""), "CHILD") // from above one comes down, as before
	check(t, err)
	equal(t, "subject", down.Session.Subject, ada.Session.Subject)
}

func TestLogin_J2_NobodyReturnsWhomSCIMHasErased(t *testing.T) {
	t.Parallel()
	const doc = `{"userName":"ada@example.com","externalId":"id-ada","emails":[{"value":"ada@example.com","primary":true}]}`
	for _, c := range []struct {
		name string
		as   func(i *directory.Identity)
	}{
		{"the same", func(*directory.Identity) {}},
		{"by the identity alone", func(i *directory.Identity) { i.Principal, i.Email, i.Attributes = "", "", nil }},
		{"by the principal alone", func(i *directory.Identity) { i.Subject, i.Email, i.Attributes = "another", "", nil }},
		{"by the userName alone", func(i *directory.Identity) { i.Subject, i.Principal = "another", "another" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
			w.connectionSettings(func(s *directory.ConnectionSettings) { s.HardDelete = true })
			rec := w.user(doc)
			before := w.signIn(identity("ada", ""))
			w.skip()
			check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
			if lines := w.happened(); !containsAll(strings.Join(lines, "\n"), "user.erase", "> member.left <subject of ada@example.com>: {}") {
				t.Errorf("a hard deletion left %q", lines)
			}
			i := identity("ada", "")
			c.as(&i)
			w.wantRefused(i, directory.LoginDeleted)
			again := w.user(doc) // SCIM lifts it
			s := w.signIn(identity("ada", ""))
			equal(t, "subject", s.Session.Subject, w.subject(again.ID))
			if s.Session.Subject == before.Session.Subject {
				t.Error("the person came back as the subject that was erased")
			}
		})
	}
}

func TestLogin_J2_AnInvitationLetsInWhomSCIMHasErased(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{Linking: true})
	w.prove()
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.HardDelete = true })
	rec := w.user(`{"userName":"ada@example.com","externalId":"id-ada"}`)
	w.signIn(identity("ada", ""))
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	w.wantRefused(identity("ada", ""), directory.LoginDeleted)
	p, err := w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@example.com"})
	check(t, err)
	equal(t, "subject", w.signIn(identity("ada", "")).Session.Subject, p.Subject)
}

func TestLogin_J2_WhereTheUserNameIsThePrincipal(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Principal = "userName" })
	rec := w.user(`{"userName":"ada-login","externalId":"x1"}`)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	i := identity("ada", "")
	i.Principal = "ada-login"
	w.wantRefused(i, directory.LoginDeleted)
}

// Only an admin of the connection's workspace, or of one above, lets in again whom SCIM has deleted, and only afterwards.
func TestLogin_J2_AMembershipElsewhereBringsNobodyBack(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.RemoveInactive = true })
	child, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "CHILD", Parent: "ACC123"})
	check(t, err)
	rec := w.user(`{"userName":"ada@example.com","externalId":"id-ada"}`)
	s := w.signIn(identity("ada", ""))
	_, err = w.directory.Invite(w.ctx, operator, child, directory.Invitation{Subject: s.Session.Subject})
	check(t, err)
	w.clock.add(time.Hour)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)))
	w.wantRefused(identity("ada", ""), directory.LoginDeleted)
	_, err = w.directory.RestoreMember(w.ctx, operator, w.workspace, s.Session.Subject)
	check(t, err)
	equal(t, "subject", w.signIn(identity("ada", "")).Session.Subject, s.Session.Subject)
}

func TestUnlink_TheNextLoginIsMatchedAnew(t *testing.T) {
	t.Parallel()
	const issuer = "https://idp.example.com"
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	ada := w.signIn(identity("ada", ""))
	state, _, err := w.directory.BeginLogin(w.ctx, directory.NewAttempt{
		Connection: w.connection, Browser: browser, Session: &ada.Session, Address: "192.0.2.1",
	})
	check(t, err)
	linked, err := w.finish(state, identity("mallory", "")) // by mistake
	check(t, err)
	equal(t, "linked", linked.Session.Subject, ada.Session.Subject)
	w.skip()
	check(t, w.directory.Unlink(w.ctx, operator, w.workspace, ada.Session.Subject, w.connection, issuer, "mallory"))
	if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], "<ada> by cli:test", `"name":"mallory"`) {
		t.Errorf("an unlinking left %q", lines)
	}
	w.wantLive(linked.Token, false)
	if w.signIn(identity("mallory", "")).Session.Subject == ada.Session.Subject {
		t.Error("who was unlinked is taken for the person by the principal")
	}
	equal(t, "the other identity", w.signIn(identity("ada", "")).Session.Subject, ada.Session.Subject)
}

func TestUnlink_WhatSCIMSaysStays(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
	rec := w.user(`{"userName":"ada","externalId":"id-ada"}`)
	w.signIn(identity("ada", ""))
	check(t, w.directory.Unlink(w.ctx, operator, w.workspace, w.subject(rec.ID), w.connection, "https://idp.example.com", "ada"))
	equal(t, "subject", w.signIn(identity("ada", "")).Session.Subject, w.subject(rec.ID))
}

// A block above holds below as well, and in the connection's own workspace for all that is entered from there.
func TestLogin_J7_ABlockHoldsOnAllWays(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	_, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "CHILD", Parent: "ACC123"})
	check(t, err)
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Mapping.AccountsAttribute = "accounts" })
	in := identity("ada", `{"accounts":["ACC123","CHILD"]}`)
	s, err := w.tryLogin(in, "CHILD")
	check(t, err)
	yes := true
	_, _, err = w.directory.ChangeMember(w.ctx, operator, w.workspace, s.Session.Subject, directory.MemberChange{Blocked: &yes})
	check(t, err)
	w.skip()
	_, err = w.tryLogin(in, "CHILD")
	wantCode(t, err, directory.LoginBlocked)
	if lines := w.happened(); len(lines) != 1 || !containsAll(lines[0], "login.refuse", `"code":"blocked"`) {
		t.Errorf("a blocked person's login left %q", lines)
	}
	_, err = w.directory.EnterWorkspace(w.ctx, s.Session, "ACC123", "192.0.2.1")
	if err == nil {
		t.Error("a session switches into the workspace of the block")
	}
	_, err = w.directory.Claims(w.ctx, s.Session)
	wantIs(t, err, directory.ErrNotFound)
}

func TestLogin_X12_AnUnverifiedAddressIsNoPrincipal(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodBoth, directory.SignIn{PrincipalClaim: "email"})
	w.connectionSettings(func(s *directory.ConnectionSettings) { s.Principal = "userName" })
	rec := w.user(`{"userName":"ada@example.com","externalId":"oid-1"}`)
	i := identity("mallory", "")
	i.Principal, i.Email, i.EmailVerified = "ada@example.com", "ada@example.com", false
	if s, err := w.tryLogin(i, ""); err == nil && s.Session.Subject == w.subject(rec.ID) {
		t.Error("an unverified address signs in as the user of SCIM")
	}
	i.Subject, i.EmailVerified = "ada", true
	equal(t, "verified", w.signIn(i).Session.Subject, w.subject(rec.ID))
}

// An app may take a verified address for a key: a proved domain says nothing of whose an address in it is.
func TestClaims_AnAddressIsVerifiedWhereSomebodyVouches(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name                    string
		proved, verified, posts bool
		want                    bool
	}{
		{"the identity provider", true, true, false, true},
		{"SCIM", true, false, true, true},
		{"nobody", true, false, false, false},
		{"of no domain of the tenant's", false, true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodBoth, directory.SignIn{})
			if c.proved {
				w.prove()
			}
			if c.posts {
				w.user(`{"userName":"ada","externalId":"id-ada","emails":[{"value":"ada@example.com","primary":true}]}`)
			}
			i := identity("ada", "")
			i.EmailVerified = c.verified
			claims, err := w.directory.Claims(w.ctx, w.signIn(i).Session)
			check(t, err)
			equal(t, "e-mail and verified", []any{claims.Email, claims.EmailVerified}, []any{"ada@example.com", c.want})
		})
	}
}
