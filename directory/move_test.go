package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/scim"
)

// moveTo moves the world's users to another provider, whose connection they leave paused.
func (w *world) moveTo(to *world) directory.MoveReport {
	w.t.Helper()
	r, err := w.directory.MoveUsers(w.ctx, operator, w.connection, to.connection, directory.MoveOptions{Pause: true})
	check(w.t, err)
	return r
}

func TestMove_B10_OktaToEntra(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{Mapping: mapping.Rules{Groups: []mapping.GroupRule{{Group: "Editors", Role: "Editor"}}}})
	entra := w.provider("entra")
	jane := w.user(`{"userName":"jane@x.org","externalId":"o1","displayName":"Jane","accounts":["ACC123","EU"]}`)
	joe := w.user(`{"userName":"joe@x.org","externalId":"o2"}`)
	gone := w.user(`{"userName":"left@x.org","active":false}`)
	editors := w.group(`{"displayName":"Editors","members":[{"value":"` + jane.ID + `"},{"value":"` + joe.ID + `"}]}`)
	same := entra.user(`{"userName":"Jane@X.org","externalId":"e1","displayName":"Jane E."}`)
	keep, drop, second := w.subject(jane.ID), entra.subject(same.ID), w.subject(joe.ID)
	before := w.membershipsOf(keep)
	w.skip()

	trail := w.trail()
	preview, err := w.directory.MoveUsers(w.ctx, operator, w.connection, entra.connection, directory.MoveOptions{Preview: true})
	check(t, err)
	equal(t, "trail of a preview", w.trail(), trail)
	equal(t, "preview", []int{preview.Users, preview.Moved, preview.Merged, preview.Conflicts}, []int{3, 2, 1, 0})
	equal(t, "groups that stay", preview.Groups, []directory.MovedGroup{{ID: editors.ID, DisplayName: "Editors", Users: 2}})
	_, err = w.directory.MoveUsers(w.ctx, operator, w.connection, entra.connection, directory.MoveOptions{})
	wantRefusal(t, err, directory.RefusedInvalid, "is enabled")

	w.skip()
	report := w.moveTo(entra)
	equal(t, "report", report, preview)
	equal(t, "events", w.types(), []string{"subject.merged", "member.left", "group.updated", "group.updated"})

	// The person whom both knew is one, with the older subject and its memberships.
	equal(t, "subject", entra.subject(same.ID), keep)
	equal(t, "memberships", w.membershipsOf(keep), before)
	equal(t, "memberships of the dropped one", w.membershipsOf(drop), []string{})
	equal(t, "connection", w.membership(keep).Connection, entra.connection.ID)
	// The others went over under their ids.
	for _, rec := range []*scim.Record{joe, gone} {
		equal(t, "record", entra.get(entra.userType(), rec.ID).ID, rec.ID)
	}
	equal(t, "subject", entra.subject(joe.ID), second)
	equal(t, "users left", w.list(w.userType(), "", 1, 10).Total, 0)
	equal(t, "users there", entra.list(entra.userType(), "", 1, 10).Total, 3)
	equal(t, "found by the new provider's filter", entra.list(entra.userType(), `userName eq "JOE@x.org"`, 1, 10).Total, 1)
	equal(t, "members of the group", len(w.get(w.groupType(), editors.ID).Members), 0)

	// The new provider updates whom it has found: the same subjects. What the old one's groups gave is resolved again.
	entra.patched(joe.ID, replaceOp("externalId", `"e2"`))
	equal(t, "subject", entra.subject(joe.ID), second)
	equal(t, "memberships", w.membershipsOf(second), []string{"ACC123 member(default) active"})
	c, err := w.directory.Connection(w.ctx, w.workspace, w.connection.ID)
	check(t, err)
	equal(t, "state", c.State, directory.StatePaused)
}

// Moving there and back is nothing but two moves: what was buried on the way is lifted.
func TestMove_B10_ThereAndBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	entra := w.provider("entra")
	jane := w.user(`{"userName":"jane","externalId":"1","emails":[{"value":"jane@x.org","primary":true}]}`)
	before := w.get(w.userType(), jane.ID)
	subject := w.subject(jane.ID)
	w.moveTo(entra)
	entra.moveTo(w)
	after := w.get(w.userType(), jane.ID)
	equal(t, "document", string(after.Body), string(before.Body))
	equal(t, "subject", w.subject(jane.ID), subject)
	equal(t, "connection", w.membership(subject).Connection, w.connection.ID)
	w.moveTo(entra)
	// Posted again by the one whom it has left, it is the same person, whose membership is the other's.
	again := w.user(`{"userName":"jane","externalId":"1"}`)
	equal(t, "subject", w.subject(again.ID), subject)
	equal(t, "connection", w.membership(subject).Connection, entra.connection.ID)
	// And moved once more it is one of the new connection's who is there already.
	r := w.moveTo(entra)
	equal(t, "report", []int{r.Moved, r.Merged, len(r.Merges)}, []int{0, 1, 0})
}

