package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/usher-scim/usher/admin"
	"github.com/usher-scim/usher/directory"
	"github.com/usher-scim/usher/mapping"
)

func moengageRows() []behaviour {
	return []behaviour{
		{name: "M1 create, read, list, update and revoke from Okta and Entra, import into the IdP", play: moengageLife},
		{name: "M2 SCIM only once sign-in works, or without any", play: moengageRequireSSO},
		{name: "M3 default role, token with an expiry date that is shown once, base URL", play: moengageEnable},
		{name: "M4 inactive turns active by the first test of the IdP", play: moengageContact},
		{name: "M5 the token with Bearer and bare", play: moengageToken},
		{name: "M6 userName eq finds the primary e-mail, one user at most", play: moengageEmailKey},
		{name: "M7 every feature that Okta's connector test looks for", play: moengageConnector},
		{name: "M8 where the role comes from, and what stays", play: moengageRole},
		{name: "M9 role names count with upper and lower case, an unknown one is refused whole", play: moengageUnknownRole},
		{name: "M10 pushed groups, and what they grant", play: moengageGroups},
		{name: "M11 the first status is active, or invited until the first login", play: moengageFirstStatus},
		{name: "M12 Force Sync ten times is one change, one event, one audit entry", play: moengageForceSync},
		{name: "M13 the shapes of Entra's app roles", play: moengageAppRoles},
		{name: "M14 attributes that are required, and that are set at creation only", play: moengageUpdatable},
		{name: "M15 userName has to be one of the e-mails", play: moengageEmailUserName},
		{name: "M16 revoke by PATCH, PUT and DELETE, as boolean and as text; sessions end at once", play: moengageRevoke},
		{name: "M17 pause and disable, and catch up afterwards; another method says what it would stop", play: moengagePause},
	}
}

const (
	appRole    = "urn:ietf:params:scim:schemas:extension:moengage:2.0:User:role"
	deactivate = `{"op":"Replace","path":"active","value":"False"}`
	activate   = `{"op":"Replace","path":"active","value":"True"}`
)

// setRole is what Entra sends for an app role that is mapped to the extension.
func setRole(role string) string {
	return `{"op":"Replace","path":"` + appRole + `","value":"` + role + `"}`
}

func moengageLife(r *row) {
	for _, from := range []struct{ connection, body string }{{"okta", "okta/user.json"}, {"azure", "moengage-app/user-entra.json"}} {
		idp, ada := r.connect("DC03", from.connection), r.person("ada-"+from.connection)
		r.equal("found before", idp.find(ada["user_name"]).at("totalResults"), 0)
		idp.create(from.body, ada)
		r.has("DC03", ada, map[string]string{"okta": "User", "azure": "Analyst"}[from.connection],
			map[string]string{"okta": "default", "azure": "scim"}[from.connection], "active")
		r.equal("read", idp.send("GET /Users/{{user_id}}", "", ada).want(200).at("userName"), ada["user_name"])
		r.says(idp.send("GET /Users?startIndex=1&count=100", "", nil).want(200).text, ada["user_name"])
		idp.patch(ada, setRole("Manager")).want(200)
		r.has("DC03", ada, "Manager", "scim", "active")
		idp.patch(ada, deactivate).want(200)
		r.equal("status", r.member("DC03", ada["email"]).Status, "deactivated")
		// Import: users and groups by pages of 100.
		group := idp.send("POST /Groups", "okta/group.json", person{"group_name": "M1 " + from.connection}).want(201)
		r.says(idp.send("GET /Groups?startIndex=1&count=100", "", nil).want(200).text, group.at("id"))
	}
	moengageImport(r)
}

