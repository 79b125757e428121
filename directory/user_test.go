package directory_test

import (
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

const jane = `{"userName":"jane@x.test","externalId":"ext-1","active":true,"name":{"givenName":"Jane","familyName":"Doe"}}`

func TestUser_Create(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)

	equal(t, "version", rec.Version, int64(1))
	equal(t, "externalId", rec.ExternalID, "ext-1")
	equal(t, "created", rec.Created, testStart)
	equal(t, "lastModified", rec.LastModified, testStart)
	equal(t, "stored", w.get(w.userType(), rec.ID), rec)
	w.wantHappened(
		`user.create <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1"}`,
		`> member.joined <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"active"}`,
	)
	equal(t, "membership", w.membership(w.subject(rec.ID)), directory.Membership{
		Root: w.workspace.Root, Workspace: w.workspace.ID, Subject: w.subject(rec.ID),
		Connection: w.connection.ID, Role: "member", RoleSource: directory.SourceDefault, TeamsSource: directory.SourceDefault,
		Status: directory.StatusActive, StatusSource: directory.SourceSCIM, Joined: testStart,
		Created: testStart, Modified: testStart, Version: 1,
	})
}

func TestUser_CreateInactiveIsADeactivatedMember(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(`{"userName":"jo","active":false}`)
	w.wantHappened(
		`user.create <jo> by token:t: {"user_name":"jo"}`,
		`> member.joined <subject of jo>: {"user":"<jo>","user_name":"jo","role":"member","status":"deactivated"}`,
	)
	equal(t, "status", w.membership(w.subject(rec.ID)).Status, directory.StatusDeactivated)
	if got := w.list(w.userType(), `userName eq "jo"`, 1, 10); got.Total != 1 {
		t.Errorf("T-071, T-100: an inactive user must be found; total is %d", got.Total)
	}
}

func TestUser_AuditEntrySaysWhoAndFromWhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	by := directory.Actor{Name: "token:abc", RequestID: "req-9", Address: "192.0.2.7"}
	c := w.directory.ClientFor(w.workspace, w.connection, by)
	_, err := c.Create(w.ctx, w.decode(w.userType(), jane), scim.Write{})
	check(t, err)
	entries, err := w.directory.AuditLog(w.ctx, w.workspace, w.auditSeq, 0)
	check(t, err)
	e := entries[0]
	equal(t, "entry", []string{e.Actor, e.RequestID, e.Address, e.Workspace, e.Connection, e.TargetType},
		[]string{"token:abc", "req-9", "192.0.2.7", w.workspace.ID, w.connection.ID, "User"})
	equal(t, "digest", e.Digest, directory.DetailDigest(e))
	if e.Salt == ([16]byte{}) {
		t.Error("the detail's digest has no salt")
	}
}

func TestUser_M12_ForceSync(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"rfc", "okta", "entra"} {
		t.Run("M12 "+profile, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, profile)
			rec := w.user(jane)
			w.skip()
			const body = `{"name":{"familyName":"Roe","givenName":"Jane"},"userName":"jane@x.test","externalId":"ext-1","active":true}`
			for range 10 {
				w.clock.add(time.Minute)
				got, err := w.put(w.userType(), rec.ID, body)
				check(t, err)
				equal(t, "version", got.Version, int64(2))
				equal(t, "lastModified", got.LastModified, testStart.Add(time.Minute))
			}
			w.wantHappened(
				`user.update <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1","changed":["name"]}`,
				`> member.updated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"active","changed":["name"]}`,
			)
		})
	}
}

func TestUser_M12_PatchWithoutDifferenceIsNoWrite(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	rec := w.user(jane)
	w.skip()
	for _, operations := range []string{
		`[{"op":"replace","path":"active","value":true}]`,
		`[{"op":"Replace","path":"name.givenName","value":"Jane"}]`,
		`[{"op":"add","value":{"externalId":"ext-1"}}]`,
		`[{"op":"remove","path":"title"}]`,
		`[]`, // D-24
	} {
		w.clock.add(time.Second)
		got, err := w.patch(w.userType(), rec.ID, operations)
		check(t, err)
		equal(t, operations, got, rec)
	}
	w.wantHappened()
}

