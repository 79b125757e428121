package main

import (
	"net/http"
	"strings"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
)

func engagedlyRows() []behaviour {
	return []behaviour{
		{name: "E1 several named connections, each with its URL and token; a recreated one takes the people over", play: engagedlyRecreate},
		{name: "E2 deleting a connection stops the sync and leaves its users", play: engagedlyDelete},
		{name: "E3 the default table of attributes, with the manager", play: engagedlyTable},
		{name: "E4 userName from mail, externalId from objectId; a new userName keeps the user", play: engagedlyRename},
		{name: "E5 test connection says what is wrong with the URL or the token", play: engagedlyTest},
		{name: "E6 unassigned or removed in the IdP is deactivated in the app", play: engagedlyLeave},
		{name: "E7 only admins, and members with the permission, configure it", play: engagedlyPermission},
		{name: "E8 provisioning is off until the operator, then the admin enables it", play: engagedlyEntitlement},
	}
}

const people, entra = "PEOPLE", "Microsoft Entra"

// employee is somebody in the bodies of the simulator's app of human resources.
func (r *row) employee(given string) person {
	who := r.person(given)
	return who.with("new_name", "new."+who["user_name"])
}

// cycle is what Entra does with a user that is in the scope of a connection that is new to it.
func (p *idp) cycle(who person) {
	p.Helper()
	p.send("GET /Users?filter=userName+eq+%22{{user_name}}%22", "", who).want(200)
	p.create("engagedly-app/user.json", who)
	p.send("GET /Users/{{user_id}}", "", who).want(200)
}

func engagedlyRecreate(r *row) {
	first := r.twin(people, entra, nil)
	other := r.twin(people, entra, func(n *admin.NewConnection) { n.Name = "E1 other" })
	r.equal("URLs are alike", first.base == other.base, false)
	first.header.Set("Authorization", "Bearer "+other.token)
	first.send("GET /Users?startIndex=1&count=1", "", nil).refuses(401)
	first.header.Set("Authorization", "Bearer "+first.token)

	ada, bob := r.employee("ada"), r.employee("bob")
	first.cycle(ada)
	first.cycle(bob)
	before := r.member(people, ada["email"])
	r.command("member", "set", bob["email"], "-w", people, "--role", "HR integrations")
	told := len(r.events(people, before.Subject))

	r.check(r.api.DeleteConnection(r.Context(), people, first.connection.ID, first.connection.Name))
	again := r.twin(people, entra, func(n *admin.NewConnection) {
		n.Name = first.connection.Name
		n.Settings.Predecessor = first.connection.ID
	})
	again.send("GET /Users?filter=userName+eq+%22b8c4a6f0%22", "", nil).want(200)
	again.cycle(ada)
	renamed := bob.with("user_name", "robert.e1@example.com") // matched by the principal
	again.cycle(renamed)

	after := r.member(people, ada["email"])
	r.equal("subject", after.Subject, before.Subject)
	r.equal("connection", after.Connection, again.connection.ID)
	r.equal("events", len(r.events(people, before.Subject)), told)
	r.has(people, renamed.with("email", renamed["user_name"]), "HR integrations", "manual", "active")
}

func engagedlyDelete(r *row) {
	gone, cyd := r.twin(people, entra, nil), r.employee("cyd")
	gone.cycle(cyd)
	before := r.member(people, cyd["email"])
	r.refused([]string{"--yes"}, "connection", "delete", gone.connection.Name, "-w", people)
	r.command("connection", "delete", gone.connection.Name, "-w", people, "--yes")
	eventually(r.T, func() string {
		if a := gone.patch(cyd, deactivate); a.status != http.StatusUnauthorized && a.status != http.StatusNotFound {
			return "the deleted connection answers " + a.text
		}
		return ""
	})
	after := r.has(people, cyd, "Employee", "default", "active")
	r.equal("subject", after.Subject, before.Subject)
	r.equal("events", r.events(people, before.Subject), []string{"member.joined"})
}

