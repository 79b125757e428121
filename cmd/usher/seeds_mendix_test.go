package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/usher-scim/usher"
	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
	"github.com/usher-scim/usher/store/sqlite"
)

func mendixRows() []behaviour {
	return []behaviour{
		{name: "X1 embeds in a Go app: one import, one handler, the app's own database", play: mendixEmbed},
		{name: "X2 several clients in one app, each with its own users", play: mendixClients},
		{name: "X3 delete is soft, or hard by a flag: then no trace is left and the audit log verifies", play: mendixHardDelete},
		{name: "X4 the rules of the mapping: the principal is not mapped, one source for each target, types fit", play: mendixMapping},
		{name: "X5 with creating off a create is refused, and updates work", play: mendixNoCreate},
		{name: "X6 the default role is given at creation only", play: mendixDefaultRole},
		{name: "X7 user type internal or external, kept current", play: mendixUserType},
		{name: "X8 custom logic: a Go function, or a signed HTTP hook, changes or refuses; when it is down nothing is half-done", play: mendixHook},
		{name: "X9 a supplied token serves several connections through their own URLs", play: mendixSuppliedToken},
		{name: "X10 secrets are not stored in the clear", play: mendixSecrets},
		{name: "X11 what was declared at deploy time is read-only at runtime, and says so", play: mendixReadOnly},
		{name: "X12 one person is one user, by SCIM and by signing in: matched by the principal", play: mendixPrincipal},
		{name: "X13 time zone and language: from the IdP, else the workspace's; what there is stays", play: mendixLocale},
		{name: "X14 active members by workspace and connection, over time", play: mendixLicence},
		{name: "X15 another Entra tenant with the same domain does not match", play: mendixTenants},
		{name: "X16 what others leave out: groups, /Me, lists by GET, bulk, lists of values, extensions, passwords thrown away", play: mendixUnsupported},
	}
}

const (
	mendixKey      = "mendix-like-api-key-4f7c2a9d1e6b8035"
	mendixPassword = "q7Vd1rXw"
	erased         = "erased.entirely.x3@example.com"
)

// joins is somebody new, whom Entra sends.
func (p *idp) joins(given string) person {
	p.Helper()
	who := p.person(given)
	p.create("mendix-app/user-entra.json", who)
	return who
}

func mendixEmbed(r *row) {
	store, err := sqlite.Open(r.Context(), filepath.Join(r.TempDir(), "app.db"), sqlite.Options{})
	r.check(err)
	defer store.Close()
	server, err := usher.New(usher.Config{Store: store, Key: directory.NewKey(), Log: slog.New(slog.DiscardHandler), Hook: noGuests})
	r.check(err)
	defer server.Close()
	mux := http.NewServeMux()
	mux.Handle("/scim/", server)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the app") })
	app := httptest.NewServer(mux)
	defer app.Close()

	d, by := server.Directory(), directory.Actor{Name: "app:setup"}
	w, err := d.CreateWorkspace(r.Context(), by, directory.NewWorkspace{Key: "EMBEDDED"})
	r.check(err)
	k, err := d.CreateConnection(r.Context(), by, w, directory.NewConnection{Name: "azure", Profile: "entra"})
	r.check(err)
	token, err := d.CreateToken(r.Context(), by, k, time.Now().Add(time.Hour))
	r.check(err)
	azure := r.idp(admin.Connection{Profile: "entra", BaseURL: app.URL + "/scim/" + k.ID + "/v2"}, token.Text)
	azure.simulate("mendix-app")
	ada := azure.joins("ada")
	azure.send("POST /Users", "mendix-app/user-entra.json", r.person("guest")).refuses(403, "guests stay out") // X8
	members, err := d.MembersOf(r.Context(), w, "")
	r.check(err)
	found := 0
	for _, m := range members {
		if m.User.UserName == ada["user_name"] && m.Membership.Role == "member" {
			found++
		}
	}
	r.equal("members of that name", found, 1)
}

// noGuests is an app's own rule.
func noGuests(_ context.Context, q directory.HookQuestion) (directory.HookAnswer, error) {
	if strings.Contains(string(q.Document), `"guest.`) {
		return directory.HookAnswer{Refused: "guests stay out"}, nil
	}
	return directory.HookAnswer{}, nil
}

// supplied is a connection of the file with the key of the environment.
func (r *row) supplied(connection string) *idp {
	r.Helper()
	k, err := r.api.Connection(r.Context(), "APP", connection)
	r.check(err)
	return r.idp(k, mendixKey)
}

