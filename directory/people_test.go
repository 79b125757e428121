package directory_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// invite makes a member by hand, labelled by the e-mail.
func (w *world) invite(i directory.Invitation) directory.Person {
	w.t.Helper()
	p, err := w.directory.Invite(w.ctx, operator, w.workspace, i)
	check(w.t, err)
	w.label(p.Subject, "<"+i.Email+">")
	return p
}

// member makes an active member by hand and returns the subject.
func (w *world) member(email, role string) string {
	w.t.Helper()
	p := w.invite(directory.Invitation{Email: email, Role: role})
	check(w.t, w.directory.ReportLogin(w.ctx, operator, w.workspace, p.Subject))
	return p.Subject
}

func (w *world) change(subject string, c directory.MemberChange) (directory.Person, string) {
	w.t.Helper()
	p, note, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, subject, c)
	check(w.t, err)
	return p, note
}

func TestMember_Change(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "")
	w.skip()
	for range 3 { // M12
		p, note := w.change(jane, directory.MemberChange{Role: new("admin"), Teams: &[]string{"West", "East", "West"}})
		equal(t, "note", note, "")
		equal(t, "member", []any{p.Role, p.RoleSource, p.Teams, p.TeamsSource, p.Status},
			[]any{"admin", directory.SourceManual, []string{"East", "West"}, directory.SourceManual, directory.StatusActive})
	}
	w.wantHappened(
		`team.create East by cli:test: {"name":"East"}`,
		`team.create West by cli:test: {"name":"West"}`,
		`member.update <jane@x.org> by cli:test: {"workspace":"ACC123","before":{"role":"member","status":"active"},`+
			`"after":{"role":"admin","teams":["East","West"],"status":"active"},"changed":["role","teams"]}`,
		`> member.updated <jane@x.org>: {"role":"admin","teams":["East","West"],"status":"active","changed":["role","teams"]}`,
	)
	w.change(jane, directory.MemberChange{Status: new(directory.StatusDeactivated)})
	w.wantHappened(
		`member.update <jane@x.org> by cli:test: {"workspace":"ACC123","before":{"role":"admin","teams":["East","West"],"status":"active"},`+
			`"after":{"role":"admin","teams":["East","West"],"status":"deactivated"},"changed":["status"]}`,
		`> member.deactivated <jane@x.org>: {"role":"admin","teams":["East","West"],"status":"deactivated","changed":["status"]}`,
	)
	w.change(jane, directory.MemberChange{Status: new(directory.StatusActive), Role: new("member"), Teams: &[]string{}})
	w.wantHappened(
		`member.update <jane@x.org> by cli:test: {"workspace":"ACC123","before":{"role":"admin","teams":["East","West"],"status":"deactivated"},`+
			`"after":{"role":"member","status":"active"},"changed":["role","teams","status"]}`,
		`> member.reactivated <jane@x.org>: {"role":"member","status":"active","changed":["role","teams","status"]}`,
	)
}

func TestMember_Blocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "owner")
	w.member("joe@x.org", "owner")
	w.skip()
	w.change(jane, directory.MemberChange{Blocked: new(true)})
	lines := w.happened()
	equal(t, "event", lines[1], `> member.deactivated <jane@x.org>: {"role":"owner","status":"active","blocked":true,"changed":["blocked"]}`)
	a, err := w.directory.AccessOf(w.ctx, w.workspace, jane)
	check(t, err)
	equal(t, "access", []any{a.Blocked, len(a.Permissions), a.Why},
		[]any{true, 0, "member of ACC123; role owner by manual; blocked by hand"})
	wantRefusal(t, w.directory.ReportLogin(w.ctx, operator, w.workspace, jane), directory.RefusedInvalid, "blocked")
	w.change(jane, directory.MemberChange{Blocked: new(false)})
	lines = w.happened()
	equal(t, "event", lines[1], `> member.reactivated <jane@x.org>: {"role":"owner","status":"active","changed":["blocked"]}`)
}

