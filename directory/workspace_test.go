package directory_test

import (
	"strings"
	"testing"
	"time"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

func TestWorkspace_Create(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	var err error
	w.workspace, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "ACC123", Name: "Acme"})
	check(t, err)
	w.label(w.workspace.ID, "<ws>")
	w.wantHappened(`workspace.create <ws> by cli:test: {"key":"ACC123","name":"Acme","default_role":"member"}`)
	found, err := w.directory.Workspace(w.ctx, "ACC123")
	check(t, err)
	equal(t, "found", found, w.workspace)
	equal(t, "root", found.Root, found.ID)
	roles, err := w.directory.Roles(w.ctx, found)
	check(t, err)
	equal(t, "roles", len(roles), 1)
	equal(t, "role", roles[0].Name, "member")
	all, err := w.directory.Workspaces(w.ctx)
	check(t, err)
	equal(t, "all", all, []directory.Workspace{w.workspace})
}

func TestWorkspace_DefaultRole(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	made, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "b-2", DefaultRole: "Viewer"})
	check(t, err)
	equal(t, "role", made.DefaultRole, "Viewer")
	equal(t, "name", made.Name, "b-2")
}

func TestWorkspace_Refusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	rows := []struct {
		new  directory.NewWorkspace
		kind directory.RefusalKind
		text string
	}{
		{directory.NewWorkspace{Key: ""}, directory.RefusedInvalid, `""`},
		{directory.NewWorkspace{Key: "a_b"}, directory.RefusedInvalid, `"a_b"`},
		{directory.NewWorkspace{Key: "a b"}, directory.RefusedInvalid, `"a b"`},
		{directory.NewWorkspace{Key: "a\n"}, directory.RefusedInvalid, `"a\n"`},
		{directory.NewWorkspace{Key: strings.Repeat("a", 65)}, directory.RefusedInvalid, "aaa"},
		{directory.NewWorkspace{Key: "a", Name: "bell\a"}, directory.RefusedInvalid, "workspace name"},
		{directory.NewWorkspace{Key: "a", Name: strings.Repeat("a", 101)}, directory.RefusedInvalid, "100"},
		{directory.NewWorkspace{Key: "a", DefaultRole: " r"}, directory.RefusedInvalid, "default role"},
		{directory.NewWorkspace{Key: "ACC123"}, directory.RefusedExists, "ACC123"},
	}
	for _, row := range rows {
		_, err := w.directory.CreateWorkspace(w.ctx, operator, row.new)
		wantRefusal(t, err, row.kind, row.text)
	}
	_, err := w.directory.Workspace(w.ctx, "acc123") // keys are case-sensitive
	wantRefusal(t, err, directory.RefusedNotFound, "acc123")
	wantRefusal(t, w.directory.DeleteWorkspace(w.ctx, operator, "nope"), directory.RefusedNotFound, "nope")
	w.wantHappened()
}

func TestWorkspace_DeleteTakesEverything(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	token := w.token(w.connection)
	rec := w.user(jane)
	check(t, w.directory.DeleteWorkspace(w.ctx, operator, "ACC123"))
	_, err := w.directory.Workspace(w.ctx, "ACC123")
	wantRefusal(t, err, directory.RefusedNotFound, "ACC123")
	_, err = w.authenticate("Bearer "+token.Text, "")
	wantKind(t, err, scim.KindUnknownToken)
	_, err = w.Get(w.ctx, w.userType(), rec.ID, w.all(w.userType()))
	wantKind(t, err, scim.KindUnknownResource)
	_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "ACC123"})
	check(t, err)
}

func TestSeal_WrongKeyIsNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	check(t, w.directory.CheckKey(w.ctx))
	wrong := directory.NewKey()
	err := w.open(wrong).CheckKey(w.ctx)
	if err == nil {
		t.Fatal("another key opens the store's secrets")
	}
	for _, text := range []string{w.key.ID(), wrong.ID(), "tombstone-key"} {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("%q lacks %q", err, text)
		}
	}
}

func TestSeal_X10(t *testing.T) {
	t.Parallel()
	key := directory.NewKey()
	sealed := key.Seal("root", "name", []byte("plain secret"))
	if strings.Contains(string(sealed.Sealed), "plain secret") {
		t.Error("X10: the secret is stored in the clear")
	}
	plain, err := key.Open(sealed)
	check(t, err)
	equal(t, "opened", string(plain), "plain secret")

	moved, renamed, short, flipped := sealed, sealed, sealed, sealed
	moved.Root = "other"
	renamed.Name = "other"
	short.Sealed = short.Sealed[:10]
	flipped.Sealed = append([]byte{}, sealed.Sealed...)
	flipped.Sealed[len(flipped.Sealed)-1] ^= 1
	for what, s := range map[string]directory.Secret{"moved": moved, "renamed": renamed, "short": short, "flipped": flipped} {
		if _, err := key.Open(s); err == nil {
			t.Errorf("a %s secret opens", what)
		}
	}
}

func TestKey_Text(t *testing.T) {
	t.Parallel()
	key := directory.NewKey()
	again, err := directory.ParseKey(" " + key.String() + "\n")
	check(t, err)
	equal(t, "key", again, key)
	for _, bad := range []string{"", "c2hvcnQ=", "not base64!"} {
		if _, err := directory.ParseKey(bad); err == nil || bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("ParseKey(%q) = %v; want an error that does not repeat the text", bad, err)
		}
	}
	if _, err := directory.New(directory.Config{Key: key}); err == nil {
		t.Error("a directory without a store")
	}
	if _, err := directory.New(directory.Config{Store: openStore(t, time.Now)}); err == nil {
		t.Error("a directory without a key")
	}
}