func TestMove_B10_WhoConflictsStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	entra := w.provider("entra")
	entra.user(`{"userName":"a"}`)
	entra.user(`{"userName":"b","externalId":"1"}`)
	both := w.user(`{"userName":"a","externalId":"1"}`)
	fine := w.user(`{"userName":"c"}`)
	before := w.get(w.userType(), both.ID)
	r := w.moveTo(entra)
	equal(t, "report", []int{r.Users, r.Moved, r.Merged, r.Conflicts}, []int{2, 1, 0, 1})
	equal(t, "who stays", []string{r.Stay[0].User, r.Stay[0].UserName}, []string{both.ID, "a"})
	equal(t, "whole", w.get(w.userType(), both.ID), before)
	entra.get(entra.userType(), fine.ID)
}

func TestMove_B10_Refusals(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	entra := w.provider("entra")
	refused := func(from, to directory.Connection, text string) {
		t.Helper()
		for _, preview := range []bool{true, false} {
			_, err := w.directory.MoveUsers(w.ctx, operator, from, to, directory.MoveOptions{Preview: preview, Pause: true})
			wantRefusal(t, err, directory.RefusedInvalid, text)
		}
	}
	refused(w.connection, w.connection, "do not move")
	other, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "OTHER"})
	check(t, err)
	foreign, err := w.directory.CreateConnection(w.ctx, operator, other, directory.NewConnection{Name: "foreign"})
	check(t, err)
	refused(w.connection, foreign, "do not move")
	eu, err := w.directory.Workspace(w.ctx, "EU")
	check(t, err)
	below, err := w.directory.CreateConnection(w.ctx, operator, eu, directory.NewConnection{Name: "below"})
	check(t, err)
	refused(w.connection, below, "cannot grant")
	check(t, w.directory.DeleteConnection(w.ctx, operator, entra.connection))
	_, err = w.directory.MoveUsers(w.ctx, operator, w.connection, entra.connection, directory.MoveOptions{})
	wantRefusal(t, err, directory.RefusedNotFound, "is gone")
}

// Who may move users in one workspace has no say over what a person is in another one.
func TestMove_B10_MergesNobodyWhoIsKnownElsewhere(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	us, err := w.directory.Workspace(w.ctx, "US")
	check(t, err)
	parent := w.workspace
	w.workspace = us
	okta, entra := w.provider("okta"), w.provider("entra")
	jane, same := okta.user(`{"userName":"jane"}`), entra.user(`{"userName":"jane"}`)
	_, err = w.directory.Invite(w.ctx, operator, parent, directory.Invitation{Subject: entra.subject(same.ID), Role: "owner"})
	check(t, err)
	r := okta.moveTo(entra)
	equal(t, "report", []int{r.Merged, r.Conflicts}, []int{0, 1})
	w.merge(okta.subject(jane.ID), entra.subject(same.ID))
	r = okta.moveTo(entra)
	equal(t, "report", []int{r.Merged, r.Conflicts}, []int{1, 0})
}

// B11: a role that the new connection may not grant is told beforehand. It stays until that one has its say.
func TestMove_B10_RolesThatTheNewOneMayNotGrant(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{Roles: []string{"Editor", "admin"}})
	entra := w.provider("entra")
	jane := w.user(`{"userName":"jane","role":"admin"}`)
	w.user(`{"userName":"joe","role":"Editor"}`)
	r := w.moveTo(entra)
	equal(t, "roles", r.Roles, []directory.UngrantedRole{{Workspace: "ACC123", Role: "admin", People: 1}})
	equal(t, "memberships", w.membershipsOf(entra.subject(jane.ID)), []string{"ACC123 admin(scim) active"})
}

// Attributes that the new connection does not announce do not go with the document, and those that it has are found.
func TestMove_B10_TheDocumentIsWhatTheNewOneAnnounces(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.declare(`{"id":"urn:example:2.0:Badge","name":"Badge","resourceType":"User","attributes":[{"name":"serial","type":"string","uniqueness":"server"}]}`)
	w.set(directory.ConnectionSettings{})
	entra := w.provider("entra")
	jane := w.user(`{"userName":"jane","urn:example:2.0:Badge":{"serial":"7"}}`)
	w.moveTo(entra)
	equal(t, "found", entra.list(entra.userType(), `urn:example:2.0:Badge:serial eq "7"`, 1, 10).Total, 1)
	_, err := entra.Create(w.ctx, entra.decode(entra.userType(), `{"userName":"joe","urn:example:2.0:Badge":{"serial":"7"}}`), scim.Write{})
	wantKind(t, err, scim.KindTaken)
	equal(t, "id", entra.get(entra.userType(), jane.ID).ID, jane.ID)
}

