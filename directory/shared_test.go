package directory_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// newShared is a world whose connection sees the members of its workspace: two who were invited by hand.
func newShared(t *testing.T) (w *world, ada, bob directory.Person) {
	t.Helper()
	w = newTree(t, directory.ConnectionSettings{Scope: directory.ScopeWorkspace})
	var err error
	ada, err = w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "ada@x.test", Name: "Ada Byron", Role: "Editor"})
	check(t, err)
	bob, err = w.directory.Invite(w.ctx, operator, w.workspace, directory.Invitation{Email: "bob@x.test"})
	check(t, err)
	w.skip()
	return w, ada, bob
}

// shownNames lists the names of a page, whoever is in it.
func (w *world) shownNames(page scim.Page) []string {
	w.t.Helper()
	names := []string{}
	for _, rec := range page.Records {
		r, err := rec.Type.Load(rec)
		check(w.t, err)
		names = append(names, r.Text("userName"))
	}
	return names
}

func TestShared_C6_ListsWhomNobodyOwns(t *testing.T) {
	t.Parallel()
	w, ada, _ := newShared(t)
	w.user(`{"userName":"own1"}`)
	w.user(`{"userName":"own2"}`)
	page := w.list(w.userType(), "", 1, 10)
	equal(t, "total", page.Total, 4)
	equal(t, "names", w.shownNames(page)[:2], []string{"own1", "own2"})
	for start := 1; start <= 4; start++ {
		one := w.list(w.userType(), "", start, 1)
		equal(t, fmt.Sprintf("page %d", start), w.shownNames(one), w.shownNames(page)[start-1:start])
		equal(t, "more", one.More, start < 4)
	}
	equal(t, "behind the end", len(w.list(w.userType(), "", 5, 1).Records), 0)
	equal(t, "M6 by name", w.shownNames(w.list(w.userType(), `userName eq "ADA@x.test"`, 1, 10)), []string{"ada@x.test"})
	equal(t, "by another filter", w.shownNames(w.list(w.userType(), `displayName co "BYRON" or emails.value sw "bob"`, 1, 10)), w.shownNames(page)[2:])
	equal(t, "nobody", w.list(w.userType(), `userName eq "cid@x.test"`, 1, 10).Total, 0)
	rec := w.get(w.userType(), ada.Subject+"-"+w.connection.ID)
	if text := w.render(rec, ""); !strings.Contains(text, `"displayName":"Ada Byron"`) {
		t.Errorf("the profile is not shown: %s", text)
	}
}

func TestShared_ACursorMeetsEverybodyOnce(t *testing.T) {
	t.Parallel()
	w, _, _ := newShared(t)
	w.user(`{"userName":"own"}`)
	want := w.shownNames(w.list(w.userType(), "", 1, 10))
	for _, sort := range []*scim.Sort{nil, w.sortBy("userName")} {
		var got []string
		q := scim.Query{StartIndex: 1, Count: 1, Show: w.all(w.userType()), Sort: sort}
		for {
			page, err := w.List(w.ctx, w.userType(), q)
			check(t, err)
			equal(t, "total", page.Total, 3)
			got = append(got, w.shownNames(page)...)
			if !page.More {
				break
			}
			last, err := q.Sort.Position(page.Records[len(page.Records)-1])
			check(t, err)
			q.After = &last
		}
		if sort == nil {
			equal(t, "names", got, want)
		} else {
			equal(t, "sorted", got, []string{"ada@x.test", "bob@x.test", "own"})
		}
	}
}

func (w *world) sortBy(path string) *scim.Sort {
	w.t.Helper()
	s, err := scim.ParseSort(w.userType(), path, "", w.Profile)
	check(w.t, err)
	return s
}

func TestShared_D23_APostTakesOver(t *testing.T) {
	t.Parallel()
	w, ada, _ := newShared(t)
	rec := w.user(`{"userName":"ada.byron","externalId":"1","emails":[{"value":"ada@x.test"}],"role":"Viewer"}`)
	equal(t, "subject", w.subject(rec.ID), ada.Subject)
	equal(t, "id", rec.ID, ada.Subject+"-"+w.connection.ID)
	w.wantMemberships(rec.ID, "ACC123 Viewer(scim) active")
	equal(t, "total", w.list(w.userType(), "", 1, 10).Total, 2)
	_, err := w.Create(w.ctx, w.decode(w.userType(), `{"userName":"ada.byron"}`), scim.Write{})
	wantKind(t, err, scim.KindTaken)
}