// moengageImport: Okta finds who was there before it came, and takes the person over.
func moengageImport(r *row) {
	okta, zoe := r.connect("DC03", "okta"), r.person("zoe")
	invited, err := r.api.Invite(r.Context(), "DC03", admin.Invitation{Email: zoe["email"], Name: "Zoe Zed", Role: "Manager"})
	r.check(err)
	r.says(okta.send("GET /Users?startIndex=1&count=100", "", nil).want(200).text, zoe["email"])
	zoe["user_id"] = okta.find(zoe["email"]).at("Resources/0/id")
	okta.send("GET /Users/{{user_id}}", "", zoe).want(200)
	r.equal("id", okta.send("PUT /Users/{{user_id}}", "moengage-app/user-put.json", zoe).want(200).at("id"), zoe["user_id"])
	r.equal("subject", r.has("DC03", zoe, "Marketer", "scim", "active").Subject, invited.Subject)
	// The other connection knows of the person now, and leaves the document alone.
	azure := r.connect("DC03", "azure")
	azure.send("POST /Users", "moengage-app/user-entra.json", zoe).refuses(409, zoe["email"])
	r.has("DC03", zoe, "Marketer", "scim", "active")
}

func moengageRequireSSO(r *row) {
	at := r.workspace(directory.MethodSCIM)
	k, err := r.api.CreateConnection(r.Context(), at, admin.NewConnection{Name: "okta", Profile: "okta"})
	r.check(err)
	okta, ada := r.connect(at, k.Name), r.person("ada")
	okta.create("okta/user.json", ada) // without any sign-in
	r.check(r.settings(r.api, at, `{"require_sso":true}`))
	okta.send("GET /Users/{{user_id}}", "", ada).refuses(403, "sign in by the connection")
	r.says(r.command("doctor"), at)
	provider, rules := r.provider()
	k, err = r.api.UpdateConnection(r.Context(), at, k.ID, admin.ConnectionChange{Settings: &directory.ConnectionSettings{SignIn: rules}})
	r.check(err)
	okta.send("GET /Users/{{user_id}}", "", ada).want(200)
	r.opened(at, k, provider).enters(ada, nil, "User")
}

func moengageEnable(r *row) {
	_, err := r.api.CreateWorkspace(r.Context(), admin.NewWorkspace{Key: "M3", DefaultRole: "Viewer"})
	r.check(err)
	k, err := r.api.CreateConnection(r.Context(), "M3", admin.NewConnection{Name: "okta", Profile: "okta"})
	r.check(err)
	until := time.Now().AddDate(1, 0, 0).UTC().Truncate(time.Second)
	issued, err := r.api.CreateToken(r.Context(), "M3", "okta", admin.NewToken{ExpiresAt: until})
	r.check(err)
	r.equal("expiry", issued.ExpiresAt.UTC(), until)
	suggested, err := r.api.CreateToken(r.Context(), "M3", "okta", admin.NewToken{})
	r.check(err)
	if left := time.Until(suggested.ExpiresAt); left < 364*24*time.Hour || left > 367*24*time.Hour {
		r.Errorf("without a date the token is good for %s, want a year", left)
	}
	listed := r.command("token", "list", "-w", "M3", "-c", "okta", "--json")
	if strings.Contains(listed, issued.Text) {
		r.Error("the text of the token is shown again")
	}
	idp, bob := r.idp(k, issued.Text), r.person("bob")
	r.says(k.BaseURL, r.url+"/scim/"+k.ID+"/v2")
	idp.create("okta/user.json", bob)
	r.has("M3", bob, "Viewer", "default", "active")
}

func moengageContact(r *row) {
	azure := r.twin("DC03", "azure", nil)
	r.equal("status before", azure.connection.Status, "inactive")
	r.equal("contact before", azure.connection.LastContactAt == nil, true)
	test := azure.send("GET /Users?filter=userName+eq+%22b8c4a6f0-7d5e-4f1a-9f57-d2c5a1e0b6aa%22", "", nil).want(200)
	r.equal("found", test.at("totalResults"), 0)
	eventually(r.T, func() string {
		k, err := r.api.Connection(r.Context(), "DC03", azure.connection.ID)
		r.check(err)
		if k.Status != "active" || k.LastContactAt == nil || k.FirstContactAt == nil {
			return "after Test Connection the status is " + k.Status
		}
		return ""
	})
	r.says(r.command("connection", "list", "-w", "DC03"), azure.connection.Name)
}