func TestUser_ActiveMovesTheMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	subject := w.subject(rec.ID)
	w.skip()

	got, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"active":false}}]`)
	check(t, err)
	equal(t, "version", got.Version, int64(2))
	w.wantHappened(
		`user.update <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1","changed":["active"]}`,
		`> member.deactivated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"deactivated"}`,
	)
	m := w.membership(subject)
	equal(t, "status", []any{m.Status, m.StatusSource, m.Version},
		[]any{directory.StatusDeactivated, directory.SourceSCIM, int64(2)})

	_, err = w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"active":true,"title":"CTO"}}]`)
	check(t, err)
	w.wantHappened(
		`user.update <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1","changed":["active","title"]}`,
		`> member.updated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"active","changed":["title"]}`,
		`> member.reactivated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"active"}`,
	)
	equal(t, "status", w.membership(subject).Status, directory.StatusActive)
}

func TestUser_WithoutAMembership(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(`{"userName":"jo"}`)
	subject := w.subject(rec.ID)
	m := w.membership(subject)
	check(t, w.store.Commit(w.ctx, &directory.Change{
		Root: m.Root, Memberships: []directory.Edit[directory.Membership]{{Before: &m}},
	}))
	w.skip()
	_, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"active":false}}]`)
	check(t, err)
	w.wantHappened(`user.update <jo> by token:t: {"user_name":"jo","changed":["active"]}`)
	_, err = w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"active":true}}]`)
	check(t, err)
	w.wantHappened(
		`user.update <jo> by token:t: {"user_name":"jo","changed":["active"]}`,
		`> member.joined <subject of jo>: {"user":"<jo>","user_name":"jo","role":"member","status":"active"}`,
	)
}

func TestUser_ExtensionAttributesAreNamedWithTheirURN(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	rec := w.user(jane)
	w.skip()
	_, err := w.patch(w.userType(), rec.ID,
		`[{"op":"add","path":"`+scim.URNEnterpriseUser+`:department","value":"R&D"}]`)
	check(t, err)
	w.wantHappened(
		`user.update <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1","changed":["`+scim.URNEnterpriseUser+`:department"]}`,
		`> member.updated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"active","changed":["`+scim.URNEnterpriseUser+`:department"]}`,
	)
}

func TestUser_UserNameIsUniqueInTheConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	other := w.user(`{"userName":"joe@x.test"}`)
	w.skip()

	t.Run("T-108 POST of a taken userName names attribute and value", func(t *testing.T) {
		_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"JANE@x.test"}`), scim.Write{})
		wantKind(t, err, scim.KindTaken, "userName", "JANE@x.test")
	})
	t.Run("PATCH to a taken userName", func(t *testing.T) {
		_, err := w.patch(w.userType(), other.ID, `[{"op":"replace","value":{"userName":"Jane@X.test"}}]`)
		wantKind(t, err, scim.KindTaken, "userName", "Jane@X.test")
	})
	t.Run("PUT to a taken userName", func(t *testing.T) {
		_, err := w.put(w.userType(), other.ID, `{"userName":"jane@x.test"}`)
		wantKind(t, err, scim.KindTaken, "userName")
	})
	w.wantHappened()
	t.Run("T-109 a change of case is no other name", func(t *testing.T) {
		_, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"userName":"Jane@X.test"}}]`)
		check(t, err)
		w.wantHappened(
			`user.update <jane@x.test> by token:t: {"user_name":"Jane@X.test","user_name_before":"jane@x.test","external_id":"ext-1","changed":["userName"]}`,
			`> member.updated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"Jane@X.test","role":"member","status":"active","changed":["userName"]}`,
		)
	})
	t.Run("E4 a changed userName keeps the user and frees the old name", func(t *testing.T) {
		got, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"userName":"roe@x.test"}}]`)
		check(t, err)
		equal(t, "id", got.ID, rec.ID)
		w.user(`{"userName":"jane@x.test"}`)
	})
}

// Whether a posted userName is free is left to the commit, until one was not: a connection that has posted a taken one is
// looked after for a while.
func TestUser_ATakenUserNameIsLookedForOnceThereWasOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.user(jane)
	w.skip()
	for _, step := range []struct {
		after     time.Duration
		conflicts int64
	}{{0, 1}, {0, 1}, {9 * time.Second, 1}, {11 * time.Second, 2}} {
		w.clock.add(step.after)
		_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"JANE@x.test"}`), scim.Write{})
		wantKind(t, err, scim.KindTaken, "userName", "JANE@x.test")
		equal(t, "conflicts", w.directory.Stats().Conflicts, step.conflicts)
	}
	w.wantHappened()
}