func mendixClients(r *row) {
	azure, okta := r.supplied("Azure"), r.supplied("Okta")
	ada := azure.joins("ada")
	r.equal("Okta finds Entra's user", okta.find(ada["user_name"]).at("totalResults"), 0)
	okta.send("GET /Users/{{user_id}}", "", ada).want(404)
	okta.send("DELETE /Users/{{user_id}}", "", ada).want(404)
	same := r.person("ada")
	okta.create("mendix-app/user.json", same)
	if strings.Contains(azure.send("GET /Users?startIndex=1&count=1000", "", nil).want(200).text, same["user_id"]) {
		r.Error("Entra lists the user of Okta")
	}
	group := azure.send("POST /Groups", "entra/group.json", person{"group_name": "X2", "oid": "x2"}).want(201)
	okta.send("GET /Groups/"+group.at("id"), "", nil).want(404)
	azure.send("PATCH /Groups/"+group.at("id"), patchOf(`{"op":"Add","path":"members","value":[{"value":"`+same["user_id"]+`"}]}`), nil).refuses(400, same["user_id"])
	okta.patch(same, deactivate).want(200)
	r.equal("Entra's user", azure.send("GET /Users/{{user_id}}", "", ada).want(200).at("active"), true)

	// Who signs in by one connection is none of another's, whatever is the same.
	first, byFirst := r.withDoor("APP", "Azure", nil)
	_, bySecond := r.withDoor("APP", "Okta", nil)
	bob := first.joins("bob")
	bySecond.keptOut(bob, nil, directory.LoginNotProvisioned)
	byFirst.enters(bob, nil, "User")
}

func mendixHardDelete(r *row) {
	azure, soft := r.connect("APP", "Azure"), r.person("soft")
	azure.create("mendix-app/user-entra.json", soft)
	azure.send("DELETE /Users/{{user_id}}", "", soft).want(http.StatusNoContent)
	r.has("APP", soft, "User", "default", "deactivated")

	hard := r.twin("APP", "Azure", func(n *admin.NewConnection) { n.Settings.HardDelete = true })
	gone := r.person("gone").with("user_name", erased).with("email", erased)
	hard.create("mendix-app/user-entra.json", gone)
	hard.patch(gone, `{"op":"Replace","path":"title","value":"Actor"}`).want(200)
	hard.send("POST /Users", "mendix-app/user-entra.json", gone).want(409) // refusals are logged as well
	subject := r.member("APP", erased).Subject
	hard.send("DELETE /Users/{{user_id}}", "", gone).want(http.StatusNoContent)
	hard.absent("APP", gone)
	_, err := r.api.Member(r.Context(), "APP", subject)
	r.equal("not found", admin.IsNotFound(err), true)
	for record, err := range r.api.Log(r.Context(), "APP", admin.LogQuery{Connection: hard.connection.ID}) {
		r.check(err)
		if strings.Contains(fmt.Sprint(record), erased) {
			r.Errorf("the log still says %+v", record)
		}
	}
	_, err = r.api.VerifyAudit(r.Context(), "APP", nil)
	r.check(err)
	r.says(r.command("audit", "verify", "-w", "APP"), "whole")
	hard.create("mendix-app/user-entra.json", gone.with("user_name", "again.x3@example.com"))
	if again := r.member("APP", "again.x3@example.com"); again.Subject == subject {
		r.Error("after a hard delete the same person came back")
	}
}

