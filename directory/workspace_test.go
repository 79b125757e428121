package directory_test

import (
	"fmt"
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
	names := []string{}
	for _, r := range roles {
		names = append(names, r.Name)
	}
	equal(t, "roles", names, []string{"admin", "member", "owner"})
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

func TestNew_NeedsAStoreAndAKey(t *testing.T) {
	t.Parallel()
	if _, err := directory.New(directory.Config{Key: directory.NewKey()}); err == nil {
		t.Error("a directory without a store")
	}
	if _, err := directory.New(directory.Config{Store: openStore(t, time.Now)}); err == nil {
		t.Error("a directory without a key")
	}
}

// below makes a workspace under another.
func (w *world) below(parent, key string) directory.Workspace {
	w.t.Helper()
	made, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: key, Parent: parent})
	check(w.t, err)
	return made
}

func TestWorkspace_Tree(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	west := w.below("ACC123", "WEST")
	east := w.below("ACC123", "EAST")
	inner := w.below("EAST", "INNER")
	equal(t, "roots and parents", []string{east.Root, east.Parent, inner.Root, inner.Parent},
		[]string{w.workspace.ID, w.workspace.ID, w.workspace.ID, east.ID})
	children, err := w.directory.Children(w.ctx, w.workspace)
	check(t, err)
	equal(t, "children", []string{children[0].Key, children[1].Key}, []string{"EAST", "WEST"})
	equal(t, "only its own", len(children), 2)
	none, err := w.directory.Children(w.ctx, west)
	check(t, err)
	equal(t, "children of a leaf", len(none), 0)
	_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "X", Parent: "NOPE"})
	wantRefusal(t, err, directory.RefusedNotFound, `"NOPE"`)
	parent := "ACC123"
	for i := range 16 {
		next := fmt.Sprintf("D%d", i)
		_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: next, Parent: parent})
		parent = next
	}
	wantRefusal(t, err, directory.RefusedInvalid, "16 workspaces deep")
}

func TestWorkspace_RolesAreThoseThatAreNamed(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	made, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: "a", DefaultRole: "guest", Roles: []directory.Role{{Name: "host", Permissions: []string{"door.open"}}},
	})
	check(t, err)
	roles, err := w.directory.Roles(w.ctx, made)
	check(t, err)
	equal(t, "roles", []any{len(roles), roles[0].Name, roles[1].Name, roles[1].Permissions}, []any{2, "guest", "host", []string{"door.open"}})
	_, err = w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{
		Key: "b", Roles: []directory.Role{{Name: "r"}, {Name: "r"}},
	})
	wantRefusal(t, err, directory.RefusedInvalid, "twice")
	all, err := w.directory.Workspaces(w.ctx)
	check(t, err)
	equal(t, "workspaces", len(all), 1)
}

func TestWorkspace_Settings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	for _, row := range []struct {
		settings directory.WorkspaceSettings
		text     string // of the refusal; none
	}{
		{directory.WorkspaceSettings{TimeZone: "Europe/Zurich", Language: "de-CH", FirstStatus: "invited", Provisioning: "unentitled"}, ""},
		{directory.WorkspaceSettings{}, ""},
		{directory.WorkspaceSettings{TimeZone: "Mars/Base"}, `"Mars/Base"`},
		{directory.WorkspaceSettings{TimeZone: "Local"}, `"Local"`},
		{directory.WorkspaceSettings{TimeZone: "../etc/passwd"}, `"../etc/passwd"`},
		{directory.WorkspaceSettings{Language: "klingonish-language"}, "language"},
		{directory.WorkspaceSettings{FirstStatus: "deactivated"}, `"deactivated"`},
		{directory.WorkspaceSettings{Provisioning: "on"}, `"on"`},
	} {
		changed, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{Settings: &row.settings})
		if row.text == "" {
			check(t, err)
			equal(t, "settings", changed.Settings, row.settings)
			continue
		}
		wantRefusal(t, err, directory.RefusedInvalid, row.text)
	}
}

func TestWorkspace_Update(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.label(w.workspace.ID, "<ws>")
	change := directory.WorkspaceChange{
		Name: new("Acme and Sons"), DefaultRole: new("admin"), Settings: &directory.WorkspaceSettings{KnownTeams: true},
	}
	for range 3 { // M12
		after, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, change)
		check(t, err)
		equal(t, "after", []any{after.Name, after.DefaultRole, after.Settings.KnownTeams, after.Version, after.Config},
			[]any{"Acme and Sons", "admin", true, w.workspace.Version + 1, w.workspace.Config + 1})
	}
	w.wantHappened(`workspace.update <ws> by cli:test: {"key":"ACC123","name":"Acme and Sons","default_role":"admin",` +
		`"settings":{"known_teams":true},"changed":["default_role","known_teams","name"]}`)
	_, err := w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{DefaultRole: new("nope")})
	wantRefusal(t, err, directory.RefusedNotFound, `"nope"`)
	_, err = w.directory.UpdateWorkspace(w.ctx, operator, w.workspace, directory.WorkspaceChange{Name: new("")})
	wantRefusal(t, err, directory.RefusedInvalid, "name")
	w.wantHappened()
}

