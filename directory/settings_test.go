package directory_test

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

func TestConnection_Settings(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.below("ACC123", "EAST")
	east, err := w.directory.Workspace(w.ctx, "EAST")
	check(t, err)
	_, err = w.directory.CreateRole(w.ctx, operator, east, directory.Role{Name: "seller"})
	check(t, err)
	gone := w.connect("gone", "okta")
	check(t, w.directory.DeleteConnection(w.ctx, operator, gone))
	live := w.connect("live", "okta")
	mapped := func(a ...mapping.Attribute) mapping.Rules { return mapping.Rules{Attributes: a} }
	for _, row := range []struct {
		name     string
		settings directory.ConnectionSettings
		text     string // of the refusal; none
	}{
		{"defaults", directory.ConnectionSettings{}, ""},
		{"M6 key", directory.ConnectionSettings{Key: "email"}, ""},
		{"another key", directory.ConnectionSettings{Key: "mail"}, `"mail"`},
		{"principal", directory.ConnectionSettings{Principal: "emails[type eq \"work\"].value"}, ""},
		{"externalId", directory.ConnectionSettings{Principal: "externalId"}, ""},
		{"unknown principal", directory.ConnectionSettings{Principal: "badge"}, `principal "badge"`},
		{"C2 required", directory.ConnectionSettings{Required: []string{"userName", "name.givenName", "externalId"}}, ""},
		{"unknown required", directory.ConnectionSettings{Required: []string{"userName", "accounts[0]"}}, `"accounts[0]"`},
		{"empty required", directory.ConnectionSettings{Required: []string{""}}, `""`},
		{"B11 roles", directory.ConnectionSettings{Roles: []string{"owner", "member"}}, ""},
		{"no roles at all", directory.ConnectionSettings{Roles: []string{}}, ""},
		{"a role of a workspace below", directory.ConnectionSettings{Roles: []string{"seller"}}, ""},
		{"unknown role", directory.ConnectionSettings{Roles: []string{"Owner"}}, `"Owner"`},
		{"E1 predecessor", directory.ConnectionSettings{Predecessor: gone.ID}, ""},
		{"a live predecessor", directory.ConnectionSettings{Predecessor: live.ID}, `"live" is not deleted`},
		{"no id", directory.ConnectionSettings{Predecessor: "gone"}, `"gone"`},
		{"C1 base path", directory.ConnectionSettings{BasePath: "/nx/v2/scim/v2/idp"}, ""},
		{"a base path of our own", directory.ConnectionSettings{BasePath: "/api/scim"}, "/api"},
		{"X8 hook", directory.ConnectionSettings{Hook: "https://hooks.example/usher?x=1"}, ""},
		{"a local hook", directory.ConnectionSettings{Hook: "http://127.0.0.1:9/"}, ""},
		{"a hook in the clear", directory.ConnectionSettings{Hook: "http://hooks.example/"}, "http://hooks.example/"},
		{"a hook with a password", directory.ConnectionSettings{Hook: "https://a:b@hooks.example/"}, "a:b"},
		{"no address", directory.ConnectionSettings{Hook: "hooks.example"}, `"hooks.example"`},
		{"B10 brake", directory.ConnectionSettings{Brake: &directory.Brake{Members: 5, Percent: 100}}, ""},
		{"a brake beyond", directory.ConnectionSettings{Brake: &directory.Brake{Percent: 101}}, "101"},
		{"a brake below", directory.ConnectionSettings{Brake: &directory.Brake{Members: -1}}, "-1"},
		{"E3 mapping", directory.ConnectionSettings{Mapping: mapped(mapping.Attribute{Source: "title", Target: "title"})}, ""},
		{"X4 two sources for a target", directory.ConnectionSettings{Mapping: mapped(
			mapping.Attribute{Source: "title", Target: "title"}, mapping.Attribute{Source: "displayName", Target: "title"})}, "title"},
		{"too long", directory.ConnectionSettings{Mapping: mapped(mapping.Attribute{Source: "title", Target: "title", Default: strings.Repeat("x", 1<<20)})}, "bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			after, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, directory.ConnectionChange{Settings: &row.settings})
			if row.text != "" {
				if err == nil {
					t.Fatalf("%+v is taken", row.settings)
				}
				kind := directory.RefusedInvalid
				if strings.Contains(row.name, "role") {
					kind = directory.RefusedNotFound
				}
				wantRefusal(t, err, kind, row.text)
				return
			}
			check(t, err)
			stored, err := w.directory.Connection(w.ctx, w.workspace, w.connection.ID)
			check(t, err)
			equal(t, "stored", stored.Settings, after.Settings)
			equal(t, "settings", stored.Settings, row.settings)
		})
	}
}