func mendixMapping(r *row) {
	create := func(attributes ...mapping.Attribute) error {
		n := admin.NewConnection{Name: "x4", Profile: "entra"}
		n.Settings.Mapping.Attributes = attributes
		_, err := r.api.CreateConnection(r.Context(), "APP", n)
		return err
	}
	r.problem(create(mapping.Attribute{Source: "externalId", Target: "employee_id"}), 400, "externalId")
	r.problem(create(mapping.Attribute{Source: "userName", Target: "external_id"}), 400, "external_id")
	r.problem(create(mapping.Attribute{Source: "name.givenName", Target: "first_name"}, mapping.Attribute{Source: "nickName", Target: "first_name"}), 400, "first_name")
	r.problem(create(mapping.Attribute{Source: "addresses", Target: "location"}), 400, "addresses")
	r.problem(create(mapping.Attribute{Source: "emails[type eq", Target: "email"}), 400, "emails[type eq")
	r.problem(create(mapping.Attribute{Source: "title", Target: "grade", Type: "decimal"}), 400, "decimal")
	r.problem(create(mapping.Attribute{Expression: "user.userName +", Target: "grade"}), 400, "attributes[0].expression")

	azure := r.twin("APP", "Azure", func(n *admin.NewConnection) {
		n.Settings.Mapping.Attributes = append(n.Settings.Mapping.Attributes,
			mapping.Attribute{Source: "userType", Target: "grade", Type: "number"},
			mapping.Attribute{Expression: `user.name.familyName + ", " + user.name.givenName`, Target: "sort_name"})
	})
	ada := azure.joins("ada")
	azure.patch(ada, `{"op":"Add","path":"userType","value":"eleven"}`).refuses(400, "eleven", "number")
	azure.patch(ada, `{"op":"Add","path":"userType","value":"11"}`).want(200)
	m := r.member("APP", ada["email"])
	r.equal("grade", r.profile(m, "grade"), 11)
	r.equal("sort name", r.profile(m, "sort_name"), "Moss, Erin")
	r.equal("full name", r.profile(m, "full_name"), ada["user_name"])
	var found struct{ Profile []admin.PreviewValue }
	r.json(r.T, &found, "explain", "-w", "APP", "-c", azure.connection.Name, "--user", ada["user_name"])
	r.equal("what explain shows", len(found.Profile) >= 5, true)
}

func mendixNoCreate(r *row) {
	azure := r.twin("APP", "Azure", nil)
	ada := azure.joins("ada")
	r.check(r.settings(r.api, "APP/connections/"+azure.connection.ID, `{"no_create":true}`))
	bob := r.person("bob")
	azure.send("POST /Users", "mendix-app/user-entra.json", bob).refuses(403, "create")
	azure.absent("APP", bob)
	azure.send("PATCH /Users/{{user_id}}", "mendix-app/user-update.json", ada).want(200)
	r.equal("last name", r.profile(r.member("APP", "second."+ada["email"]), "last_name"), "Moss-Reed")
	r.check(r.settings(r.api, "APP/connections/"+azure.connection.ID, `{"no_create":false}`))
	azure.create("mendix-app/user-entra.json", bob)
}

func mendixDefaultRole(r *row) {
	okta := r.connect("APP", "Okta")
	ada := r.person("ada")
	okta.create("mendix-app/user.json", ada)
	r.has("APP", ada, "User", "default", "active")
	r.command("member", "set", ada["email"], "-w", "APP", "--role", "Administrator")
	put := ada.with("user_name", ada["user_name"])
	okta.send("PUT /Users/{{user_id}}", "mendix-app/user-put.json", put).want(200)
	ada["email"] = "second." + ada["email"]
	r.has("APP", ada, "Administrator", "manual", "active")

	// Another default later is for those who come later.
	_, err := r.api.CreateWorkspace(r.Context(), admin.NewWorkspace{Key: "X6", DefaultRole: "User", Roles: []admin.NewRole{{Name: "Guest"}}})
	r.check(err)
	_, err = r.api.CreateConnection(r.Context(), "X6", admin.NewConnection{Name: "azure", Profile: "entra"})
	r.check(err)
	azure := r.connect("X6", "azure")
	bob := azure.joins("bob")
	role := "Guest"
	_, err = r.api.UpdateWorkspace(r.Context(), "X6", admin.WorkspaceChange{DefaultRole: &role})
	r.check(err)
	azure.patch(bob, `{"op":"Replace","path":"title","value":"Lead"}`).want(200)
	r.has("X6", bob, "User", "default", "active")
	r.has("X6", azure.joins("cyd"), "Guest", "default", "active")
}

func mendixUserType(r *row) {
	azure := r.twin("APP", "Azure", nil)
	ada := azure.joins("ada")
	r.equal("user type", r.profile(r.member("APP", ada["email"]), "user_type"), "internal")
	settings := azure.connection.Settings
	settings.Mapping.UserType = "external"
	_, err := r.api.UpdateConnection(r.Context(), "APP", azure.connection.ID, admin.ConnectionChange{Settings: &settings})
	r.check(err)
	r.equal("a new user", r.profile(r.member("APP", azure.joins("bob")["email"]), "user_type"), "external")
	azure.patch(ada, `{"op":"Replace","path":"name.givenName","value":"Adele"}`).want(200)
	r.equal("after an update", r.profile(r.member("APP", ada["email"]), "user_type"), "external")
}

