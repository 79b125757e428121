package directory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// newTree is a world whose connection declares role and accounts, with two workspaces below its own.
//
//	ACC123 (owner, admin, member, Editor, Viewer)
//	├── EU (member, Editor)
//	│   └── FR (member, Editor)
//	└── US (member, Editor)
func newTree(t testing.TB, settings directory.ConnectionSettings) *world {
	t.Helper()
	w := newWorld(t, "okta")
	w.declare(`{"id":"` + scim.URNUser + `","attributes":[{"name":"role"},{"name":"accounts","multiValued":true}]}`)
	w.roles(w.workspace, "Editor", "Viewer")
	parent := w.workspace.Key
	for _, key := range []string{"EU", "FR", "US"} {
		if key == "US" {
			parent = w.workspace.Key
		}
		child, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: key, Parent: parent})
		check(t, err)
		w.roles(child, "Editor")
		parent = key
	}
	w.set(settings)
	return w
}

func (w *world) roles(ws directory.Workspace, names ...string) {
	w.t.Helper()
	for _, name := range names {
		_, err := w.directory.CreateRole(w.ctx, operator, ws, directory.Role{Name: name})
		check(w.t, err)
	}
}

// set changes the connection's settings, and takes the view of an IdP that comes after that.
func (w *world) set(s directory.ConnectionSettings) {
	w.t.Helper()
	var err error
	w.connection, err = w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &s})
	check(w.t, err)
	w.workspace, err = w.directory.Workspace(w.ctx, w.workspace.Key)
	check(w.t, err)
	w.Client = w.directory.ClientFor(w.workspace, w.connection, directory.Actor{Name: "token:t", RequestID: "r"})
	w.skip()
}

// memberships are those of the user's person, as "KEY role(source) [teams] status".
func (w *world) memberships(id string) []string {
	w.t.Helper()
	return w.membershipsOf(w.subject(id))
}

func (w *world) membershipsOf(subject string) []string {
	w.t.Helper()
	all, err := w.store.MembershipsOf(w.ctx, w.workspace.Root, subject)
	check(w.t, err)
	list := []string{}
	for _, m := range all {
		ws, err := w.store.Workspace(w.ctx, m.Root, m.Workspace)
		check(w.t, err)
		line := fmt.Sprintf("%s %s(%s)", ws.Key, m.Role, m.RoleSource)
		if len(m.Teams) > 0 {
			line += fmt.Sprintf(" %v", m.Teams)
		}
		list = append(list, line+" "+string(m.Status))
	}
	slices.Sort(list)
	return list
}

func (w *world) wantMemberships(id string, want ...string) {
	w.t.Helper()
	if got := w.memberships(id); !slices.Equal(got, want) {
		w.t.Errorf("memberships are %q, want %q", got, want)
	}
}

// types lists the events since the last call.
func (w *world) types() []string {
	w.t.Helper()
	var list []string
	for _, line := range w.happened() {
		if event, ok := strings.CutPrefix(line, "> "); ok {
			typ, _, _ := strings.Cut(event, " ")
			list = append(list, typ)
		}
	}
	return list
}

// patched applies operations that must succeed.
func (w *world) patched(id, operations string) {
	w.t.Helper()
	_, err := w.patch(w.userType(), id, operations)
	check(w.t, err)
}

func replaceOp(path, value string) string {
	return fmt.Sprintf(`[{"op":"replace","path":%q,"value":%s}]`, path, value)
}