func moengageToken(r *row) {
	okta := r.connect("DC03", "okta")
	for _, value := range []string{"Bearer " + okta.token, okta.token, "bearer " + okta.token} {
		okta.header.Set("Authorization", value)
		okta.send("GET /Users?startIndex=1&count=2", "", nil).want(200)
	}
	okta.header.Set("Authorization", "Bearer "+okta.token[:len(okta.token)-1])
	okta.send("GET /Users?startIndex=1&count=2", "", nil).refuses(401, "token")
}

// The work address is the primary one, the name at Okta is the other.
const twoEmails = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","externalId":"{{external_id}}",
	"name":{"givenName":"{{given}}","familyName":"{{family}}"},"active":true,
	"emails":[{"primary":true,"value":"{{email}}","type":"work"},{"value":"{{user_name}}","type":"home"}]}`

func moengageEmailKey(r *row) {
	okta := r.connect("DC03", "okta")
	carol := r.person("carol").with("email", "carol.work.m6@example.com")
	okta.create(twoEmails, carol)
	r.equal("by e-mail", okta.find("Carol.Work.m6@example.com").at("Resources/0/id"), carol["user_id"])
	r.equal("by userName", okta.find(carol["user_name"]).at("Resources/0/id"), carol["user_id"])
	second := r.person("second").with("user_name", carol["email"]).with("email", carol["email"])
	okta.send("POST /Users", twoEmails, second).refuses(409, carol["email"])
	r.equal("still one", okta.find(carol["email"]).at("totalResults"), 1)
	dan := r.person("dan")
	okta.create("okta/user.json", dan)
	okta.patch(dan, `{"op":"replace","value":{"emails":[{"primary":true,"value":"`+carol["email"]+`"},{"value":"`+dan["user_name"]+`"}]}}`).
		refuses(409, carol["email"])
}

func moengageConnector(r *row) {
	okta := r.connect("DC03", "okta")
	okta.send("GET /Users?startIndex=1&count=2", "", nil).want(200)
	okta.send("GET /Groups?startIndex=1&count=100", "", nil).want(200)
	okta.simulate("okta")
	okta.simulate("okta-aiw")
	okta.simulate("moengage-app")
}

func moengageRole(r *row) {
	okta := r.connect("DC03", "okta")
	body := func(name string, who person) person { okta.create("moengage-app/"+name, who); return who }

	both := body("user-both-roles.json", r.person("both")) // Analyst in the extension, Marketer in roles
	m := r.has("DC03", both, "Analyst", "scim", "active")
	log := r.logged("DC03", admin.LogQuery{Subject: m.Subject}, func(l admin.LogRecord) bool { return l.Method == "POST" })
	r.says(log.Did, "Analyst", "Marketer")

	plain := r.person("plain")
	okta.create(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","name":{"givenName":"A","familyName":"B"},
		"emails":[{"primary":true,"value":"{{user_name}}"}],"role":"Manager","active":true}`, plain)
	r.has("DC03", plain, "Manager", "scim", "active")

	none := body("user-no-role.json", r.person("none"))
	r.has("DC03", none, "User", "default", "active")
	r.has("DC03", body("user-empty-role.json", r.person("empty")), "User", "default", "active")

	// What the IdP stops giving is resolved again; what was given by hand, or by default, stays.
	okta.patch(both, `{"op":"Replace","path":"`+appRole+`","value":""}`).want(200)
	r.has("DC03", both, "Marketer", "scim", "active")
	okta.patch(both, `{"op":"Remove","path":"roles"}`).want(200)
	r.has("DC03", both, "User", "default", "active")
	r.command("member", "set", none["email"], "-w", "DC03", "--role", "Manager")
	okta.patch(none, `{"op":"Replace","path":"title","value":"Lead"}`).want(200)
	r.has("DC03", none, "Manager", "manual", "active")
}

