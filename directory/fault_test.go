package directory_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// faulty is the real store with an error put in front of some methods.
type faulty struct {
	directory.Store
	commit, list    error
	members, groups error
	mu              sync.Mutex // guards commits: the background commits too
	commits         int
	before          func() // runs before each commit: what another caller does meanwhile
}

func (f *faulty) Members(ctx context.Context, root, group, after string, limit int) ([]directory.Member, error) {
	if f.members != nil {
		return nil, f.members
	}
	return f.Store.Members(ctx, root, group, after, limit)
}

func (f *faulty) GroupsOf(
	ctx context.Context, root string, ids []string,
) (map[string][]directory.GroupOf, error) {
	if f.groups != nil {
		return nil, f.groups
	}
	return f.Store.GroupsOf(ctx, root, ids)
}

func (f *faulty) Commit(ctx context.Context, c *directory.Change) error {
	f.mu.Lock()
	f.commits++
	f.mu.Unlock()
	if f.commit != nil {
		return f.commit
	}
	if before := f.before; before != nil {
		f.before = nil
		before()
		f.before = before
	}
	return f.Store.Commit(ctx, c)
}

func (f *faulty) Users(ctx context.Context, q directory.ListQuery) (directory.UserPage, error) {
	if f.list != nil {
		return directory.UserPage{}, f.list
	}
	return f.Store.Users(ctx, q)
}

func (f *faulty) Groups(ctx context.Context, q directory.ListQuery) (directory.GroupPage, error) {
	if f.list != nil {
		return directory.GroupPage{}, f.list
	}
	return f.Store.Groups(ctx, q)
}

func newFaulty(t *testing.T) (*world, *faulty) {
	t.Helper()
	w := newWorld(t, "okta")
	f := &faulty{Store: w.store}
	w.store = f
	w.directory = w.open(w.key)
	w.Client = w.directory.ClientFor(w.workspace, w.connection, operator)
	return w, f
}

func TestWrite_StoreErrors(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	post := func() error {
		_, err := w.Create(w.ctx, w.decode(w.userType(), jane), scim.Write{})
		return err
	}
	f.commit = directory.ErrBusy
	wantKind(t, post(), scim.KindBusy)
	equal(t, "a busy store is not pressed", f.commits, 1)

	f.commit, f.commits = directory.ErrConflict, 0
	wantKind(t, post(), scim.KindConflict)
	equal(t, "attempts", f.commits, 8)

	f.commit = errors.New("disk on fire")
	var known *scim.Error
	if err := post(); !errors.Is(err, f.commit) || errors.As(err, &known) {
		t.Errorf("an unknown error came out as %v", err)
	}
	f.commit = nil
	check(t, post())
}

func TestList_StoreErrors(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	filter, err := scim.ParseFilter(`title co "x"`, w.userType(), w.Profile)
	check(t, err)
	f.list = directory.ErrTooMany
	_, err = w.List(w.ctx, w.userType(), scim.Query{Filter: filter, StartIndex: 1, Count: 1})
	wantKind(t, err, scim.KindTooMany, `title co`) // D-30
	f.list = directory.ErrBusy
	for _, rt := range w.Types {
		_, err = w.List(w.ctx, rt, scim.Query{StartIndex: 1, Count: 1})
		wantKind(t, err, scim.KindBusy)
	}
}

// One member more or less in a large group must not read its list.
func TestGroup_MemberDeltasReadNoList(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	a, b := w.user(`{"userName":"a"}`).ID, w.user(`{"userName":"b"}`).ID
	g := w.group(`{"displayName":"G","members":[{"value":"` + a + `"}]}`)
	f.members = errors.New("the list was read")
	patch := func(operations string) error {
		_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), operations), scim.Write{})
		return err
	}
	for _, operations := range []string{
		add(b), add(b), remove(a), remove("gone"), `[{"op":"remove","path":"members[value eq \"` + b + `\"]"}]`,
		`[{"op":"replace","path":"displayName","value":"H"}]`,
	} {
		check(t, patch(operations))
	}
	check(t, patch(add(a)))
	check(t, patch(`[{"op":"remove","path":"members"}]`))
	check(t, patch(add(a)))
	if err := patch(`[{"op":"remove","path":"members[type eq \"User\"]"}]`); !errors.Is(err, f.members) {
		t.Errorf("a selector needs the list, but the error is %v", err)
	}
	f.members = nil
	equal(t, "members", members(w.get(w.groupType(), g.ID)), []string{a})
}

