package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func add(ids ...string) string    { return memberOperation("add", ids) }
func remove(ids ...string) string { return memberOperation("remove", ids) }

func memberOperation(op string, ids []string) string {
	values := ""
	for i, id := range ids {
		if i > 0 {
			values += ","
		}
		values += fmt.Sprintf(`{"value":%q}`, id)
	}
	return fmt.Sprintf(`[{"op":%q,"path":"members","value":[%s]}]`, op, values)
}

func TestGroup_CreateWithMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a, b := w.user(`{"userName":"a"}`), w.user(`{"userName":"b"}`)
	inner := w.group(`{"displayName":"Inner"}`)
	w.skip()
	g := w.group(fmt.Sprintf(`{"displayName":"Sales","externalId":"e","members":[{"value":%q,"display":"A"},{"value":%q},{"value":%q}]}`,
		a.ID, b.ID, inner.ID))
	equal(t, "version", g.Version, int64(1))
	equal(t, "members", g.Members, []scim.MemberRef{
		{Value: a.ID, Type: "User", Display: "A"}, {Value: b.ID, Type: "User"}, {Value: inner.ID, Type: "Group"},
	})
	equal(t, "stored", w.get(w.groupType(), g.ID), g)
	w.wantHappened(
		`group.create <Sales> by token:t: {"group":"<Sales>","display_name":"Sales","added":["<a>","<b>","<Inner>"]}`,
		`> group.created : {"group":"<Sales>","display_name":"Sales","added":["<a>","<b>","<Inner>"]}`,
	)
}

// What is answered without a body is told by the commit; nothing is read again.
func TestGroup_PatchedWithoutBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a, b := w.user(`{"userName":"a"}`), w.user(`{"userName":"b"}`)
	g := w.group(`{"displayName":"Sales"}`)
	for _, ops := range []string{
		memberOperation("add", []string{a.ID}),
		memberOperation("add", []string{a.ID}), // is one already
		memberOperation("replace", []string{a.ID}),
		memberOperation("replace", []string{a.ID, b.ID}),
		memberOperation("remove", []string{b.ID}),
		`[{"op":"replace","path":"displayName","value":"Support"}]`,
		`[{"op":"replace","value":{"displayName":"Selling","members":[]}}]`,
		`[{"op":"add","value":{"displayName":"Sales","members":[{"value":"` + b.ID + `"}]}}]`,
	} {
		w.clock.add(time.Minute)
		got, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), ops), scim.Write{})
		check(t, err)
		stored := w.get(w.groupType(), g.ID)
		equal(t, ops, []any{got.ID, got.ETag(), got.LastModified}, []any{g.ID, stored.ETag(), stored.LastModified})
	}
}

func TestGroup_D18_DisplayNameIsUnique(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	g := w.group(`{"displayName":"Sales"}`)
	other := w.group(`{"displayName":"Support"}`)
	w.skip()
	_, err := w.Create(w.ctx, w.decode(w.groupType(), `{"displayName":"SALES"}`), scim.Write{})
	wantKind(t, err, scim.KindTaken, "displayName", "SALES")
	_, err = w.patch(w.groupType(), other.ID, `[{"op":"replace","path":"displayName","value":"sales"}]`)
	wantKind(t, err, scim.KindTaken, "displayName", "sales")
	w.wantHappened()

	// T-109: its own name in another case.
	got, err := w.patch(w.groupType(), g.ID, `[{"op":"replace","path":"displayName","value":"SALES"}]`)
	check(t, err)
	equal(t, "version", got.Version, int64(2))
	w.wantHappened(
		`group.update <Sales> by token:t: {"group":"<Sales>","display_name":"SALES","changed":["displayName"]}`,
		`> group.updated : {"group":"<Sales>","display_name":"SALES","changed":["displayName"]}`,
	)
}

