package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// walk reads a whole list by cursor, as a caller does who knows records only.
func (w *world) walk(rt *scim.ResourceType, q scim.Query) (records []*scim.Record) {
	w.t.Helper()
	for {
		page, err := w.List(w.ctx, rt, q)
		check(w.t, err)
		records = append(records, page.Records...)
		if !page.More {
			return records
		}
		if len(page.Records) == 0 {
			w.t.Fatal("more, and nothing to go on from")
		}
		after, err := q.Sort.Position(page.Records[len(page.Records)-1])
		check(w.t, err)
		q.After = &after
	}
}

// sorted is a walk in pages of two, by name; "" is the order of creation.
func (w *world) sorted(rt *scim.ResourceType, by, order, attributes string) string {
	w.t.Helper()
	s, err := scim.ParseSort(rt, by, order, w.Profile)
	check(w.t, err)
	show, err := scim.ParseProjection(rt, attributes, "")
	check(w.t, err)
	var names []string
	for _, rec := range w.walk(rt, scim.Query{Sort: s, Count: 2, StartIndex: 1, Show: show}) {
		r, err := rt.Load(rec)
		check(w.t, err)
		names = append(names, r.Text("userName")+r.Text("displayName"))
	}
	return strings.Join(names, " ")
}

func TestList_C07_R081_CursorsAndSortsThroughTheClient(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	ids := map[string]string{}
	for _, name := range []string{"dora", "ada", "carl", "bob", "eve"} {
		family := ""
		if name != "carl" {
			family = fmt.Sprintf(`,"name":{"familyName":"of %s"},"title":"Dr %[1]s"`, name)
		}
		ids[name] = w.user(fmt.Sprintf(`{"userName":%q%s}`, name, family)).ID
	}
	w.group(fmt.Sprintf(`{"displayName":"Z","members":[{"value":%q,"display":"1"},{"value":%q}]}`, ids["ada"], ids["eve"]))
	w.group(fmt.Sprintf(`{"displayName":"B","members":[{"value":%q,"display":"2"}]}`, ids["bob"]))
	w.group(`{"displayName":"A"}`)
	w.skip()
	for _, c := range []struct{ by, order, want string }{
		{"", "", "dora ada carl bob eve"},
		{"userName", "", "ada bob carl dora eve"},
		{"userName", "descending", "eve dora carl bob ada"},
		{"name.familyName", "", "ada bob dora eve carl"}, // by the index; a missing value is last
		{"name.familyName", "descending", "carl eve dora bob ada"},
		{"title", "", "ada bob dora eve carl"}, // by a scan
		{"title", "descending", "carl eve dora bob ada"},
		{"meta.created", "descending", "dora ada carl bob eve"}, // all at the same time
		{"groups.display", "", "bob ada eve dora carl"},
	} {
		equal(t, c.by+" "+c.order, w.sorted(w.userType(), c.by, c.order, "userName"), c.want)
	}
	equal(t, "groups", w.sorted(w.groupType(), "displayName", "", ""), "A B Z")
	equal(t, "by members", w.sorted(w.groupType(), "members.display", "", "displayName"), "Z B A")
	equal(t, "by members, shown", w.sorted(w.groupType(), "members.display", "descending", ""), "A B Z")
	w.wantHappened() // reads write nothing
}

func TestList_R086_MoreAndTotalByIndex(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	for i := range 5 {
		w.user(fmt.Sprintf(`{"userName":"u%d"}`, i))
	}
	for _, c := range []struct {
		start, count, items int
		more                bool
	}{{1, 2, 2, true}, {4, 2, 2, false}, {3, 2, 2, true}, {5, 2, 1, false}, {6, 2, 0, false}, {1, 0, 0, false}} {
		page := w.list(w.userType(), "", c.start, c.count)
		equal(t, fmt.Sprint(c), []any{page.Total, len(page.Records), page.More}, []any{5, c.items, c.more})
	}
	records := w.list(w.userType(), "", 1, 5).Records
	for i, rec := range records[1:] {
		if rec.Seq <= records[i].Seq {
			t.Errorf("record %d has place %d, the one before %d", i+1, rec.Seq, records[i].Seq)
		}
	}
}