func TestProvision_M8_RoleGivenTakenAndKept(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","role":"Editor"}`)
	w.wantMemberships(rec.ID, "ACC123 Editor(scim) active")
	equal(t, "events", w.types(), []string{"member.joined"})

	w.patched(rec.ID, replaceOp("role", `"Viewer"`))
	w.wantMemberships(rec.ID, "ACC123 Viewer(scim) active")
	equal(t, "events", w.types(), []string{"member.updated"})

	w.patched(rec.ID, `[{"op":"remove","path":"role"}]`) // resolved again: the default
	w.wantMemberships(rec.ID, "ACC123 member(default) active")

	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, w.subject(rec.ID), directory.MemberChange{Role: new("admin")})
	check(t, err)
	w.patched(rec.ID, replaceOp("title", `"CTO"`))
	w.wantMemberships(rec.ID, "ACC123 admin(manual) active") // by hand, and the IdP sends none (X6)
}

func TestProvision_M9_UnknownRoleChangesNothing(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","role":"Editor"}`)
	w.skip()
	_, err := w.patch(w.userType(), rec.ID, replaceOp("role", `"editor"`))
	wantKind(t, err, scim.KindUnknownRole, `"editor"`, "Editor, Viewer", "upper from lower case")
	equal(t, "version", w.get(w.userType(), rec.ID).Version, rec.Version)
	w.wantHappened()
	_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","role":"Boss"}`), scim.Write{})
	wantKind(t, err, scim.KindUnknownRole, `"Boss"`)
	w.wantHappened()
	equal(t, "users", w.list(w.userType(), "", 1, 10).Total, 1)
}

func TestProvision_B11_PrivilegedRolesOnlyWhenListed(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","role":"owner"}`), scim.Write{})
	wantKind(t, err, scim.KindRoleNotGranted, `"owner"`)
	w.set(directory.ConnectionSettings{Roles: []string{"owner", "member"}})
	rec := w.user(`{"userName":"jo","role":"owner"}`)
	w.wantMemberships(rec.ID, "ACC123 owner(scim) active")
	_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"ed","role":"Editor"}`), scim.Write{})
	wantKind(t, err, scim.KindRoleNotGranted, `"Editor"`, "member, owner")

	_, err = w.patch(w.userType(), rec.ID, replaceOp("active", "false"))
	wantKind(t, err, scim.KindLastOwner)
	w.wantMemberships(rec.ID, "ACC123 owner(scim) active")
}

// A default role that is privileged is given by no connection that does not list it, also where no role is named (B11).
func TestProvision_B11_PrivilegedDefaultRoleOnlyWhenListed(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	w.user(`{"userName":"early"}`)
	owner := "owner"
	_, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{DefaultRole: &owner})
	check(t, err)
	w.set(directory.ConnectionSettings{NoCreate: false})
	for _, document := range []string{`{"userName":"eve"}`, `{"userName":"eve","active":false}`} {
		_, err = w.Create(w.ctx, w.decode(w.userType(), document), scim.Write{})
		wantKind(t, err, scim.KindRoleNotGranted, "the default role", `"owner"`, "Editor, Viewer")
	}
	shown, err := w.directory.Preview(w.ctx, w.workspace, w.connection, directory.PreviewInput{Document: []byte(`{"schemas":["` + scim.URNUser + `"],"userName":"eve"}`)})
	check(t, err)
	equal(t, "status of the preview", shown.Status, 403)
	w.set(directory.ConnectionSettings{Roles: []string{"owner"}})
	rec := w.user(`{"userName":"eve"}`)
	w.wantMemberships(rec.ID, "ACC123 owner(default) active")
}

// A leaver is let go although the role that the document names is gone (M16).
func TestProvision_M16_LeavingNeverFailsForARole(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","role":"Viewer"}`)
	w.set(directory.ConnectionSettings{Roles: []string{"member"}}) // Viewer may not be granted any more
	w.patched(rec.ID, replaceOp("active", `"False"`))
	w.wantMemberships(rec.ID, "ACC123 Viewer(scim) deactivated")
	equal(t, "events", w.types(), []string{"member.deactivated"})
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
}

func account(text string) string { return string(scim.AppendJSON(nil, text)) }