func engagedlyTable(r *row) {
	azure, mona, dee := r.connect(people, entra), r.employee("Mona"), r.employee("Dee")
	// Entra may send the report before the manager: what it says is kept until then.
	azure.cycle(dee)
	azure.patch(dee, `{"op":"Add","path":"manager","value":"00u-e3-to-come"}`).want(200)
	r.says(r.profile(r.member(people, dee["email"]), "manager"), "00u-e3-to-come")
	azure.cycle(mona)
	azure.send("PATCH /Users/{{user_id}}", "entra/manager.json", dee.with("manager_id", mona["user_id"])).want(200)
	m := r.member(people, dee["email"])
	for name, want := range map[string]string{
		"first_name": "Dee", "last_name": "Hale", "email": dee["email"], "title": "Engineer", "department": "Engineering",
		"employee_id": "E-" + dee["external_id"], "location": "Bern",
	} {
		r.equal(name, r.profile(m, name), want)
	}
	read := r.get("/workspaces/" + people + "/members/" + m.Subject)
	r.equal("manager", read.at("manager/subject")+" "+read.at("manager/email"), r.member(people, mona["email"]).Subject+" "+mona["email"])
	azure.send("PATCH /Users/{{user_id}}", "engagedly-app/user-move.json", dee).want(200)
	m = r.member(people, dee["email"])
	r.equal("after the move", r.profile(m, "title")+r.profile(m, "department")+r.profile(m, "location"), "Team leadSupportBasel")
	azure.send("PATCH /Users/{{user_id}}", "engagedly-app/manager-clear.json", dee).want(200)
	r.equal("manager taken away", r.profile(r.member(people, dee["email"]), "manager"), "")
	r.says(r.command("explain", "-w", people, "-c", entra, "--user", dee["user_name"]), "location", "Basel", "locality")
}

func engagedlyRename(r *row) {
	azure, eli := r.connect(people, entra), r.employee("eli")
	azure.cycle(eli)
	before := r.member(people, eli["email"])
	azure.send("PATCH /Users/{{user_id}}", "engagedly-app/user-rename.json", eli).want(200)
	after := r.member(people, eli["new_name"])
	r.equal("subject", after.Subject, before.Subject)
	r.equal("by objectId", azure.send("GET /Users?filter=externalId+eq+%22{{external_id}}%22", "", eli).at("Resources/0/id"), eli["user_id"])
	r.equal("by the old name", azure.find(eli["user_name"]).at("totalResults"), 0)
	r.equal("events", r.events(people, before.Subject), []string{"member.joined", "member.updated"})
}

func engagedlyTest(r *row) {
	azure := r.connect(people, entra)
	const test = "GET /Users?filter=userName+eq+%22b8c4a6f0-7d5e-4f1a-9f57-d2c5a1e0b6aa%22"
	azure.send(test, "", nil).want(200)
	azure.simulate("engagedly-app")
	azure.simulate("entra")

	ok := azure.base
	for base, words := range map[string][]string{
		strings.TrimSuffix(ok, "/v2"): {"/v2"}, ok + "/scim": {"/scim"}, strings.Replace(ok, azure.connection.ID, "none", 1): {"Base URL"},
	} {
		azure.base = base
		if a := azure.send(test, "", nil); a.status < 400 || a.at("detail") == "" || a.at("schemas/0") != "urn:ietf:params:scim:api:messages:2.0:Error" {
			r.Errorf("%s: %d %s", base, a.status, a.text)
		} else {
			r.says(a.at("detail"), words...)
		}
	}
	azure.base = ok
	for value, words := range map[string][]string{
		"": {"Authorization"}, "Bearer ": {"token"}, "Bearer " + strings.Repeat("x", 40): {"token"}, "Basic dTpw": {"Bearer"},
		"Bearer Bearer " + azure.token: {"Bearer"}, "Bearer <token>": {"token"},
	} {
		azure.header.Set("Authorization", value)
		azure.send(test, "", nil).refuses(401, words...)
	}
}

