package scimtest

import "slices"

// engagedlyApp is Entra with an app of human resources: userName comes from mail, externalId from objectId, and besides
// the name it wants title, department, manager, employee id and city.
func engagedlyApp() Scenario {
	return Scenario{
		Name: "engagedly-app", Code: "S-ENGAGEDLY-APP", Title: "Entra, app of human resources", Profile: "entra",
		About: "userName from mail, externalId from objectId; department, manager, city; a new userName; leaving, and catching up " +
			"after a pause. To see who a recreated connection takes over, delete it and make it again between two runs.",
		header: entraHeader, bodies: []string{"engagedly-app", "entra"}, always: must(whole(), scimMedia(), typed()), purge: true,
		steps: func() []step {
			return slices.Concat(engagedlyJoins(), engagedlyMoves(), engagedlyLeaves())
		},
	}
}

const entraFindExternal = "GET /Users?filter=externalId+eq+%22{{external_id}}%22"

// employee are the variables of a user whose name at the IdP is the e-mail address.
func employee(given string) vars {
	return vars{"user_name": given + ".hale.{{run}}@example.com", "external_id": given + "-{{oid}}", "given": given}
}

// worksAt: the mapped attributes came back.
func worksAt(title, department, city string) []check {
	return must(is("id", "{{user_id}}"), is("title", title), is(enterpriseURN+"/department", department),
		is("addresses/type=work/locality", city), is(enterpriseURN+"/employeeNumber", "E-{{external_id}}"))
}

func engagedlyJoins() []step {
	hired := func(id string, more ...check) request {
		return request{send: "POST /Users", body: "user.json", want: on(201), checks: append(created(save(id, "id"), echo("user.json")), more...)}
	}
	return []step{
		{id: "1", name: "test connection", traps: "T-001 T-002", request: request{
			send: "GET /Users?filter=userName+eq+%22{{guid}}%22", want: on(200), checks: must(found(0)),
		}},
		{id: "2", name: "hire the manager", traps: "T-004", with: employee("mona"), request: hired("manager_id")},
		{
			id: "3", name: "hire somebody", traps: "T-002 T-004", with: employee("hanna"),
			before:  first(request{send: entraFindUser, want: on(200), checks: must(found(0))}, request{send: entraFindExternal, want: on(200), checks: must(found(0))}),
			request: hired("hanna_id"),
			after:   reads(userPath, worksAt("Engineer", "Engineering", "Bern")...),
		},
		{
			id: "4", name: "set the manager", traps: "T-089", request: request{send: entraPatch, body: "manager.json", want: on(200, 204)},
			after: reads(userPath, manager("{{manager_id}}"), is(enterpriseURN+"/department", "Engineering")),
		},
	}
}

func engagedlyMoves() []step {
	return []step{
		{
			id: "5", name: "change title, department and city", traps: "T-072 T-074", request: request{send: entraPatch, body: "user-move.json", want: on(200, 204)},
			after: reads(userPath, append(worksAt("Team lead", "Support", "Basel"), manager("{{manager_id}}"), count("addresses", 1))...),
		},
		{
			id: "6", name: "the same again", request: request{send: entraPatch, body: "user-move.json", want: on(200, 204)},
			after: reads(userPath, worksAt("Team lead", "Support", "Basel")...),
		},
		{
			id: "7", name: "change userName and e-mail", traps: "T-110",
			with:    vars{"old_name": "{{user_name}}", "new_name": "hanna.hale-moor.{{run}}@example.com"},
			request: request{send: entraPatch, body: "user-rename.json", want: on(200, 204)},
			after: then(
				request{send: "GET " + userPath, want: on(200), checks: must(
					is("id", "{{hanna_id}}"), is("userName", "{{new_name}}"), is("externalId", "{{external_id}}"),
					is("emails/type=work/value", "{{new_name}}"), count("emails", 1))},
				request{send: findUser("old_name"), want: on(200), checks: must(found(0))},
				request{send: findUser("new_name"), want: on(200), checks: must(found(1), is("Resources/0/id", "{{hanna_id}}"))}),
		},
		{id: "8", name: "find by objectId", traps: "T-002", request: request{
			send: entraFindExternal, want: on(200), checks: must(found(1), is("Resources/0/id", "{{hanna_id}}")),
		}},
		{
			id: "9", name: "take the manager away", traps: "T-083", request: request{send: entraPatch, body: "manager-clear.json", want: on(200, 204)},
			after: reads(userPath, noManager(), is(enterpriseURN+"/department", "Support")),
		},
	}
}

func engagedlyLeaves() []step {
	renamed := vars{"user_name": "{{new_name}}"}
	unassign := switches("10", "unassign", "T-023 T-101", "disable.json", false)
	unassign.with = renamed
	return []step{
		unassign,
		finds("11", "find who was unassigned", "T-071 T-100", false),
		{
			id: "12", name: "catch up after a pause", traps: "T-100", request: request{send: entraPatch, body: "user-missed.json", want: on(200, 204)},
			before: first(request{send: entraFindUser, want: on(200), checks: must(found(1))}),
			after:  reads(userPath, append(worksAt("Director", "Support", "Basel"), is("active", true))...),
		},
		switches("13", "soft delete in Entra", "T-023", "disable.json", false),
		deletes("14", "delete for good", userPath),
		{id: "15", name: "look the user up", traps: "T-002", request: request{send: entraFindUser, want: on(200), checks: must(found(0))}},
		cleanup("16", "delete the manager", "/Users/{{manager_id}}"),
	}
}