func TestGroup_PatchMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a, b, c := w.user(`{"userName":"a"}`).ID, w.user(`{"userName":"b"}`).ID, w.user(`{"userName":"c"}`).ID
	g := w.group(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, a))
	w.skip()
	version := g.Version

	steps := []struct {
		name, operations string
		want             []string // members afterwards
		happened         string   // what changed, "" for nothing
	}{
		{"T-093 adding a member again", add(a), []string{a}, ""},
		{"adding one", add(b), []string{a, b}, `"added":["<b>"]`},
		{"adding one there and one not", add(a, c), []string{a, b, c}, `"added":["<c>"]`},
		{"T-094, T-121 removing who is unknown", remove("gone"), []string{a, b, c}, ""},
		{"T-077 removing one", remove(a, "gone"), []string{b, c}, `"removed":["<a>"]`},
		{"removing by value path", `[{"op":"remove","path":"members[value eq \"` + b + `\"]"}]`, []string{c}, `"removed":["<b>"]`},
		{"removing and adding the same", `[{"op":"remove","path":"members[value eq \"` + c + `\"]"},{"op":"add","path":"members","value":[{"value":"` + c + `"}]}]`, []string{c}, ""},
		{"T-122 adding without a path", `[{"op":"add","value":{"members":[{"value":"` + a + `"}]}}]`, []string{c, a}, `"added":["<a>"]`},
		{"T-118 replacing the list by itself", `[{"op":"replace","path":"members","value":[{"value":"` + a + `"},{"value":"` + c + `"}]}]`, []string{c, a}, ""},
		{"replacing the list", `[{"op":"replace","path":"members","value":[{"value":"` + b + `"},{"value":"` + c + `"}]}]`, []string{c, b}, `"added":["<b>"],"removed":["<a>"]`},
		{"removing by a selector", `[{"op":"remove","path":"members[type eq \"User\" and value ne \"` + b + `\"]"}]`, []string{b}, `"removed":["<c>"]`},
		{"removing all", `[{"op":"remove","path":"members"}]`, []string{}, `"removed_all":true`},
		{"removing all of none", `[{"op":"remove","path":"members"}]`, []string{}, ""},
	}
	for _, s := range steps {
		w.clock.add(time.Second)
		before := w.get(w.groupType(), g.ID)
		got, err := w.patch(w.groupType(), g.ID, s.operations)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		equal(t, s.name+": members", members(got), s.want)
		if s.happened == "" {
			equal(t, s.name+": answer", got, before)
			w.wantHappened()
			continue
		}
		version++
		equal(t, s.name+": version", got.Version, version)
		equal(t, s.name+": lastModified", got.LastModified, w.clock.Now())
		w.wantHappened(
			`group.update <G> by token:t: {"group":"<G>","display_name":"G",`+s.happened+`}`,
			`> group.updated : {"group":"<G>","display_name":"G",`+s.happened+`}`,
		)
	}
}

func TestGroup_RenameAndMembersInOnePatchAreOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	a := w.user(`{"userName":"a"}`)
	g := w.group(`{"displayName":"G"}`)
	w.skip()
	got, err := w.patch(w.groupType(), g.ID, `[{"op":"replace","value":{"displayName":"H"}},{"op":"add","path":"members","value":[{"value":"`+a.ID+`"}]}]`)
	check(t, err)
	equal(t, "version", got.Version, int64(2))
	equal(t, "members", members(got), []string{a.ID})
	w.wantHappened(
		`group.update <G> by token:t: {"group":"<G>","display_name":"H","changed":["displayName"],"added":["<a>"]}`,
		`> group.updated : {"group":"<G>","display_name":"H","changed":["displayName"],"added":["<a>"]}`,
	)
}

func TestGroup_D26_UnknownMembersAreRefused(t *testing.T) {
	t.Parallel()
	for _, profile := range []string{"rfc", "okta", "entra", "generic"} {
		t.Run("D-26 "+profile, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, profile)
			a := w.user(`{"userName":"a"}`)
			g := w.group(`{"displayName":"G"}`)
			stranger := stranger(w)
			w.skip()
			for id, kind := range map[string]scim.Kind{
				"nobody": scim.KindUnknownMember, stranger: scim.KindUnknownMember, g.ID: scim.KindOwnMember,
			} {
				_, err := w.patch(w.groupType(), g.ID, add(a.ID, id))
				wantKind(t, err, kind, id, g.ID)
				_, err = w.put(w.groupType(), g.ID, fmt.Sprintf(`{"displayName":"H","members":[{"value":%q}]}`, id))
				wantKind(t, err, kind, id, g.ID)
			}
			_, err := w.Create(w.ctx, w.decode(w.groupType(), `{"displayName":"I","members":[{"value":"nobody"}]}`), scim.Write{})
			wantKind(t, err, scim.KindUnknownMember, "nobody", "I")
			equal(t, "stored", w.get(w.groupType(), g.ID), g) // nothing half-done
			equal(t, "groups", w.list(w.groupType(), "", 1, 10).Total, 1)
			w.wantHappened()
		})
	}
}