func moengageUnknownRole(r *row) {
	azure, eve := r.twin("DC03", "azure", nil), r.person("eve")
	azure.send("POST /Users", "moengage-app/user-unknown-role.json", eve).
		refuses(400, `"No Such Role"`, "Admin", "Analyst", "Manager", "User")
	azure.absent("DC03", eve)
	azure.create("moengage-app/user-entra.json", eve)
	m := r.has("DC03", eve, "Analyst", "scim", "active")
	azure.patch(eve, `{"op":"Replace","path":"name.familyName","value":"Half"},`+setRole("admin")).refuses(400, `"admin"`, "Admin")
	r.has("DC03", eve, "Analyst", "scim", "active")
	r.equal("family name", azure.send("GET /Users/{{user_id}}", "", eve).at("name/familyName"), "Doe")
	r.equal("events", r.events("DC03", m.Subject), []string{"member.joined"})
	r.equal("audit entries", r.audited("DC03", m.Subject, directory.ActionUserUpdate), 0)
	log := r.logged("DC03", admin.LogQuery{Connection: azure.connection.ID, Failed: true}, func(l admin.LogRecord) bool { return l.Method == "PATCH" })
	r.says(log.Cause, `"admin"`)
	r.equal("the log has a fix", log.Fix != "", true)
}