func mendixHook(r *row) {
	var down atomic.Bool
	var signed atomic.Int64
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.Header.Get("Webhook-Signature"), "v1,") && req.Header.Get("Webhook-Id") != "" {
			signed.Add(1)
		}
		var q directory.HookQuestion
		_ = json.NewDecoder(req.Body).Decode(&q)
		switch {
		case down.Load():
			w.WriteHeader(http.StatusBadGateway)
		case strings.Contains(string(q.Document), `"refused.`):
			_, _ = io.WriteString(w, `{"refused":"no seat is left"}`)
		default:
			_, _ = io.WriteString(w, `{"memberships":[{"workspace":"APP","teams":["Hooked"]}]}`)
		}
	}))
	defer hook.Close()
	azure := r.twin("APP", "Azure", func(n *admin.NewConnection) { n.Settings.Hook = hook.URL })
	r.says(r.command("connection", "hook-secret", azure.connection.Name, "-w", "APP"), "whsec_")
	ada := azure.joins("ada")
	r.equal("teams", r.member("APP", ada["email"]).Teams, "[Hooked]")
	r.equal("signed questions", signed.Load() > 0, true)
	refused := r.person("refused")
	azure.send("POST /Users", "mendix-app/user-entra.json", refused).refuses(403, "no seat is left")
	azure.absent("APP", refused)
	down.Store(true)
	bob := r.person("bob")
	azure.send("POST /Users", "mendix-app/user-entra.json", bob).refuses(503, "rules", "nothing was changed")
	azure.absent("APP", bob)
	azure.patch(ada, deactivate).want(503)
	r.has("APP", ada, "User", "default", "active")
	r.equal("the document", azure.send("GET /Users/{{user_id}}", "", ada).want(200).at("active"), true)
	r.has("APP", r.connect("APP", "Azure").joins("cyd"), "User", "default", "active") // others go on
	down.Store(false)
	azure.create("mendix-app/user-entra.json", bob)
}

func mendixSuppliedToken(r *row) {
	azure, okta := r.supplied("Azure"), r.supplied("Okta")
	azure.send("GET /Users?count=1", "", nil).want(200)
	okta.send("GET /Users?count=1", "", nil).want(200)
	azure.base = r.url + "/scim/v2"
	azure.send("GET /Users?count=1", "", nil).refuses(400, "connection") // the token does not tell which
	other := r.twin("APP", "Azure", nil)
	other.header.Set("Authorization", "Bearer "+mendixKey)
	other.send("GET /Users?count=1", "", nil).want(401)
	r.connect("APP", "Okta").send("GET /Users?count=1", "", nil).want(200) // a generated one beside it
}

func mendixSecrets(r *row) {
	azure := r.connect("APP", "Azure")
	azure.send("GET /Users?count=1", "", nil).want(200)
	hook, err := r.api.RotateHookSecret(r.Context(), "APP", r.twin("APP", "Okta", nil).connection.ID)
	r.check(err)
	for what, text := range map[string]string{
		"supplied token": mendixKey, "token": azure.token, "API key": r.key, "hook secret": strings.TrimPrefix(hook.Secret, "whsec_"),
	} {
		if files := r.files(r.T, text); files != nil {
			r.Errorf("the %s stands in %v", what, files)
		}
	}
	if files := r.files(r.T, azure.connection.ID); files == nil {
		r.Error("the search of the files finds nothing at all")
	}
}

func mendixReadOnly(r *row) {
	settings := directory.ConnectionSettings{HardDelete: true}
	_, err := r.api.UpdateConnection(r.Context(), "APP", "Azure", admin.ConnectionChange{Settings: &settings})
	r.problem(err, 403, "usher.yaml")
	r.problem(r.api.DeleteConnection(r.Context(), "APP", "Azure", "Azure"), 403, "usher.yaml")
	role := "Administrator"
	_, err = r.api.UpdateWorkspace(r.Context(), "APP", admin.WorkspaceChange{DefaultRole: &role})
	r.problem(err, 403, "usher.yaml")
	_, err = r.api.UpdateRole(r.Context(), "APP", "User", admin.RoleChange{Permissions: &[]string{"everything"}})
	r.problem(err, 403, "usher.yaml")
	r.refused([]string{"usher.yaml", "hint:"}, "connection", "update", "Azure", "-w", "APP", "--hard-delete")
	r.refused([]string{"usher.yaml", "hint:"}, "connection", "delete", "Azure", "-w", "APP", "--yes")
	k, err := r.api.Connection(r.Context(), "APP", "Azure")
	r.check(err)
	r.says(k.Origin, "usher.yaml")
	r.equal("hard delete", k.Settings.HardDelete, false)
	out, status := r.usher(r.T, "config", "check", "../../examples/mendix-like/usher.yaml")
	if status != exitOK && !strings.Contains(out, "SCIM_API_KEY") {
		r.Errorf("config check: %s", out)
	}
}

