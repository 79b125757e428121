package directory_test

import (
	"strings"
	"testing"

	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/scim"
)

const device = "urn:example:params:scim:schemas:Device"

const deviceSchema = `{"id":"` + device + `","name":"Device","resourceType":"Device","attributes":[
	{"name":"displayName","required":true,"indexed":true},{"name":"serialNumber","caseExact":true,"uniqueness":"server"},
	{"name":"active","type":"boolean"}]}`

const deviceType = `{"schemas":["` + scim.URNResourceType + `"],"name":"Device","endpoint":"/Devices","schema":"` + device + `"}`

func (w *world) announce(schemas []string) {
	w.t.Helper()
	c, err := w.directory.Announce(w.ctx, operator, w.connection, schemas)
	check(w.t, err)
	w.connection = c
	w.refresh()
}

// A connection announces all schemas of its workspace, or those on its list; what it does not announce it neither
// shows nor keeps, and what it announces again begins anew.
func TestAnnounce_RestrictsOneConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"role","indexed":true}`))
	const other = "urn:x:other"
	w.declare(`{"id":"` + other + `","name":"Other","attributes":[{"name":"level","type":"integer"}]}`)
	w.settle()
	rec := w.user(`{"userName":"ada","` + acme + `":{"role":"admin"},"` + other + `":{"level":1}}`)

	w.skip()
	w.announce([]string{strings.ToUpper(other)})
	w.wantHappened(`connection.update ` + w.connection.ID + ` by cli:test: {"name":"generic-1","schemas":["` + other + `"]}`)
	if len(w.userType().Extensions) != 2 {
		t.Fatalf("extensions: %v", w.userType().Extensions)
	}
	if got := w.render(w.get(w.userType(), rec.ID), ""); strings.Contains(got, "admin") || !strings.Contains(got, `"level":1`) {
		t.Errorf("shown: %s", got)
	}
	equal(t, "settlement", w.settle(), directory.Settlement{Documents: 1, Changed: 1, Lost: 1})
	w.announce([]string{other})
	w.announce(nil)
	if !w.userType().Extensions[1].Schema.Attribute("role").Building {
		t.Error("the index of what was not announced is taken for complete")
	}
	w.settle()
	w.wantFound(acme + `:role eq "admin"`) // it is gone
	w.user(`{"userName":"bob","` + acme + `":{"role":"admin"}}`)
	w.wantFound(acme+`:role eq "admin"`, "bob")

	_, err := w.directory.Announce(w.ctx, operator, w.connection, []string{"urn:x:nothing"})
	wantRefusal(t, err, directory.RefusedNotFound, "urn:x:nothing")
	w.announce([]string{})
	if w.userType() != scim.UserType() && w.userType().Stamp != 0 {
		t.Error("a connection that announces nothing has declared types")
	}
}

// A deleted schema takes its values along, also its index rows and claims: declared again it begins with nothing.
func TestSchema_DeletePurges(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	w.declare(acmeSchema(`{"name":"role","indexed":true},{"name":"badge","uniqueness":"server"}`))
	w.settle()
	rec := w.user(`{"userName":"ada","` + acme + `":{"role":"admin","badge":"X-1"}}`)
	row, err := w.directory.Declaration(w.ctx, w.workspace, directory.DeclaredSchema, strings.ToUpper(acme))
	check(t, err)
	n, err := w.directory.Carrying(w.ctx, w.workspace, row)
	check(t, err)
	equal(t, "carrying", n, 1)
	_, err = w.directory.Undeclare(w.ctx, operator, w.workspace, directory.DeclaredSchema, acme)
	check(t, err)
	w.refresh()
	if got := w.render(w.get(w.userType(), rec.ID), ""); strings.Contains(got, "admin") {
		t.Errorf("shown: %s", got)
	}
	w.settle()
	if body := string(w.get(w.userType(), rec.ID).Body); strings.Contains(body, "admin") {
		t.Errorf("stored: %s", body)
	}
	names, err := w.store.KeyNames(w.ctx, w.connection.Root, w.connection.ID, "User")
	check(t, err)
	for _, name := range names {
		if scim.KeyGeneration(name) > 0 {
			t.Errorf("index rows of %s are left", name)
		}
	}
	w.declare(acmeSchema(`{"name":"role","indexed":true},{"name":"badge","uniqueness":"server"}`))
	w.settle()
	w.wantFound(acme + `:role pr`)
	w.user(`{"userName":"bob","` + acme + `":{"badge":"X-1"}}`)
	_, err = w.directory.Undeclare(w.ctx, operator, w.workspace, directory.DeclaredSchema, "urn:x:nothing")
	wantRefusal(t, err, directory.RefusedNotFound, "urn:x:nothing")
}

// A declared resource type has the whole life of a resource, and audit entries and events.
func TestResourceType_Life(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "generic")
	_, err := w.directory.Declare(w.ctx, operator, w.workspace, declaration(t, deviceType))
	wantRefusal(t, err, directory.RefusedInvalid, "is not declared")
	w.declare(deviceSchema)
	_, err = w.directory.Declare(w.ctx, operator, w.workspace, declaration(t, deviceType))
	check(t, err)
	_, err = w.directory.Declare(w.ctx, operator, w.workspace, declaration(t, deviceType))
	wantRefusal(t, err, directory.RefusedExists, "Device")
	w.refresh()
	w.settle()
	if len(w.Types) != 3 {
		t.Fatalf("%d types", len(w.Types))
	}
	typ := w.Types[2]
	w.skip()
	create := func(body string) (*scim.Record, error) {
		return w.Create(w.ctx, w.decode(typ, body), w.shown(typ))
	}
	laptop, err := create(`{"displayName":"Laptop","serialNumber":"S1","externalId":"e"}`)
	check(t, err)
	w.label(laptop.ID, "<laptop>")
	if got := w.render(laptop, ""); strings.Contains(got, `"active"`) || !strings.Contains(got, `"location":"https://x/Devices/`+laptop.ID) || !strings.Contains(got, `"resourceType":"Device"`) {
		t.Errorf("%s", got)
	}
	_, err = create(`{"displayName":"Phone","serialNumber":"S1"}`)
	wantKind(t, err, scim.KindTaken, "serialNumber", "S1")
	phone, err := create(`{"displayName":"Phone","serialNumber":"s1"}`)
	check(t, err)
	w.label(phone.ID, "<phone>")

	for filter, want := range map[string]int{
		``: 2, `displayName sw "lap"`: 1, `serialNumber eq "S1"`: 1, `externalId eq "e"`: 1, `id eq "` + phone.ID + `"`: 1,
		`active pr`: 0, `meta.resourceType eq "Device"`: 2, `displayName eq "x"`: 0,
	} {
		if page := w.list(typ, filter, 1, 10); page.Total != want || len(page.Records) != want {
			t.Errorf("%q finds %d", filter, page.Total)
		}
	}
	equal(t, "users", w.list(w.userType(), "", 1, 10).Total, 0)

	patched, err := w.patch(typ, laptop.ID, `[{"op":"replace","path":"displayName","value":"Big laptop"}]`)
	check(t, err)
	equal(t, "version", patched.Version, int64(2))
	_, err = w.patch(typ, laptop.ID, `[{"op":"replace","path":"displayName","value":"Big laptop"}]`) // M12
	check(t, err)
	_, err = w.Patch(w.ctx, laptop.ID, parsePatch(t, w.Client, typ, `[{"op":"replace","path":"displayName","value":"x"}]`), ifMatch(1))
	wantKind(t, err, scim.KindVersion)
	_, err = w.put(typ, laptop.ID, `{"displayName":"Laptop","active":false}`)
	check(t, err)
	check(t, w.Delete(w.ctx, typ, phone.ID, scim.Write{}))
	_, err = w.Get(w.ctx, typ, phone.ID, w.all(typ))
	wantKind(t, err, scim.KindUnknownResource)
	_, err = w.Get(w.ctx, w.userType(), laptop.ID, w.all(w.userType()))
	wantKind(t, err, scim.KindUnknownResource)
	w.wantHappened(
		`resource.create <laptop> by token:t: {"resource_type":"Device","resource":"<laptop>","external_id":"e","changed":["displayName","externalId","serialNumber"]}`,
		`resource.create <phone> by token:t: {"resource_type":"Device","resource":"<phone>","changed":["displayName","serialNumber"]}`,
		`resource.update <laptop> by token:t: {"resource_type":"Device","resource":"<laptop>","external_id":"e","changed":["displayName"]}`,
		`resource.update <laptop> by token:t: {"resource_type":"Device","resource":"<laptop>","external_id":"e","changed":["active","displayName","serialNumber"]}`,
		`resource.delete <phone> by token:t: {"resource_type":"Device","resource":"<phone>"}`,
		`> resource.created : {"resource_type":"Device","resource":"<laptop>","external_id":"e","changed":["displayName","externalId","serialNumber"]}`,
		`> resource.created : {"resource_type":"Device","resource":"<phone>","changed":["displayName","serialNumber"]}`,
		`> resource.updated : {"resource_type":"Device","resource":"<laptop>","external_id":"e","changed":["displayName"]}`,
		`> resource.updated : {"resource_type":"Device","resource":"<laptop>","external_id":"e","changed":["active","displayName","serialNumber"]}`,
		`> resource.deleted : {"resource_type":"Device","resource":"<phone>"}`,
	)

	_, err = w.directory.Undeclare(w.ctx, operator, w.workspace, directory.DeclaredSchema, device)
	wantRefusal(t, err, directory.RefusedInvalid, "Device")
	old := w.Client
	_, err = w.directory.Undeclare(w.ctx, operator, w.workspace, directory.DeclaredType, "device")
	check(t, err)
	_, err = old.Create(w.ctx, w.decode(typ, `{"displayName":"Late"}`), w.shown(typ))
	wantKind(t, err, scim.KindBusy)
	w.refresh()
	_, err = w.Get(w.ctx, typ, laptop.ID, w.all(typ))
	wantKind(t, err, scim.KindUnknownEndpoint)

	// Declared again it begins empty, also when nobody has settled since.
	_, err = w.directory.Declare(w.ctx, operator, w.workspace, declaration(t, deviceType))
	check(t, err)
	w.refresh()
	typ = w.Types[2]
	equal(t, "devices of the new type", w.list(typ, "", 1, 10).Total, 0)
	_, err = create(`{"displayName":"Laptop","serialNumber":"S1"}`)
	check(t, err)
}