// stranger returns the id of a user of another connection.
func stranger(w *world) string {
	other := w.directory.ClientFor(w.workspace, w.connect("other", w.Profile.Name), operator)
	rec, err := other.Create(w.ctx, w.decode(w.userType(), jane), scim.Write{})
	check(w.t, err)
	return rec.ID
}

func TestGroup_D26_MemberByExternalID(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "keycloak")
	a, b := w.user(`{"userName":"a","externalId":"kc-a"}`), w.user(`{"userName":"b","externalId":"kc-b"}`)
	g := w.group(`{"displayName":"G","members":[{"value":"kc-a"}]}`)
	equal(t, "made with", members(g), []string{a.ID})
	got, err := w.patch(w.groupType(), g.ID, add("kc-b", a.ID))
	check(t, err)
	equal(t, "added", members(got), []string{a.ID, b.ID})
	got, err = w.patch(w.groupType(), g.ID, remove("kc-a", "kc-z"))
	check(t, err)
	equal(t, "removed", members(got), []string{b.ID})
	_, err = w.patch(w.groupType(), g.ID, add("kc-z"))
	wantKind(t, err, scim.KindUnknownMember, "kc-z")
}

func TestGroup_Put(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	a, b := w.user(`{"userName":"a"}`).ID, w.user(`{"userName":"b"}`).ID
	g := w.group(fmt.Sprintf(`{"displayName":"G","externalId":"e","members":[{"value":%q}]}`, a))
	w.skip()
	puts := []struct {
		name, body string
		want       []string
		happened   string
	}{
		{"D-09 absent members are kept", `{"displayName":"G"}`, []string{a}, ""},
		{"the same list", fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, a), []string{a}, ""},
		{"another list", fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, b), []string{b}, `"added":["<b>"],"removed":["<a>"]`},
		{"T-127 an empty list empties", `{"displayName":"G","members":[]}`, []string{}, `"removed_all":true`},
		{"an empty list again", `{"displayName":"G","members":[]}`, []string{}, ""},
	}
	for _, put := range puts {
		got, err := w.put(w.groupType(), g.ID, put.body)
		check(t, err)
		equal(t, put.name, members(got), put.want)
		equal(t, put.name+": externalId", got.ExternalID, "e")
		if put.happened == "" {
			w.wantHappened()
			continue
		}
		w.wantHappened(
			`group.update <G> by token:t: {"group":"<G>","display_name":"G",`+put.happened+`}`,
			`> group.updated : {"group":"<G>","display_name":"G",`+put.happened+`}`,
		)
	}
}

func TestGroup_IfMatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	a := w.user(`{"userName":"a"}`).ID
	g := w.group(`{"displayName":"G"}`)
	patch := func(operations string, version int64) (*scim.Record, error) {
		return w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), operations), ifMatch(version))
	}
	_, err := patch(add(a), 9)
	wantKind(t, err, scim.KindVersion, "9")
	got, err := patch(add(a), 1)
	check(t, err)
	equal(t, "version after a member", got.Version, int64(2))
	_, err = patch(`[{"op":"replace","path":"displayName","value":"H"}]`, 1)
	wantKind(t, err, scim.KindVersion)
	got, err = patch(`[{"op":"replace","path":"displayName","value":"H"}]`, 2)
	check(t, err)
	equal(t, "version after a name", got.Version, int64(3))
	wantKind(t, w.Delete(w.ctx, w.groupType(), g.ID, ifMatch(2)), scim.KindVersion)
	check(t, w.Delete(w.ctx, w.groupType(), g.ID, ifMatch(3)))
}

func TestGroup_Delete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	a := w.user(`{"userName":"a"}`)
	g := w.group(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, a.ID))
	w.skip()
	check(t, w.Delete(w.ctx, w.groupType(), g.ID, scim.Write{}))
	w.wantHappened(
		`group.delete <G> by token:t: {"group":"<G>","display_name":"G"}`,
		`> group.deleted : {"group":"<G>","display_name":"G"}`,
	)
	equal(t, "the user's groups", w.get(w.userType(), a.ID).Groups, []scim.GroupRef(nil))
	wantKind(t, w.Delete(w.ctx, w.groupType(), g.ID, scim.Write{}), scim.KindUnknownResource, g.ID)
	w.group(`{"displayName":"G"}`) // T-103: the name is free
}

