package scimtest

import "slices"

// moengageApp is an app whose admin has added `role` under an extension of the app's own.
// Okta creates and replaces; Entra, which never lists such a URN in "schemas", patches.
func moengageApp() Scenario {
	return Scenario{
		Name: "moengage-app", Code: "S-MOENGAGE-APP", Title: "Okta and Entra, app with a role extension", Profile: "generic",
		About: "A custom extension with a role: known, unknown, missing, twice. The server must know it: see --schema. Where roles " +
			"are checked, there are Admin, Analyst and Marketer.",
		header: oktaHeader, bodies: []string{"moengage-app"}, always: must(whole()), schema: "schema.json", purge: true,
		steps: func() []step { return slices.Concat(moengageCreates(), moengageUpdates()) },
	}
}

const (
	moengageURN  = "urn:ietf:params:scim:schemas:extension:moengage:2.0:User"
	moengageRole = moengageURN + "/role"
)

// roleIs: the extension came back with that role, and its URN is listed (T-031).
func roleIs(role string) check {
	return check{"role " + role, func(a *answer) string {
		return missOf(a, must(declared(moengageRole, shown(role)), schema(moengageURN)))
	}}
}

func moengageCreates() []step {
	create := func(id, name, traps, who, body string, r request) step {
		r.send, r.body = "POST /Users", body
		return step{id: id, name: name, traps: traps, with: somebody(who, "example.com"), request: r}
	}
	plain := request{want: on(201), checks: created(lacks(moengageRole))}
	return []step{
		{id: "1", name: "look the user up", traps: "T-002", with: somebody("jane", "example.com"), request: request{
			send: oktaFindUser, want: on(200), checks: must(found(0)),
		}},
		create("2", "create with a role", "T-031", "jane", "user.json", request{want: on(201), checks: created(roleIs("Admin"), save("jane_id", "id"))}),
		create("3", "create with an unknown role", "T-112", "unknown", "user-unknown-role.json", request{
			want:   on(201, 400),
			checks: must(when(400, scimError(), mentions("No Such Role")), when(201, roleIs("No Such Role"))),
		}),
		create("4", "create without a role", "", "nobody", "user-no-role.json", plain),
		create("4a", "create with an empty role", "T-035", "empty", "user-empty-role.json", plain),
		create("5", "create with both roles", "T-112", "both", "user-both-roles.json", request{
			want: on(201), checks: created(roleIs("Analyst"), is("roles/0/value", "Marketer")),
		}),
		create("6", "create as Entra does", "T-031", "entra", "user-entra.json", request{
			header: entraHeader("", true), want: on(201), checks: created(roleIs("Analyst")),
		}),
	}
}

func moengageUpdates() []step {
	jane := somebody("jane", "example.com")
	jane["user_id"] = "{{jane_id}}"
	patch := func(id, name, traps, body string, after ...check) step {
		return step{
			id: id, name: name, traps: traps,
			request: request{send: "PATCH " + userPath, body: body, header: entraHeader("", true), want: on(200, 204)},
			after:   reads(userPath, append(must(is("id", "{{jane_id}}")), after...)...),
		}
	}
	return []step{
		{
			id: "7", name: "change names and role by PUT", traps: "T-110", with: jane, request: request{
				send: "PUT " + userPath, body: "user-put.json", want: on(200), checks: must(is("id", "{{user_id}}"), roleIs("Marketer")),
			},
			after: reads(userPath, roleIs("Marketer"), is("userName", "{{user_name}}")),
		},
		patch("8", "change the role by its path", "T-072 T-140", "role-patch.json", roleIs("Analyst")),
		patch("8a", "… in the admin's spelling", "T-140", "role-patch-case.json", roleIs("Admin")),
		patch("8b", "… without a path", "T-073", "role-patch-value.json", roleIs("Marketer")),
		patch("9", "revoke", "T-023 T-106", "deactivate.json", is("active", false), roleIs("Marketer")),
		patch("10", "let in again", "T-023", "activate.json", is("active", true), roleIs("Marketer")),
		patch("11", "clear the role", "T-083", "role-clear.json", lacks(moengageRole)),
	}
}