func TestProvision_C3_AccountsAreTheWholeTruth(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	eu := account(`{"accountId":"EU","roles":"Editor","teams":"Sales, Growth"}`)
	rec := w.user(`{"userName":"jane","accounts":[` + eu + `,"US"]}`)
	w.wantMemberships(rec.ID, "EU Editor(scim) [Growth Sales] active", "US member(default) active")
	equal(t, "events", w.types(), []string{"member.joined", "member.joined"})

	w.patched(rec.ID, replaceOp("accounts", `[`+account(`{"accountId": "EU", "roles": ["Editor"], "teams":["Growth","Sales"]}`)+`]`))
	w.wantMemberships(rec.ID, "EU Editor(scim) [Growth Sales] active")
	equal(t, "events", w.types(), []string{"member.left"}) // US is gone; EU has another text that means the same
	w.patched(rec.ID, replaceOp("accounts", `[`+account(`{"accountId" :"EU","roles":"Editor","teams":"Growth,Sales"}`)+`]`))
	equal(t, "events", len(w.types()), 0)

	w.patched(rec.ID, replaceOp("accounts", `["ACC123"]`))
	w.wantMemberships(rec.ID, "ACC123 member(default) active")
	w.patched(rec.ID, replaceOp("accounts", `[]`))
	w.wantMemberships(rec.ID, "ACC123 member(default) active") // an emptied attribute is no attribute (RFC 7643 §2.5)
}

func TestProvision_C3_WhiteSpaceChangesNoMembership(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","accounts":[` + account(`{"accountId":"EU"}`) + `]}`)
	before := w.memberships(rec.ID)
	w.skip()
	spaced := account(` { "accountId" : "EU" } `)
	w.patched(rec.ID, replaceOp("accounts", `[`+spaced+`]`))
	equal(t, "memberships", w.memberships(rec.ID), before)
	if got := w.render(w.get(w.userType(), rec.ID), ""); !strings.Contains(got, spaced) {
		t.Errorf("C3 the text is not as sent: %s", got)
	}
	version := w.subjectMembership("EU", w.subject(rec.ID)).Version
	equal(t, "version of the membership", version, int64(1))
}

func (w *world) subjectMembership(key, subject string) directory.Membership {
	w.t.Helper()
	ws, err := w.directory.Workspace(w.ctx, key)
	check(w.t, err)
	m, err := w.store.Membership(w.ctx, ws.Root, ws.ID, subject)
	check(w.t, err)
	return m
}

func TestProvision_C5_BrokenAccountsSayWhere(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","accounts":["EU",`+account(`{"accountId":"US",}`)+`]}`), scim.Write{})
	wantKind(t, err, scim.KindBadAccounts, "accounts[1]", "position 19", "comma")
	_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","accounts":["OTHER"]}`), scim.Write{})
	wantKind(t, err, scim.KindUnknownAccount, `"OTHER"`, "ACC123")
	w.wantHappened()
}

// Another tenant's workspace is as unknown as one that never was.
func TestProvision_AnotherTenantsAccount(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	_, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "FOREIGN"})
	check(t, err)
	_, foreign := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","accounts":["FOREIGN"]}`), scim.Write{})
	_, unknown := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","accounts":["NOWHERE"]}`), scim.Write{})
	wantKind(t, foreign, scim.KindUnknownAccount)
	equal(t, "detail", foreign.Error(), strings.ReplaceAll(unknown.Error(), "NOWHERE", "FOREIGN"))
}

// C4: whoever is in a parent is in what is below it, unless a membership there says otherwise.
func TestProvision_C4_ParentBringsItsChildren(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","accounts":[` + account(`{"accountId":"EU","roles":"Editor"}`) + `]}`)
	fr, err := w.directory.Workspace(w.ctx, "FR")
	check(t, err)
	access, err := w.directory.AccessOf(w.ctx, fr, w.subject(rec.ID))
	check(t, err)
	equal(t, "role and where from", access.Role+" "+access.From, "Editor EU")
	us, err := w.directory.Workspace(w.ctx, "US")
	check(t, err)
	if access, err := w.directory.AccessOf(w.ctx, us, w.subject(rec.ID)); err == nil && access.Status == directory.StatusActive {
		t.Errorf("access to a sibling: %+v", access)
	}
}