func TestGroup_DeletedUsersLeaveTheirGroups(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	a, b := w.user(`{"userName":"a"}`).ID, w.user(`{"userName":"b"}`).ID
	g := w.group(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q},{"value":%q}]}`, a, b))
	check(t, w.Delete(w.ctx, w.userType(), a, scim.Write{}))
	got := w.get(w.groupType(), g.ID)
	equal(t, "members", members(got), []string{b})
	equal(t, "version", got.Version, g.Version+1)
	// T-131: adding somebody does not fail because somebody else is gone.
	c := w.user(`{"userName":"c"}`).ID
	_, err := w.patch(w.groupType(), g.ID, add(c))
	check(t, err)
	// T-121: the IdP removes the one who is gone already.
	_, err = w.patch(w.groupType(), g.ID, remove(a))
	check(t, err)
}

func TestGroup_T102_MembersStayWhileInactive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a := w.user(`{"userName":"a"}`).ID
	g := w.group(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, a))
	_, err := w.patch(w.userType(), a, `[{"op":"Replace","path":"active","value":"False"}]`)
	check(t, err)
	equal(t, "members", members(w.get(w.groupType(), g.ID)), []string{a})
}

func TestGroup_List(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a := w.user(`{"userName":"a"}`).ID
	w.group(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, a))
	w.group(`{"displayName":"H"}`)
	page := w.list(w.groupType(), `displayName eq "g"`, 1, 10)
	equal(t, "T-141 members in a list", members(page.Records[0]), []string{a})
	equal(t, "D-14 an empty list is a list", w.list(w.groupType(), `displayName eq "h"`, 1, 10).Records[0].HasMembers, true)
	equal(t, "names", names(w.list(w.groupType(), "", 1, 10)), []string{"G", "H"})
	show, err := scim.ParseProjection(w.groupType(), "", "members")
	check(t, err)
	page, err = w.List(w.ctx, w.groupType(), scim.Query{StartIndex: 1, Count: 10, Show: show})
	check(t, err)
	equal(t, "excluded", page.Records[0].HasMembers, false)
}

func TestMembersOf(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	a := w.user(`{"userName":"a"}`).ID
	w.user(`{"userName":"b","active":false}`)
	w.group(fmt.Sprintf(`{"displayName":"G","members":[{"value":%q}]}`, a))
	stranger(w)
	gone := w.user(`{"userName":"gone"}`).ID
	check(t, w.Delete(w.ctx, w.userType(), gone, scim.Write{}))

	rows, err := w.directory.MembersOf(w.ctx, w.workspace, w.connection.Name)
	check(t, err)
	equal(t, "of the connection", memberLines(rows), map[string]string{
		"a": "okta-1 active member [G]", "b": "okta-1 deactivated member []",
	})
	rows, err = w.directory.MembersOf(w.ctx, w.workspace, "")
	check(t, err)
	equal(t, "of the workspace", memberLines(rows), map[string]string{
		"a": "okta-1 active member [G]", "b": "okta-1 deactivated member []",
		"jane@x.test": "other active member []", "": " deactivated member []",
	})
	_, err = w.directory.MembersOf(w.ctx, w.workspace, "nope")
	wantRefusal(t, err, directory.RefusedNotFound, "nope")
}

func TestMembersOf_ManyPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	const n = 501 // one more than a page
	for i := range n {
		_, err := w.Create(w.ctx, w.decode(w.userType(), fmt.Sprintf(`{"userName":"u%d"}`, i)), scim.Write{})
		check(t, err)
	}
	rows, err := w.directory.MembersOf(w.ctx, w.workspace, w.connection.ID)
	check(t, err)
	equal(t, "members", len(memberLines(rows)), n)
}

func memberLines(rows []directory.MemberRow) map[string]string {
	lines := map[string]string{}
	for _, r := range rows {
		lines[r.User.UserName] = fmt.Sprint(r.Connection.Name, " ", r.Membership.Status, " ", r.Membership.Role, " ", r.Groups)
	}
	return lines
}
