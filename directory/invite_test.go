package directory_test

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
)

func TestInvite_SomebodyNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	p := w.invite(directory.Invitation{Email: "jane@x.org", Name: "Jane Doe", Role: "admin", Teams: []string{"East"}})
	equal(t, "who", []any{p.Who.Name, p.Who.Email, string(p.Who.Profile)},
		[]any{"Jane Doe", "jane@x.org", `{"display_name":"Jane Doe","email":"jane@x.org"}`})
	equal(t, "membership", p.Membership, directory.Membership{
		Root: w.workspace.Root, Workspace: w.workspace.ID, Subject: p.Subject,
		Role: "admin", RoleSource: directory.SourceManual, Teams: []string{"East"}, TeamsSource: directory.SourceManual,
		Status: directory.StatusInvited, StatusSource: directory.SourceManual, Created: testStart, Modified: testStart, Version: 1,
	})
	w.wantHappened(
		`team.create East by cli:test: {"name":"East"}`,
		`member.invite <jane@x.org> by cli:test: {"workspace":"ACC123","after":{"role":"admin","teams":["East"],"status":"invited"},`+
			`"name":"Jane Doe","email":"jane@x.org"}`,
		`> member.joined <jane@x.org>: {"role":"admin","teams":["East"],"status":"invited"}`,
	)
	events, err := w.store.Events(w.ctx, w.workspace.Root, 0, 0)
	check(t, err)
	if last := string(events[len(events)-1].Data); !strings.Contains(last, `"profile":{"display_name":"Jane Doe","email":"jane@x.org"}`) {
		t.Errorf("the event %s lacks the profile", last)
	}
}

func TestInvite_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.invite(directory.Invitation{Email: "jane@x.org"})
	w.skip()
	for _, row := range []struct {
		invitation directory.Invitation
		kind       directory.RefusalKind
		text       string
	}{
		{directory.Invitation{}, directory.RefusedInvalid, `""`},
		{directory.Invitation{Email: "jane"}, directory.RefusedInvalid, `"jane"`},
		{directory.Invitation{Email: "Jane <jane@x.org>"}, directory.RefusedInvalid, "Jane"},
		{directory.Invitation{Email: "a@x.org\r\nBcc: b@x.org"}, directory.RefusedInvalid, "Bcc"},
		{directory.Invitation{Email: strings.Repeat("a", 250) + "@x.org"}, directory.RefusedInvalid, "aaa"},
		{directory.Invitation{Email: "a@x.org", Name: "a\a"}, directory.RefusedInvalid, "name"},
		{directory.Invitation{Email: "a@x.org", Role: "nope"}, directory.RefusedNotFound, `"nope"`},
		{directory.Invitation{Email: "a@x.org", Teams: []string{" "}}, directory.RefusedInvalid, "team"},
		{directory.Invitation{Email: "JANE@x.org"}, directory.RefusedExists, "JANE@x.org"},
		{directory.Invitation{Subject: "nobody"}, directory.RefusedNotFound, `"nobody"`},
	} {
		_, err := w.directory.Invite(w.ctx, operator, w.workspace, row.invitation)
		wantRefusal(t, err, row.kind, row.text)
	}
	w.wantHappened()
}

// Whose e-mail an invitation means: a member of the tenant by hand, or by a connection that could grant here anyway. The
// word of an identity provider of another part of the tenant lets nobody in.
func TestInvite_WhoIsMeantByAnEmail(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	east, west := w.below("ACC123", "EAST"), w.below("ACC123", "WEST")
	byHand := w.invite(directory.Invitation{Email: "hand@x.org"}).Subject
	byRoot := w.subject(w.user(janeDoc("root")).ID)
	c, err := w.directory.CreateConnection(w.ctx, operator, west, directory.NewConnection{Name: "west"})
	check(t, err)
	client := w.directory.ClientFor(west, c, operator)
	rec, err := client.Create(w.ctx, decode(t, client, client.Types[0], janeDoc("west")), w.shown(w.userType()))
	check(t, err)
	u, err := w.store.User(w.ctx, c.Root, c.ID, rec.ID)
	check(t, err)
	for _, row := range []struct {
		name, email string
		same        string // the subject whose e-mail it is
		found       bool
	}{
		{"a member by hand", "hand@x.org", byHand, true},
		{"a user of a connection above", "ROOT@x.org", byRoot, true},
		{"a user of a connection beside", "west@x.org", u.Subject, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := w.directory.Invite(w.ctx, operator, east, directory.Invitation{Email: row.email})
			check(t, err)
			equal(t, "is the same person", p.Subject == row.same, row.found)
		})
	}
	// Another tenant knows none of them.
	other := w.below("", "OTHER")
	p, err := w.directory.Invite(w.ctx, operator, other, directory.Invitation{Email: "hand@x.org"})
	check(t, err)
	equal(t, "in another tenant", p.Subject == byHand, false)
	// Two people with one e-mail: the admin says which.
	_, err = w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "west@x.org"})
	check(t, err)
	deep := w.below("WEST", "DEEP")
	_, err = w.directory.Invite(w.ctx, operator, deep, directory.Invitation{Email: "west@x.org"})
	wantRefusal(t, err, directory.RefusedInvalid, "2 people")
	p, err = w.directory.Invite(w.ctx, operator, deep, directory.Invitation{Subject: u.Subject})
	check(t, err)
	equal(t, "by id", p.Subject, u.Subject)
}