func TestMove_B10_ManyAreAJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	entra := w.provider("entra")
	const people = 620
	var ids []string
	for i := range people {
		rec, err := w.Create(w.ctx, w.decode(w.userType(), fmt.Sprintf(`{"userName":"u%d"}`, i)), scim.Write{})
		check(t, err)
		ids = append(ids, rec.ID)
		if i%100 == 0 {
			entra.user(fmt.Sprintf(`{"userName":"U%d"}`, i))
		}
	}
	entra.user(`{"userName":"x","externalId":"1"}`)
	stays := w.user(`{"userName":"u0x","externalId":"1"}`)
	entra.user(`{"userName":"u0x"}`)
	subject := w.subject(ids[1])
	w.skip()
	r := w.moveTo(entra)
	equal(t, "report", []int{r.Users, r.Moved, r.Merged}, []int{people + 1, 0, 0})
	_, err := w.directory.MoveUsers(w.ctx, operator, w.connection, entra.connection, directory.MoveOptions{})
	wantRefusal(t, err, directory.RefusedInUse, r.Job)
	w.work()
	jobs, err := w.directory.Jobs(w.ctx, w.workspace, 10)
	check(t, err)
	equal(t, "job", []any{jobs[0].ID, jobs[0].Kind, jobs[0].Done, jobs[0].Total, jobs[0].Failure},
		[]any{r.Job, "move", people, people + 1, "1 users could not be moved: preview the move to see why"})
	equal(t, "users left", w.list(w.userType(), "", 1, 10).Total, 1)
	w.get(w.userType(), stays.ID)
	equal(t, "subject", entra.subject(ids[1]), subject)
	equal(t, "users there", entra.list(entra.userType(), "", 1, 10).Total, people+2)
	if types := w.types(); slices.Contains(types, directory.EventMemberJoined) {
		t.Errorf("somebody has joined: %v", types)
	}
}

// A job that is cut short goes on with who is left; one whose connection is resumed meanwhile ends.
func TestMove_B10_AResumedConnectionEndsTheJob(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	entra := w.provider("entra")
	for i := range 501 {
		_, err := w.Create(w.ctx, w.decode(w.userType(), fmt.Sprintf(`{"userName":"u%d"}`, i)), scim.Write{})
		check(t, err)
	}
	w.moveTo(entra)
	_, err := w.directory.ResumeConnection(w.ctx, operator, w.connection)
	check(t, err)
	w.work()
	jobs, err := w.directory.Jobs(w.ctx, w.workspace, 1)
	check(t, err)
	equal(t, "job", []any{jobs[0].Done, jobs[0].Failure}, []any{0, "the connection was resumed meanwhile: pause it and move the others again"})
	equal(t, "users left", w.list(w.userType(), "", 1, 10).Total, 501)
}

// An externalId is not unique: two users of the old connection are two people, also where it says the same of both.
func TestMove_B10_TwoUsersStayTwoPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	entra := w.provider("entra")
	entra.user(`{"userName":"a","externalId":"e"}`)
	for _, name := range []string{"a", "b", "c"} {
		w.user(fmt.Sprintf(`{"userName":%q,"externalId":"1"}`, name))
	}
	r := w.moveTo(entra)
	equal(t, "report", []int{r.Moved, r.Merged, r.Conflicts}, []int{2, 1, 0})
	people, err := w.directory.People(w.ctx, w.workspace, directory.PeopleFilter{})
	check(t, err)
	equal(t, "people", len(people), 3)
}

// Whatever cannot be written leaves the person whole.
func TestMove_B10_NeverHalfAPerson(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	entra := w.provider("entra")
	jane := w.user(`{"userName":"jane"}`)
	before := w.get(w.userType(), jane.ID)
	broken := errors.New("disk is full")
	_, err := w.directory.PauseConnection(w.ctx, operator, w.connection)
	check(t, err)
	f.before = func() { f.commit = broken } // after the entry of the move
	_, err = w.directory.MoveUsers(w.ctx, operator, w.connection, entra.connection, directory.MoveOptions{})
	equal(t, "the fault is told", errors.Is(err, broken), true)
	equal(t, "whole", w.get(w.userType(), jane.ID), before)
	f.before, f.commit = nil, nil
	equal(t, "moved", w.moveTo(entra).Moved, 1)
}