func TestMember_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "")
	_, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace,
		directory.WorkspaceChange{Settings: &directory.WorkspaceSettings{KnownTeams: true}})
	check(t, err)
	w.skip()
	for _, row := range []struct {
		subject string
		change  directory.MemberChange
		kind    directory.RefusalKind
		text    string
	}{
		{"nobody", directory.MemberChange{}, directory.RefusedNotFound, `"nobody"`},
		{jane, directory.MemberChange{Role: new("Admin")}, directory.RefusedNotFound, `"Admin"`},
		{jane, directory.MemberChange{Status: new(directory.StatusInvited)}, directory.RefusedInvalid, `"invited"`},
		{jane, directory.MemberChange{Status: new(directory.MemberStatus("gone"))}, directory.RefusedInvalid, `"gone"`},
		{jane, directory.MemberChange{Teams: &[]string{"East"}}, directory.RefusedNotFound, `"East"`}, // C3
	} {
		_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, row.subject, row.change)
		wantRefusal(t, err, row.kind, row.text)
	}
	w.wantHappened()
}

// What the identity provider gives it sets again at its next update, and the admin is told so (J7, M8).
func TestMember_TheNoteSaysWhatTheIdPOverwrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	subject := w.subject(w.user(jane).ID)
	w.label(w.connection.ID, "<c>")
	_, note := w.change(subject, directory.MemberChange{Role: new("admin")}) // the default: no source of the IdP's
	equal(t, "of a role by hand", note, "")
	_, note = w.change(subject, directory.MemberChange{Status: new(directory.StatusDeactivated)})
	equal(t, "of a status", note, `the connection "okta-1" sets status at its next update of this person`)
	note, err := w.directory.RemoveMember(w.ctx, operator, w.workspace, subject)
	check(t, err)
	if note == "" {
		t.Error("no note says that the connection brings the person back")
	}
	_, err = w.directory.RestoreMember(w.ctx, operator, w.workspace, subject)
	check(t, err)
	check(t, w.directory.DeleteConnection(w.ctx, operator, w.connection)) // E2: nobody's now
	_, note = w.change(subject, directory.MemberChange{Status: new(directory.StatusActive)})
	equal(t, "of a connection that is gone", note, "")
}

// B10: who was removed can be restored for 30 days, as it was.
func TestMember_B10_RemoveAndRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "admin")
	before, _ := w.change(jane, directory.MemberChange{Teams: &[]string{"East"}})
	w.skip()
	note, err := w.directory.RemoveMember(w.ctx, operator, w.workspace, jane)
	check(t, err)
	equal(t, "note", note, "")
	w.wantHappened(
		`member.remove <jane@x.org> by cli:test: {"workspace":"ACC123","before":{"role":"admin","teams":["East"],"status":"active"}}`,
		`> member.left <jane@x.org>: {}`,
	)
	_, err = w.directory.Member(w.ctx, w.workspace, jane)
	wantRefusal(t, err, directory.RefusedNotFound, "no member")
	removed, err := w.directory.Removed(w.ctx, w.workspace)
	check(t, err)
	equal(t, "removed", []any{len(removed), removed[0].Subject, removed[0].Removed}, []any{1, jane, testStart})
	_, err = w.directory.RemoveMember(w.ctx, operator, w.workspace, jane)
	wantRefusal(t, err, directory.RefusedNotFound, "no member")

	w.clock.add(30*24*time.Hour - time.Second)
	after, err := w.directory.RestoreMember(w.ctx, operator, w.workspace, jane)
	check(t, err)
	equal(t, "restored", []any{after.Role, after.Teams, after.Status, after.Joined}, []any{before.Role, before.Teams, before.Status, before.Joined})
	w.wantHappened(
		`member.restore <jane@x.org> by cli:test: {"workspace":"ACC123","after":{"role":"admin","teams":["East"],"status":"active"}}`,
		`> member.joined <jane@x.org>: {"role":"admin","teams":["East"],"status":"active"}`,
	)
	_, err = w.directory.RestoreMember(w.ctx, operator, w.workspace, jane)
	wantRefusal(t, err, directory.RefusedExists, "is a member")

	_, err = w.directory.RemoveMember(w.ctx, operator, w.workspace, jane)
	check(t, err)
	w.clock.add(30 * 24 * time.Hour)
	removed, err = w.directory.Removed(w.ctx, w.workspace)
	check(t, err)
	equal(t, "too late", len(removed), 0)
	_, err = w.directory.RestoreMember(w.ctx, operator, w.workspace, jane)
	wantRefusal(t, err, directory.RefusedNotFound, "no removed member")
}