func engagedlyLeave(r *row) {
	azure, fox, gil := r.connect(people, entra), r.employee("fox"), r.employee("gil")
	azure.cycle(fox)
	azure.cycle(gil)
	azure.patch(fox, deactivate).want(200)
	r.has(people, fox, "Employee", "default", "deactivated")
	azure.send("DELETE /Users/{{user_id}}", "", gil).want(http.StatusNoContent)
	m := r.has(people, gil, "Employee", "default", "deactivated")
	r.equal("events", r.events(people, m.Subject), []string{"member.joined", "member.deactivated"})
	access, err := r.api.Access(r.Context(), people, m.Subject)
	r.check(err)
	r.equal("allowed", access.Allowed, false)
	azure.cycle(gil) // assigned again: the same person
	r.equal("subject", r.has(people, gil, "Employee", "default", "active").Subject, m.Subject)
}

func engagedlyPermission(r *row) {
	key := func(scopes ...string) *admin.Client {
		issued, err := r.api.CreateKey(r.Context(), people, admin.NewAPIKey{Name: strings.Join(scopes, " "), Scopes: scopes})
		r.check(err)
		return &admin.Client{BaseURL: r.api.BaseURL, Key: issued.Text}
	}
	n := admin.NewConnection{Name: "e7", Profile: "entra"}
	_, err := key(directory.ScopeMembersRead, directory.ScopeConnectionsRead).CreateConnection(r.Context(), people, n)
	r.problem(err, 403, "connections.write")
	_, err = key(directory.ScopeConnectionsWrite).CreateConnection(r.Context(), people, n)
	r.check(err)
	azure, hal, ivy := r.connect(people, entra), r.employee("hal"), r.employee("ivy")
	azure.cycle(hal)
	azure.cycle(ivy)
	r.command("member", "set", ivy["email"], "-w", people, "--role", "HR integrations")
	for who, want := range map[string]string{hal["email"]: "[]", ivy["email"]: "[integrations.manage]"} {
		access, err := r.api.Access(r.Context(), people, r.member(people, who).Subject)
		r.check(err)
		r.equal("permissions of "+who, access.Permissions, want)
	}
	// A connection that is not told so does not hand the permission out (B11).
	jim := r.employee("jim")
	azure.send("POST /Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","active":true,
		"roles":[{"value":"HR integrations"}]}`, jim).refuses(403, "HR integrations", "Employee")
	azure.absent(people, jim)
}

func engagedlyEntitlement(r *row) {
	r.command("workspace", "create", "E8", "--provisioning", "unentitled")
	r.command("connection", "create", "azure", "-w", "E8", "--profile", "entra")
	azure, kit := r.connect("E8", "azure"), r.employee("kit")
	azure.send("POST /Users", "engagedly-app/user.json", kit).refuses(403, "E8", "operator")
	issued, err := r.api.CreateKey(r.Context(), "E8", admin.NewAPIKey{Name: "admin", Scopes: []string{directory.ScopeWorkspacesWrite}})
	r.check(err)
	ofAdmin := &admin.Client{BaseURL: r.api.BaseURL, Key: issued.Text}
	enable := func(c *admin.Client, state directory.ProvisioningState) error {
		return r.settings(c, "E8", `{"provisioning":"`+string(state)+`"}`)
	}
	r.problem(enable(ofAdmin, directory.ProvisioningEnabled), 403, "operator")
	r.check(enable(r.api, directory.ProvisioningDisabled)) // entitled
	azure.send("POST /Users", "engagedly-app/user.json", kit).refuses(403, "E8", "admin")
	r.check(enable(ofAdmin, directory.ProvisioningEnabled))
	azure.cycle(kit)
	r.has("E8", kit, "member", "default", "active")
	r.command("connection", "create", "off", "-w", "E8", "--profile", "entra", "--disabled")
	r.connect("E8", "off").send("GET /Users", "", nil).refuses(403, "disabled")
}