func TestUser_T046_ExternalIDIsNotUnique(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a := w.user(`{"userName":"a","externalId":"same"}`)
	b := w.user(`{"userName":"b","externalId":"same"}`)
	if w.subject(a.ID) == w.subject(b.ID) {
		t.Error("two users of one connection are one subject")
	}
}

func TestUser_Put(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(`{"userName":"jane","externalId":"ext-1","title":"CTO","nickName":"J"}`)
	w.skip()
	got, err := w.put(w.userType(), rec.ID, `{"userName":"jane","nickName":"J"}`)
	check(t, err)
	equal(t, "D-10 an absent externalId is kept", got.ExternalID, "ext-1")
	w.wantHappened(
		`user.update <jane> by token:t: {"user_name":"jane","external_id":"ext-1","changed":["title"]}`,
		`> member.updated <subject of jane>: {"user":"<jane>","user_name":"jane","role":"member","status":"active","changed":["title"]}`,
	)
	_, err = w.put(w.userType(), "nobody", `{"userName":"jane"}`)
	wantKind(t, err, scim.KindUnknownResource, "nobody")
}

func TestUser_C9_PasswordLeavesNoTrace(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(`{"userName":"jane","password":"hunter2"}`)
	w.skip()
	_, err := w.patch(w.userType(), rec.ID, `[{"op":"replace","value":{"password":"hunter3"}}]`)
	check(t, err)
	w.wantHappened()
}

func TestUser_DeleteAndReturn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	subject := w.subject(rec.ID)
	w.skip()

	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	w.wantHappened(
		`user.delete <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1"}`,
		`> member.deactivated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"deactivated"}`,
	)
	_, err := w.Get(w.ctx, w.userType(), rec.ID, w.all(w.userType()))
	wantKind(t, err, scim.KindUnknownResource, rec.ID)
	t.Run("T-104 a second DELETE", func(t *testing.T) {
		wantKind(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}), scim.KindUnknownResource)
		w.wantHappened()
	})

	// T-103: the keys are free at once. The person is the same subject under a new id.
	again := w.user(jane)
	if again.ID == rec.ID {
		t.Error("the id of a deleted user was given again")
	}
	equal(t, "subject", w.subject(again.ID), subject)
	w.wantHappened(
		`user.create <jane@x.test> by token:t: {"user_name":"jane@x.test","external_id":"ext-1"}`,
		`> member.reactivated <subject of jane@x.test>: {"user":"<jane@x.test>","user_name":"jane@x.test","role":"member","status":"active"}`,
	)
	equal(t, "status", w.membership(subject).Status, directory.StatusActive)
}