func TestList_D30_ASortThatReadsTooMuchIsNamed(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	s, err := scim.ParseSort(w.userType(), "title", "", w.Profile)
	check(t, err)
	f.list = directory.ErrTooMany
	_, err = w.List(w.ctx, w.userType(), scim.Query{Sort: s, StartIndex: 1, Count: 1})
	wantKind(t, err, scim.KindTooMany, "sortBy", `"title"`, "meta.created")
}

func TestGroup_R037_NestedGroupsAreShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "rfc")
	ada, bob := w.user(`{"userName":"ada"}`), w.user(`{"userName":"bob"}`)
	team := w.group(fmt.Sprintf(`{"displayName":"Team","members":[{"value":%q}]}`, ada.ID))
	before := w.get(w.userType(), ada.ID).ETag()
	everybody := w.group(fmt.Sprintf(`{"displayName":"Everybody","members":[{"value":%q},{"value":%q}]}`, team.ID, bob.ID))
	w.skip()

	groups := []scim.GroupRef{
		{Value: team.ID, Display: "Team", Type: "direct"}, {Value: everybody.ID, Display: "Everybody", Type: "indirect"},
	}
	equal(t, "GET", w.get(w.userType(), ada.ID).Groups, groups)
	equal(t, "list", w.list(w.userType(), `userName eq "ada"`, 1, 1).Records[0].Groups, groups)
	if after := w.get(w.userType(), ada.ID).ETag(); after == before { // D-29
		t.Errorf("the entity tag is still %s", after)
	}
	for filter, want := range map[string]string{
		fmt.Sprintf(`groups.value eq %q`, everybody.ID):                         "ada bob",
		fmt.Sprintf(`groups eq %q`, team.ID):                                    "ada",
		fmt.Sprintf(`groups[value eq %q and type eq "indirect"]`, everybody.ID): "ada",
		fmt.Sprintf(`groups[value eq %q and type eq "direct"]`, everybody.ID):   "bob",
		`groups.display eq "everybody"`:                                         "ada bob",
		`groups.type eq "indirect"`:                                             "ada",
		`groups.type eq "direct"`:                                               "ada bob",
	} {
		equal(t, filter, w.userNames(filter), want)
	}
	w.wantHappened()

	// A cycle is no fault, and ends; a group in itself is one.
	_, err := w.patch(w.groupType(), team.ID, add(everybody.ID))
	check(t, err)
	equal(t, "in a cycle", w.get(w.userType(), bob.ID).Groups, []scim.GroupRef{
		{Value: everybody.ID, Display: "Everybody", Type: "direct"}, {Value: team.ID, Display: "Team", Type: "indirect"},
	})
	_, err = w.patch(w.groupType(), team.ID, add(team.ID))
	wantKind(t, err, scim.KindOwnMember, team.ID)

	// Who shows no groups keeps the version (D-29), and a group that goes is gone from all that it was in.
	equal(t, "version", w.get(w.userType(), ada.ID).Version, int64(1))
	check(t, w.Delete(w.ctx, w.groupType(), everybody.ID, scim.Write{}))
	equal(t, "the rest", w.get(w.userType(), ada.ID).Groups, groups[:1])
	equal(t, "members", members(w.get(w.groupType(), team.ID)), []string{ada.ID})
}

// userNames are those of all matches.
func (w *world) userNames(filter string) string {
	w.t.Helper()
	var names []string
	for _, rec := range w.list(w.userType(), filter, 1, 100).Records {
		r, err := w.userType().Load(rec)
		check(w.t, err)
		names = append(names, r.Text("userName"))
	}
	return strings.Join(names, " ")
}