// X11: what a configuration file declares is read-only for everybody else, and says so.
func TestWorkspace_X11_DeclaredIsReadOnly(t *testing.T) {
	t.Parallel()
	w := emptyWorld(t)
	file := directory.Actor{Name: directory.ActorConfig}
	declared := directory.WorkspaceSettings{Origin: "usher.yaml"}
	ws, err := w.directory.CreateWorkspace(w.ctx, file, directory.NewWorkspace{Key: "A", Settings: declared})
	check(t, err)
	c, err := w.directory.CreateConnection(w.ctx, file, ws, directory.NewConnection{Name: "okta", Origin: "usher.yaml"})
	check(t, err)
	other := directory.WorkspaceChange{Name: new("B")}
	rename := directory.ConnectionChange{Name: new("entra")}
	for what, err := range map[string]error{
		"workspace": second(w.directory.UpdateWorkspace(w.ctx, operator, ws, other)),
		"delete":    w.directory.DeleteWorkspace(w.ctx, operator, "A"),
		"role":      second(w.directory.CreateRole(w.ctx, operator, ws, directory.Role{Name: "r"})),
		"settings":  second(w.directory.UpdateConnection(w.ctx, operator, c, rename)),
		"end":       w.directory.DeleteConnection(w.ctx, operator, c),
	} {
		t.Run(what, func(t *testing.T) { wantRefusal(t, err, directory.RefusedReadOnly, "declared in usher.yaml") })
	}
	_, err = w.directory.UpdateWorkspace(w.ctx, operator, ws, directory.WorkspaceChange{Name: new("A")})
	check(t, err) // nothing differs
	_, err = w.directory.UpdateWorkspace(w.ctx, file, ws, other)
	check(t, err)
	_, err = w.directory.UpdateConnection(w.ctx, file, c, rename)
	check(t, err)
	_, err = w.directory.PauseConnection(w.ctx, operator, c) // M17: nobody edits a file to stop what runs
	check(t, err)
	// Nobody else can declare.
	mine, err := w.directory.CreateWorkspace(w.ctx, operator, directory.NewWorkspace{Key: "M", Settings: declared})
	check(t, err)
	equal(t, "origin", mine.Settings.Origin, "")
}

func second[T any](_ T, err error) error { return err }

func TestWorkspace_DeleteTakesWhatIsBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	east := w.below("ACC123", "EAST")
	inner := w.below("EAST", "INNER")
	west := w.below("ACC123", "WEST")
	w.label(east.ID, "<east>")
	w.label(inner.ID, "<inner>")
	_, err := w.directory.CreateConnection(w.ctx, operator, inner, directory.NewConnection{Name: "c"})
	check(t, err)
	_, err = w.directory.Invite(w.ctx, operator, inner, directory.Invitation{Email: "jane@x.org"})
	check(t, err)
	w.skip()
	check(t, w.directory.DeleteWorkspace(w.ctx, operator, "EAST"))
	for _, key := range []string{"EAST", "INNER"} {
		_, err := w.directory.Workspace(w.ctx, key)
		wantRefusal(t, err, directory.RefusedNotFound, key)
	}
	for _, key := range []string{"ACC123", west.Key} {
		_, err := w.directory.Workspace(w.ctx, key)
		check(t, err)
	}
	// The entries of a workspace that is gone are read with the root's.
	w.wantHappened(`> workspace.deleted : {"key":"INNER"}`, `> workspace.deleted : {"key":"EAST"}`)
	entries, err := w.store.Audit(w.ctx, w.workspace.Root, "", 0, 0)
	check(t, err)
	last := entries[len(entries)-2:]
	equal(t, "entries", []string{last[0].Action, last[0].Target, last[1].Action, last[1].Target},
		[]string{directory.ActionWorkspaceDelete, inner.ID, directory.ActionWorkspaceDelete, east.ID})
	check(t, w.directory.DeleteWorkspace(w.ctx, operator, "ACC123"))
	all, err := w.directory.Workspaces(w.ctx)
	check(t, err)
	equal(t, "workspaces", len(all), 0)
	w.below("", "WEST") // its key is free
}