func TestShared_APatchTakesOver(t *testing.T) {
	t.Parallel()
	w, ada, bob := newShared(t)
	id := bob.Subject + "-" + w.connection.ID
	_, err := w.patch(w.userType(), id, `[{"op":"replace","path":"title","value":"CTO"},{"op":"add","path":"externalId","value":"7"}]`)
	check(t, err)
	equal(t, "subject", w.subject(id), bob.Subject)
	equal(t, "name", w.get(w.userType(), id).ExternalID, "7")
	adas := ada.Subject + "-" + w.connection.ID
	wantKind(t, w.Delete(w.ctx, w.userType(), adas, scim.Write{}), scim.KindForeignUser, "PUT or PATCH first")
	_, err = w.put(w.userType(), adas, `{"userName":"ada@x.test","active":false}`)
	check(t, err)
	w.wantMemberships(adas, "ACC123 Editor(manual) deactivated")
	_, err = w.patch(w.userType(), "nobody-"+w.connection.ID, `[{"op":"replace","path":"title","value":"CTO"}]`)
	wantKind(t, err, scim.KindUnknownResource)
	equal(t, "total", w.list(w.userType(), "", 1, 10).Total, 2)
}

// Another connection of the scope shows its users, and keeps them. One of scope own does not even show them.
func TestShared_AnotherConnectionsUsers(t *testing.T) {
	t.Parallel()
	w, _, _ := newShared(t)
	sharing, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{
		Name: "sharing", Profile: "okta", Settings: directory.ConnectionSettings{Scope: directory.ScopeWorkspace},
	})
	check(t, err)
	own := w.connect("own", "okta")
	for c, name := range map[*directory.Connection]string{&sharing: "shown@x.test", &own: "hidden@x.test"} {
		client := w.directory.ClientFor(w.workspace, *c, operator)
		_, err := client.Create(w.ctx, decode(t, client, client.Types[0], `{"userName":"`+name+`","emails":[{"value":"`+name+`"}]}`), scim.Write{})
		check(t, err)
	}
	equal(t, "shown", w.list(w.userType(), `userName eq "shown@x.test"`, 1, 10).Total, 1)
	equal(t, "hidden", w.list(w.userType(), `userName eq "hidden@x.test"`, 1, 10).Total, 0)
	_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"shown@x.test"}`), scim.Write{})
	wantKind(t, err, scim.KindForeignUser, "connection sharing")
	id := w.list(w.userType(), `userName eq "shown@x.test"`, 1, 10).Records[0].ID
	_, err = w.patch(w.userType(), id, `[{"op":"replace","path":"title","value":"CTO"}]`)
	wantKind(t, err, scim.KindForeignUser, "connection sharing")
	wantKind(t, w.Delete(w.ctx, w.userType(), id, scim.Write{}), scim.KindForeignUser, "connection sharing")
	w.user(`{"userName":"hidden@x.test"}`)
}

func TestShared_B11_APrivilegedAccountIsLinkedByAnAdminAlone(t *testing.T) {
	t.Parallel()
	w, ada, _ := newShared(t)
	_, _, err := w.directory.ChangeMember(w.ctx, operator, w.workspace, ada.Subject, directory.MemberChange{Role: new("admin")})
	check(t, err)
	_, err = w.Create(w.ctx, w.decode(w.userType(), `{"userName":"ada@x.test"}`), scim.Write{})
	wantKind(t, err, scim.KindForeignUser, "privileged role")
}

func TestShared_E2_ADeletedConnectionsPeopleAreImported(t *testing.T) {
	t.Parallel()
	w := newTree(t, directory.ConnectionSettings{})
	rec := w.user(`{"userName":"jane@x.test","emails":[{"value":"jane@x.test"}]}`)
	subject := w.subject(rec.ID)
	check(t, w.directory.DeleteConnection(w.ctx, operator, w.connection))
	w.connection = w.connect("okta-2", "okta")
	w.set(directory.ConnectionSettings{Scope: directory.ScopeWorkspace})
	equal(t, "imported", w.shownNames(w.list(w.userType(), "", 1, 10)), []string{"jane@x.test"})
	again := w.user(`{"userName":"jane@x.test"}`)
	equal(t, "subject", w.subject(again.ID), subject)
}

// Who was deleted is tombstoned: neither listed, nor found, nor there for another connection to take over (X3).
func TestShared_X3_WhoWasDeletedIsNobodysToTakeOver(t *testing.T) {
	t.Parallel()
	w, _, _ := newShared(t)
	rec := w.user(`{"userName":"gone@x.test","emails":[{"value":"gone@x.test"}]}`)
	before := w.list(w.userType(), "", 1, 10).Total
	check(t, w.Delete(w.ctx, w.userType(), rec.ID, scim.Write{}))
	equal(t, "found", w.list(w.userType(), `userName eq "gone@x.test"`, 1, 10).Total, 0)
	equal(t, "listed", w.list(w.userType(), "", 1, 10).Total, before-1)
	sharing, err := w.directory.CreateConnection(w.ctx, operator, w.workspace, directory.NewConnection{
		Name: "sharing", Profile: "okta", Settings: directory.ConnectionSettings{Scope: directory.ScopeWorkspace},
	})
	check(t, err)
	client := w.directory.ClientFor(w.workspace, sharing, operator)
	page, err := client.List(w.ctx, client.Types[0], scim.Query{StartIndex: 1, Count: 10})
	check(t, err)
	equal(t, "listed elsewhere", page.Total, before-1)
}