func TestProvision_M10_GroupRules(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{Mapping: mapping.Rules{Groups: []mapping.GroupRule{
		{Group: "Editors", Priority: 1, Role: "Editor", Teams: []string{"Writers"}},
		{Group: "Viewers", Priority: 2, Role: "Viewer"},
		{Group: "Europe", Priority: 3, Accounts: []string{"EU"}},
	}}})
	jane := w.user(`{"userName":"jane"}`)
	editors := w.group(`{"displayName":"Editors","members":[{"value":"` + jane.ID + `"}]}`)
	w.wantMemberships(jane.ID, "ACC123 Editor(scim) [Writers] active")
	viewers := w.group(`{"displayName":"Viewers","members":[{"value":"` + jane.ID + `"}]}`)
	w.wantMemberships(jane.ID, "ACC123 Editor(scim) [Writers] active")
	europe := w.group(`{"displayName":"europe"}`)
	w.skip()
	_, err := w.patch(w.groupType(), europe.ID, `[{"op":"add","path":"members","value":[{"value":"`+jane.ID+`"}]}]`)
	check(t, err)
	w.wantMemberships(jane.ID, "ACC123 Editor(scim) [Writers] active", "EU member(default) active")
	equal(t, "events", w.types(), []string{"member.joined", "group.updated"})

	_, err = w.patch(w.groupType(), editors.ID, `[{"op":"remove","path":"members","value":[{"value":"`+jane.ID+`"}]}]`)
	check(t, err)
	w.wantMemberships(jane.ID, "ACC123 Viewer(scim) active", "EU member(default) active")
	check(t, w.Delete(w.ctx, w.groupType(), viewers.ID, scim.Write{}))
	w.wantMemberships(jane.ID, "ACC123 member(default) active", "EU member(default) active")
	_, err = w.patch(w.groupType(), europe.ID, replaceOp("displayName", `"Elsewhere"`))
	check(t, err)
	w.wantMemberships(jane.ID, "ACC123 member(default) active")
	_, err = w.patch(w.groupType(), europe.ID, replaceOp("displayName", `"Viewers"`))
	check(t, err)
	w.wantMemberships(jane.ID, "ACC123 Viewer(scim) active")
}

func TestProvision_M10_LargeGroupsAreAJob(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{Mapping: mapping.Rules{Groups: []mapping.GroupRule{{Group: "All", Role: "Viewer"}}}})
	const people = 620
	ids := make([]string, people)
	values := make([]string, people)
	for i := range ids {
		rec, err := w.Create(w.ctx, w.decode(w.userType(), fmt.Sprintf(`{"userName":"u%d"}`, i)), scim.Write{})
		check(t, err)
		ids[i], values[i] = rec.ID, fmt.Sprintf(`{"value":%q}`, rec.ID)
	}
	all := w.group(`{"displayName":"All","members":[` + strings.Join(values, ",") + `]}`)
	w.wantMemberships(ids[0], "ACC123 member(default) active")
	jobs, err := w.directory.Jobs(w.ctx, w.workspace, 10)
	check(t, err)
	equal(t, "jobs", len(jobs), 1)
	equal(t, "people of the job", jobs[0].Total, people)
	w.work()
	for _, id := range []string{ids[0], ids[people/2], ids[people-1]} {
		w.wantMemberships(id, "ACC123 Viewer(scim) active")
	}
	check(t, w.Delete(w.ctx, w.groupType(), all.ID, scim.Write{}))
	w.work()
	for _, id := range []string{ids[0], ids[people/2], ids[people-1]} {
		w.wantMemberships(id, "ACC123 member(default) active")
	}
}