func TestMember_ARestoredRoleThatIsGoneIsTheDefault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	_, err := w.directory.CreateRole(w.ctx, operator, w.workspace, directory.Role{Name: "editor"})
	check(t, err)
	jane := w.member("jane@x.org", "editor")
	_, err = w.directory.RemoveMember(w.ctx, operator, w.workspace, jane)
	check(t, err)
	check(t, w.directory.DeleteRole(w.ctx, operator, w.workspace, "editor"))
	p, err := w.directory.RestoreMember(w.ctx, operator, w.workspace, jane)
	check(t, err)
	equal(t, "role", []any{p.Role, p.RoleSource}, []any{"member", directory.SourceDefault})
}

// M11: who was invited is active from the first login on.
func TestMember_M11_ReportLogin(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.invite(directory.Invitation{Email: "jane@x.org"}).Subject
	w.clock.add(time.Hour)
	w.skip()
	for range 3 {
		check(t, w.directory.ReportLogin(w.ctx, operator, w.workspace, jane))
	}
	p, err := w.directory.Member(w.ctx, w.workspace, jane)
	check(t, err)
	equal(t, "member", []any{p.Status, p.Joined}, []any{directory.StatusActive, testStart.Add(time.Hour)})
	w.wantHappened(
		`member.login <jane@x.org> by cli:test: {"workspace":"ACC123","before":{"role":"member","status":"invited"},`+
			`"after":{"role":"member","status":"active"},"changed":["status"]}`,
		`> member.updated <jane@x.org>: {"role":"member","status":"active","changed":["status"]}`,
	)
	wantRefusal(t, w.directory.ReportLogin(w.ctx, operator, w.workspace, "nobody"), directory.RefusedNotFound, "nobody")
	w.change(jane, directory.MemberChange{Status: new(directory.StatusDeactivated)})
	wantRefusal(t, w.directory.ReportLogin(w.ctx, operator, w.workspace, jane), directory.RefusedInvalid, "deactivated")

	// A login to a workspace below counts where the membership stands.
	joe := w.invite(directory.Invitation{Email: "joe@x.org"}).Subject
	below := w.below("ACC123", "EAST")
	check(t, w.directory.ReportLogin(w.ctx, operator, below, joe))
	equal(t, "status above", w.membership(joe).Status, directory.StatusActive)
}