func moengageGroups(r *row) {
	okta := r.twin("DC03", "okta", nil) // groups by these names are this row's alone
	ann, ben := r.person("ann"), r.person("ben")
	okta.create("okta/user.json", ann)
	okta.create("okta/user.json", ben)
	group := func(name string) person {
		g := person{"group_name": name, "user_id": ann["user_id"], "second_id": ben["user_id"]}
		a := okta.send("POST /Groups", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"displayName":"{{group_name}}",
			"members":[{"value":"{{user_id}}","display":"`+ann["user_name"]+`"}]}`, g).want(201)
		g["group_id"] = a.at("id")
		return g
	}
	analysts := group("Analysts")
	r.has("DC03", ann, "Analyst", "scim", "active")
	admins := group("Marketing admins")
	r.has("DC03", ann, "Admin", "scim", "active") // the lower number counts first
	okta.send("PATCH /Groups/{{group_id}}", patchOf(`{"op":"add","path":"members","value":[{"value":"{{second_id}}"}]}`), analysts).done()
	r.has("DC03", ben, "Analyst", "scim", "active")
	okta.send("PATCH /Groups/{{group_id}}", patchOf(`{"op":"remove","path":"members[value eq \"{{user_id}}\"]"}`), admins).done()
	r.has("DC03", ann, "Analyst", "scim", "active")
	okta.send("PATCH /Groups/{{group_id}}", patchOf(`{"op":"replace","value":{"id":"{{group_id}}","displayName":"Former analysts"}}`), analysts).done()
	r.has("DC03", ann, "User", "default", "active") // by its new name the group grants nothing
	okta.send("PATCH /Groups/{{group_id}}", patchOf(`{"op":"replace","value":{"id":"{{group_id}}","displayName":"Analysts"}}`), analysts).done()
	r.has("DC03", ann, "Analyst", "scim", "active")
	okta.send("DELETE /Groups/{{group_id}}", "", analysts).want(http.StatusNoContent)
	r.has("DC03", ben, "User", "default", "active")
	okta.send("PATCH /Groups/{{group_id}}", patchOf(`{"op":"add","path":"members","value":[{"value":"nobody","display":"ghost@example.com"}]}`), admins).
		refuses(400, "nobody")
	okta.absent("DC03", person{"email": "ghost@example.com", "user_name": "ghost@example.com"})
	moengageTeams(r)
}

// moengageTeams: a group may grant teams, and count who is in the groups inside. That is worked out in the background.
func moengageTeams(r *row) {
	okta := r.twin("DC03", "azure", func(n *admin.NewConnection) {
		n.Settings.Mapping.Groups = []mapping.GroupRule{
			{Group: "Sales", Role: "Marketer", Teams: []string{"Field"}, Priority: 2}, {Group: "all", Teams: []string{"Everybody"}, Nested: true, Priority: 1},
		}
	})
	cal := r.person("cal")
	becomes := func(want string) {
		r.Helper()
		eventually(r.T, func() string {
			m := r.member("DC03", cal["email"])
			if got := fmt.Sprint(m.Role, " ", m.Teams); got != want {
				return fmt.Sprintf("the membership is %s, want %s", got, want)
			}
			return ""
		})
	}
	okta.create("entra/user.json", cal)
	sales := okta.send("POST /Groups", "entra/group.json", person{"group_name": "sales", "oid": "m10-sales"}).want(201).at("id")
	all := okta.send("POST /Groups", "entra/group.json", person{"group_name": "All", "oid": "m10-all"}).want(201).at("id")
	okta.send("PATCH /Groups/"+sales, "entra/group-add-member.json", cal).done()
	becomes("Marketer [Field]")
	okta.send("PATCH /Groups/"+all, "entra/group-add-member.json", cal.with("user_id", sales)).done()
	becomes("Marketer [Everybody Field]")
	okta.patch(cal, setRole("Analyst")).want(200) // what the person is sent counts before what groups grant
	becomes("Analyst [Everybody Field]")
	okta.send("DELETE /Groups/"+sales, "", nil).want(http.StatusNoContent)
	becomes("Analyst []")
}

func moengageFirstStatus(r *row) {
	okta, joined := r.connect("DC03", "okta"), r.person("joined")
	okta.create("okta/user.json", joined)
	r.has("DC03", joined, "User", "default", "active")

	_, err := r.api.CreateWorkspace(r.Context(), admin.NewWorkspace{Key: "M11", Settings: directory.WorkspaceSettings{FirstStatus: directory.StatusInvited}})
	r.check(err)
	door := r.door("M11", "okta", func(n *admin.NewConnection) { n.Profile = "okta" })
	invites, fay, gil := r.connect("M11", door.connection.ID), r.person("fay"), r.person("gil")
	invites.create("okta/user.json", fay)
	m := r.has("M11", fay, "member", "default", "invited")
	access, err := r.api.Access(r.Context(), "M11", m.Subject)
	r.check(err)
	r.equal("allowed before the first login", access.Allowed, false)
	r.check(r.api.ReportLogin(r.Context(), "M11", m.Subject))
	r.has("M11", fay, "member", "default", "active")
	invites.create("okta/user.json", gil)
	m = r.has("M11", gil, "member", "default", "invited")
	door.enters(gil, nil, "member") // Usher sees it itself
	door.enters(gil, nil, "member")
	r.has("M11", gil, "member", "default", "active")
	r.equal("first logins", r.audited("M11", m.Subject, directory.ActionMemberLogin), 1)
}

func moengageForceSync(r *row) {
	okta, gus := r.connect("DC03", "okta"), r.person("gus")
	okta.create("moengage-app/user.json", gus)
	for range 10 {
		okta.send("PUT /Users/{{user_id}}", "moengage-app/user-put.json", gus).want(200) // Admin becomes Marketer
	}
	m := r.has("DC03", gus, "Marketer", "scim", "active")
	r.equal("events", r.events("DC03", m.Subject), []string{"member.joined", "member.updated"})
	r.equal("audit entries", r.audited("DC03", m.Subject, directory.ActionUserUpdate), 1)

	azure, hal := r.connect("DC03", "azure"), r.person("hal") // each cycle of Entra
	azure.create("moengage-app/user-entra.json", hal)
	var version string
	for range 10 {
		version = azure.patch(hal, setRole("Manager")+`,{"op":"Replace","path":"displayName","value":"Hal"},`+activate).want(200).at("meta/lastModified")
	}
	r.equal("last modified", azure.send("GET /Users/{{user_id}}", "", hal).at("meta/lastModified"), version)
	m = r.has("DC03", hal, "Manager", "scim", "active")
	r.equal("events", r.events("DC03", m.Subject), []string{"member.joined", "member.updated"})
	r.equal("audit entries", r.audited("DC03", m.Subject, directory.ActionUserUpdate), 1)
}

func moengageAppRoles(r *row) {
	azure := r.connect("DC03", "azure")
	user := func(roles string) string {
		return `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}","externalId":"{{external_id}}","active":"True",
			"name":{"givenName":"{{given}}","familyName":"{{family}}"},"emails":[{"primary":true,"type":"work","value":"{{user_name}}"}],` + roles + `}`
	}
	for given, roles := range map[string]string{
		"single":  `"roles":[{"primary":true,"type":"WindowsAzureActiveDirectoryRole","value":"Analyst"}]`,
		"complex": `"roles":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","displayName":"Analyst","value":"Analyst"}]`,
		"text":    `"roles":[{"primary":"True","display":"Analyst","value":"Analyst","type":"x"},{"primary":"False","value":"Manager"}]`,
		"json":    `"roles":[{"value":"{\"id\":\"06b07648-ecfe-589f-9d2f-6325724a46ee\",\"value\":\"Analyst\",\"displayName\":\"Analyst\"}"}]`,
		"plain":   `"role":"Analyst"`,
	} {
		hal := r.person("hal-" + given)
		azure.create(user(roles), hal)
		r.has("DC03", hal, "Analyst", "scim", "active")
	}
	ida := r.person("ida")
	azure.create("entra/user.json", ida)
	r.has("DC03", ida, "User", "default", "active")
	for range 2 { // again in each cycle: nothing piles up (T-136)
		azure.patch(ida, `{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"06b07648\",\"value\":\"Manager\",\"displayName\":\"Manager\"}"}]}`).want(200)
	}
	r.has("DC03", ida, "Manager", "scim", "active")
	azure.patch(ida, `{"op":"replace","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"Analyst","value":"Analyst"}]}`).want(200)
	r.has("DC03", ida, "Analyst", "scim", "active")
	azure.patch(ida, `{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"Manager"}`).want(200)
	r.has("DC03", ida, "Manager", "scim", "active")
}