// work runs jobs until none is open.
func (w *world) work() {
	w.t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	var running sync.WaitGroup
	running.Go(func() { _ = w.directory.Run(ctx) })
	defer running.Wait()
	defer cancel()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); {
		open, err := w.store.Jobs(w.ctx, w.workspace.Root, true, 1)
		check(w.t, err)
		if len(open) == 0 {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
	w.t.Fatal("jobs are still open")
}

func TestProvision_M11_InvitedUntilTheFirstLogin(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	settings := directory.WorkspaceSettings{FirstStatus: directory.StatusInvited}
	_, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{Settings: &settings})
	check(t, err)
	w.set(directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane"}`)
	w.wantMemberships(rec.ID, "ACC123 member(default) invited")
	w.patched(rec.ID, replaceOp("title", `"CTO"`))
	w.wantMemberships(rec.ID, "ACC123 member(default) invited")
	w.patched(rec.ID, replaceOp("active", "false"))
	w.patched(rec.ID, replaceOp("active", "true"))
	w.wantMemberships(rec.ID, "ACC123 member(default) invited")
	check(t, w.directory.ReportLogin(w.ctx, operator, w.workspace, w.subject(rec.ID)))
	w.wantMemberships(rec.ID, "ACC123 member(default) active")
	w.patched(rec.ID, replaceOp("active", "false"))
	w.patched(rec.ID, replaceOp("active", "true"))
	w.wantMemberships(rec.ID, "ACC123 member(default) active")
}

func TestProvision_M12_TheSameUpdateAThousandTimes(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","title":"CEO"}`)
	w.skip()
	body := `{"userName":"jane","title":"CTO","accounts":[` + account(`{"accountId":"EU","roles":"Editor","teams":"Sales"}`) + `]}`
	for range 1000 {
		_, err := w.put(w.userType(), rec.ID, body)
		check(t, err)
	}
	w.wantMemberships(rec.ID, "EU Editor(scim) [Sales] active")
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, w.auditSeq, 0)
	check(t, err)
	equal(t, "audit entries", len(entries), 1)
	equal(t, "events", w.types(), []string{"member.updated", "member.joined", "member.left"})
}