func TestUser_WhoIsTheSamePersonAgain(t *testing.T) {
	t.Parallel()
	rows := []struct {
		name, first, again string
		same               bool
	}{
		{"principal with another userName", `{"userName":"a","externalId":"1"}`, `{"userName":"b","externalId":"1"}`, true},
		{"userName without a principal", `{"userName":"a"}`, `{"userName":"A"}`, true},
		{"userName of another principal", `{"userName":"a","externalId":"1"}`, `{"userName":"a","externalId":"2"}`, false},
		{"userName, the principal is no longer sent", `{"userName":"a","externalId":"1"}`, `{"userName":"a"}`, true},
		{"userName, the principal is sent now", `{"userName":"a"}`, `{"userName":"a","externalId":"1"}`, true},
		{"neither", `{"userName":"a","externalId":"1"}`, `{"userName":"b","externalId":"2"}`, false},
		{"posted inactive", `{"userName":"a"}`, `{"userName":"a","active":false}`, true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, "okta")
			first := w.user(row.first)
			subject := w.subject(first.ID)
			check(t, w.Delete(w.ctx, w.userType(), first.ID, scim.Write{}))
			again := w.user(row.again)
			if same := w.subject(again.ID) == subject; same != row.same {
				t.Errorf("same subject: %t, want %t", same, row.same)
			}
		})
	}
}

func TestUser_ATombstoneIsGoodOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	first := w.user(`{"userName":"a","externalId":"1"}`)
	check(t, w.Delete(w.ctx, w.userType(), first.ID, scim.Write{}))
	back := w.user(`{"userName":"b","externalId":"1"}`) // by principal; the old userName's tombstone is stale now
	other := w.user(`{"userName":"a"}`)
	if w.subject(other.ID) == w.subject(back.ID) {
		t.Error("two live users of one connection are one subject")
	}
}

func TestUser_AReturnLiftsTheTombstonesOfItsKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	first := w.user(`{"userName":"a","externalId":"1"}`)
	check(t, w.Delete(w.ctx, w.userType(), first.ID, scim.Write{}))
	back := w.user(`{"userName":"a","externalId":"1"}`)
	subject := w.subject(back.ID)
	_, err := w.patch(w.userType(), back.ID, `[{"op":"replace","value":{"userName":"b","externalId":"2"}}]`)
	check(t, err)
	check(t, w.Delete(w.ctx, w.userType(), back.ID, scim.Write{}))
	if w.subject(w.user(`{"userName":"a","externalId":"1"}`).ID) == subject {
		t.Error("somebody with keys that were given up is the person who had them once")
	}
}

func TestUser_ReturnsInactive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(`{"userName":"jo"}`)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	w.skip()
	again := w.user(`{"userName":"jo","active":false,"title":"CTO"}`)
	w.wantHappened(
		`user.create <jo> by token:t: {"user_name":"jo"}`,
		`> member.updated <subject of jo>: {"user":"<jo>","user_name":"jo","role":"member","status":"deactivated","changed":["title"]}`,
	)
	equal(t, "status", w.membership(w.subject(again.ID)).Status, directory.StatusDeactivated)
	check(t, w.Delete(w.ctx, w.userType(), again.ID, scim.Write{}))
	w.wantHappened(`user.delete <jo> by token:t: {"user_name":"jo"}`)
}

func TestUser_IfMatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	operations := parsePatch(t, w.Client, w.userType(), `[{"op":"replace","value":{"title":"CTO"}}]`)
	_, err := w.Patch(w.ctx, rec.ID, operations, ifMatch(7))
	wantKind(t, err, scim.KindVersion, "7")
	_, err = w.Patch(w.ctx, rec.ID, operations, ifMatch(1))
	check(t, err)
	_, err = w.Replace(w.ctx, rec.ID, w.decode(w.userType(), jane), ifMatch(1))
	wantKind(t, err, scim.KindVersion)
	wantKind(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(1)), scim.KindVersion)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, ifMatch(2)))
}

func TestUser_List(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, name := range []string{"c", "a", "d", "b"} {
		w.user(`{"userName":"` + name + `"}`)
	}
	equal(t, "T-068 order of creation", names(w.list(w.userType(), "", 1, 10)), []string{"c", "a", "d", "b"})
	page := w.list(w.userType(), "", 2, 2)
	equal(t, "page", names(page), []string{"a", "d"})
	equal(t, "total", page.Total, 4)
	equal(t, "T-062 count 0", w.list(w.userType(), "", 1, 0).Total, 4)
	equal(t, "T-057 filter", names(w.list(w.userType(), `userName eq "D"`, 1, 10)), []string{"d"})
	equal(t, "D-01 no match", w.list(w.userType(), `userName eq "zz"`, 1, 10).Total, 0)
}