func moengageUpdatable(r *row) {
	okta, jo := r.connect("DC03", "okta"), r.person("Jo")
	okta.create("moengage-app/user.json", jo)
	put := okta.send("PUT /Users/{{user_id}}", "moengage-app/user-put.json", jo).want(200)
	r.equal("echo", put.at("name/givenName"), "Janet")
	m := r.has("DC03", jo, "Marketer", "scim", "active")
	r.equal("first name in the app", r.profile(m, "first_name"), "Jane")
	nameless := r.person("nameless")
	okta.send("POST /Users", `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"{{user_name}}",
		"emails":[{"primary":true,"value":"{{user_name}}"}],"name":{"givenName":"Only"},"active":true}`, nameless).refuses(400, "name.familyName")
	okta.absent("DC03", nameless)
}

func moengageEmailUserName(r *row) {
	azure := r.connect("DC03", "azure")
	other := r.person("kim").with("email", "somebody.else.m15@example.com")
	azure.send("POST /Users", "entra/user.json", other).refuses(400, other["user_name"], "e-mail")
	azure.absent("DC03", other)
	kim := r.person("kim")
	azure.create("entra/user.json", kim)
	azure.patch(kim, `{"op":"Replace","path":"userName","value":"kim.new.m15@example.com"}`).refuses(400, "kim.new.m15@example.com")
	azure.patch(kim, `{"op":"Replace","path":"userName","value":"kim.new.m15@example.com"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"kim.new.m15@example.com"}`).want(200)
	r.has("DC03", kim.with("email", "kim.new.m15@example.com"), "User", "default", "active")
}