func mendixPrincipal(r *row) {
	azure := r.connect("APP", "Azure")
	ada := azure.joins("ada")
	subject := r.member("APP", ada["email"]).Subject
	azure.send("DELETE /Users/{{user_id}}", "", ada).want(http.StatusNoContent)
	old := ada["user_id"]
	renamed := ada.with("user_name", "ada.married.x12@example.com").with("email", "ada.married.x12@example.com")
	azure.create("mendix-app/user-entra.json", renamed) // the same objectId, everything else is new
	r.equal("subject", r.member("APP", renamed["email"]).Subject, subject)
	r.equal("the id is new", renamed["user_id"] == old, false)

	// Two people do not become one by an address that anybody may send.
	mallory := r.person("mallory").with("email", renamed["email"])
	okta := r.twin("APP", "Okta", nil)
	okta.create(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","externalId":"{{external_id}}",
		"emails":[{"primary":true,"value":"{{email}}"}],"active":true}`, mallory)
	page, err := r.api.Members(r.Context(), "APP", admin.MemberQuery{Text: renamed["email"]})
	r.check(err)
	r.equal("people with the address", len(page.Items), 2)

	both, door := r.withDoor("APP", "Azure", nil)
	cyd := both.joins("cyd")
	before := r.member("APP", cyd["email"])
	match, err := r.api.TestMatch(r.Context(), "APP", door.connection.ID, admin.MatchInput{Claims: jsontext.Value(`{"sub":"` + cyd["external_id"] + `"}`)})
	r.check(err)
	r.equal("the test of the connection", match.Same, true)
	door.enters(cyd, claims{"email": "another@example.com"}, "User")
	r.equal("subject", r.member("APP", cyd["email"]).Subject, before.Subject)
	door.keptOut(r.person("cyd").with("external_id", "another"), nil, directory.LoginNotProvisioned) // the same address
}

// mendixTenants: two tenants of Entra have the same domain, and even the same object id.
func mendixTenants(r *row) {
	const ours, theirs = "11111111-2222-4333-8444-555555555555", "99999999-8888-4777-8666-555555555555"
	azure, door := r.withDoor("APP", "Azure", func(n *admin.NewConnection) {
		n.Settings.SignIn.PrincipalClaim, n.Settings.SignIn.Tenants = "oid", []string{ours}
	})
	ada := azure.joins("ada")
	token := func(tid string) claims { return claims{"tid": tid, "oid": ada["external_id"]} }
	door.keptOut(ada.with("external_id", "pairwise"), token(theirs), directory.LoginForeignTenant)
	door.enters(ada.with("external_id", "pairwise"), token(ours), "User")
	anybody := &directory.SignIn{Protocol: directory.ProtocolOIDC, Issuer: "https://login.microsoftonline.com/common/v2.0", ClientID: "usher"}
	_, err := r.api.CreateConnection(r.Context(), "APP", admin.NewConnection{Name: "x15-all", Settings: directory.ConnectionSettings{SignIn: anybody}})
	r.problem(err, http.StatusBadRequest, "anybody with a Microsoft account", "list the tenant ids")
}

func mendixLocale(r *row) {
	azure := r.connect("APP", "Azure")
	ada, bob := r.person("ada"), azure.joins("bob")
	azure.create(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","externalId":"{{external_id}}",
		"emails":[{"primary":true,"value":"{{email}}"}],"active":true,"timezone":"America/Guayaquil","preferredLanguage":"es-EC"}`, ada)
	locale := func(who person) string {
		m := r.member("APP", who["email"])
		return r.profile(m, "time_zone") + " " + r.profile(m, "language")
	}
	r.equal("from the IdP", locale(ada), "America/Guayaquil es-EC")
	r.equal("from the workspace", locale(bob), "Europe/Amsterdam en")
	azure.patch(ada, `{"op":"Remove","path":"timezone"},{"op":"Remove","path":"preferredLanguage"}`).want(200)
	r.equal("no longer sent", locale(ada), "America/Guayaquil es-EC")
	azure.patch(bob, `{"op":"Add","path":"timezone","value":"Asia/Tokyo"}`).want(200)
	r.equal("sent later", locale(bob), "Asia/Tokyo en")
}