// C4: access to a workspace carries to those below; an explicit membership there overrides.
func TestAccess_C4_ThroughTheTree(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	role := func(ws directory.Workspace, name string, permissions ...string) {
		t.Helper()
		_, err := w.directory.CreateRole(w.ctx, operator, ws, directory.Role{Name: name, Permissions: permissions})
		check(t, err)
	}
	east := w.below("ACC123", "EAST")
	inner := w.below("EAST", "INNER")
	role(w.workspace, "editor", "pages.write")
	role(w.workspace, "seller", "deals.write")
	role(inner, "seller", "deals.read")
	jane := w.member("jane@x.org", "editor")
	w.change(jane, directory.MemberChange{Teams: &[]string{"A"}})
	joe := w.member("joe@x.org", "seller")
	for _, row := range []struct {
		where       directory.Workspace
		subject     string
		role, from  string
		permissions []string
		why         string
	}{
		{w.workspace, jane, "editor", "ACC123", []string{"pages.write"}, "member of ACC123; role editor by manual"},
		{inner, jane, "editor", "ACC123", []string{"pages.write"}, "member of ACC123, a workspace above; role editor by manual"},
		{east, joe, "seller", "ACC123", []string{"deals.write"}, "member of ACC123, a workspace above; role seller by manual"},
		{inner, joe, "seller", "ACC123", []string{"deals.read"}, "member of ACC123, a workspace above; role seller by manual"},
	} {
		a, err := w.directory.AccessOf(w.ctx, row.where, row.subject)
		check(t, err)
		equal(t, "access", []any{a.Workspace, a.Role, a.From, a.Permissions, a.Status, a.Why},
			[]any{row.where.Key, row.role, row.from, row.permissions, directory.StatusActive, row.why})
	}
	_, err := w.directory.Invite(w.ctx, operator, east, directory.Invitation{Subject: jane, Role: "admin"})
	check(t, err)
	a, err := w.directory.AccessOf(w.ctx, inner, jane)
	check(t, err)
	equal(t, "overridden", []any{a.From, a.Role, a.Status, len(a.Permissions), a.Why},
		[]any{"EAST", "admin", directory.StatusInvited, 0, "member of EAST, a workspace above; role admin by manual; invited by manual"})
	a, err = w.directory.AccessOf(w.ctx, w.workspace, jane)
	check(t, err)
	equal(t, "above", []any{a.From, a.Role, a.Teams}, []any{"ACC123", "editor", []string{"A"}})

	// What is inherited is changed where it stands.
	_, _, err = w.directory.ChangeMember(w.ctx, operator, inner, joe, directory.MemberChange{Role: new("admin")})
	wantRefusal(t, err, directory.RefusedNotFound, "INNER has no member")
	apart := w.below("ACC123", "WEST")
	only, err := w.directory.Invite(w.ctx, operator, east, directory.Invitation{Email: "only@x.org"})
	check(t, err)
	a, err = w.directory.AccessOf(w.ctx, apart, only.Subject)
	check(t, err)
	equal(t, "a sibling's member", []any{a.From, a.Status, a.Why}, []any{"", directory.MemberStatus(""), "no member of WEST or of a workspace above it"})
	_, err = w.directory.AccessOf(w.ctx, apart, "nobody")
	wantRefusal(t, err, directory.RefusedNotFound, "nobody")
	other := w.below("", "OTHER") // another tenant knows nobody of this one
	_, err = w.directory.AccessOf(w.ctx, other, jane)
	wantRefusal(t, err, directory.RefusedNotFound, jane)
}

func TestPeople_Filters(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "admin")
	w.clock.add(time.Second) // ids are in the order of time
	joe := w.invite(directory.Invitation{Email: "joe@x.org", Name: "Joe Doe", Teams: []string{"East"}}).Subject
	w.clock.add(time.Second)
	scimmed := w.subject(w.user(janeDoc("sue")).ID)
	east := w.below("ACC123", "EAST")
	_, err := w.directory.Invite(w.ctx, operator, east, directory.Invitation{Subject: jane})
	check(t, err)
	for _, row := range []struct {
		name   string
		where  directory.Workspace
		filter directory.PeopleFilter
		want   []string
	}{
		{"all", w.workspace, directory.PeopleFilter{}, []string{jane, joe, scimmed}},
		{"text", w.workspace, directory.PeopleFilter{Text: "DOE"}, []string{joe}},
		{"role", w.workspace, directory.PeopleFilter{Role: "admin"}, []string{jane}},
		{"team", w.workspace, directory.PeopleFilter{Team: "East"}, []string{joe}},
		{"status", w.workspace, directory.PeopleFilter{Status: directory.StatusInvited}, []string{joe}},
		{"connection", w.workspace, directory.PeopleFilter{Connection: w.connection.ID}, []string{scimmed}},
		{"first", w.workspace, directory.PeopleFilter{Limit: 1}, []string{jane}},
		{"next", w.workspace, directory.PeopleFilter{Limit: 1, After: jane}, []string{joe}},
		{"own only", east, directory.PeopleFilter{}, []string{jane}},
		{"inherited", east, directory.PeopleFilter{Inherited: true}, []string{jane, joe, scimmed}},
		{"the nearest counts", east, directory.PeopleFilter{Inherited: true, Status: directory.StatusInvited}, []string{jane, joe}},
	} {
		t.Run(row.name, func(t *testing.T) {
			people, err := w.directory.People(w.ctx, row.where, row.filter)
			check(t, err)
			got := []string{}
			for _, p := range people {
				got = append(got, p.Subject)
			}
			equal(t, "people", got, row.want)
		})
	}
}