func TestInvite_WhoWasRemovedIsTheSamePersonAndNotRestoredTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "admin")
	check(t, second(w.directory.RemoveMember(w.ctx, operator, w.workspace, jane)))
	again := w.invite(directory.Invitation{Email: "jane@x.org"})
	equal(t, "again", []any{again.Subject, again.Role, again.Status}, []any{jane, "member", directory.StatusInvited})
	removed, err := w.directory.Removed(w.ctx, w.workspace)
	check(t, err)
	equal(t, "removed", len(removed), 0)
}

// Somebody has signed in at the identity provider of a workspace below under the e-mail of who is invited above: that
// provider's admins could write any.
func TestInvite_FindsNobodyWhoSignsInElsewhere(t *testing.T) {
	t.Parallel()
	for _, proved := range []bool{false, true} {
		w := signInWorld(t, directory.MethodSCIM, directory.SignIn{})
		if proved {
			w.prove()
		}
		top := w.workspace
		w.beneath("CHILD", directory.MethodJIT, directory.SignIn{})
		i := w.foreign("mallory")
		i.Email = "ceo@example.com"
		i.Attributes.Set("email", i.Email)
		mallory := w.signIn(i)
		w.workspace = top
		w.skip()
		p, err := w.directory.Invite(w.ctx, operator, top, directory.Invitation{Email: "ceo@example.com", Role: "owner"})
		check(t, err)
		if p.Subject == mallory.Session.Subject {
			t.Errorf("proved %v: the invitation went to who has signed in below", proved)
		}
		w.label(p.Subject, "<ceo>")
		w.wantHappened(
			`member.invite <ceo> by cli:test: {"workspace":"ACC123","after":{"role":"owner","status":"invited"},"name":"ceo@example.com","email":"ceo@example.com"}`,
			`> member.joined <ceo>: {"role":"owner","status":"invited"}`,
		)
		_, err = w.tryLogin(i, top.Key)
		wantCode(t, err, directory.LoginNoAccess)
	}
}

// Many an identity provider lets people write any address into their own account, and says that it has not verified it.
func TestInvite_FindsWhoSignsInByAVerifiedAddressAlone(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		verified bool
		before   bool // signed in before under the same address, verified
		found    bool
	}{
		{"verified", true, false, true},
		{"not verified", false, false, false},
		{"not verified any more", false, true, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
			i := identity("ceo", "")
			if row.before {
				w.signIn(i)
			}
			i.EmailVerified = row.verified
			there := w.signIn(i).Session.Subject
			check(t, second(w.directory.RemoveMember(w.ctx, operator, w.workspace, there)))
			w.skip()
			p := w.invite(directory.Invitation{Email: "CEO@example.com", Role: "owner"})
			equal(t, "is who has signed in", p.Subject == there, row.found)
			name := "<CEO@example.com>"
			if row.found {
				name = "<ceo>"
			}
			lines := w.happened()
			if len(lines) != 2 || !containsAll(lines[0], "member.invite "+name, `"role":"owner"`) || !containsAll(lines[1], "member.joined "+name) {
				t.Errorf("the invitation left %q", lines)
			}
			below := w.below(w.workspace.Key, "BELOW")
			p, err := w.directory.Invite(w.ctx, operator, below, directory.Invitation{Subject: there})
			check(t, err)
			equal(t, "by id", p.Subject, there)
		})
	}
}

// An address that the identity provider has verified is not the one that it says now: a person has it by another login.
func TestInvite_TakesNoOtherAddressForTheVerifiedOne(t *testing.T) {
	t.Parallel()
	w := signInWorld(t, directory.MethodJIT, directory.SignIn{})
	ada := w.signIn(identity("ada", ""))
	state, err := w.beginLink(ada.Session)
	check(t, err)
	i := identity("mallory", "")
	i.Email, i.EmailVerified = "ceo@example.com", false
	i.Attributes.Set("email", i.Email)
	linked, err := w.finish(state, i)
	check(t, err)
	equal(t, "the two are one person", linked.Session.Subject, ada.Session.Subject)
	equal(t, "the address that is shown", linked.Subject.Email, "ceo@example.com")
	below := w.below(w.workspace.Key, "BELOW")
	p, err := w.directory.Invite(w.ctx, operator, below, directory.Invitation{Email: "ceo@example.com", Role: "owner"})
	check(t, err)
	equal(t, "is who has signed in", p.Subject == ada.Session.Subject, false)
}