func TestProvision_LifecycleSettings(t *testing.T) {
	t.Parallel()
	t.Run("X5 no creation, and updates still work", func(t *testing.T) {
		t.Parallel()
		w := newTree(t, directory.ConnectionSettings{})
		rec := w.user(`{"userName":"jane"}`)
		w.set(directory.ConnectionSettings{NoCreate: true})
		_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo"}`), scim.Write{})
		wantKind(t, err, scim.KindNoCreate, `"jo"`)
		_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jane"}`), scim.Write{})
		wantKind(t, err, scim.KindTaken, "userName")
		w.wantHappened()
		w.patched(rec.ID, replaceOp("title", `"CTO"`))
		before := w.subject(rec.ID)
		check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
		w.skip()
		subject := w.subject(w.user(`{"userName":"jane"}`).ID) // nobody new
		w.wantHappened(
			`user.create <jane> by token:t: {"user_name":"jane"}`,
			`> member.updated <subject of jane>: {"user":"<jane>","user_name":"jane","role":"member","status":"active","changed":["title"]}`,
			`> member.reactivated <subject of jane>: {"user":"<jane>","user_name":"jane","role":"member","status":"active"}`,
		)
		equal(t, "subject", subject, before)
	})
	t.Run("C2 required attributes", func(t *testing.T) {
		t.Parallel()
		w := newTree(t, directory.ConnectionSettings{Required: []string{"userName", "name.givenName", "name.familyName", "accounts"}})
		_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","name":{"givenName":"Jo"},"accounts":["EU"]}`), scim.Write{})
		wantKind(t, err, scim.KindMissing, "name.familyName")
		_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","name":{"givenName":"Jo","familyName":"Doe"}}`), scim.Write{})
		wantKind(t, err, scim.KindMissing, "accounts")
		w.user(`{"userName":"jo","name":{"givenName":"Jo","familyName":"Doe"},"accounts":["EU"]}`)
	})
	t.Run("M15 userName is an e-mail", func(t *testing.T) {
		t.Parallel()
		w := newTree(t, directory.ConnectionSettings{EmailUserName: true})
		_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"jo","emails":[{"value":"jo@x.test"}]}`), scim.Write{})
		wantKind(t, err, scim.KindNotAnEmail)
		w.user(`{"userName":"JO@x.test","emails":[{"value":"jo@x.test"}]}`)
	})
	t.Run("M16 inactive is removed", func(t *testing.T) {
		t.Parallel()
		w := newTree(t, directory.ConnectionSettings{RemoveInactive: true})
		rec := w.user(`{"userName":"jane","role":"Editor"}`)
		w.skip()
		w.patched(rec.ID, replaceOp("active", "false"))
		w.wantMemberships(rec.ID)
		equal(t, "events", w.types(), []string{"member.left"})
		w.patched(rec.ID, replaceOp("active", "true"))
		w.wantMemberships(rec.ID, "ACC123 Editor(scim) active")
	})
	t.Run("E4 a changed userName keeps the person", func(t *testing.T) {
		t.Parallel()
		w := newTree(t, directory.ConnectionSettings{})
		rec := w.user(`{"userName":"jane@x.test","externalId":"1"}`)
		before := w.subject(rec.ID)
		w.patched(rec.ID, replaceOp("userName", `"jane.doe@x.test"`))
		equal(t, "subject", w.subject(rec.ID), before)
	})
}

func TestProvision_X3_HardDeleteLeavesNothing(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{HardDelete: true})
	rec := w.user(`{"userName":"gone@x.test","externalId":"1","emails":[{"value":"gone@x.test"}]}`)
	subject := w.subject(rec.ID)
	w.skip()
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	if _, err := w.store.Subject(w.ctx, w.workspace.Root, subject); !errors.Is(err, directory.ErrNotFound) {
		t.Errorf("the subject is still there: %v", err)
	}
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, 0, 0)
	check(t, err)
	for _, e := range entries {
		if strings.Contains(string(e.Detail), "gone@x.test") {
			t.Errorf("audit entry %s still has %s", e.Action, e.Detail)
		}
	}
	events, err := w.directory.EventLog(w.ctx, w.workspace, 0, 0)
	check(t, err)
	for _, e := range events {
		if strings.Contains(string(e.Data), "gone@x.test") {
			t.Errorf("event %s still has %s", e.Type, e.Data)
		}
	}
	equal(t, "last event", events[len(events)-1].Type, "member.left")
	again := w.user(`{"userName":"gone@x.test","externalId":"1"}`)
	if w.subject(again.ID) == subject {
		t.Error("somebody erased is the same subject again")
	}
}

func TestProvision_E1_ARecreatedConnectionTakesItsPeopleOver(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	bodies := []string{
		`{"userName":"jane","externalId":"1","role":"Editor"}`, `{"userName":"jo","externalId":"2","active":false}`, `{"userName":"no-key"}`,
	}
	subjects := map[string]string{}
	for _, body := range bodies {
		rec := w.user(body)
		subjects[body] = w.subject(rec.ID)
	}
	old := w.connection
	check(t, w.directory.DeleteConnection(w.ctx, operator, old))
	for _, subject := range subjects {
		equal(t, "memberships", len(w.membershipsOf(subject)), 1) // E2
	}
	w.connection = w.connect("okta-2", "okta")
	w.set(directory.ConnectionSettings{Predecessor: old.ID})
	for _, body := range bodies {
		rec := w.user(body)
		equal(t, "subject of "+body, w.subject(rec.ID), subjects[body])
	}
	equal(t, "events", len(w.types()), 0)
	w.wantMemberships(w.list(w.userType(), `userName eq "jane"`, 1, 1).Records[0].ID, "ACC123 Editor(scim) active")
	somebody := w.user(`{"userName":"new","externalId":"9"}`)
	equal(t, "events", w.types(), []string{"member.joined"})
	w.wantMemberships(somebody.ID, "ACC123 member(default) active")
}

// A connection below takes nobody over from a deleted one above or beside it: whoever may make connections there would
// become anybody in the tenant (E1).
func TestProvision_E1_NobodyIsTakenOverFromAnotherPartOfTheTenant(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	const body = `{"userName":"jane","externalId":"1"}`
	jane := w.subject(w.user(body).ID)
	gone := w.user(`{"userName":"gone","externalId":"2"}`)
	goneSubject := w.subject(gone.ID)
	old, top := w.connection, w.workspace
	check(t, w.directory.DeleteConnection(w.ctx, operator, old))
	_, err := w.directory.RemoveMember(w.ctx, operator, top, goneSubject)
	check(t, err)
	_, err = w.directory.Invite(w.ctx, operator, top, directory.Invitation{Subject: goneSubject})
	check(t, err)

	for _, key := range []string{"EU", top.Key} {
		w.workspace, err = w.directory.Workspace(w.ctx, key)
		check(t, err)
		w.connection = w.connect("thief-"+key, "okta")
		w.set(directory.ConnectionSettings{Predecessor: old.ID})
		for subject, document := range map[string]string{jane: body, goneSubject: `{"userName":"gone","externalId":"2"}`} {
			rec := w.user(document)
			equal(t, key+" takes over "+document, w.subject(rec.ID) == subject, key == top.Key)
		}
	}
}

func TestProvision_E8_NotEnabled(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	token, err := w.directory.CreateToken(w.ctx, operator, w.connection, w.clock.Now().Add(time.Hour))
	check(t, err)
	for state, kind := range map[directory.ProvisioningState]scim.Kind{
		directory.ProvisioningDisabled: scim.KindNotEnabled, directory.ProvisioningUnentitled: scim.KindNotEntitled,
	} {
		settings := directory.WorkspaceSettings{Provisioning: state}
		_, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{Settings: &settings})
		check(t, err)
		_, err = w.directory.Authenticate(w.ctx, directory.Credentials{Authorization: "Bearer " + token.Text})
		wantKind(t, err, kind, "ACC123")
	}
}

func TestProvision_B10_TheBrakeHoldsMassLeavers(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{Brake: &directory.Brake{Members: 3, Percent: 1}})
	var ids []string
	for i := range 6 {
		ids = append(ids, w.user(fmt.Sprintf(`{"userName":"u%d"}`, i)).ID)
	}
	w.patched(ids[5], replaceOp("active", "false")) // came within the hour: no leaver
	w.clock.add(2 * time.Hour)
	w.skip()
	for _, id := range ids[:3] {
		w.patched(id, replaceOp("active", "false"))
	}
	_, err := w.patch(w.userType(), ids[3], replaceOp("active", "false"))
	wantKind(t, err, scim.KindHeld, "4 leavers within an hour")
	err = w.Delete(w.ctx, w.userType(), ids[3], scim.Write{})
	wantKind(t, err, scim.KindHeld)
	w.wantMemberships(ids[3], "ACC123 member(default) active")
	equal(t, "events", w.types(), []string{"member.deactivated", "member.deactivated", "member.deactivated", "connection.held"})

	other := w.open(w.key) // another process, or the same one after a restart, has not forgotten
	client := other.ClientFor(w.workspace, w.connection, directory.Actor{Name: "token:t"})
	_, err = client.Patch(w.ctx, ids[3], parsePatch(t, client, client.Types[0], replaceOp("active", "false")), scim.Write{})
	wantKind(t, err, scim.KindHeld)

	_, err = w.directory.ReleaseBrake(w.ctx, operator, w.connection)
	check(t, err)
	w.patched(ids[3], replaceOp("active", "false"))
	n, err := w.directory.RollBackLeavers(w.ctx, operator, w.connection)
	check(t, err)
	equal(t, "brought back", n, 4)
	w.wantMemberships(ids[0], "ACC123 member(default) active")
}

func TestProvision_X8_Hook(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	var asked []directory.HookQuestion
	answer := directory.HookAnswer{}
	var failure error
	d, err := directory.New(directory.Config{Store: w.store, Key: w.key, Now: w.clock.Now, Hook: func(_ context.Context, q directory.HookQuestion) (directory.HookAnswer, error) {
		asked = append(asked, q)
		return answer, failure
	}})
	check(t, err)
	w.Client = d.ClientFor(w.workspace, w.connection, directory.Actor{Name: "token:t", RequestID: "r"})

	answer.Memberships = []directory.HookChange{{Workspace: "ACC123", Role: new("Viewer")}, {Workspace: "US"}}
	rec := w.user(`{"userName":"jane","role":"Editor"}`)
	w.wantMemberships(rec.ID, "ACC123 Viewer(scim) active", "US member(scim) active")
	equal(t, "wanted", asked[0].Wanted[0].Role, "Editor")
	equal(t, "operation", asked[0].Operation, directory.HookCreate)

	w.skip()
	answer = directory.HookAnswer{Refused: "no seat is left"}
	_, err = w.patch(w.userType(), rec.ID, replaceOp("title", `"CTO"`))
	wantKind(t, err, scim.KindHookRefused, "no seat is left")
	answer, failure = directory.HookAnswer{}, errors.New("down")
	_, err = w.patch(w.userType(), rec.ID, replaceOp("title", `"CTO"`))
	wantKind(t, err, scim.KindHookFailed)
	failure, answer.Memberships = nil, []directory.HookChange{{Workspace: "ACC123", Role: new("Nobody")}}
	_, err = w.patch(w.userType(), rec.ID, replaceOp("title", `"CTO"`))
	wantKind(t, err, scim.KindHookFailed)
	w.wantHappened()
	w.wantMemberships(rec.ID, "ACC123 Viewer(scim) active", "US member(scim) active")
}

func TestPreview_B3_WritesNothing(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane","role":"Editor"}`)
	w.skip()
	shown, err := w.directory.Preview(w.ctx, w.workspace, w.connection, directory.PreviewInput{
		Document: []byte(`{"schemas":["` + scim.URNUser + `"],"userName":"jane","accounts":["EU"]}`),
	})
	check(t, err)
	var lines []string
	for _, m := range shown.Memberships {
		lines = append(lines, fmt.Sprintf("%s %s %s %s", m.Workspace, m.Change, m.Role, m.Status))
	}
	equal(t, "memberships", lines, []string{"EU joined member active", "ACC123 left  "})
	shown, err = w.directory.Preview(w.ctx, w.workspace, w.connection, directory.PreviewInput{User: "jane"})
	check(t, err)
	equal(t, "change", shown.Memberships[0].Change, directory.PreviewNone)
	shown, err = w.directory.Preview(w.ctx, w.workspace, w.connection, directory.PreviewInput{
		Document: []byte(`{"schemas":["` + scim.URNUser + `"],"userName":"jo","role":"Boss"}`),
	})
	check(t, err)
	if shown.Status != 400 || !strings.Contains(shown.Refused, `"Boss"`) {
		t.Errorf("refusal is %d %q", shown.Status, shown.Refused)
	}
	shown, err = w.directory.Preview(w.ctx, w.workspace, w.connection, directory.PreviewInput{Claims: []byte(`{"sub":"1","role":["Viewer","Editor"]}`)})
	check(t, err)
	equal(t, "role of a login", shown.Memberships[0].Role, "Viewer")
	w.wantHappened()
	w.wantMemberships(rec.ID, "ACC123 Editor(scim) active")
}