func mendixLicence(r *row) {
	azure := r.twin("APP", "Azure", nil)
	count := func() int {
		view, err := r.api.Licence(r.Context(), "APP", "", "")
		r.check(err)
		for _, c := range view.Items {
			if c.Connection == azure.connection.ID {
				return int(c.Active)
			}
		}
		return 0
	}
	ada := azure.joins("ada")
	azure.joins("bob")
	eventually(r.T, func() string {
		if n := count(); n != 2 {
			return fmt.Sprintf("%d active members, want 2", n)
		}
		return ""
	})
	azure.patch(ada, deactivate).want(200)
	page, err := r.api.Members(r.Context(), "APP", admin.MemberQuery{Connection: azure.connection.ID, Status: directory.StatusActive})
	r.check(err)
	r.equal("active members", len(page.Items), 1)
	r.says(r.command("licence", "-w", "APP"), azure.connection.Name)
}

const extension = "urn:ietf:params:scim:schemas:extension:x16:2.0:User"

func mendixUnsupported(r *row) {
	azure := r.connect("APP", "Azure")
	azure.simulate("mendix-app")
	r.connect("APP", "Okta").simulate("okta")
	ada := azure.joins("ada")
	group := azure.send("POST /Groups", "entra/group.json", person{"group_name": "X16", "oid": "x16"}).want(201)
	azure.send("PATCH /Groups/"+group.at("id"), "entra/group-add-member.json", ada).done()
	r.says(azure.send("GET /Users/{{user_id}}", "", ada).want(200).text, `"X16"`)
	r.equal("filter", azure.send("GET /Users?filter=externalId+eq+%22{{external_id}}%22", "", ada).want(200).at("totalResults"), 1)
	azure.send("POST /Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
		{"method":"POST","path":"/Users","bulkId":"a","data":{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"bulk.x16@example.com"}}]}`, nil).want(200)
	r.equal("bulk", azure.find("bulk.x16@example.com").at("totalResults"), 1)
	azure.patch(ada, `{"op":"Add","path":"emails","value":[{"type":"home","value":"home.x16@example.com"}]}`).want(200)
	r.equal("emails", azure.send("GET /Users/{{user_id}}", "", ada).at("emails/1/value"), "home.x16@example.com")

	bound, err := r.api.CreateToken(r.Context(), "APP", "Azure", admin.NewToken{User: ada["user_id"]})
	r.check(err)
	r.equal("/Me", r.idp(azure.connection, bound.Text).send("GET /Me", "", nil).want(200).at("id"), ada["user_id"])

	_, err = r.api.CreateWorkspace(r.Context(), admin.NewWorkspace{Key: "X16"}) // another tenant
	r.check(err)
	_, err = r.api.DeclareSchema(r.Context(), "X16", jsontext.Value(`{"id":"`+extension+`","name":"X16","attributes":[{"name":"badge","type":"string","multiValued":false}]}`))
	r.check(err)
	_, err = r.api.CreateConnection(r.Context(), "X16", admin.NewConnection{Name: "azure", Profile: "entra"})
	r.check(err)
	tenant := r.connect("X16", "azure")
	bob := tenant.joins("bob")
	tenant.patch(bob, `{"op":"Add","path":"`+extension+`:badge","value":"B-16"}`).want(200)
	r.equal("badge", tenant.send("GET /Users/{{user_id}}", "", bob).at(extension+"/badge"), "B-16")

	okta, cyd := r.connect("APP", "Okta"), r.person("cyd")
	created := okta.create("mendix-app/user.json", cyd)
	okta.send("PATCH /Users/{{user_id}}", patchOf(`{"op":"replace","value":{"password":"`+mendixPassword+`2"}}`), cyd).want(200)
	for _, text := range []string{created.text, okta.send("GET /Users/{{user_id}}?attributes=password", "", cyd).text} {
		if strings.Contains(text, mendixPassword) {
			r.Errorf("the password came back: %s", text)
		}
	}
}

// mendixLeaves: what a stopped server leaves behind names neither who was erased nor a password.
func mendixLeaves(t *testing.T, in *installation) {
	if in.files(t, "soft.x3@example.com") == nil {
		t.Error("the search finds nobody, not even who is there")
	}
	for _, text := range []string{erased, mendixPassword, mendixKey, "1mz050nq"} {
		if files := in.files(t, text); files != nil {
			t.Errorf("X3, X10, X16: %q stands in %v", text, files)
		}
	}
}