func TestWrite_NoDifferenceNoCommit(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	rec := w.user(jane)
	f.commits = 0
	_, err := w.put(w.userType(), rec.ID, jane)
	check(t, err)
	equal(t, "commits", f.commits, 0) // M12
}

// strangers adds a new member to the group before every commit.
func (f *faulty) strangers(w *world, group string) {
	n := 0
	f.before = func() {
		n++
		rec, err := w.Create(w.ctx, w.decode(w.userType(), fmt.Sprintf(`{"userName":"stranger-%d"}`, n)), scim.Write{})
		check(w.t, err)
		_, err = w.Patch(w.ctx, group, parsePatch(w.t, w.Client, w.groupType(), add(rec.ID)), scim.Write{})
		check(w.t, err)
	}
}

func TestGroup_T096_ARenameHoldsWhileMembersChange(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	g := w.group(`{"displayName":"G"}`)
	f.strangers(w, g.ID)
	got, err := w.patch(w.groupType(), g.ID, `[{"op":"replace","path":"displayName","value":"H"}]`)
	check(t, err)
	equal(t, "name", names(scim.Page{Records: []*scim.Record{got}}), []string{"H"})
	equal(t, "members", len(got.Members), 1)
}

func TestGroup_IfMatchHoldsAtTheCommit(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	a := w.user(`{"userName":"a"}`).ID
	for _, operations := range []string{add(a), `[{"op":"replace","path":"displayName","value":"H"}]`} {
		f.before = nil
		g := w.group(fmt.Sprintf(`{"displayName":"G %d"}`, len(operations)))
		f.strangers(w, g.ID)
		_, err := w.Patch(w.ctx, g.ID, parsePatch(t, w.Client, w.groupType(), operations), ifMatch(g.Version))
		wantKind(t, err, scim.KindVersion)
		f.before = nil
		check(t, w.Delete(w.ctx, w.groupType(), g.ID, scim.Write{}))
		for _, u := range w.list(w.userType(), `userName sw "stranger"`, 1, 10).Records {
			check(t, w.Delete(w.ctx, w.userType(), u.ID, scim.Write{}))
		}
	}
}

func TestUser_WithoutGroupsNoGroupIsRead(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	f.groups = errors.New("groups were read")
	rec := w.user(jane)
	equal(t, "groups are shown", w.get(w.userType(), rec.ID).HasGroups, true)
	w.group(`{"displayName":"G","members":[{"value":"` + rec.ID + `"}]}`)
	if _, err := w.Get(w.ctx, w.userType(), rec.ID, w.all(w.userType())); !errors.Is(err, f.groups) {
		t.Errorf("a user with groups shows them, but the error is %v", err)
	}
}

func TestClient_UnknownType(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	device := &scim.ResourceType{ID: "Device", Name: "Device", Endpoint: "/Devices"}
	_, err := w.Create(w.ctx, &scim.Resource{Type: device}, scim.Write{})
	wantKind(t, err, scim.KindUnknownEndpoint, "/Devices")
	_, err = w.Get(w.ctx, device, "1", scim.Projection{})
	wantKind(t, err, scim.KindUnknownEndpoint)
	_, err = w.List(w.ctx, device, scim.Query{})
	wantKind(t, err, scim.KindUnknownEndpoint)
	_, err = w.Replace(w.ctx, "1", &scim.Resource{Type: device}, scim.Write{})
	wantKind(t, err, scim.KindUnknownEndpoint)
	_, err = w.Patch(w.ctx, "1", &scim.Patch{Type: device}, scim.Write{})
	wantKind(t, err, scim.KindUnknownEndpoint)
	wantKind(t, w.Delete(w.ctx, device, "1", scim.Write{}), scim.KindUnknownEndpoint)
}

func TestContact_AFailedMarkIsTriedAgain(t *testing.T) {
	t.Parallel()
	w, f := newFaulty(t)
	token := w.token(w.connection)
	w.skip()
	f.commit = directory.ErrBusy // the mark is written, its audit entry is not
	_, err := w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	w.directory.RecordContacts(w.ctx)
	f.commit = nil
	_, err = w.authenticate("Bearer "+token.Text, "")
	check(t, err)
	w.directory.RecordContacts(w.ctx)
	w.label(w.connection.ID, "<c>")
	w.label(token.ID, "<t>")
	w.wantHappened(`connection.activate <c> by token:<t>: {}`)
}