func moengageRevoke(r *row) {
	okta, azure := r.connect("DC03", "okta"), r.connect("DC03", "azure")
	status := func(who person, want string) {
		r.Helper()
		r.equal("status of "+who["email"], r.member("DC03", who["email"]).Status, want)
	}
	lea := r.person("lea")
	okta.create("okta/user.json", lea)
	for _, way := range []struct{ method, off, on string }{
		{"PATCH", "okta/deactivate.json", "okta/activate.json"},
		{"PUT", "okta/user-put-inactive.json", "okta/user-put.json"}, // as an app does that Okta knows no PATCH of
		{"PATCH", "entra/disable.json", "entra/enable.json"},         // as texts
		{"PATCH", "entra/disable-tutorial.json", "entra/enable-add.json"},
	} {
		okta.send(way.method+" /Users/{{user_id}}", way.off, lea).want(200)
		status(lea, "deactivated")
		r.equal("still found", okta.find(lea["user_name"]).at("Resources/0/active"), false)
		okta.send(way.method+" /Users/{{user_id}}", way.on, lea).want(200)
		status(lea, "active")
	}
	mia := r.person("mia")
	azure.create("entra/user.json", mia)
	azure.send("DELETE /Users/{{user_id}}", "", mia).want(http.StatusNoContent)
	status(mia, "deactivated")
	r.equal("found", azure.find(mia["user_name"]).at("totalResults"), 0)

	gone := r.twin("DC03", "azure", func(n *admin.NewConnection) { n.Settings.RemoveInactive = true })
	ned := r.person("ned")
	gone.create("entra/user.json", ned)
	subject := r.member("DC03", ned["email"]).Subject
	gone.patch(ned, deactivate).want(200)
	if m, found := r.lookup("DC03", ned["email"]); found {
		r.Errorf("still a member: %+v", m)
	}
	r.equal("events", r.events("DC03", subject), []string{"member.joined", "member.left"})

	both, door := r.withDoor("DC03", "okta", nil)
	oda := r.person("oda")
	both.create("okta/user.json", oda)
	browser := door.enters(oda, nil, "User")
	both.send("PATCH /Users/{{user_id}}", "okta/deactivate.json", oda).want(200)
	r.says(browser.get(r.url+"/sso/session"), "403")
	door.keptOut(oda, nil, directory.LoginDeactivated)
}

func moengagePause(r *row) {
	azure, oli := r.twin("DC03", "azure", nil), r.person("oli")
	azure.create("moengage-app/user-entra.json", oli)
	for verb, word := range map[string]string{"pause": "paused", "disable": "disabled"} {
		r.command("connection", verb, azure.connection.Name, "-w", "DC03")
		var refused answer
		eventually(r.T, func() string { // another process has a second to hear of it
			if refused = azure.send("GET /Users/{{user_id}}", "", oli); refused.status == http.StatusOK {
				return "the connection still answers"
			}
			return ""
		})
		azure.patch(oli, deactivate).refuses(403, word, "cli:", time.Now().UTC().Format("2006-01-02"))
		r.equal("the answer is SCIM", refused.at("status"), "403")
		r.has("DC03", oli, "Analyst", "scim", "active")
		_, err := r.api.ResumeConnection(r.Context(), "DC03", azure.connection.ID)
		r.check(err)
		azure.patch(oli, `{"op":"Replace","path":"title","value":"`+verb+`"}`).want(200) // with the same token
	}
	_, err := r.api.PauseConnection(r.Context(), "DC03", azure.connection.ID)
	r.check(err)
	azure.patch(oli, deactivate).refuses(403, "paused", "apikey:")
	_, err = r.api.ResumeConnection(r.Context(), "DC03", azure.connection.ID)
	r.check(err)
	azure.patch(oli, deactivate).want(200) // it catches up
	r.has("DC03", oli, "Analyst", "scim", "deactivated")
	r.says(r.command("workspace", "method", "DC03", "jit", "--dry-run"), "first switch off", `SCIM of "`+azure.connection.Name+`"`)
}