// janeDoc is a SCIM user of that name.
func janeDoc(name string) string {
	return fmt.Sprintf(`{"userName":%q,"emails":[{"value":%q,"primary":true}],"active":true}`, name, name+"@x.org")
}

// B11: a workspace that has an owner keeps one, whatever is asked.
func TestGuard_B11_TheLastOwnerStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	jane := w.member("jane@x.org", "owner")
	w.invite(directory.Invitation{Email: "invited@x.org", Role: "owner"}) // not active: no owner yet
	blocked := w.member("blocked@x.org", "owner")
	w.change(blocked, directory.MemberChange{Blocked: new(true)})
	w.skip()
	for what, do := range map[string]func() error{
		"deactivate": func() error {
			_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, jane, directory.MemberChange{Status: new(directory.StatusDeactivated)})
			return err
		},
		"block": func() error {
			_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, jane, directory.MemberChange{Blocked: new(true)})
			return err
		},
		"another role": func() error {
			_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, jane, directory.MemberChange{Role: new("admin")})
			return err
		},
		"remove": func() error { return second(w.directory.RemoveMember(w.ctx, operator, w.workspace, jane)) },
		"erase":  func() error { return w.directory.EraseSubject(w.ctx, operator, w.workspace, jane) },
	} {
		t.Run(what, func(t *testing.T) { wantRefusal(t, do(), directory.RefusedLastOwner, "last owner") })
	}
	w.wantHappened()
	w.change(blocked, directory.MemberChange{Blocked: new(false)})
	w.change(jane, directory.MemberChange{Role: new("admin")})
	// A workspace without an owner is not held up.
	other := w.below("", "OTHER")
	p, err := w.directory.Invite(w.ctx, operator, other, directory.Invitation{Email: "a@x.org"})
	check(t, err)
	check(t, second(w.directory.RemoveMember(w.ctx, operator, other, p.Subject)))
	// Nor is its deletion.
	check(t, w.directory.DeleteWorkspace(w.ctx, operator, "ACC123"))
}

// Of two changes that take the last two owners only one is committed, also when both saw the other owner.
func TestGuard_B11_TwoOwnersLeaveAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for range 5 {
		owners := []string{w.member("a@x.org", "owner"), w.member("b@x.org", "owner")}
		processes := []*directory.Directory{w.directory, w.open(w.key)}
		errs := make([]error, len(owners))
		var both sync.WaitGroup
		for i := range owners {
			both.Go(func() { _, errs[i] = processes[i].RemoveMember(w.ctx, operator, w.workspace, owners[i]) })
		}
		both.Wait()
		stays := 0
		if errs[0] == nil {
			stays = 1
		}
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("errors are %v; exactly one is to be refused", errs)
		}
		wantRefusal(t, errs[stays], directory.RefusedLastOwner, "last owner")
		_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, owners[stays], directory.MemberChange{})
		check(t, err)
		w.member("c@x.org", "owner") // the one of this round may go now
		check(t, second(w.directory.RemoveMember(w.ctx, operator, w.workspace, owners[stays])))
		people, err := w.directory.People(w.ctx, w.workspace, directory.PeopleFilter{Text: "c@x.org"})
		check(t, err)
		_, _, err = w.directory.ChangeMember(w.ctx, operator, w.workspace, people[0].Subject, directory.MemberChange{Role: new("admin")})
		wantRefusal(t, err, directory.RefusedLastOwner, "last owner")
		w.directory, w.workspace = w.open(w.key), w.below("", fmt.Sprintf("N%d", len(w.labels)))
	}
}

// The identity provider is held by the same guard.
func TestGuard_B11_BySCIM(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	id := w.user(jane).ID
	subject := w.subject(id)
	w.change(subject, directory.MemberChange{Role: new("owner")})
	w.skip()
	_, err := w.patch(w.userType(), id, `[{"op":"replace","path":"active","value":false}]`)
	wantKind(t, err, scim.KindLastOwner)
	w.wantHappened()
	w.member("joe@x.org", "owner")
	_, err = w.patch(w.userType(), id, `[{"op":"replace","path":"active","value":false}]`)
	check(t, err)
}
