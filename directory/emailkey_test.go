package directory_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

// keyWorld is a world whose client knows people by e-mail.
func keyWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "okta")
	w.setUp(directory.ConnectionSettings{Key: "email"})
	return w
}

// setUp gives the connection its settings, and its client with it.
func (w *world) setUp(s directory.ConnectionSettings) {
	w.t.Helper()
	c, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &s})
	check(w.t, err)
	w.clock.add(time.Second)
	w.connection = c
	w.Client = w.directory.ClientFor(w.workspace, c, directory.Actor{Name: "token:t", RequestID: "r"})
	w.skip()
}

func person(userName string, emails ...string) string {
	list := ""
	for i, e := range emails {
		if i > 0 {
			list += ","
		}
		list += fmt.Sprintf(`{"value":%q}`, e)
	}
	return fmt.Sprintf(`{"userName":%q,"emails":[%s]}`, userName, list)
}

func TestList_M6_UserNameAlsoFindsTheEmail(t *testing.T) {
	t.Parallel()
	w := keyWorld(t)
	ann := w.user(person("ann", "ann@x.example", "shared@x.example"))
	bob := w.user(person("bob", "bob@x.example", "ann@x.example")) // not his primary one
	for key, want := range map[string]string{
		"ann": ann.ID, "Ann@X.example": ann.ID, "bob@x.example": bob.ID, "shared@x.example": "", "nobody": "", "": "",
	} {
		page := w.list(w.userType(), fmt.Sprintf("userName eq %q", key), 1, 10)
		if want == "" && (page.Total != 0 || len(page.Records) != 0) || want != "" && (page.Total != 1 || len(page.Records) != 1 || page.Records[0].ID != want) {
			t.Errorf("%q finds %d: %v", key, page.Total, page.Records)
		}
	}
	if page := w.list(w.userType(), `userName eq "ann@x.example"`, 1, 0); page.Total != 1 || len(page.Records) != 0 {
		t.Errorf("the total alone: %+v", page)
	}
	if page := w.list(w.userType(), `userName eq "ann@x.example"`, 2, 10); page.Total != 1 || len(page.Records) != 0 {
		t.Errorf("behind the only one: %+v", page)
	}
	if page := w.list(w.userType(), `userName eq "ann@x.example" and active eq true`, 1, 10); page.Total != 0 {
		t.Errorf("a filter that asks for more means what it says: %+v", page)
	}
	w.setUp(directory.ConnectionSettings{})
	if page := w.list(w.userType(), `userName eq "ann@x.example"`, 1, 10); page.Total != 0 {
		t.Errorf("without the setting: %+v", page)
	}
}

// Users of before the setting may have one e-mail; a look-up finds one of them, and the same each time.
func TestList_M6_NeverMoreThanOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	first := w.user(person("ann", "team@x.example"))
	w.user(person("bob", "team@x.example"))
	named := w.user(person("desk@x.example", "other@x.example"))
	w.user(person("carl", "desk@x.example"))
	w.setUp(directory.ConnectionSettings{Key: "email"})
	for key, want := range map[string]string{"team@x.example": first.ID, "desk@x.example": named.ID} {
		if page := w.list(w.userType(), fmt.Sprintf("userName eq %q", key), 1, 10); page.Total != 1 || page.Records[0].ID != want {
			t.Errorf("%s finds %+v, want %s", key, page, want)
		}
	}
	// Who shares one already can still be changed otherwise.
	_, err := w.patch(w.userType(), first.ID, `[{"op":"replace","path":"active","value":false}]`)
	check(t, err)
}

func TestWrite_M6_ASecondMatchIs409(t *testing.T) {
	t.Parallel()
	w := keyWorld(t)
	w.user(person("ann", "ann@x.example", "a2@x.example"))
	bob := w.user(person("bob", "bob@x.example"))
	create := func(body string) error {
		_, err := w.Create(w.ctx, w.decode(w.userType(), body), w.shown(w.userType()))
		return err
	}
	wantKind(t, create(person("carl", "ANN@x.example")), scim.KindTaken, "emails.value", "ANN@x.example")
	wantKind(t, create(person("carl", "ann")), scim.KindTaken, "emails.value")
	wantKind(t, create(person("Ann@x.example", "carl@x.example")), scim.KindTaken, "userName")
	_, err := w.patch(w.userType(), bob.ID, `[{"op":"replace","path":"emails","value":[{"value":"ann@x.example"}]}]`)
	wantKind(t, err, scim.KindTaken, "emails.value")
	_, err = w.patch(w.userType(), bob.ID, `[{"op":"replace","path":"userName","value":"ann@x.example"}]`)
	wantKind(t, err, scim.KindTaken, "userName")
	check(t, create(person("carl", "carl@x.example", "ann@x.example"))) // not the primary one
	check(t, create(person("dora@x.example", "Dora@x.example")))        // one's own
	_, err = w.patch(w.userType(), bob.ID, `[{"op":"replace","path":"emails","value":[{"value":"BOB@x.example"}]}]`)
	check(t, err)
}

func TestWrite_C2_M15_WhatTheConnectionAsksFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	old := w.user(`{"userName":"old"}`)
	w.setUp(directory.ConnectionSettings{Required: []string{"name.givenName", "emails"}, EmailUserName: true})
	create := func(body string) error {
		_, err := w.Create(w.ctx, w.decode(w.userType(), body), w.shown(w.userType()))
		return err
	}
	wantKind(t, create(`{"userName":"a@x.example","emails":[{"value":"a@x.example"}]}`), scim.KindMissing, "name.givenName")
	wantKind(t, create(`{"userName":"a","name":{"givenName":"A"},"emails":[{"value":"a@x.example"}]}`), scim.KindNotAnEmail, `"a"`)
	check(t, create(`{"userName":"a@x.example","name":{"givenName":"A"},"emails":[{"value":"A@x.example"}]}`))
	_, err := w.patch(w.userType(), old.ID, `[{"op":"replace","path":"active","value":false}]`)
	check(t, err) // who came before these rules can leave
}