func TestConnection_Update(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.connect("other", "okta")
	w.label(w.connection.ID, "<c>")
	w.skip()
	change := directory.ConnectionChange{
		Name: new("new"), Profile: new("entra"), Settings: &directory.ConnectionSettings{NoCreate: true, Roles: []string{}},
	}
	for range 3 { // M12
		after, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, change)
		check(t, err)
		equal(t, "after", []any{after.Name, after.Profile, after.Settings.NoCreate, after.Version},
			[]any{"new", "entra", true, w.connection.Version + 1})
	}
	w.wantHappened(`connection.update <c> by cli:test: {"name":"new","profile":"entra","state":"enabled",` +
		`"settings":{"no_create":true,"roles":[]},"changed":["name","no_create","profile","roles"]}`)
	for _, row := range []struct {
		change directory.ConnectionChange
		kind   directory.RefusalKind
		text   string
	}{
		{directory.ConnectionChange{Name: new("other")}, directory.RefusedExists, `"other"`},
		{directory.ConnectionChange{Name: new("")}, directory.RefusedInvalid, "name"},
		{directory.ConnectionChange{Profile: new("nope")}, directory.RefusedInvalid, `"nope"`},
	} {
		_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, row.change)
		wantRefusal(t, err, row.kind, row.text)
	}
	w.wantHappened()
}

// A change of settings holds at once for requests that come with a credential from before.
func TestConnection_SettingsHoldForOpenClients(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection,
		directory.ConnectionChange{Settings: &directory.ConnectionSettings{NoCreate: true}})
	check(t, err)
	_, err = w.Create(w.ctx, w.decode(w.userType(), jane), w.shown(w.userType()))
	if err == nil {
		t.Error("X5: a user is created through a connection that creates none")
	}
}

func TestConnection_M17_Disable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	w.label(w.connection.ID, "<c>")
	for range 2 {
		c, err := w.directory.DisableConnection(w.ctx, operator, w.connection)
		check(t, err)
		equal(t, "state", []any{c.State, c.StateBy, c.StateAt}, []any{directory.StateDisabled, "cli:test", testStart})
	}
	w.wantHappened(`connection.disable <c> by cli:test: {"name":"okta-1","profile":"okta","state":"disabled"}`)
	_, err := w.directory.PauseConnection(w.ctx, operator, w.connection)
	wantRefusal(t, err, directory.RefusedInvalid, "disabled")
	c, err := w.directory.ResumeConnection(w.ctx, operator, w.connection)
	check(t, err)
	equal(t, "state", c.State, directory.StateEnabled)
}

// A mapping may name attributes that the workspace declares, which then stay.
func TestConnection_MappingsRestOnDeclarations(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "okta")
	settings := directory.ConnectionSettings{
		Mapping: mapping.Rules{Attributes: []mapping.Attribute{{Source: acme + ":badge", Target: "badge"}}},
	}
	change := directory.ConnectionChange{Settings: &settings}
	_, err := w.directory.UpdateConnection(w.ctx, operator, w.connection, change)
	wantRefusal(t, err, directory.RefusedInvalid, "badge")
	w.declare(acmeSchema(`{"name":"badge"}`))
	_, err = w.directory.UpdateConnection(w.ctx, operator, w.connection, change)
	check(t, err)

	w.refresh()
	rec := w.user(`{"userName":"jane","schemas":["urn:ietf:params:scim:schemas:core:2.0:User","` + acme + `"],"` + acme + `":{"badge":"B-7"}}`)
	who, err := w.store.Subject(w.ctx, w.workspace.Root, w.subject(rec.ID))
	check(t, err)
	equal(t, "profile", string(who.Profile), `{"badge":"B-7","user_type":"internal"}`)

	_, err = w.directory.Undeclare(w.ctx, operator, w.workspace, directory.DeclaredSchema, acme)
	wantRefusal(t, err, directory.RefusedInUse, `connection "okta-1"`)
	_, err = w.directory.Redeclare(w.ctx, operator, w.workspace, declaration(t, acmeSchema(`{"name":"team"}`)))
	wantRefusal(t, err, directory.RefusedInUse, "badge")
	_, err = w.directory.Announce(w.ctx, operator, w.connection, []string{})
	wantRefusal(t, err, directory.RefusedInvalid, "badge")
}