func names(p scim.Page) []string {
	out := []string{}
	for _, rec := range p.Records {
		o, err := rec.Object()
		if err != nil {
			return []string{err.Error()}
		}
		name, _ := o.Get("userName")
		if name == nil {
			name, _ = o.Get("displayName")
		}
		out = append(out, name.(string))
	}
	return out
}

func TestUser_X2_AnotherConnectionsIDsAreUnknown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	group := w.group(`{"displayName":"G"}`)
	w.skip()
	other := w.directory.ClientFor(w.workspace, w.connect("other", "okta"), operator)
	w.skip()
	user, groups := w.userType(), w.groupType()

	_, err := other.Get(w.ctx, user, rec.ID, w.all(user))
	wantKind(t, err, scim.KindUnknownResource, rec.ID)
	_, err = other.Get(w.ctx, groups, group.ID, w.all(groups))
	wantKind(t, err, scim.KindUnknownResource)
	_, err = other.Replace(w.ctx, rec.ID, w.decode(user, jane), scim.Write{})
	wantKind(t, err, scim.KindUnknownResource)
	_, err = other.Patch(w.ctx, group.ID, parsePatch(t, other, groups, `[{"op":"add","path":"members","value":[{"value":"x"}]}]`), scim.Write{})
	wantKind(t, err, scim.KindUnknownResource)
	wantKind(t, other.Delete(w.ctx, user, rec.ID, scim.Write{}), scim.KindUnknownResource)
	wantKind(t, other.Delete(w.ctx, groups, group.ID, scim.Write{}), scim.KindUnknownResource)
	// A user's id is no group's id, and the other way round.
	_, err = w.Get(w.ctx, groups, rec.ID, w.all(groups))
	wantKind(t, err, scim.KindUnknownResource)
	w.wantHappened()

	// Nothing matches across connections: the same userName and externalId are another subject.
	made, err := other.Create(w.ctx, w.decode(user, jane), scim.Write{})
	check(t, err)
	u, err := w.store.User(w.ctx, w.connection.Root, other.Connection.ID, made.ID)
	check(t, err)
	if u.Subject == w.subject(rec.ID) {
		t.Error("two connections' users are one subject")
	}
	equal(t, "list", w.list(user, "", 1, 10).Total, 1)
}

func TestUser_GroupsAreShownWhenAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	equal(t, "groups", rec.HasGroups, true)
	equal(t, "groups", rec.Groups, []scim.GroupRef(nil))
	g := w.group(`{"displayName":"G","members":[{"value":"` + rec.ID + `"}]}`)
	want := []scim.GroupRef{{Value: g.ID, Display: "G", Type: "direct"}}
	equal(t, "groups", w.get(w.userType(), rec.ID).Groups, want)
	equal(t, "groups in a list", w.list(w.userType(), "", 1, 1).Records[0].Groups, want)
	show, err := scim.ParseProjection(w.userType(), "", "groups")
	check(t, err)
	got, err := w.Get(w.ctx, w.userType(), rec.ID, show)
	check(t, err)
	equal(t, "groups when excluded", got.HasGroups, false)
}

func TestUser_NoShowNoLists(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec, err := w.Create(w.ctx, w.decode(w.userType(), jane), scim.Write{})
	check(t, err)
	equal(t, "groups", rec.HasGroups, false)
	group, err := w.Create(w.ctx, w.decode(w.groupType(), `{"displayName":"G","members":[{"value":"`+rec.ID+`"}]}`), scim.Write{})
	check(t, err)
	equal(t, "members", group.HasMembers, false)
}
