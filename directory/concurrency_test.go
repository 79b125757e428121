package directory_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// atOnce runs fn n times at the same time and returns the errors.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func TestConcurrency_T096_TwentyAddsToOneGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	g := w.group(`{"displayName":"G"}`)
	var want []string
	for i := range 20 {
		want = append(want, w.user(fmt.Sprintf(`{"userName":"u%d"}`, i)).ID)
	}
	w.skip()
	for _, err := range atOnce(20, func(i int) error {
		_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), add(want[i])), scim.Write{})
		return err
	}) {
		check(t, err)
	}
	rec := w.get(w.groupType(), g.ID)
	got := members(rec)
	slices.Sort(got)
	slices.Sort(want)
	equal(t, "members", got, want)
	equal(t, "version", rec.Version, int64(21))
	equal(t, "entries and events", len(w.happened()), 40)
}

func TestConcurrency_TheSameAddTwentyTimesIsOneChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	a := w.user(`{"userName":"a"}`).ID
	g := w.group(`{"displayName":"G"}`)
	w.skip()
	for _, err := range atOnce(20, func(int) error {
		_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), add(a)), scim.Write{})
		return err
	}) {
		check(t, err)
	}
	equal(t, "version", w.get(w.groupType(), g.ID).Version, int64(2))
	w.wantHappened(
		`group.update <G> by token:t: {"group":"<G>","display_name":"G","added":["<a>"]}`,
		`> group.updated : {"group":"<G>","display_name":"G","added":["<a>"]}`,
	)
}

func TestConcurrency_ARenameGetsThroughMemberChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	g := w.group(`{"displayName":"G"}`)
	var ids []string
	for i := range 19 {
		ids = append(ids, w.user(fmt.Sprintf(`{"userName":"u%d"}`, i)).ID)
	}
	for _, err := range atOnce(20, func(i int) error {
		operations := `[{"op":"replace","path":"displayName","value":"H"}]`
		if i < len(ids) {
			operations = add(ids[i])
		}
		_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), operations), scim.Write{})
		return err
	}) {
		check(t, err)
	}
	rec := w.get(w.groupType(), g.ID)
	equal(t, "name", names(scim.Page{Records: []*scim.Record{rec}}), []string{"H"})
	equal(t, "members", len(rec.Members), 19)
}

func TestConcurrency_T107_OfTwoListsOfMembersOneWins(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	var ids []string
	for i := range 6 {
		ids = append(ids, w.user(fmt.Sprintf(`{"userName":"u%d"}`, i)).ID)
	}
	for round := range 30 {
		g := w.group(fmt.Sprintf(`{"displayName":"G%d"}`, round))
		for _, err := range atOnce(len(ids), func(i int) error {
			if i%2 == 0 {
				operations := fmt.Sprintf(`[{"op":"replace","path":"members","value":[{"value":%q}]}]`, ids[i])
				_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), operations), scim.Write{})
				return err
			}
			body := fmt.Sprintf(`{"displayName":"G%d","members":[{"value":%q}]}`, round, ids[i])
			_, err := w.Replace(w.ctx, g.ID, w.decode(w.groupType(), body), scim.Write{})
			return err
		}) {
			check(t, err)
		}
		if got := members(w.get(w.groupType(), g.ID)); len(got) != 1 {
			t.Fatalf("round %d: %d members, want one list as it was sent", round, len(got))
		}
	}
}

func TestConcurrency_TwoEditsOfAGroupBothHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	g := w.group(`{"displayName":"G"}`)
	operations := []string{
		`[{"op":"replace","path":"displayName","value":"H"}]`,
		`[{"op":"add","path":"externalId","value":"ext"}]`,
	}
	for _, err := range atOnce(2, func(i int) error {
		_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), operations[i]), scim.Write{})
		return err
	}) {
		check(t, err)
	}
	rec := w.get(w.groupType(), g.ID)
	equal(t, "group", append(names(scim.Page{Records: []*scim.Record{rec}}), rec.ExternalID), []string{"H", "ext"})
}

func TestConcurrency_TenPostsOfOneUserName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.skip()
	made, takenCount := 0, 0
	for _, err := range atOnce(10, func(int) error {
		_, err := w.Create(w.ctx, w.decode(w.userType(), jane), scim.Write{})
		return err
	}) {
		var e *scim.Error
		switch {
		case err == nil:
			made++
		case errors.As(err, &e) && e.Kind == scim.KindTaken:
			takenCount++
		default:
			t.Error(err)
		}
	}
	equal(t, "made and taken", []int{made, takenCount}, []int{1, 9})
	equal(t, "entries and events", len(w.happened()), 2)
}

func TestConcurrency_ADeletedPersonReturnsOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(`{"userName":"a","externalId":"1","active":false}`)
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	bodies := []string{`{"userName":"b","externalId":"1","active":false}`, `{"userName":"a","active":false}`}
	recs := make([]*scim.Record, 2)
	for _, err := range atOnce(2, func(i int) error {
		var err error
		recs[i], err = w.Create(w.ctx, w.decode(w.userType(), bodies[i]), scim.Write{})
		return err
	}) {
		check(t, err)
	}
	if w.subject(recs[0].ID) == w.subject(recs[1].ID) {
		t.Error("two live users of one connection are one subject")
	}
}

func TestConcurrency_PatchesOfOneUserAllHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	w.skip()
	attributes := []string{"title", "nickName", "displayName", "userType", "locale"}
	for _, err := range atOnce(len(attributes), func(i int) error {
		operations := fmt.Sprintf(`[{"op":"replace","value":{%q:"x"}}]`, attributes[i])
		_, err := w.Patch(w.ctx, rec.ID, parsePatch(t, w.Client, w.userType(), operations), scim.Write{})
		return err
	}) {
		check(t, err)
	}
	got := w.get(w.userType(), rec.ID)
	equal(t, "version", got.Version, int64(1+len(attributes)))
	for _, a := range attributes {
		if !strings.Contains(string(got.Body), `"`+a+`":"x"`) {
			t.Errorf("%s is lost: %s", a, got.Body)
		}
	}
}

func TestConcurrency_ManyWritersOfOneUserDoNotDefeatEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rec := w.user(jane)
	const rounds, writers = 4, 32
	for round := range rounds {
		for _, err := range atOnce(writers, func(i int) error {
			operations := fmt.Sprintf(`[{"op":"replace","value":{"title":"%d of round %d"}}]`, i, round)
			_, err := w.Patch(w.ctx, rec.ID, parsePatch(t, w.Client, w.userType(), operations), scim.Write{})
			return err
		}) {
			check(t, err)
		}
	}
	equal(t, "version", w.get(w.userType(), rec.ID).Version, int64(1+rounds*writers))
}

func TestConcurrency_AMemberWhoIsDeletedMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "entra")
	g := w.group(`{"displayName":"G"}`)
	for i := range 20 {
		id := w.user(fmt.Sprintf(`{"userName":"u%d"}`, i)).ID
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return w.Delete(w.ctx, w.userType(), id, scim.Write{})
			}
			_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), add(id)), scim.Write{})
			return err
		})
		check(t, errs[0])
		if errs[1] != nil {
			wantKind(t, errs[1], scim.KindUnknownMember, id)
		}
	}
	equal(t, "members", members(w.get(w.groupType(), g.ID)), []string{})
}

func TestConcurrency_OperatorsToo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	made := 0
	for _, err := range atOnce(5, func(int) error {
		_, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{Name: "one"})
		return err
	}) {
		if err == nil {
			made++
			continue
		}
		wantRefusal(t, err, directory.RefusedExists, `"one"`)
	}
	equal(t, "made", made, 1)
}
